/** Type tests of composed keys: values and keys have the parts, never the composed text. */

import { type Client, defineModel, type InputOf, type ItemOf, type KeyOf } from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function assertType<_T extends true>(): void {
  // The compiler looks at the type argument, and nothing is left to do.
}

const Purchase = defineModel({
  name: "Purchase",
  table: "shop",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "_type", value: "Purchase" },
  attributes: {
    pk: { type: "S", template: "CUSTOMER#{customer_id}" },
    sk: { type: "S", template: "ORDER#{number:08d}{tail}" },
    gsi: { type: "S", template: "STATUS#{status}" },
    customer_id: { type: "S" },
    number: { type: "N" },
    tail: { type: "S" },
    status: { type: "S" },
  },
  indexes: [{ name: "gsi", type: "GSI", partition: "gsi", sort: "sk" }],
});

assertType<
  Equal<
    KeyOf<typeof Purchase>,
    { readonly customer_id: string; readonly number: number; readonly tail: string }
  >
>();
assertType<
  Equal<ItemOf<typeof Purchase>, { customer_id: string; number: number; tail: string; status?: string }>
>();

/** What must and must not compile. */
export async function checks(client: Client, given: InputOf<typeof Purchase>): Promise<void> {
  const purchases = client.table(Purchase);
  const key = { customer_id: "c", number: 1, tail: "t" };
  await purchases.create({ ...key, status: "open" });
  await purchases.create(given);
  await purchases.update(key, { set: { status: "paid" } });
  // @ts-expect-error the composed text is the library's
  await purchases.create({ ...key, pk: "CUSTOMER#c" });
  // @ts-expect-error a part of the composed key is missing
  await purchases.get({ customer_id: "c", number: 1 });
  // @ts-expect-error a key is given by its parts
  await purchases.get({ pk: "CUSTOMER#c", sk: "ORDER#00000001t" });
  // @ts-expect-error a composed attribute is not updated
  await purchases.update(key, { set: { gsi: "x" } });
  // @ts-expect-error a composed attribute is not selected
  await purchases.find(key, { select: ["sk"] });
}
