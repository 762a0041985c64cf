// Slow and stuck clients, and a slow query of one user, do not hold up the others.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import { median, until } from "../lib/wait.mjs";
import { Server } from "./lib/server.js";

let server, token;
before(async () => {
  server = await Server.start({ args: ["--set", "database.statement_timeout=5"] });
  token = await server.signUp("founder");
});
after(() => server.stop());

/** How many ms a request took, and its answer. */
async function timed(path) {
  const start = performance.now();
  const answer = await server.rest("GET", path, { token });
  return { answer, took: performance.now() - start };
}

test("200 half-open connections and long statements at once", { timeout: 300_000 }, async () => {
  // A text of 8 KB per memo and a regular expression that has to look at all of it makes a statement long.
  const filler = "lorem ipsum dolor ".repeat(440);
  for (let i = 0; i < 40; i++)
    await Promise.all(Array.from({ length: 25 }, (_, j) =>
      server.rest("POST", "/api/v1/memos", { token, body: { content: `${i}-${j} ${filler}` } })));
  const sockets = [];
  for (let i = 0; i < 200; i++) {
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => {});
    const beginnings = ["", "GET /api", "POST /api/v1/memos HTTP/1.1\r\nHost: x\r\n",
      "POST /api/v1/memos HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"];
    socket.write(beginnings[i % beginnings.length] || "G");
    sockets.push(socket);
  }
  await until("all half-open connections are made", () => sockets.every((socket) => !socket.connecting));
  // Several of them: the databases differ in how quick they are at it.
  const slowFilter = encodeURIComponent(Array.from({ length: 12 }, (_, i) =>
    `content.matches("(l|o|r|e|m| )*(i|p|s|u|m| )*[xyz]{${i + 3}}$")`).join(" || "));
  let finished = 0;
  const slow = Array.from({ length: 2 }, () => timed(`/api/v1/memos?filter=${slowFilter}`).finally(() => finished++));
  const honest = [];
  while (!finished) {
    const { answer, took } = await timed("/api/v1/memos?pageSize=5");
    assert.equal(answer.status, 200);
    honest.push(took);
  }
  const long = await Promise.all(slow);
  for (const { answer } of long) assert.ok([200, 500, 504].includes(answer.status), answer.text);
  for (const socket of sockets) socket.destroy();
  // Whoever has to wait for a long statement takes about as long as it; how long that is, is the machine's affair.
  const shortest = Math.min(...long.map(({ took }) => took));
  assert.ok(honest.length > 10, `only ${honest.length} honest requests beside statements of ${shortest.toFixed(0)} ms`);
  assert.ok(median(honest) < shortest / 5, `honest requests took ${honest.map((ms) => ms.toFixed(0))} ms`);
});
