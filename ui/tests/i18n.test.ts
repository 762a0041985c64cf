import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { t } from "@/i18n";
import { en } from "@/i18n/en";
import { late } from "@/i18n/en.late";

const root = join(__dirname, "..", "src");
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !/^(gen|i18n)\//.test(name))
  .map((name) => readFileSync(join(root, name), "utf8"));
const all = sources.join("\n");

// Keys put together from a fixed part and a variable one, such as `theme.${name}`.
const stems = [...all.matchAll(/t\(`([a-z]+\.)\$\{/gi)].map((match) => match[1]!);

describe("texts", () => {
  it("has no key that is no longer used", () => {
    const unused = Object.keys({ ...en, ...late }).filter((key) => !all.includes(`"${key}"`) && !stems.some((stem) => key.startsWith(stem)));
    expect(unused).toEqual([]);
  });

  it("has no key twice", () => {
    expect(Object.keys(late).filter((key) => key in en)).toEqual([]);
  });

  it("puts in values and chooses by number", () => {
    expect(t("search.remove", { term: "tea" })).toBe("Remove tea");
    expect(t("search.found", { n: 1 })).toBe("One memo");
    expect(t("search.found", { n: 1200 })).toBe("1,200 memos");
    expect(t("calendar.day", { day: "Monday", n: 0 })).toBe("Monday, 0 memos");
  });
});
