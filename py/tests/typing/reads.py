"""What the type checkers make of readings. Never run: a wrong call stands here with the error it has to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, assert_type

from dynamorm import (
    Client,
    Model,
    Page,
    Parallel,
    PartitionKey,
    Projection,
    Reading,
    Scan,
    SortCondition,
    SortKey,
    Template,
    field,
    load_dms,
    sort_key,
)
from dynamorm.testing import Script


class Note(Model, table="notes"):
    owner: Annotated[str, PartitionKey()]
    id: Annotated[str, SortKey()]
    size: int | None = None


class Headline(Projection):
    id: str


class Customer(Model, table="shop", partition_key=Template("pk", "C#{customer}"), discriminator=("kind", "customer")):
    customer: str


class Invoice(Model, table="shop", partition_key=Template("pk", "C#{customer}"), discriminator=("kind", "invoice")):
    customer: str
    total: int


class Receipt(Model, table="shop", partition_key=Template("pk", "C#{customer}"), discriminator=("kind", "receipt")):
    customer: str


db = Client(transport=Script([]), cursor_secrets=["new", b"old"], encrypt_cursor=True)
notes = db.table(Note)

query = notes.query("o", sort_key.begins_with("n"), filter=field("size") > 1, order="desc", cursor_context="tenant")
assert_type(query, Reading[Note])
assert_type(iter(query), Iterator[Note])
assert_type(query.pages(), Iterator[Page[Note]])
assert_type(query.page().items, list[Note])
assert_type(query.all().cursor, str | None)
assert_type(query.count(), int)
assert_type(query.first(), Note | None)
assert_type(query.one(), Note)
assert_type(query.select(["id"]), Reading[dict[str, Any]])
assert_type(query.into(Headline), Reading[Headline])
assert_type(query.into(Headline).first(), Headline | None)
assert_type(sort_key >= 5, SortCondition)
assert_type(sort_key == 5, SortCondition)

scan = notes.scan(segment=(0, 4))
assert_type(scan, Scan[Note])
assert_type(scan.into(Headline), Scan[Headline])
assert_type(scan.parallel(4, concurrency=2), Parallel[Note])
assert_type(scan.into(Headline).parallel(4).all(), tuple[list[Headline], list[str | None]])
assert_type(db.table(load_dms("")["Note"]).query("o"), Reading[dict[str, Any]])

for item in db.query((Customer, Invoice), {"customer": "c"}):
    assert_type(item, Customer | Invoice)
    if isinstance(item, Invoice):
        assert_type(item.total, int)
    else:
        assert_type(item, Customer)
assert_type(db.query((Customer, Invoice, Receipt), {"customer": "c"}), Reading[Customer | Invoice | Receipt])
assert_type(db.query(list(load_dms("").values()), "o"), Reading[tuple[str, dict[str, Any]]])

notes.query("o", order="up")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.query("o", "n")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.query("o", filter=sort_key > 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.query("o", field("id") > "n")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.query("o", limit="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.query("o", segment=(0, 2))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
notes.scan(order="desc")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
db.query((Customer, Invoice), "c", limit="5")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
db.query((Customer, Invoice), "c", segment=(0, 2))  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
query.into(Note)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
query.parallel(4)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
str(query.page().items[0].total)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
