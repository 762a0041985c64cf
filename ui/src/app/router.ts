import { useSyncExternalStore } from "react";

/** Where the page is. `key` names one entry of the history; `push` tells a new visit from Back, Forward and replacement. */
export interface Place {
  path: string;
  search: string;
  hash: string;
  key: string;
  how: "push" | "pop" | "replace";
}

interface EntryState {
  key?: string;
}

const listeners = new Set<() => void>();
const newKey = () => Math.random().toString(36).slice(2);
/** Of the entry that the page was opened with. Each opening has its own, so that none gets the scroll position of another. */
const firstKey = newKey();
let place = read("pop");
let visits = 0;

function read(how: Place["how"]): Place {
  const state = history.state as EntryState | null;
  return { path: decodePath(location.pathname), search: location.search, hash: location.hash, key: state?.key ?? firstKey, how };
}

function decodePath(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** What a hash names; a broken escape in it names itself. */
export function anchorOf(hash: string): string {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return hash.slice(1);
  }
}

function announce(how: Place["how"]): void {
  place = read(how);
  listeners.forEach((listener) => listener());
}

type Guard = (leave: () => void) => boolean;
let guard: Guard | undefined;

/** Asked before leaving a page: answers false to stay, and may still call `leave` later. */
export function setLeaveGuard(next: Guard | undefined): void {
  guard = next;
}

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  const target = new URL(to, location.href);
  if (target.origin !== location.origin) {
    location.assign(target);
    return;
  }
  const leaves = target.pathname !== location.pathname;
  const leave = () => {
    guard = undefined;
    navigate(to, options);
  };
  if (leaves && guard && !guard(leave)) return;
  const address = target.pathname + target.search + target.hash;
  if (options.replace) {
    history.replaceState(history.state ?? { key: place.key }, "", address);
    announce("replace");
  } else {
    rememberScroll();
    visits += 1;
    history.pushState({ key: newKey() }, "", address);
    announce("push");
  }
}

/** Back within the page where that is possible, else to `fallback`. */
export function goBack(fallback: string): void {
  if (visits > 0) history.back();
  else navigate(fallback);
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => place,
  );
}

/** A same-origin path from an untrusted address, or `/`. */
export function safeRedirect(target: string | null): string {
  if (!target || !/^\/(?![/\\])/.test(target)) return "/";
  const url = new URL(target, location.origin);
  return url.origin === location.origin ? url.pathname + url.search + url.hash : "/";
}

// Scroll positions by history entry, so that Back returns to the same spot once the content is there again.

const scrollKey = "memora.scroll";
const positions = new Map<string, number>(readPositions());
const maxPositions = 50;

function readPositions(): [string, number][] {
  try {
    return JSON.parse(sessionStorage.getItem(scrollKey) ?? "[]") as [string, number][];
  } catch {
    return [];
  }
}

function rememberScroll(): void {
  positions.delete(place.key);
  positions.set(place.key, window.scrollY);
  while (positions.size > maxPositions) positions.delete(positions.keys().next().value!);
  try {
    sessionStorage.setItem(scrollKey, JSON.stringify([...positions]));
  } catch {
    // Without session storage positions live as long as the page.
  }
}

export function savedScroll(key: string): number | undefined {
  return positions.get(key);
}

export function startRouter(): void {
  history.scrollRestoration = "manual";
  if (!(history.state as EntryState | null)?.key) history.replaceState({ key: place.key }, "", location.href);
  let shown = place.key;
  window.addEventListener("scroll", () => {
    if (shown === place.key) positions.set(place.key, window.scrollY);
  }, { passive: true });
  window.addEventListener("popstate", () => {
    const from = place.path;
    const to = location.pathname + location.search + location.hash;
    const leave = () => {
      guard = undefined;
      navigate(to);
    };
    if (decodePath(location.pathname) !== from && guard && !guard(leave)) {
      history.go(1);
      return;
    }
    announce("pop");
    requestAnimationFrame(() => (shown = place.key));
  });
  listeners.add(() => requestAnimationFrame(() => (shown = place.key)));
  window.addEventListener("pagehide", rememberScroll);
}
