import { useState } from "react";
import { cx } from "@/lib/cx";

interface Props {
  user: { displayName: string; username: string; avatarUrl: string } | undefined;
  className?: string;
}

/** The user's picture, or the first letter of the name. Decoration: the name stands beside it. */
export function Avatar({ user, className }: Props) {
  const [failed, setFailed] = useState("");
  const shape = cx("shrink-0 rounded-full", className ?? "size-9");
  if (user?.avatarUrl && user.avatarUrl !== failed) {
    return <img src={user.avatarUrl} alt="" className={cx(shape, "object-cover")} onError={() => setFailed(user.avatarUrl)} />;
  }
  const letter = [...(user?.displayName || user?.username || "·")][0]!.toLocaleUpperCase();
  return (
    <span aria-hidden className={cx(shape, "inline-grid place-items-center bg-accent-soft font-serif text-accent-strong")}>
      {letter}
    </span>
  );
}
