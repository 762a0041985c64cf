// Generates the TypeScript messages and service descriptors under src/gen from the repository's proto files.
// The embedded descriptors travel to the browser, so HTTP bindings and field behaviours (of no use there) are removed
// before the code generator sees them. Skipped when nothing changed since the last run.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const ui = join(dirname(fileURLToPath(import.meta.url)), "..");
const protoRoot = join(ui, "..", "proto");
const out = join(ui, "src", "gen");
const stamp = join(out, ".stamp");
const services = ["auth", "user", "memo", "attachment", "instance", "shortcut", "idp"];
const entries = services.map((name) => `memos/api/v1/${name}_service.proto`);

function newestMtime(dir) {
  const files = readdirSync(dir, { recursive: true }).map((name) => join(dir, name));
  return Math.max(...files.map((file) => statSync(file).mtimeMs), statSync(fileURLToPath(import.meta.url)).mtimeMs);
}

function describe() {
  const dir = mkdtempSync(join(tmpdir(), "memora-gen-"));
  try {
    const file = join(dir, "set.binpb");
    execFileSync(
      process.env.PROTOC ?? "protoc",
      [`--proto_path=${protoRoot}`, "--proto_path=/usr/include", "--include_imports", `--descriptor_set_out=${file}`, ...entries],
      { stdio: "inherit", cwd: protoRoot },
    );
    return fromBinary(FileDescriptorSetSchema, readFileSync(file)).file;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function stripMessage(message) {
  for (const field of message.field) field.options = undefined;
  message.nestedType.filter((nested) => !nested.options?.mapEntry).forEach(stripMessage);
}

function strip(file) {
  if (!file.name.startsWith("memos/")) return;
  file.dependency = file.dependency.filter((name) => !name.startsWith("google/api/"));
  file.messageType.forEach(stripMessage);
  for (const service of file.service) for (const method of service.method) method.options = undefined;
}

function runPlugin(files) {
  const own = files.map((file) => file.name).filter((name) => name.startsWith("memos/") || name.startsWith("google/type/"));
  const request = create(CodeGeneratorRequestSchema, { fileToGenerate: own, parameter: "target=ts", protoFile: files });
  const plugin = join(ui, "node_modules", ".bin", "protoc-gen-es");
  const answer = execFileSync(plugin, { input: toBinary(CodeGeneratorRequestSchema, request), maxBuffer: 64 << 20 });
  const response = fromBinary(CodeGeneratorResponseSchema, answer);
  if (response.error) throw new Error(response.error);
  return response.file;
}

if (existsSync(stamp) && statSync(stamp).mtimeMs > newestMtime(protoRoot)) process.exit(0);
const files = describe().filter((file) => !file.name.startsWith("google/api/"));
files.forEach(strip);
rmSync(out, { recursive: true, force: true });
for (const { name, content } of runPlugin(files)) {
  const target = join(out, name);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
}
writeFileSync(stamp, "");
console.log(`gen: ${relative(process.cwd(), out)} from ${entries.length} services`);
