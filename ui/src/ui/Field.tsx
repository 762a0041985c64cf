import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId, useState } from "react";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { IconButton } from "./Button";
import { EyeIcon, EyeOffIcon } from "./icons";

interface Shell {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

function Frame({ id, label, hint, error, children }: Shell & { id: string; children: ReactNode }) {
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      {children}
      {error ? (
        <p id={`${id}-note`} role="alert" className="mt-1.5 text-sm text-danger">
          {error}
        </p>
      ) : (
        hint && (
          <p id={`${id}-note`} className="mt-1.5 text-sm text-muted">
            {hint}
          </p>
        )
      )}
    </div>
  );
}

// A dialog looks for this mark once it is open; React's own autofocus comes too early for it.
const wantsFocus = (autoFocus: boolean | undefined) => (autoFocus ? { autoFocus, "data-autofocus": true } : {});

const described = (id: string, { hint, error }: Shell) => ({
  "aria-describedby": hint || error ? `${id}-note` : undefined,
  "aria-invalid": error ? true : undefined,
});

export function TextField({ label, hint, error, autoFocus, className, ...rest }: Shell & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const shell = { label, hint, error };
  return (
    <Frame id={id} {...shell}>
      <input id={id} className={cx("field", className)} {...described(id, shell)} {...wantsFocus(autoFocus)} {...rest} />
    </Frame>
  );
}

export function TextArea({ label, hint, error, autoFocus, className, ...rest }: Shell & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  const shell = { label, hint, error };
  return (
    <Frame id={id} {...shell}>
      <textarea id={id} rows={4} className={cx("field resize-y leading-relaxed", className)} {...described(id, shell)} {...wantsFocus(autoFocus)} {...rest} />
    </Frame>
  );
}

export function SelectField({ label, hint, error, className, children, ...rest }: Shell & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  const shell = { label, hint, error };
  return (
    <Frame id={id} {...shell}>
      <select id={id} className={cx("field", className)} {...described(id, shell)} {...rest}>
        {children}
      </select>
    </Frame>
  );
}

export function PasswordField({ label, hint, error, autoFocus, ...rest }: Shell & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const shell = { label, hint: caps ? t("auth.capsLock") : hint, error };
  return (
    <Frame id={id} {...shell}>
      <div className="relative">
        <input
          id={id}
          type={shown ? "text" : "password"}
          className="field pe-12"
          onKeyUp={(event) => setCaps(event.getModifierState("CapsLock"))}
          {...described(id, shell)}
          {...wantsFocus(autoFocus)}
          {...rest}
        />
        <span className="absolute inset-y-0 end-0.5 flex items-center">
          <IconButton icon={shown ? EyeOffIcon : EyeIcon} label={shown ? t("auth.hide") : t("auth.show")} onClick={() => setShown(!shown)} />
        </span>
      </div>
    </Frame>
  );
}

interface SwitchProps {
  label: string;
  hint?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange(checked: boolean): void;
}

export function Switch({ label, hint, checked, disabled, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex items-start justify-between gap-6 py-2">
      <div>
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {hint && (
          <p id={`${id}-note`} className="text-sm text-muted">
            {hint}
          </p>
        )}
      </div>
      <button
        id={id}
        type="button"
        role="switch"
        aria-checked={checked}
        aria-describedby={hint ? `${id}-note` : undefined}
        disabled={disabled}
        onClick={() => onChange(!checked)}
        className="group inline-flex h-11 w-12 shrink-0 items-center disabled:opacity-50 md:h-8"
      >
        <span className={cx("flex h-7 w-12 items-center rounded-full border p-0.5 transition-colors", checked ? "border-accent bg-accent" : "border-line-strong bg-sunken")}>
          <span className={cx("size-5.5 rounded-full transition-transform", checked ? "translate-x-4.5 bg-on-accent rtl:-translate-x-4.5" : "bg-muted")} />
        </span>
      </button>
    </div>
  );
}
