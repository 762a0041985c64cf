// A TCP port that leads to a Unix socket and can fall silent: then nothing passes and nothing is refused.
import { connect, createServer } from "node:net";

export class SilentProxy {
  static async start(target) {
    const proxy = new SilentProxy();
    proxy.sockets = new Set();
    proxy.silent = false;
    proxy.server = createServer({ pauseOnConnect: true }, (client) => proxy.join(client, target));
    await new Promise((done) => proxy.server.listen(0, "127.0.0.1", done));
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  join(client, target) {
    const onward = connect(target);
    for (const [one, other] of [[client, onward], [onward, client]]) {
      this.sockets.add(one);
      one.on("data", (bytes) => other.write(bytes));
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
    if (this.silent) onward.pause();
    else client.resume();
  }

  fallSilent() {
    this.silent = true;
    for (const socket of this.sockets) socket.pause();
  }

  speak() {
    this.silent = false;
    for (const socket of this.sockets) socket.resume();
  }

  stop() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
