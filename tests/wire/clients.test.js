// The same round of calls through every official client: one handler behind all transports.
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { State } from "./gen/memos/api/v1/common_pb.js";
import { Visibility } from "./gen/memos/api/v1/memo_service_pb.js";
import { clients, transports } from "./lib/clients.js";
import { Server } from "./lib/server.js";

let server, token;
before(async () => {
  server = await Server.start({ args: ["--instance-url", "http://localhost:5230"] });
  token = await server.signUp("founder");
});
after(() => server.stop());

async function fails(promise, code, message) {
  const error = await promise.then(
    () => assert.fail("the call succeeded"),
    (reason) => reason,
  );
  assert.ok(error instanceof ConnectError, String(error));
  assert.equal(Code[error.code], Code[code]);
  if (message) assert.equal(error.rawMessage, message);
}

for (const kind of Object.keys(transports)) {
  describe(kind, () => {
    test("profile and settings without a credential", async () => {
      const api = clients(kind, server.url);
      const profile = await api.instance.getInstanceProfile({});
      assert.match(profile.version, /^0\.(2[7-9]|[3-9]\d)\.\d+$/);
      assert.equal(profile.needsSetup, false);
      assert.equal(profile.admin.username, "founder");
      const setting = await api.instance.getInstanceSetting({ name: "instance/settings/MEMO_RELATED" });
      assert.equal(setting.value.case, "memoRelatedSetting");
      assert.equal(setting.value.value.contentLengthLimit, 8192);
      assert.equal(setting.value.value.reactions.length, 8);
    });

    test("sign-in gives a token that names the user", async () => {
      const api = clients(kind, server.url);
      const answer = await api.auth.signIn({
        credentials: { case: "passwordCredentials", value: { username: "founder", password: "secret-Pass1" } },
      });
      assert.equal(answer.user.name, "users/founder");
      const me = await clients(kind, server.url, answer.accessToken).auth.getCurrentUser({});
      assert.equal(me.user.username, "founder");
      const lifetime = Number(answer.accessTokenExpiresAt.seconds) - Date.now() / 1000;
      assert.ok(lifetime > 14 * 60 && lifetime <= 15 * 60, `lifetime ${lifetime}`);
    });

    test("a memo from creation to deletion", async () => {
      const api = clients(kind, server.url, token);
      const content = "# Größe 🚀\n\n- [ ] todo #work/ünï `code` [l](http://x.io)\n";
      const memo = await api.memos.createMemo({ memo: { content, visibility: Visibility.PUBLIC } });
      assert.match(memo.name, /^memos\/[2-9A-HJ-NP-Za-km-z]{22}$/);
      assert.equal(memo.content, content);
      assert.deepEqual(memo.tags, ["work/ünï"]);
      assert.equal(memo.property.title, "Größe 🚀");
      assert.ok(memo.property.hasTaskList && memo.property.hasIncompleteTasks);
      assert.ok(memo.property.hasCode && memo.property.hasLink);
      assert.equal(memo.creator, "users/founder");
      assert.equal(memo.state, State.NORMAL);

      const changed = await api.memos.updateMemo({
        memo: { name: memo.name, content: "changed #b", pinned: true },
        updateMask: { paths: ["content", "pinned"] },
      });
      assert.equal(changed.pinned, true);
      assert.deepEqual(changed.tags, ["b"]);
      assert.deepEqual(await api.memos.getMemo({ name: memo.name }), changed);

      const list = await api.memos.listMemos({ filter: 'tag in ["b"] && pinned', pageSize: 5 });
      assert.deepEqual(list.memos.map((item) => item.name), [memo.name]);
      await api.memos.deleteMemo({ name: memo.name });
      await fails(api.memos.getMemo({ name: memo.name }), Code.NotFound, "memo not found");
    });

    test("pages follow each other without gaps", async () => {
      const api = clients(kind, server.url, token);
      const names = [];
      for (let i = 0; i < 5; i++)
        names.unshift((await api.memos.createMemo({ memo: { content: `page ${i} #paging` } })).name);
      const seen = [];
      let pageToken = "";
      do {
        const page = await api.memos.listMemos({ pageSize: 2, pageToken, filter: 'tag in ["paging"]' });
        seen.push(...page.memos.map((memo) => memo.name));
        pageToken = page.nextPageToken;
      } while (pageToken);
      assert.deepEqual(seen, names);
      for (const name of names) await api.memos.deleteMemo({ name });
    });

    test("bytes go up and come down unchanged", async () => {
      const api = clients(kind, server.url, token);
      const content = new Uint8Array(100_000).map((_, i) => (i * 7919) & 255);
      const attachment = await api.attachments.createAttachment({
        attachment: { filename: "bytes.bin", type: "application/octet-stream", content },
      });
      assert.equal(attachment.size, 100_000n);
      const file = await server.rest("GET", `/file/${attachment.name}/bytes.bin`, { token });
      assert.equal(file.status, 200);
      assert.deepEqual(file.bytes, content);
      await api.attachments.deleteAttachment({ name: attachment.name });
    });

    test("errors keep their code and text", async () => {
      const anonymous = clients(kind, server.url);
      await fails(anonymous.memos.createMemo({ memo: { content: "x" } }), Code.Unauthenticated, "authentication required");
      await fails(anonymous.memos.getMemo({ name: "memos/none" }), Code.NotFound, "memo not found");
      await fails(anonymous.memos.getMemo({ name: "x/a" }), Code.InvalidArgument,
        'invalid memo name: invalid prefix "memos/" in request "x/a"');
      await fails(anonymous.memos.listMemos({ orderBy: "foo" }), Code.InvalidArgument);
      const api = clients(kind, server.url, token);
      await fails(api.memos.createMemo({ memo: { content: "é".repeat(4097) } }), Code.InvalidArgument,
        "content too long (max 8192 characters)");
      await fails(
        anonymous.auth.signIn({
          credentials: { case: "passwordCredentials", value: { username: "founder", password: "wrong" } },
        }),
        Code.InvalidArgument,
        "unmatched username and password",
      );
    });

    test("links that lead inside are refused", async () => {
      const { memos } = clients(kind, server.url, token);
      const inside = "failed to fetch link metadata: 127.0.0.1: internal IP addresses are not allowed";
      await fails(memos.getLinkMetadata({ url: " " }), Code.InvalidArgument, "url is required");
      await fails(memos.getLinkMetadata({ url: server.url }), Code.InvalidArgument, inside);
      await fails(memos.batchGetLinkMetadata({ urls: [server.url, "ftp://x"] }), Code.InvalidArgument, inside);
      await fails(memos.batchGetLinkMetadata({}), Code.InvalidArgument, "urls are required");
    });
  });
}
