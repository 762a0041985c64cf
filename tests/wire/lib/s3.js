// A private S3 server (tests/lib/s3.sh), one for all tests of this process that want it; it ends with the process.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { root } from "./paths.js";

const script = `source "$1/tests/lib/s3.sh" && s3_start "$2" &&
printf '%s\\n' "$S3_ENDPOINT" "$S3_BUCKET" "$S3_REGION" "$S3_ACCESS_KEY" "$S3_SECRET_KEY" "$S3_PID" READY
cat >/dev/null; s3_stop`;

/** Gives { endpoint, bucket, region, accessKey, secretKey, settings (as StorageSetting has them), env (of a server that
 * is configured for it), objects() (keys that are there), bytes(key), pause(), resume() and stop() }. */
export async function startS3() {
  const dir = mkdtempSync(join(tmpdir(), "memora-wire-s3-"));
  const child = spawn("bash", ["-c", script, "bash", root, dir], { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.includes("READY")) break;
  }
  // It ends when the pipe to it closes; until then it keeps nobody waiting.
  child.unref();
  child.stdin.unref();
  const [endpoint, bucket, region, accessKey, secretKey, pid] = text.split("\n");
  if (!pid) throw new Error("no S3 server");
  const folder = join(dir, "objects", bucket);
  const stop = () => {
    child.stdin.end();
    rmSync(dir, { recursive: true, force: true });
  };
  process.on("exit", stop);
  return {
    endpoint, bucket, region, accessKey, secretKey, folder, stop,
    settings: {
      endpoint, bucket, region, accessKeyId: accessKey, accessKeySecret: secretKey, usePathStyle: true,
    },
    env: {
      MEMORA_STORAGE_PLUGIN: "s3", MEMORA_STORAGE_ENDPOINT: endpoint, MEMORA_STORAGE_BUCKET: bucket,
      MEMORA_STORAGE_REGION: region, MEMORA_STORAGE_PATH_STYLE: "yes", MEMORA_STORAGE_ACCESS_KEY: accessKey,
      MEMORA_STORAGE_SECRET_KEY: secretKey,
    },
    objects: () => readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath?.includes(".sgwtmp") && !entry.path?.includes(".sgwtmp"))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1)).sort(),
    has: (key) => existsSync(join(folder, key)),
    bytes: (key) => readFileSync(join(folder, key)),
    pause: () => process.kill(Number(pid), "SIGSTOP"),
    resume: () => process.kill(Number(pid), "SIGCONT"),
  };
}
