// Signing in through another service, and linking accounts of it, in a real browser with a provider that asks who one is.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { Provider } from "../lib/oauth.mjs";
import { Browser, axe, overflows, screenshot, startServer } from "./lib/browser.js";

const general = (generalSetting) => ({ token, body: { name: "instance/settings/GENERAL", generalSetting } });
let browser, server, provider, token, visitors = [];
before(async () => {
  browser = await Browser.start();
  provider = await Provider.start({ people: { mia: { sub: "mia", name: "Mia M." }, twin: { sub: "founder-elsewhere" }, numbered: { sub: 7 } } });
  server = await startServer({ args: ["--instance-url", "http://localhost:5230"] });
  token = await server.signUp("founder");
  const made = await server.rest("POST", "/api/v1/identity-providers?identityProviderId=test", {
    token, body: { title: "Test House", type: "OAUTH2", config: { oauth2Config: provider.config() } } });
  assert.equal(made.status, 200, made.text);
});
afterEach(async () => {
  for (const page of visitors.splice(0)) await page.context().close();
});
after(async () => {
  await browser?.stop();
  await server?.stop();
  await provider?.stop();
});

async function visitor(options) {
  const page = await browser.visitor(server, options);
  visitors.push(page);
  return page;
}
// The provider is where the reader is sent; nothing else may be asked of others.
const noProblems = (page) =>
  assert.deepEqual(page.problems.filter((text) => !text.startsWith(`foreign request: ${provider.url}/`) && !/status of (400|403|409|500)/.test(text)), []);
const throughProvider = (page) => page.getByRole("button", { name: "Continue with Test House" });
async function be(page, who) {
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
  await page.getByRole("link", { name: who, exact: true }).click();
}
const alert = (page) => page.getByRole("alert");
const composer = (page) => page.getByRole("textbox", { name: "New memo" });
const stored = (page) => page.evaluate(() => sessionStorage.getItem("memora.oauth"));
async function looks(page, name) {
  assert.deepEqual(await axe(page), []);
  assert.equal(await overflows(page), false);
  await screenshot(page, name);
}
async function signInAsFounder(page) {
  await page.goto("/auth?redirect=%2Fsetting%23my-account");
  await page.getByLabel("Username").fill("founder");
  await page.getByLabel("Password", { exact: true }).fill("secret-Pass1");
  await page.getByRole("button", { name: "Sign in" }).click();
}
const linked = (page) => page.getByRole("main").getByRole("listitem").filter({ hasText: "Test House" });

test("there, cancelled, there again, and back to where one wanted to go", async () => {
  const page = await visitor({ width: 360, height: 740 });
  await page.goto("/auth?redirect=%2Finbox%3Fa%3D1");
  await throughProvider(page).waitFor();
  await looks(page, "360-light-sso");
  await throughProvider(page).click();
  await be(page, "nobody");
  await alert(page).filter({ hasText: "cancelled there" }).waitFor();
  assert.equal(new URL(page.url()).search, "");
  await looks(page, "360-light-sso-denied");
  await page.getByRole("link", { name: "Back to sign-in" }).click();
  await throughProvider(page).click();
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
  const asked = new URL(page.url()).searchParams;
  assert.equal(asked.get("redirect_uri"), `${server.url}/auth/callback`);
  assert.equal(asked.get("scope"), "openid profile");
  assert.equal(asked.get("code_challenge_method"), "S256");
  assert.match(asked.get("code_challenge"), /^[\w-]{43}$/);
  await be(page, "mia");
  await page.waitForURL(`${server.url}/inbox?a=1`);
  assert.equal(await stored(page), null);
  await page.reload();
  await page.getByRole("heading", { name: "Inbox" }).first().waitFor();
  const { json: { users } } = await server.rest("GET", "/api/v1/users", { token });
  assert.ok(users.some((user) => user.username === "mia" && user.displayName === "Mia M."));
  noProblems(page);
});

test("what did not begin in this tab, or long ago, ends nowhere", async () => {
  const page = await visitor({ dark: true });
  await page.goto("/auth?redirect=https%3A%2F%2Fevil.example%2F");
  await throughProvider(page).click();
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
  await page.goto("/auth/callback?state=made-up&error=access_denied&error_description=Call%20this%20number");
  await alert(page).filter({ hasText: "started elsewhere or too long ago" }).waitFor();
  assert.doesNotMatch(await page.content(), /Call this number/);
  await screenshot(page, "1440-dark-sso-stale");
  await page.getByRole("link", { name: "Back to sign-in" }).click();
  await throughProvider(page).click();
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
  const target = await page.getByRole("link", { name: "mia", exact: true }).getAttribute("href");
  await page.goto("/auth/admin");
  await page.evaluate(() => {
    const trip = JSON.parse(sessionStorage.getItem("memora.oauth"));
    sessionStorage.setItem("memora.oauth", JSON.stringify({ ...trip, until: Date.now() - 1 }));
  });
  await page.goto(provider.url + target);
  await alert(page).filter({ hasText: "too long ago" }).waitFor();
  await page.goto("/auth?redirect=https%3A%2F%2Fevil.example%2F");
  await throughProvider(page).click();
  await be(page, "mia");
  await composer(page).waitFor();
  assert.equal(page.url(), `${server.url}/`);
  noProblems(page);
});

test("a provider that is not set up well, and closed doors, are explained", async () => {
  const page = await visitor();
  await page.goto("/auth");
  await throughProvider(page).waitFor();
  await screenshot(page, "1440-light-sso");
  await throughProvider(page).click();
  await be(page, "numbered");
  await alert(page).filter({ hasText: "not set up as it should be" }).filter({ hasText: 'the field "sub" is not found' }).waitFor();
  await screenshot(page, "1440-light-sso-misconfigured");
  await server.rest("PATCH", "/api/v1/instance/settings/GENERAL", general({ disallowUserRegistration: true, disallowPasswordAuth: true }));
  await page.getByRole("link", { name: "Back to sign-in" }).click();
  await page.reload();
  await page.getByText("Signing in with a password is switched off here.").waitFor();
  assert.equal(await page.getByLabel("Username").count(), 0);
  await throughProvider(page).waitFor();
  await looks(page, "1440-light-sso-only");
  await throughProvider(page).click();
  await be(page, "twin");
  await alert(page).filter({ hasText: "new accounts are made by the administrator" }).waitFor();
  await page.getByRole("link", { name: "Back to sign-in" }).click();
  await page.getByRole("link", { name: "Administrators can sign in here." }).click();
  await page.getByLabel("Username").fill("founder");
  await page.getByLabel("Password", { exact: true }).fill("secret-Pass1");
  assert.equal(await throughProvider(page).count(), 0);
  await page.getByRole("button", { name: "Sign in" }).click();
  await composer(page).waitFor();
  await server.rest("PATCH", "/api/v1/instance/settings/GENERAL", general({}));
  noProblems(page);
});

test("an account is linked, opens the door, and is unlinked", async () => {
  const page = await visitor();
  await signInAsFounder(page);
  await linked(page).getByRole("button", { name: "Link", exact: true }).click();
  await be(page, "mia"); // somebody else's
  await alert(page).filter({ hasText: "Somebody else here is already linked" }).waitFor();
  await page.getByRole("link", { name: "Back to your account" }).click();
  await linked(page).getByRole("button", { name: "Link", exact: true }).click();
  await be(page, "twin");
  await linked(page).filter({ hasText: "founder-elsewhere" }).waitFor();
  assert.equal(new URL(page.url()).hash, "#my-account");
  await linked(page).scrollIntoViewIfNeeded();
  await screenshot(page, "1440-light-sso-linked");

  const other = await visitor({ width: 360, height: 740, dark: true });
  await other.goto("/auth?redirect=%2Fsetting%23my-account");
  await throughProvider(other).waitFor();
  await screenshot(other, "360-dark-sso");
  await throughProvider(other).click();
  await be(other, "twin");
  await linked(other).scrollIntoViewIfNeeded();
  await looks(other, "360-dark-sso-linked");
  await linked(other).getByRole("button", { name: "Unlink" }).click();
  const question = other.getByRole("alertdialog", { name: "Unlink Test House?" });
  await question.waitFor();
  await looks(other, "360-dark-sso-unlink");
  await question.getByRole("button", { name: "Cancel" }).click();
  await linked(other).filter({ hasText: "founder-elsewhere" }).getByRole("button", { name: "Unlink" }).click();
  await question.getByRole("button", { name: "Unlink" }).click();
  await linked(other).getByRole("button", { name: "Link", exact: true }).waitFor();
  assert.deepEqual((await server.rest("GET", "/api/v1/users/founder/linkedIdentities", { token })).json.linkedIdentities, []);
  noProblems(page);
  noProblems(other);
});
