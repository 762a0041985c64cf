import { t } from "@/i18n";
import { Dialog } from "@/ui/Dialog";
import BrowsePanel from "./BrowsePanel";
import { browseOpen } from "./browse";

export default function BrowseSheet() {
  const close = () => browseOpen.set(false);
  return (
    <Dialog title={t("side.label")} shape="full" onClose={close}>
      <BrowsePanel autoFocus onPicked={close} />
    </Dialog>
  );
}
