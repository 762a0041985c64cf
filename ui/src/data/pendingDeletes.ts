import { memoApi } from "@/api/client";
import { codeOf, describeError } from "@/api/errors";
import { Code } from "@connectrpc/connect";
import { keeper } from "@/api/session";
import { protoHeaders } from "@/api/transport";
import { create, toBinary } from "@bufbuild/protobuf";
import { DeleteMemoRequestSchema, type Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { readLocalJson, writeLocal, writeLocalJson } from "@/lib/local";
import { showError, showToast } from "@/ui/toast";
import { withEcho } from "./echoes";
import { dropMemo, putMemo } from "./memoCache";

/**
 * A delete can't be undone on the server, so it is sent only when the time for Undo is over. Until then the memo is
 * hidden, also over a reload: the names wait in local storage, and leaving the page sends what is due.
 */
const key = "pending-deletes";
const sentKey = "sent-deletes";
const pending = new Set<string>(readLocalJson<string[]>(key, []));
// Sent as the last page went away: done by now or any moment.
const sent = new Set<string>(readLocalJson<string[]>(sentKey, []));
writeLocal(sentKey, null);

const store = () => (pending.size ? writeLocalJson(key, [...pending]) : writeLocal(key, null));

export function hideDeleted(memos: Memo[]): Memo[] {
  return pending.size || sent.size ? memos.filter((memo) => !pending.has(memo.name) && !sent.has(memo.name)) : memos;
}

export const isPendingDelete = (name: string) => pending.has(name) || sent.has(name);

async function commit(name: string, memo?: Memo): Promise<void> {
  if (!pending.has(name)) return;
  try {
    await withEcho("memo.deleted", name, () => memoApi.deleteMemo({ name }));
  } catch (error) {
    if (codeOf(error) !== Code.NotFound) {
      pending.delete(name);
      store();
      if (memo) putMemo(memo);
      showError(describeError(error), memo && { label: t("action.retry"), run: () => deleteMemo(memo) });
      return;
    }
  }
  pending.delete(name);
  store();
}

// Deleted while the notice of an earlier delete is still there: they share one notice and one Undo.
let together: Memo[] = [];
let closeNotice: (() => void) | undefined;

export function deleteMemo(memo: Memo): void {
  pending.add(memo.name);
  store();
  dropMemo(memo.name);
  closeNotice?.();
  const memos = (together = [...together, memo]);
  const settle = () => {
    if (together === memos) together = [];
    closeNotice = undefined;
  };
  const undo = () => {
    settle();
    for (const one of memos) pending.delete(one.name);
    store();
    memos.forEach((one) => putMemo(one));
  };
  closeNotice = showToast({
    text: t("memo.deleted", { n: memos.length }),
    action: { label: t("action.undo"), run: undo },
    onGone: () => {
      settle();
      for (const one of memos) void commit(one.name, one);
    },
  });
}

/** Sends what an earlier page left behind. */
export function commitLeftovers(): void {
  for (const name of pending) void commit(name);
}

/** On leaving: requests that outlive the page. */
function sendAll(): void {
  const token = keeper.current?.text;
  if (!token || !pending.size) return;
  writeLocalJson(sentKey, [...pending]);
  writeLocal(key, null);
  for (const name of pending) {
    void fetch("/memos.api.v1.MemoService/DeleteMemo", {
      method: "POST",
      keepalive: true,
      headers: { ...protoHeaders, Authorization: `Bearer ${token}` },
      body: toBinary(DeleteMemoRequestSchema, create(DeleteMemoRequestSchema, { name })) as Uint8Array<ArrayBuffer>,
    }).catch(() => undefined);
  }
}

window.addEventListener("pagehide", sendAll);
