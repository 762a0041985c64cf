import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";

/**
 * Connect unary calls in binary, and nothing else: the ready-made transport brings JSON, streams and their codecs,
 * a tenth of what a first visit may load.
 */
export interface Bearer {
  /** The token to send, if any. */
  get(): Promise<string | undefined>;
  /** Another one, after the server has refused `token`. */
  renew(token: string): Promise<string>;
}

const patienceMs = 30_000;

export const protoHeaders = { "Content-Type": "application/proto", "Connect-Protocol-Version": "1" };

const codeByStatus: Record<number, Code> = {
  400: Code.Internal,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.Unimplemented,
  413: Code.ResourceExhausted,
  429: Code.Unavailable,
  502: Code.Unavailable,
  503: Code.Unavailable,
  504: Code.Unavailable,
};

/** `invalid_argument` on the wire is `InvalidArgument` in the enumeration. */
function codeByName(name: string): Code | undefined {
  const key = name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Code[key as keyof typeof Code];
}

/** The error in a failed answer: as the server tells it, else as its status suggests (it may come from a proxy). */
export function readError(status: number, body: ArrayBuffer): ConnectError {
  try {
    const { code = "", message = "" } = JSON.parse(new TextDecoder().decode(body)) as { code?: string; message?: string };
    const known = codeByName(code);
    if (known) return new ConnectError(message, known);
  } catch {
    // Not an answer of ours.
  }
  return new ConnectError("", codeByStatus[status] ?? Code.Unknown);
}

async function send(url: string, body: Uint8Array, headers: Headers, token: string | undefined, signal: AbortSignal | undefined, timeoutMs: number) {
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new ConnectError("", Code.DeadlineExceeded)), timeoutMs);
  const cancel = () => abort.abort(signal?.reason);
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel);
  try {
    const response = await fetch(url, { method: "POST", headers, body: body as Uint8Array<ArrayBuffer>, signal: abort.signal });
    return { status: response.status, headers: response.headers, body: await response.arrayBuffer() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", cancel);
  }
}

export function createTransport(bearer?: Bearer): Transport {
  return {
    async unary(method, signal, timeoutMs, header, input) {
      const url = `/${method.parent.typeName}/${method.name}`;
      const body = toBinary(method.input, create(method.input, input));
      const headers = new Headers(header);
      for (const [name, value] of Object.entries(protoHeaders)) headers.set(name, value);
      const token = await bearer?.get();
      let answer = await send(url, body, headers, token, signal, timeoutMs ?? patienceMs);
      if (answer.status === 401 && token) answer = await send(url, body, headers, await bearer!.renew(token), signal, timeoutMs ?? patienceMs);
      if (answer.status !== 200) throw readError(answer.status, answer.body);
      const message = fromBinary(method.output, new Uint8Array(answer.body));
      return { stream: false, service: method.parent, method, header: answer.headers, trailer: new Headers(), message };
    },
    stream() {
      throw new ConnectError("no streams", Code.Unimplemented);
    },
  };
}
