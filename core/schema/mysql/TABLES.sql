-- Tables beside those of the schema. See sqlite/TABLES.sql.
CREATE TABLE IF NOT EXISTS `memora_outbox` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `kind` VARCHAR(64) NOT NULL,
  `payload` LONGTEXT NOT NULL,
  `attempts` INT NOT NULL DEFAULT 0,
  `due_ms` BIGINT NOT NULL,
  `created_ms` BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS `memora_change` (
  `id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `origin` VARCHAR(64) NOT NULL,
  `created_ms` BIGINT NOT NULL,
  `payload` LONGTEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS `memora_lease` (
  `name` VARCHAR(64) NOT NULL PRIMARY KEY,
  `holder` VARCHAR(64) NOT NULL,
  `until_ms` BIGINT NOT NULL
);
