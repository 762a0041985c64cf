// A database server that stops, dies or falls silent under load: every request ends in bounded time, with "unavailable"
// if it cannot be served; what needs no database goes on; nothing acknowledged is lost; the server recovers by itself.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

import { root } from "../wire/lib/server.js";
import { backends, nameOf, startFor } from "./lib/backends.js";
import { median, pause, until } from "../lib/wait.mjs";
import { eventually, listAll } from "./lib/disk.js";
import { SilentProxy } from "./lib/silent-proxy.js";

const WRITERS = 12;
const places = {
  mysql: { script: join(root, "tests/lib/mariadb.sh"), dir: process.env.MEMORA_TEST_MARIADB, socket: "sock" },
  postgres: { script: join(root, "tests/lib/postgres.sh"), dir: process.env.MEMORA_TEST_POSTGRES, socket: ".s.PGSQL.5432" },
};
const through = {
  mysql: (dsn, port) => dsn.replace(/@unix\(.*\)\//, `@tcp(127.0.0.1:${port})/`).replace("?charset", "?timeout=2s&charset"),
  postgres: (dsn, port) => dsn.replace(/\?.*$/, "?sslmode=disable&connect_timeout=2").replace("@/", `@127.0.0.1:${port}/`),
};

async function survivesOutage(server, begin, end) {
  const token = await server.signUp("founder");
  const acknowledged = new Set(), odd = [];
  const refused = Array(WRITERS).fill(0), pages = [];
  let stop = false;
  const writer = async (id) => {
    for (let i = 0; !stop; i++) {
      const answer = await (i % 3 === 2
        ? server.rest("GET", "/api/v1/memos?pageSize=10", { token })
        : server.rest("POST", "/api/v1/memos", { token, body: { content: `writer ${id} memo ${i}` } }));
      if (answer.status === 200) {
        if (answer.json.name) acknowledged.add(answer.json.name);
        continue;
      }
      refused[id]++;
      // unavailable; the time limit ran out; the connection broke during the commit; the token could not be looked up
      if (!(answer.status === 503 || [14, 4, 2].includes(answer.json?.code))) odd.push(`${answer.status} ${answer.text}`);
      await pause(50);
    }
  };
  const page = async () => {
    while (!stop) {
      const started = performance.now();
      const answer = await server.rest("GET", "/healthz");
      pages.push(performance.now() - started);
      if (answer.status !== 200) odd.push(`healthz ${answer.status}`);
      await pause(100);
    }
  };
  const all = [page(), ...Array.from({ length: WRITERS }, (_, id) => writer(id))];
  await until("memos were written before the outage", () => acknowledged.size > 2 * WRITERS);
  await begin();
  // It lasts until everybody has been refused twice: nobody waits for its end.
  await until("all requests of the outage are answered", () => refused.every((count) => count >= 2));
  const beside = pages.length;
  await until("the rest of the server goes on", () => pages.length > beside + 2);
  await end();
  const later = await eventually(() => server.rest("POST", "/api/v1/memos", { token, body: { content: "afterwards" } }));
  acknowledged.add(later.json.name);
  const before = acknowledged.size;
  await until("all write on", () => acknowledged.size > before + 2 * WRITERS);
  stop = true;
  await Promise.all(all);
  assert.deepEqual([...new Set(odd)], []);
  assert.ok(median(pages) < 1000, `healthz took ${pages.map((ms) => ms.toFixed(0))} ms`);
  const names = new Set((await listAll(server, token)).map((memo) => memo.name));
  assert.deepEqual([...acknowledged].filter((name) => !names.has(name)), []);
  await server.stop();
}

const args = ["--set", "database.statement_timeout=2s"];

for (const backend of ["postgres", "mysql"]) {
  const { script, dir, socket } = places[backend];
  // Not execFileSync: the clients of this process must go on meanwhile.
  const action = (what) => () => new Promise((done, fail) => {
    const child = spawn(script, [what, dir], { stdio: ["ignore", "inherit", "inherit"] });
    child.once("exit", (code) => (code === 0 ? done() : fail(new Error(`${script} ${what}: ${code}`))));
  });

  for (const how of ["stop", "kill"])
    test(`${backend}: the database server ${how === "stop" ? "stops" : "dies"}, and comes back`, { timeout: 600_000 }, async (t) => {
      const server = await startFor(t, { args, database: await backends[backend].prepare({}) });
      await survivesOutage(server, action(how), action("start"));
    });

  test(`${backend}: the network falls silent, and comes back`, { timeout: 600_000 }, async (t) => {
    const proxy = await SilentProxy.start(join(dir, socket));
    t.after(() => proxy.stop());
    const database = await backends[backend].prepare({});
    database.env.MEMOS_DSN = through[backend](database.env.MEMOS_DSN, proxy.port);
    assert.ok(nameOf(database));
    const server = await startFor(t, { args, database });
    await survivesOutage(server, async () => proxy.fallSilent(), async () => proxy.speak());
  });
}
