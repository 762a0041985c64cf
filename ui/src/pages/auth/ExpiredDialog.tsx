import { meKey } from "@/data/users";
import { queryClient } from "@/data/queryClient";
import type { User } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { Dialog } from "@/ui/Dialog";
import { SignInForm } from "./SignInPage";

/** The session ended while working: signing in here goes on with what was under way. */
export default function ExpiredDialog() {
  const known = queryClient.getQueryData<User>(meKey)?.username;
  return (
    <Dialog title={t("auth.expired")} locked onClose={() => undefined}>
      <p className="mb-5 text-sm leading-relaxed text-muted">{t("auth.expiredText")}</p>
      <SignInForm {...(known && { username: known })} onDone={() => undefined} />
    </Dialog>
  );
}
