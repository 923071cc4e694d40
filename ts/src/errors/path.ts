/** Paths: how the place of an attribute is written, `lines[3].price`; in an error and wherever else one is shown. */

/** One step of a path: the name of a member, or the index of a list element. */
export type Segment = string | number;

const PLAIN_NAME = /^[^.[\]`]+$/;

/**
 * Write segments as a path; a name that itself holds a dot, a bracket or a backtick stands in backticks.
 *
 * @example
 * formatPath(["lines", 3, "price"]) // "lines[3].price"
 */
export function formatPath(segments: readonly Segment[]): string {
  let text = "";
  for (const segment of segments) {
    if (typeof segment === "number") {
      text += `[${segment}]`;
    } else {
      text += (text === "" ? "" : ".") + (PLAIN_NAME.test(segment) ? segment : `\`${segment}\``);
    }
  }
  return text;
}
