import { useId } from "react";

/** The mark: an open M like a spread page, with the one thing worth keeping under it. */
export function Logo({ className }: { className?: string }) {
  const id = useId();
  return (
    <svg viewBox="0 0 64 64" className={className} aria-hidden>
      <defs>
        <linearGradient id={id} x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stopColor="#12866a" />
          <stop offset="1" stopColor="#0a5743" />
        </linearGradient>
      </defs>
      <rect width="64" height="64" rx="18" fill={`url(#${id})`} />
      <path d="M15 45V23c0-2.6 3.2-3.9 5-2L32 33l12-12c1.8-1.9 5-.6 5 2v22" fill="none" stroke="#f4fbf7" strokeWidth="6.2" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="32" cy="45.5" r="4" fill="#f5b942" />
    </svg>
  );
}
