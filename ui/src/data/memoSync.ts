import { useEffect } from "react";
import { memoKeys, type MemoListData } from "./memoCache";
import { type ListSpec, mergeHead } from "./memoLists";
import { fetchPage } from "./memos";
import { queryClient } from "./queryClient";

const notMoreOftenMs = 30_000;

/** Brings a list up to date with one request for its first page. */
async function refreshHead(spec: ListSpec, olderThanMs = notMoreOftenMs): Promise<void> {
  const key = memoKeys.list(spec);
  const state = queryClient.getQueryState(key);
  if (!state?.data || state.fetchStatus !== "idle" || Date.now() - state.dataUpdatedAt < olderThanMs) return;
  try {
    const head = await fetchPage(spec, "");
    queryClient.setQueryData<MemoListData>(key, (data) => {
      if (!data) return data;
      const pages = mergeHead(data.pages, head, spec);
      return { pages, pageParams: pages.map((_, index) => data.pageParams[index] ?? "") };
    });
  } catch {
    // What is on screen stays; the next occasion tries again.
  }
}

/** Refreshes the shown list on return to it, to the tab, and to the network. */
export function useFreshList(spec: ListSpec): void {
  const text = JSON.stringify(spec);
  useEffect(() => {
    const own = JSON.parse(text) as ListSpec;
    const refresh = () => document.visibilityState === "visible" && void refreshHead(own);
    refresh();
    document.addEventListener("visibilitychange", refresh);
    window.addEventListener("online", refresh);
    return () => {
      document.removeEventListener("visibilitychange", refresh);
      window.removeEventListener("online", refresh);
    };
  }, [text]);
}
