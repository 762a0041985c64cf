// Sessions in the browser's way: refresh cookie, rotation, revocation; and personal access tokens.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Server } from "./lib/server.js";

let server;
before(async () => {
  server = await Server.start({ args: ["--instance-url", "http://localhost:5230"] });
  await server.signUp("founder");
});
after(() => server.stop());

const call = (method, body = {}, headers = {}) =>
  server.rest("POST", `/memos.api.v1.AuthService/${method}`, { body, headers: { "content-type": "application/json", ...headers } });
const signIn = (headers) =>
  call("SignIn", { passwordCredentials: { username: "founder", password: "secret-Pass1" } }, headers);
const cookieOf = (answer) => answer.headers.getSetCookie().find((text) => text.startsWith("memos_refresh="));
const valueOf = (cookie) => cookie.split(";")[0];

test("the cookie has the attributes of the contract", async () => {
  const plain = cookieOf(await signIn());
  assert.match(plain, /^memos_refresh=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; HttpOnly; Expires=\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT; SameSite=Lax$/);
  const days = (new Date(plain.match(/Expires=([^;]+)/)[1]) - Date.now()) / 86_400_000;
  assert.ok(days > 29.9 && days <= 30, `${days} days`);
  for (const headers of [{ "x-forwarded-proto": "https" }, { forwarded: "for=1;proto=https" }, { origin: "https://x.example" }])
    assert.match(cookieOf(await signIn(headers)), /; SameSite=Lax; Secure$/);
});

test("a refresh rotates; the old cookie is worth nothing", async () => {
  const first = valueOf(cookieOf(await signIn()));
  const renewed = await call("RefreshToken", {}, { cookie: first });
  assert.equal(renewed.status, 200, renewed.text);
  const me = await server.rest("GET", "/api/v1/auth/me", { token: renewed.json.accessToken });
  assert.equal(me.json.user.username, "founder");
  const again = await call("RefreshToken", {}, { cookie: first });
  assert.deepEqual([again.status, again.json.code, again.json.message],
    [401, "unauthenticated", "invalid refresh token: refresh token revoked"]);
  const next = valueOf(cookieOf(renewed));
  assert.notEqual(next, first);
  assert.equal((await call("RefreshToken", {}, { cookie: next })).status, 200);
});

test("many tabs refreshing different sessions at once keep them all", async () => {
  const cookies = await Promise.all(Array.from({ length: 8 }, async () => valueOf(cookieOf(await signIn()))));
  const answers = await Promise.all(cookies.map((cookie) => call("RefreshToken", {}, { cookie })));
  assert.deepEqual(answers.map((answer) => answer.status), Array(8).fill(200));
  const second = await Promise.all(answers.map((answer) => call("RefreshToken", {}, { cookie: valueOf(cookieOf(answer)) })));
  assert.deepEqual(second.map((answer) => answer.status), Array(8).fill(200));
});

test("sign-out revokes the session and clears the cookie", async () => {
  const answer = await signIn();
  const cookie = valueOf(cookieOf(answer));
  const out = await call("SignOut", {}, { cookie, authorization: `Bearer ${answer.json.accessToken}` });
  assert.equal(out.status, 200, out.text);
  assert.match(cookieOf(out), /^memos_refresh=; Path=\/; HttpOnly; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax$/);
  assert.equal((await call("RefreshToken", {}, { cookie })).status, 401);
});

test("no cookie, a broken one, an access token in its place", async () => {
  const access = (await signIn()).json.accessToken;
  for (const [headers, message] of [
    [{}, /^refresh token not found$/],
    [{ cookie: "memos_refresh=" }, /^refresh token not found$/],
    [{ cookie: "memos_refresh=a.b" }, /^invalid refresh token: invalid refresh token: /],
    [{ cookie: `memos_refresh=${access}` }, /^invalid refresh token: /],
  ]) {
    const answer = await call("RefreshToken", {}, headers);
    assert.equal(answer.status, 401);
    assert.match(answer.json.message, message);
  }
});

test("REST names the cookie header in its own way", async () => {
  const answer = await server.rest("POST", "/api/v1/auth/signin", {
    body: { passwordCredentials: { username: "founder", password: "secret-Pass1" } } });
  assert.equal(answer.headers.getSetCookie().length, 0);
  assert.match(answer.headers.get("grpc-metadata-set-cookie"), /^memos_refresh=/);
});

test("personal access tokens: shown once, listed without secret, revoked at once", async () => {
  const token = (await signIn()).json.accessToken;
  const made = await server.rest("POST", "/api/v1/users/founder/personalAccessTokens", { token, body: { description: "cli", expiresInDays: 1 } });
  assert.match(made.json.token, /^memos_pat_[0-9A-Za-z]{32}$/);
  assert.equal((await server.rest("GET", "/api/v1/auth/me", { token: made.json.token })).status, 200);
  const list = await server.rest("GET", "/api/v1/users/founder/personalAccessTokens", { token });
  assert.ok(!list.text.includes(made.json.token) && !/hash/i.test(list.text));
  await server.rest("DELETE", `/api/v1/${made.json.personalAccessToken.name}`, { token });
  assert.equal((await server.rest("GET", "/api/v1/auth/me", { token: made.json.token })).status, 401);
});
