// Settings and identity providers from files (docs/deployment.md), as a server that was just started has them.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { Server } from "./lib/server.js";

const files = mkdtempSync(join(tmpdir(), "memora-deployment-"));
after(() => rmSync(files, { recursive: true, force: true }));

function place(name, content) {
  mkdirSync(join(files, name));
  for (const [file, value] of Object.entries(content)) writeFileSync(join(files, name, file), JSON.stringify(value));
  return { args: ["--set", `server.deployment_dir=${join(files, name)}`] };
}

const provider = {
  uid: "company", name: "Company", type: "OAUTH2",
  config: { oauth2Config: { clientId: "id", clientSecret: "hush-hush", authUrl: "https://id.example/a", tokenUrl: "https://id.example/t",
    userInfoUrl: "https://id.example/u", scopes: ["openid"], fieldMapping: { identifier: "sub" } } },
};

test("a server has what the files say, and tells nobody the secrets", async () => {
  const server = await Server.start(place("good", {
    "memos-idp-company.json": provider,
    "memos-instance-setting-general.json": { key: "GENERAL", generalSetting: { disallowPasswordAuth: true, customProfile: { title: "Ours" } } },
  }));
  try {
    const token = await server.signUp("founder");
    const settings = await server.rest("GET", "/api/v1/instance/settings/GENERAL", { token });
    assert.equal(settings.json.generalSetting.customProfile.title, "Ours");
    const change = await server.rest("PATCH", "/api/v1/instance/settings/GENERAL", { token, body: { generalSetting: {} } });
    assert.equal(change.status, 400);
    assert.deepEqual(change.json, { code: 9, message: 'instance setting "GENERAL" is configured by the deployment', details: [] });
    const { json, text } = await server.rest("GET", "/api/v1/identity-providers");
    assert.deepEqual(json.identityProviders.map((one) => one.name), ["identity-providers/company"]);
    assert.ok(!text.includes("hush-hush"));
    assert.ok(!server.output.includes("hush-hush"));
  } finally {
    await server.stop();
  }
});

test("a file that is wrong ends the start, and nothing of it is shown", async () => {
  await assert.rejects(
    Server.start(place("bad", { "memos-idp-company.json": { ...provider, secret: "hush-hush" } })),
    ({ message }) => {
      assert.match(message, /invalid identity provider deployment file \\?"memos-idp-company.json\\?": failed to decode protobuf JSON: unknown field/);
      assert.doesNotMatch(message, /hush-hush/);
      return true;
    });
});
