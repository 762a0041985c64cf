import { signOut } from "@/api/session";
import { describeError } from "@/api/errors";
import { queryClient } from "@/data/queryClient";
import { forgetMe } from "@/data/users";
import { clearDrafts, hasDrafts } from "@/editor/drafts";
import { t } from "@/i18n";
import { createStore, useStore } from "@/lib/store";
import { Confirm } from "@/ui/Dialog";
import { showError } from "@/ui/toast";
import { navigate } from "./router";

const asking = createStore(false);

async function finish(): Promise<void> {
  asking.set(false);
  try {
    await signOut();
  } catch (error) {
    // The session is over on this device in any case; the server may not know yet.
    showError(describeError(error));
  }
  clearDrafts();
  forgetMe();
  queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== "instance" });
  navigate("/auth");
}

/** Signs out; asks first when something written would be lost with it. */
export function leave(): void {
  if (hasDrafts()) asking.set(true);
  else void finish();
}

export function LeaveQuestion() {
  if (!useStore(asking)) return null;
  return (
    <Confirm
      title={t("leave.title")}
      text={t("leave.text")}
      action={t("user.signOut")}
      danger
      onConfirm={() => void finish()}
      onClose={() => asking.set(false)}
    />
  );
}
