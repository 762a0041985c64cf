import { usePlace } from "@/app/router";
import { meKey } from "@/data/users";
import { queryClient } from "@/data/queryClient";
import type { User } from "@/gen/memos/api/v1/user_service_pb";
import { t } from "@/i18n";
import { Dialog } from "@/ui/Dialog";
import { Providers } from "./Providers";
import { SignInForm } from "./SignInPage";

/** The session ended while working: signing in here goes on with what was under way. */
export default function ExpiredDialog() {
  const place = usePlace();
  const known = queryClient.getQueryData<User>(meKey)?.username;
  return (
    <Dialog title={t("auth.expired")} locked onClose={() => undefined}>
      <p className="mb-5 text-sm leading-relaxed text-muted">{t("auth.expiredText")}</p>
      <Providers redirect={place.path + place.search + place.hash} orPassword />
      <SignInForm {...(known && { username: known })} onDone={() => undefined} />
    </Dialog>
  );
}
