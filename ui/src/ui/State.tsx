import { Component, type ReactNode } from "react";
import { describeError } from "@/api/errors";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { useDelayed } from "@/lib/hooks";
import { Button, Spinner } from "./Button";
import { CloudOffIcon, RetryIcon } from "./icons";

/** What a list or panel shows when its call failed: what happened and a way to try again. */
export function ErrorState({ error, onRetry, compact = false }: { error: unknown; onRetry?: () => void; compact?: boolean }) {
  return (
    <div role="alert" className={cx("flex flex-col items-center gap-3 text-center", compact ? "p-4" : "card px-6 py-12")}>
      {!compact && <CloudOffIcon className="size-8 text-muted" aria-hidden />}
      <p className="max-w-sm text-sm text-muted">{describeError(error)}</p>
      {onRetry && (
        <Button icon={RetryIcon} onClick={onRetry}>
          {t("action.retry")}
        </Button>
      )}
    </div>
  );
}

export function EmptyState({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center px-6 py-14 text-center">
      <EmptyPicture />
      <p className="mt-5 font-serif text-xl">{title}</p>
      {text && <p className="mt-1.5 max-w-sm text-sm leading-relaxed text-muted">{text}</p>}
      {children && <div className="mt-5 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  );
}

function EmptyPicture() {
  return (
    <svg viewBox="0 0 160 96" className="w-40" aria-hidden>
      <rect x="18" y="26" width="84" height="58" rx="12" className="fill-sunken stroke-line-strong" strokeWidth="1.5" transform="rotate(-7 60 55)" />
      <rect x="50" y="20" width="88" height="60" rx="12" className="fill-surface stroke-line-strong" strokeWidth="1.5" transform="rotate(4 94 50)" />
      <g className="stroke-line-strong" strokeWidth="4" strokeLinecap="round" transform="rotate(4 94 50)">
        <path d="M66 38h38M66 50h54M66 62h26" />
      </g>
      <circle cx="134" cy="20" r="9" className="fill-gold-soft stroke-gold" strokeWidth="1.5" />
    </svg>
  );
}

export function Loading({ className }: { className?: string }) {
  const late = useDelayed(true);
  return <div className={cx("flex justify-center py-10 text-muted", className)}>{late && <Spinner label={t("state.loading")} />}</div>;
}

/** Keeps one broken part from taking the page with it. */
export class Boundary extends Component<{ children: ReactNode; fallback?: (retry: () => void) => ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    const retry = () => this.setState({ failed: false });
    if (!this.state.failed) return this.props.children;
    if (this.props.fallback) return this.props.fallback(retry);
    return (
      <div role="alert" className="card flex flex-col items-center gap-3 p-6 text-center text-sm text-muted">
        {t("error.part")}
        <Button icon={RetryIcon} onClick={retry}>
          {t("action.retry")}
        </Button>
      </div>
    );
  }
}
