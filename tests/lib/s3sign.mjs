// Verifies AWS Signature Version 4 (AWS documentation, "Authenticating Requests") for the S3 server of the tests.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const SKEW_MS = 15 * 60 * 1000;
const ALGORITHM = "AWS4-HMAC-SHA256";

/** An answer of status with an S3 error code. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message || code);
    this.status = status;
    this.code = code;
  }
}

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();

/** RFC 3986 encoding of everything but unreserved characters. */
const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function when(time) {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time);
  if (!parts) throw new Refusal(403, "AccessDenied", "no valid date");
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function fromHeader(headers) {
  const fields = Object.fromEntries(headers.authorization.slice(ALGORITHM.length).split(",")
    .map((field) => field.trim().split(/=(.*)/s)));
  const time = headers["x-amz-date"] || "";
  if (Math.abs(Date.now() - when(time)) > SKEW_MS)
    throw new Refusal(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.");
  if (!headers["x-amz-content-sha256"]) throw new Refusal(400, "MissingSecurityHeader");
  return {
    credential: fields.Credential, signed: fields.SignedHeaders, signature: fields.Signature, time,
    payload: headers["x-amz-content-sha256"],
  };
}

function fromQuery(query) {
  const time = query.get("X-Amz-Date") || "";
  const seconds = Number(query.get("X-Amz-Expires"));
  if (!(seconds >= 1 && seconds <= 604800)) throw new Refusal(400, "AuthorizationQueryParametersError");
  if (when(time) - SKEW_MS > Date.now() || when(time) + seconds * 1000 < Date.now())
    throw new Refusal(403, "AccessDenied", "Request has expired");
  return {
    credential: query.get("X-Amz-Credential"), signed: query.get("X-Amz-SignedHeaders"),
    signature: query.get("X-Amz-Signature"), time, payload: "UNSIGNED-PAYLOAD",
  };
}

function canonical(request, url, claim) {
  const pairs = [...url.searchParams].filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const path = url.pathname.split("/").map((part) => encode(decodeURIComponent(part))).join("/");
  const names = claim.signed.split(";");
  if (!names.includes("host")) throw new Refusal(403, "AccessDenied", "host is not signed");
  for (const name of Object.keys(request.headers))
    if (name.startsWith("x-amz-") && !names.includes(name))
      throw new Refusal(403, "AccessDenied", `${name} is not signed`);
  const lines = names.map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`);
  return [request.method, path, pairs.join("&"), lines.join(""), claim.signed, claim.payload].join("\n");
}

/** Gives the SHA-256 that the body must have, or null if it is not signed. keys: { access, secret, region, token }, of
 * which the token (of temporary keys) may be missing. */
export function verify(request, url, keys) {
  const presigned = url.searchParams.get("X-Amz-Algorithm") === ALGORITHM;
  if (!presigned && !request.headers.authorization?.startsWith(ALGORITHM)) throw new Refusal(403, "AccessDenied");
  const claim = presigned ? fromQuery(url.searchParams) : fromHeader(request.headers);
  const [access, day, region, service, end] = (claim.credential || "").split("/");
  if (access !== keys.access) throw new Refusal(403, "InvalidAccessKeyId");
  if (day !== claim.time.slice(0, 8) || region !== keys.region || service !== "s3" || end !== "aws4_request")
    throw new Refusal(400, "AuthorizationHeaderMalformed");
  const text = [ALGORITHM, claim.time, `${day}/${region}/s3/aws4_request`, sha256(canonical(request, url, claim))].join("\n");
  const key = [day, region, "s3", "aws4_request"].reduce(hmac, `AWS4${keys.secret}`);
  const wanted = hmac(key, text);
  const given = Buffer.from(claim.signature || "", "hex");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new Refusal(403, "SignatureDoesNotMatch");
  // Only now: what is not signed is not looked at.
  const token = presigned ? url.searchParams.get("X-Amz-Security-Token") : request.headers["x-amz-security-token"];
  if ((token || "") !== (keys.token || "")) throw new Refusal(400, "InvalidToken");
  return claim.payload === "UNSIGNED-PAYLOAD" ? null : claim.payload;
}
