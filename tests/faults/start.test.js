// Databases that cannot be used: the server ends with a status and one clear line, without the password, and leaves
// everything as it was.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";

import { fixture } from "../wire/lib/server.js";
import { backends, nameOf, sql, work } from "./lib/backends.js";
import { runServer } from "./lib/run.js";

const SECRET = "xyzzy-7f3c";
const freshDir = () => mkdtempSync(join(work, "data-"));

async function refused(what, pattern) {
  const { code, output } = await runServer({ dir: freshDir(), ...what });
  assert.ok(code > 0 && code < 3, `status ${code ?? "none, it had to be killed"}:\n${output}`);
  const lines = output.trim().split("\n").filter((line) => !line.includes("level=INFO"));
  assert.match(lines.at(-1), pattern, output);
  assert.ok(!output.includes(SECRET), `the password is shown:\n${output}`);
  assert.ok(!output.includes("started successfully"), output);
}

const socketOf = { mysql: join(process.env.MEMORA_TEST_MARIADB, "sock"), postgres: process.env.MEMORA_TEST_POSTGRES };
const mysqlDsn = (user, database) => ({ MEMOS_DRIVER: "mysql", MEMOS_DSN: `${user}:${SECRET}@unix(${socketOf.mysql})/${database}` });
const postgresDsn = (user, database) => ({
  MEMOS_DRIVER: "postgres",
  MEMOS_DSN: `postgres://${user}:${SECRET}@/${database}?host=${encodeURIComponent(socketOf.postgres)}`,
});

test("MariaDB: wrong password, missing database, no such user", { timeout: 300_000 }, async () => {
  const { cleanUp } = await backends.mysql.prepare({});
  await refused({ env: mysqlDsn("memora", "mysql") }, /Access denied for user 'memora'/);
  await refused({ env: mysqlDsn("stranger", "mysql") }, /Access denied for user 'stranger'/);
  sql("mysql", `CREATE USER IF NOT EXISTS tester@localhost IDENTIFIED BY '${SECRET}'; GRANT ALL ON *.* TO tester@localhost;`);
  await refused({ env: mysqlDsn("tester", "absent") }, /Unknown database 'absent'/);
  await cleanUp();
});

test("PostgreSQL: missing database, no such user", { timeout: 300_000 }, async () => {
  await refused({ env: postgresDsn("memora", "absent") }, /database \\?"absent\\?" does not exist/);
  await refused({ env: postgresDsn("stranger", "postgres") }, /role \\?"stranger\\?" does not exist/);
});

test("nobody listens, and nobody answers", { timeout: 300_000 }, async () => {
  await refused({ env: { MEMOS_DRIVER: "mysql", MEMOS_DSN: `u:${SECRET}@tcp(127.0.0.1:1)/d` } }, /127\.0\.0\.1/);
  await refused({ env: { MEMOS_DRIVER: "postgres", MEMOS_DSN: `postgres://u:${SECRET}@127.0.0.1:1/d` } }, /127\.0\.0\.1/);
  await refused({ env: { MEMOS_DRIVER: "mysql", MEMOS_DSN: `u:${SECRET}@unix(/nowhere/sock)/d` } }, /\/nowhere\/sock/);
  const silent = createServer(() => {});
  await new Promise((done) => silent.listen(0, "127.0.0.1", done));
  const { port } = silent.address();
  await refused({ env: { MEMOS_DRIVER: "mysql", MEMOS_DSN: `u:${SECRET}@tcp(127.0.0.1:${port})/d?timeout=2s` } }, /127\.0\.0\.1/);
  await refused({ env: { MEMOS_DRIVER: "postgres", MEMOS_DSN: `postgres://u:${SECRET}@127.0.0.1:${port}/d?connect_timeout=2` } }, /timeout/);
  silent.close();
});

test("addresses that are none", { timeout: 300_000 }, async () => {
  await refused({ env: { MEMOS_DRIVER: "mysql", MEMOS_DSN: `${SECRET}` } }, /dsn: not of the form/);
  await refused({ env: { MEMOS_DRIVER: "postgres", MEMOS_DSN: `postgres//${SECRET} x` } }, /dsn: not a PostgreSQL address/);
  await refused({ env: { MEMOS_DRIVER: "postgres" } }, /needs the key "dsn"/);
  await refused({ env: { MEMOS_DRIVER: "oracle", MEMOS_DSN: SECRET } }, /unknown db driver "oracle"/);
});

const NEWER = `UPDATE system_setting SET value = '{"schemaVersion":"0.31.0"}' WHERE name = 'BASIC'`;
const CANNOT = /cannot downgrade schema version from 0\.31\.0 to 0\.30\.1/;
const sum = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

test("SQLite: a schema newer than ours stays as it is", { timeout: 300_000 }, async () => {
  const dir = freshDir();
  cpSync(join(fixture, "sqlite"), dir, { recursive: true });
  const file = join(dir, readdirSync(dir).find((name) => name.endsWith(".db")));
  execFileSync("sqlite3", [file, NEWER]);
  const before = sum(file);
  await refused({ dir, args: ["--dsn", file] }, CANNOT);
  assert.equal(sum(file), before);
});

for (const backend of ["mysql", "postgres"])
  test(`${backend}: a schema newer than ours stays as it is`, { timeout: 300_000 }, async () => {
    const database = await backends[backend].prepare({ fixture: true });
    const name = nameOf(database);
    sql(backend, `${NEWER};`, name);
    const look = () => sql(backend, "SELECT COUNT(*) FROM memo; SELECT COUNT(*) FROM information_schema.tables; SELECT value FROM system_setting WHERE name = 'BASIC';", name);
    const before = look();
    await refused({ env: database.env }, CANNOT);
    assert.equal(look(), before);
    await database.cleanUp();
  });

test("SQLite: no database, no directory, a read-only disk", { timeout: 300_000 }, async () => {
  const dir = freshDir();
  writeFileSync(join(dir, "text.db"), "this is no database, whatever its name says, and never was one\n".repeat(100));
  await refused({ dir, args: ["--dsn", join(dir, "text.db")] }, /text\.db.*not an SQLite database|not a database/);
  await refused({ dir, args: ["--dsn", join(dir, "absent/x.db")] }, /absent/);
  const disk = join(work, "read-only");
  mkdirSync(disk);
  cpSync(join(fixture, "sqlite"), disk, { recursive: true });
  const file = join(disk, readdirSync(disk).find((name) => name.endsWith(".db")));
  const before = sum(file);
  execFileSync("mount", ["--bind", disk, disk]);
  try {
    execFileSync("mount", ["-o", "remount,bind,ro", disk]);
    await refused({ dir, args: ["--dsn", file] }, /[Rr]ead-only file system|not writable/);
    await refused({ dir: join(disk, "data") }, /[Rr]ead-only file system/);
  } finally {
    execFileSync("umount", [disk]);
  }
  assert.equal(sum(file), before);
});
