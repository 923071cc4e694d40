/** Which item a part of a batch or transaction is about: equal keys of a table are one, `1` and `1.0` too. */

import type { WireTexts } from "../codec/compose.ts";
import type { ModelCodec } from "../codec/item.ts";
import type { WireItem } from "../codec/value.ts";
import type { ItemKey } from "../errors/parts.ts";
import { canonicalNumber } from "../text/decimal.ts";
import { quote } from "../text/utf8.ts";

/** The key of one item, written once. */
export class ItemRef {
  readonly codec: ModelCodec;
  readonly tableName: string;
  /** The key's wire map as JSON text. */
  readonly text: string;
  /** Equal where table and key are. */
  readonly id: string;
  readonly #fields: WireTexts;

  /** @throws {ValidationFailed | MissingPrimaryKey} */
  constructor(codec: ModelCodec, tableName: string, value: unknown, written = codec.encodeBoth(value)) {
    const { text, fields } = written;
    this.codec = codec;
    this.tableName = tableName;
    this.text = text;
    this.id = `${tableName} ${text}`;
    this.#fields = fields;
  }

  /** Name an item that is written as it was stored. */
  static stored(codec: ModelCodec, tableName: string, item: WireItem): ItemRef {
    return new ItemRef(codec, tableName, item, { text: storedKey(codec, item), fields: new Map() });
  }

  /** Give the key as the caller's own calls take it. */
  key(): ItemKey {
    return { model: this.codec.model.name, key: this.codec.decodeKeyFields(this.#fields) };
  }

  /** Give the `id` of an item or key of the same table in an answer. */
  idOf(wire: WireItem | undefined): string {
    return `${this.tableName} ${storedKey(this.codec, wire)}`;
  }
}

function storedKey({ model }: ModelCodec, wire: WireItem | undefined): string {
  const members = model.keys.map(
    ({ name, type }) => `${quote(name) ?? ""}:{"${type}":${keyText(type, wire?.[name])}}`,
  );
  return `{${members.join(",")}}`;
}

/** Write a key's value as the codec does; what is no such value equals no key. */
function keyText(type: string, wire: object | undefined): string | undefined {
  const text = (wire as Readonly<Record<string, unknown>> | undefined)?.[type];
  if (typeof text !== "string") {
    return undefined;
  }
  return quote(type === "N" ? (canonicalNumber(text) ?? text) : text);
}
