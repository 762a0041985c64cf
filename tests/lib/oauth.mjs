// An OAuth2 provider for tests (RFC 6749 and 7636), strict about what it is asked: id and secret of the client in a
// header or in the body, codes that work once and for one redirect address, the verifier of PKCE. Its page asks who one
// is. What it answers can be replaced, so that it fails as others do.
import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";

const html = (body) => `<!doctype html><html lang="en"><title>Test provider</title><link rel="icon" href="data:,"><body>${body}</body></html>`;
const escapeText = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const digest = (text) => createHash("sha256").update(text).digest("base64url");
const decodeForm = (text) => decodeURIComponent(text.replaceAll("+", "%20"));

export const json = (response, body, status = 200) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
export const form = (response, body, status = 200) =>
  response.writeHead(status, { "content-type": "application/x-www-form-urlencoded; charset=utf-8" }).end(new URLSearchParams(body).toString());

export class Provider {
  /** options: clientId, clientSecret, clientAuth ("basic", "body"; how the client must say who it is), write (json, form),
   * people (name -> claims, for its page), address */
  static async start(options = {}) {
    const provider = Object.assign(new Provider(), {
      clientId: "memora id", clientSecret: "s3cret/+ with: signs", clientAuth: "basic", write: json, people: {},
      address: "127.0.0.1", ...options });
    provider.codes = new Map();
    provider.tokens = new Map();
    provider.calls = [];
    provider.open = 0;
    provider.mostOpen = 0;
    provider.reset();
    provider.server = createServer((request, response) => provider.handle(request, response));
    await new Promise((done, fail) => provider.server.once("error", fail).listen(0, provider.address, done));
    provider.url = `http://${provider.address}:${provider.server.address().port}`;
    return provider;
  }

  /** Back to answering as it should; nothing is remembered of former calls. */
  reset() {
    this.answers = { "/token": (call, response) => this.token(call, response), "/userinfo": (call, response) => this.userinfo(call, response) };
    this.calls = [];
  }

  /** The configuration of it, as a server wants it. */
  config(changes = {}) {
    return {
      clientId: this.clientId, clientSecret: this.clientSecret, authUrl: `${this.url}/authorize`, tokenUrl: `${this.url}/token`,
      userInfoUrl: `${this.url}/userinfo`, scopes: ["openid", "profile"],
      fieldMapping: { identifier: "sub", displayName: "name", email: "email", avatarUrl: "picture" }, ...changes };
  }

  /** A code as the page would give it. */
  code(claims, { redirectUri = "", challenge = "" } = {}) {
    const code = `code-${randomUUID()}`;
    this.codes.set(code, { claims, redirectUri, challenge });
    return code;
  }

  handle(request, response) {
    const url = new URL(request.url, this.url);
    const parts = [];
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    response.once("close", () => this.open--);
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString();
      const call = { method: request.method, path: url.pathname, query: url.searchParams, headers: request.headers, text, fields: new URLSearchParams(text) };
      this.calls.push(call);
      if (call.path === "/authorize") this.authorize(call, response);
      else if (this.answers[call.path]) this.answers[call.path](call, response);
      else response.writeHead(404).end("nothing here");
    });
  }

  /** The page: who are you? */
  authorize(call, response) {
    const { query } = call;
    if (query.get("client_id") !== this.clientId || query.get("response_type") !== "code" || !query.get("redirect_uri"))
      return response.writeHead(400).end("bad request");
    const back = (fields) => {
      const to = new URL(query.get("redirect_uri"));
      for (const [name, value] of Object.entries({ ...fields, state: query.get("state") })) to.searchParams.set(name, value);
      return to.href;
    };
    if (query.get("as") === "nobody")
      return response.writeHead(302, { location: back({ error: "access_denied", error_description: "The user said no" }) }).end();
    const claims = this.people[query.get("as")];
    if (claims) {
      const challenge = query.get("code_challenge_method") === "S256" ? query.get("code_challenge") : "";
      return response.writeHead(302, { location: back({ code: this.code(claims, { redirectUri: query.get("redirect_uri"), challenge }) }) }).end();
    }
    const links = [...Object.keys(this.people), "nobody"].map((name) => {
      const to = new URLSearchParams(query);
      to.set("as", name);
      return `<p><a href="/authorize?${escapeText(to)}">${escapeText(name)}</a></p>`;
    });
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html(`<h1>Who are you?</h1>${links.join("")}`));
  }

  knowsClient({ headers, fields }) {
    if (this.clientAuth === "body")
      return !headers.authorization && fields.get("client_id") === this.clientId && fields.get("client_secret") === this.clientSecret;
    const [kind, value = ""] = (headers.authorization ?? "").split(" ");
    const [id, secret] = Buffer.from(value, "base64").toString().split(":");
    return kind === "Basic" && !fields.has("client_secret") && decodeForm(id) === this.clientId && decodeForm(secret ?? "") === this.clientSecret;
  }

  token(call, response) {
    const { fields, headers, method } = call;
    const fail = (error, description, status = 400) => this.write(response, { error, error_description: description }, status);
    if (method !== "POST" || headers["content-type"] !== "application/x-www-form-urlencoded") return fail("invalid_request", "not a form");
    if (!this.knowsClient(call)) return fail("invalid_client", "who are you?", 401);
    const known = this.codes.get(fields.get("code"));
    this.codes.delete(fields.get("code"));
    if (fields.get("grant_type") !== "authorization_code") return fail("unsupported_grant_type", "only codes");
    if (!known) return fail("invalid_grant", "no such code");
    if ((fields.get("redirect_uri") ?? "") !== known.redirectUri) return fail("invalid_grant", "other redirect_uri");
    if (known.challenge && digest(fields.get("code_verifier") ?? "") !== known.challenge) return fail("invalid_grant", "other verifier");
    const token = `token-${randomUUID()}`;
    this.tokens.set(token, known.claims);
    this.write(response, { access_token: token, token_type: "Bearer", expires_in: 3600, refresh_token: `refresh-${randomUUID()}` });
  }

  userinfo({ headers }, response) {
    const claims = this.tokens.get((headers.authorization ?? "").replace(/^Bearer /, ""));
    if (!claims) return response.writeHead(401).end("no such token");
    json(response, claims);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

/** A verifier and what its challenge is. */
export function pkce() {
  const verifier = `${randomUUID()}${randomUUID()}`;
  return { verifier, challenge: digest(verifier) };
}
