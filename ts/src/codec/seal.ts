/**
 * Encrypted values on their way out and in: what is to be sealed, and how a sealed value is asked for.
 *
 * The codec writes a value plain and leaves a mark in its place; envelopes, which need keys, are made in `encryption/` and
 * put there before anything is sent. A mark is no JSON, so a text that still has one cannot pass for a request.
 */

import type { Attribute } from "../schema/model.ts";
import type { AttributeValue, Wire } from "./value.ts";

/** The values of an item's key as they are stored, the partition key first. */
export type KeyValues = readonly (readonly [attribute: string, value: AttributeValue])[];

/** Where an encrypted value belongs. */
export interface Home {
  /** The name of the attribute as it is stored. */
  readonly name: string;
  readonly namespace: string | undefined;
  /** The names that envelopes are bound to, which may be older ones. */
  readonly model: string;
  readonly attribute: string;
  readonly key: KeyValues;
}

/** A value that is to be sealed. Who prints one sees nothing of the value. */
export class Seal {
  readonly home: Home;
  /** Tells its place among the others of one item. */
  readonly number: number;
  readonly #plaintext: string;

  constructor(home: Home, number: number, plaintext: string) {
    this.home = home;
    this.number = number;
    this.#plaintext = plaintext;
  }

  /** The value's canonical JSON. */
  get plaintext(): string {
    return this.#plaintext;
  }
}

/** Gives the stored value of an encrypted attribute as it was before it was sealed. @throws {DynamORMError} */
export type Open = (wire: Wire, attribute: Attribute) => Wire;

/** What the library itself wrote and still holds plain. */
export const asItIs: Open = (wire) => wire;

const MARK = /\u0000(\d+)\u0000/g;

/** Give the mark of a value that is to be sealed. */
export function markOf(number: number): string {
  return `\u0000${number}\u0000`;
}

/** A text of JSON, and the values that are still to be sealed in it. */
export interface Draft {
  /** The text with marks; the whole text where there is nothing to seal. */
  readonly text: string;
  readonly seals: readonly Seal[];
}

/** Put one text for each seal into a text with their marks. */
export function fill(text: string, seals: readonly Seal[], texts: readonly string[]): string {
  if (seals.length === 0) {
    return text;
  }
  const byNumber = new Map(seals.map(({ number }, index) => [number, texts[index]]));
  return text.replaceAll(MARK, (mark, number: string) => byNumber.get(Number(number)) ?? mark);
}

/** Give the text of a draft with its values plain. */
export function plainText({ text, seals }: Draft): string {
  return fill(
    text,
    seals,
    seals.map(({ plaintext }) => plaintext),
  );
}
