-- Notifications name the memos themselves instead of an activity that names them.
UPDATE `inbox` JOIN `activity` ON `activity`.`id` = JSON_EXTRACT(`inbox`.`message`, '$.activityId')
  SET `inbox`.`message` = JSON_REMOVE(JSON_SET(`inbox`.`message`, '$.memoComment', JSON_OBJECT(
    'memoId', JSON_EXTRACT(`activity`.`payload`, '$.memoComment.memoId'),
    'relatedMemoId', JSON_EXTRACT(`activity`.`payload`, '$.memoComment.relatedMemoId'))), '$.activityId')
  WHERE JSON_EXTRACT(`activity`.`payload`, '$.memoComment.memoId') IS NOT NULL;
