// Several servers on one database: each webhook event is sent by one of them, and by another if that one dies.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Code, ConnectError } from "@connectrpc/connect";

import { name as backend } from "./lib/backend.js";
import { clients } from "./lib/clients.js";
import { Cluster } from "./lib/cluster.js";
import { fine, Receiver } from "./lib/receiver.js";

if (backend !== "sqlite") {
  test("three servers send each event once, and what one had begun when it was killed is sent by another", async () => {
    const cluster = await Cluster.start(3, { args: ["--allow-private-webhooks"] });
    let hold = false;
    const receiver = await Receiver.start({ answer: (answer) => hold || fine(answer) });
    try {
      const token = await cluster.servers[0].signUp("founder");
      const at = cluster.servers.map((server) => clients("connect-node binary", server.url, token));
      for (const path of ["/a", "/b"])
        await at[0].users.createUserWebhook({ parent: "users/founder", webhook: { url: receiver.url + path, displayName: path } });
      // Transactions that collide too often are given back to the client.
      const create = async (i, id) => {
        for (let attempt = 0; ; attempt++) {
          try {
            return await at[i % at.length].memos.createMemo({ memoId: id, memo: { content: id } });
          } catch (error) {
            if (attempt === 50 || ConnectError.from(error).code !== Code.Unavailable) throw error;
            await new Promise((done) => setTimeout(done, 20));
          }
        }
      };
      // A server that has not heard of the hook yet sends nothing: until all three do.
      for (const i of at.keys()) {
        const late = Date.now() + 60_000;
        const heard = () => receiver.calls.some(({ json }) => json.memo.name.startsWith(`memos/warm-${i}-`));
        for (let n = 0; !heard(); n++) {
          assert.ok(Date.now() < late, `server ${i} never sent anything`);
          await create(i, `warm-${i}-${n}`);
          await new Promise((done) => setTimeout(done, 250));
        }
      }
      const ids = Array.from({ length: 60 }, (_, i) => `once-${i}`);
      await Promise.all(ids.map((id, i) => create(i, id)));
      const once = ({ json }) => json.memo.name.startsWith("memos/once-");
      await receiver.until(2 * ids.length, once);
      // What would come twice would come while this is on its way.
      await create(0, "afterwards");
      await receiver.until(2, ({ json }) => json.memo.name === "memos/afterwards");
      const calls = receiver.calls.filter(once);
      assert.equal(calls.length, 2 * ids.length);
      assert.equal(new Set(calls.map(({ path, json }) => path + json.memo.name)).size, 2 * ids.length);
      assert.equal(new Set(calls.map(({ headers }) => headers["webhook-id"])).size, 2 * ids.length);

      // All die in the middle of it; one that comes back finds it, once the time of who had begun it is up.
      hold = true;
      await create(1, "in-flight");
      const inFlight = ({ json }) => json.memo.name === "memos/in-flight";
      await receiver.until(2, inFlight);
      for (const server of cluster.servers) await server.kill();
      hold = false;
      const last = cluster.servers[2];
      cluster.servers = [last];
      await last.launch();
      const [first, second, ...again] = await receiver.until(4, inFlight, 150_000);
      const key = ({ path, headers }) => `${path} ${headers["webhook-id"]}`;
      assert.deepEqual(again.map(key).sort(), [first, second].map(key).sort());
    } finally {
      await cluster.stop();
      await receiver.stop();
    }
  });
}
