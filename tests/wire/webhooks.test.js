// What webhooks are sent, triggered by the official Connect client and received by a real HTTP server.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";

import { clients } from "./lib/clients.js";
import { fine, Receiver } from "./lib/receiver.js";
import { Server } from "./lib/server.js";

const Visibility = { PRIVATE: 1, PROTECTED: 2, PUBLIC: 3 };
const kind = "connect-node binary";

let server, admin, bob, carol;
before(async () => {
  server = await Server.start({ args: ["--allow-private-webhooks"], ownStorage: true });
  const token = {};
  for (const name of ["founder", "bob", "carol"]) token[name] = await server.signUp(name);
  admin = clients(kind, server.url, token.founder);
  bob = clients(kind, server.url, token.bob);
  carol = clients(kind, server.url, token.carol);
});
after(() => server?.stop());

const hook = (who, user, url, signingSecret = "") =>
  who.users.createUserWebhook({ parent: `users/${user}`, webhook: { url, displayName: "test", signingSecret } });

/** Runs with a receiver and a hook of bob that calls it; both are gone afterwards. */
async function withHook(run, { path = "/hook?x=1&y=2", secret, answer } = {}) {
  const receiver = await Receiver.start({ answer });
  const made = await hook(bob, "bob", receiver.url + path, secret);
  try {
    await run(receiver, made);
  } finally {
    await bob.users.deleteUserWebhook({ name: made.name }).catch(() => {});
    await receiver.stop();
  }
}

const seconds = (memo) => [memo.createTime, memo.updateTime].map((time) => `{"seconds":${time.seconds}}`);

test("a created memo, byte for byte", () => withHook(async (receiver) => {
  const memo = await bob.memos.createMemo({ memoId: "wh-1", memo: {
    content: "- [ ] task #tg [l](http://a/?a=1&b=<2>) `c` @carol \u2028\u0001", visibility: Visibility.PRIVATE,
    optionalLocation: { case: "location", value: { placeholder: "p", latitude: 1.5 } } } });
  const [call] = await receiver.until(1);
  const [created, updated] = seconds(memo);
  assert.equal(call.text, `{"url":"${receiver.url}/hook?x=1\\u0026y=2","activityType":"memos.memo.created","creator":"users/bob",`
    + `"memo":{"name":"memos/wh-1","state":1,"creator":"users/bob","create_time":${created},"update_time":${updated},`
    + '"content":"- [ ] task #tg [l](http://a/?a=1\\u0026b=\\u003c2\\u003e) `c` @carol \\u2028\\u0001","visibility":1,"tags":["tg"],'
    + '"property":{"has_link":true,"has_task_list":true,"has_code":true,"has_incomplete_tasks":true},'
    + `"snippet":${JSON.stringify(memo.snippet).replaceAll("\u2028", "\\u2028")},"location":{"placeholder":"p","latitude":1.5}}}`);
  assert.deepEqual([call.method, call.path, call.version], ["POST", "/hook?x=1&y=2", "1.1"]);
  assert.equal(call.headers["content-type"], "application/json");
  assert.equal(call.headers["accept-encoding"], "gzip");
  assert.match(call.headers["user-agent"], /^Memora\/\d/);
  assert.equal(call.headers["content-length"], String(Buffer.byteLength(call.text)));
  assert.deepEqual(Object.keys(call.headers).sort(), ["accept-encoding", "content-length", "content-type", "host",
    "user-agent", "webhook-id", "webhook-signature", "webhook-timestamp"]);
}));

test("every change of a memo, whoever makes it, and nothing else", () => withHook(async (receiver) => {
  const file = await bob.attachments.createAttachment({ attachmentId: "wh-file", attachment: {
    filename: "a b.png", type: "image/png", content: new Uint8Array([120]) } });
  await bob.memos.createMemo({ memoId: "wh-2", memo: { content: "pub", visibility: Visibility.PUBLIC } });
  await carol.memos.createMemo({ memoId: "wh-other", memo: { content: "carol's own", visibility: Visibility.PUBLIC } });
  await carol.memos.upsertMemoReaction({ name: "memos/wh-2", reaction: { contentId: "memos/wh-2", reactionType: "👍" } });
  await admin.memos.updateMemo({ memo: { name: "memos/wh-2", pinned: true }, updateMask: { paths: ["pinned"] } });
  await bob.memos.setMemoAttachments({ name: "memos/wh-2", attachments: [{ name: file.name }] });
  await bob.memos.setMemoRelations({ name: "memos/wh-2", relations: [{ memo: { name: "memos/wh-2" }, relatedMemo: { name: "memos/wh-other" }, type: 1 }] });
  await bob.memos.updateMemo({ memo: { name: "memos/wh-2", state: 2 }, updateMask: { paths: ["state", "unheard-of"] } });
  await bob.memos.deleteMemo({ name: "memos/wh-2" });
  await receiver.until(6);
  const of = (type) => receiver.calls.filter(({ json }) => json.activityType === `memos.memo.${type}`).map(({ json }) => json);
  assert.equal(receiver.calls.length, 6);
  assert.ok(receiver.calls.every(({ json }) => json.creator === "users/bob" && json.memo.name === "memos/wh-2"));
  assert.equal(of("created").length, 1);
  assert.deepEqual(Object.keys(of("created")[0].memo), ["name", "state", "creator", "create_time", "update_time", "content",
    "visibility", "property", "snippet"]);
  const fields = ({ memo }) => Object.keys(memo).filter((key) => ["pinned", "attachments", "relations", "reactions"].includes(key)).join();
  assert.deepEqual(of("updated").map(fields).sort(), ["pinned,attachments,reactions", "pinned,attachments,relations,reactions",
    "pinned,attachments,relations,reactions", "pinned,reactions"]);
  assert.deepEqual(of("updated").map(({ memo }) => memo.state).sort(), [1, 1, 1, 2]);
  const { memo } = of("deleted")[0];
  assert.deepEqual(memo.attachments, [{ name: "attachments/wh-file", create_time: memo.attachments[0].create_time,
    filename: "a b.png", type: "image/png", size: 1, memo: "memos/wh-2" }]);
  assert.deepEqual(memo.relations, [{ memo: { name: "memos/wh-2", snippet: "pub" },
    related_memo: { name: "memos/wh-other", snippet: "carol's own" }, type: 1 }]);
  assert.deepEqual(Object.keys(memo.reactions[0]), ["name", "creator", "content_id", "reaction_type", "create_time"]);
  assert.equal(memo.state, 2);
}));

test("comments: to who writes without the relation, to whose memo it is with it", () => withHook(async (receiver) => {
  const theirs = await Receiver.start();
  const made = await hook(carol, "carol", `${theirs.url}/carol`);
  await bob.memos.createMemo({ memoId: "wh-3", memo: { content: "pub", visibility: Visibility.PUBLIC } });
  await carol.memos.createMemoComment({ name: "memos/wh-3", commentId: "wh-3c", comment: { content: "cm" } });
  const [mine] = await receiver.until(1, ({ json }) => json.activityType === "memos.memo.comment.created");
  const [hers] = await theirs.until(1);
  assert.equal(hers.json.activityType, "memos.memo.created");
  assert.equal(hers.json.creator, "users/carol");
  assert.deepEqual(Object.keys(hers.json.memo), ["name", "state", "creator", "create_time", "update_time", "content", "visibility", "property", "snippet"]);
  assert.equal(mine.json.creator, "users/carol");
  assert.deepEqual(mine.json.memo.relations, [{ memo: { name: "memos/wh-3c", snippet: "cm" }, related_memo: { name: "memos/wh-3", snippet: "pub" }, type: 2 }]);
  assert.equal(mine.json.memo.parent, undefined);
  // On his own memo he hears of both; of comments that go with their memo he does not.
  await bob.memos.createMemoComment({ name: "memos/wh-3", commentId: "wh-3d", comment: { content: "own" } });
  await receiver.until(2, ({ json }) => json.memo.name === "memos/wh-3d");
  await bob.memos.updateMemo({ memo: { name: "memos/wh-3d", content: "new" }, updateMask: { paths: ["content"] } });
  const [edit] = await receiver.until(1, ({ json }) => json.activityType === "memos.memo.updated");
  assert.equal(edit.json.memo.parent, "memos/wh-3");
  await bob.memos.deleteMemo({ name: "memos/wh-3" });
  await receiver.until(1, ({ json }) => json.activityType === "memos.memo.deleted");
  await receiver.until(6); // they come in any order
  assert.deepEqual(receiver.calls.map(({ json }) => json.activityType).sort(), ["memos.memo.comment.created",
    "memos.memo.comment.created", "memos.memo.created", "memos.memo.created", "memos.memo.deleted", "memos.memo.updated"]);
  assert.equal(theirs.calls.length, 1);
  await carol.users.deleteUserWebhook({ name: made.name });
  await theirs.stop();
}));

const sign = (key, { headers, text }) =>
  `v1,${createHmac("sha256", key).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`).digest("base64")}`;

test("signatures: by the generated secret, by a plain one, and none where it was cleared", () => withHook(async (receiver, made) => {
  const { signingSecret } = await bob.users.getUserWebhookSigningSecret({ name: made.name });
  assert.match(signingSecret, /^whsec_/);
  await bob.memos.createMemo({ memo: { content: "1" } });
  const [first] = await receiver.until(1);
  assert.match(first.headers["webhook-id"], /^msg_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(first.headers["webhook-timestamp"], /^\d{10}$/);
  assert.equal(first.headers["webhook-signature"], sign(Buffer.from(signingSecret.slice(6), "base64"), first));
  const change = (secret) => bob.users.updateUserWebhook({ webhook: { name: made.name, signingSecret: secret }, updateMask: { paths: ["signing_secret"] } });
  await change("plain text");
  await bob.memos.createMemo({ memo: { content: "2" } });
  const second = (await receiver.until(2))[1];
  assert.equal(second.headers["webhook-signature"], sign("plain text", second));
  assert.notEqual(second.headers["webhook-id"], first.headers["webhook-id"]);
  await change("");
  await bob.memos.createMemo({ memo: { content: "3" } });
  const third = (await receiver.until(3))[2];
  assert.deepEqual(Object.keys(third.headers).filter((name) => name.startsWith("webhook")), []);
}));

test("each of several hooks hears of everything, under an id of its own", () => withHook(async (receiver) => {
  const more = await Promise.all(["/a", "/b", "/c"].map((path) => hook(bob, "bob", receiver.url + path, "s")));
  await bob.memos.createMemo({ memo: { content: "to all" } });
  await bob.memos.createMemo({ memo: { content: "to all again" } });
  const calls = await receiver.until(8);
  assert.equal(new Set(calls.map(({ headers }) => headers["webhook-id"])).size, 8);
  assert.equal(new Set(calls.map(({ path, json }) => path + json.memo.content)).size, 8);
  for (const { name } of more) await bob.users.deleteUserWebhook({ name });
}));

test("what fails is sent again under the same id; what is refused is not", async () => {
  let failures = 1;
  await withHook(async (receiver) => {
    await bob.memos.createMemo({ memo: { content: "again" } });
    const [first, second] = await receiver.until(2);
    assert.equal(first.headers["webhook-id"], second.headers["webhook-id"]);
    assert.equal(first.text, second.text);
    // 410: heard, and not wanted.
    receiver.answer = (answer) => answer.writeHead(410).end();
    await bob.memos.createMemo({ memo: { content: "unwanted" } });
    await receiver.until(3);
    receiver.answer = fine;
    await bob.memos.createMemo({ memo: { content: "last" } });
    const calls = await receiver.until(4);
    assert.deepEqual(calls.map(({ json }) => json.memo.content), ["again", "again", "unwanted", "last"]);
  }, { answer: (answer) => (failures-- > 0 ? answer.writeHead(503).end() : fine(answer)) });
});

test("redirects are followed: 307 with the body, 302 without", () => withHook(async (receiver) => {
  const to = (status) => (answer, { path }) =>
    path.startsWith("/hook") ? answer.writeHead(status, { location: "/there" }).end() : fine(answer);
  for (const [status, method] of [[307, "POST"], [308, "POST"], [301, "GET"], [302, "GET"], [303, "GET"]]) {
    receiver.calls = [];
    receiver.answer = to(status);
    await bob.memos.createMemo({ memo: { content: `by ${status}` } });
    const [here, there] = await receiver.until(2);
    assert.deepEqual([here.method, there.method, there.path], ["POST", method, "/there"]);
    assert.equal(there.text, method === "POST" ? here.text : "");
  }
}));

test("answers that are no answers do no harm", () => withHook(async (receiver) => {
  const big = "x".repeat(4 << 20);
  const answers = [(a) => a.writeHead(200).end("ok"), (a) => a.writeHead(204).end(), (a) => a.writeHead(200).end('{"code":7}'),
    (a) => a.writeHead(200).end(big), (a) => a.writeHead(302, { location: "/hook" }).end(),
    (a) => a.writeHead(302, { location: "file:///etc/passwd" }).end()];
  for (const [i, answer] of answers.entries()) {
    receiver.answer = answer;
    await bob.memos.createMemo({ memo: { content: `odd ${i}` } });
    await receiver.until(1, ({ json }) => json?.memo.content === `odd ${i}`);
  }
  receiver.answer = fine;
  await bob.memos.createMemo({ memo: { content: "even" } });
  await receiver.until(1, ({ json }) => json?.memo.content === "even");
  for (const i of answers.keys())
    assert.equal(receiver.calls.filter(({ json }) => json?.memo.content === `odd ${i}`).length, 1);
}));

test("who never answers delays neither requests nor other people's hooks", () => withHook(async (receiver) => {
  const theirs = await Receiver.start();
  const made = await hook(carol, "carol", `${theirs.url}/carol`);
  await bob.memos.createMemo({ memo: { content: "into the void" } });
  await receiver.until(1);
  for (let i = 0; i < 5; i++) await carol.memos.createMemo({ memo: { content: `beside it ${i}` } });
  await theirs.until(5);
  assert.equal(receiver.calls.length, 1);
  await carol.users.deleteUserWebhook({ name: made.name });
  await theirs.stop();
}, { answer: () => {} }));

async function logged(which, words) {
  const deadline = Date.now() + 60_000;
  while (!which.output.includes(words)) {
    assert.ok(Date.now() < deadline, `no "${words}" in:\n${which.output}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

test("events outlive the server; a removed hook gets none", async () => {
  const own = await Server.start({ args: ["--allow-private-webhooks"] });
  const first = await Receiver.start();
  let again;
  try {
    const dora = clients(kind, own.url, await own.signUp("dora"));
    await hook(dora, "dora", `${first.url}/kept`, "s");
    const gone = await hook(dora, "dora", `${first.url}/gone`, "s");
    await first.stop();
    await dora.memos.createMemo({ memo: { content: "nobody is there" } });
    await logged(own, "could not be sent yet"); // what is under way when a server dies waits for longer
    await dora.users.deleteUserWebhook({ name: gone.name });
    await own.kill();
    again = await Receiver.start({ port: first.port });
    await own.launch();
    const [call] = await again.until(1);
    assert.equal(call.json.memo.content, "nobody is there");
    assert.ok(again.calls.every(({ path }) => path === "/kept"));
    // Without the permission nothing private is called, whatever is stored.
    own.options.args = [];
    await own.kill();
    await own.launch();
    const late = clients(kind, own.url, await own.signIn("dora", "secret-Pass1"));
    await assert.rejects(hook(late, "dora", `${first.url}/more`), /reserved or private IP address/);
    const before = again.calls.length;
    await late.memos.createMemo({ memo: { content: "must not arrive" } });
    await logged(own, "must not resolve to a reserved or private IP address");
    assert.equal(again.calls.length, before);
  } finally {
    await again?.stop();
    await own.stop();
  }
});
