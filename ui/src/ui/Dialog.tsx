import { type ReactNode, useEffect, useId, useRef } from "react";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { Button, IconButton } from "./Button";
import { CloseIcon } from "./icons";

interface DialogProps {
  title: string;
  onClose(): void;
  children: ReactNode;
  /** Shape: a centred card, a sheet from the bottom on phones, or the whole screen on phones. */
  shape?: "card" | "sheet" | "full";
  role?: "dialog" | "alertdialog";
  /** Without a way out other than the content's own buttons. */
  locked?: boolean;
  hideTitle?: boolean;
}

const shapes = {
  card: "w-[min(28rem,calc(100vw-2rem))] rounded-3xl p-6",
  sheet: "w-[min(34rem,100vw)] rounded-3xl p-6 max-md:mb-0 max-md:w-full max-md:max-w-full max-md:rounded-b-none max-md:pb-[max(1.5rem,env(safe-area-inset-bottom))]",
  full: "w-[min(44rem,calc(100vw-2rem))] rounded-3xl p-6 max-md:m-0 max-md:h-dvh max-md:max-h-none max-md:w-full max-md:max-w-none max-md:rounded-none max-md:p-4",
} as const;

/** The browser's own modal dialog: it keeps the focus inside, closes by Escape and gives the focus back. */
export function Dialog({ title, onClose, children, shape = "card", role = "dialog", locked = false, hideTitle = false }: DialogProps) {
  const own = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = own.current!;
    const before = document.activeElement as HTMLElement | null;
    dialog.showModal();
    dialog.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    document.documentElement.style.overflow = "hidden";
    return () => {
      dialog.close();
      if (!document.querySelector("dialog[open]")) document.documentElement.style.overflow = "";
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
  }, []);

  return (
    <dialog
      ref={own}
      role={role === "alertdialog" ? role : undefined}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        if (!locked) onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget && !locked) onClose();
      }}
      className={cx("rise max-h-[92dvh] overflow-y-auto border border-line bg-surface shadow-lift", shapes[shape])}
    >
      <div className={cx("mb-4 flex items-start justify-between gap-4", hideTitle && "sr-only")}>
        <h2 id={titleId} className="font-serif text-xl leading-tight">
          {title}
        </h2>
        {!locked && <IconButton icon={CloseIcon} label={t("action.close")} small onClick={onClose} className="-me-2 -mt-1" />}
      </div>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  text: ReactNode;
  action: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm(): void;
  onClose(): void;
}

export function Confirm({ title, text, action, danger, busy, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} role="alertdialog" onClose={onClose}>
      <div className="text-sm leading-relaxed text-muted">{text}</div>
      <div className="mt-6 flex justify-end gap-2">
        <Button data-autofocus onClick={onClose}>
          {t("action.cancel")}
        </Button>
        <Button look={danger ? "danger" : "primary"} busy={busy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
