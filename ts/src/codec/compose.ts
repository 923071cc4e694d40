/** Composed keys: a template's text out of the stored text of its parts. */

import type { Composed } from "../schema/model.ts";
import type { TemplatePart } from "../schema/template.ts";
import { quote } from "../text/utf8.ts";
import { settle } from "./settle.ts";
import { refuse, within } from "./value.ts";

/** Wire values as JSON text, by attribute. */
export type WireTexts = ReadonlyMap<string, string>;

/** Name the first part of a composed attribute that is not there; undefined where all are. */
export function missingPart({ parts }: Composed, texts: WireTexts): string | undefined {
  return parts.find((part) => !texts.has(part));
}

/** Compose an attribute from its parts, all of which are there, as the JSON text of its wire value. */
export function compose({ attribute, template }: Composed, texts: WireTexts): string {
  const literals = template.filter((segment) => typeof segment === "string");
  const text = template.map((segment, index) => {
    if (typeof segment === "string") {
      return segment;
    }
    const behind = template[index + 1];
    return partText(
      segment,
      texts.get(segment.name) ?? "",
      literals,
      typeof behind === "string" ? behind : "",
    );
  });
  try {
    return settle(attribute, `{"S":${quote(text.join("")) ?? '""'}}`) ?? "";
  } catch (fault) {
    return within(attribute.name, fault);
  }
}

function partText(part: TemplatePart, wire: string, literals: readonly string[], behind: string): string {
  const [text = ""] = Object.values(JSON.parse(wire) as Record<string, string>);
  try {
    if (part.width !== undefined) {
      // Canonical text has no exponent below 38 digits, so that digits alone are a whole number.
      return /^\d+$/.test(text) && text.length <= part.width
        ? text.padStart(part.width, "0")
        : refuse(`a part of a key: a whole number of at most ${part.width} digits`);
    }
    const told = behind === "" || (text + behind).indexOf(behind) === text.length;
    return text !== "" && told && !literals.some((literal) => text.includes(literal))
      ? text
      : refuse("a part of a key is not empty and holds none of the template's own text");
  } catch (fault) {
    return within(part.name, fault);
  }
}
