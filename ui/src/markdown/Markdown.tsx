import { createContext, type CSSProperties, lazy, memo, type ReactNode, Suspense, useContext, useMemo } from "react";
import type { FootnoteDefinition, ImageReference, LinkReference, Nodes, Root } from "mdast";
import { t } from "@/i18n";
import { CodeBlock } from "./CodeBlock";
import { weaveHtml, type Woven } from "./html";
import { Picture } from "./Picture";
import { parseMarkdown, plainText, slug } from "./parse";
import { taskOffset } from "./tasks";
import { safeUrl } from "./url";

export interface MarkdownProps {
  content: string;
  /** Makes anchors of footnotes and headings unique among memos on one page. */
  scope: string;
  onTag?: ((tag: string) => void) | undefined;
  /** Given when the reader may tick boxes. */
  onTask?: ((index: number, done: boolean) => void) | undefined;
  anchors?: boolean;
  /** A colour (`#rrggbb`) for a tag that has one of its own. */
  tagColor?: (tag: string) => string | undefined;
}

interface Context extends MarkdownProps {
  definitions: Map<string, { url: string; title: string | null | undefined }>;
  notes: string[]; // identifiers of footnotes in order of first use
  noteBodies: Map<string, FootnoteDefinition>;
  taskIndex: Map<number, number>; // offset of a box -> its number
}

const MarkdownContext = createContext<Context | null>(null);

function useMarkdown(): Context {
  return useContext(MarkdownContext)!;
}

function survey(root: Root, content: string): Omit<Context, keyof MarkdownProps> {
  const found: Omit<Context, keyof MarkdownProps> = { definitions: new Map(), notes: [], noteBodies: new Map(), taskIndex: new Map() };
  const visit = (node: Nodes): void => {
    if (node.type === "definition" && !found.definitions.has(node.identifier)) found.definitions.set(node.identifier, { url: node.url, title: node.title });
    if (node.type === "footnoteDefinition") found.noteBodies.set(node.identifier, node);
    if (node.type === "footnoteReference" && !found.notes.includes(node.identifier)) found.notes.push(node.identifier);
    if (node.type === "listItem") {
      const offset = taskOffset(content, node);
      if (offset !== undefined) found.taskIndex.set(offset, found.taskIndex.size);
    }
    if ("children" in node) node.children.forEach(visit);
  };
  visit(root);
  found.notes = found.notes.filter((id) => found.noteBodies.has(id));
  return found;
}

/** A memo's text as React elements. No HTML string is made at any point, so there is nothing to sanitise afterwards. */
export const Markdown = memo(function Markdown(props: MarkdownProps) {
  const root = useMemo(() => parseMarkdown(props.content), [props.content]);
  const found = useMemo(() => survey(root, props.content), [root, props.content]);
  return (
    <MarkdownContext value={{ ...props, ...found }}>
      <div className="md">
        <Children of={root.children} />
        <Footnotes />
      </div>
    </MarkdownContext>
  );
});

function Children({ of: nodes, tight = false }: { of: Nodes[]; tight?: boolean }): ReactNode {
  const woven = nodes.some((node) => node.type === "html") ? weaveHtml(nodes) : nodes.map((node) => ({ kind: "node", node }) as const);
  return woven.map((item, index) => <WovenItem key={index} item={item} tight={tight} />);
}

function WovenItem({ item, tight }: { item: Woven<Nodes>; tight: boolean }): ReactNode {
  if (item.kind === "node") return <Node node={item.node} tight={tight} />;
  if (item.kind === "text") return item.text;
  const { tag: Tag, attributes, children } = item;
  const inner = children.length ? children.map((child, index) => <WovenItem key={index} item={child} tight={tight} />) : undefined;
  if (Tag === "a") {
    return <Anchor url={attributes.href ?? ""} title={attributes.title}>{inner}</Anchor>;
  }
  if (Tag === "img") return <Picture url={attributes.src ?? ""} alt={attributes.alt ?? ""} width={attributes.width} height={attributes.height} />;
  if (Tag === "caption" || /^t(able|body|head|foot|r)$/.test(Tag)) {
    // White space between rows is no valid content there.
    const cells = children.filter((child) => child.kind !== "text" || child.text.trim());
    const Part = Tag as "tbody";
    return <Part>{cells.map((child, index) => <WovenItem key={index} item={child} tight={tight} />)}</Part>;
  }
  const { colspan, rowspan, open, reversed, start, ...plain } = attributes;
  const props = {
    ...plain,
    ...(colspan && { colSpan: Number(colspan) || 1 }),
    ...(rowspan && { rowSpan: Number(rowspan) || 1 }),
    ...(start && { start: Number(start) || 1 }),
    ...(open !== undefined && { open: true }),
    ...(reversed !== undefined && { reversed: true }),
  };
  const Element = Tag as "span";
  return <Element {...props}>{inner}</Element>;
}

function Node({ node, tight }: { node: Nodes; tight: boolean }): ReactNode {
  switch (node.type) {
    case "text":
      return <Text value={node.value} />;
    case "paragraph":
      return tight ? <Children of={node.children} /> : <Paragraph node={node} />;
    case "heading":
      return <Heading depth={node.depth} node={node} />;
    case "strong":
      return <strong><Children of={node.children} /></strong>;
    case "emphasis":
      return <em><Children of={node.children} /></em>;
    case "delete":
      return <del><Children of={node.children} /></del>;
    case "break":
      return <br />;
    case "inlineCode":
      return <code>{node.value}</code>;
    case "code":
      return <CodeBlock language={node.lang ?? ""} code={node.value} />;
    case "thematicBreak":
      return <hr />;
    case "blockquote":
      return <blockquote><Children of={node.children} /></blockquote>;
    case "list":
      return <List node={node} />;
    case "table":
      return <Table node={node} />;
    case "link":
      return <Anchor url={node.url} title={node.title}><Children of={node.children} /></Anchor>;
    case "image":
      return <Picture url={node.url} alt={node.alt ?? ""} title={node.title} />;
    case "linkReference":
    case "imageReference":
      return <Reference node={node} />;
    case "footnoteReference":
      return <FootnoteMark identifier={node.identifier} />;
    case "tag":
      return <Tag name={node.value} />;
    case "mention":
      return <a className="md-mention" href={`/u/${encodeURIComponent(node.value)}`}>@{node.value}</a>;
    default:
      return null;
  }
}

/** Where what draws it cannot be had, the link is all there is. */
const LinkPreview = lazy(() => import("./LinkPreview").catch(() => ({ default: ({ children }: { url: string; children: ReactNode }): ReactNode => children })));

/** The address, where that is all the paragraph says. */
function loneUrl({ children: [link, ...others] }: Extract<Nodes, { type: "paragraph" }>): string | undefined {
  if (link?.type !== "link" || others.length || !/^https?:/i.test(link.url)) return undefined;
  const text = plainText(link);
  return text === link.url || `http://${text}` === link.url ? link.url : undefined;
}

function Paragraph({ node }: { node: Extract<Nodes, { type: "paragraph" }> }): ReactNode {
  const text = <p><Children of={node.children} /></p>;
  const url = loneUrl(node);
  return url ? <Suspense fallback={text}><LinkPreview url={url}>{text}</LinkPreview></Suspense> : text;
}

const markPattern = /==(?=\S)([^=\n]+?)(?<=\S)==/;

/** Line ends inside a paragraph are kept as the author wrote them; `==text==` is highlighted. */
function Text({ value }: { value: string }): ReactNode {
  return value.split("\n").map((line, index) => (
    <Line key={index} first={index === 0} line={line} />
  ));
}

function Line({ line, first }: { line: string; first: boolean }): ReactNode {
  const parts = line.split(markPattern);
  return (
    <>
      {!first && <br />}
      {parts.length === 1 ? line : parts.map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : part))}
    </>
  );
}

function Heading({ depth, node }: { depth: number; node: Nodes & { children: Nodes[] } }): ReactNode {
  const { anchors } = useMarkdown();
  // The page has the first level; a memo's own headings start below it.
  const Level = `h${Math.min(depth + 1, 6)}` as "h2";
  return (
    <Level id={anchors ? slug(plainText(node)) : undefined} className={`md-h${depth}`}>
      <Children of={node.children} />
    </Level>
  );
}

function List({ node }: { node: Extract<Nodes, { type: "list" }> }): ReactNode {
  const tasks = node.children.some((item) => typeof item.checked === "boolean");
  const loose = node.spread || node.children.some((item) => item.spread);
  const items = node.children.map((item, index) =>
    typeof item.checked === "boolean" ? (
      <Task key={index} node={item} tight={!loose} />
    ) : (
      <li key={index}>
        <Children of={item.children} tight={!loose} />
      </li>
    ),
  );
  const className = tasks ? "md-tasks" : undefined;
  return node.ordered ? <ol start={node.start ?? 1} className={className}>{items}</ol> : <ul className={className}>{items}</ul>;
}

function Task({ node, tight }: { node: Extract<Nodes, { type: "listItem" }>; tight: boolean }): ReactNode {
  const { content, taskIndex, onTask } = useMarkdown();
  const index = taskIndex.get(taskOffset(content, node) ?? -1);
  const [first, ...rest] = node.children;
  return (
    <li className={node.checked ? "md-task md-done" : "md-task"}>
      <input
        type="checkbox"
        checked={node.checked ?? false}
        disabled={!onTask || index === undefined}
        onChange={(event) => index !== undefined && onTask?.(index, event.target.checked)}
        aria-label={first ? plainText(first).trim() || t("memo.task") : t("memo.task")}
      />
      <div>
        {first && <Children of={[first]} tight={tight} />}
        <Children of={rest} tight={tight} />
      </div>
    </li>
  );
}

function Table({ node }: { node: Extract<Nodes, { type: "table" }> }): ReactNode {
  const [head, ...body] = node.children;
  const cells = (row: typeof head, Cell: "th" | "td") =>
    row?.children.map((cell, index) => (
      <Cell key={index} scope={Cell === "th" ? "col" : undefined} className={`md-${node.align?.[index] ?? "start"}`}>
        <Children of={cell.children} />
      </Cell>
    ));
  return (
    <div className="md-scroll" role="region" aria-label={t("memo.table")} tabIndex={0}>
      <table>
        <thead>
          <tr>{cells(head, "th")}</tr>
        </thead>
        <tbody>
          {body.map((row, index) => (
            <tr key={index}>{cells(row, "td")}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Anchor({ url, title, children }: { url: string; title?: string | null | undefined; children?: ReactNode }): ReactNode {
  const href = safeUrl(url);
  if (href === undefined || !url) return <span>{children}</span>;
  if (href.startsWith("#")) return <a href={href} title={title ?? undefined}>{children}</a>;
  return (
    <a href={href} title={title ?? undefined} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

function Reference({ node }: { node: LinkReference | ImageReference }): ReactNode {
  const target = useMarkdown().definitions.get(node.identifier);
  if (!target) return `[${node.type === "imageReference" ? node.alt : plainText(node)}]`;
  if (node.type === "imageReference") return <Picture url={target.url} alt={node.alt ?? ""} title={target.title} />;
  return <Anchor url={target.url} title={target.title}><Children of={node.children} /></Anchor>;
}

function Tag({ name }: { name: string }): ReactNode {
  const { onTag, tagColor } = useMarkdown();
  const color = tagColor?.(name);
  return (
    <a
      className={color ? "md-tag md-coloured" : "md-tag"}
      style={color ? ({ "--tag": color } as CSSProperties) : undefined}
      href={`/?q=${encodeURIComponent(`tag:${name}`)}`}
      onClick={(event) => {
        if (!onTag || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        onTag(name);
      }}
    >
      #{name}
    </a>
  );
}

function FootnoteMark({ identifier }: { identifier: string }): ReactNode {
  const { notes, scope } = useMarkdown();
  const number = notes.indexOf(identifier) + 1;
  if (!number) return `[^${identifier}]`;
  return (
    <sup id={`${scope}-ref-${number}`}>
      <a href={`#${scope}-note-${number}`} aria-label={t("memo.footnote", { n: number })}>
        {number}
      </a>
    </sup>
  );
}

function Footnotes(): ReactNode {
  const { notes, noteBodies, scope } = useMarkdown();
  if (!notes.length) return null;
  return (
    <ol className="md-notes">
      {notes.map((id, index) => (
        <li key={id} id={`${scope}-note-${index + 1}`}>
          <Children of={noteBodies.get(id)!.children} tight />{" "}
          <a href={`#${scope}-ref-${index + 1}`} aria-label={t("memo.footnoteBack", { n: index + 1 })}>
            ↩
          </a>
        </li>
      ))}
    </ol>
  );
}
