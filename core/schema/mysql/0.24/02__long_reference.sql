-- Links to S3 are longer than 256 characters.
ALTER TABLE `resource` MODIFY COLUMN `reference` TEXT NOT NULL DEFAULT ('');
