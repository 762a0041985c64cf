import { t } from "@/i18n";
import { showError, showToast } from "@/ui/toast";

/** Copies and says so. Without a secure connection browsers have no clipboard: then by the old selection way. */
export async function copyText(text: string, said: string): Promise<void> {
  const ok = await (navigator.clipboard ? navigator.clipboard.writeText(text).then(() => true, () => byHand(text)) : byHand(text));
  if (ok) showToast({ text: said });
  else showError(t("error.copy"));
}

function byHand(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "fixed opacity-0";
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const ok = document.execCommand("copy");
  area.remove();
  return ok;
}
