// Photos with a video in them, live photos and thumbnails, wherever the bytes lie.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";

import { prepare } from "./lib/backend.js";
import { build, root } from "./lib/paths.js";
import { startS3 } from "./lib/s3.js";
import { Server } from "./lib/server.js";

const storages = ["LOCAL", "DATABASE", "S3"];
const photo = readFileSync(join(root, "tests/fuzz/corpus/metadata/jpeg-6.jpg")); // with Exif, XMP and IPTC
const old = "Mon, 01 Jan 2001 00:00:00 GMT";
let s3, server, token;

const box = (type, content) => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, content]);
};
const video = (size = 200_000) =>
  Buffer.concat([box("ftyp", Buffer.from("mp42\0\0\0\0isommp42", "latin1")), box("mdat", randomBytes(size))]);
const segment = (marker, content) => {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(2 + content.length, 2);
  return Buffer.concat([head, content]);
};
const xmp = (text) => segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>${text}</x:xmpmeta>`, "latin1"));
/** What cameras make: a JPEG whose XMP says that there is a video behind it. */
const moving = (text, behind) => Buffer.concat([photo.subarray(0, 2), xmp(text), photo.subarray(2), behind]);

/** A PNG of that size in one colour. */
const png = (width, height, shade = 200) => {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]), out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (width + 1), shade);
  for (let y = 0; y < height; y++) rows[y * (width + 1)] = 0;
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0))]);
};
/** CRC-32. */
const crc = (bytes) => {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
};

/** Width and height of a JPEG. */
const sizeOf = (bytes) => {
  const jpeg = Buffer.from(bytes);
  assert.equal(jpeg.readUInt16BE(0), 0xffd8);
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2))
    if (jpeg[at + 1] >= 0xc0 && jpeg[at + 1] <= 0xc2) return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
  assert.fail("no frame");
};

const store = async (storageType) => {
  const storageSetting = { storageType, filepathTemplate: "media/{uuid}_{filename}", uploadSizeLimitMb: "40", s3Config: s3.settings };
  const answer = await server.rest("PATCH", "/api/v1/instance/settings/STORAGE", {
    token, body: { name: "instance/settings/STORAGE", storageSetting },
  });
  assert.equal(answer.status, 200, answer.text);
};
const upload = async (uid, filename, content, more = {}) => {
  const answer = await server.rest("POST", `/api/v1/attachments?attachmentId=${uid}`, {
    token, body: { filename, content: content.toString("base64"), ...more },
  });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
const file = (uid, query = "", headers = {}) => server.rest("GET", `/file/attachments/${uid}/x${query}`, { token, headers });
const expectBytes = (answer, status, bytes) => {
  assert.equal(answer.status, status, answer.text.slice(0, 200));
  assert.ok(Buffer.from(answer.bytes).equals(bytes), `${answer.bytes.length} bytes in place of ${bytes.length}`);
};

before(async () => {
  s3 = await startS3();
  server = await Server.start({ ownStorage: true });
  token = await server.signUp("founder");
});
after(async () => {
  await server.stop();
  s3.stop();
});

for (const storage of storages) {
  test(`a photo with a video in it stays as it is, and gives the video (${storage})`, async () => {
    await store(storage);
    const clip = video(), uid = `moving-${storage.toLowerCase()}`;
    const marks = 'GCamera:MotionPhoto="1" GCamera:MotionPhotoPresentationTimestampUs="1500"';
    const whole = moving(marks, clip);
    const made = await upload(uid, "a.jpg", whole);
    assert.deepEqual(made.motionMedia, {
      family: "ANDROID_MOTION_PHOTO", role: "CONTAINER", groupId: uid, presentationTimestampUs: "1500", hasEmbeddedVideo: true,
    });
    assert.equal(made.size, String(whole.length));
    expectBytes(await file(uid), 200, whole);
    for (let round = 0; round < 2; round++) {
      const answer = await file(uid, "?motion=true");
      expectBytes(answer, 200, clip);
      assert.equal(answer.headers.get("content-type"), "video/mp4");
      assert.equal(answer.headers.get("content-disposition"), null);
      assert.equal(answer.headers.get("accept-ranges"), "bytes");
    }
    const range = (value, more) => file(uid, "?motion=true", { range: value, ...more });
    let answer = await range("bytes=4-7");
    expectBytes(answer, 206, Buffer.from("ftyp"));
    assert.equal(answer.headers.get("content-range"), `bytes 4-7/${clip.length}`);
    expectBytes(await range("bytes=-5"), 206, clip.subarray(-5));
    expectBytes(await range("bytes=100000-"), 206, clip.subarray(100000));
    answer = await range(`bytes=${clip.length}-`);
    assert.equal(answer.status, 416);
    assert.equal(answer.headers.get("content-range"), `bytes */${clip.length}`);
    expectBytes(await range("bytes=0-3", { "if-range": old }), 200, clip);
    const modified = (await file(uid, "?motion=true")).headers.get("last-modified");
    expectBytes(await range("bytes=0-3", { "if-range": modified }), 206, clip.subarray(0, 4));
    assert.equal((await file(uid, "?motion=true", { "if-modified-since": modified })).status, 304);
    // The still is a picture like any other.
    answer = await file(uid, "?thumbnail=true");
    assert.deepEqual(sizeOf(answer.bytes), [40, 64]);

    const gone = await server.rest("DELETE", `/api/v1/attachments/${uid}`, { token });
    assert.equal(gone.status, 200, gone.text);
    assert.equal((await file(uid, "?motion=true")).status, 404);
    assert.equal((await file(uid, "?thumbnail=true")).status, 404);
  });

  test(`conditional requests and ranges (${storage})`, async () => {
    await store(storage);
    const uid = `plain-${storage.toLowerCase()}`, bytes = randomBytes(150_000);
    await upload(uid, "a.bin", bytes);
    const answer = await file(uid);
    expectBytes(answer, 200, bytes);
    const modified = answer.headers.get("last-modified");
    const status = async (headers) => (await file(uid, "", headers)).status;
    assert.equal(await status({ "if-modified-since": modified }), 304);
    assert.equal(await status({ "if-modified-since": old }), 200);
    assert.equal(await status({ "if-none-match": "*" }), 304);
    assert.equal(await status({ "if-none-match": '"x"', "if-modified-since": modified }), 200);
    assert.equal(await status({ "if-unmodified-since": old }), 412);
    assert.equal(await status({ "if-match": '"x"' }), 412);
    expectBytes(await file(uid, "", { range: "bytes=10-19", "if-range": modified }), 206, bytes.subarray(10, 20));
    expectBytes(await file(uid, "", { range: "bytes=10-19", "if-range": old }), 200, bytes);
    expectBytes(await file(uid, "", { range: "bytes=10-19", "if-range": '"x"' }), 200, bytes);
  });

  test(`thumbnails (${storage})`, async () => {
    await store(storage);
    const uid = `picture-${storage.toLowerCase()}`, bytes = png(1200, 800);
    await upload(uid, "a.png", bytes);
    const answer = await file(uid, "?thumbnail=true");
    assert.equal(answer.headers.get("content-type"), "image/jpeg");
    assert.equal(answer.headers.get("accept-ranges"), null);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.deepEqual(sizeOf(answer.bytes), [600, 400]);
    const again = await file(uid, "?thumbnail=true", { range: "bytes=0-1" });
    expectBytes(again, 200, Buffer.from(answer.bytes));
    const modified = answer.headers.get("last-modified");
    const unchanged = await file(uid, "?thumbnail=true", { "if-modified-since": modified });
    assert.equal(unchanged.status, 304);
    assert.equal(unchanged.headers.get("content-security-policy"), "default-src 'none'; style-src 'unsafe-inline';");
    expectBytes(await file(uid, "?thumbnail=true", { "if-modified-since": old }), 200, Buffer.from(answer.bytes));
    expectBytes(await file(uid, "?thumbnail=yes"), 200, bytes);
  });
}

test("photos whose marks lie are photos, and lose what they tell", async () => {
  await store("LOCAL");
  const broken = [
    moving('GCamera:MotionPhoto="1"', Buffer.from("no video at all")),
    moving('GCamera:MicroVideo="1" GCamera:MicroVideoOffset="99999999"', Buffer.alloc(0)),
    moving('GCamera:MicroVideo="0"', video(100)),
    moving("", video(100)),
  ];
  for (const [i, bytes] of broken.entries()) {
    const made = await upload(`lying-${i}`, "a.jpg", bytes);
    assert.equal(made.motionMedia ?? null, null);
    const kept = Buffer.from((await file(`lying-${i}`)).bytes);
    assert.deepEqual(sizeOf(kept), [40, 64]);
    assert.ok(!kept.includes("PLACE-MARK") && !kept.includes("Exif"));
    assert.equal((await file(`lying-${i}`, "?motion=true")).status, 400);
  }
  // An offset that leads nowhere, with a video all the same: the last place where one begins counts.
  const clip = video(5000);
  await upload("offset", "a.jpg", moving('GCamera:MicroVideo="1" GCamera:MicroVideoOffset="77"', clip));
  expectBytes(await file("offset", "?motion=true"), 200, clip);
  // One that leads to a video counts, though another begins later.
  const two = Buffer.concat([clip, video(300)]);
  await upload("first", "a.jpg", moving(`GCamera:MicroVideo="1" GCamera:MicroVideoOffset="${two.length}"`, two));
  expectBytes(await file("first", "?motion=true"), 200, two);
  // Not a JPEG by its type: no motion photo.
  const typed = await upload("typed", "a.bin", moving('GCamera:MotionPhoto="1"', clip), { type: "application/octet-stream" });
  assert.equal(typed.motionMedia ?? null, null);
});

test("the halves of a live photo stand together and go together", async () => {
  await store("LOCAL");
  const half = (role) => ({ motionMedia: { family: "APPLE_LIVE_PHOTO", role, groupId: "live-1" } });
  const memo = await server.rest("POST", "/api/v1/memos", { token, body: { content: "live" } });
  assert.equal(memo.status, 200, memo.text);
  const still = await upload("still", "a.jpg", photo, half("STILL"));
  assert.equal(still.motionMedia.role, "STILL");
  await upload("video", "a.mov", video(1000), half("VIDEO"));
  await upload("other", "o.txt", Buffer.from("o"));
  assert.ok(!Buffer.from((await file("still")).bytes).includes("PLACE-MARK"));
  const set = async (...uids) => {
    const answer = await server.rest("PATCH", `/api/v1/${memo.json.name}/attachments`, {
      token, body: { name: memo.json.name, attachments: uids.map((uid) => ({ name: `attachments/${uid}` })) },
    });
    assert.equal(answer.status, 200, answer.text);
  };
  const list = async () => {
    const answer = await server.rest("GET", `/api/v1/${memo.json.name}/attachments`, { token });
    return answer.json.attachments.map(({ name }) => name.slice("attachments/".length));
  };
  await set("still", "other", "video");
  assert.deepEqual(await list(), ["still", "video", "other"]);
  await set("other", "video", "still");
  assert.deepEqual(await list(), ["other", "video", "still"]);
  await set("still", "other");
  assert.deepEqual(await list(), ["other"]);
  for (const uid of ["still", "video"]) assert.equal((await file(uid)).status, 404);
});

test("a backup brings back videos in photos and live photos", async () => {
  const dir = mkdtempSync(join(tmpdir(), "memora-wire-media-")), archive = join(dir, "all.tar.zst"), data = join(dir, "data");
  const memora = (place, database, ...args) => execFileSync(join(build, "core/memora"),
    [...args, "--data", place, ...database.args], { env: { PATH: process.env.PATH, ...database.env }, stdio: "pipe" });
  const clip = video(3000), whole = moving('GCamera:MotionPhoto="1"', clip);
  for (const storage of ["LOCAL", "DATABASE"]) {
    await store(storage);
    await upload(`kept-${storage.toLowerCase()}`, "a.jpg", whole);
    await upload(`live-${storage.toLowerCase()}`, "a.mov", clip,
      { motionMedia: { family: "APPLE_LIVE_PHOTO", role: "VIDEO", groupId: "live-2", presentationTimestampUs: "-3" } });
  }
  memora(server.dir, server.database, "backup", archive);
  mkdirSync(data);
  const database = await prepare({ dir: data });
  memora(data, database, "restore", archive, "--attachments", "storage");
  const other = await Server.start({ dir: data, database, ownStorage: true });
  try {
    const founder = await other.signIn("founder", "secret-Pass1");
    for (const storage of ["local", "database"]) {
      const read = (path) => other.rest("GET", path, { token: founder });
      expectBytes(await read(`/file/attachments/kept-${storage}/x`), 200, whole);
      expectBytes(await read(`/file/attachments/kept-${storage}/x?motion=true`), 200, clip);
      const live = await read(`/api/v1/attachments/live-${storage}`);
      assert.deepEqual(live.json.motionMedia, {
        family: "APPLE_LIVE_PHOTO", role: "VIDEO", groupId: "live-2", presentationTimestampUs: "-3", hasEmbeddedVideo: false,
      });
    }
  } finally {
    await other.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});

test("a page of pictures gets all its thumbnails, and others are answered meanwhile", async () => {
  await store("LOCAL");
  const count = 40;
  for (let i = 0; i < count; i++) await upload(`page-${i}`, "a.png", png(900 + i, 600, i));
  const asked = Array.from({ length: count }, (_, i) => file(`page-${i}`, "?thumbnail=true"));
  assert.equal((await server.rest("GET", "/api/v1/memos", { token })).status, 200);
  for (const answer of await Promise.all(asked)) {
    assert.equal(answer.headers.get("content-type"), "image/jpeg");
    assert.equal(sizeOf(answer.bytes)[0], 600);
  }
});

test("documents that could run are sent as files, and never decoded", async () => {
  await store("LOCAL");
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  await upload("svg", "a.svg", svg);
  const answer = await file("svg", "?thumbnail=true");
  expectBytes(answer, 200, svg);
  assert.equal(answer.headers.get("content-type"), "image/svg+xml");
  // Another's type doesn't get it decoded, either.
  await upload("disguised", "a.png", svg);
  expectBytes(await file("disguised", "?thumbnail=true"), 200, svg);
  for (const [name, type] of [["a.html", "text/html"], ["a.xml", "text/xml"], ["a.xhtml", "application/xhtml+xml"], ["a.js", "text/javascript"]]) {
    const uid = name.replace(".", "-");
    assert.equal((await upload(uid, name, svg)).type, type);
    const sent = await file(uid);
    assert.equal(sent.headers.get("content-type"), "application/octet-stream");
    assert.equal(sent.headers.get("content-disposition"), `attachment; filename="${name}"`);
  }
});

test("a decoder that crashes or writes rubbish costs a thumbnail, and nothing else", async () => {
  const dir = mkdtempSync(join(tmpdir(), "memora-wire-media-")), helper = join(dir, "helper"), config = join(dir, "memora.conf");
  writeFileSync(config, `[media]\nhelper = ${helper}\n`);
  writeFileSync(helper, "#!/bin/sh\nkill -SEGV $$\n", { mode: 0o755 });
  const other = await Server.start({ ownStorage: true, args: ["--config", config] });
  try {
    const founder = await other.signUp("founder");
    for (const [round, script] of ["kill -SEGV $$", "cat >/dev/null; echo rubbish", "yes | head -c 1000000"].entries()) {
      writeFileSync(helper, `#!/bin/sh\n${script}\n`);
      const uid = `photo-${round}`;
      const made = await other.rest("POST", `/api/v1/attachments?attachmentId=${uid}`, {
        token: founder, body: { filename: "a.jpg", content: photo.toString("base64") },
      });
      assert.equal(made.status, 200, made.text);
      const read = (query) => other.rest("GET", `/file/attachments/${uid}/x${query}`, { token: founder });
      const kept = await read(""), thumbnail = await read("?thumbnail=true");
      assert.deepEqual(sizeOf(kept.bytes), [64, 40]); // as it was, and an Exif part says how to turn it
      assert.ok(!Buffer.from(kept.bytes).includes("PLACE-MARK"));
      expectBytes(thumbnail, 200, Buffer.from(kept.bytes));
    }
  } finally {
    await other.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
