import { lazy, Suspense } from "react";
import { useDefaultVisibility, useUserSettings } from "@/data/personal";
import { t } from "@/i18n";
import { PencilIcon } from "@/ui/icons";

const NewMemo = lazy(() => import("./NewMemo"));

/** The empty editor on top of the list. Its code follows after the first memos; until then its place is kept. */
export function Composer() {
  const settings = useUserSettings();
  const visibility = useDefaultVisibility();
  return (
    <section aria-label={t("editor.new")} className="card relative overflow-visible focus-within:border-accent/60">
      <Suspense fallback={<Waiting />}>{settings.isPending ? <Waiting /> : <NewMemo defaultVisibility={visibility} />}</Suspense>
    </section>
  );
}

function Waiting() {
  return (
    <div className="flex h-[10.25rem] sm:h-[9.375rem] gap-2 px-5 pt-4.5 text-muted">
      <PencilIcon className="mt-0.5 size-4.5" aria-hidden />
      {t("editor.placeholder")}
    </div>
  );
}
