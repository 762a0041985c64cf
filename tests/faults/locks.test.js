// Writes that wait for somebody's lock: reading goes on at its usual pace, and the writes end when the lock does.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

import { root } from "../wire/lib/server.js";
import { backends, nameOf, sql, startFor } from "./lib/backends.js";

const HOLD_S = 5, WRITES = 24;

const lockers = {
  mysql: [join(root, "tests/lib/mariadb.sh"), process.env.MEMORA_TEST_MARIADB,
    `LOCK TABLES memo READ; SELECT SLEEP(${HOLD_S}); UNLOCK TABLES;`,
    "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%';"],
  postgres: [join(root, "tests/lib/postgres.sh"), process.env.MEMORA_TEST_POSTGRES,
    `BEGIN; LOCK TABLE memo IN EXCLUSIVE MODE; SELECT pg_sleep(${HOLD_S}); COMMIT;`,
    "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active';"],
};

/** Resolves once the table is locked; the result's `released` when it is free again. */
async function holdLock(backend, name) {
  const [script, dir, lock, look] = lockers[backend];
  const child = spawn(script, ["sql", dir, name], { stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end(lock);
  const released = new Promise((done) => child.once("close", done));
  for (let tries = 0; !/^\s*1\s*$/m.test(sql(backend, look, name)); tries++) {
    assert.ok(tries < 100, "the lock was not taken");
    await new Promise((done) => setTimeout(done, 50));
  }
  return { released };
}

for (const backend of ["postgres", "mysql"])
  test(`${backend}: a lock holds up nobody who does not need it`, { timeout: 90_000 }, async (t) => {
    const database = await backends[backend].prepare({});
    const server = await startFor(t, { database });
    const token = await server.signUp("founder");
    const first = await server.rest("POST", "/api/v1/memos", { token, body: { content: "first" } });
    assert.equal(first.status, 200);
    const { released } = await holdLock(backend, nameOf(database));
    let free = false;
    const locked = Date.now();
    released.then(() => (free = true));
    const writes = Array.from({ length: WRITES }, (_, i) =>
      server.rest("POST", "/api/v1/memos", { token, body: { content: `waits ${i}` } }).then((answer) => ({ answer, early: Date.now() - locked < 1000 * HOLD_S / 2 })));
    await new Promise((done) => setTimeout(done, 500));
    let slowest = 0, reads = 0;
    while (!free) {
      const before = Date.now();
      const answer = await server.rest("GET", reads % 2 ? `/api/v1/${first.json.name}` : "/api/v1/memos?pageSize=20", { token });
      assert.equal(answer.status, 200, answer.text);
      if (free) break;
      slowest = Math.max(slowest, Date.now() - before);
      reads++;
    }
    assert.ok(reads > 100, `only ${reads} reads`);
    assert.ok(slowest < 500, `a read took ${slowest} ms`);
    const done = await Promise.all(writes);
    assert.deepEqual(done.filter(({ answer }) => answer.status !== 200).map(({ answer }) => answer.text), []);
    assert.ok(done.filter(({ early }) => early).length < WRITES / 2, "the table was not locked");
    await server.stop();
  });
