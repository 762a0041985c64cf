// A mail server for tests (RFC 5321): keeps what it is given, offers what it is told to, and fails where it is told to.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, TLSSocket } from "node:tls";

import { root } from "./paths.js";

const patience = 60_000;
const decode = (text) => Buffer.from(text, "base64").toString();

export class MailServer {
  /** options: tls (from the first byte), starttls, auth (["PLAIN"], ...: offered), and fail(verb, count): the answer in place of
   * the good one to the count-th command of that verb, "drop" to hang up, "hang" to stay silent, undefined for the good one.
   * CONNECT, DATA's end "." and every command are verbs. */
  static async start(options = {}) {
    const mail = new MailServer();
    mail.options = options;
    mail.messages = []; // { from, to, text, secure, auth }
    mail.log = [];
    mail.counts = {};
    mail.sockets = new Set();
    if (options.tls || options.starttls) {
      mail.dir = mkdtempSync(join(tmpdir(), "memora-smtp-"));
      execFileSync(join(root, "tests/lib/certificates.sh"), [mail.dir, "localhost"]);
      mail.ca = join(mail.dir, "ca.pem");
      mail.other = join(mail.dir, "other.pem");
      mail.context = createSecureContext({ key: readFileSync(join(mail.dir, "key.pem")), cert: readFileSync(join(mail.dir, "cert.pem")) });
    }
    mail.server = createServer((socket) => {
      mail.sockets.add(socket);
      socket.on("error", () => {});
      mail.talk(options.tls ? mail.secure(socket) : socket, { secure: Boolean(options.tls), greet: true });
    });
    // Both loopback addresses: "localhost" may be either.
    await new Promise((done, fail) => mail.server.once("error", fail).listen(0, "127.0.0.1", done));
    mail.port = mail.server.address().port;
    return mail;
  }

  secure(socket) {
    const upgraded = new TLSSocket(socket, { isServer: true, secureContext: this.context });
    upgraded.on("error", () => {});
    return upgraded;
  }

  talk(socket, { secure, greet }) {
    let text = "", message, data = false, login;
    const session = { secure };
    const say = (line) => socket.write(`${line}\r\n`);
    const answer = (verb, good) => {
      const count = (this.counts[verb] = (this.counts[verb] ?? 0) + 1);
      const bad = this.options.fail?.(verb, count);
      if (bad === "drop") socket.destroy();
      else if (bad === undefined) good();
      else if (bad !== "hang") say(bad);
    };
    const commands = {
      EHLO: (line) => {
        session.greeted = line.slice(5);
        const offers = ["8BITMIME", "SMTPUTF8"];
        if (this.options.starttls && !session.secure) offers.push("STARTTLS");
        if (this.options.auth) offers.push(`AUTH ${this.options.auth.join(" ")}`);
        socket.write(["test", ...offers].map((offer, i, all) => `250${i === all.length - 1 ? " " : "-"}${offer}\r\n`).join(""));
      },
      STARTTLS: () => {
        say("220 go ahead");
        socket.removeAllListeners("data");
        this.talk(this.secure(socket), { secure: true });
      },
      AUTH: (line) => {
        const [, kind, initial] = line.split(" ");
        session.auth = kind;
        if (kind === "PLAIN" && initial) {
          [session.authzid, session.user, session.password] = decode(initial).split("\0");
          say("235 welcome");
        } else if (kind === "LOGIN" && initial) {
          session.user = decode(initial);
          login = "password";
          say(`334 ${Buffer.from("Password:").toString("base64")}`);
        } else {
          login = "user";
          say(`334 ${Buffer.from("Username:").toString("base64")}`);
        }
      },
      MAIL: (line) => ((message = { from: line.slice(10), to: [], ...session }), say("250 sender")),
      RCPT: (line) => (message.to.push(line.slice(8)), say("250 recipient")),
      DATA: () => ((data = true), (message.text = ""), say("354 go on")),
      QUIT: () => (say("221 bye"), socket.end()),
    };
    const end = () => {
      data = false;
      answer(".", () => {
        message.text = message.text.replace(/^\./gm, "");
        this.messages.push(message);
        say("250 kept");
      });
    };
    const take = (line) => {
      if (data) return line === "." ? end() : void (message.text += `${line}\r\n`);
      if (login) {
        session[login] = decode(line);
        login = login === "user" ? "password" : undefined;
        return say(login ? `334 ${Buffer.from("Password:").toString("base64")}` : "235 welcome");
      }
      this.log.push(line);
      const verb = line.split(" ")[0].toUpperCase();
      answer(verb, () => (commands[verb] ? commands[verb](line) : say("500 what?")));
    };
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      for (let at; (at = text.indexOf("\r\n")) >= 0;) {
        const line = text.slice(0, at);
        text = text.slice(at + 2);
        take(line);
      }
    });
    if (greet) answer("CONNECT", () => say("220 test ESMTP"));
  }

  /** The messages, as soon as there are that many. */
  async until(count) {
    const deadline = Date.now() + patience;
    while (this.messages.length < count) {
      if (Date.now() > deadline) throw new Error(`${this.messages.length} of ${count} messages; commands:\n${this.log.join("\n")}`);
      await new Promise((done) => setTimeout(done, 20));
    }
    return this.messages;
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
    if (this.dir) rmSync(this.dir, { recursive: true, force: true });
  }
}
