"""What the type checkers make of the public names. Never run: a wrong call stands here with the error it has to be."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, assert_type

from dynamorm import (
    Client,
    Condition,
    DynamicTable,
    Model,
    Nested,
    PartitionKey,
    Table,
    Version,
    all_of,
    errors,
    field,
    load_dms,
    schema_of,
)
from dynamorm.schema import Model as Schema
from dynamorm.testing import FixedClock, Script


class Line(Nested):
    sku: str


class Note(Model, table="notes"):
    id: Annotated[str, PartitionKey()]
    size: int | None = None
    lines: list[Line] | None = None
    version: Annotated[int | None, Version()] = None


class Other(Model, table="others"):
    id: Annotated[str, PartitionKey()]


db = Client(transport=Script([]), clock=FixedClock(0))
assert_type(schema_of(Note), Schema)
assert_type(load_dms(""), dict[str, Schema])

notes = db.table(Note)
assert_type(notes, Table[Note])
note = Note(id="x", lines=[Line(sku="a")])
assert_type(note.size, int | None)
assert_type(notes.create(note), Note)
assert_type(notes.put({"id": "x"}), Note)
assert_type(notes.save(note, adopt=True), Note)
assert_type(notes.get({"id": "x"}, consistent=True), Note)
assert_type(notes.find(note), Note | None)
assert_type(notes.exists(note), bool)
assert_type(notes.select(note, ["size", ["lines", 0, "sku"]]), dict[str, Any] | None)
assert_type(notes.update(note, set={"size": 1}, remove=["lines"], add=[("size", 1)]), Note)
assert_type(notes.change(note, returns="old", set={"size": 1}), dict[str, Any] | None)
assert_type(notes.delete(note, return_old=True), Note | None)
assert_type(notes.replace(note, return_old=True), tuple[Note, Note | None])

plain = db.table(load_dms("")["Note"])
assert_type(plain, DynamicTable)
assert_type(plain.get({"id": "x"}), dict[str, Any])

assert_type(field("size") > 1, Condition)
assert_type(field("size") == Decimal(1), Condition)
assert_type((field("size") > 1) & ~field(["odd.name"]).exists() | all_of(), Condition)
assert_type(field("lines").size() >= field("size"), Condition)

error = errors.VersionConflictError("x")
assert_type(error.maybe_applied, bool)
assert_type(error.path, str | None)

notes.create(Other(id="x"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.get("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.get({"id": "x"}, True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
notes.update(note, set=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.update(note, expected_version="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.put(note, condition=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.change(note, returns="all", set={"size": 1})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
db.table(int)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportCallIssue]
field(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
field("size").begins_with()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
all_of(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Note(size=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
