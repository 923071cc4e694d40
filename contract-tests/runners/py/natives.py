"""The suite's models, declared in Python; `fn.dms.native` proves that each equals its document."""

# ruff: noqa: D101 - a class is its document, which says what it is for
# ruff: noqa: TC003 - pydantic reads the annotations at run time

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from dynamorm import (
    TTL,
    Attribute,
    BoolString,
    CreatedAt,
    Encrypted,
    Index,
    Int64,
    Json,
    Model,
    Nested,
    Number,
    OmitEmpty,
    PartitionKey,
    Rfc3339Nano,
    SortKey,
    Template,
    UnixMillis,
    UnixSeconds,
    UpdatedAt,
    Version,
    View,
    schema_of,
)
from natives_edges import Dotted, Kinded, Layered, Pair, Strict, Tagged
from natives_parts import BasketRow, Crate, Hamper, Parcel


class Address(Nested):
    city: str | None = None
    zip: str | None = None
    floor: int | None = None


class Line(Nested):
    sku: str
    qty: int | None = None
    tags: set[str] | None = None


class Order(
    Model,
    table="orders",
    dms_namespace="acme.shop",
    naming="snake_case",
    indexes=[Index("by-status", "status", "placed_at", projection="INCLUDE", fields=("total", "urgent"))],
    views=[View("OrderSummary", ("customer_id", "order_id", "status", "total"))],
):
    customer_id: Annotated[str, PartitionKey()]
    order_id: Annotated[str, SortKey()]
    status: Literal["open", "paid", "shipped"]
    total: Decimal | None = None
    quantity: int | None = None
    urgent: Annotated[bool | None, BoolString] = None
    placed_at: datetime | None = None
    labels: Annotated[set[str] | None, OmitEmpty] = None
    address: Address | None = None
    lines: list[Line] | None = None
    notes: list[str] | None = None
    extra: Annotated[Any, Json] = None
    created_at: Annotated[datetime | None, CreatedAt()] = None
    updated_at: Annotated[datetime | None, UpdatedAt()] = None
    version: Annotated[int | None, Version()] = None
    expires_at: Annotated[int | None, UnixSeconds, OmitEmpty, TTL()] = None


class Profile(Model, table="profiles"):
    PK: Annotated[str, PartitionKey()]
    SK: Annotated[str, SortKey()]
    nickname: Annotated[str | None, OmitEmpty] = None
    name: Annotated[str | None, OmitEmpty] = None
    tags: Annotated[set[str] | None, OmitEmpty] = None
    score: Annotated[Decimal | None, OmitEmpty] = None
    version: Annotated[int | None, Version()] = None
    created: Annotated[datetime | None, CreatedAt(), Attribute(name="createdAt")] = None
    updated: Annotated[datetime | None, UpdatedAt(), Attribute(name="updatedAt")] = None


class Row(Nested):
    at: datetime | None = None
    ok: bool | None = None


class Deep(Nested):
    blob: bytes | None = None
    marks: set[Number] | None = None
    rows: list[Row] | None = None


class Inner(Nested):
    label: str | None = None
    level: int | None = None
    deep: Deep | None = None


class Everything(Model, table="everything"):
    id: Annotated[str, PartitionKey()]
    text: str | None = None
    num: Number | None = None
    whole: int | None = None
    big: Annotated[int | None, Int64] = None
    ratio: float | None = None
    price: Decimal | None = None
    bin: bytes | None = None
    flag: bool | None = None
    nothing: None = None
    items: list[Any] | None = None
    doc: dict[str, Any] | None = None
    words: set[str] | None = None
    numbers: set[Number] | None = None
    blobs: set[bytes] | None = None
    stamp: datetime | None = None
    nano: Annotated[str | None, Rfc3339Nano] = None
    day: date | None = None
    uid: UUID | None = None
    yes_no: Annotated[bool | None, BoolString] = None
    seconds: Annotated[int | None, UnixSeconds] = None
    millis: Annotated[int | None, UnixMillis] = None
    data: Annotated[Any, Json] = None
    inner: Inner | None = None


class SparseInner(Nested):
    label: Annotated[str | None, OmitEmpty] = None
    level: Annotated[int | None, OmitEmpty] = None


class Sparse(Model, table="sparse"):
    id: Annotated[str, PartitionKey()]
    text: Annotated[str | None, OmitEmpty] = None
    whole: Annotated[int | None, OmitEmpty] = None
    price: Annotated[Decimal | None, OmitEmpty] = None
    ratio: Annotated[float | None, OmitEmpty] = None
    bin: Annotated[bytes | None, OmitEmpty] = None
    flag: Annotated[bool | None, OmitEmpty] = None
    items: Annotated[list[Any] | None, OmitEmpty] = None
    doc: Annotated[dict[str, Any] | None, OmitEmpty] = None
    stamp: Annotated[datetime | None, OmitEmpty] = None
    yes_no: Annotated[bool | None, BoolString, OmitEmpty] = None
    seconds: Annotated[datetime | None, UnixSeconds, OmitEmpty] = None
    data: Annotated[Any, Json, OmitEmpty] = None
    inner: Annotated[SparseInner | None, OmitEmpty] = None


class Reading(Model, table="readings"):
    sensor: Annotated[int, PartitionKey()]
    at: Annotated[Decimal, SortKey()]
    value: float | None = None


class Blob(Model, table="blobs"):
    digest: Annotated[bytes, PartitionKey()]
    body: bytes | None = None


class Event(Model, table="events"):
    urgent: Annotated[bool, BoolString, PartitionKey()]
    at: Annotated[datetime, SortKey()]
    text: str | None = None


class Ticket(Model, table="tickets", indexes=[Index("by-assignee", "assignee", "priority"), Index("by-queue", "queue", projection="KEYS_ONLY")]):
    id: Annotated[str, PartitionKey()]
    assignee: Annotated[str | None, OmitEmpty] = None
    queue: str | None = None
    priority: int | None = None


class Stamps:
    """What other models take over by inheritance: a plain class."""

    opened: Annotated[int | None, UnixSeconds, CreatedAt()] = None
    touched: Annotated[str | None, Rfc3339Nano, UpdatedAt()] = None


class Kept(Stamps):
    """One more level."""

    revision: Annotated[int | None, Int64, Version()] = None


class Ledger(Kept, Model, table="ledgers"):
    id: Annotated[str, PartitionKey()]
    owner: str
    balance: Decimal | None = None


class Odd(Model, table="odd"):
    id: Annotated[str, PartitionKey()]
    size: int | None = None
    odd_name: Annotated[str | None, Attribute(name="odd.name")] = None
    a0: Annotated[str | None, Attribute(name="a[0]")] = None
    with_space: Annotated[str | None, Attribute(name="with space")] = None
    hash_: Annotated[str | None, Attribute(name="#hash")] = None
    colon: Annotated[str | None, Attribute(name=":colon")] = None
    digit: Annotated[str | None, Attribute(name="0digit")] = None
    a_b: Annotated[str | None, Attribute(name="a-b")] = None
    emoji: Annotated[str | None, Attribute(name="😀")] = None
    doc: dict[str, Any] | None = None


class Secret(Model, table="secrets"):
    id: Annotated[str, PartitionKey()]
    hint: str | None = None
    note: Annotated[str | None, Encrypted()] = None


CUSTOMER_KEY = Template("pk", "CUSTOMER#{customer_id}")


class Customer(
    Model,
    table="shop",
    dms_namespace="acme.shop",
    partition_key=CUSTOMER_KEY,
    sort_key=Template("sk", "PROFILE"),
    discriminator=("_type", "Customer"),
    indexes=[Index("gsi1", Template("gsi1pk", "EMAIL#{email}"), Template("gsi1sk", "CUSTOMER"))],
):
    customer_id: str
    email: Annotated[str | None, OmitEmpty] = None
    name: str | None = None


class Purchase(
    Model,
    table="shop",
    dms_namespace="acme.shop",
    partition_key=CUSTOMER_KEY,
    sort_key=Template("sk", "ORDER#{number:08d}"),
    discriminator=("_type", "Purchase"),
    indexes=[Index("gsi1", Template("gsi1pk", "STOCK#{warehouse}#{status}"), Template("gsi1sk", "{customer_id}#{number:08d}"))],
):
    customer_id: str
    number: int
    warehouse: str | None = None
    status: Literal["open", "paid", "shipped"] | None = None
    total: Decimal | None = None
    tags: set[str] | None = None
    created_at: Annotated[datetime | None, CreatedAt()] = None
    updated_at: Annotated[datetime | None, UpdatedAt()] = None
    version: Annotated[int | None, Version()] = None


class Visit(
    Model,
    table="visits",
    dms_namespace="acme.shop",
    sort_key=Template("sk", "{day}##{seq:03d}{guest}"),
    indexes=[Index("by-time", "page", Template("by_time", "{site}#{created_at}"))],
):
    page: Annotated[str, PartitionKey()]
    day: date | None = None
    seq: Number | None = None
    guest: str | None = None
    site: str | None = None
    secs: Annotated[datetime | None, UnixSeconds] = None
    bot: Annotated[bool | None, BoolString] = None
    created_at: Annotated[datetime | None, CreatedAt()] = None


class Guest(Model, table="guests", dms_namespace="acme.shop", partition_key=Template("pk", "{tribe}##{name}")):
    tribe: str | None = None
    name: str | None = None


class Place(Nested):
    city: str | None = None
    zip: str


class Message(
    Model,
    table="messages",
    dms_namespace="acme.forum",
    indexes=[
        Index("by-stars", sort="stars", projection="INCLUDE", fields=("text",), local=True),
        Index("by-sent", sort="sent", local=True),
        Index("by-author", "author", "at"),
        Index("by-author-stars", "author", "stars", projection="KEYS_ONLY"),
        Index("by-text", "text", projection="INCLUDE", fields=("place", "expires_at")),
    ],
    views=[View("Headline", ("at", "author", "text"))],
):
    room: Annotated[str, PartitionKey()]
    at: Annotated[int, SortKey()]
    author: Annotated[str | None, OmitEmpty] = None
    text: str | None = None
    stars: int | None = None
    sent: datetime | None = None
    labels: set[str] | None = None
    place: Place | None = None
    expires_at: Annotated[int | None, UnixSeconds, TTL()] = None


class Chunk(Model, table="chunks", dms_namespace="acme.forum"):
    file: Annotated[bytes, PartitionKey()]
    digest: Annotated[bytes, SortKey()]
    size: int | None = None


class Standing(
    Model,
    table="shop",
    dms_namespace="acme.forum",
    partition_key=CUSTOMER_KEY,
    sort_key=Template("sk", "RANK#{rank:03d}"),
    discriminator=("_type", "Standing"),
    indexes=[Index("gsi1", Template("gsi1pk", "EMAIL#{email}"), Template("gsi1sk", "RANK"))],
):
    customer_id: str
    email: str | None = None
    rank: int | None = None


class VaultLine(Nested):
    sku: str
    price: Decimal | None = None


class Home(Nested):
    street: str | None = None
    floor: int | None = None
    marks: set[Number] | None = None


class Vault(
    Model,
    table="vaults",
    dms_namespace="acme.vault",
    indexes=[Index("by-state", "state", projection="INCLUDE", fields=("pin",)), Index("on-state", "state", projection="KEYS_ONLY")],
    views=[View("Pin", ("pin",)), View("Open", ("state", "owner"))],
):
    owner: Annotated[str, PartitionKey()]
    number: Annotated[int, SortKey()]
    state: str | None = None
    pin: Annotated[str | None, Encrypted()] = None
    code: Annotated[Number | None, Encrypted()] = None
    limit: Annotated[int | None, Encrypted()] = None
    amount: Annotated[Decimal | None, Encrypted()] = None
    ratio: Annotated[float | None, Encrypted()] = None
    since: Annotated[datetime | None, Encrypted()] = None
    born: Annotated[date | None, Encrypted()] = None
    open: Annotated[bool | None, BoolString, Encrypted()] = None
    seen: Annotated[int | None, UnixSeconds, Encrypted()] = None
    doc: Annotated[Any, Json, Encrypted()] = None
    raw: Annotated[bytes | None, Encrypted()] = None
    active: Annotated[bool | None, Encrypted()] = None
    tags: Annotated[set[str] | None, Encrypted()] = None
    sums: Annotated[set[Number] | None, Encrypted()] = None
    blobs: Annotated[set[bytes] | None, Encrypted()] = None
    list_: Annotated[list[Any] | None, Attribute(name="list"), Encrypted()] = None
    lines: Annotated[list[VaultLine] | None, Encrypted()] = None
    home: Annotated[Home | None, Encrypted()] = None
    memo: Annotated[str | None, OmitEmpty, Encrypted()] = None
    version: Annotated[int | None, Version()] = None
    created_at: Annotated[datetime | None, CreatedAt()] = None
    updated_at: Annotated[datetime | None, UpdatedAt()] = None


PATIENT_KEY = Template("pk", "PATIENT#{patient_id}")


class Patient(Model, table="clinic", dms_namespace="acme.vault", partition_key=PATIENT_KEY, sort_key=Template("sk", "PROFILE"), discriminator=("kind", "Patient")):
    patient_id: str
    name: Annotated[str | None, Encrypted()] = None
    ward: str | None = None


class Exam(Model, table="clinic", dms_namespace="acme.vault", partition_key=PATIENT_KEY, sort_key=Template("sk", "EXAM#{number:04d}"), discriminator=("kind", "Exam")):
    patient_id: str
    number: int
    finding: Annotated[str | None, Encrypted()] = None
    ward: str | None = None


class Pinned(Model, table="secrets"):
    id: Annotated[str, PartitionKey()]
    remark: Annotated[str | None, Encrypted((("model", "Secret"), ("attribute", "note")))] = None
    aside: Annotated[str | None, Encrypted((("model", "Secret"),))] = None


class Task(
    Model,
    table="tasks",
    dms_namespace="contract.tables",
    indexes=[
        Index("by-state", "state", "due", projection="INCLUDE", fields=("title", "board", "owner")),
        Index("by-owner", "owner"),
        Index("by-stamp", sort="stamp", local=True, projection="KEYS_ONLY"),
        Index("by-due", sort="due", local=True, projection="INCLUDE", fields=("board", "due")),
    ],
):
    board: Annotated[str, PartitionKey()]
    number: Annotated[int, SortKey()]
    title: str | None = None
    state: str | None = None
    due: date | None = None
    stamp: bytes | None = None
    owner: str | None = None
    purge_at: Annotated[datetime | None, UnixSeconds, TTL()] = None


class Sprint(
    Model,
    table="tasks",
    dms_namespace="contract.tables",
    indexes=[Index("by-goal", "goal", projection="KEYS_ONLY"), Index("by-state", "state", "due", projection="INCLUDE", fields=("goal",))],
):
    board: Annotated[str, PartitionKey()]
    number: Annotated[int, SortKey()]
    goal: str | None = None
    state: str | None = None
    due: date | None = None


class Board(Model, table="boards.main", dms_namespace="contract.tables"):
    id: Annotated[str, PartitionKey()]
    text: str | None = None
    wiped_at: Annotated[datetime | None, UnixSeconds, TTL()] = None


class Recorded(Model):
    created_at: Annotated[datetime | None, CreatedAt()] = None
    updated_at: Annotated[datetime | None, UpdatedAt()] = None
    version: Annotated[int | None, Version()] = None


class Person(Recorded, table="people", dms_namespace="contract.moving"):
    id: Annotated[str, PartitionKey()]
    name: str
    age: int | None = None
    email: str | None = None
    labels: set[str] | None = None


class PersonNext(Recorded, table="people-next", dms_namespace="contract.moving", indexes=[Index("by-email", "email")]):
    id: Annotated[str, PartitionKey()]
    name: str
    age: int | None = None
    email: str | None = None
    labels: set[str] | None = None
    nickname: str | None = None


class Member(Recorded, table="members", dms_namespace="contract.moving", partition_key=Template("pk", "MEMBER#{member_id}"), discriminator=("_type", "Member")):
    member_id: str
    full_name: str
    years: int | None = None


SHARED_WORD = Encrypted((("model", "Shared"), ("attribute", "word")))


class Locker(Model, table="lockers", dms_namespace="contract.moving"):
    id: Annotated[str, PartitionKey()]
    note: str | None = None
    pin: Annotated[str | None, Encrypted()] = None
    word: Annotated[str | None, SHARED_WORD] = None


class LockerNext(Model, table="lockers-next", dms_namespace="contract.moving"):
    id: Annotated[str, PartitionKey()]
    note: Annotated[str | None, Encrypted()] = None
    pin: Annotated[str | None, Encrypted()] = None
    word: Annotated[str | None, SHARED_WORD] = None


class LockerOpen(Model, table="lockers-open", dms_namespace="contract.moving"):
    id: Annotated[str, PartitionKey()]
    note: str | None = None
    pin: str | None = None
    word: Annotated[str | None, SHARED_WORD] = None


MODELS: dict[str, type[Model]] = {
    schema_of(model).name: model
    for model in (
        Order,
        Profile,
        Everything,
        Sparse,
        Reading,
        Blob,
        Event,
        Crate,
        Ticket,
        Ledger,
        Odd,
        Parcel,
        Secret,
        Customer,
        Purchase,
        Visit,
        Guest,
        Message,
        Chunk,
        Standing,
        Vault,
        Patient,
        Exam,
        Pinned,
        Task,
        Sprint,
        Board,
        Person,
        PersonNext,
        Member,
        Locker,
        LockerNext,
        LockerOpen,
        BasketRow,
        Hamper,
        Layered,
        Strict,
        Tagged,
        Kinded,
        Pair,
        Dotted,
    )
}
