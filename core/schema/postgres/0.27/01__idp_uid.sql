ALTER TABLE idp ADD COLUMN uid TEXT NOT NULL DEFAULT '';
UPDATE idp SET uid = LPAD(TO_HEX(id), 8, '0') WHERE uid = '';
CREATE UNIQUE INDEX idx_idp_uid ON idp(uid);
