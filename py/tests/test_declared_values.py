"""What lists, sets and maps of a class take, exactly; and what comes back in the caller's object."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from dynamorm import Client, Json, Model, Nested, PartitionKey, Rfc3339Nano, UnixMillis, UnixSeconds, errors, schema_of
from dynamorm.testing import Request, Response, Script

FINE, FINE_UTC = "2026-01-02T05:04:05.1+02:00", "2026-01-02T03:04:05.100000000Z"


class Price(BaseModel):
    amount: int


class Mark(Nested):
    at: Annotated[str | None, Rfc3339Nano] = None


class Shelf(Model, table="shelves"):
    id: Annotated[str, PartitionKey()]
    seen: list[Annotated[datetime, UnixSeconds]] | None = None
    sold: list[list[Annotated[datetime, UnixMillis]]] | None = None
    prices: list[Annotated[Price, Json]] | None = None
    notes: list[Annotated[Any, Json]] | None = None
    words: list[str] | None = None
    loose: list[Any] | None = None
    tags: set[str] | None = None
    codes: frozenset[int] | None = None
    mark: Mark | None = None
    marks: list[Mark] | None = None
    times: list[Annotated[str, Rfc3339Nano]] | None = None


def shelf_client(*responses: Response) -> tuple[Client, list[Request]]:
    script = Script(responses)
    return Client(transport=script), script.sent


def test_elements_have_what_their_markers_say() -> None:
    attributes = {one.name: one for one in schema_of(Shelf).fields}
    items = {name: one.items for name, one in attributes.items() if one.items is not None}
    assert (items["seen"].format, items["prices"].json, items["notes"].json) == ("unix_seconds", True, True)
    assert items["sold"].items is not None
    assert items["sold"].items.format == "unix_millis"


def test_elements_are_read_and_written_by_their_markers() -> None:
    stored = {
        "id": {"S": "s"},
        "seen": {"L": [{"N": "-1"}]},
        "sold": {"L": [{"L": [{"N": "1500"}]}]},
        "prices": {"L": [{"S": '{"amount":1}'}]},
        "notes": {"L": [{"S": "[1,null]"}]},
    }
    db, sent = shelf_client(Response({"Item": stored}), Response())
    shelf = db.table(Shelf).get({"id": "s"})
    assert shelf.seen == [datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)]
    assert shelf.sold == [[datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)]]
    assert (shelf.prices, shelf.notes) == ([Price(amount=1)], [[1, None]])
    db.table(Shelf).put(shelf)
    assert sent[1].body["Item"] == stored


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("words", {"a"}, "words"),
        ("loose", {"a"}, "loose"),
        ("tags", ["a"], "tags"),
        ("codes", [1], "codes"),
        ("codes", {"a"}, "codes"),
        ("words", ["a", 1], "words[1]"),
        ("seen", [0, "x"], "seen[1]"),
        ("sold", [[0], [0, 1.5]], "sold[1][1]"),
    ],
)
def test_lists_are_no_sets(name: str, value: Any, path: str) -> None:
    db, sent = shelf_client()
    with pytest.raises(errors.ValidationFailedError) as caught:
        db.table(Shelf).put({"id": "s", name: value})
    assert caught.value.path == path
    assert sent == []


def test_nine_digits_inside_are_spelled_as_they_were_stored() -> None:
    db, _ = shelf_client(Response())
    given = Shelf(id="s", mark=Mark(at=FINE), marks=[Mark(at=FINE)], times=[FINE])
    assert db.table(Shelf).put(given) is given
    assert given.mark == Mark(at=FINE_UTC)
    assert (given.marks, given.times, given.seen) == ([Mark(at=FINE_UTC)], [FINE_UTC], None)
