import { t } from "@/i18n";
import { showError, showToast } from "@/ui/toast";

/** Copies and says so. */
export async function copyText(text: string, said: string): Promise<void> {
  if (await copy(text)) showToast({ text: said });
}

/** True when it is copied; what failed is told. Without a secure connection browsers have no clipboard: then by the old selection way. */
export async function copy(text: string): Promise<boolean> {
  const ok = await (navigator.clipboard ? navigator.clipboard.writeText(text).then(() => true, () => byHand(text)) : byHand(text));
  if (!ok) showError(t("error.copy"));
  return ok;
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
