/** Type tests: `tsc` is the runner. Each `@ts-expect-error` says what must not compile. */

import {
  and,
  type Client,
  defineModel,
  type DynamicDefinition,
  field,
  type InputOf,
  type ItemOf,
  type JsonValue,
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
  keys: { partition: "customer_id", sort: "order_id" },
  attributes: {
    customer_id: { type: "S" },
    order_id: { type: "N", format: "int64" },
    status: { type: "S", enum: ["open", "paid"], required: true },
    total: { type: "N", format: "decimal" },
    quantity: { type: "N" },
    urgent: { type: "S", format: "bool_string" },
    placed: { type: "S", format: "timestamp", field: "placed_at" },
    labels: { type: "SS" },
    scans: { type: "BS" },
    photo: { type: "B" },
    address: { type: "M", attributes: { city: { type: "S", required: true }, zip: { type: "S" } } },
    lines: {
      type: "L",
      items: {
        type: "M",
        attributes: {
          sku: { type: "S", required: true },
          qty: { type: "N", format: "int" },
          tags: { type: "SS" },
        },
      },
    },
    notes: { type: "L", items: { type: "S" } },
    extra: { type: "S", json: true },
    doc: { type: "M" },
    "odd.name": { type: "S" },
    created_at: { type: "S", required: true, roles: ["created_at"] },
    version: { type: "N", roles: ["version"] },
    expires_at: { type: "N", format: "unix_seconds", roles: ["ttl"] },
  },
  indexes: [{ name: "by-status", type: "GSI", partition: "status", sort: "placed" }],
  views: { Summary: ["order_id", "status"] },
});

type Order = ItemOf<typeof Order>;
type NewOrder = InputOf<typeof Order>;

assertType<Equal<KeyOf<typeof Order>, { readonly customer_id: string; readonly order_id: bigint }>>();
assertType<Equal<Order["customer_id"], string>>();
assertType<Equal<Order["status"], "open" | "paid">>();
assertType<Equal<Order["total"], string | undefined>>();
assertType<Equal<Order["quantity"], number | undefined>>();
assertType<Equal<Order["urgent"], boolean | undefined>>();
assertType<Equal<Order["placedAt"], string | undefined>>();
assertType<Equal<Order["labels"], Set<string>>>();
assertType<Equal<Order["scans"], Set<Uint8Array>>>();
assertType<Equal<Order["photo"], Uint8Array | undefined>>();
assertType<Equal<Order["address"], { city: string; zip?: string } | undefined>>();
assertType<Equal<Order["lines"], { sku: string; tags: Set<string>; qty?: number }[] | undefined>>();
assertType<Equal<Order["notes"], string[] | undefined>>();
assertType<Equal<Order["extra"], JsonValue | undefined>>();
assertType<Equal<Order["created_at"], string>>();
assertType<Equal<NewOrder["placedAt"], string | Date | null | undefined>>();
assertType<Equal<NewOrder["expires_at"], number | Date | null | undefined>>();
assertType<Equal<NewOrder["created_at"], string | null | undefined>>();
assertType<Equal<NewOrder["labels"], ReadonlySet<string> | null | undefined>>();

declare const client: Client;
const orders = client.table(Order);
const key = { customer_id: "c", order_id: 1n };

/** What has to compile, and what it gives. */
export async function good(): Promise<void> {
  const created = await orders.create({
    ...key,
    status: "open",
    labels: new Set(["a"]),
    placedAt: new Date(0),
  });
  assertType<Equal<typeof created, Order>>();
  await orders.put(created);
  await orders.save({ ...created, total: null });
  const replaced = await orders.put(created, { returnOld: true });
  assertType<Equal<typeof replaced.old, Order | undefined>>();
  const got = await orders.get(key, { consistent: true });
  assertType<Equal<typeof got, Order>>();
  const found = await orders.find(created);
  assertType<Equal<typeof found, Order | undefined>>();
  const part = await orders.get(key, { select: ["status", "address.city", "lines[0].qty", ["odd.name"]] });
  assertType<Equal<typeof part.status, "open" | "paid" | undefined>>();
  const summary = await orders.query({ partition: "c" }).view("Summary").first();
  assertType<Equal<keyof NonNullable<typeof summary>, "order_id" | "status">>();
  const viewed = await orders.find(key, { view: "Summary" });
  assertType<Equal<NonNullable<typeof viewed>["labels"], Set<string> | undefined>>();
  const updated = await orders.update(key, {
    set: {
      status: "paid",
      "address.city": "Köln",
      "lines[0].qty": 2,
      "doc.any.thing": 1,
      placed: new Date(0),
    },
    add: { quantity: 1, total: "0.5", "lines[1].qty": 1 },
    append: { notes: ["a"], lines: [{ sku: "x" }] },
    addToSet: { labels: new Set(["b"]), "lines[0].tags": new Set(["c"]) },
    copy: { urgent: "status" },
    remove: ["total", "address.zip", "legacy", ["odd.name"]],
    condition: and(orders.field("status").eq("open"), field("anything").gt(1)),
    expectedVersion: created.version,
  });
  assertType<Equal<typeof updated, Order>>();
  await orders.update(key, {
    actions: [
      ["set", ["odd.name"], "x"],
      ["add", "quantity", 1],
    ],
    return: "none",
  });
  const changed = await orders.update(key, { remove: ["total"], return: "updatedOld" });
  assertType<Equal<NonNullable<typeof changed>["status"], "open" | "paid" | undefined>>();
  const old = await orders.delete(key, { returnOld: true });
  assertType<Equal<typeof old, Order | undefined>>();
}

/** What must not compile. */
export async function bad(): Promise<void> {
  // @ts-expect-error an attribute that the model does not know
  await orders.create({ ...key, status: "open", nosuch: 1 });
  // @ts-expect-error a required attribute is missing
  await orders.create({ ...key });
  // @ts-expect-error a part of the key is missing
  await orders.create({ customer_id: "c", status: "open" });
  // @ts-expect-error a value outside the enumeration
  await orders.create({ ...key, status: "lost" });
  // @ts-expect-error a number where decimal text belongs
  await orders.create({ ...key, status: "open", total: 1.5 });
  // @ts-expect-error an array where a set belongs
  await orders.create({ ...key, status: "open", labels: ["a"] });
  // @ts-expect-error a nested member of another type
  await orders.create({ ...key, status: "open", lines: [{ sku: "a", qty: "2" }] });
  // @ts-expect-error a nested member that the model does not know
  await orders.create({ ...key, status: "open", address: { city: "x", street: "y" } });
  // @ts-expect-error a key without its sort key
  await orders.get({ customer_id: "c" });
  // @ts-expect-error a key part of another type
  await orders.get({ customer_id: "c", order_id: 1 });
  // @ts-expect-error a selected path that the model does not know
  await orders.get(key, { select: ["nosuch"] });
  // @ts-expect-error a selected member that the model does not know
  await orders.get(key, { select: ["address.street"] });
  // @ts-expect-error a view that the model does not have
  await orders.get(key, { view: "Other" });
  // @ts-expect-error a selection and a view
  await orders.get(key, { view: "Summary", select: ["status"] });
  // @ts-expect-error an update of what the model does not know
  await orders.update(key, { set: { nosuch: 1 } });
  // @ts-expect-error an update to a value of another type
  await orders.update(key, { set: { quantity: "1" } });
  // @ts-expect-error a nested update to a value of another type
  await orders.update(key, { set: { "lines[0].qty": "1" } });
  // @ts-expect-error a nested update of what the model does not know
  await orders.update(key, { set: { "address.street": "x" } });
  // @ts-expect-error an addition to a text
  await orders.update(key, { add: { status: 1 } });
  // @ts-expect-error an addition of another type
  await orders.update(key, { add: { quantity: "1" } });
  // @ts-expect-error an append to a number
  await orders.update(key, { append: { quantity: [1] } });
  // @ts-expect-error members of another type
  await orders.update(key, { addToSet: { labels: new Set([1]) } });
  // @ts-expect-error a kind of result that there is not
  await orders.update(key, { remove: ["total"], return: "all" });
  // @ts-expect-error a condition on an attribute that the model does not know
  orders.field("nosuch");
  // @ts-expect-error a comparison with another type
  orders.field("status").eq("lost");
  // @ts-expect-error a member of another type
  orders.field("labels").contains(1);
  // @ts-expect-error an element of another type
  orders.field("notes").contains(1);
  // @ts-expect-error a size that is no number
  orders.field("notes").size().gt("1");
}

/** Declarations that must not compile. */
export function wrong(): void {
  const attributes = { id: { type: "S" }, at: { type: "N" } } as const;
  // @ts-expect-error a partition key that is no attribute
  defineModel({ name: "A", table: "aaa", keys: { partition: "nosuch" }, attributes });
  // @ts-expect-error a sort key that is no attribute
  defineModel({ name: "A", table: "aaa", keys: { partition: "id", sort: "nosuch" }, attributes });
  defineModel({
    name: "A",
    table: "aaa",
    keys: { partition: "id" },
    // @ts-expect-error a format that does not fit the type
    attributes: { id: { type: "S" }, a: { type: "N", format: "uuid" } },
  });
  defineModel({
    name: "A",
    table: "aaa",
    keys: { partition: "id" },
    // @ts-expect-error a role on a nested attribute
    attributes: { id: { type: "S" }, m: { type: "M", attributes: { v: { type: "N", roles: ["version"] } } } },
  });
  defineModel({
    name: "A",
    table: "aaa",
    keys: { partition: "id" },
    attributes,
    // @ts-expect-error an index over an attribute that is not there
    indexes: [{ name: "by-x", type: "GSI", partition: "x" }],
  });
  defineModel({
    name: "A",
    table: "aaa",
    keys: { partition: "id" },
    attributes,
    // @ts-expect-error a view of an attribute that is not there
    views: { V: ["x"] },
  });
}

declare const loaded: Model<DynamicDefinition>;

/** A model that was loaded at run time has plain maps for values. */
export async function dynamic(): Promise<void> {
  const table = client.table(loaded);
  const item = await table.create({ anything: 1 });
  assertType<Equal<typeof item, Record<string, unknown>>>();
  await table.update({ id: 1 }, { set: { "a.b": 1 }, add: { n: 1 }, addToSet: { s: new Set([1]) } });
  await table.get({ id: 1 }, { select: ["a.b[0]", ["x", 0]], view: undefined });
}
