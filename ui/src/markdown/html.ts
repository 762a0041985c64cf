/**
 * Raw HTML in memos: a small set of harmless elements is honoured, scripts and styles are dropped with what they hold,
 * everything else is shown as the text it is. Nothing is ever handed to the browser's own HTML parser: the result is a
 * list of tokens from which React elements with allowed attributes are made.
 */
export type HtmlToken =
  | { kind: "open"; tag: string; attributes: Record<string, string>; alone: boolean }
  | { kind: "close"; tag: string }
  | { kind: "text"; text: string };

const allowed = new Set(
  "a abbr b blockquote br caption center cite code dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p picture pre q rp rt ruby s samp small span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var wbr".split(
    " ",
  ),
);
const empty = new Set(["br", "hr", "img", "wbr"]);
const dropped = new Set(["script", "style", "template", "noscript"]);

/** Attributes by element; `*` for all. The renderer checks addresses again. */
const attributes: Record<string, string[]> = {
  "*": ["title", "lang", "dir"],
  a: ["href"],
  img: ["src", "alt", "width", "height"],
  details: ["open"],
  ol: ["start", "type", "reversed"],
  td: ["colspan", "rowspan", "align"],
  th: ["colspan", "rowspan", "align", "scope"],
  abbr: ["title"],
};

const pattern = /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?)*)\s*(\/?)>/g;
const attributePattern = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g;

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,8}));/gi, (whole, decimal: string, hex: string, name: string) => {
    if (name) return entities[name.toLowerCase()] ?? whole;
    const point = decimal ? parseInt(decimal, 10) : parseInt(hex, 16);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd";
  });
}

function readAttributes(tag: string, source: string): Record<string, string> {
  const names = [...attributes["*"]!, ...(attributes[tag] ?? [])];
  const found: Record<string, string> = {};
  for (const [, name = "", double, single, bare] of source.matchAll(attributePattern)) {
    const key = name.toLowerCase();
    if (names.includes(key)) found[key] = decode(double ?? single ?? bare ?? "");
  }
  return found;
}

function tokenizeHtml(html: string): HtmlToken[] {
  const tokens: HtmlToken[] = [];
  let position = 0;
  const text = (end: number) => {
    if (end > position) tokens.push({ kind: "text", text: decode(html.slice(position, end)) });
  };
  for (const match of html.matchAll(pattern)) {
    const [source, slash, name = "", rest = "", alone] = match;
    const tag = name.toLowerCase();
    text(match.index);
    position = match.index + source.length;
    if (!tag) continue; // a comment
    if (!allowed.has(tag) && !dropped.has(tag)) tokens.push({ kind: "text", text: source });
    else if (slash) tokens.push({ kind: "close", tag });
    else tokens.push({ kind: "open", tag, attributes: readAttributes(tag, rest), alone: empty.has(tag) || alone === "/" });
  }
  text(html.length);
  return tokens;
}

export type Woven<Node> =
  | { kind: "node"; node: Node }
  | { kind: "text"; text: string }
  | { kind: "element"; tag: string; attributes: Record<string, string>; children: Woven<Node>[] };

/** Joins the HTML pieces among siblings into elements that hold what stands between their opening and closing tags. */
export function weaveHtml<Node extends { type: string }>(siblings: Node[]): Woven<Node>[] {
  const root: Woven<Node>[] = [];
  const open: { tag: string; children: Woven<Node>[] }[] = [];
  let dropping: string | undefined;
  const add = (item: Woven<Node>) => (open.at(-1)?.children ?? root).push(item);

  function take(token: HtmlToken): void {
    if (dropping) {
      if (token.kind === "close" && token.tag === dropping) dropping = undefined;
    } else if (token.kind === "text") add(token);
    else if (token.kind === "open") {
      if (dropped.has(token.tag)) {
        if (!token.alone) dropping = token.tag;
        return;
      }
      const children: Woven<Node>[] = [];
      add({ kind: "element", tag: token.tag, attributes: token.attributes, children });
      if (!token.alone) open.push({ tag: token.tag, children });
    } else {
      const at = open.findLastIndex((one) => one.tag === token.tag);
      if (at >= 0) open.length = at;
    }
  }

  for (const node of siblings) {
    if (node.type === "html") tokenizeHtml((node as unknown as { value: string }).value).forEach(take);
    else if (!dropping) add({ kind: "node", node });
  }
  return root;
}
