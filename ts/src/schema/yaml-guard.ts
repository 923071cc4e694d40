/**
 * What of YAML parsers take in different ways, refused or hidden before a parser sees it: the same text in every language.
 *
 * U+0085, U+2028 and U+2029 broke lines in YAML 1.1 and are characters like others in 1.2; stand-ins take their place,
 * and that of the tab, so that one around a plain scalar shows.
 */

import { invalid } from "./shape.ts";

const STAND_INS = new Map([
  ["\t", "\uFDD0"],
  ["\u0085", "\uFDD1"],
  ["\u2028", "\uFDD2"],
  ["\u2029", "\uFDD3"],
]);
const ORIGINALS = new Map([...STAND_INS].map(([original, standIn]) => [standIn, original]));

const DIRECTIVE = /^%YAML 1\.[0-9] *\n(?=---)/;
const GUARDS: readonly (readonly [RegExp, string])[] = [
  [
    /[^\t\n -~\u0085\u00A0-\uD7FF\uE000-\uFDCF\uFDF0-\uFEFE\uFF00-\uFFFD\u{10000}-\u{10FFFF}]/u,
    "a character that a document does not hold",
  ],
  [
    /(?:^|[^\\])(?:\\\\)*\\(?:u[fF][dD][dDeE]|U0000(?:[fF][dD][dDeE]|[dD][89a-fA-F]))/,
    "the escape of a character that a document does not hold",
  ],
  [/(?:^|\n) *\t|\t *(?:\n|$)/, "a tab at an end of a line"],
  [/(?:^|\n)%/, "a directive"],
  [/(?:^|\n)\.\.\.[^\n]*\n(?:[^\n]*\n)*\.\.\./, "a second end"],
];

/**
 * Give the text that a parser of YAML gets.
 *
 * @throws {InvalidModel} where the text holds what a document does not.
 */
export function guarded(text: string): string {
  const lines = text.replace(DIRECTIVE, "");
  for (const [pattern, what] of GUARDS) {
    if (pattern.test(lines)) {
      invalid("", what);
    }
  }
  // A line of spaces alone is an empty one, and the last line has an end.
  const whole = `${lines}${lines.endsWith("\n") ? "" : "\n"}`.replaceAll(/(?<=^|\n) +(?=\n)/g, "");
  return whole.replaceAll(/[\t\u0085\u2028\u2029]/g, (original) => STAND_INS.get(original) ?? original);
}

/** Put the characters back in whose place stand-ins stood. */
export function shown(text: string): string {
  return text.replaceAll(/[\uFDD0-\uFDD3]/g, (standIn) => ORIGINALS.get(standIn) ?? standIn);
}

/** Tell whether a scalar of a guarded text holds a tab. */
export function hasTab(text: string): boolean {
  return text.includes("\uFDD0");
}
