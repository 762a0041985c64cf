import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { OutputBundle } from "rollup";
import type { HtmlTagDescriptor, Plugin } from "vite";
import { defineConfig } from "vitest/config";

const server = process.env.MEMORA_SERVER ?? "http://localhost:5230";
const served = ["^/memos\\.api\\.v1", "^/file/", "^/api/"];

/** The chunks that a module and its imports came to lie in. */
function chunksOf(bundle: OutputBundle, module: string): string[] {
  const files: string[] = [];
  const visit = (file: string) => {
    const chunk = bundle[file];
    if (chunk?.type !== "chunk" || files.includes(file)) return;
    files.push(file);
    chunk.imports.forEach(visit);
  };
  for (const output of Object.values(bundle)) if (output.type === "chunk" && output.facadeModuleId?.endsWith(module)) visit(output.fileName);
  return files;
}

/** What draws Markdown is asked for by script at every start: named in the page, it comes a round trip earlier. */
const earlyMarkdown: Plugin = {
  name: "early-markdown",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle }) {
      const files = chunksOf(bundle ?? {}, "/src/markdown/Markdown.tsx").filter((file) => !html.includes(file));
      return files.map((file): HtmlTagDescriptor => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, fetchpriority: "low", href: `/${file}` }, injectTo: "head" }));
    },
  },
};

export default defineConfig({
  plugins: [react(), tailwindcss(), earlyMarkdown],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      onwarn(warning, warn) {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
      output: {
        // Libraries change less often than our code: their own files stay cached over an upgrade.
        manualChunks(id) {
          if (/node_modules\/(react|react-dom|scheduler)\//.test(id)) return "react";
          if (/node_modules\/(@bufbuild|@connectrpc|@tanstack)\//.test(id)) return "rpc";
          return undefined;
        },
      },
    },
  },
  server: { proxy: Object.fromEntries(served.map((path) => [path, { target: server }])) },
  test: { include: ["tests/**/*.test.{ts,tsx}"] },
});
