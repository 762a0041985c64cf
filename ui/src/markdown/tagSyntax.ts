import type { Extension as FromMarkdown } from "mdast-util-from-markdown";
import type { Code, Construct, Effects, Extension, State, TokenizeContext } from "micromark-util-types";
import type { Literal } from "mdast";

/**
 * Tags (`#tag`) and mentions (`@name`) as inline syntax, by the same rules as the server, so that what is drawn as a
 * tag is exactly what the memo is found by. Inside code, links' addresses and bare URLs neither is recognised, because
 * those constructs have taken the text before.
 */
declare module "micromark-util-types" {
  interface TokenTypeMap {
    memoTag: "memoTag";
    memoTagText: "memoTagText";
    memoMention: "memoMention";
    memoMentionText: "memoMentionText";
  }
}

export interface TagNode extends Literal {
  type: "tag";
}

export interface MentionNode extends Literal {
  type: "mention";
}

declare module "mdast" {
  interface PhrasingContentMap {
    tag: TagNode;
    mention: MentionNode;
  }
  interface RootContentMap {
    tag: TagNode;
    mention: MentionNode;
  }
}

const numberSign = 35;
const atSign = 64;
const maxTagPoints = 100;
const maxMentionPoints = 63;

const tagCharacter = /[\p{L}\p{N}\p{S}\p{M}\u200d_\-/&]/u;
const mentionCharacter = /[\p{L}\p{N}-]/u;
const beforeMention = /[\s\p{P}\p{S}]/u;

// The tokenizer hands over UTF-16 units. Halves of a pair are letters, emoji and the like almost without exception.
const isSurrogate = (code: number) => code >= 0xd800 && code <= 0xdfff;
const isLowHalf = (code: number) => code >= 0xdc00 && code <= 0xdfff;

function matches(code: Code, pattern: RegExp): boolean {
  return code !== null && code >= 0 && (isSurrogate(code) || pattern.test(String.fromCharCode(code)));
}

export const isTagCharacter = (text: string) => tagCharacter.test(text);

const tag: Construct = {
  name: "memoTag",
  tokenize(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
    let points = 0;
    return start;

    function start(code: Code): State | undefined {
      effects.enter("memoTag");
      effects.consume(code);
      return first;
    }

    function first(code: Code): State | undefined {
      if (code === numberSign || !matches(code, tagCharacter)) return nok(code);
      effects.enter("memoTagText");
      return inside(code);
    }

    function inside(code: Code): State | undefined {
      if (!matches(code, tagCharacter) || (points === maxTagPoints && !isLowHalf(code!))) {
        effects.exit("memoTagText");
        effects.exit("memoTag");
        return ok(code);
      }
      if (!isLowHalf(code!)) points += 1;
      effects.consume(code);
      return inside;
    }
  },
};

const mention: Construct = {
  name: "memoMention",
  previous(code) {
    return code === null || code < 0 || beforeMention.test(String.fromCharCode(code));
  },
  tokenize(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
    let points = 0;
    let named = false;
    return start;

    function start(code: Code): State | undefined {
      effects.enter("memoMention");
      effects.consume(code);
      return first;
    }

    function first(code: Code): State | undefined {
      if (!matches(code, mentionCharacter) || isSurrogate(code!)) return nok(code);
      effects.enter("memoMentionText");
      return inside(code);
    }

    function inside(code: Code): State | undefined {
      if (!matches(code, mentionCharacter) || isSurrogate(code!)) {
        if (!named || points > maxMentionPoints) return nok(code);
        effects.exit("memoMentionText");
        effects.exit("memoMention");
        return ok(code);
      }
      points += 1;
      named ||= code !== 45;
      effects.consume(code);
      return inside;
    }
  },
};

export function tagSyntax(): Extension {
  return { text: { [numberSign]: tag, [atSign]: mention } };
}

export function tagFromMarkdown(): FromMarkdown {
  return {
    enter: {
      memoTag(token) {
        this.enter({ type: "tag", value: "" }, token);
      },
      memoMention(token) {
        this.enter({ type: "mention", value: "" }, token);
      },
    },
    exit: {
      memoTagText(token) {
        (this.stack.at(-1) as TagNode).value = this.sliceSerialize(token);
      },
      memoTag(token) {
        this.exit(token);
      },
      memoMentionText(token) {
        (this.stack.at(-1) as MentionNode).value = this.sliceSerialize(token);
      },
      memoMention(token) {
        this.exit(token);
      },
    },
  };
}
