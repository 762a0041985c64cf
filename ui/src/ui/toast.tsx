import { useEffect, useRef } from "react";
import { createStore, useStore } from "@/lib/store";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { IconButton } from "./Button";
import { AlertIcon, CloseIcon } from "./icons";

export interface ToastSpec {
  text: string;
  kind?: "info" | "error";
  action?: { label: string; run(): void };
  /** Runs once when the toast is gone without its action having been used. */
  onGone?(): void;
  lastsMs?: number;
}

interface Toast extends ToastSpec {
  id: number;
  timer: ReturnType<typeof setTimeout>;
}

const toasts = createStore<Toast[]>([]);
let nextId = 1;
const errorsAtOnce = 2;
const infoMs = 4_000;
const actionMs = 8_000;

function remove(id: number, used: boolean): void {
  const toast = toasts.get().find((one) => one.id === id);
  if (!toast) return;
  clearTimeout(toast.timer);
  toasts.set((all) => all.filter((one) => one.id !== id));
  if (!used) toast.onGone?.();
}

export function showToast(spec: ToastSpec): () => void {
  const id = nextId++;
  const lasts = spec.lastsMs ?? (spec.action || spec.kind === "error" ? actionMs : infoMs);
  const timer = setTimeout(() => remove(id, false), lasts);
  // One notice at a time, so that Undo always means the last thing done. Errors stay beside it.
  const alike = toasts.get().filter((one) => (one.kind === "error") === (spec.kind === "error"));
  alike.slice(0, alike.length - (spec.kind === "error" ? errorsAtOnce - 1 : 0)).forEach((one) => remove(one.id, false));
  toasts.set((older) => [...older, { ...spec, id, timer }]);
  return () => remove(id, true);
}

export const showError = (text: string, action?: ToastSpec["action"]) => showToast({ text, kind: "error", ...(action && { action }) });

/** Texts appear in a live region, so they are read out too. In the top layer they stay above an open dialog's backdrop. */
export function Toasts() {
  const all = useStore(toasts);
  const region = useRef<HTMLDivElement>(null);
  const newest = all.at(-1)?.id;

  useEffect(() => {
    const own = region.current;
    if (!own?.showPopover) return;
    if (own.matches(":popover-open")) own.hidePopover();
    if (newest !== undefined) own.showPopover();
  }, [newest]);

  return (
    <div
      ref={region}
      popover="manual"
      role="region"
      aria-label={t("toast.region")}
      aria-live="polite"
      className="pointer-events-none fixed inset-auto inset-x-0 bottom-[calc(5rem+env(safe-area-inset-bottom))] z-60 w-full max-w-none flex-col items-center gap-2 overflow-visible bg-transparent px-4 text-ink open:flex md:bottom-6 [&:popover-open]:flex"
    >
      {all.map((toast) => (
        <div
          key={toast.id}
          className={cx(
            "rise pointer-events-auto flex min-h-12 max-w-[min(32rem,100%)] items-center gap-3 rounded-2xl py-1 ps-4 pe-1.5 text-sm shadow-lift",
            toast.kind === "error" ? "border border-danger bg-danger-soft text-ink" : "bg-ink text-bg",
          )}
        >
          {toast.kind === "error" && <AlertIcon className="size-5 shrink-0 text-danger" aria-hidden />}
          <span className="py-2">{toast.text}</span>
          {toast.action && (
            <button
              type="button"
              className="min-h-11 shrink-0 rounded-full px-3 font-semibold underline-offset-4 hover:underline md:min-h-9"
              onClick={() => {
                remove(toast.id, true);
                toast.action!.run();
              }}
            >
              {toast.action.label}
            </button>
          )}
          <IconButton icon={CloseIcon} label={t("action.close")} small className="text-current hover:bg-transparent hover:text-current" onClick={() => remove(toast.id, false)} />
        </div>
      ))}
    </div>
  );
}
