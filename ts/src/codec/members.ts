/**
 * The members of a value, by a plan that is compiled once: of a whole item and of each typed map inside it.
 *
 * Writing goes in the order of the names' bytes, so that equal values give equal text; reading in the order of the declaration.
 */

import type { Attribute } from "../schema/model.ts";
import { isPlainObject, setOwn } from "../text/json.ts";
import { compareUtf8, quote } from "../text/utf8.ts";
import { checkDepth } from "./collection.ts";
import type { Open } from "./seal.ts";
import { leaves, settle } from "./settle.ts";
import {
  isNull,
  refuse,
  refuseKind,
  refuseWire,
  type ValueCodec,
  ValueFault,
  type Wire,
  within,
} from "./value.ts";

/** How an attribute is written, read whole, and read as a part of a projection. */
export interface AttributeCodec extends ValueCodec {
  /** Give the native value of what a projection left of it. */
  readonly decodePartial: (wire: Wire) => unknown;
}

/** Makes the codec of an attribute; handed in, because the codec of a map is made of members again. */
export type CodecMaker = (attribute: Attribute) => AttributeCodec;

/** The plan of one attribute. */
interface Member {
  readonly attribute: Attribute;
  readonly name: string;
  readonly property: string;
  /** The name as a JSON string literal, with its colon. */
  readonly prefix: string;
  readonly codec: AttributeCodec;
  readonly isSet: boolean;
  readonly isNullType: boolean;
}

/** Wire values that the library writes itself, by attribute; they stand for whatever the caller gave. */
export type Stamps = ReadonlyMap<string, string>;

/** The members of one level: an item, or a typed map. */
export class Members {
  readonly #written: readonly Member[];
  readonly #read: readonly Member[];
  readonly #keys: readonly Member[];
  readonly #properties: ReadonlySet<string>;

  /** `keys` has to be there, and is looked for first: of two missing parts the first one is to be named. */
  constructor(
    attributes: ReadonlyMap<string, Attribute>,
    codecFor: CodecMaker,
    keys: readonly Attribute[] = [],
  ) {
    this.#read = [...attributes.values()].map((attribute) => memberOf(attribute, codecFor(attribute)));
    this.#written = this.#read.toSorted((left, right) => compareUtf8(left.name, right.name));
    this.#keys = keys.flatMap((key) => this.#read.find(({ attribute }) => attribute === key) ?? []);
    this.#properties = new Set(this.#read.map(({ property }) => property));
  }

  /** Write the members of a value, as the JSON text of a map of wire values; `texts` takes each of them by its name. */
  encode(value: object, depth: number, stamps?: Stamps, texts?: Map<string, string>): string {
    const source = value as Readonly<Record<string, unknown>>;
    this.#refuseMissingKey(source);
    this.#refuseUnknown(source);
    let text: string;
    try {
      text = this.#encodeAll(this.#written, source, depth, stamps, texts);
    } catch (fault) {
      // Of several members that do not fit, the first one of the declaration is told.
      this.#encodeAll(this.#read, source, depth, stamps);
      throw fault;
    }
    return `{${text}}`;
  }

  #encodeAll(
    members: readonly Member[],
    source: Readonly<Record<string, unknown>>,
    depth: number,
    stamps: Stamps | undefined,
    texts?: Map<string, string>,
  ): string {
    let text = "";
    for (const member of members) {
      const encoded = stamps?.get(member.name) ?? encodeMember(member, read(source, member.property), depth);
      if (encoded !== undefined) {
        text += (text === "" ? "" : ",") + member.prefix + encoded;
        texts?.set(member.name, encoded);
      }
    }
    return text;
  }

  /** A value that lacks its key is told so first, whatever else it lacks. */
  #refuseMissingKey(source: Readonly<Record<string, unknown>>): void {
    for (const key of this.#keys) {
      if (read(source, key.property) == null) {
        within(key.name, new ValueFault("a part of the primary key is missing", "MissingPrimaryKey"));
      }
    }
  }

  #refuseUnknown(source: Readonly<Record<string, unknown>>): void {
    for (const property of Object.keys(source)) {
      if (!this.#properties.has(property) && source[property] !== undefined) {
        throw new ValueFault("the model does not know this attribute", undefined, [property]);
      }
    }
  }

  /** Read a whole value: what is required has to be there, absent sets are empty. `open` opens encrypted values. */
  decode(wire: Readonly<Record<string, unknown>>, open?: Open): Record<string, unknown> {
    return this.#decode(wire, false, open);
  }

  /** Read what a projection gave: nothing is filled in, nothing demanded. */
  decodePartial(wire: Readonly<Record<string, unknown>>, open?: Open): Record<string, unknown> {
    return this.#decode(wire, true, open);
  }

  #decode(
    wire: Readonly<Record<string, unknown>>,
    partial: boolean,
    open: Open | undefined,
  ): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const member of this.#read) {
      const raw = read(wire, member.name) as Wire | undefined;
      const found = decodeMember(member, open === undefined ? raw : opened(member, raw, open), partial);
      if (found !== undefined) {
        setOwn(result, member.property, found);
      }
    }
    return result;
  }
}

function memberOf(attribute: Attribute, codec: AttributeCodec): Member {
  return {
    attribute,
    name: attribute.name,
    property: attribute.property,
    prefix: `${quote(attribute.name) ?? ""}:`,
    codec,
    isSet: attribute.type === "SS" || attribute.type === "NS" || attribute.type === "BS",
    isNullType: attribute.type === "NULL",
  };
}

/** Read a member whatever its name: `constructor` is a member of every object, but nobody gave it. */
export function read(source: Readonly<Record<string, unknown>>, name: string): unknown {
  return name in Object.prototype && !Object.hasOwn(source, name) ? undefined : source[name];
}

function encodeMember(member: Member, value: unknown, depth: number): string | undefined {
  const { attribute } = member;
  try {
    if (value === undefined || value === null) {
      return encodeNull(member);
    }
    checkDepth(depth);
    const text = leaves(attribute, value) ? undefined : settle(attribute, member.codec.encode(value, depth));
    return text === undefined && attribute.required
      ? refuse("the attribute is required and must not be empty")
      : text;
  } catch (fault) {
    return within(member.name, fault);
  }
}

function encodeNull({ attribute, isNullType }: Member): string | undefined {
  if (!attribute.required) {
    return undefined;
  }
  if (isNullType) {
    return '{"NULL":true}';
  }
  return refuse("the attribute is required");
}

/** Absent and NULL have no envelope. */
function opened({ attribute }: Member, wire: Wire | undefined, open: Open): Wire | undefined {
  return attribute.encrypted && wire !== undefined && !isNull(wire) ? open(wire, attribute) : wire;
}

function decodeMember(member: Member, wire: Wire | undefined, partial: boolean): unknown {
  const { attribute, codec } = member;
  try {
    if (wire !== undefined && !isNull(wire)) {
      return partial ? codec.decodePartial(wire) : codec.decode(wire);
    }
    if (member.isNullType) {
      return wire === undefined ? undefined : null;
    }
    if (attribute.required && !partial) {
      return refuse(`expected ${attribute.type}, found ${wire === undefined ? "nothing" : "NULL"}`);
    }
    return member.isSet && !partial ? new Set() : undefined;
  } catch (fault) {
    return within(member.name, fault);
  }
}

/** Make the codec of a typed map. */
export function membersCodec(
  attributes: ReadonlyMap<string, Attribute>,
  codecFor: CodecMaker,
): AttributeCodec {
  const members = new Members(attributes, codecFor);
  return {
    encode: (value, depth) => encodeMap(members, value, depth),
    decode: (wire) => members.decode(mapOf(wire)),
    decodePartial: (wire) => members.decodePartial(mapOf(wire)),
  };
}

function encodeMap(members: Members, value: unknown, depth: number): string {
  if (!isRecord(value)) {
    return refuseKind("an object", value);
  }
  return `{"M":${members.encode(value, depth + 1)}}`;
}

function mapOf(wire: Wire): Readonly<Record<string, unknown>> {
  const members = wire.M;
  return isPlainObject(members) ? members : refuseWire("M", wire);
}

/** Tell whether a value has members: an object that is no array, set, map, time or binary. */
export function isRecord(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    ![Array, Set, Map, Date].some((type) => value instanceof type) &&
    !ArrayBuffer.isView(value)
  );
}
