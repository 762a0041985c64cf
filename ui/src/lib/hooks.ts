import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (notify) => {
      const list = matchMedia(query);
      list.addEventListener("change", notify);
      return () => list.removeEventListener("change", notify);
    },
    () => matchMedia(query).matches,
  );
}

/** Room for the side column beside the list. */
export const useWide = () => useMedia("(min-width: 64rem)");
/** Too narrow for a rail: navigation sits at the bottom. */
export const useNarrow = () => useMedia("(max-width: 47.99rem)");

/** The newest callback under a stable identity, for listeners that outlive a render. */
export function useLatest<T>(value: T) {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  });
  return latest;
}

/** A function that never changes but always does what its newest version does. */
export function useStable<Args extends unknown[], Result>(run: (...args: Args) => Result): (...args: Args) => Result {
  const latest = useLatest(run);
  return useCallback((...args: Args) => latest.current(...args), [latest]);
}

/** True only once `active` has lasted for `delayMs`, so that quick work shows no spinner. */
export function useDelayed(active: boolean, delayMs = 250): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setLate(true), delayMs);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [active, delayMs]);
  return active && late;
}

export function useDocumentTitle(title: string, instance: string): void {
  useEffect(() => {
    document.title = title ? `${title} · ${instance}` : instance;
  }, [title, instance]);
}
