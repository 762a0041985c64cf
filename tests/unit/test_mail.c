/* Messages: their headers and bodies, whatever names and texts are in them; and notices about memos. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/base64.h"
#include "event/notice.h"

#include "arena_fixture.h"

static struct mail sample(void)
{
    return (struct mail){.from_name = "",
                         .from = "a@example.org",
                         .to = "b@example.org",
                         .reply_to = "",
                         .subject = "s",
                         .body = "b\n",
                         .id = "id",
                         .date_s = 1795489358};
}

static const char *written(const struct mail *mail)
{
    size_t length;
    const char *text = mail_write(arena, mail, &length);
    assert_int_equal(length, strlen(text));
    return text;
}

static void writes_plain_text_as_it_is(void **state)
{
    (void)state;
    struct mail mail = sample();
    assert_string_equal(written(&mail), "From: a@example.org\r\nTo: b@example.org\r\nSubject: s\r\n"
                                        "Date: Tue, 24 Nov 2026 03:02:38 +0000\r\nMessage-ID: <id@example.org>\r\n"
                                        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nb\r\n");
    mail.from_name = "Our  Notes";
    mail.reply_to = "c@example.org";
    mail.body = "one\n\n.two\n";
    assert_string_equal(written(&mail),
                        "From: Our Notes <a@example.org>\r\nTo: b@example.org\r\nReply-To: c@example.org\r\n"
                        "Subject: s\r\nDate: Tue, 24 Nov 2026 03:02:38 +0000\r\nMessage-ID: <id@example.org>\r\n"
                        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\none\r\n\r\n.two\r\n");
}

/* The header as one line, folds undone. */
static const char *header(const char *text, const char *name)
{
    const char *at = strstr(text, arena_printf(arena, "\n%s: ", name));
    if (strncmp(text, name, strlen(name)) == 0)
        at = text - 1;
    assert_non_null(at);
    at += strlen(name) + 3;
    struct buf out = buf_in(arena);
    for (; at[0] != '\r' || at[2] == ' '; at++) {
        if (at[0] == '\r')
            at += 2;
        buf_add_char(&out, *at);
    }
    return buf_str(&out);
}

/* The text of encoded words in a row. */
static const char *decoded(const char *text)
{
    struct buf out = buf_in(arena);
    static const char start[] = "=?UTF-8?B?";
    while (*text) {
        assert_memory_equal(text, start, sizeof start - 1);
        text += sizeof start - 1;
        size_t length = strcspn(text, "?");
        assert_true(sizeof start - 1 + length + 2 <= 75);
        size_t before = out.len;
        assert_true(base64_decode_strict(&out, text, length, NULL));
        assert_int_not_equal((unsigned char)out.data[before] & 0xC0, 0x80); /* begins with a whole character */
        text += length + 2;
        if (*text)
            assert_int_equal(*text++, ' ');
    }
    return buf_str(&out);
}

static void lets_nobody_write_headers(void **state)
{
    (void)state;
    static const struct {
        const char *given, *name, *subject;
    } cases[] = {
        {"A\r\nBcc: x@y.z", "\"A Bcc: x@y.z\" <a@example.org>", "A Bcc: x@y.z"},
        {" \n ", "a@example.org", ""},
        {"a\tb\x01\x7F"
         "c",
         "a b c <a@example.org>", "a b c"},
        {"A, \"B\" \\ <c@d.e>", "\"A, \\\"B\\\" \\\\ <c@d.e>\" <a@example.org>", "A, \"B\" \\ <c@d.e>"},
        {"O'Neil & Co. - Notes", "\"O'Neil & Co. - Notes\" <a@example.org>", "O'Neil & Co. - Notes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mail mail = sample();
        mail.from_name = mail.subject = cases[i].given;
        mail.reply_to = arena_printf(arena, "%s\r\nX-Evil: 1", cases[i].given);
        const char *text = written(&mail);
        assert_string_equal(header(text, "From"), cases[i].name);
        assert_string_equal(header(text, "Subject"), cases[i].subject);
        assert_null(strstr(text, "\nX-Evil"));
        assert_null(strstr(text, "\nBcc"));
    }
}

static void encodes_what_is_not_ascii(void **state)
{
    (void)state;
    struct buf long_name = buf_in(arena);
    for (int i = 0; i < 100; i++)
        buf_add_str(&long_name, i % 3 ? "\xC3\xA9" : "\xF0\x9F\x98\x84");
    const char *cases[] = {"J\xC3\xBCrgen", "\xF0\x9F\x98\x84", buf_str(&long_name),
                           "=?UTF-8?B?eA==?= is not for decoding"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mail mail = sample();
        mail.subject = mail.from_name = cases[i];
        const char *text = written(&mail), *from = header(text, "From");
        assert_string_equal(decoded(header(text, "Subject")), cases[i]);
        const char *address = strstr(from, " <a@example.org>");
        assert_non_null(address);
        assert_string_equal(decoded(arena_strndup(arena, from, (size_t)(address - from))), cases[i]);
    }
}

static void quotes_bodies(void **state)
{
    (void)state;
    struct mail mail = sample();
    struct buf line = buf_in(arena);
    for (int i = 0; i < 1000; i++)
        buf_add_char(&line, 'x');
    mail.body = arena_printf(arena, "\xC3\xA9 = \n%s\ntail \t\n", buf_str(&line));
    const char *text = written(&mail), *body = strstr(text, "\r\n\r\n") + 4;
    assert_string_equal(header(text, "Content-Transfer-Encoding"), "quoted-printable");
    assert_memory_equal(body, "=C3=A9 =3D=20\r\nxxx", 18);
    assert_non_null(strstr(body, "\r\ntail =09\r\n"));
    size_t longest = 0, letters = 0;
    for (const char *at = body; *at; at += strcspn(at, "\r") + 2) {
        size_t length = strcspn(at, "\r");
        longest = length > longest ? length : longest;
    }
    for (const char *at = body; *at; at++)
        letters += *at == 'x';
    assert_int_equal(letters, 1000);
    assert_true(longest <= 76);
    mail.body = buf_str(&line);
    assert_string_equal(header(written(&mail), "Content-Transfer-Encoding"), "quoted-printable");
}

static void knows_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"a@b", "a.b+c@example.org", "\xC3\xBC@\xC3\xBC.de", "a@[127.0.0.1]"};
    static const char *const bad[] = {"",      "a",       "@b",    "a@",      "a b@c", "a@b\r\nX: y",
                                      "<a@b>", "a@b,c@d", "a@b;c", "\"a\"@b", "\xC3@b"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(mail_address_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(mail_address_valid(bad[i]));
}

static void tells_of_comments_and_mentions(void **state)
{
    (void)state;
    struct notice notice = {.id = "i", .sender_id = 3, .receiver_id = 4, .memo = "m1", .comment = "c1"}, back;
    struct mail mail = {0};
    const char *payload = notice_write(arena, &notice);
    assert_int_equal(notice_read(arena, payload, &back, NULL), STATUS_OK);
    assert_string_equal(back.id, "i");
    assert_int_equal(back.sender_id, 3);
    assert_int_equal(back.receiver_id, 4);
    notice_text(arena, &back, "Ann\nX", "Bob", "https://n.example.org//", &mail);
    assert_string_equal(mail.subject, "[Memos] Ann X commented on your memo");
    assert_string_equal(mail.body, "Hi Bob,\n\nAnn X commented on your memo.\n\nOpen in Memos:\n"
                                   "https://n.example.org/memos/m1#c1\n\nYou are receiving this because you own this "
                                   "memo.\n");
    notice.comment = NULL;
    assert_int_equal(notice_read(arena, notice_write(arena, &notice), &back, NULL), STATUS_OK);
    assert_null(back.comment);
    notice_text(arena, &back, "Ann", "there", " http://n ", &mail);
    assert_string_equal(mail.subject, "[Memos] Ann mentioned you in a memo");
    assert_string_equal(mail.body, "Hi there,\n\nAnn mentioned you in a memo.\n\nOpen in Memos:\nhttp://n/memos/m1\n\n"
                                   "You are receiving this because you were mentioned in this memo.\n");
    static const char *const damaged[] = {"", "{}", "[]", "{\"id\":\"i\",\"sender\":1,\"receiver\":2}"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++)
        assert_int_equal(notice_read(arena, damaged[i], &back, NULL), STATUS_DATA_LOSS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_plain_text_as_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lets_nobody_write_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(encodes_what_is_not_ascii, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quotes_bodies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(knows_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_of_comments_and_mentions, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
