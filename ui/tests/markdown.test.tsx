import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { findHeadings, findTags } from "@/markdown/parse";
import { findTasks, setAllTasks, setTask } from "@/markdown/tasks";
import { safeUrl } from "@/markdown/url";

let render: (content: string, editable?: boolean) => string;

beforeAll(async () => {
  vi.stubGlobal("location", new URL("https://memora.test/"));
  const { Markdown } = await import("@/markdown/Markdown");
  render = (content, editable = false) => renderToStaticMarkup(<Markdown content={content} scope="m" onTask={editable ? () => undefined : undefined} />).replace(/^<div class="md">|<\/div>$/g, "");
});

describe("tags", () => {
  it.each([
    ["#one and #two/three", ["one", "two/three"]],
    ["x#y", ["y"]],
    ["#a#b #a", ["a", "b"]],
    ["##two", ["two"]],
    ["# heading with #tag", ["tag"]],
    ["`#code` and\n\n```\n#fence\n```", []],
    ["[#in a link](https://x.org) #out", ["out"]],
    ["https://x.org/#part www.x.org/#b", []],
    ["\\#no", []],
    ["#日記 #été #🎉party #1", ["日記", "été", "🎉party", "1"]],
    ["#end. #stop,", ["end", "stop"]],
    ["> - #deep **#bold**", ["deep", "bold"]],
    [`#${"a".repeat(120)}`, ["a".repeat(100)]],
    ["#snake_case_ #b~~", ["snake_case_", "b~~"]],
  ])("%j has %j", (content, tags) => {
    expect(findTags(content)).toEqual(tags);
  });

  it("are drawn as pills that link to their search", () => {
    expect(render("see #work/plan")).toBe('<p>see <a class="md-tag" href="/?q=tag%3Awork%2Fplan">#work/plan</a></p>');
  });
});

describe("mentions", () => {
  it("link to the profile, and addresses don't count", () => {
    expect(render("hi @ann")).toContain('href="/u/ann"');
    expect(render("ann@example.org")).not.toContain("/u/");
    expect(render("a@b")).not.toContain("/u/");
    expect(render("@- x")).not.toContain("/u/");
  });
});

describe("rendering", () => {
  it("keeps line ends and shifts headings", () => {
    expect(render("# Title\na\nb")).toBe('<h2 class="md-h1">Title</h2><p>a<br/>b</p>');
  });

  it("knows tables, strike-through, marks and footnotes", () => {
    expect(render("|a|b|\n|-|:-:|\n|1|2|")).toContain('<td class="md-center">2</td>');
    expect(render("~~no~~ ==yes==")).toBe("<p><del>no</del> <mark>yes</mark></p>");
    const notes = render("text[^1]\n\n[^1]: note");
    expect(notes).toContain('href="#m-note-1"');
    expect(notes).toContain('href="#m-ref-1"');
  });

  it("doesn't turn a line of dashes into a heading", () => {
    expect(render("a\n---")).toBe("<p>a</p><hr/>");
  });

  it("opens links apart, without referrer", () => {
    expect(render("[x](https://x.org)")).toBe('<p><a href="https://x.org" target="_blank" rel="noopener noreferrer">x</a></p>');
    expect(render("https://x.org/a")).toContain('href="https://x.org/a"');
  });

  it("names task boxes by their text and lets only editors tick them", () => {
    expect(render("- [x] buy *tea*")).toContain('<input type="checkbox" disabled="" aria-label="buy tea" checked=""/>');
    expect(render("- [ ] buy tea", true)).not.toContain("disabled");
  });

  it("asks before loading a picture from elsewhere", () => {
    expect(render("![cat](https://pics.org/cat.png)")).not.toContain("<img");
    expect(render("![cat](/file/attachments/a/cat.png)")).toContain('<img src="/file/attachments/a/cat.png"');
  });
});

describe("raw HTML", () => {
  it("honours harmless elements, across Markdown", () => {
    expect(render("a <kbd>Ctrl</kbd> b<br>c")).toBe("<p>a <kbd>Ctrl</kbd> b<br/>c</p>");
    expect(render("<details><summary>More</summary>\n\n**in**\n\n</details>")).toContain("<strong>in</strong></p></details>");
  });

  it.each([
    "<script>alert(1)</script>",
    "a <script>alert(1)</script> b",
    "<SCRIPT src=//x.org/x.js></SCRIPT>",
    "<style>*{display:none}</style>",
    '<img src=x onerror="alert(1)">',
    "<img src=x onerror=alert(1)//",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](  JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](javascript:alert(1))",
    "<iframe src=https://x.org></iframe>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<div onclick=alert(1) style='position:fixed'>x</div>",
    "<form action=//x.org><input name=a></form>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<object data=javascript:alert(1)>",
    "<base href=//x.org>",
    "<details open ontoggle=alert(1)>x</details>",
  ])("%s does no harm", (content) => {
    const html = render(content);
    const elements = html.match(/<[a-z][^>]*>/g) ?? [];
    for (const element of elements) {
      expect(element).not.toMatch(/^<(script|style|iframe|svg|form|object|base|math|input)/);
      expect(element).not.toMatch(/\son[a-z]+=|\sstyle=/i);
      expect(element).not.toMatch(/(href|src)="\s*(java|data|vbs)/i);
    }
  });

  it("drops what scripts and styles hold", () => {
    expect(render("a <script>alert(1)</script> b")).toBe("<p>a  b</p>");
  });

  it("shows unknown elements as the text they are", () => {
    expect(render("a <blink>b</blink>")).toBe("<p>a &lt;blink&gt;b&lt;/blink&gt;</p>");
  });
});

describe("safeUrl", () => {
  it.each(["https://x.org", "mailto:a@b.c", "/memos/a", "#part", "page?x=1:2"])("lets %s pass", (url) => {
    expect(safeUrl(url)).toBe(url);
  });

  it.each(["javascript:x", "JAVASCRIPT:x", "java\nscript:x", "\u0001javascript:x", "vbscript:x", "data:text/html,x", "file:///etc"])("stops %j", (url) => {
    expect(safeUrl(url)).toBeUndefined();
  });
});

describe("tasks", () => {
  const content = "- [ ] one\n- [x] two\n  - [ ] nested\n\n```\n- [ ] code\n```\n\n1. [ ] last";

  it("finds boxes, but not in code", () => {
    expect(findTasks(content).map((task) => task.done)).toEqual([false, true, false, false]);
  });

  it("changes one character", () => {
    expect(setTask(content, 2, true)).toBe(content.replace("[ ] nested", "[x] nested"));
    expect(setTask(content, 1, false)).toBe(content.replace("[x] two", "[ ] two"));
    expect(setTask(content, 9, true)).toBe(content);
  });

  it("sets all", () => {
    expect(setAllTasks(content, true).match(/\[x\]/g)).toHaveLength(4);
    expect(setAllTasks(content, true)).toContain("- [ ] code");
  });
});

describe("findHeadings", () => {
  it("makes an outline", () => {
    expect(findHeadings("# A *b*\n\ntext\n\n### C d!")).toEqual([
      { depth: 1, text: "A b", id: "a-b" },
      { depth: 3, text: "C d!", id: "c-d" },
    ]);
  });
});
