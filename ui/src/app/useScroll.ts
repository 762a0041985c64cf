import { useEffect } from "react";
import { anchorOf, type Place, savedScroll } from "./router";

const patienceMs = 1500;

/** After Back: returns to the remembered height as soon as the content is tall enough. After a new visit: to the top or the anchor. */
export function useScroll(place: Place): void {
  useEffect(() => {
    if (place.how === "replace") return;
    if (place.how === "push" && !place.hash) {
      window.scrollTo(0, 0);
      return;
    }
    const wanted = place.how === "pop" ? savedScroll(place.key) : undefined;
    const anchor = anchorOf(place.hash);
    const started = performance.now();
    let frame = 0;
    const stop = () => cancelAnimationFrame(frame);
    const attempt = () => {
      if (wanted !== undefined && document.documentElement.scrollHeight >= wanted + window.innerHeight) {
        window.scrollTo(0, wanted);
        return;
      }
      const target = wanted === undefined && anchor ? document.getElementById(anchor) : null;
      if (target) {
        target.scrollIntoView();
        return;
      }
      if ((wanted || anchor) && performance.now() - started < patienceMs) frame = requestAnimationFrame(attempt);
    };
    attempt();
    // The reader's own scrolling wins over ours.
    const given = ["wheel", "touchstart", "keydown"] as const;
    given.forEach((name) => window.addEventListener(name, stop, { once: true, passive: true }));
    return () => {
      stop();
      given.forEach((name) => window.removeEventListener(name, stop));
    };
  }, [place.key, place.hash, place.how]);
}
