"""Batches step by step: what is asked for in which request, what is left of it, and what is told in the end."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

import pytest

from dynamorm import (
    BatchItems,
    Client,
    ItemKey,
    Model,
    PartitionKey,
    Retries,
    SortKey,
    Template,
    Written,
    errors,
    field,
)
from dynamorm.limits import BATCH_GET_MAX, BATCH_WRITE_ENTRIES_MAX_BYTES, BATCH_WRITE_MAX
from dynamorm.testing import FixedClock, FixedRandom, RecordingSleeper, Request, Response, Script

from .conftest import NOW_NS
from .models import Everything, Order


class Note(Model, table="notes"):
    """Without a version, so that nothing is checked."""

    id: Annotated[str, PartitionKey()]
    text: str | None = None


class Reading(Model, table="readings"):
    sensor: Annotated[int, PartitionKey()]
    at: Annotated[Decimal, SortKey()]


class Person(Model, table="shop", partition_key=Template("pk", "P#{person}"), discriminator=("kind", "person")):
    person: str
    name: str | None = None


class Desk:
    """A client over given answers, and what it was asked and waited."""

    def __init__(self, *answers: Response, retries: Retries | None = None) -> None:
        self.script, self.sleeper = Script(answers), RecordingSleeper()
        self.client = Client(
            transport=self.script,
            clock=FixedClock(NOW_NS, tick_ns=1_000_000_000),
            retries=retries or Retries(),
            random=FixedRandom(),
            sleeper=self.sleeper,
        )
        self.notes = self.client.table(Note)

    @property
    def sent(self) -> list[Request]:
        return self.script.sent

    def asked(self, table: str = "notes") -> list[list[str]]:
        """Give the ids of each request."""
        out: list[list[str]] = []
        for request in self.sent:
            rows = request.body["RequestItems"].get(table, [])
            keys = rows["Keys"] if isinstance(rows, dict) else [item_of(row) for row in rows]
            out.append([key["id"]["S"] for key in keys])
        return out


def item_of(row: dict[str, Any]) -> dict[str, Any]:
    (request,) = row.values()
    item: dict[str, Any] = request.get("Item") or request["Key"]
    return item


def wire(*names: str) -> list[dict[str, Any]]:
    return [{"id": {"S": name}} for name in names]


def found(*names: str, left: list[str] | None = None) -> Response:
    unprocessed = {} if left is None else {"notes": {"Keys": wire(*left)}}
    return Response({"Responses": {"notes": wire(*names)}, "UnprocessedKeys": unprocessed})


def left(*names: str) -> Response:
    rows = [{"PutRequest": {"Item": item}} for item in wire(*names)]
    return Response({"UnprocessedItems": {"notes": rows} if rows else {}})


def notes(number: int) -> list[Note]:
    return [Note(id=f"n{index}") for index in range(number)]


def ids(keys: Any) -> list[str]:
    return [one.key["id"] for one in keys]


DONE = Response()
THROTTLED = Response(error=errors.ThrottledError("slow", aws="ThrottlingException", status=400, request_id="r"))


# ---------------------------------------------------------------- batch get


@pytest.mark.parametrize(("number", "sizes"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (201, [100, 100, 1])])
def test_keys_go_out_a_hundred_to_a_request(number: int, sizes: list[int]) -> None:
    desk = Desk(*[Response({"Responses": {}})] * len(sizes))
    read = desk.notes.batch_get([{"id": f"n{index}"} for index in range(number)])
    assert [len(keys) for keys in desk.asked()] == sizes
    assert (read.items, len(read.missing), BATCH_GET_MAX) == ([], number, 100)


def test_items_come_in_the_order_of_the_keys_and_missing_keys_beside_them() -> None:
    desk = Desk(found("c", "a"))
    read = desk.notes.batch_get([{"id": "a"}, {"id": "b"}, Note(id="c"), {"id": "a"}, {"id": "b"}])
    assert read == BatchItems([Note(id="a"), Note(id="c"), Note(id="a")], [{"id": "b"}])
    assert desk.asked() == [["a", "b", "c"]]


def test_a_key_is_one_key_however_its_number_is_spelled() -> None:
    answer = {"Responses": {"readings": [{"sensor": {"N": "1.0"}, "at": {"N": "1E2"}}]}}
    desk = Desk(Response(answer))
    keys = [{"sensor": 1, "at": Decimal(100)}, {"sensor": 1, "at": Decimal("100.00")}]
    read = desk.client.table(Reading).batch_get(keys)
    assert read.items == [Reading(sensor=1, at=Decimal(100))] * 2
    assert len(desk.sent[0].body["RequestItems"]["readings"]["Keys"]) == 1


def test_what_is_left_of_the_keys_is_asked_for_before_anything_else() -> None:
    names = [f"n{index:03}" for index in range(101)]
    desk = Desk(found(*names[1:99], left=[names[99], names[0]]), found(names[0], names[99]), found(names[100]))
    read = desk.notes.batch_get([{"id": name} for name in names], consistent=True)
    assert [one.id for one in read.items] == names
    assert desk.asked()[1:] == [[names[0], names[99]], [names[100]]]
    assert all(request.body["RequestItems"]["notes"]["ConsistentRead"] for request in desk.sent)
    assert desk.sleeper.slept_ms == [25]


def test_a_selection_fetches_the_key_and_hides_it() -> None:
    desk = Desk(Response({"Responses": {"notes": [{"id": {"S": "a"}, "text": {"S": "x"}}]}}), found("b"))
    assert desk.notes.batch_get([{"id": "a"}], select=["text"]).items == [{"text": "x"}]
    assert desk.notes.batch_get([{"id": "b"}], select=["text", "id"]).items == [{"id": "b"}]
    asked = desk.sent[0].body["RequestItems"]["notes"]
    assert asked["ProjectionExpression"] == "#n0, #n1"
    assert asked["ExpressionAttributeNames"] == {"#n0": "text", "#n1": "id"}


def test_gets_that_differ_are_requests_of_their_own_and_tell_their_models() -> None:
    desk = Desk(
        found("a"),
        Response({"Responses": {"shop": [{"pk": {"S": "P#1"}, "person": {"S": "1"}, "kind": {"S": "person"}}]}}),
        found("a"),
    )
    people = desk.client.table(Person)
    plain = desk.client.table(Note.__dynamorm_schema__)
    gets: list[Any] = [
        desk.notes.actions.get({"id": "a"}),
        people.actions.get({"person": "1"}),
        plain.actions.get({"id": "a"}),
        desk.notes.actions.get({"id": "a"}, select=["text"]),
        people.actions.get({"person": "2"}),
    ]
    read = desk.client.batch_get(gets)
    assert read.items == [Note(id="a"), Person(person="1"), ("Note", {"id": "a"}), ("Note", {})]
    assert read.missing == [ItemKey("Person", {"person": "2"})]
    assert [list(request.body["RequestItems"]) for request in desk.sent] == [["notes"], ["shop"], ["notes"]]


@pytest.mark.parametrize(
    "answer",
    [
        {"Responses": {"notes": wire("z")}},
        {"Responses": {"others": wire("a")}},
        {"Responses": {"notes": [{}]}},
        {"Responses": {"notes": [5]}},
        {"Responses": {"notes": 5}},
        {"Responses": {}, "UnprocessedKeys": {"notes": {"Keys": wire("z")}}},
        {"Responses": {}, "UnprocessedKeys": {"notes": []}},
    ],
)
def test_an_answer_about_what_was_not_asked_for_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(errors.DecodeFailedError) as caught:
        Desk(Response(answer)).notes.batch_get([{"id": "a"}])
    assert caught.value.__cause__ is None


def test_a_batch_get_that_is_given_up_tells_what_it_found() -> None:
    desk = Desk(found("a", left=["b"]), found(left=["b"]), retries=Retries(max_attempts=2))
    with pytest.raises(errors.BatchIncompleteError) as caught:
        desk.notes.batch_get([{"id": "b"}, {"id": "a"}, {"id": "c"}])
    error = caught.value
    assert (ids(error.done), ids(error.undone), ids(error.unknown)) == (["a", "c"], ["b"], [])
    assert (error.items, error.retryable, error.maybe_applied) == ([Note(id="a")], True, False)


def test_a_batch_get_that_fails_midway_keeps_the_failure_as_its_cause() -> None:
    denied = errors.AccessDeniedError("no", aws="AccessDeniedException", origin="service", status=400, request_id="r")
    desk = Desk(found("n0"), Response(error=denied))
    with pytest.raises(errors.BatchIncompleteError) as caught:
        desk.notes.batch_get([{"id": f"n{index}"} for index in range(102)])
    error = caught.value
    assert (error.__cause__, error.aws, error.request_id, error.status) == (denied, "AccessDeniedException", "r", 400)
    assert (len(error.done), ids(error.undone), error.items) == (100, ["n100", "n101"], [Note(id="n0")])
    with pytest.raises(errors.AccessDeniedError):
        Desk(Response(error=denied)).notes.batch_get([{"id": "a"}])


# ---------------------------------------------------------------- batch write


@pytest.mark.parametrize(("number", "sizes"), [(0, []), (25, [25]), (26, [25, 1]), (60, [25, 25, 10])])
def test_writes_go_out_twenty_five_to_a_request(number: int, sizes: list[int]) -> None:
    desk = Desk(*[DONE] * len(sizes))
    assert desk.notes.batch_put(notes(number)) == number
    assert [len(keys) for keys in desk.asked()] == sizes
    assert BATCH_WRITE_MAX == 25


def test_a_request_is_no_longer_than_its_entries_may_be_by_one_byte() -> None:
    # Control characters are six bytes of JSON each, so that items DynamoDB stores fill a request.
    def values(last: int) -> list[Note]:
        around = len('{"PutRequest":{"Item":{"id":{"S":"n0"},"text":{"S":""}}}}')
        sizes = [2_400_000 + around] * 6
        free = BATCH_WRITE_ENTRIES_MAX_BYTES - sum(sizes) - around
        texts = ["\x01" * 400_000] * 6 + ["\x01" * (free // 6) + "x" * (free % 6 + last)]
        return [Note(id=f"n{index}", text=text) for index, text in enumerate(texts)]

    for last, sizes in ((0, [7]), (1, [6, 1])):
        desk = Desk(DONE, DONE)
        desk.notes.batch_put(values(last))
        assert [len(keys) for keys in desk.asked()] == sizes


def test_puts_stand_before_deletes_and_all_have_one_reading_of_the_clock() -> None:
    desk = Desk(DONE)
    orders = desk.client.table(Order)
    given = [Order(customer="c", number=1), Order(customer="c", number=2)]
    assert orders.batch_write(given, [{"customer_id": "c", "number": 3}]) == Written(2, 1)
    rows = desk.sent[0].body["RequestItems"]["orders"]
    assert [list(row) for row in rows] == [["PutRequest"], ["PutRequest"], ["DeleteRequest"]]
    assert len({row["PutRequest"]["Item"]["updated_at"]["S"] for row in rows[:2]}) == 1
    assert [(one.version, one.updated) for one in given] == [(1, given[0].created)] * 2


def test_what_is_left_is_sent_again_as_it_was_built_in_its_order() -> None:
    desk = Desk(left("n2", "n0"), left("n2"), DONE)
    assert desk.notes.batch_put(notes(3)) == 3
    assert desk.asked() == [["n0", "n1", "n2"], ["n0", "n2"], ["n2"]]
    first, again, _ = (request.body["RequestItems"]["notes"] for request in desk.sent)
    assert again[0] is first[0]
    assert [request.delay_ms for request in desk.sent] == [None, 25, 50]


def test_a_throttled_request_is_an_attempt_and_is_sent_again_whole() -> None:
    desk = Desk(THROTTLED, left("n1"), THROTTLED, retries=Retries(max_attempts=3))
    with pytest.raises(errors.BatchIncompleteError) as caught:
        desk.notes.batch_put(notes(2))
    assert desk.asked() == [["n0", "n1"], ["n0", "n1"], ["n1"]]
    error = caught.value
    assert (error.__cause__, error.aws, error.request_id) == (THROTTLED.error, "ThrottlingException", "r")
    assert (ids(error.done), ids(error.undone), error.retryable, error.maybe_applied) == (["n0"], ["n1"], True, False)


def lost() -> Response:
    return Response(error=errors.NetworkError("lost", origin="service", maybe_applied=True))


def test_writes_without_an_answer_are_unknown_and_later_ones_undone() -> None:
    desk = Desk(left("n1"), lost())
    given = notes(27)
    with pytest.raises(errors.BatchIncompleteError) as caught:
        desk.notes.batch_put(given)
    error = caught.value
    assert (len(error.done), ids(error.unknown), ids(error.undone)) == (24, ["n1"], ["n25", "n26"])
    assert (error.maybe_applied, error.origin, error.retryable) == (True, "service", True)


def test_a_write_that_is_left_after_an_unanswered_attempt_is_unknown_until_it_is_done() -> None:
    unanswered = Response(left("n0", "n1").body, unanswered=True)
    desk = Desk(unanswered, left("n1"), retries=Retries(max_attempts=2))
    with pytest.raises(errors.BatchIncompleteError) as caught:
        desk.notes.batch_put(notes(2))
    assert (ids(caught.value.done), ids(caught.value.unknown), caught.value.maybe_applied) == (["n0"], ["n1"], True)
    assert Desk(unanswered, DONE).notes.batch_put(notes(2)) == 2


@pytest.mark.parametrize(
    "rows",
    [
        {"notes": [{"PutRequest": {"Item": {"id": {"S": "z"}}}}]},
        {"others": [{"PutRequest": {"Item": {"id": {"S": "n0"}}}}]},
        {"notes": [{"PutRequest": {}}]},
        {"notes": [{}]},
        {"notes": 5},
        [],
    ],
)
def test_an_answer_about_what_was_not_written_leaves_the_request_unknown(rows: Any) -> None:
    with pytest.raises(errors.BatchIncompleteError) as caught:
        Desk(Response({"UnprocessedItems": rows})).notes.batch_put(notes(1))
    error = caught.value
    assert isinstance(error.__cause__, errors.DecodeFailedError)
    assert (ids(error.unknown), error.maybe_applied, error.retryable) == (["n0"], True, False)


def test_only_what_was_written_holds_what_is_stored() -> None:
    desk = Desk(Response({"UnprocessedItems": {"orders": [{"PutRequest": {"Item": ORDER}}]}}), lost())
    orders = desk.client.table(Order)
    given = [Order(customer="c", number=1), Order(customer="c", number=2)]
    with pytest.raises(errors.BatchIncompleteError):
        orders.batch_put(given)
    assert [one.version for one in given] == [1, None]


ORDER = {"customer_id": {"S": "c"}, "number": {"N": "2"}}


def test_two_writes_of_one_item_are_refused_unless_the_last_wins() -> None:
    one, two = Note(id="a", text="1"), Note(id="a", text="2")
    for values in ([one, two], [one, one]):
        with pytest.raises(errors.ValidationFailedError):
            Desk().notes.batch_put(values)
    desk = Desk(DONE)
    assert desk.notes.batch_put([one, Note(id="b"), two], last_wins=True) == 2
    assert desk.asked() == [["b", "a"]]
    desk = Desk(DONE)
    assert desk.notes.batch_write([one], [one], last_wins=True) == Written(0, 1)


KEY = {"customer_id": "c", "number": 1}
REFUSED: list[tuple[str, Any, str | None]] = [
    ("a condition", lambda desk: desk.notes.actions.put(Note(id="a"), condition=field("text").exists()), None),
    ("must_exist", lambda desk: desk.notes.actions.delete({"id": "a"}, must_exist=True), None),
    (
        "a condition of a delete",
        lambda desk: desk.notes.actions.delete({"id": "a"}, condition=field("id") == "b"),
        None,
    ),
    ("an expected version", lambda desk: desk.client.table(Order).actions.delete(KEY, expected_version=1), None),
    ("a version", lambda desk: desk.client.table(Order).actions.put({**KEY, "version": 3}), "version"),
    ("a discriminator", lambda desk: desk.client.table(Person).actions.delete({"person": "1"}), None),
]


@pytest.mark.parametrize(("make", "path"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_a_batch_cannot_hold_is_refused_and_allowed_unchecked(make: Any, path: str | None) -> None:
    desk = Desk(DONE)
    with pytest.raises(errors.ValidationFailedError) as caught:
        desk.client.batch_write([desk.notes.actions.put(Note(id="z")), make(desk)])
    assert (caught.value.path, desk.sent) == (path, [])
    done = desk.client.batch_write([make(desk)], unchecked=True)
    assert done.written + done.deleted == 1
    assert "Condition" not in json.dumps(desk.sent[0].body)


def test_an_unchecked_version_is_written_as_the_next_one() -> None:
    desk = Desk(DONE)
    order = Order(customer="c", number=1, version=4)
    assert desk.client.table(Order).batch_put([order], unchecked=True) == 1
    assert order.version == 5


@pytest.mark.parametrize("verb", ["create", "save", "check", "update"])
def test_a_batch_has_puts_and_deletes_only(verb: str) -> None:
    desk = Desk()
    options = {"must_exist": True} if verb == "check" else {"set": {"text": "x"}} if verb == "update" else {}
    action = getattr(desk.notes.actions, verb)({"id": "a"}, **options)
    with pytest.raises(errors.ValidationFailedError):
        desk.client.batch_write([action], unchecked=True)


@pytest.mark.parametrize("given", [{"id": "a"}, "abc", 5, [5], [None]])
def test_a_batch_of_something_else_is_refused(given: Any) -> None:
    desk = Desk()
    for call in (desk.notes.batch_put, desk.notes.batch_delete, desk.notes.batch_get):
        with pytest.raises(errors.ValidationFailedError):
            call(given)
    for of_client in (desk.client.batch_get, desk.client.batch_write, desk.client.transact_write):
        with pytest.raises(errors.ValidationFailedError):
            of_client(given)


def test_a_batch_put_takes_binary_keys_and_finds_them_again() -> None:
    item = {"id": {"B": "AP8="}}
    desk = Desk(Response({"UnprocessedItems": {"everything": [{"PutRequest": {"Item": item}}]}}), DONE)
    assert desk.client.table(Everything).batch_put([Everything(id=b"\x00\xff"), Everything(id=b"b")]) == 2
    assert len(desk.sent[1].body["RequestItems"]["everything"]) == 1


def test_the_errors_of_a_batch_hold_no_value_where_it_could_be_printed() -> None:
    desk = Desk(lost())
    with pytest.raises(errors.BatchIncompleteError) as caught:
        desk.notes.batch_put([Note(id="secret", text="secret")])
    error = caught.value
    assert ids(error.unknown) == ["secret"]
    assert "secret" not in f"{error}{error!r}{error.unknown}{vars(error)}"
