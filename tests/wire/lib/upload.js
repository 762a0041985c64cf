// Large bodies, sent in pieces with nothing of them held here, and what the server's memory does meanwhile.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";

/** Pieces of pseudo-random bytes, the same for the same seed; no piece is a multiple of three or four long. */
export function* content(size, seed = 1, piece = 65_521) {
  let state = seed >>> 0;
  const block = Buffer.alloc(piece);
  for (let left = size; left > 0; left -= piece) {
    for (let i = 0; i < piece; i += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      block[i] = state >>> 24;
    }
    yield Buffer.from(block.subarray(0, Math.min(left, piece)));
  }
}

export function sha256(pieces) {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** Base64 of pieces, in pieces. */
export function* base64(pieces) {
  let rest = Buffer.alloc(0);
  for (const piece of pieces) {
    const all = Buffer.concat([rest, piece]);
    const whole = all.length - (all.length % 3);
    yield Buffer.from(all.subarray(0, whole).toString("base64"));
    rest = all.subarray(whole);
  }
  yield Buffer.from(rest.toString("base64"));
}

export function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      bytes.push(rest);
      return Buffer.from(bytes);
    }
    bytes.push((rest % 128) | 128);
  }
}

/** A field of wire type "bytes", without its value. */
export const fieldHead = (number, length) => Buffer.concat([varint(number * 8 + 2), varint(length)]);

/** CreateAttachmentRequest in binary, in pieces: filename, type, content. */
export function* protoRequest({ filename, type, size, seed }) {
  const text = (number, value) => Buffer.concat([fieldHead(number, Buffer.byteLength(value)), Buffer.from(value)]);
  const head = Buffer.concat([text(3, filename), text(6, type), fieldHead(4, size)]);
  yield Buffer.concat([fieldHead(1, head.length + size), head]);
  yield* content(size, seed);
}

/** Sends the pieces and gives { status, headers, body }. options: length (else chunked), abortAfter (bytes, then the
 * connection is cut and null is given). */
export function send(url, { headers = {}, method = "POST", pieces = [], length, abortAfter, insist = true }) {
  return new Promise((done, fail) => {
    const fixed = length === undefined ? {} : { "content-length": length };
    const call = request(url, { method, headers: { ...headers, ...fixed } });
    let finished = false;
    call.on("response", (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        finished = true;
        done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) });
      });
    });
    call.on("error", (error) => (finished || abortAfter !== undefined ? undefined : insist ? fail(error) : done(null)));
    (async () => {
      let sent = 0;
      for (const piece of pieces) {
        if (finished || call.destroyed) break;
        if (!call.write(piece)) await new Promise((go) => { call.once("drain", go); call.once("close", go); });
        sent += piece.length;
        if (abortAfter !== undefined && sent >= abortAfter) {
          call.destroy();
          done(null);
          return;
        }
      }
      call.end();
    })();
  });
}

/** SHA-256 of what a GET gives, without holding it. */
export function download(url, headers) {
  return new Promise((done, fail) => {
    const call = request(url, { headers }, (answer) => {
      const hash = createHash("sha256");
      answer.on("data", (part) => hash.update(part));
      answer.on("end", () => done({ status: answer.statusCode, sha256: hash.digest("hex") }));
    });
    call.on("error", fail);
    call.end();
  });
}

function statusField(pid, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
}

/** Memory that the process takes now, and the most it has taken since the last call. */
export function memory(pid) {
  const now = { resident: statusField(pid, "VmRSS"), most: statusField(pid, "VmHWM") };
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return now;
}
