ALTER TABLE resource RENAME TO attachment;
