import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { belongs, flatten, type ListSpec, mergeHead, type MemoPage, placeMemo, removeMemo, shiftToken } from "@/data/memoLists";
import { changeStats } from "@/data/statsCache";
import { State } from "@/gen/memos/api/v1/common_pb";
import { type Memo, MemoSchema, Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { UserStatsSchema } from "@/gen/memos/api/v1/user_service_pb";
import { parseQuery } from "@/search/query";

const spec: ListSpec = { state: State.NORMAL, creator: "users/ann", terms: [], pinnedFirst: true, by: "create_time", newestFirst: true };

function memo(id: string, at: number, more: Partial<Memo> = {}): Memo {
  const base = { name: `memos/${id}`, state: State.NORMAL, creator: "users/ann", visibility: Visibility.PRIVATE, content: id };
  return { ...create(MemoSchema, { ...base, createTime: { seconds: BigInt(at), nanos: 0 } }), ...more };
}

const names = (pages: MemoPage[]) => pages.map((page) => page.memos.map((one) => one.name.slice(6)).join(""));

// limit 2, offset 4
const token = "CAIQBA==";

const pages = (): MemoPage[] => [
  { memos: [memo("a", 90, { pinned: true }), memo("b", 80)], nextPageToken: "CAIQAg==" },
  { memos: [memo("c", 70), memo("d", 60)], nextPageToken: token },
];

describe("shiftToken", () => {
  it("moves the offset and keeps what it can't read", () => {
    expect(shiftToken(token, -1)).toBe("CAIQAw==");
    expect(shiftToken(token, 0)).toBe(token);
    expect(shiftToken("", 1)).toBe("");
    expect(shiftToken("%%%", 1)).toBe("%%%");
  });
});

describe("placeMemo", () => {
  it("adds a new memo behind the pinned ones and moves the next page along", () => {
    const next = placeMemo(pages(), memo("n", 100), spec);
    expect(names(next)).toEqual(["anb", "cd"]);
    expect(next[1]!.nextPageToken).toBe("CAIQBQ==");
  });

  it("replaces in place", () => {
    const next = placeMemo(pages(), memo("c", 70, { content: "new" }), spec);
    expect(names(next)).toEqual(["ab", "cd"]);
    expect(next[1]!.memos[0]!.content).toBe("new");
    expect(next[1]!.nextPageToken).toBe(token);
  });

  it("moves a newly pinned memo to the front, and back", () => {
    const pinned = placeMemo(pages(), memo("d", 60, { pinned: true }), spec);
    expect(names(pinned)).toEqual(["adb", "c"]);
    expect(pinned[1]!.nextPageToken).toBe(token);
    expect(names(placeMemo(pinned, memo("d", 60), spec))).toEqual(["ab", "c"]);
  });

  it("leaves to a later page what lies beyond the loaded ones", () => {
    expect(names(placeMemo(pages(), memo("z", 10), spec))).toEqual(["ab", "cd"]);
    const all = pages().map((page) => ({ ...page, nextPageToken: "" }));
    expect(names(placeMemo(all, memo("z", 10), spec))).toEqual(["ab", "cdz"]);
  });

  it("takes out what no longer belongs", () => {
    const next = placeMemo(pages(), memo("b", 80, { state: State.ARCHIVED }), spec);
    expect(names(next)).toEqual(["a", "cd"]);
    expect(next[1]!.nextPageToken).toBe("CAIQAw==");
  });

  it("starts an empty list", () => {
    expect(names(placeMemo([{ memos: [], nextPageToken: "" }], memo("n", 1), spec))).toEqual(["n"]);
  });
});

describe("belongs", () => {
  it("judges by state, creator, visibility, terms and parent", () => {
    expect(belongs(memo("a", 1), spec)).toBe(true);
    expect(belongs(memo("a", 1, { creator: "users/bob" }), spec)).toBe(false);
    expect(belongs(memo("a", 1), { ...spec, visibilities: [Visibility.PUBLIC] })).toBe(false);
    expect(belongs(memo("tea", 1), { ...spec, terms: parseQuery("tea") })).toBe(true);
    expect(belongs(memo("a", 1, { optionalParent: { case: "parent", value: "memos/x" } }), spec)).toBe(false);
    expect(belongs(memo("a", 1), { ...spec, shortcut: "pinned" })).toBe("unknown");
  });
});

describe("removeMemo", () => {
  it("hands back the same pages when there is nothing to remove", () => {
    const before = pages();
    expect(removeMemo(before, "memos/zz")).toBe(before);
  });
});

describe("mergeHead", () => {
  it("brings in new memos, drops vanished ones, keeps later pages", () => {
    const head: MemoPage = { memos: [memo("a", 90, { pinned: true }), memo("n", 95), memo("c", 70)], nextPageToken: "x" };
    const merged = mergeHead(pages(), head, spec);
    expect(merged.flatMap((page) => page.memos.map((one) => one.name.slice(6))).join("")).toBe("ancd");
  });

  it("is the head alone when that is all there is", () => {
    const head: MemoPage = { memos: [memo("b", 80)], nextPageToken: "" };
    expect(mergeHead(pages(), head, spec)).toEqual([head]);
  });
});

describe("flatten", () => {
  it("shows an overlapping memo once", () => {
    const [first, second] = pages() as [MemoPage, MemoPage];
    const overlap = { ...second, memos: [first.memos[1]!, ...second.memos] };
    expect(flatten([first, overlap]).map((one) => one.name.slice(6)).join("")).toBe("abcd");
  });
});

describe("changeStats", () => {
  const stats = create(UserStatsSchema, { tagCount: { tea: 1 }, totalMemoCount: 1, memoCreatedTimestamps: [{ seconds: 5n, nanos: 0 }] });

  it("follows creation, change of tags, and removal", () => {
    const made = memo("a", 9, { tags: ["tea", "cup"] });
    const after = changeStats(stats, undefined, made);
    expect([after.tagCount, after.totalMemoCount, after.memoCreatedTimestamps.length]).toEqual([{ tea: 2, cup: 1 }, 2, 2]);
    const changed = changeStats(after, made, { ...made, tags: ["cup"] });
    expect(changed.tagCount).toEqual({ tea: 1, cup: 1 });
    const archived = changeStats(changed, { ...made, tags: ["cup"] }, { ...made, state: State.ARCHIVED });
    expect([archived.tagCount, archived.totalMemoCount, archived.memoCreatedTimestamps.length]).toEqual([{ tea: 1 }, 1, 1]);
  });

  it("leaves the given stats as they are", () => {
    changeStats(stats, undefined, memo("a", 9, { tags: ["tea"] }));
    expect(stats.tagCount).toEqual({ tea: 1 });
  });
});
