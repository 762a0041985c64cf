// Live events by plain fetch, as the web page listens: who hears of what, in which words, and how streams end.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PATIENCE_MS } from "../lib/wait.mjs";
import { Server } from "./lib/server.js";

const path = "/api/v1/sse";

let server, admin, bob, carol;
before(async () => {
  server = await Server.start({ args: ["--instance-url", "http://localhost:5230"] });
  admin = await server.signUp("founder");
  bob = await server.signUp("bob");
  carol = await server.signUp("carol");
});
after(() => server.stop());

/** One open stream; next() gives the frames in turn, without the blank line behind each. */
class Listener {
  static async open(token, at = server) {
    const listener = new Listener();
    listener.abort = new AbortController();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(at.url + path, { headers, signal: listener.abort.signal });
    assert.equal(answer.status, 200);
    listener.headers = answer.headers;
    listener.reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    listener.text = "";
    assert.equal(await listener.next(), ": connected");
    return listener;
  }

  /** The next frame, or undefined at the end of the stream. */
  async next() {
    for (;;) {
      const end = this.text.indexOf("\n\n");
      if (end >= 0) {
        const frame = this.text.slice(0, end);
        this.text = this.text.slice(end + 2);
        return frame;
      }
      const late = setTimeout(() => this.abort.abort(new Error("nothing came")), PATIENCE_MS);
      const { done, value } = await this.reader.read();
      clearTimeout(late);
      if (done) return undefined;
      this.text += value;
    }
  }

  async hears(...frames) {
    for (const frame of frames) assert.equal(await this.next(), `data: ${frame}`);
  }

  close() {
    this.abort.abort();
  }
}

/** Opens a stream per token, runs the body with them and closes them whatever happens. */
async function listening(tokens, body) {
  const listeners = await Promise.all(tokens.map((token) => Listener.open(token)));
  try {
    await body(...listeners);
  } finally {
    for (const listener of listeners) listener.close();
  }
}

async function call(token, method, path, body) {
  const answer = await server.rest(method, `/api/v1/${path}`, { token, body });
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
  return answer.json;
}

const create = (token, id, visibility, content = "text") =>
  call(token, "POST", `memos?memoId=${id}`, { content, visibility });
const comment = (token, on, id) => call(token, "POST", `memos/${on}/comments?commentId=${id}`, { content: "comment" });
const update = (token, id, memo) =>
  call(token, "PATCH", `memos/${id}?updateMask=${Object.keys(memo).join(",")}`, { name: `memos/${id}`, ...memo });
const event = (type, name, parent) => JSON.stringify({ type, name: `memos/${name}`, parent: parent && `memos/${parent}` });

test("the stream has the headers of the contract", async () => {
  await listening([bob], async (listener) => {
    assert.equal(listener.headers.get("content-type"), "text/event-stream");
    assert.equal(listener.headers.get("cache-control"), "no-cache");
    assert.equal(listener.headers.get("x-accel-buffering"), "no");
    assert.equal(listener.headers.get("content-length"), null);
    assert.match(listener.headers.get("vary"), /Origin/);
  });
});

test("only a bearer token opens it", async () => {
  const signedIn = await server.rest("POST", "/memos.api.v1.AuthService/SignIn", {
    body: { passwordCredentials: { username: "bob", password: "secret-Pass1" } },
  });
  const cookie = signedIn.headers.getSetCookie()[0].split(";")[0];
  for (const [query, headers] of [
    ["", {}],
    ["", { cookie }],
    [`?token=${bob}`, {}],
    [`?access_token=${bob}`, {}],
    ["", { authorization: `Bearer ${bob}x` }],
    ["", { authorization: bob }],
  ]) {
    const answer = await server.rest("GET", path + query, { headers });
    assert.deepEqual([answer.status, answer.text], [401, '{"error":"authentication required"}\n']);
    assert.match(answer.headers.get("content-type"), /^application\/json/);
  }
  const me = await server.rest("GET", "/api/v1/auth/me", { token: bob });
  const created = await call(bob, "POST", `${me.json.user.name}/personalAccessTokens`, { description: "listener" });
  await listening([created.token], () => {});
});

test("other methods are told which there are", async () => {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    const answer = await server.rest(method, path, { token: bob });
    assert.deepEqual([answer.status, answer.text], [405, '{"message":"Method Not Allowed"}\n']);
    assert.equal(answer.headers.get("allow"), "OPTIONS, GET");
  }
  const preflight = await server.rest("OPTIONS", path, {
    headers: { origin: "http://page.example", "access-control-request-headers": "authorization" } });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-headers"), "authorization");
});

test("a memo's life, as recorded", async () => {
  await listening([bob, carol], async (...both) => {
    await create(bob, "s2", "PUBLIC");
    await comment(bob, "s2", "s2c");
    const reaction = await call(carol, "POST", "memos/s2c/reactions", {
      reaction: { contentId: "memos/s2c", reactionType: "👍" } });
    await update(bob, "s2c", { content: "other words" });
    await call(carol, "DELETE", reaction.name);
    await call(bob, "PATCH", "memos/s2/relations", { name: "memos/s2", relations: [] });
    await call(bob, "PATCH", "memos/s2/attachments", { name: "memos/s2", attachments: [] });
    await call(bob, "DELETE", "memos/s2c");
    for (const listener of both)
      await listener.hears(
        event("memo.created", "s2"),
        event("memo.comment.created", "s2"),
        event("reaction.upserted", "s2c", "s2"),
        event("memo.updated", "s2c", "s2"),
        event("reaction.deleted", "s2c", "s2"),
        event("memo.updated", "s2"),
        event("memo.updated", "s2"),
        event("memo.deleted", "s2c"),
      );
  });
});

test("private memos are news to their owner and to administrators only", async () => {
  await listening([admin, bob, carol], async (boss, owner, other) => {
    await create(bob, "secret", "PRIVATE");
    await update(bob, "secret", { content: "more" });
    await update(bob, "secret", { visibility: "PROTECTED" });
    await update(bob, "secret", { visibility: "PRIVATE" });
    await call(bob, "DELETE", "memos/secret");
    await create(bob, "shown", "PROTECTED");
    for (const listener of [boss, owner])
      await listener.hears(
        event("memo.created", "secret"),
        event("memo.updated", "secret"),
        event("memo.updated", "secret"),
        event("memo.updated", "secret"),
        event("memo.deleted", "secret"),
        event("memo.created", "shown"),
      );
    await other.hears(event("memo.updated", "secret"), event("memo.created", "shown"));
  });
});

test("the update of a private comment is told to whom the memo belongs, not to its author", async () => {
  await create(bob, "talk", "PUBLIC");
  await comment(carol, "talk", "whisper");
  await update(bob, "talk", { visibility: "PRIVATE" });
  await update(carol, "whisper", { visibility: "PUBLIC" }); // becomes what the memo is
  await listening([bob, carol], async (owner, author) => {
    await update(carol, "whisper", { content: "still private" });
    await create(bob, "end", "PUBLIC");
    await owner.hears(event("memo.updated", "whisper", "talk"), event("memo.created", "end"));
    await author.hears(event("memo.created", "end"));
  });
});

test("what failed is no news", async () => {
  await create(bob, "mine", "PUBLIC");
  await listening([bob], async (listener) => {
    const denied = await server.rest("PATCH", "/api/v1/memos/mine?updateMask=content", {
      token: carol, body: { name: "memos/mine", content: "not yours" } });
    assert.equal(denied.status, 403);
    const taken = await server.rest("POST", "/api/v1/memos?memoId=mine", { token: bob, body: { content: "again" } });
    assert.equal(taken.status, 409);
    await create(bob, "success", "PUBLIC");
    await listener.hears(event("memo.created", "success"));
  });
});

test("many streams at once all hear", async () => {
  await listening(Array(100).fill(carol), async (...all) => {
    await create(bob, "crowd", "PUBLIC");
    for (const listener of all) await listener.hears(event("memo.created", "crowd"));
  });
});

test("a stream beats every 30 seconds", { timeout: 120_000 }, async () => {
  const asked = performance.now();
  const listener = await Listener.open(bob);
  const opened = performance.now();
  assert.equal(await listener.next(), ": heartbeat");
  const now = performance.now();
  // Proxies cut what is silent for a minute.
  assert.ok(now - asked > 29_000 && now - opened < 60_000, `${now - asked} ms`);
  listener.close();
});

test("a stop ends streams at once", async () => {
  const other = await Server.start();
  const token = await other.signUp("founder");
  const listener = await Listener.open(token, other);
  const start = performance.now();
  await other.stop();
  assert.ok(performance.now() - start < 20_000); // before the next beat
  assert.equal(await listener.next(), undefined);
});
