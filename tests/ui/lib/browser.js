// Real Chromium against a real server: every page is watched for errors, refused resources and foreign requests.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { PATIENCE_MS } from "../../lib/wait.mjs";
import { Server, root } from "../../wire/lib/server.js";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const artifacts = join(here, "artifacts");
export const uiDir = process.env.MEMORA_UI || join(root, "ui/dist");

const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const startServer = (options = {}) =>
  Server.start({ ...options, args: ["--set", `server.ui_dir=${uiDir}`, ...(options.args || [])] });

export class Browser {
  static async start() {
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), "memora-chromium-"));
    browser.handle = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: flags });
    mkdirSync(artifacts, { recursive: true });
    return browser;
  }

  async stop() {
    await this.handle.close();
    rmSync(this.profile, { recursive: true, force: true });
  }

  /** A page of a fresh visitor. problems collects what must not happen. */
  async visitor(server, { width = 1440, height = 900, dark = false } = {}) {
    const context = await this.handle.newContext({
      baseURL: server.url,
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
      hasTouch: width < 640,
      locale: "en-US",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const problems = [];
    page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
    page.on("console", (message) => {
      const text = message.text();
      // A visitor without a session is told so by a 401 of the refresh call: normal and silent (ui.md 1).
      const expected = /Failed to load resource.*(401|404)/.test(text) && /RefreshToken|GetMemo|file\//.test(message.location().url);
      if (message.type() === "error" && !expected) problems.push(`console: ${text} ${message.location().url}`);
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(server.url) && !/^(data|blob):/.test(url)) problems.push(`foreign request: ${url}`);
    });
    page.problems = problems;
    page.quiet = quietness(page);
    return page;
  }
}

/** A function that waits until nothing has been asked for during half a second. The event stream, which never ends, doesn't count. */
function quietness(page) {
  const open = new Set();
  let since = Date.now();
  const ended = (request) => {
    open.delete(request);
    since = Date.now();
  };
  page.on("request", (request) => request.url().endsWith("/api/v1/sse") || open.add(request));
  page.on("requestfinished", ended);
  page.on("requestfailed", ended);
  return async () => {
    since = Date.now();
    const until = since + PATIENCE_MS;
    while (open.size || Date.now() - since < 500) {
      if (Date.now() > until) throw new Error(`still asked for: ${[...open].map((request) => request.url()).join(" ")}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
}

export async function screenshot(page, name) {
  await page.screenshot({ path: join(artifacts, `${name}.png`) });
}

/** The answer to the next call of a method, once it is there in full: what the page shows by then may be ahead of it. */
export const answered = (page, method) =>
  page.waitForResponse((answer) => answer.url().endsWith(`/${method}`)).then((answer) => answer.finished());

/** Accessibility faults as axe names them, with the elements. What fades in has faint colours, so it is waited for. */
export async function axe(page) {
  await page.waitForFunction(() => document.getAnimations().every((animation) =>
    animation.playState !== "running" || animation.effect?.getComputedTiming().endTime === Infinity));
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.target.join(" ")).slice(0, 4).join(" | ")}`);
}

/** True if the page is wider than its window. */
export const overflows = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);
