// Writes that wait for somebody's lock: reading goes on at its usual pace, and the writes end when the lock does.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";

import { until } from "../lib/wait.mjs";
import { root } from "../wire/lib/server.js";
import { backends, nameOf, sql, startFor } from "./lib/backends.js";

const WRITES = 24, READS = 60;
// A slow machine may need longer than an impatient database waits.
const patient = ["--set", "database.statement_timeout=120"];

const lockers = {
  mysql: {
    command: [join(root, "tests/lib/mariadb.sh"), "sql", process.env.MEMORA_TEST_MARIADB],
    options: ["--unbuffered"],
    args: [...patient, "--set", "database.lock_timeout=120", "--set", "database.network_timeout=240"],
    lock: "LOCK TABLES memo READ;",
    unlock: "UNLOCK TABLES;",
    waiting: "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE state LIKE 'Waiting for table%';",
  },
  postgres: {
    command: [join(root, "tests/lib/postgres.sh"), "sql", process.env.MEMORA_TEST_POSTGRES],
    options: [],
    args: patient,
    lock: "BEGIN; LOCK TABLE memo IN EXCLUSIVE MODE;",
    unlock: "COMMIT;",
    waiting: "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock';",
  },
};

/** Resolves once the table is locked; to a function that lets go of it. */
async function holdLock({ command: [script, ...words], options, lock, unlock }, name) {
  const child = spawn(script, [...words, name, ...options], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stdin.write(`${lock}\nSELECT 'it is locked';\n`);
  await until("the table is locked", () => output.includes("it is locked"));
  return async () => {
    child.stdin.end(`${unlock}\n`);
    assert.equal((await ended)[0], 0);
  };
}

for (const backend of ["postgres", "mysql"])
  test(`${backend}: a lock holds up nobody who does not need it`, { timeout: 600_000 }, async (t) => {
    const database = await backends[backend].prepare({});
    const locker = lockers[backend];
    const server = await startFor(t, { database, args: locker.args });
    const token = await server.signUp("founder");
    const first = await server.rest("POST", "/api/v1/memos", { token, body: { content: "first" } });
    assert.equal(first.status, 200);
    const release = await holdLock(locker, nameOf(database));
    let early = 0;
    const writes = Array.from({ length: WRITES }, (_, i) =>
      server.rest("POST", "/api/v1/memos", { token, body: { content: `waits ${i}` } }).finally(() => early++));
    await until("writes wait for the lock", () => /^\s*[1-9]\d*\s*$/m.test(sql(backend, locker.waiting)));
    // The lock stays until all of them are answered, so they cannot wait for it.
    for (let i = 0; i < READS; i++) {
      const answer = await server.rest("GET", i % 2 ? `/api/v1/${first.json.name}` : "/api/v1/memos?pageSize=20", { token });
      assert.equal(answer.status, 200, answer.text);
    }
    assert.equal(early, 0, "the table was not locked");
    await release();
    const done = await Promise.all(writes);
    assert.deepEqual(done.filter(({ status }) => status !== 200).map(({ text }) => text), []);
    await server.stop();
  });
