import { t } from "@/i18n";
import { useDelayed } from "@/lib/hooks";

const shapes = [["92%", "100%", "64%"], ["78%"], ["100%", "88%", "96%", "40%"]];

/** Placeholders of about the true height, so that nothing jumps when the memos arrive. */
export function CardSkeleton() {
  const late = useDelayed(true, 120);
  return (
    <div role="status" className="flex flex-col gap-3">
      <span className="sr-only">{t("state.loading")}</span>
      {late &&
        shapes.map((lines, index) => (
          <div key={index} className="card flex flex-col gap-3 p-5">
            <div className="skeleton h-3.5 w-24" />
            {lines.map((width, line) => (
              <div key={line} className="skeleton h-4" style={{ width }} />
            ))}
          </div>
        ))}
    </div>
  );
}
