// Prints what a first visit loads and fails when it outgrows the budget: script 150 KiB and style 20 KiB, compressed.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const budget = { js: 150 * 1024, css: 20 * 1024 };
const html = readFileSync(join(dist, "index.html"), "utf8");
const first = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((match) => match[1]);

const size = (name, ending) => (existsSync(join(dist, name + ending)) ? statSync(join(dist, name + ending)).size : statSync(join(dist, name)).size);
const total = { js: { br: 0, gz: 0 }, css: { br: 0, gz: 0 } };
for (const name of first) {
  const kind = name.endsWith(".js") ? "js" : "css";
  total[kind].br += size(name, ".br");
  total[kind].gz += size(name, ".gz");
  console.log(`${name.padEnd(44)} br ${String(size(name, ".br")).padStart(7)}  gz ${String(size(name, ".gz")).padStart(7)}`);
}
let later = 0;
for (const name of readdirSync(join(dist, "assets"))) {
  const path = `assets/${name}`;
  if (!/\.(js|css)$/.test(name) || first.includes(path)) continue;
  later += size(path, ".br");
}
for (const kind of ["js", "css"]) console.log(`first visit ${kind}: br ${total[kind].br}, gz ${total[kind].gz}, budget ${budget[kind]}`);
console.log(`on demand: br ${later}`);
if (total.js.br > budget.js || total.css.br > budget.css) {
  console.error("size: over budget");
  process.exit(1);
}
