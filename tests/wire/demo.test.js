// Demo mode: an empty database begins with sample data, any other stays as it is.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Server } from "./lib/server.js";

test("a demo begins with sample data, once", async () => {
  const server = await Server.start({ args: ["--demo"] });
  try {
    assert.equal((await server.rest("GET", "/api/v1/instance/profile")).json.demo, true);
    const token = await server.signIn("demo", "memora-demo");
    const memos = async () => (await server.rest("GET", "/api/v1/memos?orderBy=pinned", { token })).json.memos;
    const first = await memos();
    assert.deepEqual(first.map((memo) => memo.name), ["welcome", "private", "follow-up", "reading", "code", "recipe", "tasks"].map((id) => `memos/demo-${id}`));
    assert.equal(first[0].reactions.length, 1);
    assert.equal(first[2].relations[0].relatedMemo.name, "memos/demo-recipe");
    const { json } = await server.rest("GET", "/api/v1/memos/demo-recipe/comments", { token });
    assert.equal(json.memos[0].parent, "memos/demo-recipe");
    const guest = await server.signIn("guest", "memora-demo");
    assert.equal((await server.rest("GET", "/api/v1/memos/demo-private", { token: guest })).status, 403);

    await server.rest("DELETE", "/api/v1/memos/demo-tasks", { token });
    server.child.kill("SIGTERM");
    assert.deepEqual(await server.ended, { code: 0, signal: null });
    await server.launch();
    assert.equal((await memos()).length, first.length - 1);
  } finally {
    await server.stop();
  }
});

test("without --demo nothing is put in", async () => {
  const server = await Server.start();
  try {
    assert.equal((await server.rest("GET", "/api/v1/instance/profile")).json.needsSetup, true);
  } finally {
    await server.stop();
  }
});
