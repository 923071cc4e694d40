/** Key templates: literal text and parts, `CUSTOMER#{customer_id}`, `ORDER#{number:08d}` (spec/10-model.md). */

/** An attribute inside a template; a number has a width. */
export interface TemplatePart {
  readonly name: string;
  readonly width: number | undefined;
}

/** A parsed template: literals and parts in their order. */
export type Template = readonly (string | TemplatePart)[];

/** The digits of the largest int64. */
const WIDTH_MAX = 19;

const TOKEN = /\{[^{}]*\}|[^{}]+|[{}]/g;
const PART = /^\{([^{}]+?)(?::0([1-9][0-9]?)d)?\}$/;

/** Give the parts of a template, in their order. */
export function partsOf(template: Template): readonly TemplatePart[] {
  return template.filter((segment) => typeof segment !== "string");
}

/**
 * Parse a template's text.
 *
 * @param refuse told why a text is none, or could not be told back into its parts
 */
export function parseTemplate(text: string, refuse: (fact: string) => never): Template {
  const segments: (string | TemplatePart)[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const [, name, width] = PART.exec(token) ?? [];
    if (name === undefined) {
      segments.push(
        token.startsWith("{") || token === "}" ? refuse("a part is {attribute} or {attribute:0Nd}") : token,
      );
      continue;
    }
    if (Number(width ?? 0) > WIDTH_MAX) {
      refuse(`a width is at most ${WIDTH_MAX}`);
    }
    const before = segments.at(-1);
    if (typeof before === "object" && before.width === undefined) {
      refuse("two parts need text between them");
    }
    segments.push({ name, width: width === undefined ? undefined : Number(width) });
  }
  return segments;
}
