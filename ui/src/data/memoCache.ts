import type { InfiniteData, QueryKey } from "@tanstack/react-query";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { type ListSpec, type MemoPage, parentOf, placeMemo, removeMemo } from "./memoLists";
import { queryClient } from "./queryClient";
import { patchStats } from "./statsCache";

/** Keys and patches of everything the page keeps about memos. All writes go through here. */
export const memoKeys = {
  lists: ["memo-list"] as const,
  list: (spec: ListSpec) => ["memo-list", spec] as const,
  one: (name: string) => ["memo", name] as const,
  comments: (name: string) => ["comments", name] as const,
};

export type MemoListData = InfiniteData<MemoPage, string>;

function specOf(key: QueryKey): ListSpec {
  return key[1] as ListSpec;
}

function eachList(change: (pages: MemoPage[], spec: ListSpec) => MemoPage[]): void {
  for (const [key, data] of queryClient.getQueriesData<MemoListData>({ queryKey: memoKeys.lists })) {
    if (!data) continue;
    const pages = change(data.pages, specOf(key));
    if (pages === data.pages) continue;
    const pageParams = pages.map((_, index) => data.pageParams[index] ?? "");
    queryClient.setQueryData<MemoListData>(key, { pages, pageParams }, { updatedAt: queryClient.getQueryState(key)?.dataUpdatedAt ?? Date.now() });
  }
}

/** The memo as any part of the page knows it. */
export function cachedMemo(name: string): Memo | undefined {
  const alone = queryClient.getQueryData<Memo>(memoKeys.one(name));
  if (alone) return alone;
  for (const [, data] of queryClient.getQueriesData<MemoListData>({ queryKey: memoKeys.lists })) {
    const found = data?.pages.flatMap((page) => page.memos).find((memo) => memo.name === name);
    if (found) return found;
  }
  for (const [, memos] of queryClient.getQueriesData<Memo[]>({ queryKey: ["comments"] })) {
    const found = memos?.find((memo) => memo.name === name);
    if (found) return found;
  }
  return undefined;
}

/** Puts the memo, in its new form, wherever it is shown or now belongs. */
export function putMemo(memo: Memo): void {
  const before = cachedMemo(memo.name);
  queryClient.setQueryData<Memo>(memoKeys.one(memo.name), (old) => (old || before ? memo : old));
  if (!parentOf(memo)) {
    eachList((pages, spec) => placeMemo(pages, memo, spec));
    patchStats(before, memo);
  }
  for (const [key, memos] of queryClient.getQueriesData<Memo[]>({ queryKey: ["comments"] })) {
    if (memos?.some((one) => one.name === memo.name)) {
      queryClient.setQueryData<Memo[]>(key, memos.map((one) => (one.name === memo.name ? memo : one)));
    }
  }
}

export function dropMemo(name: string): void {
  const before = cachedMemo(name);
  eachList((pages) => removeMemo(pages, name));
  queryClient.removeQueries({ queryKey: memoKeys.one(name), type: "inactive" });
  if (before && !parentOf(before)) patchStats(before, undefined);
  for (const [key, memos] of queryClient.getQueriesData<Memo[]>({ queryKey: ["comments"] })) {
    if (memos?.some((one) => one.name === name)) queryClient.setQueryData<Memo[]>(key, memos.filter((one) => one.name !== name));
  }
}

export function addComment(parent: string, comment: Memo): void {
  queryClient.setQueryData<Memo[]>(memoKeys.comments(parent), (old) => (old?.some((one) => one.name === comment.name) ? old : [...(old ?? []), comment]));
}
