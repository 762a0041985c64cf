// Several servers on one database: who has lost a right on one of them has lost it on all, also for streams that are
// open, and what became private is so everywhere.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { name as backend } from "./lib/backend.js";
import { Cluster } from "./lib/cluster.js";
import { Listener } from "./lib/listener.js";
import { until } from "../lib/wait.mjs";

let cluster, all, a, b, c, founder, bob;

async function ok(server, token, method, path, body) {
  const answer = await server.rest(method, `/api/v1/${path}`, { token, body });
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer;
}

/** A personal access token that every server knows of. */
async function newToken(server, token, username) {
  const made = (await ok(server, token, "POST", `users/${username}/personalAccessTokens`, { description: "x" })).json;
  await everywhere("new token", async (at) => (await at.rest("GET", "/api/v1/auth/me", { token: made.token })).status === 200);
  return made;
}
const create = (server, token, id, visibility) =>
  ok(server, token, "POST", `memos?memoId=${id}`, { content: "text", visibility });
const setVisibility = (server, token, id, visibility) =>
  ok(server, token, "PATCH", `memos/${id}?updateMask=visibility`, { name: `memos/${id}`, visibility });
const changeUser = (username, mask, body) =>
  ok(a, founder, "PATCH", `users/${username}?updateMask=${mask}`, { name: `users/${username}`, ...body });
const everywhere = (what, check) => Promise.all(all.map((server) => until(what, () => check(server))));

/** Opens streams, runs the body with them, closes them. */
async function listening(pairs, body) {
  const listeners = await Promise.all(pairs.map(([server, token]) => Listener.open(server, token)));
  try {
    await body(listeners);
  } finally {
    for (const listener of listeners) listener.close();
  }
}

/** Everything that was said before on whatever server has been heard, where each has heard a later word of it. */
async function settle(listeners, id) {
  for (const [i, server] of all.entries()) {
    await create(server, founder, `${id}-${i}`, "PUBLIC");
    for (const listener of listeners)
      await until(`news of ${id}-${i}`, () => listener.ended || listener.times("memo.created", `${id}-${i}`) === 1);
  }
}

before(async () => {
  // SQLite has one server: the same must hold there.
  cluster = await Cluster.start(backend === "sqlite" ? 1 : 3, { args: ["--instance-url", "http://localhost:5230"] });
  all = cluster.servers;
  [a, b = a, c = a] = all;
  founder = await a.signUp("founder");
  bob = await b.signUp("bob");
});
after(() => cluster.stop());

test("the streams of a revoked token end everywhere, others go on", async () => {
  const revoked = await newToken(a, bob, "bob"), kept = await newToken(b, bob, "bob");
  const pairs = all.flatMap((server) => [[server, revoked.token], [server, kept.token], [server, bob]]);
  await listening(pairs, async (listeners) => {
    await ok(b, bob, "DELETE", revoked.personalAccessToken.name);
    for (let i = 0; i < listeners.length; i += 3) await until("end of the stream", () => listeners[i].ended);
    await settle(listeners, "after-revocation");
    for (const [i, listener] of listeners.entries()) assert.equal(listener.ended, i % 3 === 0);
    await everywhere("revoked token", async (server) =>
      (await server.rest("GET", "/api/v1/auth/me", { token: revoked.token })).status === 401);
  });
});

test("signing out on one server ends the streams of the user's sessions on all", async () => {
  const carol = await c.signUp("carol"), script = await newToken(a, carol, "carol");
  const signedIn = await b.rest("POST", "/memos.api.v1.AuthService/SignIn", {
    body: { passwordCredentials: { username: "carol", password: "secret-Pass1" } } });
  const cookie = signedIn.headers.getSetCookie()[0].split(";")[0];
  const session = signedIn.json.accessToken;
  await listening([...all.map((server) => [server, session]), [b, script.token], [b, bob]], async (listeners) => {
    const out = await c.rest("POST", "/memos.api.v1.AuthService/SignOut", { token: session, body: {}, headers: { cookie } });
    assert.equal(out.status, 200, out.text);
    for (const listener of listeners.slice(0, -2)) await until("end of the stream", () => listener.ended);
    await settle(listeners.slice(-2), "after-sign-out");
    for (const listener of listeners.slice(-2)) assert.equal(listener.ended, false);
    await everywhere("refresh token", async (server) =>
      (await server.rest("POST", "/memos.api.v1.AuthService/RefreshToken", { body: {}, headers: { cookie } })).status === 401);
  });
});

test("a demoted administrator hears no more of what is private, an archived user nothing", async () => {
  const dora = await c.signUp("dora");
  await changeUser("dora", "role", { role: "ADMIN" });
  await listening(all.map((server) => [server, dora]), async (listeners) => {
    // From when on the role counts is open; at last it does everywhere.
    for (const [i, listener] of listeners.entries())
      for (let round = 0; listener.times("memo.created", `for-admins-${i}-${round - 1}`) === 0; round++) {
        await create(a, bob, `for-admins-${i}-${round}`, "PRIVATE");
        await create(a, bob, `for-all-${i}-${round}`, "PUBLIC");
        await until("public news", () => listener.times("memo.created", `for-all-${i}-${round}`) === 1);
      }
    await changeUser("dora", "role", { role: "USER" });
    await everywhere("demoted", async (server) =>
      (await server.rest("GET", "/api/v1/users", { token: dora })).status === 403);
    // What a says of memos comes behind its news of the change.
    await settle(listeners, "news-of-demotion");
    for (const [i, server] of all.entries()) await create(server, bob, `not-for-dora-${i}`, "PRIVATE");
    await settle(listeners, "after-demotion");
    for (const listener of listeners) {
      assert.equal(listener.ended, false);
      for (const i of all.keys()) assert.equal(listener.times("memo.created", `not-for-dora-${i}`), 0);
    }
    await changeUser("dora", "state", { state: "ARCHIVED" });
    for (const listener of listeners) await until("end of the stream", () => listener.ended);
  });
});

test("what becomes private is so at once, on every server and for streams and files", async () => {
  const eve = await c.signUp("eve");
  for (const [i, server] of all.entries()) {
    const id = `was-public-${i}`, uid = `file-${i}`;
    await create(server, bob, id, "PUBLIC");
    const { name } = (await ok(server, bob, "POST", `attachments?attachmentId=${uid}`, {
      filename: "a.txt", type: "text/plain", content: Buffer.from("bytes").toString("base64"), memo: `memos/${id}` })).json;
    const status = async (at, token, path) => (await at.rest("GET", path, { token })).status;
    const paths = [`/api/v1/memos/${id}`, `/file/${name}/a.txt`];
    for (const at of all)
      for (const path of paths)
        for (const token of [undefined, eve, bob]) assert.equal(await status(at, token, path), 200, path);
    const listed = async (at, token) => (await ok(at, token, "GET", "memos?pageSize=1000")).json.memos
      .some((memo) => memo.name === `memos/${id}`);
    await listening(all.map((at) => [at, eve]), async (listeners) => {
      await setVisibility(server, bob, id, "PRIVATE");
      // At once: nobody waits here.
      for (const at of all) {
        for (const path of paths) {
          for (const token of [undefined, eve]) assert.notEqual(await status(at, token, path), 200, `${path} is still open`);
          assert.equal(await status(at, bob, path), 200, path);
        }
        assert.equal(await listed(at, eve), false);
        assert.equal(await listed(at, bob), true);
      }
      await ok(server, bob, "PATCH", `memos/${id}?updateMask=content`, { name: `memos/${id}`, content: "secret" });
      await settle(listeners, `after-hiding-${i}`);
      for (const listener of listeners) assert.equal(listener.times("memo.updated", id), 0);
      await setVisibility(all[(i + 1) % all.length], bob, id, "PROTECTED");
      for (const at of all)
        for (const path of paths) {
          assert.equal(await status(at, eve, path), 200, path);
          assert.notEqual(await status(at, undefined, path), 200, path);
        }
    });
  }
});

test("changed settings of the instance count on all servers", async () => {
  const setting = (key, mask, body) =>
    ok(a, founder, "PATCH", `instance/settings/${key}?updateMask=${mask}`, { name: `instance/settings/${key}`, ...body });
  const register = (server, username) =>
    server.rest("POST", "/api/v1/users", { body: { username, password: "secret-Pass1" } });
  let count = 0;
  const mayRegister = async (server) => (await register(server, `someone-${++count}`)).status === 200;
  for (const server of all) assert.ok(await mayRegister(server));
  await setting("GENERAL", "generalSetting", { generalSetting: { disallowUserRegistration: true } });
  await everywhere("registration closed", async (server) => !(await mayRegister(server)));
  for (const server of all) assert.equal(await mayRegister(server), false); // and it stays so
  await setting("GENERAL", "generalSetting", { generalSetting: { disallowUserRegistration: false } });
  await everywhere("registration open", mayRegister);
  const content = Buffer.alloc(1_500_000, 1).toString("base64");
  const mayUpload = async (server) => (await server.rest("POST", "/api/v1/attachments", {
    token: bob, body: { filename: "large.bin", type: "application/octet-stream", content } })).status === 200;
  for (const server of all) assert.ok(await mayUpload(server));
  await setting("STORAGE", "storageSetting", { storageSetting: { storageType: "DATABASE", uploadSizeLimitMb: "1" } });
  await everywhere("smaller limit", async (server) => !(await mayUpload(server)));
  await setting("STORAGE", "storageSetting", { storageSetting: { storageType: "DATABASE", uploadSizeLimitMb: "30" } });
  await everywhere("larger limit", mayUpload);
});
