/* The worked examples of contract memos.md 3.5, and what else its section 3 says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "markdown/markdown.h"

/* tags: joined by blanks, each with '#'. flags: of "LTCI". */
struct example {
    const char *content, *tags, *flags, *title, *snippet;
};

static const char *join(struct arena *arena, const char *mark, const char *const *texts, size_t count)
{
    struct buf out = buf_in(arena);
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%s%s%s", i ? " " : "", mark, texts[i]);
    return buf_str(&out);
}

static const char *flags_of(struct arena *arena, const struct markdown_facts *facts)
{
    return arena_printf(arena, "%s%s%s%s", facts->has_link ? "L" : "", facts->has_task_list ? "T" : "",
                        facts->has_code ? "C" : "", facts->has_incomplete_tasks ? "I" : "");
}

static void check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct example *e = &examples[i];
        struct arena *arena = arena_create();
        struct markdown_facts facts;
        markdown_extract(arena, e->content, strlen(e->content), &facts);
        print_message("%s\n", e->content);
        assert_string_equal(join(arena, "#", facts.tags, facts.tag_count), e->tags);
        assert_string_equal(flags_of(arena, &facts), e->flags);
        assert_string_equal(facts.title, e->title);
        assert_string_equal(markdown_snippet(arena, e->content, strlen(e->content)), e->snippet);
        arena_destroy(arena);
    }
}
#define CHECK(examples) check(examples, sizeof examples / sizeof examples[0])

static void tags(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"", "", "", "", ""},
        {"#tag hello", "#tag", "", "", "#tag hello"},
        {"a #work/todo b", "#work/todo", "", "", "a #work/todo b"},
        {"#a/b/c/", "#a/b/c/", "", "", "#a/b/c/"},
        {"##two", "#two", "", "", "##two"},
        {"x#y", "#y", "", "", "x#y"},
        {"#a#b", "#a #b", "", "", "#a#b"},
        {"\\#esc", "", "", "", "\\#esc"},
        {"#tag, #tag #Tag", "#tag #Tag", "", "", "#tag, #tag #Tag"},
        {"#a&b #c_d #e-f #g.h #i+j #k$l #m=n", "#a&b #c_d #e-f #g #i+j #k$l #m=n", "", "",
         "#a&b #c_d #e-f #g.h #i+j #k$l #m=n"},
        {"#1 #2024/01 #🚀x", "#1 #2024/01 #🚀x", "", "", "#1 #2024/01 #🚀x"},
        {"#日本語。後", "#日本語", "", "", "#日本語。後"},
        {"#café ＃full", "#café", "", "", "#café ＃full"},
        {"(#par) [#br] \"#q\"", "#par #br #q", "", "", "(#par) [#br] \"#q\""},
        {"#x:y #p;q", "#x #p", "", "", "#x:y #p;q"},
        {"#a\\_b", "#a", "", "", "#a\\_b"},
        {"**#bold** _#it_", "#bold #it_", "", "", "#bold _#it_"},
        {"~~#s~~", "#s~~", "", "", "~~#s~~"},
        {"<b>#bold</b>", "#bold</b>", "", "", "#bold</b>"},
        {"&#35;x", "#35", "", "", "&#35;x"},
        {"#a&amp;b", "#a&amp", "", "", "#a&amp;b"},
        {"`#code` #ok", "#ok", "C", "", "#code #ok"},
        {"```\n#in\n```\n#out", "#out", "C", "", "#out"},
        {"    #indented\n\n#o", "#o", "C", "", "#o"},
        {"[#l](http://x.io) #z", "#z", "L", "", "#l #z"},
        {"![#i](http://x.io/a.png)", "", "", "", "#i"},
        {"#- #/ #__", "#- #/ #__", "", "", "#- #/ #__"},
        {"# #\t#\xC2\xA0#\xE2\x80\x8B#.", "", "", "#\t#\xC2\xA0#\xE2\x80\x8B#.", "#\t#\xC2\xA0#\xE2\x80\x8B#."},
        {"#👨\xE2\x80\x8D👩 #❤\xEF\xB8\x8F", "#👨\xE2\x80\x8D👩 #❤\xEF\xB8\x8F", "", "", "#👨\xE2\x80\x8D👩 #❤\xEF\xB8\x8F"},
        {"`` #in `code `` #out`c`", "#out`c`", "C", "", "#in `code #out`c`"},
        {"> #q\n> t", "#q", "", "", "#q t"},
        {"* #li\n+ #pl", "#li #pl", "", "", "#li#pl"},
        {"[a *#b* c](u) ![*#d*](v) [#e", "#e", "L", "", "a #b c #d [#e"},
    };
    CHECK(examples);
}

static void links(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"[t][1]\n\n[1]: http://a", "", "L", "", "t"},
        {"[t][2]\n\n[1]: http://a", "", "", "", "[t][2]"},
        {"[Foo  Bar]\n\n[foo bar]: <u v> 'two\nlines'\n", "", "L", "", "Foo  Bar"},
        {"[foo]: /u\n[bar]: /v \"t\"\nrest [bar][]", "", "L", "", "rest bar"},
        {"[ẞ]\n\n[SS]: /u", "", "L", "", "ẞ"},
        {"https://x.io/#frag", "", "", "", "https://x.io/#frag"},
        {"\"https://x.io/#frag\"", "#frag", "", "", "\"https://x.io/#frag\""},
        {"http://localhost/#x", "#x", "", "", "http://localhost/#x"},
        {"http://127.0.0.1:80/#x", "#x", "", "", "http://127.0.0.1:80/#x"},
        {"see:https://x.io/#f", "#f", "", "", "see:https://x.io/#f"},
        {"(https://x.io/#f) *https://x.io/#g*", "", "", "", "(https://x.io/#f) https://x.io/#g"},
        {"[ https://x.io/#f", "#f", "", "", "[ https://x.io/#f"},
        {"<https://x.io/a>", "", "", "", "https://x.io/a"},
        {"<xy:#a> <me@x.io>", "", "", "", "xy:#a me@x.io"},
        {"www.x.io here", "", "", "", "http://www.x.io here"},
        {"foo@x.io mail", "", "", "", "foo@x.io mail"},
        {"a#b@x.io #c", "#c", "", "", "a#b@x.io #c"},
        {"![alt text](u) after", "", "", "", "alt text after"},
        {"[a](b (c) [d](<e f> \"g\") [h](i \"j) [k]()", "", "L", "", "[a](b (c) d [h](i \"j) k"},
        {"[a [b](c) d](e)", "", "L", "", "[a b d](e)"},
        {"[![i](u)](v)", "", "L", "", "i"},
    };
    CHECK(examples);
}

static void blocks(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {"# Title\nbody", "", "", "Title", "Title body"},
        {"Setext\n===\nx", "", "", "Setext", "Setext x"},
        {"## H2", "", "", "", "H2"},
        {"text\n# H1", "", "", "", "text H1"},
        {"# H `c` #t **b** [l](u)\nrest", "#t", "LC", "H c  b l", "H c #t b l rest"},
        {"# T #tag @bob", "#tag", "", "T  ", "T #tag"},
        {"#tag\n# Title2", "#tag", "", "", "#tag Title2"},
        {"# Closed ## \n", "", "", "Closed", "Closed"},
        {"> # quoted", "", "", "", "quoted"},
        {"- [ ] a\n- [x] b", "", "TI", "", "a b"},
        {"- [x] done", "", "T", "", "done"},
        {"1. [ ] n", "", "TI", "", "n"},
        {"- [X] loose\n\n- [x] too", "", "T", "", "loose too"},
        {"- a\n\n  [ ] second paragraph", "", "", "", "a [ ] second paragraph"},
        {"[ ] not", "", "", "", "[ ] not"},
        {"-[ ] no", "", "", "", "-[ ] no"},
        {"| a | b |\n|---|---|\n| #c | d |", "#c", "", "", "a b #c d"},
        {"text\n| a |\n|--|\n| `x\\|y` \\| |", "", "C", "", "texta x|y \\|"},
        {"| a | b |\n|---|\n| c |", "", "", "", "| a | b | |---| | c |"},
        {"line1\nline2  \nline3", "", "", "", "line1 line2line3"},
        {"line1\\\nline2", "", "", "", "line1line2"},
        {"p1\n\np2\n\n- i1\n- i2\n  more\n\nend", "", "", "", "p1 p2i1 i2 more end"},
        {"> quote\n\n1. one\n2. two", "", "", "", "quoteone two"},
        {"<div>html</div>\n\nafter", "", "", "", "after"},
        {"<!-- #c --> x", "", "", "", ""},
        {"a <!-- #c --> x <b title='#d'> </b>", "", "", "", "a  x"},
        {"a &amp; b &lt; \\* c", "", "", "", "a &amp; b &lt; \\* c"},
        {"\\`#a` `b", "#a`", "", "", "\\`#a` `b"},
        {"***a** b*", "", "", "", "a b"},
        {"a\r\nb\r\n\r\nc", "", "", "", "a b c"},
        {"~~~ lang\n#x\n~~~", "", "C", "", ""},
    };
    CHECK(examples);
}

static void mentions(void **state)
{
    (void)state;
    static const struct {
        const char *content, *mentions, *snippet;
    } examples[] = {
        {"a@bob.com @bob @Bob-x, @-- (@carol)", "@bob @bob-x @carol", "a@bob.com  , @-- ()"},
        {"@bob_x", "@bob", "_x"},
        {"@Bob @bob\n@BOB", "@bob", ""},
        {"`@a` [@b](u) https://x.io/@c \\@d #e@f", "@b", "@a  https://x.io/@c \\@d #e@f"},
        {"。@日本 ÉCOLE@x @ÉCOLE", "@日本 @école", "。 ÉCOLE@x"},
        {"@@a @", "@a", "@ @"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct arena *arena = arena_create();
        struct markdown_facts facts;
        const char *content = examples[i].content;
        markdown_extract(arena, content, strlen(content), &facts);
        print_message("%s\n", content);
        assert_string_equal(join(arena, "@", facts.mentions, facts.mention_count), examples[i].mentions);
        assert_string_equal(markdown_snippet(arena, content, strlen(content)), examples[i].snippet);
        arena_destroy(arena);
    }
}

static const char *repeat(struct arena *arena, const char *part, int count)
{
    struct buf out = buf_in(arena);
    for (int i = 0; i < count; i++)
        buf_add_str(&out, part);
    return buf_str(&out);
}

static const char *snippet(struct arena *arena, const char *content)
{
    return markdown_snippet(arena, content, strlen(content));
}

static void lengths(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct markdown_facts facts;
    const char *content = arena_printf(arena, "#%s", repeat(arena, "x", 105));
    markdown_extract(arena, content, strlen(content), &facts);
    assert_int_equal(facts.tag_count, 1);
    assert_string_equal(facts.tags[0], repeat(arena, "x", 100));
    assert_string_equal(snippet(arena, content), arena_printf(arena, "#%s ...", repeat(arena, "x", 63)));

    const char *name = repeat(arena, "n", 63);
    content = arena_printf(arena, "@%s", name);
    markdown_extract(arena, content, strlen(content), &facts);
    assert_int_equal(facts.mention_count, 1);
    content = arena_printf(arena, "@%sn", name);
    markdown_extract(arena, content, strlen(content), &facts);
    assert_int_equal(facts.mention_count, 0);

    assert_string_equal(snippet(arena, repeat(arena, "word ", 30)),
                        arena_printf(arena, "%sword ...", repeat(arena, "word ", 11)));
    assert_string_equal(snippet(arena, repeat(arena, "é", 80)), arena_printf(arena, "%s ...", repeat(arena, "é", 64)));
    assert_string_equal(snippet(arena, arena_printf(arena, "%s tail", repeat(arena, "x", 70))),
                        arena_printf(arena, "%s ...", repeat(arena, "x", 64)));
    assert_string_equal(snippet(arena, repeat(arena, "字", 40)), repeat(arena, "字", 40));
    /* More than 128 bytes but no more than 64 characters: no dots, and what follows is gone. */
    assert_string_equal(snippet(arena, arena_printf(arena, "%s\n後", repeat(arena, "字", 43))),
                        repeat(arena, "字", 43));
    assert_string_equal(snippet(arena, repeat(arena, "x", 64)), repeat(arena, "x", 64));
    arena_destroy(arena);
}

/* A long memo is read only in part; the answer must be that of the whole. */
static void long_memos(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    const char *filler = repeat(arena, "lorem ipsum dolor\n\n", 500);
    const char *code = arena_printf(arena, "```\n%s```\n", filler);
    assert_string_equal(snippet(arena, arena_printf(arena, "%safter", code)), "after");
    assert_string_equal(snippet(arena, arena_printf(arena, "%s\n%safter", code, code)), "after");
    /* A definition at the very end. */
    const char *text = "short words in here [text][ref] and then some more of them to cross the line";
    assert_string_equal(snippet(arena, arena_printf(arena, "%s\n\n%s\n[ref]: /u\n", text, filler)),
                        "short words in here text and then some more of them to cross ...");
    assert_string_equal(snippet(arena, arena_printf(arena, "%s\n\n%s\n", text, filler)),
                        "short words in here [text][ref] and then some more of them to ...");
    /* The list is loose because of its last item. */
    const char *items = repeat(arena, "- item\n", 200);
    assert_string_equal(snippet(arena, items), arena_printf(arena, "%s...", repeat(arena, "item ", 12)));
    assert_string_equal(snippet(arena, arena_printf(arena, "%s\n- last", items)),
                        arena_printf(arena, "%s...", repeat(arena, "item ", 12)));
    /* One open link that the end of a long paragraph closes. */
    const char *words = repeat(arena, "word ", 400);
    assert_string_equal(snippet(arena, arena_printf(arena, "[%s](u)", words)),
                        arena_printf(arena, "%s...", repeat(arena, "word ", 12)));
    assert_string_equal(snippet(arena, arena_printf(arena, "[%s", words)),
                        arena_printf(arena, "[%s...", repeat(arena, "word ", 12)));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags),     cmocka_unit_test(links),   cmocka_unit_test(blocks),
        cmocka_unit_test(mentions), cmocka_unit_test(lengths), cmocka_unit_test(long_memos),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
