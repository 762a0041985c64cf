import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Attachment, AttachmentSchema, CreateAttachmentRequestSchema } from "@/gen/memos/api/v1/attachment_service_pb";
import { bearer, bearerAfterRefusal } from "./session";
import { protoHeaders, readError } from "./transport";

const address = "/memos.api.v1.AttachmentService/CreateAttachment";

export interface UploadHandlers {
  signal: AbortSignal;
  onProgress(part: number): void; // 0..1
}

interface Answer {
  status: number;
  body: ArrayBuffer;
}

/** Fetch can't tell how much has been sent; XMLHttpRequest can. Otherwise the same binary Connect call as any other. */
function post(body: Blob, token: string | undefined, { signal, onProgress }: UploadHandlers): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "arraybuffer";
    for (const [name, value] of Object.entries(protoHeaders)) request.setRequestHeader(name, value);
    if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => resolve({ status: request.status, body: request.response as ArrayBuffer });
    request.onerror = () => reject(new TypeError("network"));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

/** The message of the call up to the bytes of the file, which end it: so the browser sends them from where they are. */
export function messageHead(id: string, file: Pick<File, "name" | "type" | "size">): Uint8Array<ArrayBuffer> {
  const { attachment, attachmentId } = CreateAttachmentRequestSchema.field;
  const told = toBinary(AttachmentSchema, create(AttachmentSchema, { filename: file.name, type: file.type }));
  const inner = new BinaryWriter().raw(told).tag(AttachmentSchema.field.content.number, WireType.LengthDelimited).uint32(file.size).finish();
  const outer = new BinaryWriter().tag(attachmentId.number, WireType.LengthDelimited).string(id);
  outer.tag(attachment.number, WireType.LengthDelimited).uint32(inner.length + file.size);
  return outer.raw(inner).finish();
}

/** Uploads one file under the id chosen by the caller, with progress and cancel. */
export async function uploadFile(id: string, file: File, handlers: UploadHandlers): Promise<Attachment> {
  const body = new Blob([messageHead(id, file), file]);
  const token = await bearer();
  let answer = await post(body, token, handlers);
  if (answer.status === 401 && token) answer = await post(body, await bearerAfterRefusal(token), handlers);
  if (answer.status !== 200) throw readError(answer.status, answer.body);
  return fromBinary(AttachmentSchema, new Uint8Array(answer.body));
}
