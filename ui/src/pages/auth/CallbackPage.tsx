import "@/i18n/late";
import { useEffect, useRef, useState } from "react";
import { Link } from "@/app/Link";
import { navigate, safeRedirect } from "@/app/router";
import { userApi } from "@/api/client";
import { signInWithProvider } from "@/api/session";
import { welcome } from "@/data/users";
import { t } from "@/i18n";
import { Spinner } from "@/ui/Button";
import { AuthFrame } from "./AuthFrame";
import { callbackUrl, endOAuth, type OAuthTrip } from "./oauth";
import { describeTrip, type Failure, Refusal, StaleTrip } from "./tripFailure";

const account = "/setting#my-account";

/** Where it goes on. Nothing of the address is believed unless it names the trip that began in this tab. */
async function finish(trip: OAuthTrip | undefined, params: URLSearchParams): Promise<string> {
  if (!trip) throw new StaleTrip();
  const refusal = params.get("error");
  if (refusal) throw new Refusal(refusal, params.get("error_description"));
  const code = params.get("code");
  if (!code) throw new StaleTrip();
  if (trip.linkTo) {
    await userApi.createLinkedIdentity({ parent: trip.linkTo, idpName: trip.idpName, code, redirectUri: callbackUrl(), codeVerifier: trip.verifier });
    return account;
  }
  welcome(await signInWithProvider(trip.idpName, code, callbackUrl(), trip.verifier));
  return safeRedirect(trip.redirect);
}

/** Where to try again. */
function wayBack(trip: OAuthTrip | undefined): string {
  if (trip?.linkTo) return account;
  return trip?.redirect ? `/auth?redirect=${encodeURIComponent(trip.redirect)}` : "/auth";
}

export default function CallbackPage() {
  const [failure, setFailure] = useState<Failure & { back: string; linking: boolean }>();
  const begun = useRef(false);
  useEffect(() => {
    // A code works once: not twice in development's double run, nor after a reload.
    if (begun.current) return;
    begun.current = true;
    const params = new URLSearchParams(location.search);
    history.replaceState(history.state, "", location.pathname);
    const trip = endOAuth(params.get("state"));
    finish(trip, params).then(
      (to) => navigate(to, { replace: true }),
      (error: unknown) => setFailure({ ...describeTrip(error), back: wayBack(trip), linking: Boolean(trip?.linkTo) }),
    );
  }, []);
  return (
    <AuthFrame title={failure ? t("auth.failed") : t("auth.signingIn")}>
      {failure ? (
        <>
          <div role="alert" className="rounded-xl bg-danger-soft px-4 py-3 text-sm leading-relaxed">
            <p>{failure.text}</p>
            {failure.detail && <p className="mt-2 font-mono text-xs break-words text-muted">{failure.detail}</p>}
          </div>
          <Link to={failure.back} className="mt-5 inline-block font-medium text-accent underline-offset-4 hover:underline">
            {t(failure.linking ? "trip.backToAccount" : "auth.tryAgain")}
          </Link>
        </>
      ) : (
        <Spinner label={t("state.loading")} />
      )}
    </AuthFrame>
  );
}
