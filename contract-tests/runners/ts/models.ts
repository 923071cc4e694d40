/** The suite's models, declared natively: each equals the document of the same name in `contract-tests/models`. */

import { defineModel } from "../../../ts/src/index.ts";
import { Parcel } from "./models-fields.ts";
import { Basket, Crate, Hamper } from "./models-parts.ts";
import { TABLE_MODELS } from "./models-tables.ts";

const Everything = defineModel({
  name: "Everything",
  table: "everything",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    text: { type: "S" },
    num: { type: "N" },
    whole: { type: "N", format: "int" },
    big: { type: "N", format: "int64" },
    ratio: { type: "N", format: "float" },
    price: { type: "N", format: "decimal" },
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
    seconds: { type: "N", format: "unix_seconds" },
    millis: { type: "N", format: "unix_millis" },
    data: { type: "S", json: true },
    inner: {
      type: "M",
      attributes: {
        label: { type: "S" },
        level: { type: "N", format: "int" },
        deep: {
          type: "M",
          attributes: {
            blob: { type: "B" },
            marks: { type: "NS" },
            rows: {
              type: "L",
              items: {
                type: "M",
                attributes: {
                  at: { type: "S", format: "timestamp" },
                  ok: { type: "BOOL" },
                },
              },
            },
          },
        },
      },
    },
  },
});

const Reading = defineModel({
  name: "Reading",
  table: "readings",
  keys: { partition: "sensor", sort: "at" },
  attributes: {
    sensor: { type: "N", format: "int" },
    at: { type: "N", format: "decimal" },
    value: { type: "N", format: "float" },
  },
});

const Blob = defineModel({
  name: "Blob",
  table: "blobs",
  keys: { partition: "digest" },
  attributes: { digest: { type: "B" }, body: { type: "B" } },
});

const Event = defineModel({
  name: "Event",
  table: "events",
  keys: { partition: "urgent", sort: "at" },
  attributes: {
    urgent: { type: "S", format: "bool_string" },
    at: { type: "S", format: "timestamp" },
    text: { type: "S" },
  },
});

const Ticket = defineModel({
  name: "Ticket",
  table: "tickets",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    assignee: { type: "S", omitEmpty: true },
    queue: { type: "S" },
    priority: { type: "N", format: "int" },
  },
  indexes: [
    {
      name: "by-assignee",
      type: "GSI",
      partition: "assignee",
      sort: "priority",
    },
    {
      name: "by-queue",
      type: "GSI",
      partition: "queue",
      projection: "KEYS_ONLY",
    },
  ],
});

// What other models take over by spreading.
const stamps = {
  opened: { type: "N", format: "unix_seconds", roles: ["created_at"] },
  touched: { type: "S", format: "rfc3339nano", roles: ["updated_at"] },
} as const;
const kept = {
  ...stamps,
  revision: { type: "N", format: "int64", roles: ["version"] },
} as const;

const Ledger = defineModel({
  name: "Ledger",
  table: "ledgers",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    owner: { type: "S", required: true },
    balance: { type: "N", format: "decimal" },
    ...kept,
  },
});

const Odd = defineModel({
  name: "Odd",
  table: "odd",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    size: { type: "N", format: "int" },
    "odd.name": { type: "S" },
    "a[0]": { type: "S" },
    "with space": { type: "S" },
    "#hash": { type: "S" },
    ":colon": { type: "S" },
    "0digit": { type: "S" },
    "a-b": { type: "S" },
    "😀": { type: "S" },
    doc: { type: "M" },
  },
});

const Order = defineModel({
  name: "Order",
  namespace: "acme.shop",
  table: "orders",
  naming: "snake_case",
  keys: { partition: "customer_id", sort: "order_id" },
  attributes: {
    customer_id: { type: "S" },
    order_id: { type: "S" },
    status: { type: "S", enum: ["open", "paid", "shipped"], required: true },
    total: { type: "N", format: "decimal" },
    quantity: { type: "N", format: "int" },
    urgent: { type: "S", format: "bool_string" },
    placed_at: { type: "S", format: "timestamp" },
    labels: { type: "SS", omitEmpty: true },
    address: {
      type: "M",
      attributes: {
        city: { type: "S" },
        zip: { type: "S" },
        floor: { type: "N", format: "int" },
      },
    },
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
    created_at: { type: "S", format: "timestamp", roles: ["created_at"] },
    updated_at: { type: "S", format: "timestamp", roles: ["updated_at"] },
    version: { type: "N", format: "int", roles: ["version"] },
    expires_at: {
      type: "N",
      format: "unix_seconds",
      roles: ["ttl"],
      omitEmpty: true,
    },
  },
  indexes: [
    {
      name: "by-status",
      type: "GSI",
      partition: "status",
      sort: "placed_at",
      projection: ["total", "urgent"],
    },
  ],
  views: { OrderSummary: ["customer_id", "order_id", "status", "total"] },
});

const Profile = defineModel({
  name: "Profile",
  table: "profiles",
  keys: { partition: "PK", sort: "SK" },
  attributes: {
    PK: { type: "S" },
    SK: { type: "S" },
    nickname: { type: "S", omitEmpty: true },
    name: { type: "S", omitEmpty: true },
    tags: { type: "SS", omitEmpty: true },
    score: { type: "N", format: "decimal", omitEmpty: true },
    version: { type: "N", roles: ["version"] },
    createdAt: { type: "S", roles: ["created_at"] },
    updatedAt: { type: "S", roles: ["updated_at"] },
  },
});

const Secret = defineModel({
  name: "Secret",
  table: "secrets",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    hint: { type: "S" },
    note: { type: "S", encryption: {} },
  },
});

const Sparse = defineModel({
  name: "Sparse",
  table: "sparse",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    text: { type: "S", omitEmpty: true },
    whole: { type: "N", format: "int", omitEmpty: true },
    price: { type: "N", format: "decimal", omitEmpty: true },
    ratio: { type: "N", format: "float", omitEmpty: true },
    bin: { type: "B", omitEmpty: true },
    flag: { type: "BOOL", omitEmpty: true },
    items: { type: "L", omitEmpty: true },
    doc: { type: "M", omitEmpty: true },
    stamp: { type: "S", format: "timestamp", omitEmpty: true },
    yes_no: { type: "S", format: "bool_string", omitEmpty: true },
    seconds: { type: "N", format: "unix_seconds", omitEmpty: true },
    data: { type: "S", json: true, omitEmpty: true },
    inner: {
      type: "M",
      omitEmpty: true,
      attributes: {
        label: { type: "S", omitEmpty: true },
        level: { type: "N", format: "int", omitEmpty: true },
      },
    },
  },
});

const Customer = defineModel({
  name: "Customer",
  namespace: "acme.shop",
  table: "shop",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "_type", value: "Customer" },
  attributes: {
    pk: { type: "S", template: "CUSTOMER#{customer_id}" },
    sk: { type: "S", template: "PROFILE" },
    gsi1pk: { type: "S", template: "EMAIL#{email}" },
    gsi1sk: { type: "S", template: "CUSTOMER" },
    customer_id: { type: "S", required: true },
    email: { type: "S", omitEmpty: true },
    name: { type: "S" },
  },
  indexes: [{ name: "gsi1", type: "GSI", partition: "gsi1pk", sort: "gsi1sk" }],
});

const Purchase = defineModel({
  name: "Purchase",
  namespace: "acme.shop",
  table: "shop",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "_type", value: "Purchase" },
  attributes: {
    pk: { type: "S", template: "CUSTOMER#{customer_id}" },
    sk: { type: "S", template: "ORDER#{number:08d}" },
    gsi1pk: { type: "S", template: "STOCK#{warehouse}#{status}" },
    gsi1sk: { type: "S", template: "{customer_id}#{number:08d}" },
    customer_id: { type: "S", required: true },
    number: { type: "N", format: "int", required: true },
    warehouse: { type: "S" },
    status: { type: "S", enum: ["open", "paid", "shipped"] },
    total: { type: "N", format: "decimal" },
    tags: { type: "SS" },
    created_at: { type: "S", roles: ["created_at"] },
    updated_at: { type: "S", roles: ["updated_at"] },
    version: { type: "N", roles: ["version"] },
  },
  indexes: [{ name: "gsi1", type: "GSI", partition: "gsi1pk", sort: "gsi1sk" }],
});

const Visit = defineModel({
  name: "Visit",
  namespace: "acme.shop",
  table: "visits",
  keys: { partition: "page", sort: "sk" },
  attributes: {
    page: { type: "S" },
    sk: { type: "S", template: "{day}##{seq:03d}{guest}" },
    by_time: { type: "S", template: "{site}#{created_at}" },
    day: { type: "S", format: "date" },
    seq: { type: "N" },
    guest: { type: "S" },
    site: { type: "S" },
    secs: { type: "N", format: "unix_seconds" },
    bot: { type: "S", format: "bool_string" },
    created_at: { type: "S", roles: ["created_at"] },
  },
  indexes: [{ name: "by-time", type: "GSI", partition: "page", sort: "by_time" }],
});

const Guest = defineModel({
  name: "Guest",
  namespace: "acme.shop",
  table: "guests",
  keys: { partition: "pk" },
  attributes: {
    pk: { type: "S", template: "{tribe}##{name}" },
    tribe: { type: "S" },
    name: { type: "S" },
  },
});

const Message = defineModel({
  name: "Message",
  namespace: "acme.forum",
  table: "messages",
  keys: { partition: "room", sort: "at" },
  attributes: {
    room: { type: "S" },
    at: { type: "N", format: "int" },
    author: { type: "S", omitEmpty: true },
    text: { type: "S" },
    stars: { type: "N", format: "int" },
    sent: { type: "S", format: "timestamp" },
    labels: { type: "SS" },
    place: {
      type: "M",
      attributes: { city: { type: "S" }, zip: { type: "S", required: true } },
    },
    expires_at: { type: "N", format: "unix_seconds", roles: ["ttl"] },
  },
  indexes: [
    { name: "by-stars", type: "LSI", sort: "stars", projection: ["text"] },
    { name: "by-sent", type: "LSI", sort: "sent" },
    { name: "by-author", type: "GSI", partition: "author", sort: "at" },
    {
      name: "by-author-stars",
      type: "GSI",
      partition: "author",
      sort: "stars",
      projection: "KEYS_ONLY",
    },
    {
      name: "by-text",
      type: "GSI",
      partition: "text",
      projection: ["place", "expires_at"],
    },
  ],
  views: { Headline: ["at", "author", "text"] },
});

const Chunk = defineModel({
  name: "Chunk",
  namespace: "acme.forum",
  table: "chunks",
  keys: { partition: "file", sort: "digest" },
  attributes: {
    file: { type: "B" },
    digest: { type: "B" },
    size: { type: "N", format: "int" },
  },
});

const Standing = defineModel({
  name: "Standing",
  namespace: "acme.forum",
  table: "shop",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "_type", value: "Standing" },
  attributes: {
    pk: { type: "S", template: "CUSTOMER#{customer_id}" },
    sk: { type: "S", template: "RANK#{rank:03d}" },
    gsi1pk: { type: "S", template: "EMAIL#{email}" },
    gsi1sk: { type: "S", template: "RANK" },
    customer_id: { type: "S", required: true },
    email: { type: "S" },
    rank: { type: "N", format: "int" },
  },
  indexes: [{ name: "gsi1", type: "GSI", partition: "gsi1pk", sort: "gsi1sk" }],
});

const sealed = { encryption: {} } as const;

const Vault = defineModel({
  name: "Vault",
  namespace: "acme.vault",
  table: "vaults",
  keys: { partition: "owner", sort: "number" },
  attributes: {
    owner: { type: "S" },
    number: { type: "N", format: "int" },
    state: { type: "S" },
    pin: { type: "S", ...sealed },
    code: { type: "N", ...sealed },
    limit: { type: "N", format: "int", ...sealed },
    amount: { type: "N", format: "decimal", ...sealed },
    ratio: { type: "N", format: "float", ...sealed },
    since: { type: "S", format: "timestamp", ...sealed },
    born: { type: "S", format: "date", ...sealed },
    open: { type: "S", format: "bool_string", ...sealed },
    seen: { type: "N", format: "unix_seconds", ...sealed },
    doc: { type: "S", json: true, ...sealed },
    raw: { type: "B", ...sealed },
    active: { type: "BOOL", ...sealed },
    tags: { type: "SS", ...sealed },
    sums: { type: "NS", ...sealed },
    blobs: { type: "BS", ...sealed },
    list: { type: "L", ...sealed },
    lines: {
      type: "L",
      items: {
        type: "M",
        attributes: {
          sku: { type: "S", required: true },
          price: { type: "N", format: "decimal" },
        },
      },
      ...sealed,
    },
    home: {
      type: "M",
      attributes: {
        street: { type: "S" },
        floor: { type: "N", format: "int" },
        marks: { type: "NS" },
      },
      ...sealed,
    },
    memo: { type: "S", omitEmpty: true, ...sealed },
    version: { type: "N", format: "int", roles: ["version"] },
    created_at: { type: "S", roles: ["created_at"] },
    updated_at: { type: "S", roles: ["updated_at"] },
  },
  indexes: [
    { name: "by-state", type: "GSI", partition: "state", projection: ["pin"] },
    {
      name: "on-state",
      type: "GSI",
      partition: "state",
      projection: "KEYS_ONLY",
    },
  ],
  views: { Pin: ["pin"], Open: ["state", "owner"] },
});

const Empty = defineModel({
  name: "Empty",
  namespace: "acme.vault",
  table: "empties",
  keys: { partition: "id" },
  attributes: {
    id: { type: "B" },
    nothing: { type: "NULL", required: true, ...sealed },
    need: { type: "S", required: true, ...sealed },
  },
});

const Patient = defineModel({
  name: "Patient",
  namespace: "acme.vault",
  table: "clinic",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "kind", value: "Patient" },
  attributes: {
    pk: { type: "S", template: "PATIENT#{patient_id}" },
    sk: { type: "S", template: "PROFILE" },
    patient_id: { type: "S", required: true },
    name: { type: "S", ...sealed },
    ward: { type: "S" },
  },
});

const Exam = defineModel({
  name: "Exam",
  namespace: "acme.vault",
  table: "clinic",
  keys: { partition: "pk", sort: "sk" },
  discriminator: { attribute: "kind", value: "Exam" },
  attributes: {
    pk: { type: "S", template: "PATIENT#{patient_id}" },
    sk: { type: "S", template: "EXAM#{number:04d}" },
    patient_id: { type: "S", required: true },
    number: { type: "N", format: "int", required: true },
    finding: { type: "S", ...sealed },
    ward: { type: "S" },
  },
});

const Pinned = defineModel({
  name: "Pinned",
  table: "secrets",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    remark: {
      type: "S",
      encryption: { context: { model: "Secret", attribute: "note" } },
    },
    aside: { type: "S", encryption: { context: { model: "Secret" } } },
  },
});

const Bare = defineModel({
  name: "Bare",
  table: "secrets",
  keys: { partition: "id" },
  attributes: {
    id: { type: "S" },
    hint: { type: "S" },
    note: { type: "M" },
    remark: { type: "M" },
  },
});

/** Every model that is declared here. */
export const MODELS = [
  ...TABLE_MODELS,
  Bare,
  Basket,
  Blob,
  Chunk,
  Crate,
  Customer,
  Empty,
  Event,
  Everything,
  Exam,
  Guest,
  Hamper,
  Ledger,
  Message,
  Odd,
  Order,
  Parcel,
  Patient,
  Pinned,
  Profile,
  Purchase,
  Reading,
  Secret,
  Sparse,
  Standing,
  Ticket,
  Vault,
  Visit,
];
