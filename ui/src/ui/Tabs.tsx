import { type KeyboardEvent, useRef } from "react";
import { cx } from "@/lib/cx";

interface Props<T extends string> {
  label: string;
  value: T;
  tabs: { value: T; text: string; count?: number }[];
  onChange(value: T): void;
}

/** A row of tabs; arrow keys choose. */
export function Tabs<T extends string>({ label, value, tabs, onChange }: Props<T>) {
  const row = useRef<HTMLDivElement>(null);

  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const at = tabs.findIndex((tab) => tab.value === value);
    const next = (at + step + tabs.length) % tabs.length;
    onChange(tabs[next]!.value);
    (row.current?.children[next] as HTMLElement | undefined)?.focus();
  }

  return (
    <div ref={row} role="tablist" aria-label={label} onKeyDown={onKeyDown} className="flex gap-1 overflow-x-auto rounded-full bg-sunken p-1">
      {tabs.map((tab) => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          aria-selected={tab.value === value}
          tabIndex={tab.value === value ? 0 : -1}
          onClick={() => onChange(tab.value)}
          className={cx("min-h-9 grow rounded-full px-4 text-sm whitespace-nowrap transition-colors pointer-coarse:min-h-11", tab.value === value ? "bg-surface font-medium shadow-card" : "text-muted hover:text-ink")}
        >
          {tab.text}
          {tab.count !== undefined && <span className="ms-1.5 text-xs text-muted tabular-nums">{tab.count}</span>}
        </button>
      ))}
    </div>
  );
}
