// Slow and stuck clients, and a slow query of one user, do not hold up the others.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import { Server } from "./lib/server.js";

let server, token;
before(async () => {
  server = await Server.start({ args: ["--set", "database.statement_timeout=5"] });
  token = await server.signUp("founder");
});
after(() => server.stop());

/** Worst time in ms of a few honest requests, one after the other. */
async function worstOfOthers(count = 30) {
  let worst = 0;
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const answer = await server.rest("GET", "/api/v1/memos?pageSize=5", { token });
    worst = Math.max(worst, performance.now() - start);
    assert.equal(answer.status, 200);
  }
  return worst;
}

test("200 half-open connections and long statements at once", { timeout: 120_000 }, async () => {
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
  await new Promise((done) => setTimeout(done, 200));
  // Several of them: the databases differ in how quick they are at it.
  const slowFilter = encodeURIComponent(Array.from({ length: 12 }, (_, i) =>
    `content.matches("(l|o|r|e|m| )*(i|p|s|u|m| )*[xyz]{${i + 3}}$")`).join(" || "));
  const slow = Promise.all(Array.from({ length: 2 }, () =>
    server.rest("GET", `/api/v1/memos?filter=${slowFilter}`, { token })));
  let finished = false;
  slow.then(() => (finished = true));
  const worst = await worstOfOthers();
  const slowWasRunning = !finished;
  const answers = await slow;
  for (const answer of answers) assert.ok([200, 500, 504].includes(answer.status), answer.text);
  for (const socket of sockets) socket.destroy();
  assert.ok(slowWasRunning, "the slow statement ended before the others were asked: it proves nothing");
  assert.ok(worst < 1000, `an honest request took ${worst.toFixed(0)} ms`);
});
