import type { Nodes, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { tagFromMarkdown, tagSyntax } from "./tagSyntax";

// A line of dashes or equals signs under a text is a rule, not a heading: notes use such lines as dividers.
const options = {
  extensions: [gfm(), tagSyntax(), { disable: { null: ["setextUnderline"] } }],
  mdastExtensions: [gfmFromMarkdown(), tagFromMarkdown()],
};

const kept = new Map<string, Root>();
const maxKept = 200;

/** The tree of a memo's text. Parsing the same text again is free while it is among the last ones used. */
export function parseMarkdown(content: string): Root {
  const known = kept.get(content);
  if (known) {
    kept.delete(content);
    kept.set(content, known);
    return known;
  }
  const root = fromMarkdown(content, options);
  kept.set(content, root);
  if (kept.size > maxKept) kept.delete(kept.keys().next().value!);
  return root;
}

export function plainText(node: Nodes): string {
  if (node.type === "break") return " ";
  if (node.type === "tag") return `#${node.value}`;
  if (node.type === "mention") return `@${node.value}`;
  if (node.type === "image") return node.alt ?? "";
  if ("value" in node && node.type !== "html") return node.value;
  return "children" in node ? node.children.map(plainText).join("") : "";
}

/** Tags in order of first appearance, as the server finds them (not in link texts). */
export function findTags(content: string): string[] {
  const found = new Set<string>();
  visit(parseMarkdown(content), false);
  return [...found];

  function visit(node: Nodes, inLink: boolean): void {
    if (node.type === "tag" && !inLink) found.add(node.value);
    if ("children" in node) for (const child of node.children) visit(child, inLink || node.type === "link" || node.type === "linkReference");
  }
}

export interface Heading {
  depth: number;
  text: string;
  id: string;
}

export function slug(text: string): string {
  return text.toLocaleLowerCase().trim().replace(/[^\p{L}\p{N}\s-]/gu, "").replace(/\s+/g, "-");
}

export function findHeadings(content: string): Heading[] {
  return parseMarkdown(content)
    .children.filter((node) => node.type === "heading")
    .map((node) => ({ depth: node.depth, text: plainText(node), id: slug(plainText(node)) }))
    .filter((heading) => heading.text);
}
