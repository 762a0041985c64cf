// Mail about notifications, and the test mail, taken by a real mail server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Code, ConnectError } from "@connectrpc/connect";

import { clients } from "./lib/clients.js";
import { Server } from "./lib/server.js";
import { MailServer } from "./lib/smtp.js";

const Visibility = { PRIVATE: 1, PROTECTED: 2, PUBLIC: 3 };
const hint = "Check that the SMTP port matches encryption: Gmail uses port 587 with STARTTLS on and SSL/TLS off; port 465 requires SSL/TLS on";
const settingName = "instance/settings/NOTIFICATION";

let server, admin, bob, carol;
before(async () => {
  server = await Server.start({ args: ["--instance-url", "https://notes.example.org/"] });
  const token = {};
  for (const name of ["founder", "bob", "carol", "nomail"]) token[name] = await server.signUp(name);
  const as = (name) => clients("connect-node binary", server.url, token[name]);
  [admin, bob, carol] = ["founder", "bob", "carol"].map(as);
  const mask = { paths: ["email", "display_name"] };
  await bob.users.updateUser({ user: { name: "users/bob", email: "bob@example.org" }, updateMask: mask });
  await carol.users.updateUser({ user: { name: "users/carol", email: " carol@example.org ", displayName: "Carol\r\nBcc: x@y.z, \u00e9" }, updateMask: mask });
});
after(() => server?.stop());

const save = (email) =>
  admin.instance.updateInstanceSetting({ setting: { name: settingName, value: { case: "notificationSetting", value: { email } } } });
const plain = (mail, more) => ({ enabled: true, smtpHost: "127.0.0.1", smtpPort: mail.port, fromEmail: "memora@example.org", ...more });

async function withMail(options, run) {
  const mail = await MailServer.start(options);
  try {
    await run(mail);
  } finally {
    await mail.stop();
  }
}

/** Head and body of a message; the head as [name, value] with folded lines joined. */
function parts({ text }) {
  const [head, ...body] = text.split("\r\n\r\n");
  return { head: head.replaceAll("\r\n ", " ").split("\r\n").map((line) => line.split(/: (.*)/s).slice(0, 2)), body: body.join("\r\n\r\n") };
}
const words = (text) => text.replace(/=\?UTF-8\?B\?([^?]*)\?= ?/g, (_, word) => Buffer.from(word, "base64"));

test("a comment and a mention, as the recipient gets them", () => withMail({}, async (mail) => {
  await save(plain(mail, { fromName: "Our Notes", replyTo: "us@example.org" }));
  await bob.memos.createMemo({ memoId: "mine", memo: { content: "x", visibility: Visibility.PUBLIC } });
  await carol.memos.createMemoComment({ name: "memos/mine", commentId: "cm-1", comment: { content: "secret words" } });
  const [comment] = await mail.until(1);
  assert.deepEqual([comment.from, comment.to, comment.greeted, comment.secure], ["<memora@example.org>", ["<bob@example.org>"], "localhost", false]);
  const { head, body } = parts(comment);
  assert.deepEqual(head.map(([name]) => name), ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding"]);
  const of = Object.fromEntries(head);
  assert.equal(of.From, "Our Notes <memora@example.org>");
  assert.equal(of.To, "bob@example.org");
  assert.equal(of["Reply-To"], "us@example.org");
  assert.equal(words(of.Subject), "[Memos] Carol Bcc: x@y.z, \u00e9 commented on your memo");
  assert.match(of.Date, /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000$/);
  assert.ok(Math.abs(Date.parse(of.Date) - Date.now()) < 600_000);
  assert.match(of["Message-ID"], /^<[0-9a-f-]{36}@example\.org>$/);
  assert.equal(of["Content-Type"], "text/plain; charset=utf-8");
  assert.equal(body, "Hi bob,\r\n\r\nCarol Bcc: x@y.z, =C3=A9 commented on your memo.\r\n\r\nOpen in Memos:\r\n"
    + "https://notes.example.org/memos/mine#cm-1\r\n\r\nYou are receiving this because you own this memo.\r\n");

  await bob.memos.createMemo({ memoId: "mention", memo: { content: "hello @carol and @nomail and @bob", visibility: Visibility.PROTECTED } });
  const [, mention] = await mail.until(2);
  assert.deepEqual(mention.to, ["<carol@example.org>"]);
  const second = parts(mention);
  assert.equal(Object.fromEntries(second.head).Subject, "[Memos] bob mentioned you in a memo");
  assert.equal(second.body, "Hi Carol Bcc: x@y.z, =C3=A9,\r\n\r\nbob mentioned you in a memo.\r\n\r\nOpen in Memos:\r\n"
    + "https://notes.example.org/memos/mention\r\n\r\nYou are receiving this because you were mentioned in this memo.\r\n");
  // Who is mentioned anew by an edit hears of it; who was mentioned before does not, nor does anybody of what is private.
  await bob.memos.updateMemo({ memo: { name: "memos/mention", content: "@carol again" }, updateMask: { paths: ["content"] } });
  await bob.memos.createMemo({ memo: { content: "@carol", visibility: Visibility.PRIVATE } });
  await carol.memos.updateMemo({ memo: { name: "memos/cm-1", content: "now @founder and @bob" }, updateMask: { paths: ["content"] } });
  await carol.memos.createMemo({ memoId: "last", memo: { content: "@bob", visibility: Visibility.PUBLIC } });
  const messages = await mail.until(3);
  assert.deepEqual(messages.slice(2).map(({ to }) => to), [["<bob@example.org>"]]);
  assert.equal(new Set(messages.map((message) => Object.fromEntries(parts(message).head)["Message-ID"])).size, 3);
  // A message without anything special is sent as it is.
  assert.ok(!messages[2].text.includes("Transfer-Encoding") || messages[2].text.includes("=C3=A9"));
}));

test("nothing is sent while mail is switched off", () => withMail({}, async (mail) => {
  await save(plain(mail, { enabled: false }));
  await carol.memos.createMemo({ memo: { content: "@bob unheard", visibility: Visibility.PUBLIC } });
  await save(plain(mail));
  await carol.memos.createMemo({ memo: { content: "@bob heard", visibility: Visibility.PUBLIC } });
  assert.equal((await mail.until(1)).length, 1);
  assert.equal(mail.counts.MAIL, 1);
}));

test("what fails for now is sent again, the same message; what is refused is not", () => withMail({
  fail: (verb, count) => ({ RCPT: { 1: "451 later", 3: "550 no such user" }, ".": { 1: "drop" } })[verb]?.[count],
}, async (mail) => {
  await save(plain(mail));
  await carol.memos.createMemo({ memoId: "again", memo: { content: "@bob", visibility: Visibility.PUBLIC } });
  // RCPT: later, then DATA drops, then (third RCPT) the address is gone: given up.
  const deadline = Date.now() + 60_000;
  while ((mail.counts.RCPT ?? 0) < 3) {
    assert.ok(Date.now() < deadline, mail.log.join("\n"));
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.equal(mail.counts.DATA, 1);
  await carol.memos.createMemo({ memoId: "after", memo: { content: "@bob", visibility: Visibility.PUBLIC } });
  const [after] = await mail.until(1);
  assert.match(after.text, /memos\/after/);
  assert.equal(mail.messages.length, 1);
  assert.match(server.output, /a mail is not sent: RCPT failed: 550 \(550 no such user\)/);
}));

let open = true;
test("mail outlives the server", () => withMail({ fail: (verb) => (open ? undefined : "421 closed") }, async (mail) => {
  open = false;
  const own = await Server.start({ args: ["--instance-url", "http://x"] });
  try {
    const founder = clients("connect-node binary", own.url, await own.signUp("founder"));
    const dora = clients("connect-node binary", own.url, await own.signUp("dora"));
    await dora.users.updateUser({ user: { name: "users/dora", email: "dora@x.y" }, updateMask: { paths: ["email"] } });
    await founder.instance.updateInstanceSetting({ setting: { name: settingName, value: { case: "notificationSetting", value: { email: plain(mail) } } } });
    await founder.memos.createMemo({ memo: { content: "@dora", visibility: Visibility.PUBLIC } });
    const deadline = Date.now() + 60_000;
    while (!own.output.includes("could not be sent yet")) {
      assert.ok(Date.now() < deadline, own.output);
      await new Promise((done) => setTimeout(done, 50));
    }
    await own.kill();
    open = true;
    await own.launch();
    assert.deepEqual((await mail.until(1))[0].to, ["<dora@x.y>"]);
  } finally {
    await own.stop();
  }
}));
const tryOut = (email, recipientEmail = "") => admin.instance.testInstanceEmailSetting({ email, recipientEmail });
const failing = async (call, code, message) => assert.rejects(call, (error) => {
  const { code: got, rawMessage } = ConnectError.from(error);
  assert.deepEqual([Code[got], typeof message === "string" ? rawMessage : message.test(rawMessage) || rawMessage], [Code[code], typeof message === "string" ? message : true]);
  return true;
});

test("the test mail", () => withMail({ auth: ["LOGIN", "PLAIN"] }, async (mail) => {
  await save(plain(mail, { enabled: false, smtpUsername: "user", smtpPassword: "stored-secret" }));
  await tryOut(undefined, " someone@example.org ");
  const [first] = await mail.until(1);
  assert.deepEqual([first.to, first.auth, first.authzid, first.user, first.password], [["<someone@example.org>"], "PLAIN", "", "user", "stored-secret"]);
  assert.equal(Object.fromEntries(parts(first).head).Subject, "[Memos] Test email");
  assert.equal(parts(first).body, "This is a test email from your Memos notification settings.\r\n");
  // Without a recipient: to oneself.
  await failing(tryOut(undefined), Code.InvalidArgument, "recipient email is required");
  await admin.users.updateUser({ user: { name: "users/founder", email: "founder@example.org" }, updateMask: { paths: ["email"] } });
  await tryOut(plain(mail, { smtpUsername: " user " })); // the stored password belongs to it
  assert.deepEqual((await mail.until(2))[1].to, ["<founder@example.org>"]);
  assert.equal(mail.messages[1].password, "stored-secret");
  await failing(tryOut(plain(mail, { smtpUsername: "other" })), Code.InvalidArgument,
    "smtp password is required when changing SMTP host, port, username, or encryption settings");
  await failing(tryOut({ smtpPassword: "x" }), Code.InvalidArgument, "invalid notification email setting: SMTP host is required");
  for (const smtpPort of [0, -1, 65536])
    await failing(tryOut({ smtpHost: "h", smtpPort, smtpPassword: "x" }), Code.InvalidArgument, "invalid notification email setting: SMTP port must be between 1 and 65535");
  await failing(tryOut({ smtpHost: "h", smtpPort: 25, smtpPassword: "x", fromEmail: " " }), Code.InvalidArgument, "invalid notification email setting: from email is required");
  await failing(bob.instance.testInstanceEmailSetting({}), Code.PermissionDenied, "permission denied");
  await failing(clients("connect-node binary", server.url).instance.testInstanceEmailSetting({}), Code.Unauthenticated, "authentication required");
  // A password goes over an open line to this machine only; no header or command can be smuggled in.
  await failing(tryOut(plain(mail, { smtpHost: "192.0.2.1", smtpPassword: "x" })), Code.Internal,
    `failed to send test email: the password is not sent over an unencrypted connection. ${hint}`);
  for (const bad of ["x@y.z>\r\nRCPT TO:<evil@y.z", "a b@y.z", "no-address"]) {
    await failing(tryOut(plain(mail, { smtpPassword: "x" }), bad), Code.Internal, /^failed to send test email: the recipient is not a mail address/);
    await failing(tryOut(plain(mail, { smtpPassword: "x", fromEmail: bad })), Code.Internal, /^failed to send test email: the sender is not a mail address/);
  }
  await tryOut(plain(mail, { smtpPassword: "x", fromName: "A, \"B\"\r\nX-Evil: 1", replyTo: "r@y.z\r\nX-Evil: 2" }));
  const { head } = parts((await mail.until(3))[2]);
  assert.deepEqual(head.filter(([name]) => name === "X-Evil"), []);
  assert.deepEqual(head[0], ["From", String.raw`"A, \"B\" X-Evil: 1" <memora@example.org>`]);
  const rest = await server.rest("POST", "/api/v1/instance/settings/notification:testEmail", { body: {} });
  assert.equal(rest.status, 401);
}));

test("AUTH LOGIN where there is nothing else; passwords are in no message", async () => {
  await withMail({ auth: ["LOGIN"] }, async (mail) => {
    await tryOut(plain(mail, { smtpUsername: "user", smtpPassword: "p\u00e4ss" }), "a@b.c");
    const [{ auth, user, password }] = await mail.until(1);
    assert.deepEqual([auth, user, Buffer.from(password, "utf8").toString()], ["LOGIN", "user", "p\u00e4ss"]);
  });
  await withMail({ auth: ["PLAIN"], fail: (verb) => (verb === "AUTH" ? "535 your password top-secret is wrong" : undefined) }, async (mail) => {
    await failing(tryOut(plain(mail, { smtpUsername: "user", smtpPassword: "top-secret" }), "a@b.c"), Code.Internal,
      `failed to send test email: the mail server takes neither user name nor password, or no way to give them. ${hint}`);
    assert.ok(!server.output.includes("top-secret"));
  });
});

test("failures of the mail server are told", async () => {
  const answers = [["CONNECT", "554 go away", /\(554 go away\)\. Check/], ["MAIL", "550 not from you", /MAIL failed: 550 \(550 not from you\)\. Check/],
    ["RCPT", "550 5.1.1 unknown", /RCPT failed: 550 \(550 5\.1\.1 unknown\)\. Check/], ["DATA", "452 full", /452 full/], [".", "554 spam", /554 spam/],
    ["MAIL", "drop", /^failed to send test email: ./], ["CONNECT", "drop", /^failed to send test email: ./]];
  for (const [verb, answer, message] of answers)
    await withMail({ fail: (at) => (at === verb ? answer : undefined) }, (mail) =>
      failing(tryOut(plain(mail, { smtpPassword: "x" }), "a@b.c"), Code.Internal, message));
  const gone = await MailServer.start();
  await gone.stop();
  await failing(tryOut(plain(gone, { smtpPassword: "x" }), "a@b.c"), Code.Internal, /^failed to send test email: Failed to connect/);
});

test("a mail server that falls silent is given up after 15 seconds", { timeout: 120_000 }, () =>
  withMail({ fail: (verb) => (verb === "CONNECT" ? "hang" : undefined) }, async (mail) => {
    await failing(tryOut(plain(mail, { smtpPassword: "x" }), "a@b.c"), Code.Internal, /^failed to send test email: the mail server does not answer in time/);
  }));

test("a server that stops waits for no mail server", () => withMail({ fail: () => "hang" }, async (mail) => {
  const own = await Server.start();
  const founder = clients("connect-node binary", own.url, await own.signUp("founder"));
  const call = assert.rejects(founder.instance.testInstanceEmailSetting({ email: plain(mail), recipientEmail: "a@b.c" }),
    (error) => !/in time/.test(error.message)); // which is what it says when it has waited to the end
  const deadline = Date.now() + 60_000;
  while (!mail.counts.CONNECT) {
    assert.ok(Date.now() < deadline, own.output);
    await new Promise((done) => setTimeout(done, 20));
  }
  await own.stop();
  await call;
}));

test("TLS: STARTTLS must be offered, certificates must be right", async () => {
  await withMail({}, (mail) => failing(tryOut(plain(mail, { useTls: true, smtpPassword: "x" }), "a@b.c"), Code.Internal,
    `failed to send test email: SMTP server does not support STARTTLS. ${hint}`));
  for (const [options, email] of [[{ starttls: true, auth: ["PLAIN"] }, { useTls: true }], [{ tls: true, auth: ["PLAIN"] }, { useSsl: true, useTls: true }]])
    await withMail(options, async (mail) => {
      const setting = plain(mail, { smtpHost: "localhost", smtpUsername: "u", smtpPassword: "p", ...email });
      await failing(tryOut(setting, "a@b.c"), Code.Internal, /certificate/i); // nobody here trusts it
      assert.equal(mail.messages.length, 0);
      const own = await Server.start({ args: ["--instance-url", "http://x", "--set", `outbound.ca_file=${mail.ca}`] });
      try {
        const founder = clients("connect-node binary", own.url, await own.signUp("founder"));
        await founder.instance.testInstanceEmailSetting({ email: setting, recipientEmail: "a@b.c" });
        const [message] = await mail.until(1);
        assert.deepEqual([message.secure, message.auth, message.password], [true, "PLAIN", "p"]);
      } finally {
        await own.stop();
      }
    });
});
