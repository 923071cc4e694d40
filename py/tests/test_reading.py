"""Readings over a scripted transport: when they ask, what they ask for, and what they make of the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from dynamorm import (
    TTL,
    Attribute,
    Client,
    Index,
    Model,
    PartitionKey,
    Projection,
    Reading,
    SortKey,
    Table,
    Template,
    UnixSeconds,
    View,
    errors,
    field,
    load_dms,
    schema_of,
    sort_key,
)
from dynamorm.testing import FixedClock, Request, Response, Script

from .conftest import NOW_NS
from .test_schema import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable


class Note(
    Model,
    table="notes",
    indexes=[
        Index("by-topic", partition="topic", sort="id"),
        Index("brief", partition="topic", sort="size", projection="INCLUDE", fields=("until",)),
    ],
    views=[View("Brief", fields=("id", "size"))],
):
    owner: Annotated[str, PartitionKey()]
    id: Annotated[str, SortKey()]
    topic: str | None = None
    size: int | None = None
    until: Annotated[int | None, UnixSeconds, TTL()] = None


class Headline(Projection):
    id: str
    size: int | None = None


class Customer(
    Model,
    table="shop",
    partition_key=Template("pk", "CUSTOMER#{customer}"),
    sort_key=Template("sk", "PROFILE#{name}"),
    discriminator=("kind", "customer"),
):
    customer: str
    name: str


class Purchase(
    Model,
    table="shop",
    partition_key=Template("pk", "CUSTOMER#{customer}"),
    sort_key=Template("sk", "PURCHASE#{year:04d}#{number:06d}"),
    discriminator=("kind", "purchase"),
):
    customer: str
    year: int
    number: int


def wire(number: int, **members: Any) -> dict[str, Any]:
    return {"owner": {"S": "o"}, "id": {"S": f"n-{number}"}, **members}


def page(*numbers: int, more: bool = False) -> Response:
    """Give a page of notes; with `more` there is another behind it."""
    items = [wire(number) for number in numbers]
    last = {"LastEvaluatedKey": items[-1] if items else wire(0)} if more else {}
    return Response({"Items": items, "Count": len(items), **last})


def notes(*answers: Response, **options: Any) -> tuple[Table[Note], list[Request]]:
    script = Script(answers)
    return Client(transport=script, clock=FixedClock(NOW_NS), **options).table(Note), script.sent


def ids(items: Any) -> list[str]:
    return [item.id for item in items]


READS: dict[str, Callable[[Table[Note]], Reading[Note]]] = {
    "query": lambda table: table.query("o"),
    "scan": lambda table: table.scan(),
}


# ---------------------------------------------------------------- laziness


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_nothing_is_sent_before_an_item_is_asked_for(read: Callable[[Table[Note]], Reading[Note]]) -> None:
    table, sent = notes(page(1))
    reading = read(table)
    items, pages = iter(reading), reading.pages()
    assert sent == []
    assert next(items).id == "n-1"
    assert len(sent) == 1
    pages.close()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    assert len(sent) == 1


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_page_is_asked_for_when_its_first_item_is(read: Callable[[Table[Note]], Reading[Note]]) -> None:
    table, sent = notes(page(1, 2, more=True), page(more=True), page(3))
    requests = {item.id: len(sent) for item in read(table)}
    assert requests == {"n-1": 1, "n-2": 1, "n-3": 3}
    assert [request.body.get("ExclusiveStartKey") for request in sent] == [None, wire(2), wire(0)]


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_leaving_the_loop_sends_nothing_more(read: Callable[[Table[Note]], Reading[Note]]) -> None:
    table, sent = notes(page(1, 2, more=True))
    for item in read(table):
        if item.id == "n-2":
            break
    assert len(sent) == 1


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_reading_begins_anew_each_time(read: Callable[[Table[Note]], Reading[Note]]) -> None:
    table, sent = notes(page(1, more=True), page(2), page(1, more=True), page(2))
    reading = read(table)
    assert (ids(reading), ids(reading)) == (["n-1", "n-2"], ["n-1", "n-2"])
    assert sent[:2] == sent[2:]


def test_two_loops_over_one_reading_do_not_meet() -> None:
    table, sent = notes(page(1, more=True), page(1, more=True), page(2), page(2))
    reading = table.query("o")
    assert [(left.id, right.id) for left, right in zip(reading, reading, strict=True)] == [("n-1",) * 2, ("n-2",) * 2]
    assert len(sent) == 4


@pytest.mark.parametrize("model", [Note, schema_of(Note)], ids=["class", "document"])
def test_a_reading_keeps_what_it_was_given(model: Any) -> None:
    script = Script([page(), page()])
    keys, sort, paths = {"owner": "o"}, {"id": "n-1"}, ["size"]
    reading = Client(transport=script, clock=FixedClock(0)).table(model).query(keys, sort).select(paths)
    assert list(reading) == []
    keys["owner"], sort["id"] = "p", "n-2"
    paths.append("topic")
    assert list(reading) == []
    assert script.sent[0] == script.sent[1]


def test_an_error_in_the_middle_comes_behind_the_items_before_it() -> None:
    table, _ = notes(page(1, more=True), Response({}, errors.ThrottledError("slow")))
    items = iter(table.query("o"))
    assert next(items).id == "n-1"
    with pytest.raises(errors.ThrottledError):
        next(items)


# ---------------------------------------------------------------- limits, pages, cursors


def test_a_limit_that_is_reached_sends_nothing_more() -> None:
    table, sent = notes(page(1, 2, more=True), page(3, 4, more=True))
    all_of_it = table.query("o", limit=3, page_size=2).all()
    assert ids(all_of_it.items) == ["n-1", "n-2", "n-3"]
    assert [request.body["Limit"] for request in sent] == [2, 2]
    table, sent = notes(page(4))
    rest = table.query("o", cursor=all_of_it.cursor).all()
    assert (ids(rest.items), rest.cursor) == (["n-4"], None)
    assert sent[0].body["ExclusiveStartKey"] == wire(3)


def test_a_page_that_is_cut_at_an_item_without_its_keys_is_decode_failed() -> None:
    table, _ = notes(Response({"Items": [{"size": {"N": "1"}}] * 2}))
    with pytest.raises(errors.DecodeFailedError) as caught:
        table.query("o", limit=1).select(["size"]).all()
    assert caught.value.path == "owner"


def test_limit_is_sent_only_where_nothing_filters() -> None:
    table, sent = notes(page(1, more=True), page(2, more=True), page(1, 2, 3))
    assert ids(table.query("o", limit=2)) == ["n-1", "n-2"]
    assert ids(table.query("o", limit=2, filter=field("size") > 1)) == ["n-1", "n-2"]
    assert [request.body.get("Limit") for request in sent] == [2, 1, None]


def test_pages_are_read_one_by_one_with_their_cursors() -> None:
    table, sent = notes(page(1, more=True), page(more=True), page(2))
    pages = list(table.query("o").pages())
    assert [ids(one.items) for one in pages] == [["n-1"], [], ["n-2"]]
    assert [one.cursor is None for one in pages] == [False, False, True]
    assert len(sent) == 3


def test_a_cursor_goes_on_in_another_client_with_the_same_secrets() -> None:
    options: dict[str, Any] = {"cursor_secrets": ["s"], "encrypt_cursor": True}
    first, _ = notes(page(1, more=True), **options)
    cursor = first.query("o", cursor_context="tenant").page().cursor
    again, sent = notes(page(2), **options)
    assert ids(again.query("o", cursor=cursor, cursor_context="tenant")) == ["n-2"]
    assert sent[0].body["ExclusiveStartKey"] == wire(1)


OTHER_READS: dict[str, Callable[[Table[Note], str], Reading[Note]]] = {
    "another partition": lambda table, cursor: table.query("p", cursor=cursor),
    "another order": lambda table, cursor: table.query("o", cursor=cursor, order="desc"),
    "an index": lambda table, cursor: table.query("o", index="by-topic", cursor=cursor),
    "a scan": lambda table, cursor: table.scan(cursor=cursor),
}


@pytest.mark.parametrize("secrets", [[], ["s"]], ids=["plain", "signed"])
@pytest.mark.parametrize("read", OTHER_READS.values(), ids=OTHER_READS)
def test_a_cursor_of_another_read_is_refused_and_nothing_is_sent(
    read: Callable[[Table[Note], str], Reading[Note]], secrets: list[str]
) -> None:
    table, _ = notes(page(1, more=True), cursor_secrets=secrets)
    cursor = table.query("o").page().cursor
    assert cursor is not None
    table, sent = notes(cursor_secrets=secrets)
    with pytest.raises(errors.InvalidCursorError):
        list(read(table, cursor))
    assert sent == []


def test_a_signed_cursor_is_bound_to_sort_filter_and_context() -> None:
    table, _ = notes(page(1, more=True), cursor_secrets=["s"])
    cursor = table.query("o", sort_key > "n", filter=field("size") > 1, cursor_context="a").page().cursor
    others: list[dict[str, Any]] = [
        {"sort": sort_key > "m"},
        {"filter": field("size") > 2},
        {"filter": None},
        {"cursor_context": "b"},
        {"cursor_context": None},
    ]
    for other in others:
        table, sent = notes(cursor_secrets=["s"])
        same: dict[str, Any] = {"sort": sort_key > "n", "filter": field("size") > 1, "cursor_context": "a"}
        with pytest.raises(errors.InvalidCursorError):
            list(table.query("o", cursor=cursor, **(same | other)))
        assert sent == []


# ---------------------------------------------------------------- shapes


def test_count_sums_the_pages() -> None:
    answers = [Response({"Count": 3, "LastEvaluatedKey": wire(3)}), Response({"Count": 2})]
    table, sent = notes(*answers)
    assert table.query("o").count() == 5
    assert [request.body["Select"] for request in sent] == ["COUNT", "COUNT"]


def test_first_and_one_ask_for_no_more_than_they_need() -> None:
    table, sent = notes(page(1, more=True), page(), page(1))
    first = table.query("o").first()
    assert first is not None
    assert (first.id, table.query("o").first(), table.query("o").one().id) == ("n-1", None, "n-1")
    assert [request.body["Limit"] for request in sent] == [1, 1, 2]


def test_one_of_none_and_one_of_many_are_told_apart() -> None:
    table, _ = notes(page(), page(1, 2))
    with pytest.raises(errors.ItemNotFoundError) as none:
        table.query("o").one()
    with pytest.raises(errors.ValidationFailedError) as many:
        table.query("o").one()
    assert (none.value.origin, many.value.origin) == ("service", "service")


def test_parts_are_read_by_paths_by_a_view_and_into_a_projection() -> None:
    answer = Response({"Items": [{"id": {"S": "n-1"}, "size": {"N": "2"}}, {"id": {"S": "n-2"}}]})
    table, sent = notes(answer, answer, answer)
    parts = [{"id": "n-1", "size": 2}, {"id": "n-2"}]
    assert list(table.query("o").select(["id", "size"])) == parts
    assert list(table.query("o").view("Brief")) == parts
    assert list(table.query("o").into(Headline)) == [Headline(id="n-1", size=2), Headline(id="n-2")]
    assert {request.body["ProjectionExpression"] for request in sent} == {"#n1, #n2"}


def test_a_limited_selection_fetches_the_keys_and_shows_what_was_selected() -> None:
    item = {"size": {"N": "2"}, "owner": {"S": "o"}, "id": {"S": "n-1"}}
    table, sent = notes(Response({"Items": [item, item], "LastEvaluatedKey": wire(2)}))
    page = table.query("o", limit=1).select(["size"]).all()
    assert page.items == [{"size": 2}]
    assert sent[0].body["ProjectionExpression"] == "#n1, #n0, #n2"
    table, sent = notes()
    with pytest.raises(AssertionError):
        table.query("o", cursor=page.cursor).first()
    assert sent[0].body["ExclusiveStartKey"] == wire(1)


def test_a_projection_that_lacks_what_it_needs_is_decode_failed() -> None:
    table, _ = notes(Response({"Items": [{"size": {"N": "2"}}]}))
    with pytest.raises(errors.DecodeFailedError) as caught:
        list(table.scan().into(Headline))
    assert caught.value.path == "id"


def test_an_index_that_holds_parts_is_read_as_projected() -> None:
    item = wire(1, topic={"S": "t"}, size={"N": "2"}, until={"N": "5"})
    table, sent = notes(Response({"Items": [item]}))
    with pytest.raises(errors.InvalidOperatorError):
        list(table.query("t", index="brief"))
    assert sent == []
    read = list(table.query("t", index="brief").projected())
    assert read == [{"owner": "o", "id": "n-1", "topic": "t", "size": 2, "until": 5}]


def test_hide_expired_follows_the_callers_filter() -> None:
    table, sent = notes(page())
    assert list(table.query("o", sort_key.between("a", "b"), filter=field("size") > 1, hide_expired=True)) == []
    assert sent == [
        Request(
            "Query",
            {
                "TableName": "notes",
                "KeyConditionExpression": "#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2",
                "FilterExpression": "#n2 > :v3 AND (attribute_not_exists(#n3) OR #n3 > :v4)",
                "ExpressionAttributeNames": {"#n0": "owner", "#n1": "id", "#n2": "size", "#n3": "until"},
                "ExpressionAttributeValues": {
                    ":v0": {"S": "o"},
                    ":v1": {"S": "a"},
                    ":v2": {"S": "b"},
                    ":v3": {"N": "1"},
                    ":v4": {"N": str(NOW_NS // 10**9)},
                },
            },
        )
    ]


def test_a_model_from_a_document_is_read_as_plain_dicts() -> None:
    script = Script([Response({"Items": [{"customer_id": {"S": "c"}, "number": {"N": "1"}}]})])
    table = Client(transport=script, clock=FixedClock(NOW_NS)).table(load_dms(ORDER)["Order"])
    (item,) = table.query("c", sort_key >= 1)
    assert (item["customer_id"], item["number"]) == ("c", 1)


# ---------------------------------------------------------------- several models

SHOP = [
    {"pk": {"S": "CUSTOMER#c"}, "sk": {"S": "PROFILE#Ann"}, "kind": {"S": "customer"}},
    {"pk": {"S": "CUSTOMER#c"}, "sk": {"S": "PURCHASE#2026#000007"}, "kind": {"S": "purchase"}},
]
SHOP[0] |= {"customer": {"S": "c"}, "name": {"S": "Ann"}}
SHOP[1] |= {"customer": {"S": "c"}, "year": {"N": "2026"}, "number": {"N": "7"}}


def shop(*items: dict[str, Any]) -> tuple[Client, list[Request]]:
    script = Script([Response({"Items": list(items)})] * 2)
    return Client(transport=script, clock=FixedClock(NOW_NS)), script.sent


def test_items_of_several_models_are_each_their_own_models() -> None:
    db, sent = shop(*SHOP)
    read = list(db.query((Customer, Purchase), {"customer": "c"}))
    assert read == [Customer(customer="c", name="Ann"), Purchase(customer="c", year=2026, number=7)]
    assert sent[0].body["FilterExpression"] == "#n1 IN (:v1, :v2)"


def test_an_item_of_another_model_is_decode_failed() -> None:
    db, _ = shop({**SHOP[0], "kind": {"S": "somebody"}})
    with pytest.raises(errors.DecodeFailedError) as caught:
        list(db.query((Customer, Purchase), {"customer": "c"}))
    assert (caught.value.path, "somebody" in str(caught.value)) == ("kind", False)


def test_a_map_names_fields_in_a_query_over_several_models_too() -> None:
    class Guest(Model, table="hotel", discriminator=("kind", "guest")):
        room: Annotated[str, PartitionKey(), Attribute(name="pk")]

    class Bill(Model, table="hotel", discriminator=("kind", "bill")):
        number: Annotated[str, PartitionKey(), Attribute(name="pk")]

    db, sent = shop()
    assert list(db.query((Guest, Bill), {"room": "1"})) == []
    assert list(db.table(Guest).query({"room": "1"}).select(["kind"])) == []
    assert [request.body["ExpressionAttributeValues"][":v0"] for request in sent] == [{"S": "1"}] * 2


def test_leading_parts_are_a_prefix_of_a_composed_sort_key() -> None:
    db, sent = shop(SHOP[1])
    assert [item.number for item in db.table(Purchase).query({"customer": "c"}, {"year": 2026})] == [7]
    assert sent[0].body["KeyConditionExpression"] == "#n0 = :v0 AND begins_with(#n1, :v1)"
    assert sent[0].body["ExpressionAttributeValues"][":v1"] == {"S": "PURCHASE#2026#"}


# ---------------------------------------------------------------- refusals

SECRET = "hush-hush"  # noqa: S105 - a word to look for
REFUSED: dict[str, tuple[Callable[[Table[Note]], Any], type[errors.DynamORMError]]] = {
    "no partition": (lambda table: table.query(), errors.MissingPrimaryKeyError),
    "an unknown index": (lambda table: table.query(SECRET, index="none"), errors.ValidationFailedError),
    "no keys that fit": (lambda table: table.query({"size": SECRET}), errors.InvalidOperatorError),
    "several indexes": (lambda table: table.query({"topic": SECRET}), errors.InvalidOperatorError),
    "a range upside down": (
        lambda table: table.query("o", sort_key.between(SECRET, "a")),
        errors.InvalidOperatorError,
    ),
    "a partition of another type": (lambda table: table.query([SECRET]), errors.ValidationFailedError),
    "a sort value of another type": (lambda table: table.query("o", sort_key > [SECRET]), errors.ValidationFailedError),
    "a null in the sort": (lambda table: table.query(SECRET, sort_key > None), errors.ValidationFailedError),
    "a filter on a key": (lambda table: table.query("o", filter=field("id") == SECRET), errors.InvalidOperatorError),
    "a filter of another type": (
        lambda table: table.query("o", filter=field("size") > SECRET),
        errors.ValidationFailedError,
    ),
    "a consistent global index": (
        lambda table: table.query(SECRET, index="by-topic", consistent=True),
        errors.InvalidOperatorError,
    ),
    "a limit of none": (lambda table: table.query(SECRET, limit=0), errors.ValidationFailedError),
    "a page of none": (lambda table: table.query(SECRET, page_size=0), errors.ValidationFailedError),
    "a context without secrets": (
        lambda table: table.query("o", cursor_context=SECRET),
        errors.ValidationFailedError,
    ),
    "no cursor": (lambda table: table.query("o", cursor=SECRET), errors.InvalidCursorError),
    "an unknown view": (lambda table: table.query(SECRET).view("Nothing"), errors.ValidationFailedError),
    "a text to select": (lambda table: table.query(SECRET).select("id"), errors.ValidationFailedError),
    "a view and a selection": (
        lambda table: table.query(SECRET).view("Brief").select(["id"]),
        errors.ValidationFailedError,
    ),
}


@pytest.mark.parametrize(("read", "error"), REFUSED.values(), ids=REFUSED)
def test_a_refused_read_sends_nothing_and_shows_no_value(
    read: Callable[[Table[Note]], Any], error: type[errors.DynamORMError]
) -> None:
    table, sent = notes()
    with pytest.raises(error) as caught:
        list(read(table))
    assert (type(caught.value), sent) == (error, [])
    shown = f"{caught.value} {caught.value!r} {caught.value.path} {caught.value.__cause__!r}"
    assert SECRET not in shown


def test_a_reading_and_what_it_is_made_of_show_no_values() -> None:
    table, _ = notes(cursor_secrets=[SECRET])
    query = table.query(SECRET, sort_key > SECRET, filter=field("topic") == SECRET, cursor=SECRET)
    scan = table.scan(filter=field("topic") == SECRET)
    shown = [repr(one) for one in (table, query, query.select(["id"]), scan, scan.parallel(2), sort_key > SECRET)]
    shown += [repr(vars(query)), repr(vars(vars(query)["_client"]))]
    assert SECRET not in "".join(shown)


def test_what_was_sent_shows_no_values_in_the_error_of_the_service() -> None:
    table, sent = notes(Response({}, errors.ServiceError("DynamoDB answered ValidationException")))
    with pytest.raises(errors.ServiceError) as caught:
        table.query(SECRET).first()
    assert SECRET in json.dumps(sent[0].body)
    assert SECRET not in repr(caught.value)
