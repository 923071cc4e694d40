/** Actions: single operations that a batch or a transaction does. `table.actions` makes them; nothing is evaluated before. */

import type { ModelCodec } from "./codec/item.ts";
import { ValidationFailed } from "./errors/catalogue.ts";
import type { Changes } from "./expression/change.ts";
import type { Condition } from "./expression/node.ts";
import type { Action, Get } from "./operation/action.ts";
import type { AnyDefinition, Definition, Input, Item, Key, PartialItem, Path, View } from "./schema/types.ts";

/** What an action does. */
export type Verb = Action["verb"];

/** One write of a batch or a transaction. `table.actions` makes it. */
export class WriteAction<V extends Verb = Verb> {
  readonly verb: V;
  // Private: who prints an action sees no values.
  readonly #action: Action;

  constructor(verb: V, action: Action) {
    this.verb = verb;
    this.#action = action;
  }

  /** Give what an action is made of. @internal */
  static of(action: unknown): Action {
    if (typeof action === "object" && action !== null && #action in action) {
      return action.#action;
    }
    throw new ValidationFailed("expected an action; table.actions makes them");
  }
}

/** One read of a batch or a transaction. `table.actions` makes it. */
export class GetAction<D = AnyDefinition, I = unknown> {
  /** Exists for the compiler only. */
  declare readonly definition: D;
  /** Exists for the compiler only. */
  declare readonly item: I;
  readonly #get: Get;

  constructor(get: Get) {
    this.#get = get;
  }

  /** Give what a read is made of. @internal */
  static of(action: unknown): Get {
    if (typeof action === "object" && action !== null && #get in action) {
      return action.#get;
    }
    throw new ValidationFailed("expected a read; table.actions.get makes them");
  }
}

/** The name of a definition's model. */
export type NameOf<D> = D extends Definition ? D["name"] : string;

/** What `put` takes in an action. */
export interface PutActionOptions {
  /** Has to hold of the stored item. */
  readonly condition?: Condition;
}

/** What `save` takes in an action. */
export interface SaveActionOptions {
  /** Takes over an item that was stored without a version. */
  readonly adopt?: boolean;
}

/** What `update` takes in an action beside the changes. */
export interface UpdateActionOptions {
  /** Has to hold of the stored item. */
  readonly condition?: Condition;
  /** The version that the stored item has to have. */
  readonly expectedVersion?: number | bigint | undefined;
  /** Creates the item where there is none. */
  readonly upsert?: boolean;
}

/** What `delete` and `check` take in an action. */
export interface CheckOptions {
  /** Has to hold of the stored item. */
  readonly condition?: Condition;
  /** The version that the stored item has to have. */
  readonly expectedVersion?: number | bigint | undefined;
  /** Makes a missing item an error. */
  readonly mustExist?: boolean;
}

/** What `get` takes in an action. */
export interface GetActionOptions {
  /** Asks for a strongly consistent read; those of a transaction always are. */
  readonly consistent?: boolean;
}

/** What a read of a part of an item takes: paths, or the name of a view. */
export type Selection<D> =
  | { readonly select: readonly Path<D>[]; readonly view?: undefined }
  | { readonly view: View<D>; readonly select?: undefined };

/** Makes the actions of one table. They say what the operations of the same names do. */
export class Actions<D extends AnyDefinition> {
  readonly #target: { readonly codec: ModelCodec; readonly tableName: string };

  constructor(codec: ModelCodec, tableName: string) {
    this.#target = { codec, tableName };
  }

  /** Store an item, whatever was there; a value with a version is checked as by `save`, which a batch cannot. */
  put(value: Input<D>, { condition }: PutActionOptions = {}): WriteAction<"put"> {
    return new WriteAction("put", { ...this.#target, verb: "put", value, condition });
  }

  /** Store a new item. */
  create(value: Input<D>): WriteAction<"create"> {
    return new WriteAction("create", { ...this.#target, verb: "create", value });
  }

  /** Store an item if it is still the one that was read. */
  save(value: Input<D>, { adopt }: SaveActionOptions = {}): WriteAction<"save"> {
    return new WriteAction("save", { ...this.#target, verb: "save", value, adopt });
  }

  /** Change parts of an item, which has to exist unless `upsert`. */
  update(key: Key<D>, changes: Changes<D> & UpdateActionOptions): WriteAction<"update"> {
    const { condition, expectedVersion, upsert } = changes;
    const options = { condition, expectedVersion, upsert };
    return new WriteAction("update", { ...this.#target, verb: "update", key, changes, ...options });
  }

  /** Delete an item; a missing one is no error unless `mustExist`. */
  delete(key: Key<D>, options: CheckOptions = {}): WriteAction<"delete"> {
    return new WriteAction("delete", this.#onKey("delete", key, options));
  }

  /** Change nothing, but demand something of an item: for transactions. */
  check(key: Key<D>, options: CheckOptions): WriteAction<"check"> {
    return new WriteAction("check", this.#onKey("check", key, options));
  }

  #onKey(
    verb: "delete" | "check",
    key: Key<D>,
    { condition, expectedVersion, mustExist }: CheckOptions,
  ): Action {
    return { ...this.#target, verb, key, condition, expectedVersion, mustExist };
  }

  /** Read an item, or a part of it. */
  get(key: Key<D>, options: GetActionOptions & Selection<D>): GetAction<D, PartialItem<D>>;
  get(key: Key<D>, options?: GetActionOptions): GetAction<D, Item<D>>;
  get(
    key: Key<D>,
    { consistent, select, view }: GetActionOptions & Partial<Selection<D>> = {},
  ): GetAction<D, never> {
    return new GetAction({ ...this.#target, key, consistent, select, view });
  }
}
