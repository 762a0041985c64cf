// An HTTP receiver for webhooks: keeps what it is sent and answers as it is told.
import { createServer } from "node:http";

const patience = 60_000;

export const fine = (answer) => answer.writeHead(200, { "content-type": "application/json" }).end('{"code":0}');

export class Receiver {
  /** answer(response, call) is called for each request once its body is there. */
  static async start({ port = 0, answer = fine } = {}) {
    const receiver = new Receiver();
    receiver.answer = answer;
    receiver.calls = [];
    receiver.waiting = [];
    receiver.server = createServer((request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        const text = Buffer.concat(parts).toString();
        const call = { method: request.method, path: request.url, version: request.httpVersion, headers: request.headers,
          rawHeaders: request.rawHeaders, text };
        try {
          call.json = JSON.parse(text);
        } catch {
          call.json = undefined;
        }
        receiver.calls.push(call);
        receiver.answer(response, call);
        receiver.waiting.splice(0).forEach((look) => look());
      });
    });
    await new Promise((done, fail) => receiver.server.once("error", fail).listen(port, "127.0.0.1", done));
    receiver.port = receiver.server.address().port;
    receiver.url = `http://127.0.0.1:${receiver.port}`;
    return receiver;
  }

  /** The calls that match, as soon as there are that many. */
  async until(count, match = () => true, limit = patience) {
    const deadline = Date.now() + limit;
    for (;;) {
      const found = this.calls.filter(match);
      if (found.length >= count) return found;
      if (Date.now() > deadline)
        throw new Error(`${found.length} of ${count} calls after ${limit} ms; all:\n${this.calls.map((c) => `${c.path} ${c.text}`).join("\n")}`);
      await new Promise((done) => {
        this.waiting.push(done);
        setTimeout(done, 200);
      });
    }
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
