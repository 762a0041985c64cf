// Where things are: the source tree, its build, and the recordings.
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
export const shared = process.env.MEMORA_SHARED || resolve(root, "../shared");
export const fixture = join(shared, "fixtures/existing-db");
export const build = process.env.MEMORA_BUILD || join(root, "build/debug");
