-- Notifications name the memos themselves instead of an activity that names them.
UPDATE inbox SET message = json_remove(json_set(message, '$.memoComment', (
    SELECT json_object('memoId', json_extract(activity.payload, '$.memoComment.memoId'),
      'relatedMemoId', json_extract(activity.payload, '$.memoComment.relatedMemoId'))
    FROM activity WHERE activity.id = json_extract(inbox.message, '$.activityId'))), '$.activityId')
  WHERE json_valid(message) AND EXISTS (
    SELECT 1 FROM activity WHERE activity.id = json_extract(inbox.message, '$.activityId')
      AND json_valid(activity.payload)
      AND json_extract(activity.payload, '$.memoComment.memoId') IS NOT NULL);
