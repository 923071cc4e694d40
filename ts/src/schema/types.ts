/**
 * The types of a model's values, inferred from its declaration. Nothing here exists at run time.
 *
 * Kept shallow on purpose: each entity should cost the compiler hundreds of instantiations, not thousands.
 */

import type { JsonValue } from "../text/json.ts";
import type { Role } from "./model.ts";

/** A native declaration's attribute of type S. */
export interface TextDefinition extends Common {
  readonly type: "S";
  readonly format?: "timestamp" | "rfc3339nano" | "date" | "uuid" | "bool_string";
  /** Stores any JSON value as canonical text. */
  readonly json?: boolean;
  /** The only values allowed. */
  readonly enum?: readonly string[];
}

/** A native declaration's attribute of type N. */
export interface NumberDefinition extends Common {
  readonly type: "N";
  readonly format?: "int" | "int64" | "float" | "decimal" | "unix_seconds" | "unix_millis";
}

/** A native declaration's attribute of a type that has no formats. */
export interface PlainDefinition extends Common {
  readonly type: "B" | "BOOL" | "NULL" | "SS" | "NS" | "BS";
}

/** A native declaration's map, typed where it has `attributes`. */
export interface MapDefinition extends Common {
  readonly type: "M";
  readonly attributes?: NestedAttributes;
}

/** A native declaration's list, typed where it has `items`. */
export interface ListDefinition extends Common {
  readonly type: "L";
  readonly items?: NestedDefinition;
}

/** What every attribute of a native declaration may say. */
export interface Common {
  /** Whether a value has to have it; always so for the attributes of the key. */
  readonly required?: boolean;
  /** Leaves out what is empty: `""`, `0`, `false`, an empty list or map, the zero time. */
  readonly omitEmpty?: boolean;
  /** The name of the member in snake_case, where it differs from the attribute; values carry it in camelCase. */
  readonly field?: string;
  /** Data of your own; any JSON value. */
  readonly tags?: Readonly<Record<string, unknown>>;
}

/** An attribute inside a map or list. */
export type NestedDefinition =
  TextDefinition | NumberDefinition | PlainDefinition | MapDefinition | ListDefinition;

/** What only a top-level attribute may say. */
export interface TopLevel {
  /** The duties that the library keeps: times, the version, the time to live. */
  readonly roles?: readonly Exclude<Role, "pk" | "sk">[];
  /** Stores the value encrypted. */
  /** Composes a key of other attributes, which alone values have: `"CUSTOMER#{customer_id}"`, `"ORDER#{number:08d}"`. */
  readonly template?: string;
  readonly encryption?: { readonly context?: { readonly model?: string; readonly attribute?: string } };
}

/** A top-level attribute. */
export type AttributeDefinition = NestedDefinition & TopLevel;

/** The attributes of a map, by their names on the wire. */
export type NestedAttributes = Readonly<Record<string, NestedDefinition>>;

/** The attributes of a model, by their names on the wire. */
export type Attributes = Readonly<Record<string, AttributeDefinition>>;

/** What the types of a model's values are made of: its attributes, the names of its keys, the names of its views, its own. */
export interface Definition {
  readonly attributes: Attributes;
  readonly keys: string;
  /** The attributes of each view. */
  readonly views: Readonly<Record<string, readonly string[]>>;
  readonly name: string;
}

/** The attributes that values have: composed ones are the library's. */
export type Fields<A> = ComposedIn<A> extends never ? A : Omit<A, ComposedIn<A>>;

type ComposedIn<A> = { [K in keyof A]: A[K] extends { template: string } ? K : never }[keyof A];

/** The attributes that keys are given by: the parts of composed ones. */
export type KeyFields<A, K extends keyof A> = K extends unknown
  ? A[K] extends { template: infer T extends string }
    ? PartNames<T>
    : K
  : never;

type PartNames<T extends string> = T extends `${string}{${infer P}}${infer R}`
  ? (P extends `${infer N}:0${string}` ? N : P) | PartNames<R>
  : never;

/** The definition of a model that was loaded at run time: its values are plain maps. */
export interface DynamicDefinition {
  readonly dynamic: true;
}

/** The definition of any model. */
export type AnyDefinition = Definition | DynamicDefinition;

/** A value that a map or list without a declaration can hold. */
export type DocumentValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | Set<string>
  | Set<number>
  | Set<Uint8Array>
  | DocumentValue[]
  | { [key: string]: DocumentValue };

/** What an attribute reads as. */
export type ValueOf<A> = A extends { type: "S" }
  ? TextValue<A>
  : A extends { type: "N" }
    ? NumberValue<A>
    : A extends { type: "M" }
      ? A extends { attributes: infer N }
        ? Members<N>
        : { [key: string]: DocumentValue }
      : A extends { type: "L" }
        ? A extends { items: infer I }
          ? ValueOf<I>[]
          : DocumentValue[]
        : A extends { type: infer T extends keyof PlainValues }
          ? PlainValues[T]
          : never;

interface PlainValues {
  B: Uint8Array;
  BOOL: boolean;
  NULL: null;
  SS: Set<string>;
  NS: Set<number>;
  BS: Set<Uint8Array>;
}

type TextValue<A> = A extends { json: true }
  ? JsonValue
  : A extends { enum: readonly (infer E)[] }
    ? E
    : A extends { format: "bool_string" }
      ? boolean
      : string;

type NumberValue<A> = A extends { format: "int64" }
  ? bigint
  : A extends { format: "decimal" }
    ? string
    : number;

/** What may be given for an attribute. */
export type InputOf<A> = A extends { type: "M" }
  ? A extends { attributes: infer N }
    ? InputMembers<N>
    : Readonly<Record<string, unknown>>
  : A extends { type: "L" }
    ? A extends { items: infer I }
      ? readonly InputOf<I>[]
      : readonly unknown[]
    : A extends { json: true }
      ? unknown
      : A extends { format: "timestamp" | "unix_seconds" | "unix_millis" }
        ? ValueOf<A> | Date
        : A extends { type: "SS" | "NS" | "BS" }
          ? ReadonlySetOf<ValueOf<A>>
          : ValueOf<A>;

type ReadonlySetOf<T> = T extends Set<infer M> ? ReadonlySet<M> : never;

type SetType = "SS" | "NS" | "BS";

type Always = { required: true } | { type: SetType };

/** The property of an attribute: its `field` in camelCase, else its own name. */
type PropertyOf<K, A> = A extends { field: infer F extends string } ? Camel<F> : K;

type Camel<S extends string> = S extends `${infer H}_${infer R}` ? `${H}${Capitalize<Camel<R>>}` : S;

/** The attributes by the names of their members. Most declarations rename nothing, and cost no more than a look. */
type Named<A> = Renaming<A> extends never ? A : { [K in keyof A as PropertyOf<K, A[K]>]: A[K] };

type Renaming<A> = { [K in keyof A]: A[K] extends { field: string } ? K : never }[keyof A];

/** The names of members that are always there. */
type AlwaysIn<A> = { [K in keyof A]: A[K] extends Always ? K : never }[keyof A];

/** The names of members that have to be given. */
type DemandedIn<A> = { [K in keyof A]: A[K] extends { required: true } ? K : never }[keyof A];

/** Flatten an intersection, so that editors show members and not the machinery. */
type Flat<T> = { [K in keyof T]: T[K] };

/** The members of a map that is read: `R` are always there. */
type Read<A, R> = Flat<
  { -readonly [K in keyof A & R]: ValueOf<A[K]> } & {
    -readonly [K in Exclude<keyof A, R>]?: ValueOf<A[K]>;
  }
>;

/** The members of a map that is given: `R` are demanded. */
type Given<A, R> = Flat<
  { readonly [K in keyof A & R]: InputOf<A[K]> } & {
    readonly [K in Exclude<keyof A, R>]?: InputOf<A[K]> | null | undefined;
  }
>;

type Members<A> = MembersOf<Named<A>>;

type MembersOf<A> = Read<A, AlwaysIn<A>>;

type InputMembers<A> = InputMembersOf<Named<A>>;

type InputMembersOf<A> = Given<A, DemandedIn<A>>;

interface Kept {
  roles: readonly ("created_at" | "updated_at" | "version")[];
}

type KeptIn<A> = { [K in keyof A]: A[K] extends Kept ? K : never }[keyof A];

type Plain = Record<string, unknown>;

/** The attributes of a definition by the names of their members, and the names of its keys. */
type KeysOf<D extends Definition> =
  Renaming<D["attributes"]> extends never
    ? D["keys"]
    : { [K in D["keys"]]: PropertyOf<K, D["attributes"][K]> }[D["keys"]];

/** The names that the members of values have for attributes `P`. */
type Member<D extends Definition, P> = {
  [K in keyof D["attributes"] & P]: PropertyOf<K, D["attributes"][K]>;
}[keyof D["attributes"] & P];

/** The item of a definition, as read. */
export type Item<D> = D extends Definition ? ItemIn<Named<D["attributes"]>, KeysOf<D>> : Plain;

type ItemIn<A, P> = Read<A, P | AlwaysIn<A>>;

/** What may be given to create, put and save: what the library itself writes is optional, and the given object is written to. */
export type Input<D> = D extends Definition ? InputIn<Named<D["attributes"]>, KeysOf<D>> : Readonly<Plain>;

type InputIn<A, P> = Given<A, P | Exclude<DemandedIn<A>, KeptIn<A>>>;

/** The key of a definition: every part of it, and nothing else. */
export type Key<D> = D extends Definition ? KeyIn<Named<D["attributes"]>, KeysOf<D>> : Readonly<Plain>;

type KeyIn<A, P> = { readonly [K in keyof A & P]: InputOf<A[K]> };

/** What a projection gives: any part of an item, on every level. */
export type PartialItem<D> = D extends Definition ? Deep<Item<D>> : Plain;

type Deep<T> = T extends Uint8Array | ReadonlySet<unknown>
  ? T
  : T extends (infer E)[]
    ? Deep<E>[]
    : T extends object
      ? { [K in keyof T]?: Deep<T[K]> }
      : T;

/** The names of a definition's views. */
export type View<D> = D extends Definition ? keyof D["views"] & string : string;

/** What a view gives: its attributes, any part of each. */
export type Viewed<D, N> = D extends Definition
  ? N extends keyof D["views"]
    ? Picked<D, D["views"][N][number]>
    : PartialItem<D>
  : Plain;

/** What a selection gives: of top-level attributes these alone, of deeper paths any part of the item. */
export type Picked<D, P> = D extends Definition
  ? [P] extends [keyof D["attributes"]]
    ? Pick<PartialItem<D>, keyof PartialItem<D> & Member<D, P>>
    : PartialItem<D>
  : Plain;

/** A path given as segments: names as they are, whatever they hold, and list indexes. */
export type Segments<D> = readonly [
  D extends Definition ? keyof D["attributes"] & string : string,
  ...(string | number)[],
];

type Awkward = `${string}.${string}` | `${string}[${string}`;

/** Every path of a definition as text, with the declaration it leads to; unknown where the model does not type it. */
export type Places<D> = D extends Definition ? PlacesIn<D["attributes"], ""> : [string, unknown];

type PlacesIn<A, P extends string> = {
  [K in keyof A & string]: K extends Awkward
    ? never
    : A[K] extends { type: "M" | "L" }
      ? [`${P}${K}`, A[K]] | Below<A[K], `${P}${K}`>
      : [`${P}${K}`, A[K]];
}[keyof A & string];

type Below<A, P extends string> = A extends { attributes: infer N }
  ? PlacesIn<N, `${P}.`>
  : A extends { items: infer I }
    ? [`${P}[${number}]`, I] | Below<I, `${P}[${number}]`>
    : A extends { type: "M" }
      ? [`${P}.${string}`, unknown]
      : A extends { type: "L" }
        ? [`${P}[${number}]`, unknown] | [`${P}[${number}]${string}`, unknown]
        : never;

/** The paths of a definition as text: `address.city`, `lines[0].sku`. */
export type PathText<D> = Places<D>[0];

/** A path in either form. */
export type Path<D> = PathText<D> | Segments<D>;

/** The declaration at a path; unknown where the model does not type it. */
export type At<D, P> = D extends Definition ? AtPath<D["attributes"], P> : unknown;

type AtPath<A, P> = P extends keyof A
  ? A[P]
  : P extends `${infer H}.${infer R}`
    ? Step<AtName<A, H>, R>
    : P extends string
      ? AtName<A, P>
      : unknown;

/** One segment, with its indexes: `lines`, `lines[0]`. */
type AtName<A, H> = H extends keyof A
  ? A[H]
  : H extends `${infer N}[${number}]`
    ? N extends keyof A
      ? A[N] extends { items: infer I }
        ? I
        : unknown
      : unknown
    : unknown;

type Step<A, R> = A extends { attributes: infer N } ? AtPath<N, R> : unknown;

/** What may be compared with, or set at, a path. */
export type InputAt<D, P> = InputOrUnknown<At<D, P>>;

/** What may be given for a declaration; anything where there is none. */
export type InputOrUnknown<A> = unknown extends A ? unknown : InputOf<A>;
