// Several servers on one database: what one does, the others know; one that dies takes nothing with it. On SQLite there
// can be no second one.
import assert from "node:assert/strict";
import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Code, ConnectError } from "@connectrpc/connect";

import { name as backend } from "./lib/backend.js";
import { clients } from "./lib/clients.js";
import { Cluster } from "./lib/cluster.js";
import { Listener } from "./lib/listener.js";
import { pause, until } from "../lib/wait.mjs";
import { Server } from "./lib/server.js";

const shared = backend !== "sqlite";

async function ok(server, token, method, path, body, headers) {
  const answer = await server.rest(method, `/api/v1/${path}`, { token, body, headers });
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer;
}

// REST clients neither get nor send cookies (contract platform.md 1).
const rpc = (server, method, body, headers) => server.rest("POST", `/memos.api.v1.AuthService/${method}`, { body, headers });
const me = (server, token) => server.rest("GET", "/api/v1/auth/me", { token });

if (!shared) {
  const database = { args: [], env: {}, cleanUp: async () => {} };
  const refused = (options) => assert.rejects(Server.start({ database, ...options }), (error) => {
    assert.match(error.message, /ended with status [1-9]/);
    assert.match(error.message, /memos_prod\.db is in use by another server/);
    return true;
  });

  test("a second server on the same file is refused with a clear message, however the file is named", async () => {
    const first = await Server.start(), file = join(first.dir, "memos_prod.db");
    const other = mkdtempSync(join(tmpdir(), "memora-other-"));
    try {
      const dirs = ["soft", "hard", "dsn"].map((name) => join(other, name));
      for (const dir of dirs) mkdirSync(dir);
      symlinkSync(file, join(dirs[0], "memos_prod.db"));
      linkSync(file, join(dirs[1], "memos_prod.db"));
      symlinkSync(first.dir, join(other, "directory"));
      await refused({ dir: first.dir });
      await refused({ dir: join(other, "directory") });
      await refused({ dir: dirs[0] });
      await refused({ dir: dirs[1] });
      await refused({ dir: dirs[2], env: { MEMOS_DSN: file } });
      await refused({ dir: dirs[2], env: { MEMOS_DSN: join(dirs[0], "memos_prod.db") } });
      const founder = await first.signUp("founder"); // the first one is none the worse
      await ok(first, founder, "POST", "memos?memoId=whole", { content: "x", visibility: "PUBLIC" });
      await first.kill();
      const next = await Server.start({ dir: dirs[0], database }); // by the link, once nobody is there
      await refused({ dir: first.dir });
      assert.equal((await me(next, founder)).status, 200);
      await next.stop();
    } finally {
      await first.kill();
      rmSync(other, { recursive: true });
      rmSync(first.dir, { recursive: true });
    }
  });

  test("the lock of a killed server is in nobody's way", async () => {
    const first = await Server.start();
    await first.signUp("founder");
    await first.kill();
    assert.ok(existsSync(join(first.dir, "memos_prod.db.memora-lock")));
    await first.launch();
    await first.signIn("founder", "secret-Pass1");
    await first.stop();
  });
} else {
  let cluster, a, b, c, all, founder, bob;
  before(async () => {
    cluster = await Cluster.start(3);
    [a, b, c] = all = cluster.servers;
    founder = await a.signUp("founder");
    bob = await b.signUp("bob");
  });
  after(() => cluster?.stop());

  test("servers that start together on an empty database agree on schema and secret", async () => {
    for (const server of all)
      for (const token of [founder, bob]) assert.equal((await me(server, token)).status, 200);
    assert.equal((await me(c, founder)).json.user.role, "ADMIN");
    assert.equal((await me(c, bob)).json.user.role, "USER");
  });

  test("a session moves between servers, and a refresh token works once among all of them", async () => {
    const credentials = { passwordCredentials: { username: "bob", password: "secret-Pass1" } };
    let answer = await rpc(a, "SignIn", credentials);
    const cookieOf = ({ headers }) => headers.getSetCookie()[0].split(";")[0];
    assert.equal(answer.status, 200, answer.text);
    const first = cookieOf(answer);
    answer = await rpc(b, "RefreshToken", {}, { cookie: first });
    assert.equal(answer.status, 200, answer.text);
    const second = cookieOf(answer);
    assert.notEqual(second, first);
    assert.equal((await me(c, answer.json.accessToken)).json.user.username, "bob");
    await until("used token", async () => {
      const again = await rpc(c, "RefreshToken", {}, { cookie: first });
      assert.notEqual(again.status, 200, "a refresh token was taken twice");
      return again.status === 401;
    });
    // Of many at the same time exactly one wins.
    const race = await Promise.all(
      Array.from({ length: 9 }, (_, i) =>
        rpc(all[i % 3], "RefreshToken", {}, { cookie: second })));
    assert.equal(race.filter(({ status }) => status === 200).length, 1);
    assert.ok(race.every(({ status }) => status === 200 || status === 401), race.map(({ status }) => status).join());
  });

  test("a token made on one is taken by the others, and refused by all within the bound once revoked", async () => {
    for (let round = 0; round < 5; round++) {
      const made = (await ok(all[round % 3], bob, "POST", "users/bob/personalAccessTokens", { description: "x" })).json;
      for (const server of all)
        await until("new token", async () => (await me(server, made.token)).status === 200);
      await ok(all[(round + 1) % 3], bob, "DELETE", made.personalAccessToken.name);
      for (const server of all)
        await until("revoked token", async () => (await me(server, made.token)).status === 401);
    }
  });

  test("who is archived, demoted or deleted is so everywhere within the bound", async () => {
    const carol = await c.signUp("carol");
    const change = (body, mask) => ok(a, founder, "PATCH", `users/carol?updateMask=${mask}`, { name: "users/carol", ...body });
    const everywhere = async (what, check) => {
      for (const server of all) await until(what, () => check(server));
    };
    const mayChangeSettings = async (server) =>
      (await server.rest("PATCH", "/api/v1/instance/settings/MEMO_RELATED?updateMask=memoRelatedSetting", {
        token: carol, body: { name: "instance/settings/MEMO_RELATED", memoRelatedSetting: { contentLengthLimit: 9000 } },
      })).status === 200;
    for (const server of all) assert.equal((await me(server, carol)).status, 200); // now in every memory
    await change({ role: "ADMIN" }, "role");
    await everywhere("promoted", mayChangeSettings);
    await change({ role: "USER" }, "role");
    await everywhere("demoted", async (server) => !(await mayChangeSettings(server)));
    await change({ state: "ARCHIVED" }, "state");
    await everywhere("archived", async (server) => (await me(server, carol)).status === 401);
    await change({ state: "NORMAL" }, "state");
    await everywhere("restored", async (server) => (await me(server, carol)).status === 200);
    await ok(b, founder, "DELETE", "users/carol");
    await everywhere("deleted", async (server) => (await me(server, carol)).status === 401);
  });

  test("settings of the instance and of users are the same everywhere", async () => {
    const limit = async (server) =>
      (await ok(server, founder, "GET", "instance/settings/MEMO_RELATED")).json.memoRelatedSetting.contentLengthLimit;
    const locale = async (server) => (await ok(server, bob, "GET", "users/bob/settings/GENERAL")).json.generalSetting.locale;
    for (const [value, language] of [[10000, "de"], [12000, "fr"]]) {
      for (const server of all) await limit(server), await locale(server);
      await ok(a, founder, "PATCH", "instance/settings/MEMO_RELATED?updateMask=memoRelatedSetting", {
        name: "instance/settings/MEMO_RELATED", memoRelatedSetting: { contentLengthLimit: value } });
      await ok(b, bob, "PATCH", "users/bob/settings/GENERAL?updateMask=locale", {
        name: "users/bob/settings/GENERAL", generalSetting: { locale: language } });
      for (const server of all) {
        await until("instance setting", async () => (await limit(server)) === value);
        await until("user setting", async () => (await locale(server)) === language);
      }
    }
  });

  test("live events of all reach the listeners of each, once and only those who may hear", async () => {
    const dave = await c.signUp("dave");
    const listeners = await Promise.all(
      [[a, bob], [b, bob], [c, founder], [c, dave]].map(([server, token]) => Listener.open(server, token)));
    try {
      for (const [i, server] of all.entries()) {
        await ok(server, bob, "POST", `memos?memoId=shown-${i}`, { content: "x", visibility: "PROTECTED" });
        await ok(server, bob, "POST", `memos?memoId=hidden-${i}`, { content: "x", visibility: "PRIVATE" });
      }
      // What a server said before its last word has been heard before it.
      for (const [i, server] of all.entries())
        await ok(server, bob, "POST", `memos?memoId=last-${i}`, { content: "x", visibility: "PROTECTED" });
      for (const heard of listeners)
        for (const i of all.keys()) await until("event", () => heard.times("memo.created", `last-${i}`) === 1);
      for (const [n, heard] of listeners.entries())
        for (const i of all.keys()) {
          assert.equal(heard.times("memo.created", `shown-${i}`), 1);
          assert.equal(heard.times("memo.created", `hidden-${i}`), n < 3 ? 1 : 0);
        }
    } finally {
      for (const heard of listeners) heard.close();
    }
  });

  test("attachments are shared", async () => {
    const content = Buffer.from("from one to the others").toString("base64");
    const made = (await ok(a, bob, "POST", "attachments?attachmentId=shared-file", {
      filename: "note.txt", type: "text/plain", content })).json;
    for (const server of all) {
      const file = await server.rest("GET", `/file/${made.name}/note.txt`, { token: bob });
      assert.deepEqual([file.status, file.text], [200, "from one to the others"]);
    }
    await ok(c, bob, "DELETE", made.name);
    for (const server of all)
      assert.equal((await server.rest("GET", `/file/${made.name}/note.txt`, { token: bob })).status, 404);
  });

  test("one is killed under load: nothing acknowledged is lost, nothing is doubled", async () => {
    const url = await cluster.proxy();
    const { memos } = clients("connect-node binary", url, bob);
    const writers = 8, each = 40;
    const acknowledged = new Set();
    let retries = 0;
    async function create(id) {
      for (let attempt = 0; attempt < 20; attempt++) {
        try {
          await memos.createMemo({ memoId: id, memo: { content: `load ${id} #load`, visibility: 1 } });
          acknowledged.add(id);
          return;
        } catch (error) {
          const { code } = ConnectError.from(error);
          if (code === Code.AlreadyExists && attempt > 0) {
            acknowledged.add(id); // the answer was lost, the memo was not
            return;
          }
          assert.ok([Code.Unavailable, Code.Aborted, Code.Unknown, Code.Internal].includes(code), `${id}: ${error}`);
          retries++;
          await pause(20);
        }
      }
      assert.fail(`${id} was never taken`);
    }
    const work = Array.from({ length: writers }, async (_, writer) => {
      for (let i = 0; i < each; i++) await create(`load-${writer}-${i}`);
    });
    await until("load", () => acknowledged.size > (writers * each) / 4);
    await b.kill();
    b.killed = true;
    await Promise.all(work);
    assert.equal(acknowledged.size, writers * each);
    assert.ok(retries > 0, "nobody noticed that a server was killed");
    cluster.servers = [a, c];
    all = cluster.servers;
    const seen = [];
    for (let pageToken = ""; ;) {
      const page = await memos.listMemos({ pageSize: 100, pageToken, filter: `"load" in tags` });
      seen.push(...page.memos.map((memo) => memo.name));
      pageToken = page.nextPageToken;
      if (!pageToken) break;
    }
    assert.equal(seen.length, writers * each);
    assert.deepEqual(new Set(seen), new Set([...acknowledged].map((id) => `memos/${id}`)));
  });

  test("servers that start together on a database of v0.30 all come up", async () => {
    const older = await Cluster.start(3, { fixture: true });
    try {
      for (const server of older.servers) {
        const profile = await server.rest("GET", "/api/v1/instance/profile");
        assert.equal(profile.status, 200);
      }
    } finally {
      await older.stop();
    }
  });

  test("of several who sign up first at the same time one becomes the administrator", async () => {
    const fresh = await Cluster.start(3);
    try {
      const names = Array.from({ length: 6 }, (_, i) => `first-${i}`);
      const answers = await Promise.all(names.map((username, i) =>
        fresh.servers[i % 3].rest("POST", "/api/v1/users", { body: { username, password: "secret-Pass1" } })));
      for (const { status, text } of answers) assert.equal(status, 200, text);
      assert.equal(answers.filter(({ json }) => json.role === "ADMIN").length, 1);
    } finally {
      await fresh.stop();
    }
  });
}
