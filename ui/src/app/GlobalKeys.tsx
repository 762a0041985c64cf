import { lazy, Suspense, useEffect, useState } from "react";
import { session } from "@/api/session";
import { startComposing } from "@/editor/compose";
import { openBrowse } from "@/side/browse";
import { LeaveQuestion } from "./leave";
import { navigate } from "./router";

const KeySheet = lazy(() => import("./KeySheet"));

const goTo: Record<string, string> = { h: "/", e: "/explore", a: "/attachments", i: "/inbox", s: "/setting#my-account", r: "/archived" };
const chordMs = 1000;

export function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(element?.closest("input, textarea, select, [contenteditable], dialog, [role=menu]"));
}

/** `n` new, `/` or Ctrl+K search, `g` then a letter goes to a page, `?` lists them all. */
export function GlobalKeys() {
  const [sheet, setSheet] = useState(false);

  useEffect(() => {
    // The installed app's shortcut.
    if (new URLSearchParams(location.search).has("search")) openBrowse();
  }, []);

  useEffect(() => {
    let chordUntil = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !isTyping(event.target)) {
        event.preventDefault();
        openBrowse();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const run = (work: () => void) => {
        event.preventDefault();
        work();
      };
      if (Date.now() < chordUntil && goTo[event.key]) {
        chordUntil = 0;
        run(() => navigate(goTo[event.key]!));
      } else if (event.key === "g") chordUntil = Date.now() + chordMs;
      else if (event.key === "/") run(openBrowse);
      else if (event.key === "?") run(() => setSheet(true));
      else if (event.key === "n" && session.get() === "member") run(startComposing);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);

  return (
    <>
      <LeaveQuestion />
      {sheet && (
        <Suspense>
          <KeySheet onClose={() => setSheet(false)} />
        </Suspense>
      )}
    </>
  );
}
