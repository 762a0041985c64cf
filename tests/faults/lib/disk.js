// A disk that fills up, and memos that are written to a server on it.
import assert from "node:assert/strict";
import { closeSync, ftruncateSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";

import { PATIENCE_MS, until } from "../../lib/wait.mjs";

const CHUNK = Buffer.alloc(64 * 1024, "x");

/** Leaves about `slack` bytes free on the disk. */
export function fill(disk, slack) {
  const file = openSync(join(disk, "filler"), "w");
  let size = 0;
  try {
    for (;;) size += writeSync(file, CHUNK);
  } catch (error) {
    if (error.code !== "ENOSPC") throw error;
  }
  ftruncateSync(file, Math.max(0, size - slack));
  closeSync(file);
}

export const empty = (disk) => rmSync(join(disk, "filler"));
export const free = (disk) => statfsSync(disk).bavail * statfsSync(disk).bsize;

/** Writes memos from several sides until so many were refused. Gives the names of those acknowledged and the texts of
 * those refused; any other answer than 200 or resource_exhausted fails. */
export async function writeUntilRefused(server, token, refusals) {
  const acknowledged = new Set(), refused = new Set();
  const deadline = performance.now() + 2 * PATIENCE_MS;
  const writer = async (id) => {
    for (let i = 0; refused.size < refusals; i++) {
      assert.ok(performance.now() < deadline, `only ${refused.size} refused after ${acknowledged.size} memos`);
      const content = `writer ${id} memo ${i} ${"lorem ipsum ".repeat(600)}`;
      const answer = await server.rest("POST", "/api/v1/memos", { token, body: { content } });
      if (answer.status === 200) {
        acknowledged.add(answer.json.name);
        continue;
      }
      assert.equal(answer.status, 429, answer.text);
      assert.equal(answer.json.code, 8, answer.text);
      refused.add(content.slice(0, 30));
    }
  };
  await Promise.all(Array.from({ length: 6 }, (_, id) => writer(id)));
  return { acknowledged, refused };
}

export async function listAll(server, token) {
  const memos = [];
  let pageToken = "";
  do {
    const page = await server.rest("GET", `/api/v1/memos?pageSize=200&pageToken=${encodeURIComponent(pageToken)}`, { token });
    assert.equal(page.status, 200, page.text);
    memos.push(...page.json.memos);
    pageToken = page.json.nextPageToken;
  } while (pageToken);
  return memos;
}

/** The answer, once it is a good one. */
export async function eventually(what) {
  let last;
  return until("a good answer", async () => ((last = await what()).status === 200 ? last : undefined)).catch((error) =>
    assert.fail(`${error.message}; the last one was ${last?.status} ${last?.text}`));
}
