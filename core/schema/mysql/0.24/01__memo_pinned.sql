ALTER TABLE `memo` ADD COLUMN `pinned` BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE `memo` SET `pinned` = TRUE WHERE `id` IN (SELECT `memo_id` FROM `memo_organizer` WHERE `pinned` = 1);
