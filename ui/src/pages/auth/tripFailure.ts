import { ConnectError } from "@connectrpc/connect";
import { describeError } from "@/api/errors";
import { type TextKey, t } from "@/i18n";

/** What the provider itself says instead of giving a code (RFC 6749, section 4.1.2.1). */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly description: string | null,
  ) {
    super(description ?? code);
  }
}

export class StaleTrip extends Error {}

export interface Failure {
  text: string;
  /** For whoever looks after the server. */
  detail?: string;
}

const known: [RegExp, TextKey][] = [
  [/^user registration is not allowed/, "trip.closed"],
  [/^identifier .* is not allowed$/s, "trip.filtered"],
  [/^user has been archived/, "trip.archived"],
  [/already linked to another user$/, "trip.linkedElsewhere"],
  [/already linked to another external account/, "trip.otherLinked"],
  [/^identity provider not found/, "trip.noProvider"],
  [/^failed to exchange token/, "trip.noToken"],
  [/^failed to (get user info|create oauth2 identity provider|compile identifier filter)/, "trip.misconfigured"],
];

/** In words for people, with the technical ones beside them where they help. */
export function describeTrip(error: unknown): Failure {
  if (error instanceof StaleTrip) return { text: t("auth.staleTrip") };
  if (error instanceof Refusal) {
    if (error.code === "access_denied") return { text: t("trip.denied") };
    return { text: t("trip.refused"), detail: error.description ? `${error.code}: ${error.description}` : error.code };
  }
  const message = ConnectError.from(error).rawMessage;
  const entry = known.find(([pattern]) => pattern.test(message));
  return entry ? { text: t(entry[1]), detail: message } : { text: describeError(error) };
}
