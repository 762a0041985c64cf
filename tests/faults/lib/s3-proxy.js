// Stands between Memora and a real S3 store and spoils what it is told to.
import { createServer, request } from "node:http";

const xml = (code, message = "as told by the test") => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

/** Answers that spoil() may give; they see the exchange { req, res, forward, fault }. */
export const refuse = (status, code) => ({ res }) => {
  res.writeHead(status, { "content-type": "application/xml", connection: "close" });
  res.end(xml(code));
};
export const skewed = ({ res }) => {
  res.writeHead(403, { "content-type": "application/xml", date: new Date(Date.now() - 3_600_000).toUTCString(), connection: "close" });
  res.end(xml("RequestTimeTooSkewed"));
};
export const reset = ({ req }) => req.socket.resetAndDestroy ? req.socket.resetAndDestroy() : req.socket.destroy();

/** The answer of the store, its body passed through change(bytes, res): which ends, cuts or drips it. */
export const withBody = (change) => ({ forward }) => forward((answer, res) => {
  const chunks = [];
  answer.on("data", (chunk) => chunks.push(chunk));
  answer.on("end", () => {
    res.writeHead(answer.statusCode, answer.headers);
    change(Buffer.concat(chunks), res);
  });
});
export const truncated = withBody((bytes, res) => res.write(bytes.subarray(0, bytes.length / 2), () => res.socket.end()));
export const damaged = withBody((bytes, res) => {
  bytes[bytes.length - 1] ^= 1;
  res.end(bytes);
});
export const dripping = withBody((bytes, res) => {
  res.write(bytes.subarray(0, 1000));
  let at = 1000;
  const timer = setInterval(() => res.write(bytes.subarray(at, ++at)), 100);
  res.on("close", () => clearInterval(timer));
});

export class S3Proxy {
  static async start(endpoint) {
    const proxy = new S3Proxy();
    proxy.upstream = new URL(endpoint);
    proxy.seen = 0;
    proxy.rule = () => undefined;
    proxy.server = createServer((req, res) => proxy.handle(req, res));
    await new Promise((done) => proxy.server.listen(0, "127.0.0.1", done));
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  /** rule(req, n) gives the answer for the n-th request from now on (0, 1, ...), or nothing to let it pass. */
  spoil(rule) {
    this.seen = 0;
    this.rule = rule;
  }

  heal() {
    this.spoil(() => undefined);
  }

  stop() {
    this.server.closeAllConnections?.();
    this.server.close();
  }

  handle(req, res) {
    const fault = this.rule(req, this.seen++);
    res.on("error", () => {});
    const forward = (answered) => {
      const onward = request(
        { host: this.upstream.hostname, port: this.upstream.port, method: req.method, path: req.url, headers: req.headers },
        (answer) => answered(answer, res),
      );
      onward.on("error", () => res.destroy());
      req.pipe(onward);
    };
    if (!fault) {
      forward((answer) => {
        res.writeHead(answer.statusCode, answer.headers);
        answer.pipe(res);
      });
      return;
    }
    fault({ req, res, forward });
  }
}
