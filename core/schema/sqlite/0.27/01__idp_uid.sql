ALTER TABLE idp ADD COLUMN uid TEXT NOT NULL DEFAULT '';
UPDATE idp SET uid = printf('%08x', id) WHERE uid = '';
CREATE UNIQUE INDEX idx_idp_uid ON idp(uid);
