// The way of a person from the first start to signing out, in a real browser.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Browser, answered, axe, overflows, screenshot, startServer } from "./lib/browser.js";

// A 2x2 picture, so that "is it shown" has an answer.
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGP8z8DAwMDAxMDAwAAADRgBAwXzPkMAAAAASUVORK5CYII=", "base64");

let browser, server, page;
const dir = mkdtempSync(join(tmpdir(), "memora-page-"));
before(async () => {
  browser = await Browser.start();
  server = await startServer({ dir });
  page = await browser.visitor(server);
});
after(async () => {
  await browser?.stop();
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const card = (text) => page.getByRole("article").filter({ hasText: text });
const composerOf = (where) => where.getByRole("textbox", { name: "New memo" });
const composer = () => composerOf(page);
async function write(text) {
  await composer().fill(text);
  await page.getByRole("button", { name: "Save" }).first().click();
  await card(text.split("\n")[0].replace(/^#+ /, "")).first().waitFor();
}
async function menu(text, entry) {
  await card(text).getByRole("button", { name: /More|Menu/i }).first().click();
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}
const noProblems = () => assert.deepEqual(page.problems, []);

test("the first visitor sets the instance up and is signed in", async () => {
  await page.goto("/");
  await page.getByLabel("Username").fill("founder");
  await page.getByLabel("Password", { exact: true }).fill("secret-Pass1");
  await screenshot(page, "1440-light-setup");
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Sign up" }).click();
  await composer().waitFor();
  noProblems();
});

test("a memo with a picture is written, shown, and there after a reload", async () => {
  await composer().fill("# First memo\n\nHello **world** with a picture #welcome/first");
  await page.locator('input[type="file"]').first().setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: picture });
  await page.getByRole("button", { name: "Save" }).first().click();
  const memo = card("First memo");
  await memo.locator("img").first().waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll("article img")].some((img) => img.naturalWidth === 2));
  assert.equal(await memo.locator("strong").textContent(), "world");
  await page.reload();
  await card("First memo").waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll("article img")].some((img) => img.naturalWidth === 2));
  await screenshot(page, "1440-light-home");
  noProblems();
});

test("it is found again after the server was started anew", async () => {
  const port = server.port;
  await server.stop();
  server = await startServer({ dir, port });
  await page.goto("/");
  await card("First memo").waitFor();
  page.problems.length = 0; // the page rightly complained while the server was away
});

test("Markdown is drawn and harmless", async () => {
  await write([
    "Everything at once #style", "", "## Second level", "", "- [ ] open task", "- [x] done task", "", "1. one", "2. two", "",
    "| a | b |", "|---|---|", "| 1 | 2 |", "", "> quote with `code`", "", "```js", "const x = 1;", "```", "",
    "[link](https://example.com) ~~gone~~ <script>window.hurt = 1</script> <img src=x onerror=\"window.hurt = 2\">",
    "[bad](javascript:window.hurt=3)",
  ].join("\n"));
  const memo = card("Everything at once");
  assert.equal(await memo.getByRole("checkbox").count(), 2);
  assert.equal(await memo.locator("table td").count(), 2);
  assert.equal(await memo.locator("blockquote code").textContent(), "code");
  assert.match(await memo.locator("pre").first().textContent(), /const x = 1;/);
  const link = memo.getByRole("link", { name: "link", exact: true });
  assert.match(await link.getAttribute("rel"), /noreferrer|noopener/);
  assert.equal(await memo.locator('a[href^="javascript"]').count(), 0);
  assert.equal(await page.evaluate(() => window.hurt), undefined);
  const saved = answered(page, "UpdateMemo");
  await memo.getByRole("checkbox").first().click();
  await page.waitForFunction(() => [...document.querySelectorAll("article input[type=checkbox], article [role=checkbox]")]
    .filter((box) => box.checked || box.getAttribute("aria-checked") === "true").length === 2);
  await saved;
  await page.reload();
  await card("Everything at once").waitFor();
  assert.equal(await card("Everything at once").getByRole("checkbox", { checked: true }).count(), 2);
});

test("a link that stands alone shows what its page says, and its picture only when asked to", async () => {
  const asked = [];
  const text = (number, value) => Buffer.concat([Buffer.from([number * 8 + 2, Buffer.byteLength(value)]), Buffer.from(value)]);
  await page.route("**/*.MemoService/GetLinkMetadata", (route) => {
    const url = route.request().postDataBuffer().subarray(2).toString();
    asked.push(url);
    const fails = { status: 400, contentType: "application/json", body: '{"code":"invalid_argument","message":"no"}' };
    const body = Buffer.concat([text(1, url), text(2, "A page <b>worth</b> reading"), text(3, "What it is about"), text(4, "/i.png")]);
    return route.fulfill(url.includes("broken") ? fails : { contentType: "application/proto", body });
  });
  await write("See this\n\nhttps://page.test/read?a=1\n\nhttps://broken.test/\n\nhttps://broken.test/\n\nand https://page.test/in-text\n\n[named](https://page.test/named)");
  const memo = card("See this");
  const preview = memo.getByRole("link", { name: /page\.test.*A page <b>worth<\/b> reading.*What it is about/ });
  await preview.waitFor();
  assert.equal(await preview.getAttribute("href"), "https://page.test/read?a=1");
  assert.match(await preview.getAttribute("rel"), /noopener/);
  await memo.getByRole("link", { name: "https://broken.test/" }).nth(1).waitFor();
  assert.equal(await memo.getByRole("button", { name: "Show pictures from page.test" }).count(), 1);
  assert.equal(await memo.locator("img").count(), 0);
  assert.deepEqual(await axe(page), []);
  await screenshot(page, "1440-light-preview");
  await page.quiet();
  assert.deepEqual(asked.sort(), ["https://broken.test/", "https://page.test/read?a=1"]);
  const choose = async (name) => {
    await page.getByRole("button", { name: "View", exact: true }).first().click();
    await page.getByRole("menuitemradio", { name }).click();
  };
  await choose("As they are");
  await memo.getByRole("link", { name: "https://page.test/read?a=1" }).waitFor();
  await choose("With a preview");
  await preview.waitFor();
  assert.equal(asked.length, 2);
  await page.unroute("**/*.MemoService/GetLinkMetadata");
  assert.deepEqual(page.problems.splice(0).filter((problem) => !/400.*GetLinkMetadata/.test(problem)), []);
  const token = await server.signIn("founder", "secret-Pass1");
  const { json } = await server.rest("GET", `/api/v1/memos?filter=${encodeURIComponent('content.contains("See this")')}`, { token });
  assert.equal((await server.rest("DELETE", `/api/v1/${json.memos[0].name}`, { token })).status, 200);
  await memo.waitFor({ state: "detached" });
});

test("commands and names are completed from the keyboard", async () => {
  await composer().click();
  await page.keyboard.type("/task");
  await page.getByRole("option", { name: "Task list" }).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.type("ask @fou");
  await page.getByRole("option", { name: "founder" }).waitFor();
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("Tab");
  await page.keyboard.type("first");
  assert.equal(await composer().inputValue(), "- [ ] ask @founder first");
  await page.keyboard.press("Control+Enter");
  await card("first").getByRole("checkbox").first().waitFor();
  noProblems();
});

test("edit, pin, archive, restore and delete", async () => {
  await write("Fleeting thought #temp");
  await menu("Fleeting thought", "Edit");
  const editor = page.getByRole("main").getByRole("textbox").filter({ hasText: /Fleeting/ }).or(
    page.locator("textarea").filter({ hasText: /Fleeting/ })).first();
  await editor.fill("Lasting thought #kept");
  await page.getByRole("button", { name: "Save" }).last().click();
  await card("Lasting thought").waitFor();
  await write("Something newer");
  let saved = answered(page, "UpdateMemo");
  await menu("Lasting thought", "Pin");
  await page.waitForFunction(() => document.querySelector("article")?.textContent.includes("Lasting thought"));
  await saved;
  saved = answered(page, "UpdateMemo");
  await menu("Something newer", "Archive");
  await card("Something newer").waitFor({ state: "detached" });
  await saved;
  await page.goto("/archived");
  await card("Something newer").waitFor();
  saved = answered(page, "UpdateMemo");
  await menu("Something newer", "Restore");
  await card("Something newer").waitFor({ state: "detached" });
  await saved;
  await page.goto("/");
  await card("Something newer").waitFor();
  const deleted = answered(page, "DeleteMemo"); // when it cannot be undone any more
  await menu("Something newer", "Delete");
  await card("Something newer").waitFor({ state: "detached" });
  await deleted;
  await page.reload();
  await card("Lasting thought").waitFor();
  assert.equal(await card("Something newer").count(), 0);
});

test("visibility, tags and search", async () => {
  await composer().fill("Shown to all #public-tag");
  await page.getByRole("button", { name: /Private/ }).first().click();
  await page.getByRole("menuitem", { name: /Public/ }).or(page.getByRole("menuitemradio", { name: /Public/ }))
    .or(page.getByRole("option", { name: /Public/ })).first().click();
  await page.getByRole("button", { name: "Save" }).first().click();
  const confirm = page.getByRole("alertdialog");
  await card("Shown to all").or(confirm).first().waitFor();
  if (await confirm.count()) await confirm.getByRole("button").last().click();
  await card("Shown to all").waitFor();

  const side = page.getByRole("complementary").or(page.getByRole("navigation"));
  await side.getByText("public-tag").first().click();
  await page.waitForFunction(() => document.querySelectorAll("article").length === 1);
  await page.goto("/");
  const search = page.getByRole("combobox", { name: "Search memos" });
  await search.fill("lasting");
  await search.press("Enter");
  await page.waitForFunction(() => {
    const cards = document.querySelectorAll("article");
    return cards.length === 1 && cards[0].textContent.includes("Lasting thought");
  });
  await search.fill('a"b \\ odd');
  await search.press("Enter");
  await page.waitForFunction(() => document.querySelectorAll("article").length === 0);
  noProblems();
});

test("a page opened anew begins at its top, and a broken anchor does no harm", async () => {
  const open = await startServer({ args: ["--instance-url", "http://localhost:1"] });
  try {
    await open.rest("POST", "/api/v1/users", { body: { username: "ann", password: "secret-Pass1" } });
    const token = await open.signIn("ann", "secret-Pass1");
    for (let n = 0; n < 12; n += 1) {
      await open.rest("POST", "/api/v1/memos", { token, body: { content: `Memo ${n}\n\ntext`, visibility: "PUBLIC" } });
    }
    const guest = await browser.visitor(open);
    await guest.goto("/explore");
    await guest.getByRole("article").nth(11).waitFor();
    await guest.evaluate(() => window.scrollTo(0, 300));
    await guest.waitForFunction(() => window.scrollY === 300);
    await guest.quiet();
    await guest.goto("/u/ann#100%");
    await guest.getByRole("article").nth(11).waitFor();
    await guest.quiet();
    assert.equal(await guest.evaluate(() => window.scrollY), 0);
    await guest.goBack();
    await guest.getByRole("article").nth(11).waitFor();
    await guest.waitForFunction(() => window.scrollY === 300);
    assert.deepEqual(guest.problems, []);
    await guest.context().close();
  } finally {
    await open.stop();
  }
});

test("a member who takes another username goes on under it", async () => {
  const open = await startServer();
  try {
    await open.rest("POST", "/api/v1/users", { body: { username: "ann", password: "secret-Pass1" } });
    const member = await browser.visitor(open);
    await member.goto("/auth");
    await member.getByLabel("Username").fill("ann");
    await member.getByLabel("Password", { exact: true }).fill("secret-Pass1");
    await member.getByRole("button", { name: "Sign in" }).click();
    await composerOf(member).waitFor();
    await composerOf(member).fill("Written as Ann");
    await composerOf(member).press("Control+Enter");
    await member.getByRole("article").filter({ hasText: "Written as Ann" }).waitFor();
    await member.goto("/setting");
    await member.getByLabel("Username").fill("anna");
    await member.getByRole("button", { name: "Save" }).first().click();
    await member.getByText("Saved").first().waitFor();
    await member.quiet();
    assert.equal(await member.getByLabel("Username").inputValue(), "anna");
    await member.getByRole("link", { name: "Home" }).first().click();
    await member.getByRole("article").filter({ hasText: "Written as Ann" }).waitFor();
    await member.getByText("@anna").waitFor();
    await composerOf(member).fill("Written as Anna");
    await composerOf(member).press("Control+Enter");
    await member.getByRole("article").filter({ hasText: "Written as Anna" }).waitFor();
    assert.deepEqual(member.problems, []);
    await member.context().close();
  } finally {
    await open.stop();
  }
});

test("another visitor sees nothing of a private instance", async () => {
  const other = await browser.visitor(server);
  await other.goto("/explore");
  await other.getByRole("button", { name: "Sign in" }).waitFor();
  assert.equal(await other.getByRole("article").count(), 0);
  assert.deepEqual(other.problems, []);
  await screenshot(other, "1440-light-sign-in");
  await other.getByLabel("Username").fill("founder");
  await other.getByLabel("Password", { exact: true }).fill("wrong");
  await other.getByRole("button", { name: "Sign in" }).click();
  await other.getByText(/unmatched|wrong|incorrect|don.t match/i).first().waitFor();
  await other.context().close();
});

test("a guest's page brings the public memos along, and a member's list is another", async () => {
  const open = await startServer({ args: ["--instance-url", "http://localhost:1"] });
  try {
    const asked = [];
    await open.rest("POST", "/api/v1/users", { body: { username: "ann", password: "secret-Pass1", displayName: "Ann Archer" } });
    const token = await open.signIn("ann", "secret-Pass1");
    await open.rest("POST", "/api/v1/memos", { token, body: { content: "For **everybody**", visibility: "PUBLIC" } });
    await open.rest("POST", "/api/v1/memos", { token, body: { content: "For members", visibility: "PROTECTED" } });
    const guest = await browser.visitor(open);
    guest.on("request", (request) => asked.push(request.url()));
    await guest.goto("/explore");
    await guest.getByRole("article").filter({ hasText: "everybody" }).locator("strong").waitFor();
    await guest.getByRole("link", { name: "Ann Archer" }).waitFor();
    await guest.quiet();
    assert.equal(await guest.getByRole("article").count(), 1);
    assert.deepEqual(asked.filter((url) => /ListMemos|BatchGetUsers|GetInstanceProfile/.test(url)), []);
    await guest.getByRole("link", { name: "Sign in" }).first().click();
    await guest.getByLabel("Username").fill("ann");
    await guest.getByLabel("Password", { exact: true }).fill("secret-Pass1");
    await guest.getByRole("button", { name: "Sign in" }).click();
    await composerOf(guest).waitFor();
    await guest.getByRole("link", { name: "Explore" }).first().click();
    await guest.getByRole("article").filter({ hasText: "For members" }).waitFor();
    assert.deepEqual(guest.problems, []);
    await guest.context().close();
  } finally {
    await open.stop();
  }
});

test("the page's security headers hold", async () => {
  const answer = await server.rest("GET", "/");
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'self'|default-src 'none'/);
  assert.ok(!/script-src[^;]*('unsafe-inline'|'unsafe-eval'|\*)/.test(policy), policy);
  assert.match(policy, /frame-ancestors 'none'|frame-ancestors 'self'/);
  const asset = answer.text.match(/\/assets\/[\w.-]+\.js/)[0];
  for (const encoding of ["br", "gzip"]) {
    const script = await fetch(server.url + asset, { headers: { "accept-encoding": encoding } });
    assert.equal(script.headers.get("content-encoding"), encoding);
    assert.match(script.headers.get("cache-control"), /immutable/);
    assert.match(await script.text(), /\w/);
  }
});

for (const width of [360, 1440])
  for (const dark of [false, true]) {
    const name = `${width}-${dark ? "dark" : "light"}`;
    test(`every page at ${name}`, async () => {
      const visitor = await browser.visitor(server, { width, height: width === 360 ? 740 : 900, dark });
      await visitor.goto("/auth");
      await visitor.getByLabel("Username").fill("founder");
      await visitor.getByLabel("Password", { exact: true }).fill("secret-Pass1");
      await visitor.getByRole("button", { name: "Sign in" }).click();
      await visitor.getByRole("article").first().waitFor();
      for (const [path, label] of [["/", "home"], ["/explore", "explore"], ["/archived", "archived"],
        ["/attachments", "attachments"], ["/inbox", "inbox"], ["/shortcuts", "shortcuts"], ["/u/founder", "profile"],
        ["/setting", "settings"], ["/about", "about"], ["/404", "404"]]) {
        await visitor.goto(path);
        await visitor.getByRole("main").waitFor();
        await visitor.quiet();
        await screenshot(visitor, `${name}-${label}`);
        assert.equal(await overflows(visitor), false, `${path} is wider than ${width} px`);
        assert.deepEqual(await axe(visitor), [], path);
      }
      assert.deepEqual(visitor.problems, []);
      await visitor.context().close();
    });
  }

test("signing out leaves nothing behind", async () => {
  await page.goto("/");
  await card("Lasting thought").waitFor();
  await page.getByRole("button", { name: /account|user menu/i }).first().click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.goto("/");
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.equal(await page.getByRole("article").count(), 0);
  const cookies = await page.context().cookies();
  assert.deepEqual(cookies.filter((cookie) => cookie.value), []);
});
