// What one browser changes appears in others without a reload, and only where it may be seen.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { PATIENCE_MS, until } from "../lib/wait.mjs";
import { Browser, axe, startServer } from "./lib/browser.js";

const stream = "/api/v1/sse";
const dir = mkdtempSync(join(tmpdir(), "memora-live-"));
let browser, server, desk, phone, other, founder;

before(async () => {
  browser = await Browser.start();
  server = await startServer({ dir });
  await server.signUp("founder");
  await server.signUp("other");
  founder = await server.signIn("founder", "secret-Pass1");
  desk = await member("founder", "/");
  phone = await member("founder", "/", { width: 360, height: 740 });
  other = await member("other", "/explore");
});
after(async () => {
  await browser?.stop();
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

// Twice as long as for anything else: a page that was refused rests for up to half a minute.
const listening = (page) =>
  page.waitForResponse((answer) => answer.url().endsWith(stream) && answer.status() === 200, { timeout: 2 * PATIENCE_MS });

/** A signed-in visitor at `path` whose event stream is open. calls() tells what it has asked for since the last time. */
async function member(username, path, size) {
  const page = await browser.visitor(server, size);
  await page.goto("/auth");
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill("secret-Pass1");
  const open = listening(page);
  await page.getByRole("button", { name: "Sign in" }).click();
  await open;
  if (path !== "/") {
    const again = listening(page);
    await page.goto(path);
    await again;
  }
  await page.getByRole("main").waitFor();
  await page.quiet();
  const asked = [];
  page.on("request", (request) => asked.push(request.url().split("/").at(-1)));
  page.calls = () => asked.splice(0);
  return page;
}

const card = (page, text) => page.getByRole("article").filter({ hasText: text });
const pill = (page) => page.getByRole("button", { name: /new memo/ });
const memoCalls = (page) => page.calls().filter((name) => /Memo|Comment/.test(name));

async function write(page, text) {
  await page.getByRole("textbox", { name: "New memo" }).fill(text);
  await page.getByRole("button", { name: "Save" }).first().click();
  await card(page, text).waitFor();
}

/** Writes past the pages, as another program would. */
async function create(content, visibility, token = founder) {
  const { status, json, text } = await server.rest("POST", "/api/v1/memos", { token, body: { content, visibility } });
  assert.equal(status, 200, text);
  return json.name;
}

async function change(name, fields, token = founder) {
  const mask = Object.keys(fields).join(",");
  const answer = await server.rest("PATCH", `/api/v1/${name}?updateMask=${mask}`, { token, body: { name, ...fields } });
  assert.equal(answer.status, 200, answer.text);
}

function noProblems() {
  for (const page of [desk, phone, other]) assert.deepEqual(page.problems, []);
}

test("a memo made in one browser appears in the user's other one, once, and nowhere else", async () => {
  for (const page of [desk, phone, other]) page.calls();
  await write(desk, "Made at the desk");
  await card(phone, "Made at the desk").waitFor();
  await Promise.all([desk.quiet(), phone.quiet(), other.quiet()]);
  assert.equal(await card(desk, "Made at the desk").count(), 1);
  assert.equal(await card(phone, "Made at the desk").count(), 1);
  assert.deepEqual(memoCalls(phone), ["GetMemo"]);
  assert.deepEqual(memoCalls(desk), ["CreateMemo"], "its own change is no news to it");
  assert.deepEqual(other.calls(), [], "a private memo is not even heard of");
  noProblems();
});

test("edits, pins, reactions and deletions follow in place", async () => {
  const name = await create("Draft of a plan", "PRIVATE");
  await Promise.all([desk, phone].map((page) => card(page, "Draft of a plan").waitFor()));
  await change(name, { content: "Final plan #plan" });
  await Promise.all([desk, phone].map((page) => card(page, "Final plan").waitFor()));
  assert.equal(await card(desk, "Draft of a plan").count(), 0);

  await write(desk, "Something above it");
  await card(phone, "Something above it").waitFor();
  await card(phone, "Final plan").getByRole("button", { name: /More|Menu/i }).first().click();
  await phone.getByRole("menuitem", { name: "Pin", exact: true }).click();
  await desk.waitForFunction(() => document.querySelector("article")?.textContent.includes("Final plan"));

  const reaction = { name, reaction: { contentId: name, reactionType: "👍" } };
  assert.equal((await server.rest("POST", `/api/v1/${name}/reactions`, { token: founder, body: reaction })).status, 200);
  await Promise.all([desk, phone].map((page) => card(page, "Final plan").getByRole("button", { name: "👍 1" }).waitFor()));

  assert.equal((await server.rest("DELETE", `/api/v1/${name}`, { token: founder })).status, 200);
  await Promise.all([desk, phone].map((page) => card(page, "Final plan").waitFor({ state: "detached" })));
  noProblems();
});

test("what others write is offered and doesn't move what is being read", async () => {
  await create("For everybody", "PUBLIC");
  await create("For myself", "PRIVATE");
  await create("For members", "PROTECTED");
  await pill(other).filter({ hasText: "2 new memos" }).waitFor();
  assert.equal(await other.getByRole("article").count(), 0);
  assert.deepEqual(await axe(other), []);
  await pill(other).click();
  await card(other, "For everybody").waitFor();
  await card(other, "For members").waitFor();
  assert.equal(await other.getByRole("article").count(), 2);
  assert.equal(await pill(other).count(), 0);
  assert.equal(await pill(desk).count(), 0, "one's own memos need no announcement");
  noProblems();
});

test("a memo made private or restored, and a comment, reach whom they concern", async () => {
  const name = await create("Talk about this", "PUBLIC");
  await pill(other).click();
  await card(other, "Talk about this").getByRole("link").filter({ has: other.locator("time") }).click();
  await other.getByRole("heading", { name: "Comments" }).waitFor();
  const said = { name, comment: { content: "I have thoughts", visibility: "PUBLIC" } };
  assert.equal((await server.rest("POST", `/api/v1/${name}/comments`, { token: founder, body: said.comment })).status, 200);
  await card(other, "I have thoughts").waitFor();
  await card(desk, "Talk about this").getByRole("link", { name: /1 comment|One comment/i }).waitFor();

  await change(name, { state: "ARCHIVED" });
  await card(desk, "Talk about this").waitFor({ state: "detached" });
  await change(name, { state: "NORMAL" });
  await card(desk, "Talk about this").waitFor();
  assert.equal(await card(desk, "Talk about this").count(), 1);

  assert.equal((await server.rest("DELETE", `/api/v1/${name}`, { token: founder })).status, 200);
  await card(other, "Talk about this").waitFor({ state: "detached" });
  noProblems();
});

test("the tabs of one browser share a stream", async () => {
  const tab = await desk.context().newPage();
  let streams = 0;
  tab.on("request", (request) => (streams += request.url().endsWith(stream) ? 1 : 0));
  await tab.goto("/");
  await card(tab, "Made at the desk").waitFor();
  await create("Heard in both tabs", "PRIVATE");
  await Promise.all([tab, desk].map((page) => card(page, "Heard in both tabs").waitFor()));
  assert.equal(streams, 0);
  // The one that listens goes; the other takes over.
  const takesOver = listening(tab);
  await desk.goto("about:blank");
  await takesOver;
  await create("Still heard", "PRIVATE");
  await card(tab, "Still heard").waitFor();
  await tab.close();
  const back = listening(desk);
  await desk.goto("/");
  await back;
  await card(desk, "Still heard").waitFor();
  noProblems();
});

test("after the server was away, nothing is missing", async () => {
  const open = [desk, phone, other].map(listening);
  await server.stop();
  server = await startServer({ dir, port: server.port });
  const name = await create("Made before they were back", "PRIVATE");
  await Promise.all(open);
  await Promise.all([desk, phone].map((page) => card(page, "Made before they were back").waitFor()));
  await change(name, { content: "And changed after" });
  await Promise.all([desk, phone].map((page) => card(page, "And changed after").waitFor()));
  for (const page of [desk, phone, other]) page.problems.length = 0; // they rightly complained while the server was away
});

test("signing out ends the stream", async () => {
  await desk.getByRole("button", { name: /account|user menu/i }).first().click();
  // Whoever is first: the page breaks it off, the server ends it.
  let closed = false;
  for (const event of ["requestfailed", "requestfinished"])
    desk.on(event, (request) => (closed ||= request.url().endsWith(stream)));
  await desk.getByRole("menuitem", { name: "Sign out" }).click();
  await until("the stream is closed", () => closed);
  await desk.getByRole("button", { name: "Sign in" }).waitFor();
  desk.calls();
  await desk.waitForTimeout(1500);
  assert.ok(!desk.calls().includes("sse"));
  noProblems();
});
