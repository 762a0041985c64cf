-- Reactions had names before they were any emoji. Many collations take all emoji for the same, so that the unique key
-- would refuse a second one: they are compared by bytes from here on.
ALTER TABLE `reaction` MODIFY COLUMN `reaction_type` VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL;
UPDATE reaction SET reaction_type = CASE reaction_type
    WHEN 'THUMBS_UP' THEN '👍'
    WHEN 'THUMBS_DOWN' THEN '👎'
    WHEN 'HEART' THEN '💛'
    WHEN 'FIRE' THEN '🔥'
    WHEN 'CLAPPING_HANDS' THEN '👏'
    WHEN 'LAUGH' THEN '😂'
    WHEN 'OK_HAND' THEN '👌'
    WHEN 'ROCKET' THEN '🚀'
    WHEN 'EYES' THEN '👀'
    WHEN 'THINKING_FACE' THEN '🤔'
    WHEN 'CLOWN_FACE' THEN '🤡'
    WHEN 'QUESTION_MARK' THEN '❓'
  END
  WHERE reaction_type IN ('THUMBS_UP', 'THUMBS_DOWN', 'HEART', 'FIRE', 'CLAPPING_HANDS', 'LAUGH', 'OK_HAND', 'ROCKET',
    'EYES', 'THINKING_FACE', 'CLOWN_FACE', 'QUESTION_MARK');
