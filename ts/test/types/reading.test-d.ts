/** Type tests of readings: whole items, parts, several models; what must not compile says so. */

import {
  type Client,
  defineModel,
  type DynamicDefinition,
  field,
  type ItemOf,
  type Model,
  type Page,
} from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function assertType<_T extends true>(): void {
  // The compiler looks at the type argument, and nothing is left to do.
}

const Order = defineModel({
  name: "Order",
  table: "shop",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "_type", value: "Order" },
  attributes: {
    pk: { type: "S", template: "CUSTOMER#{customer_id}" },
    sk: { type: "S", template: "ORDER#{number:08d}" },
    customer_id: { type: "S" },
    number: { type: "N" },
    status: { type: "S", enum: ["open", "paid"], required: true },
    placed: { type: "S", format: "timestamp", field: "placed_at" },
    address: { type: "M", attributes: { city: { type: "S", required: true } } },
  },
  indexes: [{ name: "by-status", type: "GSI", partition: "status", sort: "placed" }],
  views: { Summary: ["number", "status"] },
});

const Customer = defineModel({
  name: "Customer",
  table: "shop",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "_type", value: "Customer" },
  attributes: {
    pk: { type: "S", template: "CUSTOMER#{customer_id}" },
    sk: { type: "S", template: "PROFILE" },
    customer_id: { type: "S" },
    email: { type: "S" },
  },
});

type Order = ItemOf<typeof Order>;
type Customer = ItemOf<typeof Customer>;

declare const client: Client;
declare const loaded: Model<DynamicDefinition>;
const orders = client.table(Order);
const partition = { customer_id: "c" };

/** What has to compile, and what it gives. */
export async function good(): Promise<void> {
  const query = orders.query({
    partition,
    sort: { parts: { number: 1 } },
    filter: orders.field("status").eq("open"),
  });
  for await (const order of query) {
    assertType<Equal<typeof order, Order>>();
  }
  for await (const page of query.pages()) {
    assertType<Equal<typeof page, Page<Order>>>();
    assertType<Equal<typeof page.cursor, string | undefined>>();
  }
  const first = await query.first();
  assertType<Equal<typeof first, Order | undefined>>();
  const one = await query.one();
  assertType<Equal<typeof one, Order>>();
  assertType<Equal<Extract<keyof typeof query, "parallel">, never>>();
  const count = await query.count();
  assertType<Equal<typeof count, number>>();

  const picked = await query.select(["status", "number"]).one();
  assertType<Equal<typeof picked, { status?: "open" | "paid"; number?: number }>>();
  const renamed = await query.select(["placed"]).one();
  assertType<Equal<typeof renamed, { placedAt?: string }>>();
  const deep = await query.select(["status", "address.city"]).one();
  assertType<Equal<typeof deep.address, { city?: string } | undefined>>();
  assertType<Equal<typeof deep.status, "open" | "paid" | undefined>>();
  const viewed = await query.view("Summary").one();
  assertType<Equal<typeof viewed, { number?: number; status?: "open" | "paid" }>>();
  const projected = await orders
    .scan({ index: "by-status", segment: [0, 4] })
    .projected()
    .one();
  assertType<Equal<typeof projected.customer_id, string | undefined>>();

  const parallel = orders.scan({ pageSize: 10 }).select(["number"]).parallel(4, { concurrency: 2 });
  for await (const part of parallel) {
    assertType<Equal<typeof part, { number?: number }>>();
  }
  const { cursors } = await parallel.all();
  assertType<Equal<typeof cursors, (string | undefined)[]>>();
}

/** Several models give a union, narrowed by the model's name. */
export async function several(): Promise<void> {
  for await (const found of client.query([Customer, Order], { partition, order: "desc" })) {
    assertType<Equal<typeof found.model, "Customer" | "Order">>();
    if (found.model === "Customer") {
      assertType<Equal<typeof found.item, Customer>>();
    } else {
      assertType<Equal<typeof found.item, Order>>();
    }
  }
}

/** A model that was loaded at run time has plain maps for values. */
export async function dynamic(): Promise<void> {
  const table = client.table(loaded);
  const item = await table
    .query({ partition: "x", sort: { between: [1, 2n] }, filter: field("a").exists() })
    .one();
  assertType<Equal<typeof item, Record<string, unknown>>>();
  const part = await table.scan().select(["a", "b.c"]).one();
  assertType<Equal<typeof part, Record<string, unknown>>>();
}

/** What must not compile. */
export function bad(): void {
  // @ts-expect-error an attribute of the partition that the model does not know
  orders.query({ partition: { nosuch: "c" } });
  // @ts-expect-error a part of another type
  orders.query({ partition, sort: { parts: { number: "1" } } });
  // @ts-expect-error two operators: a range is between
  orders.query({ partition, sort: { ge: 1, lt: 5 } });
  // @ts-expect-error an operator that there is not
  orders.query({ partition, sort: { contains: "x" } });
  // @ts-expect-error half a range
  orders.query({ partition, sort: { between: [1] } });
  // @ts-expect-error the text of begins_with is no number
  orders.query({ partition, sort: { beginsWith: 1 } });
  // @ts-expect-error an order that there is not
  orders.query({ partition, order: "up" });
  // @ts-expect-error a query has no segments
  orders.query({ partition, segment: [0, 2] });
  // @ts-expect-error a scan has no order
  orders.scan({ order: "desc" });
  // @ts-expect-error a scan has no partition
  orders.scan({ partition });
  // @ts-expect-error a selected path that the model does not know
  orders.scan().select(["nosuch"]);
  // @ts-expect-error a view that the model does not have
  orders.scan().view("Other");
  // @ts-expect-error a filter by a value of another type
  orders.scan({ filter: orders.field("status").eq("lost") });
}
