/**
 * Placeholders: how names and values become `#n0` and `:v0`.
 *
 * Two equal trees give the same text here and in the other languages; the order is that of first use, left to right.
 * Every name gets one, reserved or not, so that no list of words can be out of date.
 */

import { quote } from "../text/utf8.ts";
import type { PathSegments } from "./path.ts";

/** The names and values of one request. */
export class Placeholders {
  readonly names = new Map<string, string>();
  /** Wire values as JSON text, by placeholder. */
  readonly values = new Map<string, string>();
  /** The plain values of encrypted attributes as JSON text, by attribute; their values are marks. */
  readonly sealed = new Map<string, string>();

  /** Write a path: each name by its alias, indexes as they are. */
  path(path: PathSegments): string {
    let text = "";
    for (const segment of path) {
      text += typeof segment === "number" ? `[${segment}]` : (text === "" ? "" : ".") + this.#name(segment);
    }
    return text;
  }

  #name(name: string): string {
    let alias = this.names.get(name);
    if (alias === undefined) {
      alias = `#n${this.names.size}`;
      this.names.set(name, alias);
    }
    return alias;
  }

  /** Give a value a placeholder of its own, equal or not to another. */
  value(text: string): string {
    const placeholder = `:v${this.values.size}`;
    this.values.set(placeholder, text);
    return placeholder;
  }

  /** Give the plain value of an encrypted attribute a placeholder for its envelope. */
  seal(attribute: string, plaintext: string, mark: string): string {
    this.sealed.set(attribute, plaintext);
    return this.value(mark);
  }

  /** Give the request members that define what was used; nothing where nothing was. */
  members(): string {
    const names = [...this.names].map(([name, alias]) => `"${alias}":${quote(name) ?? '""'}`);
    const values = [...this.values].map(([placeholder, text]) => `"${placeholder}":${text}`);
    return (
      (names.length === 0 ? "" : `,"ExpressionAttributeNames":{${names.join(",")}}`) +
      (values.length === 0 ? "" : `,"ExpressionAttributeValues":{${values.join(",")}}`)
    );
  }
}
