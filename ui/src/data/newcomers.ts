import { useMemo } from "react";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { createStore, useStore } from "@/lib/store";
import { putMemo } from "./memoCache";
import { type ListSpec, type MemoPage, placeMemo } from "./memoLists";

/** Memos of others that came in while a list was being read, oldest first. They join it when the reader asks for them. */
const newcomers = createStore<ReadonlyMap<string, Memo>>(new Map());

/** More than anybody reads at once; the oldest give way, and come with the list when it is loaded anew. */
const most = 100;

export const isOffered = (name: string) => newcomers.get().has(name);

export function offerMemo(memo: Memo): void {
  newcomers.set((before) => new Map([...before].filter(([name]) => name !== memo.name).slice(1 - most)).set(memo.name, memo));
}

export function withdrawMemos(names: string[]): void {
  if (names.some(isOffered)) newcomers.set((before) => new Map([...before].filter(([name]) => !names.includes(name))));
}

export const forgetNewcomers = () => newcomers.set(new Map());

/** Those of the waiting memos that this list, as far as it is loaded, has a place for. */
export function newcomersFor(waiting: Iterable<Memo>, pages: MemoPage[], spec: ListSpec): Memo[] {
  const listed = new Set(pages.flatMap((page) => page.memos.map((memo) => memo.name)));
  return [...waiting].filter((memo) => !listed.has(memo.name) && placeMemo(pages, memo, spec) !== pages);
}

export function useNewcomers(spec: ListSpec, pages: MemoPage[] | undefined): Memo[] {
  const waiting = useStore(newcomers);
  return useMemo(() => (pages && waiting.size ? newcomersFor(waiting.values(), pages, spec) : []), [waiting, pages, spec]);
}

export function showNewcomers(memos: Memo[]): void {
  memos.forEach((memo) => putMemo(memo));
  withdrawMemos(memos.map((memo) => memo.name));
}
