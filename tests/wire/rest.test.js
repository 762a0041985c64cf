// Plain REST, as the clients in the wild use it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { name as backend } from "./lib/backend.js";
import { Server } from "./lib/server.js";

let server, token, other;
before(async () => {
  server = await Server.start({ args: ["--instance-url", "http://localhost:5230"] });
  token = await server.signUp("founder");
  other = await server.signUp("other");
});
after(() => server.stop());

const create = async (memo, query = "", as = token) => {
  const answer = await server.rest("POST", `/api/v1/memos${query}`, { body: memo, token: as });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};

describe("answers", () => {
  test("carry every field, unset ones included", async () => {
    const memo = await create({ content: "x" });
    assert.deepEqual(Object.keys(memo).sort(), [
      "attachments", "content", "createTime", "creator", "name", "pinned", "property", "reactions", "relations",
      "snippet", "state", "tags", "updateTime", "visibility",
    ]);
    assert.deepEqual([memo.tags, memo.attachments, memo.pinned, memo.property.title], [[], [], false, ""]);
    const none = await server.rest("GET", "/api/v1/memos?filter=content%20%3D%3D%20%22nothing%22", { token });
    assert.deepEqual(none.json, { memos: [], nextPageToken: "" });
  });

  test("feeds are for reading", async () => {
    for (const path of ["/explore/rss.xml", "/u/founder/rss.xml", "/u/nobody/rss.xml"]) {
      const answer = await server.rest("POST", path, { body: {} });
      assert.deepEqual([answer.status, answer.text, answer.headers.get("allow")], [405, '{"message":"Method Not Allowed"}\n', "OPTIONS, GET"]);
    }
    assert.equal((await server.rest("GET", "/explore/rss.xml")).status, 200);
  });

  test("int64 is a string, bytes come in any base64, times with offsets", async () => {
    for (const content of ["-_-_", "+/+/", "+/8=", "+/8", "-_8"]) {
      const answer = await server.rest("POST", "/api/v1/attachments", { token, body: { filename: "b.bin", content } });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.json.size, content.length === 4 && !content.endsWith("=") ? "3" : "2");
    }
    const memo = await create({ content: "t", createTime: "2024-02-29T12:00:00.5+02:00" });
    assert.equal(memo.createTime, "2024-02-29T10:00:00Z");
  });

  test("a bad address is a plain 404 or 501 of the gateway", async () => {
    for (const [method, path, status, body] of [
      ["GET", "/api/v1/status", 404, { code: 5, message: "Not Found", details: [] }],
      ["GET", "/api/v1/memos/", 404, { code: 5, message: "Not Found", details: [] }],
      ["PUT", "/api/v1/instance/profile", 501, { code: 12, message: "Method Not Allowed", details: [] }],
      ["GET", "/api/v2", 404, { message: "Not Found" }],
    ]) {
      const answer = await server.rest(method, path);
      assert.equal(answer.status, status, path);
      assert.deepEqual(answer.json, body, path);
    }
  });

  test("anybody may ask about links, but none that lead inside", async () => {
    const ask = (url) => server.rest("GET", `/api/v1/memos/-/linkMetadata?url=${encodeURIComponent(url)}`);
    const named = await ask(`http://localhost:${server.port}/`);
    assert.equal(named.status, 400);
    assert.match(named.json.message, /^failed to fetch link metadata: Get "http:\/\/localhost:\d+\/": host=localhost, ip=(127\.0\.0\.1|::1): internal IP addresses are not allowed$/);
    assert.equal((await ask("http://[::1]/")).json.message, "failed to fetch link metadata: ::1: internal IP addresses are not allowed");
    assert.equal((await ask("http://no-such-host.invalid/")).status, 400);
    const batch = await server.rest("POST", "/api/v1/memos/-/linkMetadata:batchGet", { body: { urls: Array(11).fill("x") } });
    assert.deepEqual(batch.json, { code: 3, message: "too many urls (max 10)", details: [] });
  });

  test("a caller without a credential gets the gate's own shape", async () => {
    const answer = await server.rest("GET", "/api/v1/auth/me");
    assert.equal(answer.status, 401);
    assert.equal(answer.text, '{"code": 16, "message": "authentication required"}\n');
    assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
  });
});

describe("requests", () => {
  test("unknown query parameters and members are ignored, both spellings arrive", async () => {
    const answer = await server.rest(
      "GET", "/api/v1/memos?pageSize=1&parent=users/1&view=FULL&sort=x&direction=DESC&oldFilter=&showDeleted=true", { token });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.memos.length, 1);
    assert.equal((await server.rest("GET", "/api/v1/memos?page_size=1", { token })).json.memos.length, 1);
    const memo = await create({ content: "y", unknownMember: { deep: [1] }, row_status: "NORMAL" });
    assert.equal(memo.content, "y");
  });

  test("a patch without a mask changes what the body has", async () => {
    const memo = await create({ content: "before", visibility: "PUBLIC" });
    const patched = await server.rest("PATCH", `/api/v1/${memo.name}`, {
      token, body: { content: "after #t", state: "STATE_UNSPECIFIED" },
    });
    assert.equal(patched.status, 200, patched.text);
    assert.deepEqual(
      [patched.json.content, patched.json.state, patched.json.visibility, patched.json.tags],
      ["after #t", "NORMAL", "PUBLIC", ["t"]]);
  });

  test("masks in both spellings, snake case inside", async () => {
    const memo = await create({ content: "m" });
    for (const name of ["updateMask", "update_mask"]) {
      const time = "2020-01-02T03:04:05Z";
      const answer = await server.rest("PATCH", `/api/v1/${memo.name}?${name}=create_time,pinned`, {
        token, body: { createTime: time, pinned: true, content: "not in the mask" },
      });
      assert.deepEqual([answer.json.createTime, answer.json.pinned, answer.json.content], [time, true, "m"]);
    }
    const old = await server.rest("PATCH", `/api/v1/${memo.name}?updateMask=display_time`, { token, body: {} });
    assert.deepEqual([old.status, old.json.message], [400, "display_time is not supported"]);
    const unknown = await server.rest("PATCH", `/api/v1/${memo.name}`, { token, body: { foo: 1 } });
    assert.deepEqual([unknown.status, unknown.json.message], [400, 'could not find field "foo" in "memos.api.v1.Memo"']);
    const zero = await server.rest("PATCH", `/api/v1/${memo.name}?updateMask=create_time`, { token, body: {} });
    // A TIMESTAMP of MySQL begins a second later, and ends in 2038.
    if (backend === "mysql") assert.equal(zero.status, 400, zero.text);
    else assert.equal(zero.json.createTime, "1970-01-01T00:00:00Z");
    const late = { token, body: { createTime: "2240-01-02T03:04:05Z" } };
    const future = await server.rest("PATCH", `/api/v1/${memo.name}?updateMask=create_time`, late);
    assert.equal(future.status, backend === "mysql" ? 400 : 200, future.text);
  });

  test("order, state and page tokens", async () => {
    const cases = {
      "orderBy=%20": "invalid order_by: empty order_by",
      "orderBy=create_time%20sideways": "invalid order_by: invalid order direction: sideways, must be 'asc' or 'desc'",
      "orderBy=display_time%20desc":
        "invalid order_by: unsupported order field: display_time, supported fields are: pinned, create_time, update_time, name",
      "state=WEIRD": 'parsing field "state": "WEIRD" is not a valid value',
      "pageSize=abc": 'parsing field "page_size": strconv.ParseInt: parsing "abc": invalid syntax',
      "pageToken=CAEQAQ": "invalid page token: failed to decode page token: illegal base64 data at input byte 4",
      "pageToken=offset%3D2": "invalid page token: failed to decode page token: illegal base64 data at input byte 6",
    };
    for (const [query, message] of Object.entries(cases)) {
      const answer = await server.rest("GET", `/api/v1/memos?${query}`, { token });
      assert.deepEqual([answer.status, answer.json?.message], [400, message], query);
    }
    assert.equal((await server.rest("GET", "/api/v1/memos?orderBy=,", { token })).status, 200);
    assert.equal((await server.rest("GET", "/api/v1/memos?pageToken=CAA%3D", { token })).status, 200);
    const archived = await server.rest("GET", "/api/v1/memos?state=ARCHIVED");
    assert.deepEqual(archived.json, { memos: [], nextPageToken: "" });
  });

  test("form posts to a path that only reads are reads", async () => {
    const answer = await server.rest("POST", "/api/v1/instance/profile", {
      body: "x=y", headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    assert.equal(answer.status, 200, answer.text);
  });
});

describe("memos of several people", () => {
  test("who reads and changes what", async () => {
    const memos = {};
    for (const visibility of ["PUBLIC", "PROTECTED", "PRIVATE"]) memos[visibility] = await create({ content: "v", visibility });
    const get = async (visibility, as) =>
      (await server.rest("GET", `/api/v1/${memos[visibility].name}`, { token: as })).status;
    assert.deepEqual(
      [await get("PUBLIC"), await get("PROTECTED"), await get("PRIVATE")], [200, 401, 401]);
    assert.deepEqual(
      [await get("PUBLIC", other), await get("PROTECTED", other), await get("PRIVATE", other)], [200, 200, 403]);
    const theirs = await create({ content: "private of other" }, "", other);
    assert.equal((await server.rest("GET", `/api/v1/${theirs.name}`, { token })).status, 403, "admins don't read");
    const touch = await server.rest("PATCH", `/api/v1/${memos.PUBLIC.name}`, { token: other, body: { pinned: true } });
    assert.equal(touch.status, 403);
    const gone = await server.rest("DELETE", `/api/v1/${theirs.name}`, { token });
    assert.equal(gone.status, 200, "admins may delete");
  });

  test("archived memos hide, lists show only one's own", async () => {
    const memo = await create({ content: "old", visibility: "PUBLIC" });
    await server.rest("PATCH", `/api/v1/${memo.name}`, { token, body: { state: "ARCHIVED" } });
    assert.equal((await server.rest("GET", `/api/v1/${memo.name}`, { token: other })).status, 404);
    assert.equal((await server.rest("GET", `/api/v1/${memo.name}`, { token })).status, 200);
    const mine = await server.rest("GET", "/api/v1/memos?state=ARCHIVED", { token });
    assert.deepEqual(mine.json.memos.map((item) => item.name), [memo.name]);
  });

  test("comments, their parent, notification and the cascade", async () => {
    const memo = await create({ content: "topic", visibility: "PROTECTED" });
    const comment = await server.rest("POST", `/api/v1/${memo.name}/comments?commentId=c1`, {
      token: other, body: { content: "hello @founder", visibility: "PRIVATE" },
    });
    assert.equal(comment.status, 200, comment.text);
    assert.equal(comment.json.visibility, "PROTECTED");
    assert.equal(comment.json.parent, undefined);
    assert.equal(comment.json.relations[0].type, "COMMENT");
    const read = await server.rest("GET", "/api/v1/memos/c1", { token });
    assert.equal(read.json.parent, memo.name);
    const list = await server.rest("GET", `/api/v1/${memo.name}/comments`, { token });
    assert.deepEqual(list.json.memos.map((item) => item.name), ["memos/c1"]);
    const top = await server.rest("GET", "/api/v1/memos?pageSize=1000", { token });
    assert.ok(!top.json.memos.some((item) => item.name === "memos/c1"), "comments are no top-level memos");
    const notes = await server.rest("GET", "/api/v1/users/founder/notifications", { token });
    assert.deepEqual(notes.json.notifications.map((note) => note.type), ["MEMO_COMMENT"]);
    await server.rest("DELETE", `/api/v1/${memo.name}`, { token });
    assert.equal((await server.rest("GET", "/api/v1/memos/c1", { token })).status, 404);
  });

  test("reactions, relations and shares", async () => {
    const memo = await create({ content: "r", visibility: "PUBLIC" });
    const target = await create({ content: "target", visibility: "PRIVATE" });
    const react = () => server.rest("POST", `/api/v1/${memo.name}/reactions`, {
      token: other, body: { reaction: { contentId: memo.name, reactionType: "👍" } } });
    const first = await react(), second = await react();
    assert.equal(first.status, 200, first.text);
    assert.equal(second.json.name, first.json.name, "the same reaction is the same");
    const denied = await server.rest("DELETE", `/api/v1/${first.json.name.replace(/\d+$/, "99999")}`, { token });
    assert.equal(denied.status, 403);
    assert.equal((await server.rest("DELETE", `/api/v1/${first.json.name}`, { token })).status, 200);

    const set = await server.rest("PATCH", `/api/v1/${memo.name}/relations`, {
      token, body: { relations: [{ relatedMemo: { name: target.name }, type: "REFERENCE" }] } });
    assert.equal(set.status, 200, set.text);
    const seen = async (as) =>
      (await server.rest("GET", `/api/v1/${memo.name}`, { token: as })).json.relations.length;
    assert.deepEqual([await seen(token), await seen(other)], [1, 0]);

    const share = await server.rest("POST", `/api/v1/${target.name}/shares`, { token, body: {} });
    assert.equal(share.status, 200, share.text);
    const secret = share.json.name.split("/").pop();
    const open = await server.rest("GET", `/api/v1/shares/${secret}/memo`);
    assert.deepEqual([open.status, open.json.content, open.json.relations], [200, "target", []]);
    await server.rest("DELETE", `/api/v1/${share.json.name}`, { token });
    assert.equal((await server.rest("GET", `/api/v1/shares/${secret}/memo`)).status, 404);
    const past = await server.rest("POST", `/api/v1/${target.name}/shares`, {
      token, body: { expireTime: "2020-01-01T00:00:00Z" } });
    assert.deepEqual([past.status, past.json.message], [400, "expire_time must be in the future"]);
  });

  test("attachments keep their order, the dropped ones are gone", async () => {
    const memo = await create({ content: "files", visibility: "PUBLIC" });
    const names = [];
    for (const filename of ["o1.txt", "o2.txt", "o3.txt"]) {
      const answer = await server.rest("POST", `/api/v1/attachments`, { token, body: { filename, content: "aGk=" } });
      names.push(answer.json.name);
    }
    const set = (list) => server.rest("PATCH", `/api/v1/${memo.name}/attachments`, {
      token, body: { attachments: list.map((name) => ({ name, filename: "f", type: "t" })) } });
    const order = async () =>
      (await server.rest("GET", `/api/v1/${memo.name}`, { token })).json.attachments.map((item) => item.name);
    assert.equal((await set(names)).status, 200);
    assert.deepEqual(await order(), names);
    await set([names[2], names[0], names[2]]);
    assert.deepEqual(await order(), [names[2], names[0]]);
    assert.equal((await server.rest("GET", `/api/v1/${names[1]}`, { token })).status, 404);
    const missing = await server.rest("POST", "/api/v1/memos", {
      token, body: { content: "x", attachments: [{ name: "attachments/none" }] } });
    assert.deepEqual([missing.status, missing.json.message], [404,
      "failed to set memo attachments: rpc error: code = NotFound desc = attachment not found: none"]);
    const stranger = await server.rest("POST", "/api/v1/memos", {
      token: other, body: { content: "x", attachments: [{ name: names[0] }] } });
    assert.equal(stranger.status, 403);
  });
});
