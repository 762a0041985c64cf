-- After rows were inserted with ids of their own (copy, restore): sequences know nothing of them. The other databases
-- need no such file.
SELECT setval(pg_get_serial_sequence('"user"', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM "user"), false);
SELECT setval(pg_get_serial_sequence('memo', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM memo), false);
SELECT setval(pg_get_serial_sequence('attachment', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM attachment), false);
SELECT setval(pg_get_serial_sequence('idp', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM idp), false);
SELECT setval(pg_get_serial_sequence('inbox', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM inbox), false);
SELECT setval(pg_get_serial_sequence('reaction', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM reaction), false);
SELECT setval(pg_get_serial_sequence('memo_share', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM memo_share), false);
SELECT setval(pg_get_serial_sequence('user_identity', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM user_identity), false);
-- A server that knows nothing of new tables' contents sorts them whole for each list, until its own turn to look comes.
ANALYZE memo, memo_relation, attachment, reaction, inbox, user_setting, memo_share, user_identity;
