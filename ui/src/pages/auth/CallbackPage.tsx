import { useEffect, useRef, useState } from "react";
import { Link } from "@/app/Link";
import { navigate, safeRedirect } from "@/app/router";
import { userApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { signInWithProvider } from "@/api/session";
import { welcome } from "@/data/users";
import { t } from "@/i18n";
import { Spinner } from "@/ui/Button";
import { AuthFrame } from "./AuthFrame";
import { callbackUrl, endOAuth } from "./oauth";

async function finish(params: URLSearchParams): Promise<string> {
  const refusal = params.get("error_description") ?? params.get("error");
  if (refusal) throw new Error(refusal);
  const trip = endOAuth(params.get("state"));
  const code = params.get("code");
  if (!trip || !code) throw new Error(t("auth.staleTrip"));
  if (trip.linkTo) {
    await userApi.createLinkedIdentity({ parent: trip.linkTo, idpName: trip.idpName, code, redirectUri: callbackUrl(), codeVerifier: trip.verifier });
    return "/setting#my-account";
  }
  welcome(await signInWithProvider(trip.idpName, code, callbackUrl(), trip.verifier));
  return safeRedirect(trip.redirect);
}

export default function CallbackPage() {
  const [error, setError] = useState<string>();
  const begun = useRef(false);
  useEffect(() => {
    // A code works once: not twice in development's double run.
    if (begun.current) return;
    begun.current = true;
    finish(new URLSearchParams(location.search)).then(
      (to) => navigate(to, { replace: true }),
      (failure: unknown) => setError(describeError(failure)),
    );
  }, []);
  return (
    <AuthFrame title={error ? t("auth.failed") : t("auth.signingIn")}>
      {error ? (
        <>
          <p role="alert" className="rounded-xl bg-danger-soft px-4 py-3 text-sm">
            {error}
          </p>
          <Link to="/auth" className="mt-5 inline-block font-medium text-accent underline-offset-4 hover:underline">
            {t("auth.tryAgain")}
          </Link>
        </>
      ) : (
        <Spinner label={t("state.loading")} />
      )}
    </AuthFrame>
  );
}
