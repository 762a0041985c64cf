// The settings, section by section, in a real browser: each is whole at both widths, and its lists can be worked with.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Browser, axe, overflows, screenshot, startServer } from "./lib/browser.js";

const sections = ["my-account", "preference", "access-token", "webhook", "tags", "member", "system", "memo", "storage",
  "notification", "sso", "ai", "resource-stats"];

let browser, server, page;
before(async () => {
  browser = await Browser.start();
  server = await startServer();
  page = await browser.visitor(server);
  await page.goto("/");
  await page.getByLabel("Username").fill("founder");
  await page.getByLabel("Password", { exact: true }).fill("secret-Pass1");
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByRole("textbox", { name: "New memo" }).waitFor();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
});

const main = () => page.getByRole("main");
const item = (text) => main().getByRole("listitem").filter({ hasText: text });
const dialog = () => page.getByRole("dialog");
const press = (where, name) => where.getByRole("button", { name, exact: true }).click();

async function open(section) {
  await page.goto(`/setting#${section}`);
  await main().getByRole("heading", { level: 2 }).first().waitFor();
}
async function confirmDeletion(text) {
  await press(page.getByRole("alertdialog"), "Delete");
  await item(text).waitFor({ state: "detached" });
}

test("members: made, renamed, archived, deleted", async () => {
  await open("member");
  await item("founder").waitFor();
  await press(main(), "Create");
  await press(dialog(), "Create");
  await dialog().getByRole("textbox", { name: "Username", exact: true, description: /./ }).waitFor(); // says what is wrong
  await dialog().getByLabel("Username").fill("guest");
  await dialog().getByLabel("Password", { exact: true }).fill("secret-Pass2");
  await press(dialog(), "Create");
  await item("@guest").waitFor();

  const menu = async (entry) => {
    await item("@guest").getByRole("button", { name: /More about/ }).click();
    await page.getByRole("menuitem", { name: entry, exact: true }).click();
  };
  await menu("Edit");
  await dialog().getByLabel("Role").selectOption({ label: "Administrator" });
  await press(dialog(), "Save");
  await item("@guest").filter({ hasText: "Administrator" }).waitFor();
  await menu("Archive");
  await item("@guest").filter({ hasText: "Archived" }).waitFor();
  await menu("Delete");
  await confirmDeletion("@guest");
  await item("founder").waitFor();
});

test("webhooks: made, changed, deleted", async () => {
  await open("webhook");
  await main().getByText("No webhooks yet.").waitFor();
  await press(main(), "Create");
  await dialog().getByLabel("Title").fill("Bell");
  await dialog().getByLabel("Payload URL").fill("https://192.168.0.1/hook");
  await press(dialog(), "Create");
  await dialog().getByRole("textbox", { name: "Payload URL", description: /./ }).waitFor(); // a private address
  await dialog().getByLabel("Payload URL").fill("https://8.8.8.8/bell");
  await press(dialog(), "Create");
  await item("Bell").waitFor();
  await press(item("Bell"), "Edit");
  await dialog().getByLabel("Title").fill("Gong");
  await press(dialog(), "Save");
  await press(item("Gong"), "Delete");
  await confirmDeletion("Gong");
  await main().getByText("No webhooks yet.").waitFor();
});

test("access tokens: made, shown once, deleted", async () => {
  await open("access-token");
  await press(main(), "Create");
  await dialog().getByLabel("Description").fill("A script");
  await press(dialog(), "Create");
  const token = await dialog().getByRole("textbox", { name: "Token" }).inputValue();
  assert.match(token, /^memos_pat_\w{32}$/);
  await dialog().getByRole("button", { name: "Close" }).last().click();
  const me = () => fetch(`${server.url}/api/v1/auth/me`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await me()).status, 200);
  await press(item("A script"), "Delete");
  await confirmDeletion("A script");
  assert.equal((await me()).status, 401);
  await main().getByText("No tokens yet.").waitFor();
});

test("providers: made and deleted", async () => {
  await open("sso");
  await press(main(), "Create");
  await dialog().getByLabel("Template").selectOption("GitHub");
  await dialog().getByLabel("ID", { exact: true }).fill("hub");
  await dialog().getByLabel("Client ID").fill("client");
  await dialog().getByLabel("Client secret").fill("hush");
  await press(dialog(), "Save");
  await item("GitHub").waitFor();
  await press(item("GitHub"), "Delete");
  await confirmDeletion("GitHub");
});

for (const [width, dark, shown] of [[360, false, sections], [1440, true, ["my-account", "member", "storage", "sso"]]])
  test(`${shown.length} sections at ${width}`, async () => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
    for (const section of shown) {
      await open(section);
      await page.quiet();
      await screenshot(page, `${width}-${dark ? "dark" : "light"}-setting-${section}`);
      assert.equal(await overflows(page), false, `${section} is wider than ${width} px`);
      assert.deepEqual(await axe(page), [], section);
    }
  });

test("nothing went wrong meanwhile", () => {
  const refusals = /Failed to load resource.*400/; // the private address
  assert.deepEqual(page.problems.filter((text) => !refusals.test(text)), []);
});
