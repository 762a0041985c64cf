ALTER TABLE `memo` ADD COLUMN `payload` JSON NULL;
UPDATE `memo` SET `payload` = '{}';
ALTER TABLE `memo` MODIFY COLUMN `payload` JSON NOT NULL;
