-- Tags live in the payload.
ALTER TABLE memo DROP COLUMN tags;
