import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { PageTokenSchema, State } from "@/gen/memos/api/v1/common_pb";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { matchesTerms } from "@/search/filter";
import type { Term } from "@/search/query";

/** What a list of memos holds and in which order: enough to ask the server and to judge a memo here. */
export interface ListSpec {
  state: State;
  /** Only memos of this user (`users/name`), or everybody's. */
  creator?: string;
  /** Visibilities shown; all when absent. */
  visibilities?: Visibility[];
  terms: Term[];
  /** A saved filter, known only to the server. */
  shortcut?: string;
  pinnedFirst: boolean;
  by: "create_time" | "update_time";
  newestFirst: boolean;
}

/** What everybody may see, in the order in which it was written unless the reader wants another. */
export function exploreSpec(order: Pick<ListSpec, "by" | "newestFirst"> = { by: "create_time", newestFirst: true }, terms: Term[] = []): ListSpec {
  // What one keeps to oneself isn't for exploring.
  return { state: State.NORMAL, visibilities: [Visibility.PUBLIC, Visibility.PROTECTED], terms, pinnedFirst: false, ...order };
}

export interface MemoPage {
  memos: Memo[];
  nextPageToken: string;
}

/** The memo that this one comments on. */
export const parentOf = (memo: Memo) => memo.optionalParent.value;

const timeOf = (memo: Memo, by: ListSpec["by"]) => Number((by === "update_time" ? memo.updateTime : memo.createTime)?.seconds ?? 0n);

export function compareMemos(a: Memo, b: Memo, spec: ListSpec): number {
  if (spec.pinnedFirst && a.pinned !== b.pinned) return a.pinned ? -1 : 1;
  const older = timeOf(a, spec.by) - timeOf(b, spec.by);
  return spec.newestFirst ? -older : older;
}

/** `unknown` when only the server can tell, because a saved filter takes part. */
export function belongs(memo: Memo, spec: ListSpec): boolean | "unknown" {
  if (memo.state !== spec.state || parentOf(memo)) return false;
  if (spec.creator && memo.creator !== spec.creator) return false;
  if (spec.visibilities && !spec.visibilities.includes(memo.visibility)) return false;
  if (!matchesTerms(memo, spec.terms)) return false;
  return spec.shortcut ? "unknown" : true;
}

/** Page tokens are offsets: when loaded memos come or go by our own hand, the place of the next page moves with them. */
export function shiftToken(token: string, by: number): string {
  if (!token || !by) return token;
  try {
    const page = fromBinary(PageTokenSchema, base64Decode(token));
    return base64Encode(toBinary(PageTokenSchema, create(PageTokenSchema, { limit: page.limit, offset: Math.max(0, page.offset + by) })));
  } catch {
    return token;
  }
}

/** The pages without the memo. The same array when it wasn't there. */
export function removeMemo(pages: MemoPage[], name: string): MemoPage[] {
  if (!pages.some((page) => page.memos.some((memo) => memo.name === name))) return pages;
  return pages.map((page, index) => ({
    memos: page.memos.filter((memo) => memo.name !== name),
    nextPageToken: index === pages.length - 1 ? shiftToken(page.nextPageToken, -1) : page.nextPageToken,
  }));
}

/** The pages with the memo at its place: replaced, moved, added, or taken out, as its own facts demand. */
export function placeMemo(pages: MemoPage[], memo: Memo, spec: ListSpec): MemoPage[] {
  const old = pages.flatMap((page) => page.memos).find((one) => one.name === memo.name);
  const wanted = belongs(memo, spec);
  if (wanted === false) return old ? removeMemo(pages, memo.name) : pages;
  if (wanted === "unknown" && !old) return pages;
  if (old && compareMemos(old, memo, spec) === 0) {
    return pages.map((page) => (page.memos.includes(old) ? { ...page, memos: page.memos.map((one) => (one === old ? memo : one)) } : page));
  }
  const rest = old ? removeMemo(pages, memo.name) : pages;
  return insertMemo(rest, memo, spec);
}

function insertMemo(pages: MemoPage[], memo: Memo, spec: ListSpec): MemoPage[] {
  if (!pages.length) return [{ memos: [memo], nextPageToken: "" }];
  const last = pages.length - 1;
  let at = pages.findIndex((page) => page.memos.some((one) => compareMemos(memo, one, spec) <= 0));
  if (at < 0) {
    // Behind all that is loaded: it comes with a later page, unless there is none.
    if (pages[last]!.nextPageToken) return pages;
    at = last;
  }
  return pages.map((page, index) => {
    const memos = [...page.memos];
    if (index === at) {
      const before = memos.findIndex((one) => compareMemos(memo, one, spec) <= 0);
      memos.splice(before < 0 ? memos.length : before, 0, memo);
    }
    return { memos, nextPageToken: index === last ? shiftToken(page.nextPageToken, 1) : page.nextPageToken };
  });
}

/** Brings loaded pages up to date from a newly fetched first page, without touching what lies beyond it. */
export function mergeHead(pages: MemoPage[], head: MemoPage, spec: ListSpec): MemoPage[] {
  if (pages.length <= 1 || !head.nextPageToken) return [head];
  const fresh = new Set(head.memos.map((memo) => memo.name));
  const end = head.memos.at(-1);
  // What sorts within the fresh page but isn't in it any more has gone.
  const gone = pages
    .flatMap((page) => page.memos)
    .filter((memo) => !fresh.has(memo.name) && end && compareMemos(memo, end, spec) < 0)
    .map((memo) => memo.name);
  const without = gone.reduce(removeMemo, pages);
  return head.memos.reduce((merged, memo) => placeMemo(merged, memo, spec), without);
}

/** Every memo once, even where pages overlap because somebody else wrote meanwhile. */
export function flatten(pages: MemoPage[]): Memo[] {
  const seen = new Set<string>();
  return pages.flatMap((page) => page.memos.filter((memo) => !seen.has(memo.name) && seen.add(memo.name)));
}
