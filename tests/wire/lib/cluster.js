// Several servers on one database and one directory of attachments, and a proxy that sends each request to the next one.
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { prepare } from "./backend.js";
import { Server } from "./server.js";

export class Cluster {
  /** options: fixture (begin with the recorded data), prepared (SQL-level set-up of the fresh database, given what
   * prepare() gave), and what Server.start takes */
  static async start(count, { fixture = false, prepared, ...options } = {}) {
    const cluster = new Cluster();
    cluster.dir = mkdtempSync(join(tmpdir(), "memora-cluster-"));
    cluster.database = await prepare({ dir: cluster.dir, fixture });
    await prepared?.(cluster.database);
    const database = { ...cluster.database, cleanUp: async () => {} };
    // All at once: whoever comes first makes the schema and the secret.
    const begun = Array.from({ length: count }, () => Server.start({ ...options, dir: cluster.dir, database }));
    const ended = await Promise.allSettled(begun);
    cluster.servers = ended.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
    const failed = ended.find(({ status }) => status === "rejected");
    if (failed) {
      await cluster.stop();
      throw failed.reason;
    }
    return cluster;
  }

  /** Round robin without any stickiness. A server that cannot be reached costs the request a 503. */
  async proxy() {
    let turn = 0;
    this.agent = new Agent({ keepAlive: true });
    this.front = createServer((incoming, answer) => {
      const { port } = this.servers[turn++ % this.servers.length];
      const { method, url: path, headers } = incoming;
      const onward = request({ host: "127.0.0.1", port, method, path, headers, agent: this.agent }, (back) => {
        answer.writeHead(back.statusCode, back.headers);
        back.on("error", () => answer.destroy());
        back.pipe(answer);
      });
      onward.on("error", () => (answer.headersSent ? answer.destroy() : answer.writeHead(503).end()));
      incoming.pipe(onward);
    });
    await new Promise((done) => this.front.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${this.front.address().port}`;
  }

  async stop() {
    this.front?.close();
    this.front?.closeAllConnections();
    this.agent?.destroy();
    const problems = [];
    for (const server of this.servers || []) if (!server.killed) await server.stop().catch((e) => problems.push(e));
    await this.database.cleanUp();
    rmSync(this.dir, { recursive: true, force: true });
    if (problems.length) throw problems[0];
  }
}
