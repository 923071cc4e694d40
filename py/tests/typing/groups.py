"""What the type checkers make of batches and transactions. Never run: a wrong call has the error it has to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, assert_type

from dynamorm import (
    Action,
    BatchItems,
    BulkCounts,
    BulkFailure,
    Client,
    GetAction,
    ItemKey,
    Model,
    PartitionKey,
    Retries,
    Written,
    errors,
    field,
    load_dms,
)
from dynamorm.testing import FixedRandom, FixedTokens, RecordingSleeper, Script


class Note(Model, table="notes"):
    id: Annotated[str, PartitionKey()]
    size: int | None = None


class Order(Model, table="orders"):
    id: Annotated[str, PartitionKey()]


db = Client(
    transport=Script([]),
    retries=Retries(max_attempts=3, base_ms=10, cap_ms=100),
    random=FixedRandom([0.25]),
    sleeper=RecordingSleeper(),
    tokens=FixedTokens(["a"]),
)
notes, orders, plain = db.table(Note), db.table(Order), db.table(load_dms("")["Note"])
note, key = Note(id="x"), {"id": "x"}

assert_type(notes.batch_get([note, key], consistent=True), BatchItems[Note, dict[str, Any]])
assert_type(notes.batch_get([key], select=["size"]).items, list[dict[str, Any]])
assert_type(notes.batch_get([key], view="Summary").missing, list[dict[str, Any]])
assert_type(plain.batch_get([key]).items, list[dict[str, Any]])
assert_type(notes.batch_put([note, {"id": "y"}], last_wins=True), int)
assert_type(notes.batch_delete([key], unchecked=True), int)
assert_type(notes.batch_write([note], [key]), Written)
assert_type(notes.bulk_put((Note(id=str(number)) for number in range(9)), concurrency=2), BulkCounts)
assert_type(notes.bulk_delete(iter([key]), progress=print, on_failure=lambda failure: failure.key), BulkCounts)


def tell(failure: BulkFailure) -> None:
    assert_type(failure.error, errors.DynamORMError)
    assert_type(failure.key, ItemKey | None)


db.bulk_write([notes.actions.put(note), plain.actions.delete(key)], on_failure=tell)
assert_type(db.batch_write([notes.actions.put(note), orders.actions.delete(key)]), Written)

actions: list[Action] = [
    notes.actions.put(note, condition=field("size") > 1),
    notes.actions.create(note),
    notes.actions.save(note, adopt=True),
    orders.actions.update(key, set={"size": 1}, remove=["size"], expected_version=1),
    orders.actions.delete(key, must_exist=True),
    plain.actions.check(key, expected_version=3),
]
db.transact_write(actions, token="t")  # noqa: S106 - no secret
db.transact_write([notes.actions.put(note), orders.actions.check(key, must_exist=True)])
assert_type(db.prepare(actions), str)
db.transact_send("")

get, other = notes.actions.get(key), orders.actions.get(key, consistent=True)
assert_type(get, GetAction[Note])
assert_type(notes.actions.get(key, select=["size"]), GetAction[dict[str, Any]])
assert_type(plain.actions.get(key), GetAction[dict[str, Any]])
assert_type(db.batch_get([get, get]), BatchItems[Note, ItemKey])
assert_type(db.batch_get([plain.actions.get(key)]), BatchItems[Any, ItemKey])
assert_type(db.transact_get((get, other)), tuple[Note | None, Order | None])
assert_type(
    db.transact_get((get, other, plain.actions.get(key))), tuple[Note | None, Order | None, dict[str, Any] | None]
)
assert_type(db.transact_get([get]), list[Note | None])
assert_type(db.transact_get(one for one in [get]), list[Note | None])

canceled = errors.TransactionCanceledError("x")
assert_type(canceled.reasons, Sequence[errors.DynamORMError | None])
incomplete = errors.BatchIncompleteError("x")
assert_type(incomplete.undone, Sequence[ItemKey])
assert_type(incomplete.items, list[Any])

notes.batch_put(note)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.batch_put([Order(id="x")])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
notes.batch_get(["x"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
notes.batch_get([key], select=["size"], view="Summary")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
notes.bulk_put([note], concurrency="2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.bulk_put([note], workers=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
db.batch_write([notes.actions.create(note)])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
db.bulk_write([get])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
db.transact_write([get])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
db.transact_get([notes.actions.put(note)])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
notes.actions.put(Order(id="x"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
notes.actions.check(key, upsert=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
Retries(max_attempts="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
