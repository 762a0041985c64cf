-- Notifications name the memos themselves instead of an activity that names them.
UPDATE inbox SET message = (((inbox.message::jsonb) - 'activityId') || jsonb_build_object('memoComment',
    jsonb_build_object('memoId', activity.payload::jsonb #> '{memoComment,memoId}',
      'relatedMemoId', activity.payload::jsonb #> '{memoComment,relatedMemoId}')))::text
  FROM activity
  WHERE activity.id = (inbox.message::jsonb ->> 'activityId')::integer
    AND activity.payload::jsonb #> '{memoComment,memoId}' IS NOT NULL;
