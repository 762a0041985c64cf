// The program, until it ends by itself.
import { spawn } from "node:child_process";
import { join } from "node:path";

import { PATIENCE_MS } from "../../lib/wait.mjs";
import { build } from "../../wire/lib/paths.js";

/** Gives { code, output }: exit status (null if it did not end and had to be killed), what it wrote. */
export function runServer({ dir, args = [], env = {}, patience = PATIENCE_MS }) {
  const child = spawn(join(build, "core/memora"), ["--port", "0", "--addr", "127.0.0.1", "--config", "/dev/null", "--data", dir, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const timer = setTimeout(() => child.kill("SIGKILL"), patience);
  return new Promise((done) =>
    child.once("close", (code) => {
      clearTimeout(timer);
      done({ code, output });
    }),
  );
}
