// An acknowledged memo survives the death of the process, whenever it comes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { pause, until } from "../lib/wait.mjs";
import { Server } from "./lib/server.js";

const ROUNDS = 20;
const WRITERS = 16;

test(`${ROUNDS} kills under load lose no acknowledged memo`, { timeout: 600_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "memora-kill-"));
  const acknowledged = new Set();
  const server = await Server.start({ dir });
  const token = await server.signUp("founder");
  try {
    for (let round = 0; round < ROUNDS; round++) {
      let dying = false;
      const writer = async (id) => {
        for (let i = 0; !dying; i++) {
          try {
            const answer = await server.rest("POST", "/api/v1/memos", {
              token, body: { content: `round ${round} writer ${id} memo ${i} #kill` },
            });
            if (answer.status === 200) acknowledged.add(answer.json.name);
            else if (!dying) throw new Error(`create: ${answer.status} ${answer.text}`);
          } catch (error) {
            if (!dying) throw error;
          }
        }
      };
      const writers = Array.from({ length: WRITERS }, (_, id) => writer(id));
      const enough = acknowledged.size + WRITERS;
      // An odd answer ends the writers; then there is nothing to wait for.
      await Promise.race([until("every writer has written", () => acknowledged.size >= enough), Promise.all(writers)]);
      await pause((round * 37) % 120);
      dying = true;
      await server.kill();
      await Promise.all(writers);
      await server.launch();
    }
    const found = new Set();
    let pageToken = "";
    do {
      const page = await server.rest("GET", `/api/v1/memos?pageSize=1000&pageToken=${encodeURIComponent(pageToken)}`, { token });
      assert.equal(page.status, 200);
      for (const memo of page.json.memos) found.add(memo.name);
      pageToken = page.json.nextPageToken;
    } while (pageToken);
    const lost = [...acknowledged].filter((name) => !found.has(name));
    assert.deepEqual(lost, []);
    await server.stop();
  } finally {
    if (server.child.exitCode === null && server.child.signalCode === null) await server.kill();
    await server.database.cleanUp();
    rmSync(dir, { recursive: true, force: true });
  }
});
