-- The default became files; an instance that never chose goes on storing in the database.
INSERT INTO `system_setting` (`name`, `value`, `description`)
  SELECT 'STORAGE', '{"storageType":"DATABASE"}', '' FROM (SELECT 1) AS one
  WHERE NOT EXISTS (SELECT 1 FROM `system_setting` AS present WHERE present.`name` = 'STORAGE');
