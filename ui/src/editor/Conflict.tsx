import { t } from "@/i18n";
import { copyText } from "@/lib/copy";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";

interface Props {
  mine: string;
  theirs: string;
  onMine(): void;
  onStop(): void;
}

/** Somebody, perhaps oneself elsewhere, changed the memo while it was being edited here. */
export function Conflict({ mine, theirs, onMine, onStop }: Props) {
  return (
    <Dialog title={t("conflict.title")} shape="full" role="alertdialog" onClose={onStop}>
      <p className="mb-4 text-sm text-muted">{t("conflict.text")}</p>
      <div className="grid gap-4 md:grid-cols-2">
        {([["conflict.mine", mine], ["conflict.theirs", theirs]] as const).map(([title, text]) => (
          <section key={title}>
            <h3 className="mb-1.5 text-sm font-semibold">{t(title)}</h3>
            <pre tabIndex={0} className="max-h-72 overflow-auto rounded-xl border border-line bg-bg p-3 font-sans text-sm whitespace-pre-wrap">
              {text}
            </pre>
          </section>
        ))}
      </div>
      <div className="mt-6 flex flex-wrap justify-end gap-2">
        <Button onClick={() => void copyText(theirs, t("memo.textCopied"))}>{t("conflict.copyTheirs")}</Button>
        <Button onClick={onStop}>{t("conflict.back")}</Button>
        <Button look="primary" onClick={onMine}>
          {t("conflict.keepMine")}
        </Button>
      </div>
    </Dialog>
  );
}
