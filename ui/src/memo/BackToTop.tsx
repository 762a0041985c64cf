import { useEffect, useState } from "react";
import { t } from "@/i18n";
import { ArrowUpIcon } from "@/ui/icons";

const shownFromPx = 800;

export function BackToTop() {
  const [far, setFar] = useState(false);
  useEffect(() => {
    const onScroll = () => setFar(window.scrollY > shownFromPx);
    onScroll();
    window.addEventListener("scroll", onScroll, { passive: true });
    return () => window.removeEventListener("scroll", onScroll);
  }, []);
  if (!far) return null;
  return (
    <button
      type="button"
      aria-label={t("list.top")}
      title={t("list.top")}
      onClick={() => window.scrollTo({ top: 0, behavior: "smooth" })}
      className="rise no-print fixed end-4 bottom-[calc(5.5rem+env(safe-area-inset-bottom))] z-20 grid size-11 place-items-center rounded-full border border-line bg-surface text-muted shadow-lift hover:text-ink md:sticky md:bottom-5 md:-mt-11 md:self-end"
    >
      <ArrowUpIcon className="size-5" aria-hidden />
    </button>
  );
}
