// A server whose attachments are in an S3 store, and everything that can go wrong on the way there: no upload is
// acknowledged that is not stored, none that was refused is listed, and no download is passed off as complete that is not.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Server } from "../wire/lib/server.js";
import { PATIENCE_MS, pause, until } from "../lib/wait.mjs";
import { backends, work } from "./lib/backends.js";
import { S3Proxy, damaged, dripping, refuse, reset, skewed, truncated } from "./lib/s3-proxy.js";

const SECRET = process.env.S3_SECRET_KEY;
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");
const kept = new Map(); // name -> { filename, sum }
let proxy, server, token;

before(async () => {
  const dir = mkdtempSync(join(work, "s3-data-"));
  proxy = await S3Proxy.start(process.env.S3_ENDPOINT);
  const keys = {
    plugin: "s3", endpoint: proxy.url, bucket: process.env.S3_BUCKET, path_style: "yes", timeout: "4",
    access_key: process.env.S3_ACCESS_KEY, secret_key: SECRET, region: process.env.S3_REGION,
  };
  const args = Object.entries(keys).flatMap(([key, value]) => ["--set", `storage.${key}=${value}`]);
  server = await Server.start({ dir, args, database: await backends.sqlite.prepare({ dir }) });
  token = await server.signUp("founder");
  const body = { name: "instance/settings/STORAGE", storageSetting: { storageType: "LOCAL", filepathTemplate: "{uuid}_{filename}", uploadSizeLimitMb: 64 } };
  const changed = await server.rest("PATCH", "/api/v1/instance/settings/STORAGE?updateMask=storageSetting", { token, body });
  assert.equal(changed.status, 200, changed.text);
});

after(async () => {
  proxy.stop();
  await server.stop();
});

async function upload(filename, size) {
  const bytes = randomBytes(size);
  const answer = await server.rest("POST", "/api/v1/attachments", {
    token, body: { filename, type: "application/octet-stream", content: bytes.toString("base64") },
  });
  if (answer.status === 200) kept.set(answer.json.name, { filename, sum: hash(bytes) });
  return answer;
}

async function refusesUpload(filename, size) {
  const answer = await upload(filename, size);
  assert.ok(answer.status >= 400, `${filename} was taken`);
  assert.ok([8, 9, 13, 14].includes(answer.json.code), answer.text);
  assert.ok(!answer.text.includes(SECRET) && !server.output.includes(SECRET));
  proxy.heal();
  const listed = await server.rest("GET", "/api/v1/attachments?pageSize=1000", { token });
  assert.deepEqual(listed.json.attachments.map((one) => one.name).sort(), [...kept.keys()].sort());
}

/** { complete, bytes, took } of a download as a client sees it. */
function download(name) {
  const { filename } = kept.get(name);
  const started = Date.now();
  return new Promise((done, fail) => {
    const end = (complete, chunks) => done({ complete, bytes: Buffer.concat(chunks), took: Date.now() - started });
    get(`${server.url}/file/${name}/${filename}`, { headers: { authorization: `Bearer ${token}` } }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("error", () => end(false, chunks));
      answer.on("close", () => end(answer.complete && answer.statusCode === 200, chunks));
    }).on("error", fail);
  });
}

async function everythingIsThere() {
  for (const [name, { sum }] of kept) {
    const file = await download(name);
    assert.ok(file.complete, name);
    assert.equal(hash(file.bytes), sum);
  }
}

test("a store that asks for patience is tried again", { timeout: 300_000 }, async () => {
  proxy.spoil((req, n) => (n < 2 ? refuse(503, "SlowDown") : undefined));
  assert.equal((await upload("patience.bin", 300_000)).status, 200);
  assert.ok(proxy.seen >= 3);
  proxy.spoil((req, n) => (n < 2 ? reset : undefined));
  assert.equal((await upload("reset.bin", 300_000)).status, 200);
  proxy.heal();
  await everythingIsThere();
});

test("refused uploads leave nothing", { timeout: 600_000 }, async () => {
  proxy.spoil(() => refuse(403, "AccessDenied"));
  await refusesUpload("denied.bin", 1000);
  proxy.spoil(() => refuse(404, "NoSuchBucket"));
  await refusesUpload("bucketless.bin", 1000);
  assert.match(server.output, /there is no bucket/);
  proxy.spoil(() => refuse(503, "SlowDown"));
  await refusesUpload("busy.bin", 1000);
  proxy.spoil(() => skewed);
  await refusesUpload("skewed.bin", 1000);
  assert.match(server.output, /the clock of this machine is \d+ seconds before that of/);
  proxy.spoil(() => reset);
  await refusesUpload("cut.bin", 1000);
});

test("a bucket that goes in the middle of an upload", { timeout: 300_000 }, async () => {
  proxy.spoil((req) => (/partNumber=2/.test(req.url) ? refuse(404, "NoSuchBucket") : undefined));
  await refusesUpload("middle.bin", 14 * 1024 * 1024);
  proxy.spoil((req) => (/partNumber=2/.test(req.url) ? reset : undefined));
  await refusesUpload("middle-reset.bin", 14 * 1024 * 1024);
  assert.deepEqual(readdirSync(process.env.MEMORA_FAULTS_OBJECTS, { recursive: true }).filter((name) => /middle/.test(name)), []);
});

test("a download that is cut, damaged or endless is not passed off as complete", { timeout: 600_000 }, async () => {
  assert.equal((await upload("large.bin", 3 * 1024 * 1024)).status, 200);
  const name = [...kept.keys()].at(-1);
  const isGet = (req) => req.method === "GET" && /large/.test(req.url);
  for (const [what, fault] of Object.entries({ truncated, damaged, dripping })) {
    proxy.spoil((req) => (isGet(req) ? fault : undefined));
    const file = await download(name);
    assert.equal(file.complete, false, `${what} was passed off as complete`);
    assert.ok(file.bytes.length < 3 * 1024 * 1024, what);
    assert.ok(file.took < 2 * PATIENCE_MS, `${what} took ${file.took} ms`);
  }
  for (const fault of [refuse(403, "AccessDenied"), refuse(404, "NoSuchBucket"), reset]) {
    proxy.spoil((req) => (isGet(req) ? fault : undefined));
    const { filename } = kept.get(name);
    const answer = await server.rest("GET", `/file/${name}/${filename}`, { token });
    assert.ok(answer.status >= 500, `${answer.status} ${answer.text}`);
  }
  proxy.heal();
  await everythingIsThere();
});

test("a store that is silent holds up nobody else", { timeout: 300_000 }, async () => {
  const name = [...kept.keys()].at(-1);
  proxy.spoil((req) => (req.method === "GET" ? () => {} : undefined));
  let givenUp = 0, beside = 0;
  const waiting = Array.from({ length: 4 }, () =>
    download(name).catch(() => ({ complete: false })).finally(() => givenUp++));
  for (; !givenUp; beside++) {
    const memo = await server.rest("POST", "/api/v1/memos", { token, body: { content: `beside ${beside}` } });
    assert.equal(memo.status, 200, memo.text);
    await pause(50);
  }
  // Who had to wait for the store as well would have written one.
  assert.ok(beside > 10, `only ${beside} memos were written`);
  for (const file of await Promise.all(waiting)) assert.equal(file.complete, false);
  proxy.heal();
  await everythingIsThere();
});

const mib = 1024 * 1024;
const objects = process.env.MEMORA_FAULTS_OBJECTS;
/** What the store keeps, finished or not (the small server of tests/lib has parts elsewhere), without its locks. */
const stored = () => [objects, join(objects, "../meta/temporary")].filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .filter((name) => !name.includes(".vgwlocks/")).sort();

/** Lets promised removals come due now, which takes hours else, with nobody serving. */
function promisesComeDue() {
  const update = "UPDATE memora_outbox SET due_ms = 0 WHERE kind = 'object_promise'; SELECT changes();";
  return Number(execFileSync("sqlite3", [join(server.dir, "memos_prod.db"), update]).toString());
}

// The whole object without a row, and parts of one that will never be complete.
for (const [what, isLast] of [
  ["between the object and its row", (req) => req.method === "POST" && /uploadId=/.test(req.url)],
  ["in the middle of an upload in parts", (req) => /partNumber=2&/.test(req.url)],
]) {
  test(`a server killed ${what} leaves nothing when the promise comes due`, { timeout: 180_000 }, async () => {
    const before = stored();
    let reached;
    const atLast = new Promise((done) => (reached = done));
    // The store does what it is asked, but the server never hears of it.
    proxy.spoil((req) => (isLast(req) ? ({ forward }) => forward((answer) => answer.resume().on("end", reached)) : undefined));
    const cut = upload("cut-off.bin", 20 * mib).catch(() => "cut off");
    await atLast;
    await server.kill();
    assert.equal(await cut, "cut off");
    assert.notDeepEqual(stored(), before, "nothing is in the store, so that there is nothing to remove");
    proxy.heal();
    assert.ok(promisesComeDue() >= 1);
    await server.launch();
    await until("all of it is gone", () => stored().length === before.length);
    assert.deepEqual(stored(), before);
    await everythingIsThere();
  });
}
