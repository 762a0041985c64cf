// Attachments in a bucket, against a real S3 server that checks signatures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PATIENCE_MS, until } from "../lib/wait.mjs";
import { startS3 } from "./lib/s3.js";
import { Server } from "./lib/server.js";

const text = "bytes of an object";
let s3, server, token;

const setStorage = (setting) => server.rest("PATCH", "/api/v1/instance/settings/STORAGE", {
  token, body: { name: "instance/settings/STORAGE", storageSetting: setting },
});
const upload = (uid, filename, type, content) => server.rest("POST", `/api/v1/attachments?attachmentId=${uid}`, {
  token, body: { filename, type, content: Buffer.from(content).toString("base64") },
});
const file = (uid, options = {}) => server.rest("GET", `/file/attachments/${uid}/x`, { token, ...options });

before(async () => {
  s3 = await startS3();
  server = await Server.start({ ownStorage: true });
  token = await server.signUp("founder");
});
after(async () => {
  await server.stop();
  s3.stop();
});

test("the setting takes S3 and never gives its secret back", async () => {
  const answer = await setStorage({
    storageType: "S3", filepathTemplate: "s3/{year}/{filename}", uploadSizeLimitMb: "40", s3Config: s3.settings,
  });
  assert.equal(answer.status, 200, answer.text);
  const read = await server.rest("GET", "/api/v1/instance/settings/STORAGE", { token });
  assert.equal(read.json.storageSetting.s3Config.accessKeyId, s3.accessKey);
  assert.ok(!answer.text.includes(s3.secretKey) && !read.text.includes(s3.secretKey));
});

test("an upload goes to the bucket and its link works for anyone", async () => {
  const answer = await upload("text", "Añ b+c.txt", "text/plain", text);
  assert.equal(answer.status, 200, answer.text);
  const key = `s3/${new Date().getFullYear()}/Añ b+c.txt`;
  assert.deepEqual(s3.objects(), [key]);
  assert.equal(s3.bytes(key).toString(), text);
  const link = new URL(answer.json.externalLink);
  assert.equal(link.origin, s3.endpoint);
  assert.equal(link.searchParams.get("X-Amz-Expires"), String(5 * 24 * 3600));
  const direct = await fetch(link);
  assert.equal(direct.status, 200);
  assert.equal(await direct.text(), text);
  assert.equal(direct.headers.get("content-type"), "text/plain");
  assert.ok(!answer.text.includes(s3.secretKey));
});

test("a name that is taken gets the attachment's uid", async () => {
  const answer = await upload("again", "Añ b+c.txt", "text/plain", "other");
  assert.equal(answer.status, 200, answer.text);
  assert.ok(s3.has(`s3/${new Date().getFullYear()}/Añ b+c_again.txt`));
  assert.equal((await file("text")).text, text);
  assert.equal((await file("again")).text, "other");
});

test("what is not played goes through the server, whole or in part", async () => {
  const answer = await file("text");
  assert.equal(answer.status, 200);
  assert.equal(answer.text, text);
  assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  const part = await file("text", { headers: { range: "bytes=6-7" } });
  assert.equal(part.status, 206);
  assert.equal(part.text, "of");
  assert.equal((await file("text", { token: undefined })).status, 401);
});

test("a large object goes through the server unharmed", async () => {
  const content = Buffer.alloc(20 * 1024 * 1024, "0123456789abcdef-");
  assert.equal((await upload("large", "large.bin", "application/octet-stream", content)).status, 200);
  const answer = await file("large");
  assert.equal(answer.status, 200);
  assert.ok(content.equals(answer.bytes));
  const part = await file("large", { headers: { range: "bytes=15000000-15999999" } });
  assert.equal(part.status, 206);
  assert.ok(content.subarray(15000000, 16000000).equals(part.bytes));
});

test("a store that stops in the middle of an object holds up nobody else", { timeout: 180_000 }, async () => {
  const answers = await Promise.all([1, 2, 3, 4].map(() =>
    fetch(`${server.url}/file/attachments/large/x`, { headers: { authorization: `Bearer ${token}` } })));
  s3.pause();
  try {
    const start = performance.now();
    for (let i = 0; i < 50; i++)
      assert.equal((await server.rest("GET", "/api/v1/auth/me", { token })).status, 200);
    // Who waited for the store would wait until it is given up (storage.timeout).
    assert.ok(performance.now() - start < 25_000, `50 calls took ${performance.now() - start} ms`);
  } finally {
    s3.resume();
  }
  await answers.pop().body.cancel();
  for (const answer of answers) assert.equal((await answer.arrayBuffer()).byteLength, 20 * 1024 * 1024);
});

test("video and audio are fetched from the store, as a browser does", async () => {
  assert.equal((await upload("film", "film.mp4", "video/mp4", "moving")).status, 200);
  const answer = await file("film");
  assert.equal(answer.status, 307);
  const followed = await fetch(answer.headers.get("location"), { headers: { range: "bytes=1-3" } });
  assert.equal(followed.status, 206);
  assert.equal(await followed.text(), "ovi");
  assert.equal((await file("film", { token: undefined })).status, 401);
});

test("an attachment is read with the settings it was stored with", async () => {
  const broken = { ...s3.settings, bucket: "elsewhere" };
  assert.equal((await setStorage({ storageType: "S3", s3Config: broken })).status, 200);
  assert.equal((await file("text")).text, text);
  const refused = await upload("nowhere", "a.txt", "text/plain", "x");
  assert.notEqual(refused.status, 200);
  assert.ok(!refused.text.includes(s3.secretKey));
  assert.equal((await server.rest("GET", "/api/v1/attachments/nowhere", { token })).status, 404);
  assert.equal((await setStorage({ storageType: "S3", s3Config: { ...s3.settings, accessKeySecret: "wrong" } })).status, 200);
  const wrong = await upload("wrong", "a.txt", "text/plain", "x");
  assert.equal(wrong.status, 400, wrong.text);
  assert.equal((await setStorage({ storageType: "S3", s3Config: { ...s3.settings, bucket: "../x" } })).status, 200);
  const impossible = await upload("impossible", "a.txt", "text/plain", "x");
  assert.equal(impossible.status, 400, impossible.text);
  assert.match(impossible.json.message, /the S3 settings cannot work: bucket/); // and no path of the machine
  assert.equal((await setStorage({ storageType: "S3" })).status, 200);
  const missing = await upload("missing", "a.txt", "text/plain", "x");
  assert.equal(missing.status, 500);
  assert.equal(missing.json.message, "failed to save attachment blob: No activated external storage found");
  assert.ok(!server.output.includes(s3.secretKey), "the log has the secret");
});

test("deleting removes the objects", async () => {
  for (const uid of ["text", "again", "film", "large"])
    assert.equal((await server.rest("DELETE", `/api/v1/attachments/${uid}`, { token })).status, 200);
  await until("no object is left", () => s3.objects().length === 0);
  assert.equal((await file("text")).status, 404);
});

test("a deleted object goes although the store is away and the server killed", { timeout: 180_000 }, async () => {
  assert.equal((await setStorage({ storageType: "S3", s3Config: s3.settings })).status, 200);
  assert.equal((await upload("doomed", "doomed.txt", "text/plain", text)).status, 200);
  assert.equal(s3.objects().length, 1);
  s3.pause();
  try {
    assert.equal((await server.rest("DELETE", "/api/v1/attachments/doomed", { token })).status, 200);
    await server.kill();
  } finally {
    s3.resume();
  }
  await server.launch();
  assert.equal((await file("doomed")).status, 404);
  await until("the object is gone", () => s3.objects().length === 0, 2 * PATIENCE_MS); // a removal rests before it is tried again
});

test("the configuration file names a bucket for everything that is not to lie in the database", async () => {
  const other = await Server.start({ env: s3.env });
  try {
    const admin = await other.signUp("founder");
    const put = (uid) => other.rest("POST", `/api/v1/attachments?attachmentId=${uid}`, {
      token: admin, body: { filename: `${uid}.txt`, type: "text/plain", content: Buffer.from(text).toString("base64") },
    });
    const before = s3.objects().length;
    const answer = await put("there");
    assert.equal(answer.status, 200, answer.text);
    assert.equal(s3.objects().length, before + 1);
    assert.equal(await (await fetch(answer.json.externalLink)).text(), text);
    assert.equal((await other.rest("GET", "/file/attachments/there/x", { token: admin })).text, text);
    await other.rest("PATCH", "/api/v1/instance/settings/STORAGE", {
      token: admin, body: { name: "instance/settings/STORAGE", storageSetting: { storageType: "DATABASE" } },
    });
    assert.equal((await put("here")).status, 200);
    assert.equal(s3.objects().length, before + 1);
    assert.equal((await other.rest("DELETE", "/api/v1/attachments/there", { token: admin })).status, 200);
    await until("the object is gone", () => s3.objects().length === before);
  } finally {
    await other.stop();
  }
});

test("a server whose bucket does not work says so and does not start", async () => {
  const started = Server.start({ env: { ...s3.env, MEMORA_STORAGE_SECRET_KEY: "wrong" } });
  await assert.rejects(started, (error) => {
    assert.match(error.message, /server ended with status [1-9]/);
    assert.match(error.message, /the storage of attachments does not work: /);
    return true;
  });
});
