-- The default became files; an instance that never chose goes on storing in the database.
INSERT INTO system_setting (name, value, description)
  SELECT 'STORAGE', '{"storageType":"DATABASE"}', ''
  WHERE NOT EXISTS (SELECT 1 FROM system_setting WHERE name = 'STORAGE');
