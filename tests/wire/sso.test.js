// Signing in and linking accounts through an OAuth2 provider.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { Provider, form, json, pkce } from "../lib/oauth.mjs";
import { until } from "../lib/wait.mjs";
import { Server } from "./lib/server.js";

const redirectUri = "http://notes.example/auth/callback";
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
let server, provider, elsewhere, founder;

before(async () => {
  provider = await Provider.start();
  elsewhere = await Provider.start({ address: "127.0.0.2" });
  server = await Server.start({ args: ["--instance-url", "http://localhost:5230"] });
  founder = await server.signUp("founder");
  await addProvider("test", provider.config());
});
beforeEach(() => provider.reset());
after(async () => {
  await server.stop();
  await provider.stop();
  await elsewhere.stop();
});

async function addProvider(uid, oauth2Config, identifierFilter = "") {
  const answer = await server.rest("POST", `/api/v1/identity-providers?identityProviderId=${uid}`, {
    token: founder, body: { title: uid, type: "OAUTH2", identifierFilter, config: { oauth2Config } } });
  assert.equal(answer.status, 200, answer.text);
}
const setGeneral = async (generalSetting) => {
  const answer = await server.rest("PATCH", "/api/v1/instance/settings/GENERAL", {
    token: founder, body: { name: "instance/settings/GENERAL", generalSetting } });
  assert.equal(answer.status, 200, answer.text);
};
const viaRest = (ssoCredentials) => server.rest("POST", "/api/v1/auth/signin", { body: { ssoCredentials } });
const viaConnect = (ssoCredentials, headers = {}) =>
  server.rest("POST", "/memos.api.v1.AuthService/SignIn", { body: { ssoCredentials }, headers });
const credentials = (claims, idp = "test") =>
  ({ idpName: `identity-providers/${idp}`, code: provider.code(claims, { redirectUri }), redirectUri });
const signIn = (claims, idp) => viaConnect(credentials(claims, idp));
const link = (username, token, claims, idp) =>
  server.rest("POST", `/api/v1/users/${username}/linkedIdentities`, { token, body: credentials(claims, idp) });
const linksOf = async (username, token) =>
  (await server.rest("GET", `/api/v1/users/${username}/linkedIdentities`, { token })).json.linkedIdentities;

/** Both transports refuse, with the code in their own words. make() gives fresh credentials. */
async function refuses(make, [status, number, name], message) {
  const rest = await viaRest(make());
  assert.deepEqual([rest.status, rest.json.code], [status, number], rest.text);
  const connect = await viaConnect(make());
  assert.deepEqual([connect.status, connect.json.code], [status, name], connect.text);
  for (const { json: { message: text } } of [rest, connect])
    if (typeof message === "string") assert.equal(text, message);
    else assert.match(text, message);
}
const internal = [500, 13, "internal"], invalid = [400, 3, "invalid_argument"], denied = [403, 7, "permission_denied"];

test("the first sign-in makes a user, later ones find it as it is", async () => {
  const claims = { sub: "mia", name: "Mia M.", email: "mia@x.example", picture: "https://x.example/mia.png" };
  const { verifier, challenge } = pkce();
  const first = await viaConnect({ ...credentials({}), code: provider.code(claims, { redirectUri, challenge }), codeVerifier: verifier });
  assert.equal(first.status, 200, first.text);
  const { createTime, updateTime, ...user } = first.json.user;
  assert.deepEqual(user, { name: "users/mia", role: "USER", username: "mia", email: "mia@x.example", displayName: "Mia M.",
    avatarUrl: "https://x.example/mia.png", state: "NORMAL" });
  assert.match(first.headers.getSetCookie()[0], /^memos_refresh=.*HttpOnly/);
  const me = await server.rest("GET", "/api/v1/auth/me", { token: first.json.accessToken });
  assert.equal(me.json.user.name, "users/mia");

  const [token, userinfo] = provider.calls;
  const basic = Buffer.from("memora+id:s3cret%2F%2B+with%3A+signs").toString("base64");
  assert.equal(token.headers.authorization, `Basic ${basic}`);
  assert.match(token.text, /^code=code-[\w-]+&code_verifier=[\w-]+&grant_type=authorization_code&redirect_uri=http%3A%2F%2Fnotes.example%2Fauth%2Fcallback$/);
  assert.match(userinfo.headers.authorization, /^Bearer token-/);
  assert.equal(userinfo.headers["content-type"], "application/json");
  assert.equal(provider.calls.length, 2);

  const again = await viaRest(credentials({ ...claims, name: "Somebody else", email: "other@x.example" }));
  assert.deepEqual(again.json.user, { ...user, description: "", password: "", createTime, updateTime });
  assert.match(again.headers.get("grpc-metadata-set-cookie"), /^memos_refresh=/);
  const renewed = await server.rest("POST", "/memos.api.v1.AuthService/RefreshToken", {
    body: {}, headers: { cookie: first.headers.getSetCookie()[0].split(";")[0] } });
  assert.equal(renewed.status, 200, renewed.text);
});

test("a provider that wants the secret in the body, and answers with forms", async () => {
  Object.assign(provider, { clientAuth: "body", write: form });
  const answer = await signIn({ sub: "forms" });
  Object.assign(provider, { clientAuth: "basic", write: json });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual([answer.json.user.displayName, answer.json.user.email, answer.json.user.avatarUrl], ["forms", undefined, undefined]);
  const [first, second, userinfo] = provider.calls.map((call) => call.headers.authorization ?? "none");
  assert.match(first, /^Basic /);
  assert.equal(second, "none");
  assert.match(userinfo, /^Bearer /);
  assert.match(provider.calls[1].text, /^client_id=memora\+id&client_secret=s3cret%2F%2B\+with%3A\+signs&code=code-/);
});

test("what is asked for is checked first", async () => {
  await refuses(() => ({ idpName: "test", code: "c" }), invalid, 'invalid identity provider name: invalid request "test"');
  await refuses(() => ({ idpName: "identity-providers/nobody", code: "c" }), invalid, "identity provider not found");
  for (const field of ["clientId", "clientSecret", "tokenUrl", "userInfoUrl"]) {
    await addProvider(`no-${field}`, provider.config({ [field]: "" }));
    await refuses(() => credentials({}, `no-${field}`), internal,
      `failed to create oauth2 identity provider, error: the field "${field}" is empty but required`);
  }
  await addProvider("no-mapping", provider.config({ fieldMapping: { email: "email" } }));
  await refuses(() => credentials({}, "no-mapping"), internal,
    'failed to create oauth2 identity provider, error: the field "fieldMapping.identifier" is empty but required');
  assert.equal(provider.calls.length, 0);
});

test("a code that is no good", async () => {
  const failure = "failed to exchange token, error: failed to exchange access token: ";
  await refuses(() => ({ ...credentials({}), code: "made up" }), internal, `${failure}oauth2: "invalid_client" "who are you?"`);
  const alone = { "/token": (call, response) => json(response, { error: "invalid_grant" }, 400) };
  Object.assign(provider.answers, alone);
  await refuses(() => credentials({}), internal, `${failure}oauth2: "invalid_grant"`);
  provider.reset();
  const { challenge } = pkce();
  const stolen = await viaConnect({ ...credentials({}), code: provider.code({ sub: "x" }, { redirectUri, challenge }), codeVerifier: "another" });
  assert.equal(stolen.status, 500);
  assert.match(provider.calls[0].text, /code_verifier=another/);
  const tokens = [
    [(response) => response.writeHead(502).end("<h1>Bad gateway</h1>"), "oauth2: cannot fetch token: 502"],
    [(response) => json(response, { token_type: "Bearer" }), "oauth2: server response missing access_token"],
    [(response) => json(response, { access_token: 7 }), "oauth2: server response missing access_token"],
    [(response) => response.writeHead(200).end("]"), "oauth2: cannot parse json: invalid syntax"],
    [(response) => response.writeHead(200).end(" "), "oauth2: cannot parse json: invalid syntax"],
    [(response) => form(response, { scope: "" }), "oauth2: server response missing access_token"],
    [(response) => json(response, { access_token: "a\r\nX-Evil: 1" }), "oauth2: the access token cannot be sent in a header"],
    [(response) => json(response, { access_token: "x".repeat(2_000_000) }), "oauth2: cannot fetch token: the answer is too large"],
    [(response) => response.writeHead(307, { location: `${elsewhere.url}/token` }).end(), "redirected to another host"],
  ];
  for (const [answer, text] of tokens) {
    provider.answers["/token"] = (call, response) => answer(response);
    await refuses(() => credentials({}), internal, failure + text);
  }
  await addProvider("away", provider.config({ tokenUrl: "http://127.0.0.1:1/token" }));
  await refuses(() => credentials({}, "away"), internal, /^failed to exchange token, error: failed to exchange access token: .*connect/i);
  await addProvider("scheme", provider.config({ tokenUrl: "file:///etc/passwd" }));
  await refuses(() => credentials({}, "scheme"), internal, `${failure}not a URL that can be called`);
  assert.equal(elsewhere.calls.length, 0);
});

test("claims that are no good", async () => {
  const failure = "failed to get user info, error: ";
  const missing = `${failure}the field "sub" is not found in claims or has empty value`;
  for (const claims of [{}, { sub: "" }, { sub: 7 }, { sub: null }, { sub: ["a"] }, { user: { sub: "a" } }])
    await refuses(() => credentials(claims), internal, missing);
  const answers = [
    [(response) => json(response, ["sub"]), "failed to parse the userinfo response: not an object"],
    [(response) => response.writeHead(200).end("sub=a"), /^failed to get user info, error: failed to parse the userinfo response: "/],
    [(response) => response.writeHead(403).end("no\u0000 <scopes>"), "userinfo request failed with status 403: no? <scopes>"],
    [(response) => response.writeHead(500).end("é".repeat(5000)), `userinfo request failed with status 500: ${"é".repeat(256)}`],
    [(response) => json(response, { sub: "x".repeat(2_000_000) }), "the userinfo response is too large"],
    [(response) => response.destroy(), /^failed to get user info, error: /],
  ];
  for (const [answer, text] of answers) {
    provider.answers["/userinfo"] = (call, response) => answer(response);
    await refuses(() => credentials({ sub: "a" }), internal, typeof text === "string" ? failure + text : text);
  }
});

test("the profile may be elsewhere, but the token does not go there", async () => {
  provider.answers["/userinfo"] = (call, response) => response.writeHead(302, { location: "/moved" }).end();
  provider.answers["/moved"] = (call, response) => provider.userinfo(call, response);
  assert.equal((await signIn({ sub: "mover" })).json.user.username, "mover");
  elsewhere.answers["/userinfo"] = (call, response) => json(response, { sub: "mover" });
  provider.answers["/userinfo"] = (call, response) => response.writeHead(302, { location: `${elsewhere.url}/userinfo` }).end();
  assert.equal((await signIn({ sub: "mover" })).status, 200);
  assert.deepEqual(elsewhere.calls.map((call) => call.headers.authorization), [undefined]);
});

test("names that are taken, reserved or no names become UUIDs", async () => {
  for (const sub of ["founder", "Admin", "root", "12345", "mia@x.example", "-a", "x".repeat(37), "zo\u00eb"]) {
    const { json: { user } } = await signIn({ sub });
    assert.match(user.username, uuid, sub);
    assert.deepEqual([user.displayName, user.role], [sub, "USER"]);
    assert.equal((await signIn({ sub })).json.user.username, user.username);
  }
});

test("accounts that some database takes for the same are two", async () => {
  for (const sub of ["MIA", "mi\u00e1"]) {
    const answer = await signIn({ sub });
    assert.notEqual(answer.json.user?.name, "users/mia");
    assert.ok(answer.status === 200 || answer.json.message.startsWith("failed to create user, error: "), answer.text);
  }
});

test("people who come for the first time, twice at once, are one", async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => signIn({ sub: "twins" })));
  assert.deepEqual(answers.map((answer) => [answer.status, answer.json.user?.name]), Array(8).fill([200, "users/twins"]));
  const { json: { users } } = await server.rest("GET", "/api/v1/users?pageSize=1000", { token: founder });
  assert.equal(users.filter((user) => user.displayName === "twins").length, 1);
});

test("the filter of a provider", async () => {
  await addProvider("filtered", provider.config(), "@x\\.example$");
  await addProvider("broken", provider.config(), "(");
  assert.equal((await signIn({ sub: "ann@x.example" }, "filtered")).status, 200);
  await refuses(() => credentials({ sub: "ann@y.example" }, "filtered"), denied, "identifier ann@y.example is not allowed");
  await refuses(() => credentials({ sub: "ann" }, "broken"), internal,
    "failed to compile identifier filter regex, error: error parsing regexp: missing closing ): `(`");
});

test("closed registration and archived users", async () => {
  await setGeneral({ disallowUserRegistration: true, disallowPasswordAuth: true });
  await refuses(() => credentials({ sub: "late" }), denied, "user registration is not allowed");
  assert.equal((await signIn({ sub: "mia" })).status, 200);
  const byPassword = await server.rest("POST", "/api/v1/auth/signin", { body: { passwordCredentials: { username: "founder", password: "secret-Pass1" } } });
  assert.equal(byPassword.status, 200);
  await setGeneral({});
  await signIn({ sub: "gone" });
  const archived = await server.rest("PATCH", "/api/v1/users/gone?updateMask=state", { token: founder, body: { name: "users/gone", state: "ARCHIVED" } });
  assert.equal(archived.status, 200, archived.text);
  await refuses(() => credentials({ sub: "gone" }), denied, "user has been archived with username gone");
});

test("linking", async () => {
  const bob = await server.signUp("bob"), eve = await server.signUp("eve");
  const view = { name: "users/bob/linkedIdentities/test", idpName: "identity-providers/test", externUid: "bob-elsewhere" };
  for (let time = 0; time < 2; time++) {
    const linked = await link("bob", bob, { sub: "bob-elsewhere" });
    assert.deepEqual([linked.status, linked.json], [200, view]);
  }
  assert.deepEqual(await linksOf("bob", bob), [view]);
  assert.deepEqual(await linksOf("bob", founder), [view]);
  assert.equal((await signIn({ sub: "bob-elsewhere" })).json.user.name, "users/bob");
  const refused = async (answer, status, code, message) => {
    const { status: got, json: body } = await answer;
    assert.deepEqual([got, body.code, body.message], [status, code, message]);
  };
  await refused(link("bob", bob, { sub: "bob-again" }), 409, 6, "identity provider is already linked to another external account for this user");
  await refused(link("eve", eve, { sub: "bob-elsewhere" }), 409, 6, "identity provider account is already linked to another user");
  await refused(link("bob", founder, { sub: "x" }), 403, 7, "permission denied");
  await refused(link("nobody", bob, { sub: "x" }), 400, 3, "invalid parent: user not found: users/nobody");
  await refused(link("bob", bob, {}), 500, 13, 'failed to get user info, error: the field "sub" is not found in claims or has empty value');
  await refused(link("bob", bob, { sub: "y" }, "filtered"), 403, 7, "identifier y is not allowed");
  await refused(link("bob", bob, { sub: "y" }, "none"), 400, 3, "identity provider not found");
  const connect = await server.rest("POST", "/memos.api.v1.UserService/CreateLinkedIdentity", {
    token: eve, body: { parent: "users/eve", ...credentials({ sub: "bob-elsewhere" }) } });
  assert.deepEqual([connect.status, connect.json.code], [409, "already_exists"]);
  assert.equal((await link("bob", undefined, { sub: "x" })).status, 401);
  await refused(server.rest("DELETE", `/api/v1/${view.name}`, { token: eve }), 403, 7, "permission denied");
  assert.equal((await server.rest("DELETE", `/api/v1/${view.name}`, { token: bob })).status, 200);
  await refused(server.rest("DELETE", `/api/v1/${view.name}`, { token: bob }), 404, 5, "linked identity not found");
  assert.equal((await link("eve", eve, { sub: "bob-elsewhere" })).status, 200);
  assert.equal((await signIn({ sub: "bob-elsewhere" })).json.user.name, "users/eve");
});

test("a provider that hangs holds up nobody else", async () => {
  const hanging = [];
  provider.answers["/token"] = (call, response) => hanging.push(response);
  provider.mostOpen = 0;
  const waiting = Array.from({ length: 12 }, () => signIn({ sub: "mia" }));
  await until("as many as may wait for a provider do", () => hanging.length === 2);
  for (let time = 0; time < 4; time++) {
    await server.signIn("founder", "secret-Pass1");
    const memo = await server.rest("POST", "/api/v1/memos", { token: founder, body: { content: "meanwhile" } });
    assert.equal(memo.status, 200, memo.text);
  }
  assert.equal(hanging.length, 2);
  provider.reset();
  hanging.forEach((response) => response.destroy());
  const answers = await Promise.all(waiting);
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [...Array(10).fill(200), 500, 500]);
  assert.equal(provider.mostOpen, 2);
});

test("a caller's time limit ends the wait, and so does the end of the server", async () => {
  const hanging = [];
  provider.answers["/token"] = (call, response) => hanging.push(response);
  const limited = await viaConnect(credentials({ sub: "mia" }), { "connect-timeout-ms": "300" });
  assert.equal(limited.json.code, "deadline_exceeded");
  const own = await Server.start({ args: ["--instance-url", "http://localhost:5230"] });
  const token = await own.signUp("founder");
  await own.rest("POST", "/api/v1/identity-providers?identityProviderId=test", {
    token, body: { title: "test", type: "OAUTH2", config: { oauth2Config: provider.config() } } });
  hanging.length = 0;
  const ended = own.rest("POST", "/memos.api.v1.AuthService/SignIn", { body: { ssoCredentials: credentials({ sub: "mia" }) } });
  await until("the provider is asked", () => hanging.length === 1);
  await own.stop();
  assert.equal((await ended).json.code, "unavailable");
});

test("nothing secret is shown or logged", async () => {
  const list = await server.rest("GET", "/api/v1/identity-providers");
  assert.ok(list.json.identityProviders.length > 3 && !list.text.includes("s3cret"));
  for (const secret of [provider.clientSecret, "s3cret", "code-", "token-", "refresh-", "Bearer", "code_verifier"])
    assert.ok(!server.output.includes(secret), `the log has ${secret}`);
});
