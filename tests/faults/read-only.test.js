// Attachments on a disk that becomes read-only: uploads are refused and leave nothing, reading goes on.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { backends, startFor, work } from "./lib/backends.js";
import { eventually } from "./lib/disk.js";

const upload = (server, token, filename) =>
  server.rest("POST", "/api/v1/attachments", {
    token, body: { filename, type: "text/plain", content: Buffer.from(`content of ${filename}`).toString("base64") },
  });

test("attachments on a read-only disk", { timeout: 300_000 }, async (t) => {
  const dir = join(work, "ro-data"), assets = join(dir, "assets");
  mkdirSync(assets, { recursive: true });
  const server = await startFor(t, { dir, database: await backends.sqlite.prepare({ dir }) });
  const token = await server.signUp("founder");
  const body = { name: "instance/settings/STORAGE", storageSetting: { storageType: "LOCAL", filepathTemplate: "assets/{uuid}_{filename}", uploadSizeLimitMb: 30 } };
  assert.equal((await server.rest("PATCH", "/api/v1/instance/settings/STORAGE?updateMask=storageSetting", { token, body })).status, 200);
  const first = await upload(server, token, "first.txt");
  assert.equal(first.status, 200, first.text);
  execFileSync("mount", ["--bind", assets, assets]);
  try {
    execFileSync("mount", ["-o", "remount,bind,ro", assets]);
    const refused = await upload(server, token, "second.txt");
    assert.equal(refused.status, 500, refused.text);
    assert.equal(refused.json.code, 13, refused.text);
    const file = await server.rest("GET", `/file/${first.json.name}/first.txt`, { token });
    assert.equal(file.status, 200);
    assert.equal(file.text, "content of first.txt");
    const memo = await server.rest("POST", "/api/v1/memos", { token, body: { content: "goes on" } });
    assert.equal(memo.status, 200, memo.text);
  } finally {
    execFileSync("umount", [assets]);
  }
  await eventually(() => upload(server, token, "third.txt"));
  const listed = await server.rest("GET", "/api/v1/attachments?pageSize=100", { token });
  assert.deepEqual(listed.json.attachments.map((one) => one.filename).sort(), ["first.txt", "third.txt"]);
  assert.equal(readdirSync(assets).length, 2);
  assert.match(server.output, /[Rr]ead-only file system/);
  await server.stop();
});
