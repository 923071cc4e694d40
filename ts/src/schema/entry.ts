/** The entries of a document once its structure is known to be right: what the schema of DMS says, as types. */

import type { AttributeType, Discriminator, Format, Role } from "./model.ts";

/** A document. */
export interface DocumentEntry {
  readonly dms_version: string;
  readonly namespace?: string;
  readonly models: readonly ModelEntry[];
  readonly tags?: unknown;
}

/** A model of a document. */
export interface ModelEntry {
  readonly name: string;
  readonly table: { readonly name: string };
  readonly naming?: { readonly convention: "snake_case" | "camelCase" };
  readonly keys: { readonly partition: KeyEntry; readonly sort?: KeyEntry };
  readonly attributes: readonly AttributeEntry[];
  readonly indexes?: readonly IndexEntry[];
  readonly views?: readonly ViewEntry[];
  readonly discriminator?: Discriminator;
  readonly tags?: unknown;
}

/** A key of a table or an index. */
export interface KeyEntry {
  readonly attribute: string;
  readonly type: AttributeType;
}

/** What an attribute and the elements of a list have in common. */
export interface ElementEntry {
  readonly type: AttributeType;
  readonly format?: Format;
  readonly json?: boolean;
  readonly enum?: readonly string[];
  readonly attributes?: readonly AttributeEntry[];
  readonly items?: ElementEntry;
}

/** An attribute, on any level; `roles`, `encryption` and `template` only on the top one. */
export interface AttributeEntry extends ElementEntry {
  readonly attribute: string;
  readonly required?: boolean;
  readonly omit_empty?: boolean;
  readonly field?: string;
  readonly tags?: unknown;
  readonly roles?: readonly Role[];
  readonly encryption?: { readonly context?: { readonly model?: string; readonly attribute?: string } };
  readonly template?: string;
}

/** An index. */
export interface IndexEntry {
  readonly name: string;
  readonly type: "GSI" | "LSI";
  readonly partition?: KeyEntry;
  readonly sort?: KeyEntry;
  readonly projection?: ProjectionEntry;
  readonly tags?: unknown;
}

/** What an index carries. */
export interface ProjectionEntry {
  readonly type: "ALL" | "KEYS_ONLY" | "INCLUDE";
  readonly fields?: readonly string[];
}

/** A named projection. */
export interface ViewEntry {
  readonly name: string;
  readonly fields: readonly string[];
}
