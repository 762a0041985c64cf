import { describe, expect, it } from "vitest";
import { create } from "@bufbuild/protobuf";
import { MemoSchema, Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { matchesTerms, quoteLiteral, toFilter } from "@/search/filter";
import { formatQuery, parseQuery, queryFromFactors, toggleTerm } from "@/search/query";

describe("parseQuery", () => {
  it("splits words and keeps exact words together", () => {
    expect(parseQuery('green  tea "hot water"').map((term) => term.value)).toEqual(["green", "tea", "hot water"]);
  });

  it("knows operators, with quotes and negation", () => {
    expect(parseQuery('tag:work -tag:"deep work" is:pinned has:task on:2026-03-01')).toEqual([
      { kind: "tag", value: "work", not: false },
      { kind: "tag", value: "deep work", not: true },
      { kind: "is", value: "pinned", not: false },
      { kind: "has", value: "task", not: false },
      { kind: "on", value: "2026-03-01", not: false },
    ]);
  });

  it("takes #tag for a tag and a lone # for text", () => {
    expect(parseQuery("#work/plan #")).toEqual([
      { kind: "tag", value: "work/plan", not: false },
      { kind: "text", value: "#", not: false },
    ]);
  });

  it("ignores an operator still being typed", () => {
    expect(parseQuery("tea tag:")).toEqual([{ kind: "text", value: "tea", not: false }]);
  });

  it("treats unknown operators and bad values as words", () => {
    expect(parseQuery("https://x.org is:odd on:2026-13-45").map((term) => term.kind)).toEqual(["text", "text", "text"]);
  });

  it("survives an unclosed quote", () => {
    expect(parseQuery('"half open')).toEqual([{ kind: "text", value: "half open", not: false }]);
  });

  it.each(['tea tag:work -tag:"a b"', "is:pinned has:code", '"hot water" -cold', "before:2026-01-02 by:ann"])("writes %s back unchanged", (query) => {
    expect(formatQuery(parseQuery(query))).toBe(query);
  });
});

describe("toggleTerm", () => {
  it("adds and removes", () => {
    const work = { kind: "tag", value: "work", not: false } as const;
    expect(toggleTerm("tea", work)).toBe("tea tag:work");
    expect(toggleTerm("tea tag:work", work)).toBe("tea");
  });

  it("has one day at a time", () => {
    expect(toggleTerm("on:2026-01-01 x", { kind: "on", value: "2026-01-02", not: false })).toBe("x on:2026-01-02");
  });
});

describe("queryFromFactors", () => {
  it("reads the older address form", () => {
    expect(queryFromFactors("contentSearch:caf%C3%A9,tagSearch:a%2Fb,pinned:true,property.hasCode:true")).toBe("café tag:a/b is:pinned has:code");
  });

  it("skips what it doesn't know", () => {
    expect(queryFromFactors("odd:1,visibility:PUBLIC,contentSearch:%")).toBe("is:public %");
  });
});

describe("toFilter", () => {
  it("joins conditions", () => {
    expect(toFilter(parseQuery("tea -tag:work is:pinned"), ['creator == "users/a"'])).toBe(
      'creator == "users/a" && content.contains("tea") && (size(tags) == 0 || !(tag in ["work"])) && pinned',
    );
  });

  it("makes a day a half-open range", () => {
    const from = new Date(2026, 2, 1).getTime() / 1000;
    expect(toFilter(parseQuery("on:2026-03-01"))).toBe(`created_ts >= timestamp(${from}) && created_ts < timestamp(${new Date(2026, 2, 2).getTime() / 1000})`);
  });

  it("lets nothing out of a literal", () => {
    expect(quoteLiteral('a" || true || "\\')).toBe('"a\\" || true || \\"\\\\"');
    expect(quoteLiteral("line\nend")).toBe('"line\\u000aend"');
  });
});

describe("matchesTerms", () => {
  const memo = create(MemoSchema, {
    content: "Grüner TEE #work/plan",
    tags: ["work/plan"],
    creator: "users/ann",
    visibility: Visibility.PUBLIC,
    pinned: true,
    createTime: { seconds: BigInt(new Date(2026, 2, 1, 23, 30).getTime() / 1000), nanos: 0 },
  });

  it.each([
    ["tee", true],
    ["grün tee", true],
    ["kaffee", false],
    ["-kaffee", true],
    ["tag:work", true],
    ["tag:wor", false],
    ["tag:WORK/plan", true],
    ["is:pinned is:public", true],
    ["is:private", false],
    ["by:ann", true],
    ["on:2026-03-01", true],
    ["on:2026-03-02", false],
    ["before:2026-03-01", false],
    ["after:2026-02-28", true],
    ["has:link", false],
    ["has:tag", true],
  ])("%s: %s", (query, expected) => {
    expect(matchesTerms(memo, parseQuery(query))).toBe(expected);
  });
});
