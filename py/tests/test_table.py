"""Tables over a scripted transport: what goes out, what comes back, and what a failure leaves behind."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import ConfigDict

from dynamorm import Client, CreatedAt, Model, PartitionKey, UnixSeconds, Version, errors, field, load_dms
from dynamorm.testing import FixedClock, Request, Response, Script

from .conftest import NOW_NS
from .models import Line, Order, Status
from .test_schema import ORDER

NOW = datetime.fromtimestamp(NOW_NS // 10**9, UTC).replace(microsecond=123456)
NOW_WIRE = {"S": "2023-11-14T22:13:20.123456Z"}
STORED = {"customer_id": {"S": "c"}, "number": {"N": "1"}, "version": {"N": "3"}, "status": {"S": "paid"}}
KEY = {"customer_id": "c", "number": 1}


def client(*responses: Response, clock: Any = None, **options: Any) -> tuple[Client, list[Request]]:
    script = Script(responses)
    return Client(transport=script, clock=clock or FixedClock(NOW_NS), **options), script.sent


def refused(item: dict[str, Any] | None = None, *, unanswered: bool = False) -> Response:
    error = errors.ConditionFailedError("the condition was false", aws="ConditionalCheckFailedException")
    return Response({} if item is None else {"Item": item}, error, unanswered=unanswered)


def order(**members: Any) -> Order:
    return Order(customer="c", number=1, **members)


def test_create_stamps_and_guards() -> None:
    db, sent = client(Response())
    given = order(total=Decimal("1.50"), version=7)
    assert db.table(Order).create(given) is given
    assert (given.version, given.created, given.updated) == (1, NOW, NOW)
    assert sent[0].body == {
        "TableName": "orders",
        "Item": {
            "customer_id": {"S": "c"},
            "number": {"N": "1"},
            "status": {"S": "open"},
            "total": {"N": "1.5"},
            "created_at": NOW_WIRE,
            "updated_at": NOW_WIRE,
            "version": {"N": "1"},
        },
        "ConditionExpression": "attribute_not_exists(#n0)",
        "ExpressionAttributeNames": {"#n0": "customer_id"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_an_operation_reads_the_clock_once() -> None:
    readings: list[int] = []

    def clock() -> int:
        readings.append(NOW_NS)
        return NOW_NS

    db, _ = client(*[Response({"Attributes": STORED})] * 3, clock=clock)
    db.table(Order).create(order())
    db.table(Order).save(order(version=2))
    db.table(Order).update(KEY, set={"notes": "x"}, upsert=True)
    assert len(readings) == 3


@pytest.mark.parametrize("verb", ["create", "put", "save"])
@pytest.mark.parametrize(
    "answer", [refused(STORED), Response({}, errors.ThrottledError("slow"))], ids=["refused", "throttled"]
)
def test_a_failed_write_leaves_the_value_as_it_was(verb: str, answer: Response) -> None:
    db, _ = client(answer, answer)
    typed, plain = order(version=2), {**KEY, "version": 2, "lines": [{"sku": "x"}]}
    before, plain_before = typed.model_copy(deep=True), copy.deepcopy(plain)
    with pytest.raises(errors.DynamORMError):
        getattr(db.table(Order), verb)(typed)
    with pytest.raises(errors.DynamORMError):
        getattr(db.table(load_dms(ORDER)["Order"]), verb)(plain)
    assert (typed, plain) == (before, plain_before)


def test_a_refused_value_sends_nothing_and_stays_as_it_was() -> None:
    db, sent = client()
    given = order()
    given.total = Decimal("NaN")
    with pytest.raises(errors.ValidationFailedError):
        db.table(Order).create(given)
    assert (sent, given.version) == ([], None)


def test_a_plain_value_holds_what_was_stored() -> None:
    db, sent = client(Response(), Response())
    table = db.table(load_dms(ORDER)["Order"])
    given: dict[str, Any] = {**KEY, "notes": "", "total": 5, "lines": [{"sku": "a", "at": "2024-01-01T01:00:00+01:00"}]}
    assert table.create(given) is given
    assert given["version"] == 1
    assert given["notes"] == ""
    assert given["lines"][0]["at"] == datetime(2024, 1, 1, tzinfo=UTC)
    assert "notes" not in sent[0].body["Item"]


def test_a_frozen_instance_is_copied() -> None:
    class Frozen(Model, table="frozen"):
        model_config = ConfigDict(frozen=True)

        id: Annotated[str, PartitionKey()]
        made: Annotated[datetime | None, UnixSeconds, CreatedAt()] = None
        version: Annotated[int | None, Version()] = None

    db, _ = client(Response())
    given = Frozen(id="x")
    stored = db.table(Frozen).create(given)
    assert (given.version, stored.version) == (None, 1)
    assert stored.made == NOW.replace(microsecond=0)


KINDS: list[tuple[str, dict[str, Any], Response, type[errors.DynamORMError]]] = [
    ("create", {}, refused(STORED), errors.AlreadyExistsError),
    ("save", {}, refused(STORED), errors.AlreadyExistsError),
    ("save", {"version": 2}, refused(STORED), errors.VersionConflictError),
    ("save", {"version": 2}, refused(), errors.ItemNotFoundError),
    ("put", {"version": 2}, refused(STORED), errors.VersionConflictError),
]


@pytest.mark.parametrize(("verb", "members", "answer", "error"), KINDS, ids=range(len(KINDS)))
def test_a_failed_condition_is_told_apart_by_the_item(
    verb: str, members: dict[str, Any], answer: Response, error: type[errors.DynamORMError]
) -> None:
    db, _ = client(answer)
    with pytest.raises(error) as caught:
        getattr(db.table(Order), verb)(order(**members))
    assert type(caught.value) is error
    item = caught.value.item
    assert item == (None if error is errors.ItemNotFoundError else order(status="paid", version=3, labels=set()))
    assert "paid" not in repr(caught.value)


def test_a_lost_answer_of_a_create_is_a_success_where_the_item_is_ours() -> None:
    db, sent = client(Response())
    db.table(Order).create(order(labels={"a", "b"}))
    ours = json.loads(json.dumps(sent[0].body["Item"]))
    ours["labels"]["SS"].reverse()
    ours["number"] = {"N": "1.0"}
    db, _ = client(refused(ours, unanswered=True))
    assert db.table(Order).create(order(labels={"a", "b"})).version == 1
    for foreign in (
        STORED,
        {**ours, "status": {"S": "paid"}},
        {**ours, "more": {"S": "x"}},
        {**ours, "total": {"S": "x"}},
    ):
        db, _ = client(refused(foreign, unanswered=True))
        with pytest.raises(errors.AlreadyExistsError):
            db.table(Order).create(order(labels={"a", "b"}))
    db, _ = client(refused(ours))
    with pytest.raises(errors.AlreadyExistsError):
        db.table(Order).create(order(labels={"a", "b"}))


def test_update_sends_condition_then_changes_and_counts_the_version() -> None:
    db, sent = client(Response({"Attributes": STORED}))
    updated = db.table(Order).update(KEY, set={"status": Status.PAID}, condition=field("total") > 1, expected_version=0)
    assert (updated.status, updated.version, updated.labels) == (Status.PAID, 3, set())
    assert sent[0].body == {
        "TableName": "orders",
        "Key": {"customer_id": {"S": "c"}, "number": {"N": "1"}},
        "ConditionExpression": "#n0 > :v0 AND #n1 = :v1",
        "UpdateExpression": "SET #n2 = :v2, #n3 = :v3 ADD #n1 :v4",
        "ExpressionAttributeNames": {"#n0": "total", "#n1": "version", "#n2": "status", "#n3": "updated_at"},
        "ExpressionAttributeValues": {
            ":v0": {"N": "1"},
            ":v1": {"N": "0"},
            ":v2": {"S": "paid"},
            ":v3": NOW_WIRE,
            ":v4": {"N": "1"},
        },
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_an_item_of_nothing_in_an_answer_is_an_item() -> None:
    db, _ = client(*[Response({"Attributes": {}})] * 2)
    with pytest.raises(errors.DecodeFailedError):
        db.table(Order).update(KEY, set={"notes": "x"})
    with pytest.raises(errors.DecodeFailedError):
        db.table(Order).delete(KEY, return_old=True)


def test_an_update_of_a_missing_item_is_item_not_found() -> None:
    db, _ = client(refused())
    with pytest.raises(errors.ItemNotFoundError):
        db.table(Order).update(KEY, set={"notes": "x"})


def test_get_finds_or_says_that_there_is_none() -> None:
    db, sent = client(Response({"Item": STORED}), Response(), Response(), Response({"Item": {}}), Response())
    table = db.table(Order)
    assert table.get(KEY).version == 3
    with pytest.raises(errors.ItemNotFoundError):
        table.get(order())
    assert table.find({"customer": "c", "number": 1}, consistent=True) is None
    assert table.select(KEY, ["total", ["lines", 0, "sku"]]) == {}
    assert table.exists(KEY) is False
    assert sent[0].body == {"TableName": "orders", "Key": {"customer_id": {"S": "c"}, "number": {"N": "1"}}}
    assert sent[2].body["ConsistentRead"] is True


def test_a_default_is_for_new_values_and_not_for_stored_ones() -> None:
    class Basket(Model, table="baskets"):
        id: Annotated[str, PartitionKey()]
        size: int | None = 5
        count: int = 2
        line: Line | None = Line(sku="default")

    db, _ = client(Response({"Item": {"id": {"S": "x"}, "size": {"NULL": True}}}))
    read = db.table(Basket).get({"id": "x"})
    assert (read.size, read.count, read.line) == (None, 2, None)


@pytest.mark.parametrize("key", ["c", None, 5, ["c"]])
def test_what_is_no_key_is_refused(key: Any) -> None:
    db, _ = client()
    with pytest.raises(errors.ValidationFailedError):
        db.table(Order).get(key)
    with pytest.raises(errors.ValidationFailedError):
        db.table(load_dms(ORDER)["Order"]).create(key)


def test_a_mapping_is_validated_and_its_failure_is_ours() -> None:
    db, _ = client()
    with pytest.raises(errors.ValidationFailedError) as caught:
        db.table(Order).create({**KEY, "lines": [{"sku": 5}]})
    assert caught.value.path == "lines[0].sku"
    with pytest.raises(errors.MissingPrimaryKeyError):
        db.table(Order).create({"customer": "c"})


def test_a_stored_item_that_does_not_fit_the_class_is_decode_failed() -> None:
    db, _ = client(Response({"Item": {**STORED, "status": {"S": "lost"}}}))
    with pytest.raises(errors.DecodeFailedError) as caught:
        db.table(Order).get(KEY)
    assert caught.value.path == "status"
    assert "lost" not in str(caught.value)


def test_a_table_has_its_real_name() -> None:
    db, _ = client(table_prefix="test-", table_names={"orders": "live"})
    assert db.table(Order).name == "live"
    db, _ = client(table_prefix="test-")
    assert db.table(Order).name == "test-orders"


def test_models_of_one_name_from_two_documents_do_not_share_a_codec() -> None:
    db, sent = client(Response(), Response(), Response())
    first, second = load_dms(ORDER)["Order"], load_dms(ORDER.replace("attribute: notes", "attribute: remarks"))["Order"]
    db.table(first).put({**KEY, "notes": "x"})
    db.table(second).put({**KEY, "remarks": "x"})
    db.table(first).put({**KEY, "notes": "x"})
    assert [sorted(set(request.body["Item"]) & {"notes", "remarks"}) for request in sent] == [
        ["notes"],
        ["remarks"],
        ["notes"],
    ]
