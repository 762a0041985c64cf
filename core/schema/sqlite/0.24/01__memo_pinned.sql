ALTER TABLE memo ADD COLUMN pinned INTEGER NOT NULL CHECK (pinned IN (0, 1)) DEFAULT 0;
UPDATE memo SET pinned = 1 WHERE id IN (SELECT memo_id FROM memo_organizer WHERE pinned = 1);
