// PostgreSQL: one private server for all tests of this process, a database of its own for each server under test.
// MEMORA_TEST_POSTGRES names the directory of a server that runs already (tests/lib/postgres.sh start DIR).
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fixture as recorded, root } from "./paths.js";

export const expected = "expected.postgres.json";

const script = join(root, "tests/lib/postgres.sh");
let serverDir = process.env.MEMORA_TEST_POSTGRES;
let databases = 0;

function startServer() {
  serverDir = mkdtempSync(join(tmpdir(), "memora-postgres-"));
  process.on("exit", () => execFileSync(script, ["remove", serverDir]));
  execFileSync(script, ["start", serverDir], { stdio: ["ignore", "inherit", "inherit"] });
}

const sql = (text, ...database) =>
  execFileSync(script, ["sql", serverDir, ...database], { input: text, stdio: ["pipe", "ignore", "inherit"] });

export async function prepare({ fixture }) {
  if (!serverDir) startServer();
  const name = `memos_${process.pid}_${++databases}`;
  sql(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8';`);
  if (fixture) sql(readFileSync(join(recorded, "postgres.sql")), name);
  const dsn = `postgres://memora@/${name}?host=${encodeURIComponent(serverDir)}&sslmode=disable`;
  return {
    args: [],
    env: { MEMOS_DRIVER: "postgres", MEMOS_DSN: dsn },
    sql: (text) => sql(text, name),
    /** The rows as lines of columns with '|' between. */
    query: (text) => execFileSync(script, ["sql", serverDir, name], { input: `\\t on\n\\a\n${text}`, encoding: "utf8" })
      .split("\n").filter(Boolean),
    /** A session of its own; gives its process, which runs what is written to its stdin. */
    session: () => spawn(script, ["sql", serverDir, name], { stdio: ["pipe", "ignore", "inherit"] }),
    cleanUp: async () => sql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE);`),
  };
}
