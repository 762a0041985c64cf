import { useCallback, useEffect, useRef, useState } from "react";
import { attachmentApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { uploadFile } from "@/api/upload";
import { t } from "@/i18n";
import { formatBytes } from "@/lib/time";
import { newUid } from "@/lib/uid";
import { showError } from "@/ui/toast";
import type { DraftFile } from "./drafts";

/** A file under way to the server, or there. */
export interface Upload {
  id: string;
  filename: string;
  type: string;
  size: number;
  state: "waiting" | "sending" | "done" | "failed";
  part: number;
  error?: string;
  /** A local picture of it, until the editor closes. */
  preview?: string;
  /** Its name on the server, once there. */
  name?: string;
}

const atOnce = 3;

function fromDraft(file: DraftFile): Upload {
  return { ...file, id: file.name, state: "done", part: 1 };
}

/** A pasted screenshot has no telling name. */
function named(file: File): File {
  if (file.name && file.name !== "image.png") return file;
  const stamp = new Date().toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
  const ending = file.type.split("/")[1]?.replace("jpeg", "jpg") ?? "bin";
  return new File([file], `pasted-${stamp}.${ending}`, { type: file.type });
}

/** `stored` names the files the memo already has. Uploads begin when files are chosen, a few at a time; each can be cancelled, repeated and removed. */
export function useUploads(initial: DraftFile[], stored: string[], limitBytes: number | undefined) {
  const [uploads, setUploads] = useState<Upload[]>(() => initial.map(fromDraft));
  const files = useRef(new Map<string, File>());
  const aborts = useRef(new Map<string, AbortController>());
  const previews = useRef(new Set<string>());
  const storedNames = useRef(new Set(stored));

  const patch = useCallback((id: string, change: Partial<Upload>) => {
    setUploads((all) => all.map((one) => (one.id === id ? { ...one, ...change } : one)));
  }, []);

  useEffect(() => {
    const sending = uploads.filter((one) => one.state === "sending").length;
    const next = uploads.filter((one) => one.state === "waiting").slice(0, Math.max(0, atOnce - sending));
    for (const { id } of next) {
      const abort = new AbortController();
      aborts.current.set(id, abort);
      patch(id, { state: "sending", part: 0 });
      uploadFile(id, files.current.get(id)!, { signal: abort.signal, onProgress: (part) => patch(id, { part }) }).then(
        (attachment) => patch(id, { state: "done", part: 1, name: attachment.name }),
        (error: unknown) => abort.signal.aborted || patch(id, { state: "failed", error: describeError(error) }),
      );
    }
  }, [uploads, patch]);

  useEffect(() => {
    const kept = previews.current;
    return () => kept.forEach((url) => URL.revokeObjectURL(url));
  }, []);

  const add = useCallback(
    (chosen: Iterable<File>) => {
      const added: Upload[] = [];
      for (const original of chosen) {
        const file = named(original);
        if (limitBytes && file.size > limitBytes) {
          showError(t("file.tooLarge", { name: file.name, limit: formatBytes(limitBytes) }));
          continue;
        }
        const id = newUid();
        files.current.set(id, file);
        const upload: Upload = { id, filename: file.name, type: file.type, size: file.size, state: "waiting", part: 0 };
        if (file.type.startsWith("image/")) {
          upload.preview = URL.createObjectURL(file);
          previews.current.add(upload.preview);
        }
        added.push(upload);
      }
      setUploads((all) => [...all, ...added]);
    },
    [limitBytes],
  );

  const remove = useCallback((upload: Upload) => {
    aborts.current.get(upload.id)?.abort();
    setUploads((all) => all.filter((one) => one.id !== upload.id));
    // Files of a stored memo go when the edit is saved; new ones are of no use to anybody else.
    if (upload.name && !storedNames.current.has(upload.name)) void attachmentApi.deleteAttachment({ name: upload.name }).catch(() => undefined);
  }, []);

  const move = useCallback((id: string, by: number) => {
    setUploads((all) => {
      const at = all.findIndex((one) => one.id === id);
      const to = at + by;
      if (at < 0 || to < 0 || to >= all.length) return all;
      const next = [...all];
      [next[at], next[to]] = [next[to]!, next[at]!];
      return next;
    });
  }, []);

  const retry = useCallback(
    (id: string) => {
      // Under a new id: the server may have stored the first try without our hearing of it.
      const fresh = newUid();
      files.current.set(fresh, files.current.get(id)!);
      patch(id, { id: fresh, state: "waiting", part: 0 });
    },
    [patch],
  );

  return { uploads, add, remove, move, retry };
}

export const toDraftFiles = (uploads: Upload[]): DraftFile[] =>
  uploads.flatMap(({ name, filename, type, size }) => (name ? [{ name, filename, type, size }] : []));
