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
  readonly encryption?: { readonly context?: { readonly model?: string; readonly attribute?: string } };
}

/** A top-level attribute. */
export type AttributeDefinition = NestedDefinition & TopLevel;

/** The attributes of a map, by their names on the wire. */
export type NestedAttributes = Readonly<Record<string, NestedDefinition>>;

/** The attributes of a model, by their names on the wire. */
export type Attributes = Readonly<Record<string, AttributeDefinition>>;

/** What the types of a model's values are made of: its attributes, the names of its keys, the names of its views. */
export interface Definition {
  readonly attributes: Attributes;
  readonly keys: string;
  readonly views: string;
}

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
export type PropertyOf<K, A> = A extends { field: infer F extends string } ? Camel<F> : K;

type Camel<S extends string> = S extends `${infer H}_${infer R}` ? `${H}${Capitalize<Camel<R>>}` : S;

/** Flatten an intersection, so that editors show members and not the machinery. */
type Flat<T> = { [K in keyof T]: T[K] };

type Members<A> = Flat<
  {
    -readonly [K in keyof A as A[K] extends Always ? PropertyOf<K, A[K]> : never]: ValueOf<A[K]>;
  } & {
    -readonly [K in keyof A as A[K] extends Always ? never : PropertyOf<K, A[K]>]?: ValueOf<A[K]>;
  }
>;

type InputMembers<A> = Flat<
  {
    readonly [K in keyof A as A[K] extends { required: true } ? PropertyOf<K, A[K]> : never]: InputOf<A[K]>;
  } & {
    readonly [K in keyof A as A[K] extends { required: true } ? never : PropertyOf<K, A[K]>]?:
      InputOf<A[K]> | null | undefined;
  }
>;

interface Kept {
  roles: readonly ("created_at" | "updated_at" | "version")[];
}

type Plain = Record<string, unknown>;

/** The item of a definition, as read. */
export type Item<D> = D extends Definition
  ? Flat<
      {
        [
          K in keyof D["attributes"] as K extends D["keys"]
            ? PropertyOf<K, D["attributes"][K]>
            : D["attributes"][K] extends Always
              ? PropertyOf<K, D["attributes"][K]>
              : never
        ]: ValueOf<D["attributes"][K]>;
      } & {
        [
          K in keyof D["attributes"] as K extends D["keys"]
            ? never
            : D["attributes"][K] extends Always
              ? never
              : PropertyOf<K, D["attributes"][K]>
        ]?: ValueOf<D["attributes"][K]>;
      }
    >
  : Plain;

/** What may be given to create, put and save: what the library itself writes is optional. */
export type Input<D> = D extends Definition
  ? Flat<
      {
        [
          K in keyof D["attributes"] as IsDemanded<K, D> extends true
            ? PropertyOf<K, D["attributes"][K]>
            : never
        ]: InputOf<D["attributes"][K]>;
      } & {
        [
          K in keyof D["attributes"] as IsDemanded<K, D> extends true
            ? never
            : PropertyOf<K, D["attributes"][K]>
        ]?: InputOf<D["attributes"][K]> | null | undefined;
      }
    >
  : Readonly<Plain>;

type IsDemanded<K, D extends Definition> = K extends D["keys"]
  ? true
  : D["attributes"][K & string] extends Kept
    ? false
    : D["attributes"][K & string] extends { required: true }
      ? true
      : false;

/** The key of a definition: every part of it, and nothing else. */
export type Key<D> = D extends Definition
  ? {
      readonly [
        K in keyof D["attributes"] as K extends D["keys"] ? PropertyOf<K, D["attributes"][K]> : never
      ]: InputOf<D["attributes"][K]>;
    }
  : Readonly<Plain>;

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
export type View<D> = D extends Definition ? D["views"] : string;

/** A path given as segments: names as they are, whatever they hold, and list indexes. */
export type Segments<D> = readonly [
  D extends Definition ? keyof D["attributes"] & string : string,
  ...(string | number)[],
];

type Awkward = `${string}.${string}` | `${string}[${string}`;

/** The paths of a definition as text: `address.city`, `lines[0].sku`. */
export type PathText<D> = D extends Definition ? PathsIn<D["attributes"]> : string;

type PathsIn<A> = { [K in keyof A & string]: K extends Awkward ? never : K | Below<K, A[K]> }[keyof A &
  string];

type Below<P extends string, A> = A extends { type: "M" }
  ? A extends { attributes: infer N }
    ? `${P}.${PathsIn<N>}`
    : `${P}.${string}`
  : A extends { type: "L" }
    ? A extends { items: infer I }
      ? `${P}[${number}]` | Below<`${P}[${number}]`, I>
      : `${P}[${number}]` | `${P}[${number}]${string}`
    : never;

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
export type InputAt<D, P> = unknown extends At<D, P> ? unknown : InputOf<At<D, P>>;
