// Servers that start together on a database of an older schema: one upgrades it, the others wait; one that is killed in
// the middle is replaced by the next. SQLite has one server at a time.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { until } from "../lib/wait.mjs";
import { name as backend, prepare } from "./lib/backend.js";
import { Cluster } from "./lib/cluster.js";
import { root } from "./lib/paths.js";
import { Server } from "./lib/server.js";

const fill = ({ sql }) => sql(readFileSync(join(root, `tests/data/schema-0.22/${backend}.sql`), "utf8"));
const [blob, key] = backend === "mysql" ? ["`blob`", "`key`"] : ["blob", "key"];
const user = backend === "mysql" ? "user" : '"user"';
const json = (column, path) => backend === "mysql"
  ? `JSON_UNQUOTE(JSON_EXTRACT(${column}, '$.${path}'))` : `${column}::jsonb #>> '{${path.replaceAll(".", ",")}}'`;
const hex = backend === "mysql" ? `HEX(${blob})` : `encode(${blob}, 'hex')`;
const inSchema = backend === "mysql" ? "table_schema = DATABASE()" : "table_schema = 'public'";

/** Every change of every step has been made, once. */
function assertUpgraded({ query }, fresh) {
  const is = (sql, ...rows) => assert.deepEqual(query(`${sql};`), rows, sql);
  is(`SELECT ${json("value", "schemaVersion")}, ${json("value", "secretKey")} FROM system_setting WHERE name = 'BASIC'`, "0.30.1|k");
  is("SELECT uid, storage_type, reference FROM attachment ORDER BY id",
    "r1|LOCAL|assets/a", "r2|EXTERNAL|https://e/x", "r3||");
  is(`SELECT LOWER(${hex}) FROM attachment WHERE uid = 'r3'`, "00ff");
  is("SELECT COUNT(*) FROM memo WHERE pinned = TRUE", "1");
  is(`SELECT username, role FROM ${user} ORDER BY id`, "alice|ADMIN", "bob|USER");
  is("SELECT uid FROM idp", "0000001a");
  is("SELECT COUNT(*) FROM reaction WHERE reaction_type IN ('THUMBS_UP', 'QUESTION_MARK', 'HEART')", "0");
  is(`SELECT ${json("message", "memoComment.memoId")} FROM inbox WHERE message LIKE '%memoComment%'`, "2");
  is(`SELECT user_id FROM user_setting WHERE ${key} = 'TAGS' ORDER BY user_id`, "1", "2");
  is("SELECT name FROM system_setting WHERE name = 'STORAGE' OR name LIKE 'MEMORA%'", "STORAGE");
  const columns = `SELECT table_name, column_name FROM information_schema.columns
    WHERE ${inSchema} AND table_name <> 'migration_history' ORDER BY table_name, column_name;`;
  assert.deepEqual(query(columns), fresh.query(columns));
}

/** How many sessions of servers wait for a lock of the table memo. */
const blocked = ({ query }) => Number(query(backend === "mysql"
  ? `SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND state LIKE 'Waiting for table metadata lock%';`
  : `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock';`)[0]);
const sessions = ({ query }) => Number(query(backend === "mysql"
  ? "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE();"
  : "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database();")[0]);

/** Keeps schema changes of the table memo waiting until release(). */
async function hold(database) {
  const session = database.session();
  session.stdin.write(backend === "mysql" ? "START TRANSACTION; SELECT * FROM memo;\n"
    : "BEGIN; LOCK TABLE memo IN ACCESS SHARE MODE;\n");
  await until("a session that holds memo", () => holders(database) > 0);
  return { release: () => session.stdin.end() };
}
const holders = ({ query }) => Number(query(backend === "mysql"
  ? "SELECT COUNT(*) FROM information_schema.innodb_trx;"
  : "SELECT COUNT(*) FROM pg_locks WHERE relation = 'memo'::regclass AND mode = 'AccessShareLock' AND granted;")[0]);

if (backend !== "sqlite") {
  test("of three that start together on an old database one upgrades it, and all come up", async () => {
    const fresh = await Cluster.start(1), old = await Cluster.start(3, { prepared: fill });
    try {
      assertUpgraded(old.database, fresh.database);
      assert.equal(old.servers.filter(({ output }) => output.includes("upgraded from schema version 0.22.0")).length, 1);
      for (const { output } of old.servers) assert.doesNotMatch(output, /level=(WARN|ERROR)/);
      const memo = await old.servers[2].signUp("carol");
      assert.ok(memo);
    } finally {
      await old.stop();
      await fresh.stop();
    }
  });

  test("one that is killed in the middle of the upgrade is replaced by the next", async () => {
    const fresh = await Cluster.start(1), database = await prepare({ fixture: false });
    const shared = { ...database, cleanUp: async () => {} };
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => Server.make({ database: shared })));
    let held;
    try {
      fill(database);
      held = await hold(database);
      await first.spawn();
      await until("the upgrade waits for memo", () => blocked(database) > 0);
      await first.kill();
      // What it left to the database goes on there; the others begin meanwhile.
      const before = sessions(database);
      for (const server of others) await server.spawn();
      await until("the others are connected", () => sessions(database) >= before + 2);
      for (const { child } of others) assert.equal(child.exitCode, null);
      held.release();
      for (const server of others) await server.untilReady();
      assertUpgraded(database, fresh.database);
      for (const { output } of others) assert.doesNotMatch(output, /level=(WARN|ERROR)/);
    } finally {
      held?.release();
      for (const server of others) if (server.child) await server.kill();
      await database.cleanUp();
      await fresh.stop();
    }
  });
}
