/** Text as bytes: the order of UTF-8, and JSON string literals. JavaScript compares UTF-16 units, which order otherwise. */

/**
 * Compare two texts by their UTF-8 bytes, which is the order of their code points.
 *
 * @example
 * compareUtf8("\uff5e", "😀") // negative; UTF-16 units would say the opposite
 */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) {
      return rank(a) - rank(b);
    }
  }
  return left.length - right.length;
}

/** Units of surrogate pairs stand for code points above all others, so they have to rank above U+E000 to U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) {
    return unit;
  }
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** How many bytes a text takes in UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

const SHORT = 48;
const SPECIAL = /[\u0000-\u001f"\\\ud800-\udfff]/;

/**
 * Give a text as a JSON string literal, escaped only where JSON demands it; undefined for a lone surrogate.
 *
 * @example
 * quote("<é>") // '"<é>"'
 */
export function quote(text: string): string | undefined {
  // A loop beats the regular expression on the short texts that items are made of.
  if (text.length > SHORT) {
    return SPECIAL.test(text) ? quoteSlowly(text) : `"${text}"`;
  }
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff)) {
      return quoteSlowly(text);
    }
  }
  return `"${text}"`;
}

function quoteSlowly(text: string): string | undefined {
  return text.isWellFormed() ? JSON.stringify(text) : undefined;
}
