/** The key condition of a query: the partition, and what the caller says of the sort key. */

import { leadingText } from "../codec/compose.ts";
import { type ModelCodec, writing } from "../codec/item.ts";
import { checkKey } from "../codec/settle.ts";
import { within } from "../codec/value.ts";
import { formatPath } from "../errors/path.ts";
import { InvalidOperator, MissingPrimaryKey, ValidationFailed } from "../errors/catalogue.ts";
import { checkRange, encodeSortPrefix } from "../expression/fit.ts";
import type { Placeholders } from "../expression/placeholder.ts";
import { PARTITION_KEY_MAX_BYTES, SORT_KEY_MAX_BYTES } from "../generated/limits.ts";
import type { Attribute } from "../schema/model.ts";
import { quote } from "../text/utf8.ts";
import { choosePlace, composedOf, partsOf, type Place, placeOf } from "./place.ts";

/** The operators of a sort key, as DynamoDB writes them. */
export type SortOperator = "=" | "<" | "<=" | ">" | ">=" | "BETWEEN" | "begins_with";

/** Values by attribute. */
export type Parts = ReadonlyMap<string, unknown>;

/** What a query says of the sort key; without an operator the caller named none, or several. */
export type Sort =
  | { readonly operator: SortOperator | undefined; readonly operands: readonly unknown[] }
  | { readonly parts: Parts };

/** What a query says of the partition: the value of a plain key, or a map of attributes. */
export type Partition = { readonly value: unknown } | { readonly parts: Parts };

/** Tell where a query goes: by name, to the table for a plain value, by the named attributes for a map. */
export function findPlace(
  { model }: ModelCodec,
  index: string | undefined,
  partition: Partition,
  sort: Sort | undefined,
): Place {
  return index === undefined && "parts" in partition
    ? choosePlace(model, new Set(partition.parts.keys()), sort)
    : placeOf(model, index);
}

/** A checked and written key condition, waiting for placeholders. */
export class KeyCondition {
  readonly place: Place;
  /** The partition's wire value as JSON text. */
  readonly partition: string;
  readonly #codec: ModelCodec;
  readonly #sort: { readonly operator: SortOperator; readonly operands: readonly string[] } | undefined;

  /** @throws {MissingPrimaryKey | ValidationFailed | InvalidOperator} */
  constructor(codec: ModelCodec, place: Place, partition: Partition, sort: Sort | undefined) {
    this.#codec = codec;
    this.place = place;
    this.partition = this.#partitionText(partition);
    this.#sort = sort && this.#sortTexts(sort);
  }

  /** Write the condition. */
  text(names: Placeholders): string {
    const { partition, sort: key } = this.place;
    const text = `${names.path([partition.name])} = ${names.value(this.partition)}`;
    if (this.#sort === undefined || key === undefined) {
      return text;
    }
    const { operator, operands } = this.#sort;
    const name = names.path([key.name]);
    const values = operands.map((operand) => names.value(operand));
    return operator === "begins_with"
      ? `${text} AND begins_with(${name}, ${values.join("")})`
      : `${text} AND ${name} ${operator} ${values.join(" AND ")}`;
  }

  #partitionText(given: Partition): string {
    const { model } = this.#codec;
    const key = this.place.partition;
    const composed = composedOf(model, key);
    const parts = "parts" in given ? given.parts : this.#single(key, given.value, composed !== undefined);
    const names = partsOf(model, key);
    for (const name of names) {
      if ((parts.get(name) ?? null) === null) {
        throw new MissingPrimaryKey(`${model.name}: the partition of the query is missing`, {
          path: formatPath([name]),
        });
      }
    }
    refuseOthers(parts, names);
    const texts = this.#written(parts);
    const text =
      composed === undefined
        ? (texts.get(key.name) ?? "")
        : wireText(writing(() => leadingText(composed, texts).text));
    return checked(key, text, PARTITION_KEY_MAX_BYTES);
  }

  #single(key: Attribute, value: unknown, isComposed: boolean): Parts {
    if ((value ?? null) === null) {
      return new Map();
    }
    if (isComposed) {
      throw new ValidationFailed("a composed key is given by its parts", { path: formatPath([key.name]) });
    }
    return new Map([[key.name, value]]);
  }

  #written(parts: Parts): ReadonlyMap<string, string> {
    return new Map(
      [...parts].flatMap(([name, value]) =>
        (value ?? null) === null
          ? []
          : [[name, this.#write(this.#codec.model.attributes.get(name), name, value)]],
      ),
    );
  }

  #write(attribute: Attribute | undefined, name: string, value: unknown): string {
    return this.#codec.encodeValue(attribute, value, [name]) ?? "";
  }

  #sortTexts(sort: Sort): { readonly operator: SortOperator; readonly operands: readonly string[] } {
    const key = this.place.sort;
    if (key === undefined) {
      throw new InvalidOperator(`${String(this.place)} has no sort key`);
    }
    const said = "parts" in sort ? this.#leading(key, sort.parts) : this.#operator(key, sort);
    return {
      operator: said.operator,
      operands: said.operands.map((operand) => checked(key, operand, SORT_KEY_MAX_BYTES)),
    };
  }

  #leading(
    key: Attribute,
    parts: Parts,
  ): { readonly operator: SortOperator; readonly operands: readonly string[] } {
    const { model } = this.#codec;
    refuseOthers(parts, partsOf(model, key));
    const texts = this.#written(parts);
    const composed = composedOf(model, key);
    const { text, whole } =
      composed === undefined
        ? { text: texts.get(key.name) ?? "", whole: true }
        : writing(() => leadingText(composed, texts));
    if (text === "") {
      throw new ValidationFailed("nothing of the sort key is given", { path: formatPath([key.name]) });
    }
    return {
      operator: whole ? "=" : "begins_with",
      operands: [composed === undefined ? text : wireText(text)],
    };
  }

  #operator(
    key: Attribute,
    { operator, operands }: Exclude<Sort, { readonly parts: unknown }>,
  ): { readonly operator: SortOperator; readonly operands: readonly string[] } {
    const at = { path: formatPath([key.name]) };
    if (composedOf(this.#codec.model, key) !== undefined) {
      throw new InvalidOperator("a composed sort key is queried by its leading parts", at);
    }
    if (operator === "begins_with" && key.type === "N") {
      throw new InvalidOperator("begins_with does not fit the type N", at);
    }
    if (operator === undefined || operands.length !== (operator === "BETWEEN" ? 2 : 1)) {
      throw new ValidationFailed("a sort condition is one operator with its operands", at);
    }
    if (operands.some((operand) => (operand ?? null) === null)) {
      throw new ValidationFailed("a sort key is never null", at);
    }
    const texts = operands.map((operand) =>
      operator === "begins_with"
        ? encodeSortPrefix(this.#codec, key, operand)
        : this.#write(key, key.name, operand),
    );
    const [low, high] = texts;
    if (operator === "BETWEEN" && low !== undefined && high !== undefined) {
      checkRange(low, high, { kind: "path", path: [key.name] });
    }
    return { operator, operands: texts };
  }
}

function refuseOthers(parts: Parts, names: readonly string[]): void {
  for (const name of parts.keys()) {
    if (!names.includes(name)) {
      throw new ValidationFailed("no part of this key", { path: formatPath([name]) });
    }
  }
}

function wireText(text: string): string {
  return `{"S":${quote(text) ?? '""'}}`;
}

function checked(key: Attribute, text: string, maxBytes: number): string {
  return writing(() => {
    try {
      checkKey(text, key.type, maxBytes);
    } catch (fault) {
      within(key.name, fault);
    }
    return text;
  });
}
