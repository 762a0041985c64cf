-- A PostgreSQL database as release 0.22.0 left it, with rows for every change that the upgrade steps make.
CREATE TABLE migration_history (version TEXT NOT NULL PRIMARY KEY, created_ts BIGINT NOT NULL DEFAULT 1);
CREATE TABLE system_setting (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL, description TEXT NOT NULL);
CREATE TABLE "user" (id SERIAL PRIMARY KEY, created_ts BIGINT NOT NULL DEFAULT 7, updated_ts BIGINT NOT NULL DEFAULT 8,
  row_status TEXT NOT NULL DEFAULT 'NORMAL', username TEXT NOT NULL UNIQUE, role TEXT NOT NULL DEFAULT 'USER',
  email TEXT NOT NULL DEFAULT '', nickname TEXT NOT NULL DEFAULT '', password_hash TEXT NOT NULL,
  avatar_url TEXT NOT NULL, description TEXT NOT NULL DEFAULT '');
CREATE TABLE user_setting (user_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE(user_id, key));
CREATE TABLE memo (id SERIAL PRIMARY KEY, uid TEXT NOT NULL UNIQUE, creator_id INTEGER NOT NULL,
  created_ts BIGINT NOT NULL DEFAULT 7, updated_ts BIGINT NOT NULL DEFAULT 8, row_status TEXT NOT NULL DEFAULT 'NORMAL',
  content TEXT NOT NULL, visibility TEXT NOT NULL DEFAULT 'PRIVATE');
CREATE TABLE memo_organizer (memo_id INTEGER NOT NULL, user_id INTEGER NOT NULL, pinned INTEGER NOT NULL DEFAULT 0,
  UNIQUE(memo_id, user_id));
CREATE TABLE memo_relation (memo_id INTEGER NOT NULL, related_memo_id INTEGER NOT NULL, type TEXT NOT NULL,
  UNIQUE(memo_id, related_memo_id, type));
CREATE TABLE resource (id SERIAL PRIMARY KEY, uid TEXT NOT NULL UNIQUE, creator_id INTEGER NOT NULL,
  created_ts BIGINT NOT NULL DEFAULT 7, updated_ts BIGINT NOT NULL DEFAULT 8, filename TEXT NOT NULL, blob BYTEA,
  external_link TEXT NOT NULL, type TEXT NOT NULL DEFAULT '', size INTEGER NOT NULL DEFAULT 0,
  internal_path TEXT NOT NULL DEFAULT '', memo_id INTEGER DEFAULT NULL);
CREATE TABLE tag (name TEXT NOT NULL, creator_id INTEGER NOT NULL, UNIQUE(name, creator_id));
CREATE TABLE activity (id SERIAL PRIMARY KEY, creator_id INTEGER NOT NULL, created_ts BIGINT NOT NULL DEFAULT 7,
  type TEXT NOT NULL DEFAULT '', level TEXT NOT NULL DEFAULT 'INFO', payload JSONB NOT NULL DEFAULT '{}');
CREATE TABLE idp (id SERIAL PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
  identifier_filter TEXT NOT NULL DEFAULT '', config JSONB NOT NULL DEFAULT '{}');
CREATE TABLE inbox (id SERIAL PRIMARY KEY, created_ts BIGINT NOT NULL DEFAULT 7, sender_id INTEGER NOT NULL,
  receiver_id INTEGER NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE webhook (id SERIAL PRIMARY KEY, created_ts BIGINT NOT NULL DEFAULT 7, creator_id INTEGER NOT NULL,
  name TEXT NOT NULL, url TEXT NOT NULL);
CREATE TABLE reaction (id SERIAL PRIMARY KEY, created_ts BIGINT NOT NULL DEFAULT 7, creator_id INTEGER NOT NULL,
  content_id TEXT NOT NULL, reaction_type TEXT NOT NULL, UNIQUE(creator_id, content_id, reaction_type));
INSERT INTO system_setting VALUES ('BASIC', '{"secretKey":"k","schemaVersion":"0.22.0"}', ''),
  ('TAGS', '{"tags":{"a":{}}}', '');
INSERT INTO "user" (username, role, password_hash, avatar_url) VALUES ('alice', 'HOST', 'x', ''),
  ('bob', 'USER', 'y', '');
INSERT INTO memo (uid, creator_id, content) VALUES ('m1', 1, 'hello'), ('m2', 2, 'comment');
INSERT INTO memo_organizer VALUES (1, 1, 1), (2, 1, 0);
INSERT INTO resource (uid, creator_id, filename, external_link, internal_path) VALUES ('r1', 1, 'a', '', 'assets/a'),
  ('r2', 1, 'b', 'https://e/x', ''), ('r3', 1, 'c', '', '');
UPDATE resource SET blob = '\x00ff' WHERE uid = 'r3';
INSERT INTO activity (creator_id, type, payload) VALUES
  (2, 'MEMO_COMMENT', '{"memoComment":{"memoId":2,"relatedMemoId":1}}');
INSERT INTO inbox (sender_id, receiver_id, status, message) VALUES
  (2, 1, 'UNREAD', '{"type":"MEMO_COMMENT","activityId":1}'),
  (2, 1, 'UNREAD', '{"type":"MEMO_COMMENT","activityId":99}'), (2, 1, 'UNREAD', '');
INSERT INTO idp (id, name, type) VALUES (26, 'sso', 'OAUTH2');
INSERT INTO reaction (creator_id, content_id, reaction_type) VALUES (1, 'memos/m1', 'THUMBS_UP'),
  (1, 'memos/m1', 'QUESTION_MARK'), (1, 'memos/m1', '🎉');
INSERT INTO user_setting VALUES (2, 'TAGS', '{"tags":{"mine":{}}}');
