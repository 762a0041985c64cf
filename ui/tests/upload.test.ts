import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { messageHead } from "@/api/upload";
import { CreateAttachmentRequestSchema } from "@/gen/memos/api/v1/attachment_service_pb";

/** What the browser sends: the head and the bytes of the file behind it. */
function sent(id: string, name: string, type: string, size: number) {
  const content = new Uint8Array(size).map((_, index) => index * 7);
  const head = messageHead(id, { name, type, size });
  const body = new Uint8Array(head.length + size);
  body.set(head);
  body.set(content, head.length);
  return { content, message: fromBinary(CreateAttachmentRequestSchema, body) };
}

describe("the message of an upload", () => {
  it.each([0, 1, 127, 128, 16_384, 40_000])("is whole with a file of %i bytes behind its head", (size) => {
    const { content, message } = sent("some-id", "a é.png", "image/png", size);
    expect(message.attachmentId).toBe("some-id");
    expect(message.attachment).toMatchObject({ filename: "a é.png", type: "image/png" });
    expect(message.attachment!.content).toEqual(content);
    const usual = create(CreateAttachmentRequestSchema, { attachmentId: "some-id", attachment: { filename: "a é.png", type: "image/png", content } });
    expect(toBinary(CreateAttachmentRequestSchema, message)).toEqual(toBinary(CreateAttachmentRequestSchema, usual));
  });

  it("has a head that does not grow with the file", () => {
    const gibibyte = messageHead("i", { name: "a", type: "", size: 2 ** 30 });
    expect(gibibyte.length).toBeLessThan(40);
  });
});
