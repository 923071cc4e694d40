import { describe, expect, it } from "vitest";
import type { WireItem } from "../../src/codec/value.ts";
import { isCode } from "../../src/errors/code.ts";
import { Note, sealedItem, secured } from "../encryption/secrets.ts";
import { client, Customer, CUSTOMER, ofShop, record, Shop, SHOP, Ticket } from "./records.ts";

const tickets = client.table(Ticket).stream();
const shop = client.stream([Customer, Shop]);

const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );

describe("a record", () => {
  it("is the same in Lambda's form and in the SDK's", async () => {
    const lambda = record("INSERT", {
      now: { raw: { B: "AP8=" }, level: { N: "1.0" }, labels: { SS: ["b", "a"] } },
    });
    const change = lambda.dynamodb as Record<string, unknown>;
    const sdk = {
      ...lambda,
      dynamodb: {
        ...change,
        ApproximateCreationDateTime: new Date(1_767_323_045_000),
        NewImage: {
          id: { S: "t" },
          raw: { B: Uint8Array.of(0, 255) },
          level: { N: "1" },
          labels: { SS: ["a", "b"] },
        },
      },
    };
    const decoded = await tickets.decode(lambda);
    expect(decoded).toEqual({
      ...{ model: "Ticket", kind: "insert", eventId: "e-100", sequenceNumber: "100", expired: false },
      createdAt: new Date(1_767_323_045_000),
      keys: { id: "t" },
      old: undefined,
      new: { id: "t", raw: Uint8Array.of(0, 255), level: 1, labels: new Set(["b", "a"]) },
      changed: ["id", "labels", "level", "raw"],
    });
    expect(await tickets.decode(sdk)).toEqual(decoded);
  });

  it.each<readonly [string, number, number]>([
    ["up", 1_767_323_045.9996, 1_767_323_046_000],
    ["down", 1_767_323_045.1234, 1_767_323_045_123],
  ])("has its time rounded %s to the nearest millisecond", async (_, seconds, millis) => {
    const one = record("INSERT", {});
    (one.dynamodb as Record<string, unknown>).ApproximateCreationDateTime = seconds;
    expect((await tickets.decode(one)).createdAt?.getTime()).toBe(millis);
  });

  it("of every view type has the images that it has", async () => {
    const [old, now] = [{ level: { N: "1" } }, { level: { N: "2" } }];
    const views = [{}, { old }, { now }, { old, now }];
    const decoded = await Promise.all(views.map((images) => tickets.decode(record("MODIFY", images))));
    expect(
      decoded.map(({ old: before, new: after, changed }) => [before?.level, after?.level, changed]),
    ).toEqual([
      [undefined, undefined, undefined],
      [1, undefined, undefined],
      [undefined, 2, undefined],
      [1, 2, ["level"]],
    ]);
  });

  it.each<readonly [string, Record<string, unknown>, Record<string, unknown>, string[]]>([
    ["the order of a set", { labels: { SS: ["a", "b"] } }, { labels: { SS: ["b", "a"] } }, []],
    ["another spelling of a number", { level: { N: "1.0" } }, { level: { N: "1" } }, []],
    ["another spelling of JSON", { extra: { S: '{"b":1,"a":2}' } }, { extra: { S: '{ "a":2, "b":1 }' } }, []],
    ["NULL for absent", { note: { NULL: true } }, {}, []],
    ["what omit_empty leaves out", { note: { S: "" } }, {}, []],
    ["an unknown attribute", { other: { S: "a" } }, {}, []],
    ["another value", { level: { N: "1" }, note: { S: "x" } }, { level: { N: "2" } }, ["level", "note"]],
  ])("tells changes: %s", async (_, old, now, changed) => {
    expect((await tickets.decode(record("MODIFY", { old, now }))).changed).toEqual(changed);
  });

  it("of a removal lists what there was, and tells an expiry", async () => {
    const removal = { old: { level: { N: "1" } } };
    const service = { type: "Service", principalId: "dynamodb.amazonaws.com" };
    const sdk = { Type: "Service", PrincipalId: "dynamodb.amazonaws.com" };
    const identities = [
      undefined,
      service,
      sdk,
      { ...service, type: "User" },
      { ...service, principalId: "x" },
    ];
    const decoded = await Promise.all(
      identities.map((userIdentity) => tickets.decode(record("REMOVE", removal, { userIdentity }))),
    );
    expect(decoded.map(({ expired }) => expired)).toEqual([false, true, true, false, false]);
    expect(decoded[0]?.changed).toEqual(["id", "level"]);
  });

  it.each<readonly [string, unknown]>([
    ["nothing", undefined],
    ["a text", "x"],
    ["no change", { eventName: "INSERT" }],
    ["another name", record("UPSERT" as "INSERT", {})],
    ["no sequence number", { ...record("INSERT", {}), dynamodb: { Keys: { id: { S: "t" } } } }],
    ["no keys", { ...record("INSERT", {}), dynamodb: { SequenceNumber: "1" } }],
    [
      "an image that is no item",
      { ...record("INSERT", {}), dynamodb: { SequenceNumber: "1", Keys: { id: "t" } } },
    ],
    [
      "a time that is none",
      { eventName: "INSERT", dynamodb: { SequenceNumber: "1", ApproximateCreationDateTime: "x" } },
    ],
  ])("is not %s", async (_, wrong) => {
    expect(await failure(tickets.decode(wrong))).toMatchObject({ code: "DecodeFailed", origin: "client" });
  });

  it("whose image does not fit is told by its path", async () => {
    const error = await failure(tickets.decode(record("INSERT", { now: { level: { S: "high" } } })));
    expect(error).toMatchObject({ code: "DecodeFailed", path: "level" });
    expect(String(error)).not.toContain("high");
  });
});

describe("several models", () => {
  it("are told by the new image, or by the old one", async () => {
    expect(await shop.decode(ofShop("1", { now: CUSTOMER }))).toMatchObject({
      ...{ model: "Customer", keys: { pk: "C#1" }, new: { customer_id: "1", name: "Ada" } },
      ...{ old: undefined, changed: undefined },
    });
    expect(await shop.decode(ofShop("1", { old: SHOP }))).toMatchObject({
      model: "Shop",
      old: { shop_id: "1" },
    });
    const replaced = await shop.decode(ofShop("1", { old: SHOP, now: CUSTOMER }));
    expect([replaced.model, replaced.old, replaced.changed]).toEqual(["Customer", undefined, undefined]);
  });

  it("are not told without an image, or by another discriminator", async () => {
    const other = { ...CUSTOMER, _type: { S: "Other" } };
    expect(await failure(shop.decode(ofShop("1")))).toMatchObject({ code: "DecodeFailed", path: "_type" });
    expect(await failure(shop.decode(ofShop("1", { now: other })))).toMatchObject({ path: "_type" });
    expect([shop.knows(ofShop("1")), shop.knows(ofShop("1", { now: SHOP }))]).toEqual([false, true]);
  });

  it("are refused where they cannot be told apart", () => {
    for (const models of [[Customer, Ticket], [Customer, Customer], []]) {
      expect(() => client.stream(models)).toThrow(/^ValidationFailed/);
    }
  });

  it("of one alone have every record without an image", async () => {
    const alone = client.table(Customer).stream();
    expect(await alone.decode(ofShop("1"))).toMatchObject({ model: "Customer", keys: { pk: "C#1" } });
    expect(isCode(await failure(alone.decode(ofShop("1", { now: SHOP }))), "DecodeFailed")).toBe(true);
  });
});

describe("envelopes of a stream", () => {
  const image = (id: string, item: WireItem): Readonly<Record<string, unknown>> => ({
    ...item,
    id: { S: id },
  });

  it("are opened, and another envelope of one value is no change", async () => {
    const [old, now] = [
      await sealedItem({ id: "t", body: "b", pin: 1 }),
      await sealedItem({ id: "t", body: "b", pin: 2 }),
    ];
    const { client: own, keys } = secured([]);
    const decoded = await own
      .stream([Note])
      .decode(record("MODIFY", { old: image("t", old), now: image("t", now) }));
    expect([decoded.old?.pin, decoded.new?.pin, decoded.changed]).toEqual([1, 2, ["pin"]]);
    expect(keys.calls.map(({ api }) => api)).toEqual(["Decrypt", "Decrypt"]);
  });

  it("are refused without a key", async () => {
    const feed = client.table(Note).stream();
    const now = image("t", await sealedItem({ id: "t", body: "b" }));
    expect(await failure(feed.decode(record("INSERT", { now })))).toMatchObject({
      code: "EncryptionNotConfigured",
    });
    expect((await feed.decode(record("INSERT", {}))).new).toBeUndefined();
  });
});
