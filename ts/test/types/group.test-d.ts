/** Type tests of batches and transactions: what they take and give; what must not compile says so. */

import {
  type BulkFailure,
  type Client,
  defineModel,
  type DynamicDefinition,
  type DynamORMError,
  isCode,
  type ItemKey,
  type ItemOf,
  type KeyOf,
  type Model,
} from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function assertType<_T extends true>(): void {
  // The compiler looks at the type argument, and nothing is left to do.
}

const Order = defineModel({
  name: "Order",
  table: "orders",
  keys: { partition: "customer", sort: "number" },
  attributes: {
    customer: { type: "S" },
    number: { type: "N", format: "int" },
    status: { type: "S", enum: ["open", "paid"], required: true },
    version: { type: "N", roles: ["version"] },
  },
  views: { Summary: ["number", "status"] },
});

const Stock = defineModel({
  name: "Stock",
  table: "stock",
  keys: { partition: "sku" },
  attributes: { sku: { type: "S" }, left: { type: "N", format: "int64" } },
});

type Order = ItemOf<typeof Order>;
type Stock = ItemOf<typeof Stock>;

declare const client: Client;
declare const loaded: Model<DynamicDefinition>;
const orders = client.table(Order);
const stock = client.table(Stock);
const key = { customer: "c", number: 1 };
const order = { ...key, status: "open" } as const;

/** What has to compile, and what it gives. */
export async function good(): Promise<void> {
  const { items, missing } = await orders.batchGet([key], { consistent: true });
  assertType<Equal<typeof items, Order[]>>();
  assertType<Equal<typeof missing, KeyOf<typeof Order>[]>>();
  const parts = await orders.batchGet(new Set([key]), { select: ["status"] });
  assertType<Equal<(typeof parts.items)[0]["status"], "open" | "paid" | undefined>>();
  const written = await orders.batchPut([order], { lastWins: true });
  assertType<Equal<typeof written, number>>();
  const both = await orders.batchWrite({ put: [order], delete: [key] }, { unchecked: true });
  assertType<Equal<typeof both.deleted, number>>();
  await client.batchWrite([orders.actions.put(order), stock.actions.delete({ sku: "x" })]);
  await orders.bulkPut([order], {
    onFailure(failure) {
      assertType<Equal<typeof failure, BulkFailure<KeyOf<typeof Order>>>>();
    },
  });
  await client.transactWrite([
    ...[orders.actions.create(order), orders.actions.save(order, { adopt: true })],
    stock.actions.update({ sku: "x" }, { subtract: { left: 1n }, condition: stock.field("left").ge(1n) }),
    orders.actions.check(key, { expectedVersion: 3 }),
  ]);
}

/** Items of several models are a union, narrowed by the model's name; those of a transaction a tuple. */
export async function several(): Promise<void> {
  const { items, missing } = await client.batchGet([
    orders.actions.get(key),
    stock.actions.get({ sku: "x" }, { consistent: true }),
  ]);
  for (const found of items) {
    if (found.model === "Order") {
      assertType<Equal<typeof found.item, Order>>();
    } else {
      assertType<Equal<typeof found.item, Stock>>();
    }
  }
  for (const lost of missing) {
    if (lost.model === "Stock") {
      assertType<Equal<typeof lost.key, KeyOf<typeof Stock>>>();
    }
  }
  const [first, second, third, ...others] = await client.transactGet([
    orders.actions.get(key),
    stock.actions.get({ sku: "x" }),
    orders.actions.get(key, { view: "Summary" }),
  ]);
  assertType<Equal<typeof first, Order | undefined>>();
  assertType<Equal<typeof second, Stock | undefined>>();
  assertType<Equal<typeof third, Partial<Order> | undefined>>();
  assertType<Equal<typeof others, []>>();
  const list = [orders.actions.get(key)];
  const all = await client.transactGet(list);
  assertType<Equal<typeof all, (Order | undefined)[]>>();
}

/** Errors are narrowed to their classes by their codes. */
export function errors(error: unknown): void {
  if (isCode(error, "BatchIncomplete")) {
    assertType<Equal<typeof error.undone, readonly ItemKey[]>>();
  } else if (isCode(error, "TransactionCanceled")) {
    assertType<Equal<typeof error.reasons, readonly (DynamORMError | null)[]>>();
  }
}

/** A model that was loaded at run time has plain maps for values. */
export async function dynamic(): Promise<void> {
  const { items } = await client.table(loaded).batchGet([{ a: 1 }]);
  assertType<Equal<typeof items, Record<string, unknown>[]>>();
  const mixed = await client.batchGet([client.table(loaded).actions.get({ a: 1 })]);
  assertType<Equal<(typeof mixed.items)[0]["model"], string>>();
}

/** What must not compile. */
export function bad(): void {
  // @ts-expect-error half a key
  void orders.batchGet([{ customer: "c" }]);
  // @ts-expect-error a path that the model does not know
  void orders.batchGet([key], { select: ["nosuch"] });
  // @ts-expect-error a value without what is required
  void orders.batchPut([key]);
  // @ts-expect-error a batch neither creates nor updates
  void client.batchWrite([orders.actions.create(order)]);
  // @ts-expect-error a batch does not check
  void client.bulkWrite([orders.actions.check(key, { mustExist: true })]);
  // @ts-expect-error a read is no write
  void client.transactWrite([orders.actions.get(key)]);
  // @ts-expect-error a write is no read
  void client.transactGet([orders.actions.put(order)]);
  // @ts-expect-error an update that returns something
  orders.actions.update(key, { set: { status: "paid" }, return: "old" });
  // @ts-expect-error a check of nothing
  orders.actions.check(key);
  // @ts-expect-error a value of another type
  orders.actions.update(key, { set: { status: "lost" } });
}
