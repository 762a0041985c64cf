import { type ClipboardEvent, type DragEvent, type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { describeError } from "@/api/errors";
import { useMemoSetting } from "@/data/instance";
import { useAllStats, useStats } from "@/data/personal";
import { useMe } from "@/data/users";
import { Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { useLatest } from "@/lib/hooks";
import { Button, IconButton } from "@/ui/Button";
import { GlobeIcon, PaperclipIcon } from "@/ui/icons";
import { applyEdit } from "./applyEdit";
import { commandName, CompletionList } from "./CompletionList";
import { type Draft, storeDraft } from "./drafts";
import { editForKey } from "./keys";
import { type Edit, pasteLink, type Selection } from "./textOps";
import { Toolbar } from "./Toolbar";
import { UploadList } from "./UploadList";
import { useCompletion } from "./useCompletion";
import { useUploadLimit } from "./useUploadLimit";
import { toDraftFiles, useUploads } from "./useUploads";
import { VisibilityPicker } from "./VisibilityPicker";

interface Props {
  /** Under which the draft is kept. */
  draftKey: string;
  initial: Draft;
  /** Names of the files the memo already has. */
  storedFiles?: string[];
  placeholder: string;
  label: string;
  autoFocus?: boolean;
  /** Grows when the text area should take the focus. */
  focusWish?: number;
  /** The parent's, for comments: shown by no picker. */
  fixedVisibility?: boolean;
  /** Text and files are as stored: nothing to save, nothing to keep. */
  unchanged?(draft: Draft): boolean;
  onSave(draft: Draft): Promise<void>;
  onCancel?(): void;
  notice?: ReactNode;
}

const keepAfterMs = 300;

const none: string[] = [];

export function Editor({ draftKey, initial, storedFiles = none, placeholder, label, autoFocus, focusWish = 0, fixedVisibility, unchanged, onSave, onCancel, notice }: Props) {
  const [content, setContent] = useState(initial.content);
  const [visibility, setVisibility] = useState(initial.visibility);
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [dropping, setDropping] = useState(false);
  const { uploads, add, remove, move, retry } = useUploads(initial.files, storedFiles, useUploadLimit());
  const me = useMe();
  const stats = useStats(me?.name).data;
  const people = useAllStats("visible", Boolean(me) && content.includes("@")).data;
  const known = useMemo(
    () => ({
      tags: new Map(Object.entries(stats?.tagCount ?? {})),
      people: new Map(people?.map((one) => [one.name.split("/")[1]!, one.totalMemoCount])),
      commandName,
    }),
    [stats, people],
  );
  const { area, completion, update, take, onKey, close } = useCompletion(known);
  const picker = useRef<HTMLInputElement>(null);
  const listId = useId();
  const limit = useMemoSetting()?.contentLengthLimit || 8192;

  const files = toDraftFiles(uploads);
  const draft: Draft = { ...initial, content, visibility, files };
  const isEmpty = !content.trim() && !uploads.length;
  const isUnchanged = unchanged ? unchanged(draft) : isEmpty;
  const uploading = uploads.some((one) => one.state === "sending" || one.state === "waiting");
  const bytes = useByteCount(content, limit);
  const cannotSave = isEmpty || uploading || saving || bytes > limit;

  useKeptDraft(draftKey, draft, isUnchanged);
  useAutosize(area, content);

  useEffect(() => {
    if (!autoFocus && !focusWish) return;
    const own = area.current!;
    own.focus({ preventScroll: focusWish > 0 });
    own.setSelectionRange(own.value.length, own.value.length);
  }, [autoFocus, focusWish, area]);

  async function save() {
    if (cannotSave) return;
    setSaving(true);
    setFailure(undefined);
    try {
      await onSave(draft);
      storeDraft(draftKey, undefined);
    } catch (error) {
      setFailure(error);
    } finally {
      setSaving(false);
    }
  }

  function cancel() {
    storeDraft(draftKey, undefined);
    uploads.forEach(remove);
    onCancel?.();
  }

  function edit(make: (selection: Selection) => Edit | undefined): boolean {
    const own = area.current!;
    const change = make({ text: own.value, start: own.selectionStart, end: own.selectionEnd });
    if (change) applyEdit(own, change);
    return change !== undefined;
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.nativeEvent.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      void save();
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && onKey(event.key)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (onCancel && isUnchanged) cancel();
      else area.current!.blur();
    } else if (edit((selection) => editForKey(event, selection))) event.preventDefault();
  }

  function onPaste(event: ClipboardEvent) {
    const pasted = [...event.clipboardData.files];
    if (pasted.length) {
      event.preventDefault();
      add(pasted);
    } else if (edit((selection) => pasteLink(selection, event.clipboardData.getData("text/plain")))) event.preventDefault();
  }

  function onDrop(event: DragEvent) {
    setDropping(false);
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  }

  return (
    <div
      className="relative"
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget as Node | null) || setDropping(false)}
      onDrop={onDrop}
    >
      <div className="relative px-4 pt-4 sm:px-5">
        <textarea
          ref={area}
          value={content}
          rows={1}
          aria-label={label}
          placeholder={placeholder}
          aria-controls={completion && listId}
          aria-activedescendant={completion && `${listId}-${completion.chosen}`}
          className="memo-text max-h-[60dvh] min-h-11 scroll-pb-4 sm:min-h-21"
          onChange={(event) => {
            setContent(event.target.value);
            update();
          }}
          onSelect={update}
          onBlur={close}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        {completion && <CompletionList id={listId} completion={completion} onTake={take} />}
      </div>
      <UploadList uploads={uploads} onRemove={remove} onMove={move} onRetry={retry} />
      {notice}
      {failure !== undefined && (
        <p role="alert" className="mx-4 mb-3 rounded-xl bg-danger-soft px-3.5 py-2.5 text-sm">
          {t("editor.notSaved", { reason: describeError(failure) })}
        </p>
      )}
      <input
        ref={picker}
        type="file"
        multiple
        aria-label={t("editor.attach")}
        tabIndex={-1}
        className="sr-only"
        onChange={(event) => {
          if (event.target.files) add(event.target.files);
          event.target.value = "";
          area.current?.focus();
        }}
      />
      <div className="flex flex-wrap items-center gap-x-1 gap-y-1 px-2 pb-2 sm:px-3">
        <IconButton icon={PaperclipIcon} label={t("editor.attachFiles")} onClick={() => picker.current!.click()} />
        <Toolbar onEdit={edit} />
        <div className="ms-auto flex flex-wrap items-center justify-end gap-1.5">
          <ByteCount bytes={bytes} limit={limit} />
          {!fixedVisibility && <VisibilityPicker value={visibility} onChange={setVisibility} />}
          {onCancel && (
            <Button look="ghost" onClick={cancel}>
              {t("action.cancel")}
            </Button>
          )}
          <Button look="primary" busy={saving} disabled={cannotSave} title={t(visibility === Visibility.PUBLIC ? "editor.savePublic" : "editor.saveKeys")} onClick={() => void save()} {...(visibility === Visibility.PUBLIC && !fixedVisibility ? { icon: GlobeIcon } : {})}>
            {t("action.save")}
          </Button>
        </div>
      </div>
      {dropping && (
        <div className={cx("pointer-events-none absolute inset-1 grid place-items-center rounded-2xl border-2 border-dashed border-accent bg-accent-soft/90 font-medium text-accent-strong")}>
          {t("editor.drop")}
        </div>
      )}
    </div>
  );
}

/** Nothing typed is lost: kept shortly after each change, and at once when the page goes away. */
function useKeptDraft(key: string, draft: Draft, unchanged: boolean): void {
  const latest = useLatest({ draft, unchanged });
  const text = JSON.stringify([draft.content, draft.visibility, draft.files]);
  const kept = useRef(text);

  useEffect(() => {
    if (text === kept.current) return;
    kept.current = "";
    const timer = setTimeout(() => storeDraft(key, unchanged ? undefined : latest.current.draft), keepAfterMs);
    return () => clearTimeout(timer);
  }, [key, text, unchanged, latest]);

  useEffect(() => {
    const keep = () => {
      if (!latest.current.unchanged) storeDraft(key, latest.current.draft);
    };
    window.addEventListener("pagehide", keep);
    document.addEventListener("visibilitychange", keep);
    return () => {
      window.removeEventListener("pagehide", keep);
      document.removeEventListener("visibilitychange", keep);
    };
  }, [key, latest]);
}

/** Browsers that can't size a field by its content get help. */
function useAutosize(area: { current: HTMLTextAreaElement | null }, content: string): void {
  useEffect(() => {
    const own = area.current;
    if (!own || CSS.supports("field-sizing", "content")) return;
    own.style.height = "auto";
    own.style.height = `${own.scrollHeight}px`;
  }, [area, content]);
}

const encoder = new TextEncoder();
const noticeFrom = 0.8;

/** Bytes as the server counts them; only measured where they could matter. */
function useByteCount(content: string, limit: number): number {
  return useMemo(() => (content.length * 3 < limit * noticeFrom ? content.length : encoder.encode(content).length), [content, limit]);
}

function ByteCount({ bytes, limit }: { bytes: number; limit: number }) {
  if (bytes < limit * noticeFrom) return null;
  const over = bytes > limit;
  return (
    <span role={over ? "alert" : undefined} className={cx("px-2 text-xs tabular-nums", over ? "font-semibold text-danger" : "text-muted")}>
      {over ? t("editor.tooLong", { n: bytes - limit }) : t("editor.left", { n: limit - bytes })}
    </span>
  );
}
