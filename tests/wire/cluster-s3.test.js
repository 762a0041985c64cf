// Several servers on one database with attachments in one bucket: nothing is lost, nothing is doubled and nothing is
// left behind, also when a server dies in the middle of uploads, or when the one that removes objects dies or stands
// still. On SQLite there is one server; tests/s3 and s3.test.js are for it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { until } from "../lib/wait.mjs";
import { name as backend } from "./lib/backend.js";
import { Cluster } from "./lib/cluster.js";
import { startS3 } from "./lib/s3.js";

if (backend !== "sqlite") {
  let s3, cluster, founder;
  const alive = () => cluster.servers.filter(({ killed }) => !killed);
  const rows = (sql) => cluster.database.query(`${sql};`);
  const outbox = (where = "1 = 1") => Number(rows(`SELECT COUNT(*) FROM memora_outbox WHERE ${where}`)[0]);
  const content = (text) => Buffer.from(text).toString("base64");
  const upload = (server, uid, text, filename = `${uid}.txt`, more = {}) =>
    server.rest("POST", `/api/v1/attachments?attachmentId=${uid}`, {
      token: founder, body: { filename, type: "text/plain", content: content(text), ...more } });
  const file = (server, uid) => server.rest("GET", `/file/attachments/${uid}/x`, { token: founder });
  const remove = (server, uid) => server.rest("DELETE", `/api/v1/attachments/${uid}`, { token: founder });
  const ok = (answer) => assert.equal(answer.status, 200, answer.text);

  /** The server that does the background work: it has said under which name it does, in its log (level debug). */
  const holder = (among = alive()) => until("a server that works in the background", () => {
    const [name] = rows("SELECT holder FROM memora_lease WHERE name = 'background'");
    return name && among.find(({ output }) => output.includes(`this server, ${name}, does`));
  });

  /** Lets what is promised or waits come due now, and wakes whoever removes. */
  async function settle() {
    cluster.database.sql("UPDATE memora_outbox SET due_ms = 0 WHERE kind IN ('object_promise', 'object_removal');");
    ok(await upload(alive()[0], "wake", "x"));
    ok(await remove(alive()[0], "wake"));
    await until("an empty outbox", () => outbox() === 0);
  }

  before(async () => {
    s3 = await startS3();
    cluster = await Cluster.start(3, { ownStorage: true, env: s3.env, args: ["--log-level", "debug"] });
    founder = await cluster.servers[0].signUp("founder");
    ok(await cluster.servers[0].rest("PATCH", "/api/v1/instance/settings/STORAGE?updateMask=storageSetting", {
      token: founder, body: { name: "instance/settings/STORAGE",
        storageSetting: { storageType: "S3", filepathTemplate: "{filename}", uploadSizeLimitMb: "30", s3Config: s3.settings } } }));
    for (const server of cluster.servers)
      await until("the template on every server", async () => {
        ok(await upload(server, "probe", "x", "probe.txt"));
        const there = s3.has("probe.txt");
        ok(await remove(server, "probe"));
        await settle();
        return there;
      });
  });
  after(async () => {
    s3?.resume();
    await cluster?.stop();
    s3?.stop();
  });

  test("what one stores, the others give and remove, once", async () => {
    const [a, b, c] = cluster.servers;
    ok(await upload(a, "shared", "bytes of an object"));
    assert.ok(s3.has("shared.txt"));
    for (const server of [a, b, c]) assert.equal((await file(server, "shared")).text, "bytes of an object");
    const answers = await Promise.all([a, b, c].map((server) => remove(server, "shared")));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, answers.map(({ status }) => status).join());
    for (const server of [a, b, c]) assert.equal((await file(server, "shared")).status, 404);
    await settle();
    assert.deepEqual(s3.objects(), []);
  });

  test("one dies with its hands full: what it promised to the bucket goes, the rest is whole", async () => {
    const [, b] = cluster.servers;
    ok(await upload(b, "before", "stays"));
    s3.pause();
    const dying = upload(b, "dying", "half").catch(() => undefined);
    await until("a promise", () => outbox("kind = 'object_promise'") === 1);
    await b.kill();
    b.killed = true;
    s3.resume();
    await dying;
    await settle();
    assert.deepEqual(s3.objects(), ["before.txt"]);
    assert.deepEqual(rows("SELECT uid FROM attachment"), ["before"]);
    await b.launch();
    b.killed = false;
    assert.equal((await file(b, "before")).text, "stays");
    ok(await remove(b, "before"));
    await settle();
    assert.deepEqual(s3.objects(), []);
  });

  test("one is killed under a load of uploads and removals", async () => {
    const url = await cluster.proxy(), victim = cluster.servers[1];
    const through = (method, path, body) => fetch(`${url}/api/v1/${path}`, {
      method, body: body && JSON.stringify(body),
      headers: { authorization: `Bearer ${founder}`, "content-type": "application/json" } });
    const kept = new Map();
    /** Again and again until it is done. A lost answer may hide that it was done before. */
    async function insist(what, done, attempt) {
      return until(what, async () => {
        const answer = await attempt().catch(() => undefined);
        if (answer) await answer.arrayBuffer();
        if (answer && !done.includes(answer.status)) assert.ok([500, 502, 503].includes(answer.status), `${what}: ${answer.status}`);
        return answer && done.includes(answer.status);
      });
    }
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let i = 0; i < 15; i++) {
        const uid = `load-${writer}-${i}`, text = `${uid} `.repeat(5000);
        await insist(uid, [200, 409], () => through("POST", `attachments?attachmentId=${uid}`, {
          filename: `${uid}.txt`, type: "text/plain", content: content(text) }));
        if (i % 3 === 0) await insist(`no ${uid}`, [200, 404], () => through("DELETE", `attachments/${uid}`));
        else kept.set(uid, text);
      }
    });
    await until("some load", () => kept.size > 15);
    await victim.kill();
    victim.killed = true;
    const others = cluster.servers;
    await Promise.all(writers);
    cluster.servers = others.filter((server) => server !== victim);
    await settle();
    assert.deepEqual(rows("SELECT uid FROM attachment ORDER BY uid"), [...kept.keys()].sort());
    // A name that was taken when the object of a lost answer was still there got a suffix: one object each, and no other.
    const keyOf = backend === "mysql" ? "JSON_UNQUOTE(JSON_EXTRACT(payload, '$.s3Object.key'))" : "payload::jsonb #>> '{s3Object,key}'";
    assert.deepEqual(s3.objects(), rows(`SELECT ${keyOf} FROM attachment`).sort());
    for (const [i, [uid, text]] of [...kept].entries()) assert.equal((await file(cluster.servers[i % 2], uid)).text, text, uid);
    cluster.servers = others;
    await victim.launch();
    victim.killed = false;
    for (const uid of kept.keys()) ok(await remove(victim, uid));
    await settle();
    assert.deepEqual(s3.objects(), []);
  });

  test("when the one that works in the background dies, another goes on with what it had begun", async () => {
    const first = await holder();
    const [one, two] = alive().filter((server) => server !== first);
    ok(await upload(one, "left-behind", "x"));
    s3.pause();
    ok(await remove(one, "left-behind"));
    await until("it is at it", () => outbox("kind = 'object_removal' AND attempts > 0") === 1);
    await first.kill();
    first.killed = true;
    s3.resume();
    await holder([one, two]);
    await until("what was begun is done", () => outbox() === 0);
    assert.deepEqual(s3.objects(), []);
    await first.launch();
    first.killed = false;
  });

  test("one that stood still while another took over harms nothing when it wakes", async () => {
    const first = await holder(), others = alive().filter((server) => server !== first);
    const uids = Array.from({ length: 5 }, (_, i) => `reused-${i}`);
    const names = uids.map((uid) => `${uid}.txt`);
    ok(await others[0].rest("POST", "/api/v1/memos?memoId=holds", {
      token: founder, body: { content: "x", visibility: "PRIVATE" } }));
    for (const uid of uids) ok(await upload(others[0], uid, "old", `${uid}.txt`, { memo: "memos/holds" }));
    s3.pause();
    ok(await others[0].rest("DELETE", "/api/v1/memos/holds", { token: founder }));
    await until("all are claimed at once", () => outbox("kind = 'object_removal' AND attempts > 0") === 5);
    first.child.kill("SIGSTOP");
    s3.resume();
    await holder(others);
    await until("it removes what the first had claimed", () => outbox() === 0);
    assert.deepEqual(s3.objects(), []);
    for (const uid of uids) ok(await upload(others[1], uid, "new"));
    assert.deepEqual(s3.objects(), names);
    first.child.kill("SIGCONT");
    // It serves as before, and when its part of the batch is through it has touched nothing of the others'.
    for (const uid of uids) await until("the woken one serves", async () => (await file(first, uid)).text === "new");
    ok(await remove(first, uids[0]));
    await until("removals go on", () => !s3.has(names[0]) && outbox() === 0);
    assert.deepEqual(s3.objects(), names.slice(1));
    for (const uid of uids.slice(1)) ok(await remove(others[0], uid));
    await settle();
  });
}
