import type { ButtonHTMLAttributes, ComponentType, ReactNode, Ref } from "react";
import { cx } from "@/lib/cx";
import { SpinnerIcon } from "./icons";

export type Icon = ComponentType<{ className?: string; "aria-hidden"?: boolean }>;

const looks = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong font-medium",
  soft: "bg-accent-soft text-accent-strong hover:brightness-97 font-medium",
  outline: "border border-line-strong bg-surface hover:bg-sunken",
  ghost: "hover:bg-sunken text-muted hover:text-ink",
  danger: "bg-danger text-surface hover:brightness-90 font-medium",
} as const;

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: keyof typeof looks;
  icon?: Icon;
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = "outline", icon: Glyph, busy = false, className, children, disabled, type = "button", ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cx(
        "inline-flex min-h-11 items-center justify-center gap-2 rounded-full px-4 text-sm transition-[background,filter,color] duration-150 disabled:opacity-50 md:min-h-10",
        looks[look],
        className,
      )}
      {...rest}
    >
      {busy ? <Spinner className="size-4" /> : Glyph && <Glyph className="size-4 shrink-0" aria-hidden />}
      {children}
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: Icon;
  label: string;
  small?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

/** Drawn small where the pointer is fine; the touch target never is under 44 px. */
export function IconButton({ icon: Glyph, label, small = false, className, type = "button", ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={cx(
        "relative inline-flex shrink-0 items-center justify-center rounded-full text-muted transition-colors duration-150 hover:bg-sunken hover:text-ink disabled:opacity-40",
        small ? "size-8 pointer-coarse:size-11" : "size-11 md:size-10 pointer-coarse:size-11",
        className,
      )}
      {...rest}
    >
      <Glyph className={small ? "size-4" : "size-5"} aria-hidden />
    </button>
  );
}

export function Spinner({ className, label }: { className?: string; label?: string }) {
  return (
    <span role={label ? "status" : undefined} className="inline-flex">
      <SpinnerIcon className={cx("animate-[turn_0.9s_linear_infinite]", className ?? "size-5")} aria-hidden />
      {label && <span className="sr-only">{label}</span>}
    </span>
  );
}

export function Badge({ children, className }: { children: ReactNode; className?: string }) {
  return <span className={cx("rounded-full bg-sunken px-2 py-0.5 text-xs text-muted", className)}>{children}</span>;
}
