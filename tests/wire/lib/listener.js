// One open stream of live events that is read as it comes.
import assert from "node:assert/strict";

import { until } from "../../lib/wait.mjs";

export class Listener {
  static async open(server, token) {
    const listener = new Listener();
    listener.abort = new AbortController();
    listener.text = "";
    listener.ended = false;
    const answer = await fetch(`${server.url}/api/v1/sse`, {
      headers: { authorization: `Bearer ${token}` }, signal: listener.abort.signal });
    assert.equal(answer.status, 200);
    (async () => {
      try {
        for await (const part of answer.body.pipeThrough(new TextDecoderStream())) listener.text += part;
      } catch {
        // closed by us
      }
      listener.ended = true;
    })();
    await until("begin of a stream", () => listener.text.startsWith(": connected\n\n"));
    return listener;
  }

  /** How often this was told of a memo. */
  times(type, id) {
    return this.text.split(`{"type":"${type}","name":"memos/${id}"}\n\n`).length - 1;
  }

  close() {
    this.abort.abort();
  }
}
