// The Model Context Protocol at /mcp: with the client of its TypeScript SDK, and what goes wrong, by hand.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { Server } from "./lib/server.js";

console.warn = () => {}; // the schema validator of the SDK tells of each format that it does not know

let server, pat;
before(async () => {
  server = await Server.start();
  const token = await server.signUp("founder");
  const created = await server.rest("POST", "/api/v1/users/founder/personalAccessTokens", { token, body: { description: "mcp" } });
  pat = created.json.token;
});
after(() => server.stop());

async function connected(token) {
  const client = new Client({ name: "memora-tests", version: "1" });
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit: { headers } }));
  return client;
}

const accept = "application/json, text/event-stream";
function post(body, { headers = {}, method = "POST" } = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return server.rest(method, "/mcp", { body: method === "POST" ? text : undefined, headers: { accept, ...headers } });
}
const call = (name, args, options = {}) =>
  post({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args } },
    { ...options, headers: { authorization: `Bearer ${pat}`, ...options.headers } });
const failure = async (name, args, options) => {
  const { status, json } = await call(name, args, options);
  assert.equal(status, 200);
  assert.equal(json.result.isError, true, JSON.stringify(json));
  assert.equal(json.result.structuredContent, undefined);
  return json.result.content[0].text;
};

test("a client of the SDK finds the tools and keeps memos with them", async () => {
  const client = await connected(pat);
  assert.deepEqual(client.getServerVersion(), { name: "memos", version: "0.30.0" });
  const { tools } = await client.listTools(); // from here on it holds answers to the schemas that the list has
  assert.equal(tools.length, 20);
  assert.deepEqual(tools.map((tool) => tool.name), tools.map((tool) => tool.name).sort());
  const get = tools.find((tool) => tool.name === "memo_get_memo");
  assert.deepEqual(get._meta, { operationId: "MemoService_GetMemo", method: "GET", path: "/api/v1/memos/{memo}" });
  assert.equal(get.title, "Memo Get Memo");
  assert.deepEqual(get.annotations, { title: "Memo Get Memo", readOnlyHint: true, idempotentHint: true, destructiveHint: false, openWorldHint: false });
  assert.deepEqual(get.inputSchema.required, ["memo"]);
  assert.equal(get.inputSchema.additionalProperties, false);
  for (const tool of tools) assert.ok(tool.description.length > 15, tool.name);

  const use = async (name, args) => (await client.callTool({ name, arguments: args })).structuredContent;
  assert.equal((await use("auth_get_current_user", {})).user.username, "founder");
  const memo = await use("memo_create_memo", { memoId: "tea", body: { content: "Green #tea & <more>", visibility: "PUBLIC", location: { latitude: 1.5, longitude: 2 } } });
  assert.equal(memo.name, "memos/tea");
  const file = await use("attachment_create_attachment", { attachmentId: "leaf", body: { filename: "leaf.txt", type: "text/plain", content: Buffer.from("leaf").toString("base64") } });
  assert.equal(file.motionMedia, null); // of which the schema must know
  assert.equal(file.size, "4");
  await use("memo_create_memo", { memoId: "cup", body: { content: "A cup" } });
  await use("memo_set_memo_attachments", { memo: "tea", body: { attachments: [{ name: "attachments/leaf", filename: "leaf.txt", type: "text/plain" }] } });
  await use("memo_set_memo_relations", { memo: "tea", body: { relations: [{ memo: { name: "memos/tea" }, relatedMemo: { name: "memos/cup" }, type: "REFERENCE" }] } });
  await use("memo_create_memo_comment", { memo: "memos/tea", commentId: "sip", body: { content: "A sip" } });
  const reaction = await use("memo_upsert_memo_reaction", { memo: "tea", body: { reaction: { reactionType: "👍", contentId: "memos/tea" } } });
  const [full, answer] = [await use("memo_get_memo", { memo: "memos/tea" }), await client.callTool({ name: "memo_get_memo", arguments: { memo: "tea" } })];
  assert.deepEqual([full.attachments.length, full.relations.length > 0, full.reactions.length], [1, true, 1]);
  assert.equal(answer.content[0].text, JSON.stringify(sorted(full)));
  assert.deepEqual((await use("memo_update_memo", { memo: "tea", body: { content: "Cold tea", pinned: true }, updateMask: "pinned" })).content, memo.content);
  assert.equal((await use("memo_update_memo", { memo: "tea", body: { content: "Cold tea" } })).content, "Cold tea");
  assert.deepEqual((await use("memo_list_memos", { filter: 'content.contains("tea")', pageSize: 5 })).memos.map((one) => one.name), ["memos/tea"]);
  assert.equal((await use("memo_list_memo_comments", { memo: "tea" })).memos[0].name, "memos/sip");
  assert.equal((await use("memo_list_memo_attachments", { memo: "tea" })).attachments.length, 1);
  assert.ok((await use("memo_list_memo_relations", { memo: "tea" })).relations.length > 0);
  assert.equal((await use("memo_list_memo_reactions", { memo: "tea" })).reactions.length, 1);
  assert.equal((await use("attachment_list_attachments", {})).attachments.length, 1);
  assert.equal((await use("attachment_get_attachment", { attachment: "leaf" })).filename, "leaf.txt");
  assert.deepEqual((await use("shortcut_list_shortcuts", { user: "users/founder" })).shortcuts, []);
  assert.deepEqual(await use("memo_delete_memo_reaction", { memo: "tea", reaction: reaction.name }), {});
  assert.deepEqual(await use("attachment_delete_attachment", { attachment: "leaf" }), {});
  assert.deepEqual(await use("memo_delete_memo", { memo: "tea" }), {});
  assert.match((await client.callTool({ name: "memo_get_memo", arguments: { memo: "tea" } })).content[0].text, /^404 Not Found: memo not found$/);
  await client.ping();
  await client.setLoggingLevel("info");
  await client.close();
});

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

test("strangers get what strangers get", async () => {
  const client = await connected();
  const answer = await client.callTool({ name: "memo_list_memos", arguments: {} });
  assert.deepEqual([answer.isError, answer.content[0].text], [true, "401 Unauthorized: authentication required"]);
  await client.close();
  assert.equal(await failure("memo_list_memos", {}, { headers: { authorization: "", cookie: `memos_refresh=${pat}` } }),
    "401 Unauthorized: authentication required");
});

test("arguments are checked before anything is done", async () => {
  assert.equal(await failure("memo_create_memo", {}), 'missing required argument "body"');
  assert.equal(await failure("memo_create_memo", { body: {}, foo: 1 }), 'missing required argument "body.content"');
  assert.equal(await failure("memo_create_memo", { body: { content: null } }), 'missing required argument "body.content"');
  assert.equal(await failure("memo_upsert_memo_reaction", { memo: "x", body: { reaction: { contentId: "memos/x" } } }),
    'missing required argument "body.reaction.reactionType"');
  assert.equal(await failure("memo_create_memo", { body: { content: "x" }, foo: 1 }), 'unknown argument "foo"');
  assert.equal(await failure("memo_list_memos", { pageSize: "3" }), 'argument "pageSize" must be integer');
  assert.equal(await failure("memo_list_memos", { pageSize: 1.5 }), 'argument "pageSize" must be integer');
  assert.equal(await failure("memo_get_memo", { memo: 4 }), 'argument "memo" must be string');
  assert.equal(await failure("memo_delete_memo", { memo: "x", force: "yes" }), 'argument "force" must be boolean');
  assert.equal(await failure("memo_create_memo", { body: "x" }), 'argument "body" must be object');
  const schema = /^MCP tool arguments do not match input schema: /;
  assert.match(await failure("memo_create_memo", { body: { content: "x", visibility: "SECRET" } }), schema);
  assert.match(await failure("memo_list_memos", { state: "archived" }), schema);
  assert.match(await failure("memo_update_memo", { memo: "x", body: {} }), schema);
  assert.match(await failure("memo_set_memo_attachments", { memo: "x", body: { attachments: [{ type: "a" }] } }), schema);
  assert.match(await failure("memo_get_memo", ["x"]), schema);
  assert.match(await failure("memo_get_memo", { memo: "x\0y" }), schema);
  assert.match(await failure("memo_list_memos", { filter: "pinned\0" }), schema);
  // Unknown members of the body are the gateway's business; ids stay in their place.
  assert.match(await failure("memo_update_memo", { memo: "x", body: { foo: 1 } }), /^400 Bad Request: could not find field "foo"/);
  assert.equal(await failure("memo_get_memo", { memo: "../users/founder" }), "404 Not Found: Not Found");
  assert.equal(await failure("memo_delete_memo_reaction", { memo: "a", reaction: "memos/b/reactions/1" }), "404 Not Found: Not Found");
  const { json } = await call("memo_list_memos", { pageSize: null, filter: null });
  assert.equal(json.result.isError, undefined);
});

test("messages, batches and notifications", async () => {
  const ping = (id) => ({ jsonrpc: "2.0", id, method: "ping" });
  const begun = await post({ jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2024-11-05" } });
  assert.match(begun.headers.get("mcp-session-id"), /^[A-Z2-7]{26}$/);
  assert.equal(begun.headers.get("cache-control"), "no-cache, no-transform");
  assert.deepEqual(begun.json.result.capabilities, { logging: {}, tools: { listChanged: true } });
  assert.equal(begun.json.result.protocolVersion, "2024-11-05");
  const other = await post({ jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "1999-01-01" } });
  assert.equal(other.json.result.protocolVersion, "2025-11-25");
  assert.deepEqual((await post([ping("a")])).json, { jsonrpc: "2.0", id: "a", result: {} });
  assert.deepEqual((await post([ping(1), { jsonrpc: "2.0", method: "notifications/initialized" }, ping(2)])).json.map((one) => one.id), [1, 2]);
  for (const quiet of [{ jsonrpc: "2.0", method: "notifications/initialized" }, { jsonrpc: "2.0", id: 4, result: {} }]) {
    const answer = await post(quiet);
    assert.deepEqual([answer.status, answer.text], [202, ""]);
  }
  assert.deepEqual((await post({ jsonrpc: "2.0", id: 1, method: "resources/list" })).json.result, { resources: [] });
  assert.deepEqual((await post({ jsonrpc: "2.0", id: 1, method: "prompts/list" })).json.result, { prompts: [] });
  assert.deepEqual((await call("nope", {})).json.error, { code: -32602, message: 'unknown tool "nope"' });
});

test("what is no request for it is refused in words", async () => {
  const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
  const refused = async (status, text, body, options) => {
    const answer = await post(body, options);
    assert.deepEqual([answer.status, answer.text], [status, text && `${text}\n`]);
    return answer;
  };
  await refused(403, "", ping, { headers: { origin: "http://evil.example" } });
  await refused(403, "", ping, { headers: { origin: "null" } });
  assert.equal((await post(ping, { headers: { origin: server.url } })).status, 200);
  assert.equal((await refused(405, "Method Not Allowed", "", { method: "GET" })).headers.get("allow"), "POST");
  await refused(400, "Bad Request: DELETE requires an Mcp-Session-Id header", "", { method: "DELETE" });
  assert.equal((await post("", { method: "DELETE", headers: { "mcp-session-id": "x" } })).status, 204);
  const both = "Accept must contain both 'application/json' and 'text/event-stream'";
  await refused(400, both, ping, { headers: { accept: "application/json" } });
  await refused(400, both, ping, { headers: { accept: "text/*;q=1" } });
  assert.equal((await post(ping, { headers: { accept: "text/*;q=1, application/*" } })).status, 200);
  assert.equal((await post(ping, { headers: { accept: "*/*" } })).status, 200);
  await refused(415, "Content-Type must be 'application/json'", ping, { headers: { "content-type": "text/plain" } });
  await refused(400, "Bad Request: Unsupported protocol version (supported versions: 2025-11-25,2025-06-18,2025-03-26,2024-11-05)", ping,
    { headers: { "mcp-protocol-version": "2020-01-01" } });
  await refused(400, "POST requires a non-empty body", "");
  await refused(400, 'malformed payload: invalid message version tag ""; expected "2.0"', { id: 1, method: "ping" });
  await refused(400, 'malformed payload: invalid message version tag "1"; expected "2.0"', { jsonrpc: "1", id: 1, method: "ping" });
  await refused(400, "malformed payload: empty batch", []);
  await refused(400, "malformed payload: invalid id", { ...ping, id: {} });
  await refused(400, "malformed payload: invalid id", { ...ping, id: 1e20 }); // JSON has it as 100000000000000000000
  await refused(400, "malformed payload: too many messages in one batch", Array(101).fill(ping));
  await refused(400, 'JSON RPC not handled: "zzz" unsupported', [ping, { ...ping, method: "zzz" }]);
  await refused(400, 'invalid request: missing id for "ping"', { jsonrpc: "2.0", method: "ping" });
  for (const broken of ["{", "nonsense", '{"jsonrpc":"2.0"', "{}x", `{"jsonrpc":"2.0","id":1,"method":"ping","params":${"[".repeat(5000)}`])
    assert.match((await post(broken)).text, /^malformed payload: /);
});
