import { Code, ConnectError } from "@connectrpc/connect";
import { t } from "@/i18n";

export function codeOf(error: unknown): Code {
  return ConnectError.from(error).code;
}

export const isMissing = (error: unknown) => [Code.NotFound, Code.PermissionDenied, Code.Unauthenticated].includes(codeOf(error));

/** The server knows who asks and says no: there is nothing there, or nothing for this user. */
export const isGone = (error: unknown) => [Code.NotFound, Code.PermissionDenied].includes(codeOf(error));

/** Reached nobody: offline, server down, or connection cut. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  const known = ConnectError.from(error);
  return known.code === Code.Unavailable || known.code === Code.DeadlineExceeded || (known.code === Code.Unknown && known.cause instanceof TypeError);
}

/** One sentence for people: what went wrong and, where known, what to do. */
export function describeError(error: unknown): string {
  if (isUnreachable(error)) return navigator.onLine ? t("error.unreachable") : t("error.offline");
  const known = ConnectError.from(error);
  switch (known.code) {
    case Code.ResourceExhausted:
      return t("error.tooMuch");
    case Code.Unimplemented:
      return t("error.unimplemented");
    case Code.Internal:
    case Code.Unknown:
    case Code.DataLoss:
      return known.rawMessage ? t("error.serverSaid", { message: known.rawMessage }) : t("error.server");
    default: {
      const text = known.rawMessage || t("error.server");
      return text.charAt(0).toLocaleUpperCase() + text.slice(1);
    }
  }
}
