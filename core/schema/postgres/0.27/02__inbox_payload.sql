-- Notifications name the memos themselves instead of an activity that names them. Texts that are no JSON stay.
UPDATE inbox SET message = (((inbox.message::jsonb) - 'activityId') || jsonb_build_object('memoComment',
    jsonb_build_object('memoId', activity.payload::jsonb #> '{memoComment,memoId}',
      'relatedMemoId', activity.payload::jsonb #> '{memoComment,relatedMemoId}')))::text
  FROM activity
  WHERE activity.id = CASE WHEN inbox.message LIKE '{%' THEN (inbox.message::jsonb ->> 'activityId')::integer END
    AND activity.payload::jsonb #> '{memoComment,memoId}' IS NOT NULL;
