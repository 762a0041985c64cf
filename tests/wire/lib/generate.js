// Generates the Connect client code of our own .proto files into gen/ with protoc.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const protoRoot = join(here, "../../proto");
const out = join(here, "gen");

function files(dir, prefix) {
  return readdirSync(join(protoRoot, dir), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(dir, entry.name), prefix) : [join(dir, entry.name)],
  );
}

const include = ["/usr/include", "/usr/local/include"].find((dir) =>
  existsSync(join(dir, "google/protobuf/timestamp.proto")),
);
if (!include) throw new Error("google/protobuf/timestamp.proto not found: install libprotobuf-dev");

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
execFileSync("protoc", [
  `--plugin=protoc-gen-es=${join(here, "node_modules/.bin/protoc-gen-es")}`,
  `-I${protoRoot}`,
  `-I${include}`,
  `--es_out=${out}`,
  "--es_opt=target=js,import_extension=js",
  ...files("memos"),
  ...files("google"),
]);
