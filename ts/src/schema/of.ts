/** The types that users name: what a model's values are, in, out and as a key. */

import type { Model } from "./model.ts";
import type { AnyDefinition, Input, Item, Key } from "./types.ts";

/**
 * The items of a model, as read.
 *
 * @example
 * type Note = ItemOf<typeof NoteModel>;
 */
export type ItemOf<M> = M extends Model<infer D extends AnyDefinition> ? Item<D> : never;

/** What may be given to create, put and save. */
export type InputOf<M> = M extends Model<infer D extends AnyDefinition> ? Input<D> : never;

/** The keys of a model. */
export type KeyOf<M> = M extends Model<infer D extends AnyDefinition> ? Key<D> : never;
