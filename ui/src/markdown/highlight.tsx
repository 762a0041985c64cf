import { common, createLowlight } from "lowlight";
import { createElement, type ReactNode } from "react";

type HastNode = { type: string; value?: string; tagName?: string; properties?: { className?: unknown }; children?: HastNode[] };

const lowlight = createLowlight(common);

function toReact(node: HastNode, key: number): ReactNode {
  if (node.type === "text") return node.value;
  const className = Array.isArray(node.properties?.className) ? node.properties.className.join(" ") : undefined;
  return createElement("span", { key, className }, node.children?.map(toReact));
}

/** The code in coloured pieces; undefined for a language not known here. */
export function highlight(language: string, code: string): ReactNode {
  const name = language.toLowerCase();
  if (!lowlight.registered(name)) return undefined;
  return (lowlight.highlight(name, code).children as HastNode[]).map(toReact);
}
