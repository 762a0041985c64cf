import type { InfiniteData, QueryKey } from "@tanstack/react-query";
import { type Memo, MemoRelation_Type } from "@/gen/memos/api/v1/memo_service_pb";
import { type ListSpec, type MemoPage, parentOf, placeMemo, removeMemo } from "./memoLists";
import { queryClient } from "./queryClient";
import { patchStats, statsKey } from "./statsCache";

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

/**
 * Puts the memo, in its new form, wherever it is shown or now belongs. One that isn't cached counts as new,
 * unless it is `counted` already: then counts are asked for again.
 */
export function putMemo(memo: Memo, counted = false): void {
  const before = cachedMemo(memo.name);
  queryClient.setQueryData<Memo>(memoKeys.one(memo.name), (old) => (old || before ? memo : old));
  if (!parentOf(memo)) {
    eachList((pages, spec) => placeMemo(pages, memo, spec));
    if (before || !counted) patchStats(before, memo);
    else void queryClient.invalidateQueries({ queryKey: statsKey(memo.creator) });
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
  forgetComment(name);
  queryClient.removeQueries({ queryKey: memoKeys.one(name), type: "inactive" });
  if (before && !parentOf(before)) patchStats(before, undefined);
  for (const [key, memos] of queryClient.getQueriesData<Memo[]>({ queryKey: ["comments"] })) {
    if (memos?.some((one) => one.name === name)) queryClient.setQueryData<Memo[]>(key, memos.filter((one) => one.name !== name));
  }
}

/** A memo counts its comments by its relations. */
function forgetComment(name: string): void {
  const isOf = (one: Memo["relations"][number]) => one.type === MemoRelation_Type.COMMENT && one.memo?.name === name;
  const without = (memo: Memo) => (memo.relations.some(isOf) ? { ...memo, relations: memo.relations.filter((one) => !isOf(one)) } : memo);
  eachList((pages) => {
    const touched = pages.some((page) => page.memos.some((memo) => memo.relations.some(isOf)));
    return touched ? pages.map((page) => ({ ...page, memos: page.memos.map(without) })) : pages;
  });
  queryClient.setQueriesData<Memo>({ queryKey: ["memo"] }, (memo) => memo && without(memo));
}

export function addComment(parent: string, comment: Memo): void {
  queryClient.setQueryData<Memo[]>(memoKeys.comments(parent), (old) => (old?.some((one) => one.name === comment.name) ? old : [...(old ?? []), comment]));
}
