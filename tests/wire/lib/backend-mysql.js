// MariaDB: one private server for all tests of this process, a database of its own for each server under test.
// MEMORA_TEST_MARIADB names the directory of a server that runs already (tests/lib/mariadb.sh start DIR).
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fixture as recorded, root } from "./paths.js";

export const expected = "expected.mysql.json";

const script = join(root, "tests/lib/mariadb.sh");
const password = "a/b@c:d?e"; // what a DSN must be able to hold
let serverDir = process.env.MEMORA_TEST_MARIADB;
let databases = 0;

function startServer() {
  serverDir = mkdtempSync(join(tmpdir(), "memora-mariadb-"));
  process.on("exit", () => execFileSync(script, ["remove", serverDir]));
  execFileSync(script, ["start", serverDir], { stdio: ["ignore", "inherit", "inherit"] });
}

const sql = (text, ...database) => execFileSync(script, ["sql", serverDir, ...database], { input: text });

export async function prepare({ fixture }) {
  if (!serverDir) startServer();
  const name = `memos_${process.pid}_${++databases}`;
  sql(`CREATE DATABASE ${name} CHARACTER SET utf8mb4;
       CREATE USER IF NOT EXISTS memora@localhost IDENTIFIED BY '${password}';
       GRANT ALL ON ${name}.* TO memora@localhost;`);
  // MySQL wants brackets around the calls in the dump of a MariaDB.
  if (fixture) sql(readFileSync(join(recorded, "mysql.sql"), "utf8").replaceAll("DEFAULT unix_timestamp()", "DEFAULT (unix_timestamp())"), name);
  const dsn = `memora:${password}@unix(${join(serverDir, "sock")})/${name}?charset=utf8mb4&parseTime=True&loc=Local`;
  return {
    args: [],
    env: { MEMOS_DRIVER: "mysql", MEMOS_DSN: dsn },
    sql: (text) => sql(text, name),
    /** The rows as lines of columns with '|' between. */
    query: (text) => sql(text, name).toString().replace(/\n$/, "").split("\n").slice(1).map((row) => row.replaceAll("\t", "|")),
    /** A session of its own; gives its process, which runs what is written to its stdin. */
    session: () => spawn(script, ["sql", serverDir, name], { stdio: ["pipe", "ignore", "inherit"] }),
    cleanUp: async () => sql(`DROP DATABASE IF EXISTS ${name}`),
  };
}
