// Speech to text: what is refused, and what providers are sent and may answer.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { Code } from "@connectrpc/connect";

import { clients } from "./lib/clients.js";
import { Server } from "./lib/server.js";

const MiB = 1024 * 1024;
const opus = Uint8Array.from([0x4f, 0x67, 0x67, 0x53, 0, 2, 0, 0]);

/** A provider that keeps what it is sent; answer(call) gives [status, body, headers]. */
class Provider {
  static async start() {
    const provider = new Provider();
    provider.calls = [];
    provider.server = createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      const call = { path: request.url, headers: request.headers, body: Buffer.concat(parts) };
      provider.calls.push(call);
      const [status, body, headers] = provider.answer(call);
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
    await new Promise((done) => provider.server.listen(0, "127.0.0.1", done));
    provider.url = `http://127.0.0.1:${provider.server.address().port}`;
    return provider;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}

let server, provider, token, admin, user;
before(async () => {
  server = await Server.start();
  provider = await Provider.start();
  token = await server.signUp("founder");
  admin = clients("connect-node binary", server.url, token);
  user = clients("connect-node binary", server.url, await server.signUp("bob"));
});
after(async () => {
  await server?.stop();
  await provider?.stop();
});

async function configure(transcription) {
  const providers = [
    { id: "o", title: "Whisper", type: "OPENAI", endpoint: `${provider.url}/v1/`, apiKey: "sk-secret" },
    { id: "g", title: "Gemini", type: "GEMINI", endpoint: `${provider.url}/v1beta`, apiKey: "g-secret" },
  ];
  const answer = await server.rest("PATCH", "/api/v1/instance/settings/AI", { token, body: {
    name: "instance/settings/AI", aiSetting: { providers, transcription } } });
  assert.equal(answer.status, 200, answer.text);
}

const transcribe = (audio, who = user) => who.ai.transcribe({ audio });
const content = (value = opus) => ({ source: { case: "content", value } });

async function fails(promise, code, message) {
  const error = await promise.then(() => assert.fail("the call succeeded"), (reason) => reason);
  assert.deepEqual([Code[error.code], error.rawMessage], [Code[code], message]);
}

test("what cannot be transcribed is refused, in order", async () => {
  const { InvalidArgument, FailedPrecondition } = Code;
  assert.equal((await server.rest("POST", "/api/v1/ai:transcribe", { body: {} })).status, 401);
  await fails(transcribe(undefined), InvalidArgument, "audio is required");
  await fails(transcribe({ source: { case: "uri", value: "http://x" } }), InvalidArgument, "audio uri is not supported");
  await fails(transcribe({ source: { case: "uri", value: "" } }), InvalidArgument, "audio content is required");
  await fails(transcribe({ filename: "a" }), InvalidArgument, "audio content is required");
  await fails(transcribe(content(new Uint8Array(25 * MiB + 1))), InvalidArgument, "audio file is too large; maximum size is 25 MiB");
  await fails(transcribe({ ...content(), filename: "é".repeat(128) }), InvalidArgument, "filename is too long; maximum length is 255 characters");
  await fails(transcribe({ ...content(), contentType: " text/Plain; x=y " }), InvalidArgument, 'audio content type "text/Plain; x=y" is not supported');
  await fails(transcribe(content(Buffer.from("hello"))), InvalidArgument, 'audio content type "text/plain" is not supported');
  await fails(transcribe(content()), FailedPrecondition, "transcription is not configured");
  const rest = await server.rest("POST", "/api/v1/ai:transcribe", { token, body: { audio: { content: "T2dnUw==", contentType: "AUDIO/OGG" } } });
  assert.deepEqual(rest.json, { code: 9, message: "transcription is not configured", details: [] });
});

test("OpenAI gets a form, byte for byte what was recorded", async () => {
  await configure({ providerId: "o", language: "de", prompt: "Names: \"Ä\"" });
  provider.answer = () => [200, { text: " Grüße\n" }];
  provider.calls = [];
  const audio = new Uint8Array(25 * MiB).map((_, i) => (i * 7) ^ (i >> 11));
  const { text } = await transcribe({ ...content(audio), filename: ' a"b\r\n.webm ', contentType: "Audio/WebM; codecs=opus" });
  assert.equal(text, " Grüße\n");
  const [{ path, headers, body }] = provider.calls;
  assert.equal(path, "/v1/audio/transcriptions");
  assert.equal(headers.authorization, "Bearer sk-secret");
  assert.equal(Number(headers["content-length"]), body.length);
  const form = await new Response(body, { headers: { "content-type": headers["content-type"] } }).formData();
  assert.deepEqual([...form.keys()], ["file", "model", "response_format", "prompt", "language"]);
  const file = form.get("file");
  assert.equal(file.type, "audio/webm");
  assert.match(body.subarray(0, 200).toString(), /name="file"; filename="a%22b%0D%0A\.webm"\r\n/);
  assert.ok(Buffer.from(await file.arrayBuffer()).equals(Buffer.from(audio)));
  assert.deepEqual(["model", "response_format", "prompt", "language"].map((key) => form.get(key)), ["whisper-1", "json", 'Names: "Ä"', "de"]);
  await configure({ providerId: "o", model: "own" });
  await transcribe(content());
  const small = await new Response(provider.calls[1].body, { headers: { "content-type": provider.calls[1].headers["content-type"] } }).formData();
  assert.deepEqual([...small.keys()], ["file", "model", "response_format"]);
  assert.deepEqual([small.get("file").name, small.get("file").type, small.get("model")], ["audio", "audio/ogg", "own"]);
});

test("Gemini gets the audio inline, with instructions", async () => {
  await configure({ providerId: "g", language: "de", prompt: "Names: \"Ä\"" });
  provider.answer = () => [200, { candidates: [{ finishReason: "STOP", content: { parts: [
    { text: "thinking", thought: true }, { text: "Grüße, " }, { text: "Ä" }] } }] }];
  provider.calls = [];
  const audio = new Uint8Array(MiB + 1).map((_, i) => i * 13);
  assert.equal((await transcribe({ ...content(audio), contentType: "audio/mpeg" })).text, "Grüße, Ä");
  const [{ path, headers, body }] = provider.calls;
  assert.equal(path, "/v1beta/models/gemini-2.5-flash:generateContent");
  assert.equal(headers["x-goog-api-key"], "g-secret");
  const [{ role, parts: [instruction, { inlineData }] }] = JSON.parse(body).contents;
  assert.equal(role, "user");
  assert.match(instruction.text, /^Transcribe the audio accurately\..*\n\nThe input language is de\.\n\nContext and spelling hints:\nNames: "Ä"$/);
  assert.equal(inlineData.mimeType, "audio/mp3");
  assert.ok(Buffer.from(inlineData.data, "base64").equals(Buffer.from(audio)));
  await configure({ providerId: "g", model: "models/x/../y?z" });
  await transcribe({ ...content(), contentType: "audio/x-wav" });
  assert.equal(provider.calls[1].path, "/v1beta/models/x%2F..%2Fy%3Fz:generateContent");
  assert.doesNotMatch(JSON.parse(provider.calls[1].body).contents[0].parts[0].text, /language|hints/);
  const failed = "failed to transcribe audio: ";
  for (const [answer, message] of [
    [{ candidates: [{ finishReason: "MAX_TOKENS", content: { parts: [{ text: "x" }] } }] }, "transcription incomplete (finish reason: MAX_TOKENS)"],
    [{ candidates: [{ finishReason: "STOP", content: { parts: [{ text: " " }] } }] }, "transcription response did not include text"],
    [{ promptFeedback: {} }, "transcription response did not include text"],
  ]) {
    provider.answer = () => [200, answer];
    await fails(transcribe(content()), Code.Internal, failed + message);
  }
  await fails(transcribe({ ...content(), contentType: "video/mp4" }), Code.Internal, `${failed}Gemini does not take audio of the type "video/mp4"`);
  await fails(transcribe(content(Buffer.concat([opus, Buffer.alloc(14 * MiB)]))), Code.Internal, `${failed}audio is too large for Gemini; maximum size is 14 MiB`);
});

test("what a provider says is told, but no key", async () => {
  await configure({ providerId: "o" });
  provider.calls = [];
  const failed = "failed to transcribe audio: the provider";
  for (const [answer, message] of [
    [[401, { error: { message: "bad key" } }], " answered with status 401: bad key"],
    [[500, "<html>"], " answered with status 500"],
    [[302, "", { location: "/elsewhere" }], " answered with status 302"],
    [[200, "[]"], "'s answer is no JSON object"],
    [[200, {}], "'s answer has no text"],
    [[200, { text: 1 }], "'s answer has no text"],
  ]) {
    provider.answer = () => answer;
    await fails(transcribe(content()), Code.Internal, failed + message);
  }
  assert.ok(provider.calls.every(({ path }) => path === "/v1/audio/transcriptions"));
  await provider.stop();
  const error = await transcribe(content()).catch((reason) => reason);
  assert.equal(Code[error.code], "Internal");
  assert.match(error.rawMessage, /^failed to transcribe audio: /);
});
