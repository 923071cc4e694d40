/** What streams, projections and re-encryption say to the compiler. */

import type { Feed, RecordOf, StreamRecord } from "../../src/feed.ts";
import { client, Customer, Shop, Ticket } from "../stream/records.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Equal<A, B>): void => undefined;

const tickets = client.table(Ticket).stream();
const shop = client.stream([Customer, Shop]);

export async function records(): Promise<void> {
  const ticket = await tickets.decode({});
  same<typeof ticket.model, "Ticket">(true);
  same<typeof ticket.kind, "insert" | "modify" | "remove">(true);
  same<NonNullable<typeof ticket.new>["id"], string>(true);
  same<NonNullable<typeof ticket.old>["level"], number | undefined>(true);

  const record = await shop.decode({});
  same<typeof record.model, "Customer" | "Shop">(true);
  if (record.model === "Customer") {
    same<NonNullable<typeof record.new>["customer_id"], string>(true);
    // @ts-expect-error -- that is the other model's
    same<NonNullable<typeof record.new>["shop_id"], string>(true);
  } else {
    same<NonNullable<typeof record.new>["shop_id"], string>(true);
  }
  same<typeof record, RecordOf<typeof Customer> | RecordOf<typeof Shop>>(true);
}

export function handlers(): void {
  tickets.handler(({ new: ticket }) => ticket?.level);
  shop.handler({ Customer: ({ new: one }) => one?.customer_id, Shop: ({ new: one }) => one?.shop_id });
  shop.handler((record) => record.model);
  // @ts-expect-error -- every model has a handler
  shop.handler({ Customer: () => undefined });
  // @ts-expect-error -- a Shop has no customer_id
  shop.handler({ Customer: () => undefined, Shop: ({ new: one }) => String(one?.customer_id) });
}

export async function writes(): Promise<void> {
  const table = client.table(Ticket);
  same<boolean, Awaited<ReturnType<typeof table.project>>>(true);
  await table.project({ id: "t", level: 1 }, "level");
  // @ts-expect-error -- no attribute of a ticket
  await table.project({ id: "t" }, "rank");
  await table.reencrypt({
    onFailure: ({ key, error }) => {
      same<typeof key.id, string>(true);
      same<typeof error.code, string>(false);
    },
  });
}

export const feed: Feed<StreamRecord<(typeof Ticket)["definition"]>> = tickets;
