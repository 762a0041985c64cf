-- A MySQL database as release 0.22.0 left it, with rows for every change that the upgrade steps make. The reactions to m1
-- become emoji that the collation takes for the same.
CREATE TABLE migration_history (version VARCHAR(255) NOT NULL PRIMARY KEY, created_ts TIMESTAMP NOT NULL DEFAULT
  CURRENT_TIMESTAMP);
CREATE TABLE system_setting (name VARCHAR(255) NOT NULL PRIMARY KEY, value LONGTEXT NOT NULL, description TEXT NOT
  NULL);
CREATE TABLE user (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, created_ts TIMESTAMP NOT NULL DEFAULT
  CURRENT_TIMESTAMP, updated_ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, row_status
  VARCHAR(255) NOT NULL DEFAULT 'NORMAL', username VARCHAR(255) NOT NULL UNIQUE, role VARCHAR(255) NOT NULL DEFAULT
  'USER', email VARCHAR(255) NOT NULL DEFAULT '', nickname VARCHAR(255) NOT NULL DEFAULT '', password_hash
  VARCHAR(255) NOT NULL, avatar_url LONGTEXT NOT NULL, description VARCHAR(255) NOT NULL DEFAULT '');
CREATE TABLE user_setting (user_id INT NOT NULL, `key` VARCHAR(255) NOT NULL, value LONGTEXT NOT NULL, UNIQUE(user_id,
  `key`));
CREATE TABLE memo (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, uid VARCHAR(255) NOT NULL UNIQUE, creator_id INT NOT
  NULL, created_ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_ts TIMESTAMP NOT NULL DEFAULT
  CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, row_status VARCHAR(255) NOT NULL DEFAULT 'NORMAL', content TEXT NOT
  NULL, visibility VARCHAR(255) NOT NULL DEFAULT 'PRIVATE');
CREATE TABLE memo_organizer (memo_id INT NOT NULL, user_id INT NOT NULL, pinned INT NOT NULL DEFAULT 0,
  UNIQUE(memo_id, user_id));
CREATE TABLE memo_relation (memo_id INT NOT NULL, related_memo_id INT NOT NULL, type VARCHAR(255) NOT NULL,
  UNIQUE(memo_id, related_memo_id, type));
CREATE TABLE resource (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, uid VARCHAR(255) NOT NULL UNIQUE, creator_id INT
  NOT NULL, created_ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_ts TIMESTAMP NOT NULL DEFAULT
  CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, filename TEXT NOT NULL, `blob` MEDIUMBLOB, external_link TEXT NOT
  NULL, type VARCHAR(255) NOT NULL DEFAULT '', size INT NOT NULL DEFAULT 0, internal_path VARCHAR(255) NOT NULL
  DEFAULT '', memo_id INT DEFAULT NULL);
CREATE TABLE tag (name VARCHAR(255) NOT NULL, creator_id INT NOT NULL, UNIQUE(name, creator_id));
CREATE TABLE activity (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, creator_id INT NOT NULL, created_ts TIMESTAMP NOT
  NULL DEFAULT CURRENT_TIMESTAMP, type VARCHAR(255) NOT NULL DEFAULT '', level VARCHAR(255) NOT NULL DEFAULT 'INFO',
  payload TEXT NOT NULL);
CREATE TABLE idp (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
  identifier_filter VARCHAR(255) NOT NULL DEFAULT '', config TEXT NOT NULL);
CREATE TABLE inbox (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, created_ts TIMESTAMP NOT NULL DEFAULT
  CURRENT_TIMESTAMP, sender_id INT NOT NULL, receiver_id INT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE webhook (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, created_ts TIMESTAMP NOT NULL DEFAULT
  CURRENT_TIMESTAMP, creator_id INT NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL);
CREATE TABLE reaction (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, created_ts TIMESTAMP NOT NULL DEFAULT
  CURRENT_TIMESTAMP, creator_id INT NOT NULL, content_id VARCHAR(255) NOT NULL, reaction_type VARCHAR(255) NOT NULL,
  UNIQUE(creator_id, content_id, reaction_type));
INSERT INTO system_setting (name, value, description) VALUES ('BASIC', '{"secretKey":"k","schemaVersion":"0.22.0"}',
  ''), ('TAGS', '{"tags":{"a":{}}}', '');
INSERT INTO user (id, username, role, password_hash, avatar_url) VALUES (1, 'alice', 'HOST', 'x', ''), (2, 'bob',
  'USER', 'y', '');
INSERT INTO memo (uid, creator_id, content) VALUES ('m1', 1, 'hello'), ('m2', 2, 'comment');
INSERT INTO memo_organizer VALUES (1, 1, 1), (2, 1, 0);
INSERT INTO resource (uid, creator_id, filename, external_link, internal_path) VALUES ('r1', 1, 'a', '', 'assets/a'),
  ('r2', 1, 'b', 'https://e/x', ''), ('r3', 1, 'c', '', '');
UPDATE resource SET `blob` = x'00ff' WHERE uid = 'r3';
INSERT INTO activity (creator_id, type, payload) VALUES (2, 'MEMO_COMMENT',
  '{"memoComment":{"memoId":2,"relatedMemoId":1}}');
INSERT INTO inbox (sender_id, receiver_id, status, message) VALUES (2, 1, 'UNREAD',
  '{"type":"MEMO_COMMENT","activityId":1}'), (2, 1, 'UNREAD', '{"type":"MEMO_COMMENT","activityId":99}'), (2, 1,
  'UNREAD', '');
INSERT INTO idp (id, name, type, config) VALUES (26, 'sso', 'OAUTH2', '{}');
INSERT INTO reaction (creator_id, content_id, reaction_type) VALUES (1, 'memos/m1', 'THUMBS_UP'), (1, 'memos/m1',
  'QUESTION_MARK'), (1, 'memos/m1', '🎉'), (1, 'memos/m1', 'HEART');
INSERT INTO user_setting VALUES (2, 'TAGS', '{"tags":{"mine":{}}}');
