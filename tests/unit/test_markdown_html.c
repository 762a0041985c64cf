/* Feed HTML (contract memos.md 6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "markdown/entity.h"
#include "markdown/markdown.h"

struct rendering {
    const char *content, *html;
};

static void check(const struct rendering *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_create();
        print_message("%s\n", cases[i].content);
        assert_string_equal(markdown_html(arena, cases[i].content, strlen(cases[i].content)), cases[i].html);
        arena_destroy(arena);
    }
}
#define CHECK(cases) check(cases, sizeof cases / sizeof cases[0])

static void inlines(void **state)
{
    (void)state;
    static const struct rendering cases[] = {
        {"", ""},
        {"#tag @bob **b**", "<p>  <strong>b</strong></p>\n"},
        {"*a* _b_ ***c*** ~~d~~ ~e~",
         "<p><em>a</em> <em>b</em> <em><strong>c</strong></em> <del>d</del> <del>e</del></p>\n"},
        {"**a*b*c** *a**b", "<p><strong>a<em>b</em>c</strong> *a**b</p>\n"},
        {"snake_case_word 2*3*4", "<p>snake_case_word 2<em>3</em>4</p>\n"},
        {"\"q\" <x & y> 'z'", "<p>&quot;q&quot; &lt;x &amp; y&gt; 'z'</p>\n"},
        /* What looks like a numeric reference holds a tag. */
        {"&amp; &copy; &#35; &nope; [&#35;](&#x23; '&#35;')",
         "<p>&amp; © &amp;; &amp;nope; <a href=\"#\" title=\"#\">&amp;;</a></p>\n"},
        {"\\* \\a \\\\", "<p>* \\a \\</p>\n"},
        {"`a  b` `` ` `` `<&\"`", "<p><code>a  b</code> <code>`</code> <code>&lt;&amp;&quot;</code></p>\n"},
        {"a\nb  \nc\\\nd", "<p>a\nb<br>\nc<br>\nd</p>\n"},
        {"[t](/u \"a & b\") [é](/ü?x=%41%zz&y)",
         "<p><a href=\"/u\" title=\"a &amp; b\">t</a> <a href=\"/%C3%BC?x=%41%25zz&amp;y\">é</a></p>\n"},
        {"![i *j* `k`](u 't')", "<p><img src=\"u\" alt=\"i j k\" title=\"t\"></p>\n"},
        {"<https://a.b/?q=1&r> <me@a.b>",
         "<p><a href=\"https://a.b/?q=1&amp;r\">https://a.b/?q=1&amp;r</a> <a href=\"mailto:me@a.b\">me@a.b</a></p>\n"},
        {"www.a.b me@a.b", "<p><a href=\"http://www.a.b\">www.a.b</a> <a href=\"mailto:me@a.b\">me@a.b</a></p>\n"},
        {"a <b c='d'>x</b> <!-- y -->",
         "<p>a <!-- raw HTML omitted -->x<!-- raw HTML omitted --> <!-- raw HTML omitted --></p>\n"},
    };
    CHECK(cases);
}

/* No scheme that runs script or reads files gets through, however it is written. */
static void dangerous_targets(void **state)
{
    (void)state;
    static const struct rendering cases[] = {
        {"[a](javascript:alert(1))", "<p><a href=\"\">a</a></p>\n"},
        {"[a](JaVaScript:alert(1))", "<p><a href=\"\">a</a></p>\n"},
        {"[a](java&#115;cript:alert(1))", "<p><a href=\"\">a</a></p>\n"},
        {"[a](javascript&colon;alert(1))", "<p><a href=\"\">a</a></p>\n"},
        {"[a](java\\script:x)", "<p><a href=\"java%5Cscript:x\">a</a></p>\n"},
        {"[a](vbscript:x) ![a](file:///etc/passwd)", "<p><a href=\"\">a</a> <img src=\"\" alt=\"a\"></p>\n"},
        {"<javascript:alert(1)>", "<p><a href=\"\">javascript:alert(1)</a></p>\n"},
        {"[a](data:text/html;base64,eA==)", "<p><a href=\"\">a</a></p>\n"},
        {"![a](data:image/png;base64,eA==)", "<p><img src=\"data:image/png;base64,eA==\" alt=\"a\"></p>\n"},
        {"[a]\n\n[a]: javascript:x", "<p><a href=\"\">a</a></p>\n"},
    };
    CHECK(cases);
}

static void headings(void **state)
{
    (void)state;
    static const struct rendering cases[] = {
        {"# My *Title* & <x>", "<h1 id=\"my-title--x\">My <em>Title</em> &amp; <!-- raw HTML omitted --></h1>\n"},
        {"#### x_y-Z! 1.2", "<h4 id=\"x-y-z-12\">x_y-Z! 1.2</h4>\n"},
        {"## 日本", "<h2 id=\"heading\">日本</h2>\n"},
        {"# A b\n# A b\n# a-b\n# A b",
         "<h1 id=\"a-b\">A b</h1>\n<h1 id=\"a-b-1\">A b</h1>\n<h1 id=\"a-b-2\">a-b</h1>\n<h1 id=\"a-b-3\">A b</h1>\n"},
        {"# a-1\n# a\n# a\n", "<h1 id=\"a-1\">a-1</h1>\n<h1 id=\"a\">a</h1>\n<h1 id=\"a-2\">a</h1>\n"},
        {"#\n##\n", "<h1 id=\"heading\"></h1>\n<h2 id=\"heading-1\"></h2>\n"},
        {"one\ntwo\n---\n", "<h2 id=\"two\">one\ntwo</h2>\n"},
    };
    CHECK(cases);
}

static void blocks(void **state)
{
    (void)state;
    static const struct rendering cases[] = {
        {"> a\n\n---\n", "<blockquote>\n<p>a</p>\n</blockquote>\n<hr>\n"},
        {"- a\n  - b\n- c", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n<li>c</li>\n</ul>\n"},
        {"3. a\n\n4. b", "<ol start=\"3\">\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ol>\n"},
        {"- [ ] a\n- [x] b", "<ul>\n<li><input disabled=\"\" type=\"checkbox\"> a</li>\n"
                             "<li><input checked=\"\" disabled=\"\" type=\"checkbox\"> b</li>\n</ul>\n"},
        {"```js\na < b\n\n  c\n```", "<pre><code class=\"language-js\">a &lt; b\n\n  c\n</code></pre>\n"},
        {"    x*y*\n", "<pre><code>x*y*\n</code></pre>\n"},
        {"text\n\n~~~ c++ {1}\n~~~", "<p>text</p>\n<pre><code class=\"language-c++\"></code></pre>\n"},
        {"<div>\n*a*\n</div>", "<!-- raw HTML omitted -->\n"},
        {"| a | b |\n|:--|--:|\n| 1 |\n",
         "<table>\n<thead>\n<tr>\n<th style=\"text-align:left\">a</th>\n<th style=\"text-align:right\">b</th>\n</tr>\n"
         "</thead>\n<tbody>\n<tr>\n<td style=\"text-align:left\">1</td>\n<td></td>\n</tr>\n</tbody>\n</table>\n"},
        {"[a]: /u\n", ""},
        {"- [a]: /u\n- b", "<ul>\n<li></li>\n<li>b</li>\n</ul>\n"},
    };
    CHECK(cases);
}

static void entities(void **state)
{
    (void)state;
    char out[8];
    size_t length;
    assert_int_equal(markdown_entity("&amp;x", 6, out, &length), 5);
    assert_int_equal(length, 1);
    assert_memory_equal(out, "&", 1);
    assert_int_equal(markdown_entity("&NotEqualTilde;", 15, out, &length), 15);
    assert_memory_equal(out, "≂̸", length);
    assert_int_equal(markdown_entity("&CounterClockwiseContourIntegral;", 33, out, &length), 33);
    assert_int_equal(markdown_entity("&amp", 4, out, &length), 0);
    assert_int_equal(markdown_entity("&AMPP;", 6, out, &length), 0);
    assert_int_equal(markdown_entity("&;", 2, out, &length), 0);
    assert_int_equal(markdown_entity("&#;", 3, out, &length), 0);
    assert_int_equal(markdown_entity("&#x;", 4, out, &length), 0);
    assert_int_equal(markdown_entity("&#12345678;", 11, out, &length), 0);
    assert_int_equal(markdown_entity("&#xD800;", 8, out, &length), 8);
    assert_memory_equal(out, "\xEF\xBF\xBD", length);
    assert_int_equal(markdown_entity("&AndAVeryLongNameThatIsNotInTheTableAtAll;", 42, out, &length), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inlines), cmocka_unit_test(dangerous_targets), cmocka_unit_test(headings),
        cmocka_unit_test(blocks),  cmocka_unit_test(entities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
