/** How DynamoDB says that an item is too large: in words, for its type says no more than that something is not valid. */

const ITEM_SIZE = /^item size\b/i;

/** Tell whether a message is about the size of an item. */
export function isAboutSize(message: string | null | undefined): boolean {
  return typeof message === "string" && ITEM_SIZE.test(message);
}
