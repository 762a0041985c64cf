import { clone, create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { memoApi } from "@/api/client";
import { codeOf, describeError } from "@/api/errors";
import { type Memo, MemoSchema, Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { quoteLiteral, toFilter } from "@/search/filter";
import { toTimestamp } from "@/lib/time";
import { showError } from "@/ui/toast";
import { withEcho } from "./echoes";
import { addComment, cachedMemo, memoKeys, putMemo } from "./memoCache";
import { type ListSpec, type MemoPage } from "./memoLists";
import { hideDeleted } from "./pendingDeletes";
import { queryClient } from "./queryClient";

export const pageSize = 16;

export const memoUid = (name: string) => name.slice("memos/".length);

function filterOf(spec: ListSpec): string {
  const fixed: string[] = [];
  if (spec.creator) fixed.push(`creator == ${quoteLiteral(spec.creator)}`);
  if (spec.visibilities) fixed.push(`visibility in [${spec.visibilities.map((one) => quoteLiteral(Visibility[one])).join(", ")}]`);
  if (spec.shortcut) fixed.push(`(${spec.shortcut})`);
  return toFilter(spec.terms, fixed);
}

export async function fetchPage(spec: ListSpec, pageToken: string, signal?: AbortSignal): Promise<MemoPage> {
  const direction = spec.newestFirst ? "desc" : "asc";
  const orderBy = `${spec.pinnedFirst ? "pinned desc, " : ""}${spec.by} ${direction}`;
  const answer = await memoApi.listMemos({ pageSize, pageToken, state: spec.state, orderBy, filter: filterOf(spec) }, signal ? { signal } : {});
  return { memos: hideDeleted(answer.memos), nextPageToken: answer.nextPageToken };
}

export function useMemoList(spec: ListSpec, enabled = true) {
  return useInfiniteQuery({
    queryKey: memoKeys.list(spec),
    queryFn: ({ pageParam, signal }) => fetchPage(spec, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (page: MemoPage) => page.nextPageToken || undefined,
    // Kept current by `memoSync`; asking for every loaded page again is never right.
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    enabled,
  });
}

export function useMemoByName(name: string) {
  return useQuery({
    queryKey: memoKeys.one(name),
    queryFn: ({ signal }) => memoApi.getMemo({ name }, { signal }),
    initialData: () => cachedMemo(name),
    initialDataUpdatedAt: 0,
  });
}

export function useComments(name: string, enabled = true) {
  return useQuery({
    queryKey: memoKeys.comments(name),
    queryFn: async ({ signal }) => {
      const answer = await memoApi.listMemoComments({ name, pageSize: 200 }, { signal });
      // The server lists the newest first; a conversation reads the other way round.
      return hideDeleted(answer.memos).reverse();
    },
    enabled,
  });
}

export interface NewMemo {
  uid: string;
  content: string;
  visibility: Visibility;
  attachments: { name: string }[];
  createTime?: Date;
}

/** A create may be repeated under the same uid: if the first answer got lost, the memo is simply fetched. */
export async function createMemo(draft: NewMemo, parent?: string): Promise<Memo> {
  const { uid, content, visibility, attachments } = draft;
  const memo = { content, visibility, attachments, ...(draft.createTime && { createTime: toTimestamp(draft.createTime) }) };
  let created: Memo;
  try {
    created = parent
      ? await withEcho("memo.comment.created", parent, () => memoApi.createMemoComment({ name: parent, comment: memo, commentId: uid }))
      : await withEcho("memo.created", `memos/${uid}`, () => memoApi.createMemo({ memo, memoId: uid }));
  } catch (error) {
    const taken = codeOf(error) === Code.AlreadyExists || (parent && codeOf(error) === Code.Internal);
    const existing = taken ? await memoApi.getMemo({ name: `memos/${uid}` }).catch(() => undefined) : undefined;
    if (existing?.content !== content) throw error;
    created = existing;
  }
  if (parent) {
    created = clone(MemoSchema, created);
    created.optionalParent = { case: "parent", value: parent };
    addComment(parent, created);
    const parentMemo = cachedMemo(parent);
    if (parentMemo) putMemo({ ...parentMemo, relations: [...created.relations.filter((one) => one.relatedMemo?.name === parent), ...parentMemo.relations] });
  } else {
    queryClient.setQueryData(memoKeys.one(created.name), created);
    putMemo(created);
  }
  return created;
}

type Changes = Partial<Pick<Memo, "content" | "visibility" | "pinned" | "state" | "attachments" | "createTime">>;

const pathNames = { content: "content", visibility: "visibility", pinned: "pinned", state: "state", attachments: "attachments", createTime: "create_time" } as const;

// Writes to one memo go out one after another, so that the last tick of a box is also the last one stored.
const queues = new Map<string, Promise<unknown>>();

function inOrder<T>(name: string, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(name) ?? Promise.resolve()).catch(() => undefined).then(work);
  queues.set(name, turn);
  void turn.finally(() => queues.get(name) === turn && queues.delete(name)).catch(() => undefined);
  return turn;
}

/** Stores the changes and nothing else. What is shown changes at once and goes back if the server refuses. */
export async function updateMemo(memo: Memo, changes: Changes): Promise<Memo> {
  const paths: string[] = (Object.keys(changes) as (keyof Changes)[]).map((key) => pathNames[key]);
  const next = clone(MemoSchema, memo);
  Object.assign(next, changes);
  if (changes.content !== undefined) {
    paths.push("update_time");
    next.updateTime = create(MemoSchema, { updateTime: toTimestamp(new Date()) }).updateTime!;
  }
  putMemo(next);
  try {
    const wanted = { ...changes, name: memo.name, ...(changes.content !== undefined && { updateTime: next.updateTime! }) };
    const send = () => memoApi.updateMemo({ memo: wanted, updateMask: { paths } });
    const answer = await inOrder(memo.name, () => withEcho("memo.updated", memo.name, send));
    // Later writes may be waiting behind this one: their state is newer than this answer.
    if (!queues.has(memo.name) || cachedMemo(memo.name) === next) putMemo(answer);
    return answer;
  } catch (error) {
    if (cachedMemo(memo.name) === next) putMemo(memo);
    throw error;
  }
}

/** For small changes made in passing: errors are told in a toast with a way to try again. */
export async function changeMemo(memo: Memo, changes: Changes): Promise<boolean> {
  try {
    await updateMemo(memo, changes);
    return true;
  } catch (error) {
    showError(describeError(error), { label: t("action.retry"), run: () => void changeMemo(cachedMemo(memo.name) ?? memo, changes) });
    return false;
  }
}

/** Resolves once no write to the memo is under way. */
export async function writesDone(name: string): Promise<void> {
  while (queues.has(name)) await queues.get(name)!.catch(() => undefined);
}

export async function fetchMemo(name: string): Promise<Memo> {
  return memoApi.getMemo({ name });
}
