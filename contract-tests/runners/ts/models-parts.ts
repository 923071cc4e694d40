/** Models that are put together of parts: what other languages embed or inherit is spread here. */

import { defineModel } from "../../../ts/src/index.ts";

const lane = { zone: { type: "S" }, lane: { type: "N", format: "int" } } as const;
const site = { where: { type: "S" }, ...lane } as const;

/** As `crate.dms.yaml` has it. */
export const Crate = defineModel({
  name: "Crate",
  namespace: "acme.yard",
  table: "crates",
  keys: { partition: "Yard", sort: "slot" },
  attributes: {
    Yard: { type: "S" },
    slot: { type: "N", format: "int" },
    ...site,
    "net,gross": { type: "S" },
    stage: { type: "S", enum: ["new", "sent, late"] },
    packed: { type: "S", enum: ["by hand"] },
    day: { type: "S", format: "date" },
    ref: { type: "S", format: "uuid" },
    weighed: { type: "S", format: "rfc3339nano" },
    note: { type: "S", omitEmpty: true },
    sealed: { type: "BOOL", omitEmpty: true },
    lots: { type: "N", format: "int", omitEmpty: true },
    tiny: { type: "N", format: "int", omitEmpty: true },
    mid: { type: "N", format: "int", omitEmpty: true },
    wide: { type: "N", format: "int64", omitEmpty: true },
    share: { type: "N", format: "float", omitEmpty: true },
    ranks: { type: "NS" },
    marks: { type: "NS" },
    words: { type: "SS" },
    counts: { type: "M" },
    config: { type: "S", json: true },
    stops: {
      type: "L",
      items: {
        type: "M",
        attributes: {
          city: { type: "S", required: true },
          size: { type: "N", format: "int", omitEmpty: true },
        },
      },
    },
    home: {
      type: "M",
      omitEmpty: true,
      attributes: {
        street: { type: "S", omitEmpty: true },
        floor: { type: "N", format: "int", omitEmpty: true },
      },
    },
    checked: { type: "S", format: "timestamp", omitEmpty: true },
    made: { type: "N", format: "unix_seconds", roles: ["created_at"] },
    seen: { type: "N", format: "unix_millis", roles: ["updated_at"] },
    turn: { type: "N", format: "int", roles: ["version"] },
    until: { type: "N", format: "unix_seconds", roles: ["ttl"], omitEmpty: true },
  },
  indexes: [{ name: "by-stage", type: "GSI", partition: "stage", sort: "day" }],
});

// What a basket is, and what a hamper takes over by spreading.
const basket = {
  shopId: { type: "S" },
  number: { type: "N", format: "int" },
  state: { type: "S", enum: ["open", "paid"] },
  piecesLeft: { type: "N", format: "int" },
  layers: { type: "N", format: "int" },
  codes: { type: "SS" },
  sizes: { type: "NS" },
  ratios: { type: "NS" },
  marks: { type: "BS" },
  loose: { type: "L" },
  rest: { type: "M" },
  label: {
    type: "M",
    attributes: {
      text: { type: "S", required: true },
      unit: { type: "S" },
      printed: { type: "S", format: "timestamp" },
      madeBy: {
        type: "M",
        attributes: {
          fullName: { type: "S" },
          rank: { type: "N", format: "int" },
        },
      },
    },
  },
  lines: {
    type: "L",
    items: {
      type: "M",
      attributes: {
        sku: { type: "S", required: true },
        colour: { type: "S", enum: ["red", "blue"] },
        kinds: { type: "SS" },
      },
    },
  },
  extra: { type: "S", json: true },
  seen: { type: "S", format: "date" },
  createdAt: { type: "S", format: "timestamp", roles: ["created_at"] },
  updatedAt: { type: "S", format: "timestamp", roles: ["updated_at"] },
  version: { type: "N", format: "int", roles: ["version"] },
} as const;

/** As `basket.dms.yaml` has it. */
export const Basket = defineModel({
  name: "Basket",
  namespace: "acme.market",
  table: "baskets",
  naming: "camelCase",
  keys: { partition: "shopId", sort: "number" },
  attributes: basket,
  indexes: [
    {
      name: "by-left",
      type: "LSI",
      sort: "piecesLeft",
      projection: "KEYS_ONLY",
    },
  ],
  views: { Short: ["label", "state", "piecesLeft"] },
});

/** A basket and more. */
export const Hamper = defineModel({
  name: "Hamper",
  namespace: "acme.market",
  table: "hampers",
  naming: "camelCase",
  keys: { partition: "shopId", sort: "number" },
  attributes: {
    ...basket,
    due: { type: "N", format: "unix_seconds" },
    giftNote: { type: "S" },
    gift: {
      type: "M",
      attributes: { wrap: { type: "S" }, size: { type: "N", format: "int" } },
    },
  },
});
