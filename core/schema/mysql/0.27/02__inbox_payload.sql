-- Notifications name the memos themselves instead of an activity that names them.
UPDATE `inbox` JOIN `activity`
  ON `activity`.`id` = IF(JSON_VALID(`inbox`.`message`), JSON_EXTRACT(`inbox`.`message`, '$.activityId'), NULL)
  SET `inbox`.`message` = JSON_REMOVE(JSON_SET(`inbox`.`message`, '$.memoComment', JSON_OBJECT(
    'memoId', JSON_EXTRACT(`activity`.`payload`, '$.memoComment.memoId'),
    'relatedMemoId', JSON_EXTRACT(`activity`.`payload`, '$.memoComment.relatedMemoId'))), '$.activityId')
  WHERE IF(JSON_VALID(`activity`.`payload`), JSON_EXTRACT(`activity`.`payload`, '$.memoComment.memoId'), NULL)
    IS NOT NULL;
