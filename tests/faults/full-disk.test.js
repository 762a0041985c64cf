// A disk without space: writes are refused with the right code, reading goes on, nothing acknowledged is lost, nothing
// refused is there, and writing goes on when there is space again.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { backends, nameOf, sql, startFor, work } from "./lib/backends.js";
import { empty, eventually, fill, free, listAll, writeUntilRefused } from "./lib/disk.js";

const disk = (name) => join(work, `disk-${name}`);

async function survivesFullDisk(server, where, restart) {
  const token = await server.signUp("founder");
  fill(where, 768 * 1024);
  const { acknowledged, refused } = await writeUntilRefused(server, token, 40);
  assert.ok(acknowledged.size > 5, `only ${acknowledged.size} memos fitted`);
  const [first] = acknowledged;
  for (let i = 0; i < 20; i++) {
    const answer = await server.rest("GET", `/api/v1/${first}`, { token });
    assert.equal(answer.status, 200, answer.text);
  }
  empty(where);
  const later = await eventually(() => server.rest("POST", "/api/v1/memos", { token, body: { content: "space again" } }));
  acknowledged.add(later.json.name);
  if (restart) {
    await server.kill();
    await server.launch();
  }
  const memos = await listAll(server, await server.signIn("founder", "secret-Pass1"));
  assert.deepEqual([...acknowledged].filter((name) => !memos.some((memo) => memo.name === name)), []);
  assert.deepEqual(memos.filter((memo) => refused.has(memo.content.slice(0, 30))).map((memo) => memo.name), []);
  await server.stop();
}

test("SQLite on a full disk", { timeout: 300_000 }, async (t) => {
  const dir = join(disk("sqlite"), "data");
  mkdirSync(dir);
  const server = await startFor(t, { dir, database: await backends.sqlite.prepare({ dir }) });
  await survivesFullDisk(server, disk("sqlite"), true);
});

test("PostgreSQL with a tablespace on a full disk", { timeout: 300_000 }, async (t) => {
  const place = join(disk("postgres"), "space");
  execFileSync("install", ["-d", ...(process.getuid() === 0 ? ["-o", "nobody"] : []), place]);
  const database = await backends.postgres.prepare({});
  sql("postgres", `CREATE TABLESPACE small LOCATION '${place}';`);
  sql("postgres", `ALTER DATABASE ${nameOf(database)} SET TABLESPACE small;`);
  const server = await startFor(t, { database });
  await survivesFullDisk(server, disk("postgres"), true);
});

test("MariaDB with the database on a full disk", { timeout: 300_000 }, async (t) => {
  const database = await backends.mysql.prepare({});
  const name = nameOf(database), place = join(disk("mysql"), name);
  sql("mysql", `DROP DATABASE ${name};`);
  execFileSync("install", ["-d", ...(process.getuid() === 0 ? ["-o", "nobody"] : []), place]);
  symlinkSync(place, join(work, "mariadb/data", name));
  sql("mysql", `ALTER DATABASE ${name} CHARACTER SET utf8mb4;`);
  const server = await startFor(t, { database });
  await survivesFullDisk(server, disk("mysql"), true);
});

const upload = (server, token, filename, bytes) =>
  server.rest("POST", "/api/v1/attachments", {
    token, body: { filename, type: "application/octet-stream", content: bytes.toString("base64") },
  });
const filesBelow = (dir) => readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

test("attachments on a full disk", { timeout: 300_000 }, async (t) => {
  const dir = join(work, "files-database");
  mkdirSync(dir);
  const dsn = join(dir, "memos.db"), data = join(disk("files"), "data");
  mkdirSync(data);
  const server = await startFor(t, { dir: data, database: { args: ["--dsn", dsn], env: {}, cleanUp: async () => {} } });
  const token = await server.signUp("founder");
  const local = { name: "instance/settings/STORAGE", storageSetting: { storageType: "LOCAL", filepathTemplate: "assets/{uuid}_{filename}", uploadSizeLimitMb: 30 } };
  const changed = await server.rest("PATCH", "/api/v1/instance/settings/STORAGE?updateMask=storageSetting", { token, body: local });
  assert.equal(changed.status, 200, changed.text);
  // While it is taken in, such a file lies there as base64 and decoded besides where it is to stay: 7 MiB.
  fill(disk("files"), 12 * 1024 * 1024);
  const kept = new Map();
  let refused = 0;
  for (let i = 0; refused < 3; i++) {
    assert.ok(i < 20, "the disk never filled up");
    const bytes = randomBytes(2 * 1024 * 1024);
    const answer = await upload(server, token, `file-${i}.bin`, bytes);
    if (answer.status === 200) {
      kept.set(answer.json.name, [`file-${i}.bin`, hash(bytes)]);
    } else {
      assert.equal(answer.status, 429, answer.text);
      assert.equal(answer.json.code, 8, answer.text);
      refused++;
    }
  }
  assert.ok(kept.size >= 1 && free(disk("files")) > 0);
  const listed = await server.rest("GET", "/api/v1/attachments?pageSize=100", { token });
  assert.deepEqual(listed.json.attachments.map((one) => one.name).sort(), [...kept.keys()].sort());
  assert.equal(filesBelow(join(data, "assets")).length, kept.size, "parts of what was refused are left");
  empty(disk("files"));
  const last = randomBytes(2 * 1024 * 1024);
  const again = await eventually(() => upload(server, token, "again.bin", last));
  kept.set(again.json.name, ["again.bin", hash(last)]);
  for (const [name, [filename, sum]] of kept) {
    const file = await server.rest("GET", `/file/${name}/${filename}`, { token });
    assert.equal(file.status, 200);
    assert.equal(hash(file.bytes), sum);
  }
  await server.stop();
});
