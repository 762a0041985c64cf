-- Tags live in the payload. A column under an index cannot be dropped.
DROP INDEX IF EXISTS idx_memo_tags;
DROP INDEX IF EXISTS idx_memo_content;
DROP INDEX IF EXISTS idx_memo_visibility;
ALTER TABLE memo DROP COLUMN tags;
