import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { cx } from "@/lib/cx";
import { CheckIcon } from "./icons";
import type { Icon } from "./Button";

interface TriggerProps {
  ref: RefObject<HTMLButtonElement | null>;
  "aria-haspopup": "menu";
  "aria-expanded": boolean;
  "aria-controls": string | undefined;
  onClick: () => void;
}

interface MenuProps {
  label: string;
  trigger: (props: TriggerProps) => ReactNode;
  children: (close: () => void) => ReactNode;
  align?: "start" | "end";
}

/** A button with a menu. Arrow keys, Home, End and first letters move; Escape and Tab close; the focus returns to the button. */
export function Menu({ label, trigger, children, align = "end" }: MenuProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = () => {
    setOpen(false);
    button.current?.focus({ preventScroll: true });
  };
  return (
    <>
      {trigger({
        ref: button,
        "aria-haspopup": "menu",
        "aria-expanded": open,
        "aria-controls": open ? id : undefined,
        onClick: () => setOpen((was) => !was),
      })}
      {open &&
        createPortal(
          <MenuPanel id={id} label={label} anchor={button} align={align} close={close} dismiss={() => setOpen(false)}>
            {children(close)}
          </MenuPanel>,
          button.current?.closest("dialog") ?? document.getElementById("main") ?? document.body,
        )}
    </>
  );
}

interface PanelProps {
  id: string;
  label: string;
  anchor: RefObject<HTMLButtonElement | null>;
  align: "start" | "end";
  close(): void;
  dismiss(): void;
  children: ReactNode;
}

const gap = 6;
const edge = 8;

function MenuPanel({ id, label, anchor, align, close, dismiss, children }: PanelProps) {
  const panel = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const place = () => {
      const box = anchor.current?.getBoundingClientRect();
      const own = panel.current;
      if (!box || !own) return;
      const { offsetWidth: width, offsetHeight: height } = own;
      const below = box.bottom + gap + height <= window.innerHeight - edge;
      const top = below ? box.bottom + gap : Math.max(edge, box.top - gap - height);
      const wanted = align === "end" ? box.right - width : box.left;
      own.style.top = `${top}px`;
      own.style.left = `${Math.min(Math.max(edge, wanted), window.innerWidth - width - edge)}px`;
    };
    place();
    items(panel.current)[0]?.focus({ preventScroll: true });
    window.addEventListener("scroll", place, true);
    window.addEventListener("resize", place);
    return () => {
      window.removeEventListener("scroll", place, true);
      window.removeEventListener("resize", place);
    };
  }, [anchor, align]);

  useEffect(() => {
    const outside = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!panel.current?.contains(target) && !anchor.current?.contains(target)) dismiss();
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  });

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>) {
    const all = items(panel.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const go = (index: number) => all[(index + all.length) % all.length]?.focus();
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      Home: () => go(0),
      End: () => go(-1),
      Escape: close,
      Tab: close,
    };
    const letter = event.key.length === 1 ? event.key.toLowerCase() : undefined;
    if (moves[event.key]) {
      event.preventDefault();
      event.stopPropagation();
      moves[event.key]!();
    } else if (letter && letter !== " ") {
      const order = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      order.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
    }
  }

  return (
    <div
      ref={panel}
      id={id}
      role="menu"
      aria-label={label}
      onKeyDown={onKeyDown}
      className="pop fixed z-50 max-h-[70dvh] min-w-44 overflow-y-auto rounded-2xl border border-line bg-surface p-1.5 shadow-lift"
    >
      {children}
    </div>
  );
}

function items(panel: HTMLElement | null): HTMLElement[] {
  return [...(panel?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)') ?? [])];
}

interface ItemProps {
  icon?: Icon;
  onSelect(): void;
  children: ReactNode;
  note?: string;
  danger?: boolean;
  /** One of several, of which this may be the chosen one. */
  checked?: boolean;
  /** The same for what the button itself already names. */
  current?: boolean;
  expanded?: boolean;
  nested?: boolean;
}

export function MenuItem({ icon: Glyph, onSelect, children, note, danger, checked, current, expanded, nested }: ItemProps) {
  const noteId = useId();
  return (
    <button
      type="button"
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={checked}
      aria-current={current || undefined}
      aria-expanded={expanded}
      aria-describedby={note ? noteId : undefined}
      tabIndex={-1}
      onClick={onSelect}
      className={cx(
        "flex min-h-11 w-full items-center gap-3 rounded-xl px-3 py-1.5 text-start text-sm outline-none hover:bg-sunken focus-visible:bg-sunken md:min-h-9",
        danger && "text-danger",
        nested && "ps-10",
      )}
    >
      {Glyph && <Glyph className={cx("size-4 shrink-0", !danger && "text-muted")} aria-hidden />}
      <span className="grow">
        <span>{children}</span>
        {note && (
          <span id={noteId} aria-hidden className="block text-xs text-muted">
            {note}
          </span>
        )}
      </span>
      {(checked || current) && <CheckIcon className="size-4 shrink-0 text-accent" aria-hidden />}
    </button>
  );
}

export function MenuDivider() {
  return <div role="separator" className="mx-2 my-1.5 border-t border-line" />;
}

export function MenuHeading({ children }: { children: ReactNode }) {
  return (
    <div role="presentation" className="px-3 pt-2 pb-1 text-xs font-medium text-muted">
      {children}
    </div>
  );
}
