-- Tables beside those of the schema, made at start where absent. Memos ignores them.

-- Work that must outlive the request that caused it, such as removing an object after its row: written in the same
-- transaction, deleted when done. due_ms: not before (Unix milliseconds).
CREATE TABLE IF NOT EXISTS memora_outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_ms BIGINT NOT NULL,
  created_ms BIGINT NOT NULL
);

-- News for the other servers on the same database; kept for a short while.
CREATE TABLE IF NOT EXISTS memora_change (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  origin TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  payload TEXT NOT NULL
);

-- Who does the background work: one holder for each name, until until_ms.
CREATE TABLE IF NOT EXISTS memora_lease (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  until_ms BIGINT NOT NULL
);
