-- Tables beside those of the schema. See sqlite/TABLES.sql.
CREATE TABLE IF NOT EXISTS memora_outbox (
  id BIGSERIAL PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_ms BIGINT NOT NULL,
  created_ms BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS memora_change (
  id BIGSERIAL PRIMARY KEY,
  origin TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  payload TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS memora_lease (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  until_ms BIGINT NOT NULL
);
