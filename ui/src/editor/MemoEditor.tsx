import { useState } from "react";
import { cachedMemo } from "@/data/memoCache";
import { fetchMemo, memoUid, updateMemo } from "@/data/memos";
import type { Attachment } from "@/gen/memos/api/v1/attachment_service_pb";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { Conflict } from "./Conflict";
import { type Draft, loadDraft } from "./drafts";
import { Editor } from "./Editor";

const toFiles = (attachments: Attachment[]) => attachments.map(({ name, filename, type, size }) => ({ name, filename, type, size: Number(size) }));

const sameFiles = (memo: Memo, draft: Draft) => memo.attachments.map((one) => one.name).join() === draft.files.map((one) => one.name).join();

/** Editing in place. What is stored meanwhile by somebody else is never overwritten unseen. */
export default function MemoEditor({ memo, onDone }: { memo: Memo; onDone(): void }) {
  const key = `edit.${memoUid(memo.name)}`;
  const [initial] = useState<Draft>(() => loadDraft(key) ?? { uid: memoUid(memo.name), content: memo.content, visibility: memo.visibility, files: toFiles(memo.attachments), base: memo.content });
  const [conflict, setConflict] = useState<{ theirs: Memo; draft: Draft; settle(go: boolean): void }>();
  const comment = memo.optionalParent.case === "parent";

  async function save(draft: Draft) {
    const now = cachedMemo(memo.name) ?? memo;
    const changes: Parameters<typeof updateMemo>[1] = {};
    let base = now;
    if (draft.content !== now.content || draft.content !== draft.base) {
      // The stored text, as it is this moment: the one here may be old.
      base = await fetchMemo(memo.name);
      if (base.content !== draft.base && base.content !== draft.content) {
        const go = await new Promise<boolean>((settle) => setConflict({ theirs: base, draft, settle }));
        setConflict(undefined);
        if (!go) throw new Error(t("conflict.stopped"));
      }
      if (draft.content !== base.content) changes.content = draft.content;
    }
    if (!comment && draft.visibility !== base.visibility) changes.visibility = draft.visibility;
    if (!sameFiles(base, draft)) changes.attachments = draft.files.map((file) => ({ ...base.attachments.find((one) => one.name === file.name), ...file, size: BigInt(file.size) }) as Attachment);
    if (Object.keys(changes).length) await updateMemo(base, changes);
    onDone();
  }

  return (
    <>
      <Editor
        draftKey={key}
        initial={initial}
        storedFiles={memo.attachments.map((one) => one.name)}
        autoFocus
        label={t("editor.edit")}
        placeholder={t("editor.placeholder")}
        fixedVisibility={comment}
        unchanged={(draft) => draft.content === memo.content && draft.visibility === memo.visibility && sameFiles(memo, draft)}
        onSave={save}
        onCancel={onDone}
      />
      {conflict && <Conflict mine={conflict.draft.content} theirs={conflict.theirs.content} onMine={() => conflict.settle(true)} onStop={() => conflict.settle(false)} />}
    </>
  );
}
