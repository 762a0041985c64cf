// A small S3 server over a directory, for tests where versitygw cannot be built: it verifies signatures and body hashes.
// usage: node s3server.mjs PORT DIR META    (keys: ROOT_ACCESS_KEY, ROOT_SECRET_KEY, REGION, SESSION_TOKEN)
// Buckets are the folders of DIR, objects files below them; what else is known of an object is JSON below META.
// A bucket is the first part of the path, or of the host name (bucket.localhost). With TLS_DIR it speaks HTTPS, with
// cert.pem and key.pem from there.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync,
  rmdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

import { Refusal, verify } from "./s3sign.mjs";

const PART_MIN = 5 * 1024 * 1024;
const [port, objects, meta] = process.argv.slice(2);
const keys = { access: process.env.ROOT_ACCESS_KEY, secret: process.env.ROOT_SECRET_KEY, region: process.env.REGION,
  token: process.env.SESSION_TOKEN };
const uploads = new Map(); // id -> { bucket, key, type, parts: Map(number -> { file, etag, size }) }

const xml = (text) => text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);
const document = (name, body) => `<?xml version="1.0" encoding="UTF-8"?>\n<${name}>${body}</${name}>`;
const temporary = () => join(meta, "temporary", randomUUID());
const infoFile = (bucket, key) => join(meta, "info", createHash("sha256").update(`${bucket}/${key}`).digest("hex"));
mkdirSync(join(meta, "temporary"), { recursive: true });
mkdirSync(join(meta, "info"), { recursive: true });

/** Writes a request's body to a file; refuses one that differs from its announced hashes. */
async function receive(request, bodyHash) {
  const file = temporary();
  const md5 = createHash("md5");
  const sha = createHash("sha256");
  let size = 0;
  await pipeline(request, async function* (source) {
    for await (const chunk of source) {
      md5.update(chunk);
      sha.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }, createWriteStream(file));
  const digest = sha.digest();
  const refuse = (status, code) => {
    rmSync(file);
    throw new Refusal(status, code);
  };
  if (bodyHash && digest.toString("hex") !== bodyHash) refuse(400, "XAmzContentSHA256Mismatch");
  const checksum = request.headers["x-amz-checksum-sha256"];
  if (checksum && checksum !== digest.toString("base64")) refuse(400, "BadDigest");
  if (request.headers["content-length"] && Number(request.headers["content-length"]) !== size) refuse(400, "IncompleteBody");
  return { file, size, etag: md5.digest("hex"), checksum };
}

function find(bucket, key) {
  const file = join(objects, bucket, key);
  if (!existsSync(file) || !statSync(file).isFile()) throw new Refusal(404, "NoSuchKey");
  const stat = statSync(file);
  const info = existsSync(infoFile(bucket, key)) ? JSON.parse(readFileSync(infoFile(bucket, key))) : {};
  return { file, stat, type: "binary/octet-stream", etag: "unknown", ...info };
}

const metaOf = (request) =>
  Object.fromEntries(Object.entries(request.headers).filter(([name]) => name.startsWith("x-amz-meta-")));

/** Makes a received file the object, in one step. */
function place(request, bucket, key, received, type, meta = metaOf(request)) {
  const file = join(objects, bucket, key);
  if (request.headers["if-none-match"] === "*" && existsSync(file)) {
    rmSync(received.file);
    throw new Refusal(412, "PreconditionFailed");
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(infoFile(bucket, key), JSON.stringify({ type, meta, etag: received.etag, checksum: received.checksum }));
  renameSync(received.file, file);
}

function send(response, status, headers = {}, body = "") {
  response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers });
  response.end(body);
}
const sendXml = (response, status, name, body) =>
  send(response, status, { "content-type": "application/xml" }, document(name, body));

function range(header, size) {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header || "");
  if (!parts || (parts[1] === "" && parts[2] === "")) return null;
  const start = parts[1] === "" ? Math.max(0, size - Number(parts[2])) : Number(parts[1]);
  const end = parts[1] === "" || parts[2] === "" ? size - 1 : Math.min(Number(parts[2]), size - 1);
  if (start >= size || start > end) throw new Refusal(416, "InvalidRange");
  return { start, end };
}

async function get(request, response, bucket, key) {
  const object = find(bucket, key);
  const { size } = object.stat;
  const part = range(request.headers.range, size);
  const headers = {
    "content-type": object.type, etag: `"${object.etag}"`, "accept-ranges": "bytes",
    "last-modified": object.stat.mtime.toUTCString(), "content-length": part ? part.end - part.start + 1 : size,
    ...object.meta,
  };
  if (part) headers["content-range"] = `bytes ${part.start}-${part.end}/${size}`;
  if (object.checksum && request.headers["x-amz-checksum-mode"]) headers["x-amz-checksum-sha256"] = object.checksum;
  response.writeHead(part ? 206 : 200, headers);
  if (request.method === "HEAD" || size === 0) response.end();
  else await pipeline(createReadStream(object.file, part || {}), response);
}

function remove(response, bucket, key) {
  rmSync(join(objects, bucket, key), { force: true });
  rmSync(infoFile(bucket, key), { force: true });
  try {
    for (let folder = dirname(join(objects, bucket, key)); folder !== join(objects, bucket); folder = dirname(folder))
      rmdirSync(folder);
  } catch {
    // not empty, or gone already
  }
  send(response, 204);
}

function list(response, bucket, query) {
  const root = join(objects, bucket);
  const after = query.get("continuation-token") || query.get("start-after") || "";
  const order = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const found = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .filter((key) => key.startsWith(query.get("prefix") || "") && order(key, after) > 0).sort(order);
  const page = found.slice(0, Number(query.get("max-keys") || 1000));
  const contents = page.map((key) => {
    const { stat, etag } = find(bucket, key);
    return `<Contents><Key>${xml(key)}</Key><LastModified>${stat.mtime.toISOString()}</LastModified>` +
      `<ETag>&quot;${etag}&quot;</ETag><Size>${stat.size}</Size></Contents>`;
  });
  const more = page.length < found.length;
  sendXml(response, 200, "ListBucketResult", `<IsTruncated>${more}</IsTruncated>` +
    (more ? `<NextContinuationToken>${xml(page.at(-1))}</NextContinuationToken>` : "") + contents.join(""));
}

function listUploads(response, bucket, query) {
  const found = [...uploads].filter(([, one]) => one.bucket === bucket && one.key.startsWith(query.get("prefix") || ""));
  sendXml(response, 200, "ListMultipartUploadsResult", `<IsTruncated>false</IsTruncated>` +
    found.map(([id, { key }]) => `<Upload><Key>${xml(key)}</Key><UploadId>${id}</UploadId></Upload>`).join(""));
}

function upload(query, bucket, key) {
  const found = uploads.get(query.get("uploadId"));
  if (!found || found.bucket !== bucket || found.key !== key) throw new Refusal(404, "NoSuchUpload");
  return found;
}

function drop(query, { parts }) {
  uploads.delete(query.get("uploadId"));
  for (const { file } of parts.values()) rmSync(file, { force: true });
}

async function complete(request, response, query, bucket, key, bodyHash) {
  const { parts, type, meta } = upload(query, bucket, key);
  const listing = await receive(request, bodyHash);
  const named = [...readFileSync(listing.file, "utf8").matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(?:"|&quot;)(\w+)/g)];
  rmSync(listing.file);
  const chosen = named.map(([, number, etag]) => {
    const part = parts.get(Number(number));
    if (!part || part.etag !== etag) throw new Refusal(400, "InvalidPart");
    return part;
  });
  if (!chosen.length) throw new Refusal(400, "MalformedXML");
  if (chosen.slice(0, -1).some(({ size }) => size < PART_MIN)) throw new Refusal(400, "EntityTooSmall");
  const file = temporary();
  const md5 = createHash("md5");
  writeFileSync(file, "");
  for (const part of chosen) {
    md5.update(Buffer.from(part.etag, "hex"));
    await pipeline(createReadStream(part.file), createWriteStream(file, { flags: "a" }));
  }
  const etag = `${md5.digest("hex")}-${chosen.length}`;
  place(request, bucket, key, { file, etag }, type, meta);
  drop(query, { parts });
  sendXml(response, 200, "CompleteMultipartUploadResult", `<ETag>&quot;${etag}&quot;</ETag>`);
}

async function put(request, response, query, bucket, key, bodyHash) {
  const target = query.has("uploadId") ? upload(query, bucket, key) : null;
  const received = await receive(request, bodyHash);
  if (target) target.parts.set(Number(query.get("partNumber")), received);
  else place(request, bucket, key, received, request.headers["content-type"] || "binary/octet-stream");
  send(response, 200, { etag: `"${received.etag}"` });
}

async function answer(request, response) {
  const url = new URL(request.url, "http://local");
  const query = url.searchParams;
  const bodyHash = verify(request, url, keys);
  const virtual = /^([^.:]+)\.localhost(:|$)/.exec(request.headers.host)?.[1];
  const [bucket, ...rest] = [...(virtual ? [virtual] : []), ...decodeURIComponent(url.pathname.slice(1)).split("/")];
  const key = rest.join("/");
  if (!bucket || rest.some((segment) => segment === "." || segment === "..")) throw new Refusal(400, "InvalidURI");
  if (!existsSync(join(objects, bucket))) throw new Refusal(404, "NoSuchBucket");
  if (!key) {
    if (request.method === "HEAD") return send(response, 200);
    if (request.method === "GET" && query.has("uploads")) return listUploads(response, bucket, query);
    if (request.method === "GET") return list(response, bucket, query);
  } else if (request.method === "PUT") return put(request, response, query, bucket, key, bodyHash);
  else if (request.method === "GET" || request.method === "HEAD") return get(request, response, bucket, key);
  else if (request.method === "DELETE" && query.has("uploadId")) {
    drop(query, upload(query, bucket, key));
    return send(response, 204);
  } else if (request.method === "DELETE") return remove(response, bucket, key);
  else if (request.method === "POST" && query.has("uploads")) {
    const id = randomUUID();
    const type = request.headers["content-type"] || "binary/octet-stream";
    uploads.set(id, { bucket, key, type, meta: metaOf(request), parts: new Map() });
    return sendXml(response, 200, "InitiateMultipartUploadResult", `<UploadId>${id}</UploadId>`);
  } else if (request.method === "POST" && query.has("uploadId"))
    return complete(request, response, query, bucket, key, bodyHash);
  throw new Refusal(405, "MethodNotAllowed");
}

const tls = process.env.TLS_DIR;
const listen = tls ? (handler) => createTlsServer(
  { cert: readFileSync(join(tls, "cert.pem")), key: readFileSync(join(tls, "key.pem")) }, handler) : createServer;
const server = listen((request, response) => {
  answer(request, response).catch((error) => {
    const refusal = error instanceof Refusal ? error : new Refusal(500, "InternalError", error.message);
    if (refusal.status === 500) console.error(error);
    if (response.headersSent) return response.destroy();
    request.resume();
    sendXml(response, refusal.status, "Error", `<Code>${refusal.code}</Code><Message>${xml(refusal.message)}</Message>`);
  });
});
server.requestTimeout = 0;
server.listen(Number(port), "127.0.0.1");
