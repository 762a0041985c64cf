// Files on their way to the server: progress that can be seen and heard, cancel, another try, and the bytes that arrive.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Browser, axe, screenshot, startServer } from "./lib/browser.js";

const method = "**/memos.api.v1.AttachmentService/CreateAttachment";
const bytes = randomBytes(6 * 1024 * 1024 + 11);
const dir = mkdtempSync(join(tmpdir(), "memora-uploads-"));
const path = join(dir, "large.bin");

let browser, server, page, token;
before(async () => {
  writeFileSync(path, bytes);
  browser = await Browser.start();
  server = await startServer();
  token = await server.signUp("founder");
  page = await browser.visitor(server);
  await page.goto("/");
  await page.getByLabel("Username").fill("founder");
  await page.getByLabel("Password", { exact: true }).fill("secret-Pass1");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("textbox", { name: "New memo" }).waitFor();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const choose = () => page.locator('input[type="file"]').first().setInputFiles(path);
const files = () => page.getByRole("list", { name: "Files" }).getByRole("listitem");
const stored = async () => (await server.rest("GET", "/api/v1/attachments", { token })).json.attachments;

test("a slow upload shows how far it is, and ends when it is cancelled", async () => {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions",
    { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 256 * 1024 });
  await choose();
  const bar = page.getByRole("progressbar", { name: "Uploading large.bin" });
  await bar.waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll("progress")].some((one) => one.value > 0 && one.value < 1));
  assert.deepEqual(await axe(page), []);
  await screenshot(page, "1440-light-upload");
  await page.getByRole("button", { name: "Cancel upload of large.bin" }).click();
  await bar.waitFor({ state: "detached" });
  assert.equal(await files().count(), 0);
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  assert.deepEqual(await stored(), []);
});

test("an upload that fails says why and can be tried again; the memo has the file, byte for byte", async () => {
  await page.route(method, (route) => route.abort("connectionreset"));
  await choose();
  await files().getByText("The server can’t be reached.").waitFor();
  await page.unroute(method);
  page.problems.length = 0; // the browser rightly complained of the connection
  await files().getByRole("button", { name: "Try again" }).click();
  await files().getByRole("progressbar").waitFor({ state: "detached" });
  await page.getByRole("textbox", { name: "New memo" }).fill("with a large file");
  await page.getByRole("button", { name: "Save" }).first().click();
  await page.getByRole("article").filter({ hasText: "with a large file" }).getByText("large.bin").first().waitFor();
  const [attachment, ...others] = await stored();
  assert.deepEqual(others, []);
  assert.deepEqual([attachment.filename, attachment.size], ["large.bin", String(bytes.length)]);
  const file = await server.rest("GET", `/file/${attachment.name}/large.bin`, { token });
  const sha256 = (data) => createHash("sha256").update(data).digest("hex");
  assert.equal(sha256(file.bytes), sha256(bytes));
  assert.deepEqual(page.problems, []);
});
