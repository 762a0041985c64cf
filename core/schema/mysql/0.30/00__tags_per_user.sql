-- Tag settings belong to each user; those of the instance are their start.
INSERT INTO `user_setting` (`user_id`, `key`, `value`)
  SELECT `user`.`id`, 'TAGS', `system_setting`.`value` FROM `user` JOIN `system_setting`
  WHERE `system_setting`.`name` = 'TAGS' AND `system_setting`.`value` NOT IN ('', '{}')
    AND NOT EXISTS (SELECT 1 FROM `user_setting` AS present WHERE present.`user_id` = `user`.`id` AND present.`key` = 'TAGS');
