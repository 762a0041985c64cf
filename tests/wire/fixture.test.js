// The recorded answers of a v0.30 server, asked again of ours over a copy of the same database.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { expected, name as backend } from "./lib/backend.js";
import { differences } from "./lib/compare.js";
import { doneRight } from "./lib/done-right.js";
import { outOfScope } from "./lib/out-of-scope.js";
import { Server, fixture } from "./lib/server.js";

const read = (name) => JSON.parse(readFileSync(join(fixture, name), "utf8"));
const recorded = read(expected);
const tokens = {};
let server;

before(async () => {
  server = await Server.start({
    fixture: true,
    args: ["--instance-url", recorded.instanceUrl, "--allow-private-webhooks"],
  });
  for (const name of ["alice", "bob"]) tokens[name] = await server.signIn(name, recorded.password);
  for (const name of ["alice", "bob", "carol"]) tokens[`pat:${name}`] = recorded.secrets[`pat_${name}`];
});
after(() => server.stop());

const nameOf = (entry) => `${entry.as} ${entry.method} ${entry.path}`;

/** Fields that the fixture's README calls volatile. */
function volatile(entry) {
  return (path) => {
    if (entry.path.startsWith("/api/v1/instance/profile")) return path === "version" || path === "commit";
    if (/(^|\.)externalLink$/.test(path)) return entry.path.includes("att") && /green|attachments/.test(entry.path);
    return /(^|\.)(accessToken|accessTokenExpiresAt|lastUsedAt)$/.test(path);
  };
}

/** Relations of one memo have no order among themselves in the query of v0.30; PostgreSQL gave them as inserted. */
function withSortedTargets(body) {
  const key = (relation) => relation.relatedMemo.name;
  const sorted = (relations) =>
    relations.map((relation) => ({ relation, first: relations.findIndex((r) => r.memo.name === relation.memo.name) }))
      .sort((a, b) => a.first - b.first || (key(a.relation) < key(b.relation) ? -1 : 1))
      .map(({ relation }) => relation);
  return JSON.parse(JSON.stringify(body), (name, value) =>
    name === "relations" && Array.isArray(value) ? sorted(value) : value);
}

/** Lists without an order of their own are compared sorted. */
function ordered(entry, body) {
  if (backend === "postgres" && body !== undefined) return withSortedTargets(orderedLists(entry, body));
  return orderedLists(entry, body);
}

function orderedLists(entry, body) {
  if (entry.path.startsWith("/api/v1/users:stats") && body?.stats)
    return { ...body, stats: [...body.stats].sort((a, b) => (a.name < b.name ? -1 : 1)) };
  return body;
}

function compareBody(entry, answer) {
  if (/filter=/.test(entry.path) && entry.status >= 400)
    return entry.body.code === answer.json?.code ? [] : [`code: expected ${entry.body.code}, got ${answer.text}`];
  return differences(ordered(entry, entry.body), ordered(entry, answer.json), volatile(entry));
}

function withoutPubDate(text) {
  return text.replace(/<pubDate>[^<]*<\/pubDate>/, "");
}

/** As the recording tells the shape of volatile answers: member names below objects, "str" for texts. */
function shape(value) {
  const kind = (part) => (part !== null && typeof part === "object" ? Object.keys(part).sort() : typeof part === "string" ? "str" : typeof part);
  return Object.fromEntries(Object.entries(value || {}).map(([name, part]) => [name, kind(part)]));
}

// One file of the fixture has an absolute path; where that does not exist the answer is 404 (README of the fixture).
const absoluteFile = "/var/opt/memos/assets/blob.bin";
const isMissingFile = (entry) =>
  entry.path.startsWith("/file/attachments/att-local-bin/") && entry.status === 200 && !existsSync(absoluteFile);

function compare(entry, answer) {
  if (isMissingFile(entry)) return answer.status === 404 ? [] : [`status: expected 404, got ${answer.status}`];
  const found = [];
  if (answer.status !== entry.status) found.push(`status: expected ${entry.status}, got ${answer.status}`);
  if (entry.body !== undefined) found.push(...compareBody(entry, answer));
  if (entry.memoNames !== undefined) {
    const names = (answer.json?.memos || []).map((memo) => memo.name);
    found.push(...differences(entry.memoNames, names, undefined, "memoNames"));
    found.push(...differences(entry.nextPageToken, answer.json?.nextPageToken, undefined, "nextPageToken"));
  }
  if (entry.contentType !== undefined && answer.headers.get("content-type") !== entry.contentType)
    found.push(`content type: expected ${entry.contentType}, got ${answer.headers.get("content-type")}`);
  if (entry.sha256 !== undefined) {
    const digest = createHash("sha256").update(answer.bytes).digest("hex");
    if (digest !== entry.sha256) found.push(`bytes: ${answer.bytes.length} of another content`);
  }
  if (entry.text !== undefined && withoutPubDate(entry.text) !== withoutPubDate(answer.text))
    found.push(`text: got ${answer.text.slice(0, 300)}`);
  if (entry.keys !== undefined) found.push(...differences(entry.keys, shape(answer.json), undefined, "keys"));
  return found;
}

const usedExceptions = new Set();

/** The entry itself, or what another database answered where the recording is of a failure. */
function wanted(entry) {
  const item = doneRight.find((candidate) => candidate.backend === backend && candidate.matches(entry));
  if (!item) return entry;
  usedExceptions.add(item);
  return read(item.instead).responses.find((other) => nameOf(other) === nameOf(entry));
}

for (const entry of recorded.responses.map(wanted)) {
  const exception = outOfScope.find((item) => item.matches(entry));
  if (exception) {
    usedExceptions.add(exception);
    continue;
  }
  test(nameOf(entry), async () => {
    const answer = await server.rest(entry.method, entry.path, {
      body: entry.requestBody,
      token: tokens[entry.as],
      headers: { host: new URL(recorded.instanceUrl).host },
    });
    assert.deepEqual(compare(entry, answer), []);
  });
}

test("every exception of the list is still needed", () => {
  const all = [...outOfScope, ...doneRight.filter((item) => item.backend === backend)];
  const idle = all.filter((item) => !usedExceptions.has(item)).map((item) => item.why);
  assert.deepEqual(idle, []);
});

test("the recorded order of calls left the memos of the database as they were", async () => {
  const answer = await server.rest("GET", "/api/v1/memos?pageSize=1000", { token: tokens.alice });
  assert.equal(answer.status, 200);
  assert.ok(answer.json.memos.length > 30);
});
