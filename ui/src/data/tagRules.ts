import { useMemo } from "react";
import type { Color } from "@/gen/google/type/color_pb";
import type { UserSetting } from "@/gen/memos/api/v1/user_service_pb";
import { toHex } from "@/lib/color";
import { useInstanceTags } from "./instance";
import { useUserSettings } from "./personal";

export interface TagRule {
  color: string;
  blur: boolean;
}

type StoredRules = Record<string, { backgroundColor?: Color | undefined; blurContent: boolean }>;

/** How a tag is drawn, by the first rule that fits: a tag's very name, or a regular expression for all of it. */
export function ruleFinder(layers: StoredRules[]): (tag: string) => TagRule | undefined {
  const rules = layers.flatMap((layer) =>
    Object.entries(layer).map(([pattern, rule]) => ({ pattern, whole: compile(pattern), rule: { color: toHex(rule.backgroundColor), blur: rule.blurContent } })),
  );
  const known = new Map<string, TagRule | undefined>();
  return (tag) => {
    if (!known.has(tag)) known.set(tag, (rules.find((one) => one.pattern === tag) ?? rules.find((one) => one.whole?.test(tag)))?.rule);
    return known.get(tag);
  };
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, "u");
  } catch {
    return undefined;
  }
}

function ownRules(settings: UserSetting[] | undefined): StoredRules {
  for (const { value } of settings ?? []) if (value.case === "tagsSetting") return value.value.tags;
  return {};
}

/** One's own rules come before the instance's. */
export function useTagRules(): (tag: string) => TagRule | undefined {
  const own = useUserSettings().data;
  const instance = useInstanceTags();
  return useMemo(() => ruleFinder([ownRules(own), instance?.tags ?? {}]), [own, instance]);
}
