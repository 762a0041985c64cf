import { State } from "@/gen/memos/api/v1/common_pb";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { changeMemo } from "@/data/memos";
import { cachedMemo } from "@/data/memoCache";
import { deleteMemo } from "@/data/pendingDeletes";
import { t } from "@/i18n";
import { createStore } from "@/lib/store";
import { showToast } from "@/ui/toast";

export type CardAction = "edit" | "pin" | "archive" | "delete";

/** Names of the memos being edited in place. */
export const editing = createStore<ReadonlySet<string>>(new Set());

export function setEditing(name: string, on: boolean): void {
  editing.set((names) => {
    const next = new Set(names);
    if (on) next.add(name);
    else next.delete(name);
    return next;
  });
}

/** What menus and keys do to a memo: at once, with a way back instead of a question. */
export function cardAction(memo: Memo, action: CardAction): void {
  switch (action) {
    case "edit":
      setEditing(memo.name, true);
      break;
    case "pin":
      void setPinned(memo, !memo.pinned);
      break;
    case "archive":
      void setState(memo, memo.state === State.ARCHIVED ? State.NORMAL : State.ARCHIVED);
      break;
    case "delete":
      deleteMemo(memo);
      break;
  }
}

async function setPinned(memo: Memo, pinned: boolean): Promise<void> {
  if (!(await changeMemo(memo, { pinned }))) return;
  const undo = () => void changeMemo(cachedMemo(memo.name) ?? memo, { pinned: !pinned });
  showToast({ text: t(pinned ? "memo.pinnedDone" : "memo.unpinnedDone"), action: { label: t("action.undo"), run: undo } });
}

async function setState(memo: Memo, state: State): Promise<void> {
  if (!(await changeMemo(memo, { state }))) return;
  const undo = () => void changeMemo({ ...memo, state }, { state: memo.state });
  showToast({ text: t(state === State.ARCHIVED ? "memo.archivedDone" : "memo.restoredDone"), action: { label: t("action.undo"), run: undo } });
}
