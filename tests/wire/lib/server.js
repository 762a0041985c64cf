// Starts a Memora of this build on a free port with a fresh data directory, and stops it again.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { until } from "../../lib/wait.mjs";
import { prepare } from "./backend.js";
import { build, fixture } from "./paths.js";
import { startS3 } from "./s3.js";

// MEMORA_WIRE_STORAGE=s3: servers under test keep attachments in one bucket of a private S3 server.
let store;
async function storageEnv() {
  if (process.env.MEMORA_WIRE_STORAGE !== "s3") return {};
  store ??= startS3();
  return (await store).env;
}

export { fixture, root, shared } from "./paths.js";

const answers = (url) => fetch(`${url}/healthz`).then((answer) => answer.ok, () => false);

export class Server {
  /** options: fixture (open a copy of the recorded database), args (further flags), env, ownStorage (true:
   * MEMORA_WIRE_STORAGE does not count), database (what a backend's prepare() gave, in place of a fresh one), port (that
   * of a server that has ended; else a free one) */
  static async start(options = {}) {
    const server = await Server.make(options);
    try {
      await server.launch();
    } catch (error) {
      await server.database.cleanUp();
      throw error;
    }
    return server;
  }

  /** One with all that it needs, not started. */
  static async make(options = {}) {
    const server = new Server();
    server.dir = options.dir || mkdtempSync(join(tmpdir(), "memora-wire-"));
    server.keepDir = Boolean(options.dir);
    if (options.fixture && !process.env.MEMORA_WIRE_DATA)
      cpSync(join(fixture, "sqlite/assets"), join(server.dir, "assets"), { recursive: true });
    server.options = options;
    server.database = options.database || await prepare({ dir: server.dir, fixture: Boolean(options.fixture) });
    return server;
  }

  async launch() {
    await this.spawn();
    await this.untilReady();
  }

  /** Starts the process and does not wait for its service. */
  async spawn() {
    const program = join(build, "core/memora");
    if (!existsSync(program)) throw new Error(`${program} is missing: build first`);
    this.output = "";
    const place = ["--port", String(this.options.port || 0), "--addr", "127.0.0.1", "--data", this.dir];
    this.child = spawn(program, [...place, ...this.database.args, ...(this.options.args || [])], {
      env: { PATH: process.env.PATH, ...this.database.env, ...(this.options.ownStorage ? {} : await storageEnv()), ...(this.options.env || {}) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout.on("data", (chunk) => (this.output += chunk));
    this.child.stderr.on("data", (chunk) => (this.output += chunk));
    this.ended = new Promise((done) => this.child.once("exit", (code, signal) => done({ code, signal })));
  }

  async untilReady() {
    try {
      await until("the server answers", async () => {
        if (this.child.exitCode !== null) throw new Error(`server ended with status ${this.child.exitCode}`);
        this.port = Number(/Access your memos at: http:.*:(\d+)\n/.exec(this.output)?.[1]);
        this.url = `http://127.0.0.1:${this.port}`;
        return this.port && answers(this.url);
      });
    } catch (error) {
      await this.kill();
      throw new Error(`${error.message}:\n${this.output}`, { cause: error });
    }
  }

  /** Ends it at once; launch() starts it again on the same data, on another port. */
  async kill() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** Stops with SIGTERM; fails the test if the server does not end cleanly (also when a sanitizer complains). */
  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill("SIGTERM");
    const { code, signal } = await this.ended;
    await this.database.cleanUp();
    if (!this.keepDir) rmSync(this.dir, { recursive: true, force: true });
    if (code !== 0) throw new Error(`server ended with ${signal || code}:\n${this.output}`);
  }

  /** Plain REST call; body objects become JSON. Gives { status, headers, text, json }. */
  async rest(method, path, { body, token, headers = {} } = {}) {
    const init = { method, headers: { ...headers }, redirect: "manual" };
    if (token) init.headers.authorization = `Bearer ${token}`;
    if (body !== undefined) {
      init.body = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
      init.headers["content-type"] ??= "application/json";
    }
    const answer = await fetch(this.url + path, init);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const text = new TextDecoder().decode(bytes);
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: answer.status, headers: answer.headers, bytes, text, json };
  }

  async signIn(username, password) {
    const answer = await this.rest("POST", "/api/v1/auth/signin", {
      body: { passwordCredentials: { username, password } },
    });
    if (answer.status !== 200) throw new Error(`sign-in of ${username}: ${answer.status} ${answer.text}`);
    return answer.json.accessToken;
  }

  /** Makes an account and signs in; the first one of a fresh server is the administrator. */
  async signUp(username, password = "secret-Pass1") {
    const answer = await this.rest("POST", "/api/v1/users", { body: { username, password } });
    if (answer.status !== 200) throw new Error(`sign-up of ${username}: ${answer.status} ${answer.text}`);
    return this.signIn(username, password);
  }
}
