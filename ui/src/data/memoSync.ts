import { useEffect } from "react";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import type { User } from "@/gen/memos/api/v1/user_service_pb";
import { memoKeys, type MemoListData } from "./memoCache";
import { type ListSpec, mergeHead, type MemoPage, shiftToken } from "./memoLists";
import { fetchPage } from "./memos";
import { offerMemo } from "./newcomers";
import { queryClient } from "./queryClient";
import { meKey } from "./users";

const notMoreOftenMs = 30_000;
const refreshing = new Set<string>();

/** The fresh page without what others have written since: that is offered, not pushed in under the reader's eyes. */
function holdBack(head: MemoPage, data: MemoListData): MemoPage {
  const me = queryClient.getQueryData<User>(meKey)?.name;
  const known = new Set(data.pages.flatMap((page) => page.memos.map((memo) => memo.name)));
  const isOthers = (memo: Memo) => !known.has(memo.name) && memo.creator !== me;
  const held = head.memos.filter(isOthers);
  held.forEach(offerMemo);
  return { memos: head.memos.filter((memo) => !isOthers(memo)), nextPageToken: shiftToken(head.nextPageToken, -held.length) };
}

/** Brings a list last fetched before `since` up to date with one request for its first page. */
async function refreshHead(spec: ListSpec, since: number, reading: boolean): Promise<void> {
  const key = memoKeys.list(spec);
  const state = queryClient.getQueryState(key);
  const text = JSON.stringify(spec);
  if (!state?.data || state.fetchStatus !== "idle" || refreshing.has(text) || state.dataUpdatedAt >= since) return;
  refreshing.add(text);
  try {
    const page = await fetchPage(spec, "");
    const data = queryClient.getQueryData<MemoListData>(key);
    if (!data) return;
    const pages = mergeHead(data.pages, reading ? holdBack(page, data) : page, spec);
    queryClient.setQueryData<MemoListData>(key, { pages, pageParams: pages.map((_, index) => data.pageParams[index] ?? "") });
  } catch {
    // What is on screen stays; the next occasion tries again.
  } finally {
    refreshing.delete(text);
  }
}

/** Refreshes the shown list on return to it, to the tab, and to the network. */
export function useFreshList(spec: ListSpec): void {
  const text = JSON.stringify(spec);
  useEffect(() => {
    const own = JSON.parse(text) as ListSpec;
    const refresh = (reading: boolean) => document.visibilityState === "visible" && void refreshHead(own, Date.now() - notMoreOftenMs, reading);
    const onReturn = () => refresh(true);
    refresh(false);
    document.addEventListener("visibilitychange", onReturn);
    window.addEventListener("online", onReturn);
    return () => {
      document.removeEventListener("visibilitychange", onReturn);
      window.removeEventListener("online", onReturn);
    };
  }, [text]);
}

/** Asks once for everything on screen that was fetched before `since`. */
export function resyncShown(since: number): void {
  const shown = queryClient.getQueryCache().findAll({ type: "active", predicate: (query) => query.state.dataUpdatedAt < since });
  for (const { queryKey } of shown) {
    if (queryKey[0] === memoKeys.lists[0]) void refreshHead(queryKey[1] as ListSpec, since, true);
    else if (queryKey[0] === "memo" || queryKey[0] === "comments") void queryClient.invalidateQueries({ queryKey, exact: true });
  }
}
