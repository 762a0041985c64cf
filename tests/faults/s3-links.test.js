// Links to objects that were signed long ago, as after a server that was off for days: on every database.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { until } from "../lib/wait.mjs";
import { backends, nameOf, sql, startFor, work } from "./lib/backends.js";

const DAY_MS = 24 * 3600 * 1000;
const args = Object.entries({
  plugin: "s3", endpoint: process.env.S3_ENDPOINT, bucket: process.env.S3_BUCKET, path_style: "yes",
  access_key: process.env.S3_ACCESS_KEY, secret_key: process.env.S3_SECRET_KEY, region: process.env.S3_REGION,
}).flatMap(([key, value]) => ["--set", `storage.${key}=${value}`]);

const signedAt = (link) => new URL(link).searchParams.get("X-Amz-Date");
const day = (ago) => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);

for (const backend of Object.keys(backends)) {
  test(`a link that is days old is signed anew (${backend})`, { timeout: 180_000 }, async (t) => {
    const dir = mkdtempSync(join(work, "links-"));
    const database = await backends[backend].prepare({ dir });
    const server = await startFor(t, { dir, args, database });
    const token = await server.signUp("founder");
    const attachment = (uid) => server.rest("GET", `/api/v1/attachments/${uid}`, { token }).then((answer) => answer.json);
    const query = backend === "sqlite"
      ? (text) => execFileSync("sqlite3", [join(dir, "memos_prod.db"), text]).toString()
      : (text) => sql(backend, text, nameOf(database));
    for (const uid of ["old", "young"]) {
      const answer = await server.rest("POST", `/api/v1/attachments?attachmentId=${uid}`, {
        token, body: { filename: `${uid}.txt`, type: "text/plain", content: Buffer.from(uid).toString("base64") },
      });
      assert.equal(answer.status, 200, answer.text);
    }
    const today = signedAt((await attachment("old")).externalLink);
    const uploaded = today.replace(/^(....)(..)(..)T.*/, "$1-$2-$3");

    await server.kill();
    for (const [uid, ago] of [["old", 5], ["young", 3]])
      query(`UPDATE attachment SET reference = 'http://stale/?X-Amz-Date=${day(ago)}', ` +
        `payload = REPLACE(payload, '"lastPresignedTime":"${uploaded}', '"lastPresignedTime":"${day(ago)}') WHERE uid = '${uid}';`);
    assert.match(query("SELECT payload FROM attachment WHERE uid = 'old';"), new RegExp(`lastPresignedTime\\W+${day(5)}T`));
    await server.launch();

    const link = await until("the old link is signed anew", async () => {
      const { externalLink } = await attachment("old");
      return externalLink.startsWith(process.env.S3_ENDPOINT) && externalLink;
    });
    assert.ok(signedAt(link) >= today, link);
    const fetched = await fetch(link);
    assert.equal(fetched.status, 200);
    assert.equal(await fetched.text(), "old");
    assert.equal((await attachment("young")).externalLink, `http://stale/?X-Amz-Date=${day(3)}`);
    assert.doesNotMatch(query("SELECT payload FROM attachment WHERE uid = 'old';"), new RegExp(day(5)));
    // The server itself needs no link.
    const bytes = await server.rest("GET", "/file/attachments/young/young.txt", { token });
    assert.equal(bytes.text, "young");
    await server.stop();
  });
}
