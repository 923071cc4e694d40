/** Models that more than one test needs. */

import { defineModel } from "../../src/schema/declare.ts";

/** Every type and format once, typed and untyped nesting. */
export const Everything = defineModel({
  name: "Everything",
  table: "everything",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    text: { type: "S" },
    kind: { type: "S", enum: ["a", "b"] },
    num: { type: "N" },
    whole: { type: "N", format: "int" },
    big: { type: "N", format: "int64" },
    ratio: { type: "N", format: "float" },
    price: { type: "N", format: "decimal" },
    seconds: { type: "N", format: "unix_seconds" },
    millis: { type: "N", format: "unix_millis" },
    bin: { type: "B" },
    flag: { type: "BOOL" },
    nothing: { type: "NULL" },
    items: { type: "L" },
    doc: { type: "M" },
    words: { type: "SS" },
    numbers: { type: "NS" },
    blobs: { type: "BS" },
    stamp: { type: "S", format: "timestamp" },
    nano: { type: "S", format: "rfc3339nano" },
    day: { type: "S", format: "date" },
    uid: { type: "S", format: "uuid" },
    yes_no: { type: "S", format: "bool_string" },
    data: { type: "S", json: true },
    notes: { type: "L", items: { type: "S" } },
    inner: {
      type: "M",
      attributes: {
        label: { type: "S" },
        level: { type: "N", format: "int", required: true },
        marks: { type: "NS" },
        rows: {
          type: "L",
          items: { type: "M", attributes: { at: { type: "S", format: "timestamp" }, ok: { type: "BOOL" } } },
        },
      },
    },
  },
});

/** Times, a version, an index, a view; a member with a name of its own. */
export const Order = defineModel({
  name: "Order",
  table: "orders",
  keys: { partition: "customer_id", sort: "order_id" },
  attributes: {
    customer_id: { type: "S" },
    order_id: { type: "S" },
    status: { type: "S", enum: ["open", "paid"], required: true },
    total: { type: "N", format: "decimal" },
    labels: { type: "SS" },
    note: { type: "S", omitEmpty: true },
    placed: { type: "S", format: "timestamp", field: "placed_at" },
    address: { type: "M", attributes: { city: { type: "S" }, zip: { type: "S" } } },
    lines: {
      type: "L",
      items: {
        type: "M",
        attributes: { sku: { type: "S", required: true }, qty: { type: "N", format: "int" } },
      },
    },
    extra: { type: "M" },
    created_at: { type: "S", roles: ["created_at"] },
    updated_at: { type: "S", roles: ["updated_at"] },
    version: { type: "N", roles: ["version"] },
    expires_at: { type: "N", format: "unix_seconds", roles: ["ttl"] },
  },
  indexes: [{ name: "by-status", type: "GSI", partition: "status", sort: "total" }],
  views: { Summary: ["order_id", "status"] },
});
