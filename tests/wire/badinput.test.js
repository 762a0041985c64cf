// What no honest client sends: the exact code, never a 5xx, never a crash, and the server goes on.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";

import { PATIENCE_MS } from "../lib/wait.mjs";
import { Server } from "./lib/server.js";

let server, token;
before(async () => {
  server = await Server.start({ args: ["--instance-url", "http://localhost:5230"] });
  token = await server.signUp("founder");
});
after(() => server.stop());

const connectPath = "/memos.api.v1.MemoService/CreateMemo";
const json = { "content-type": "application/json" };
const proto = { "content-type": "application/proto" };

async function expectError(method, path, options, status, code) {
  const answer = await server.rest(method, path, { token, ...options });
  assert.equal(answer.status, status, `${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
  if (code !== undefined) assert.equal(answer.json?.code, code, answer.text);
  return answer;
}

describe("bodies", () => {
  const broken = {
    "half an object": '{"content":',
    "no JSON": "hello",
    "a list": "[]",
    "a wrong type": '{"content":1}',
    "a number as a message": '{"memo":5}',
    "a lone surrogate": '{"content":"\\ud800"}',
    "a control character": '{"content":"a\nb"}',
    "trailing comma": '{"content":"a",}',
    "bad time": '{"createTime":"yesterday"}',
    "bad mask": '{"updateMask":{"paths":["a"]}}',
  };
  for (const [name, body] of Object.entries(broken)) {
    test(`Connect: ${name}`, async () => {
      const wrapped = name === "a wrong type" || name.startsWith("a lone") || name.startsWith("a control") || name === "bad time"
        ? `{"memo":${body}}` : body;
      if (name === "bad mask")
        return expectError("POST", "/memos.api.v1.MemoService/UpdateMemo", { body, headers: json }, 400, "invalid_argument");
      const answer = await expectError("POST", connectPath, { body: wrapped, headers: json }, 400, "invalid_argument");
      assert.match(answer.json.message, /^unmarshal message: /);
    });
  }
  for (const name of ["half an object", "no JSON", "a list", "a wrong type", "a lone surrogate", "bad time"])
    test(`REST: ${name}`, () => expectError("POST", "/api/v1/memos", { body: broken[name] }, 400, 3));

  test("deep nesting", async () => {
    const body = '{"memo":'.repeat(5000) + "1" + "}".repeat(5000);
    await expectError("POST", connectPath, { body, headers: json }, 400, "invalid_argument");
    const ignored = `{"unknown":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    await expectError("POST", connectPath, { body: ignored, headers: json }, 400, "invalid_argument");
  });

  test("unknown enum names are ignored in JSON, unknown numbers mean private", async () => {
    for (const visibility of ["SECRET", 77]) {
      const answer = await server.rest("POST", "/api/v1/memos", { token, body: { content: "x", visibility } });
      assert.deepEqual([answer.status, answer.json.visibility], [200, "PRIVATE"]);
    }
  });

  test("invalid UTF-8 in every codec", async () => {
    const text = Buffer.concat([Buffer.from('{"memo":{"content":"'), Buffer.from([0xff, 0xfe, 0xc0, 0x80]), Buffer.from('"}}')]);
    await expectError("POST", connectPath, { body: text, headers: json }, 400, "invalid_argument");
    await expectError("POST", "/api/v1/memos", { body: text.subarray(8, text.length - 1) }, 400, 3);
    // field 1 (memo) { field 7 (content): 2 bytes that are no UTF-8 }
    const message = Buffer.from([0x0a, 0x04, 0x3a, 0x02, 0xc3, 0x28]);
    await expectError("POST", connectPath, { body: message, headers: proto }, 400, "invalid_argument");
  });

  test("truncated and random protobuf", async () => {
    for (const bytes of [[0x0a], [0x0a, 0x05, 0x3a], [0xff, 0xff, 0xff], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], [0x0b, 0x0b, 0x0b]])
      await expectError("POST", connectPath, { body: Buffer.from(bytes), headers: proto }, 400, "invalid_argument");
    let seed = 12345;
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(Array.from({ length: 40 }, () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 16 & 255));
      const answer = await server.rest("POST", connectPath, { body: bytes, headers: proto, token });
      assert.ok(answer.status < 500, `${bytes.toString("hex")}: ${answer.status}`);
    }
  });

  test("deeply nested protobuf", async () => {
    let message = Buffer.alloc(0);
    for (let i = 0; i < 20_000; i++) {
      const head = [0x0b];
      message = Buffer.concat([Buffer.from(head), message]);
    }
    await expectError("POST", connectPath, { body: message, headers: proto }, 400, "invalid_argument");
  });

  test("bad base64", async () => {
    for (const content of ["a", "ab=c", "%%%%", "a b c"])
      await expectError("POST", "/api/v1/attachments", { body: { filename: "f", content } }, 400, 3);
  });

  test("an empty body", async () => {
    const answer = await expectError("POST", connectPath, { body: "", headers: json }, 400, "invalid_argument");
    assert.equal(answer.json.message, "unmarshal message: zero-length payload is not a valid JSON object");
    await expectError("POST", connectPath, { body: Buffer.alloc(0), headers: proto }, 400, "invalid_argument");
  });

  test("compressed garbage and unknown compressions", async () => {
    await expectError("POST", connectPath, { body: "not gzip", headers: { ...json, "content-encoding": "gzip" } }, 400, "invalid_argument");
    await expectError("POST", connectPath, { body: "{}", headers: { ...json, "content-encoding": "br" } }, 501, "unimplemented");
  });
});

describe("sizes", () => {
  /** Sends raw bytes and gives the first line of the answer; ends when the server answers or closes. */
  function raw(chunks) {
    return new Promise((done, fail) => {
      const socket = connect(server.port, "127.0.0.1");
      let answer = "";
      const timer = setTimeout(() => { socket.destroy(); fail(new Error("no answer")); }, 2 * PATIENCE_MS);
      const finish = () => { clearTimeout(timer); socket.destroy(); done(answer.split("\r\n")[0]); };
      socket.on("data", (data) => { answer += data.toString("latin1"); if (answer.includes("\r\n\r\n")) finish(); });
      socket.on("close", finish);
      socket.on("error", finish);
      (async () => {
        for await (const chunk of chunks) {
          if (socket.destroyed) return;
          if (!socket.write(chunk)) await new Promise((next) => { socket.once("drain", next); socket.once("close", next); });
        }
      })();
    });
  }

  const bigBody = (path, type) => (function* () {
    const size = 300 * 1024 * 1024;
    yield `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${type}\r\nContent-Length: ${size}\r\n\r\n`;
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    for (let sent = 0; sent < size; sent += chunk.length) yield chunk;
  })();

  test("a body of 300 MB", async () => {
    assert.match(await raw(bigBody(connectPath, "application/json")), /^HTTP\/1\.1 429/);
    assert.match(await raw(bigBody("/api/v1/memos", "application/json")), /^HTTP\/1\.1 400/);
  });

  test("a header of 1 MB", async () => {
    const line = await raw([`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Big: ${"a".repeat(1024 * 1024)}\r\n\r\n`]);
    assert.match(line, /^HTTP\/1\.1 4(31|13|00)|^$/);
    assert.equal((await server.rest("GET", "/healthz")).status, 200);
  });

  test("an address of 100 KB", async () => {
    const line = await raw([`GET /api/v1/memos?filter=${"a".repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`]);
    assert.match(line, /^HTTP\/1\.1 4\d\d|^$/);
  });

  test("no HTTP at all", async () => {
    for (const text of ["hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET\r\n\r\n"])
      assert.match(await raw([text]), /^HTTP\/1\.[01] (4|5)\d\d|^$|^HTTP\/1\.1 200/);
    assert.equal((await server.rest("GET", "/healthz")).status, 200);
  });
});

describe("names and tokens", () => {
  test("bad resource names", async () => {
    for (const [name, message] of [
      ["memos/", 'invalid memo name: invalid request "memos/" with empty prefix "memos/"'],
      ["memos/a/b", 'invalid memo name: invalid request "memos/a/b"'],
      ["users/a", 'invalid memo name: invalid prefix "memos/" in request "users/a"'],
      ["", 'invalid memo name: invalid request ""'],
    ]) {
      const answer = await expectError("POST", "/memos.api.v1.MemoService/GetMemo", { body: { name }, headers: json }, 400, "invalid_argument");
      assert.equal(answer.json.message, message);
    }
    for (const name of ["a_b", "-a", "a-", "é", "x".repeat(37)])
      await expectError("POST", `/api/v1/memos?memoId=${encodeURIComponent(name)}`, { body: { content: "x" } }, 400, 3);
    const padded = await server.rest("POST", "/api/v1/memos?memoId=%20pad1%20", { token, body: { content: "x" } });
    assert.equal(padded.json.name, "memos/pad1");
    const twice = await expectError("POST", "/api/v1/memos?memoId=pad1", { body: { content: "x" } }, 409, 6);
    assert.equal(twice.json.message, 'memo with ID "pad1" already exists');
    for (const path of ["/api/v1/memos/%00", "/api/v1/memos/..%2f..%2fetc", "/api/v1/memos/%ff", "/file/attachments/..%2f..%2f/x"]) {
      const answer = await server.rest("GET", path, { token });
      assert.ok(answer.status === 404 || answer.status === 400, `${path}: ${answer.status}`);
    }
  });

  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  function forge(change, { header = { alg: "HS256", kid: "v1", typ: "JWT" }, key } = {}) {
    const [, payload, signature] = token.split(".");
    const claims = { ...JSON.parse(Buffer.from(payload, "base64url")), ...change };
    const body = `${encode(header)}.${encode(claims)}`;
    return `${body}.${key === undefined ? signature : createHmac("sha256", key).update(body).digest("base64url")}`;
  }

  test("forged, expired and foreign tokens are nobody", async () => {
    const bad = {
      "changed claims": forge({ sub: "2" }),
      "alg none": forge({}, { header: { alg: "none", kid: "v1", typ: "JWT" } }).replace(/[^.]*$/, ""),
      "alg none with signature": forge({}, { header: { alg: "none", kid: "v1", typ: "JWT" } }),
      "other key": forge({}, { key: "usememos" }),
      "empty key": forge({}, { key: "" }),
      "wrong kid": forge({}, { header: { alg: "HS256", kid: "v2", typ: "JWT" } }),
      "three dots": "a.b.c",
      "empty parts": "..",
      "not a token": "x".repeat(5000),
      "unknown PAT": `memos_pat_${"a".repeat(32)}`,
      "PAT prefix only": "memos_pat_",
    };
    for (const [name, value] of Object.entries(bad)) {
      const answer = await server.rest("GET", "/api/v1/auth/me", { token: value });
      assert.equal(answer.status, 401, name);
      assert.equal(answer.text, '{"code": 16, "message": "authentication required"}\n', name);
    }
  });

  test("a token of an archived or deleted user is nobody at once", async () => {
    const theirs = await server.signUp("leaving");
    const pat = await server.rest("POST", "/api/v1/users/leaving/personalAccessTokens", { token: theirs, body: { description: "d" } });
    assert.equal(pat.status, 200, pat.text);
    const tokens = [theirs, pat.json.token];
    for (const value of tokens) assert.equal((await server.rest("GET", "/api/v1/auth/me", { token: value })).status, 200);
    const archived = await server.rest("PATCH", "/api/v1/users/leaving?updateMask=state", { token, body: { state: "ARCHIVED" } });
    assert.equal(archived.status, 200, archived.text);
    for (const value of tokens) assert.equal((await server.rest("GET", "/api/v1/auth/me", { token: value })).status, 401);
    const signIn = await server.rest("POST", "/api/v1/auth/signin", {
      body: { passwordCredentials: { username: "leaving", password: "secret-Pass1" } } });
    assert.deepEqual([signIn.status, signIn.json.message], [403, "user has been archived with username leaving"]);
    await server.rest("DELETE", "/api/v1/users/leaving", { token });
    for (const value of tokens) assert.equal((await server.rest("GET", "/api/v1/auth/me", { token: value })).status, 401);
  });

  test("no answer leaks a secret or a path", async () => {
    const users = await server.rest("GET", "/api/v1/users", { token });
    assert.equal(users.status, 200);
    assert.ok(!/\$2[aby]\$|passwordHash|password_hash/.test(users.text));
    const basic = await server.rest("GET", "/api/v1/instance/settings/BASIC", { token });
    assert.deepEqual(basic.json, { name: "instance/settings/BASIC" });
    const missing = await server.rest("GET", "/file/attachments/none/x", { token });
    assert.ok(!missing.text.includes(server.dir));
  });
});
