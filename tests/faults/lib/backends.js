// All three databases in one process, unlike the wire suite, which runs on one.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import * as mysql from "../../wire/lib/backend-mysql.js";
import * as postgres from "../../wire/lib/backend-postgres.js";
import * as sqlite from "../../wire/lib/backend-sqlite.js";
import { root } from "../../wire/lib/paths.js";
import { Server } from "../../wire/lib/server.js";

export const work = process.env.MEMORA_FAULTS_DIR;
if (!work) throw new Error("start these tests with run.sh");

const scripts = {
  mysql: [join(root, "tests/lib/mariadb.sh"), process.env.MEMORA_TEST_MARIADB],
  postgres: [join(root, "tests/lib/postgres.sh"), process.env.MEMORA_TEST_POSTGRES],
};

export const backends = { sqlite, mysql, postgres };

/** Server.start() for one test: whatever happens, nothing is left running. */
export async function startFor(t, options) {
  const server = await Server.start(options);
  t.after(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) await server.kill();
  });
  return server;
}

/** As the server's administrator, beside Memora. */
export function sql(backend, text, ...database) {
  const [script, dir] = scripts[backend];
  return execFileSync(script, ["sql", dir, ...database], { input: text, stdio: ["pipe", "pipe", "inherit"] }).toString();
}

/** The name of the database in what prepare() gave. */
export function nameOf(database) {
  return /\/(memos_[0-9_]+)\?/.exec(database.env.MEMOS_DSN)[1];
}
