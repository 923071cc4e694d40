"""Transactions: one request of all actions, what refuses it, what its reasons mean, and what is sent again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dynamorm import Client, ItemKey, Retries, errors, field
from dynamorm.errors.catalogue import CODE_OF_REASON
from dynamorm.limits import TRANSACT_MAX, TRANSACT_MAX_BYTES
from dynamorm.testing import FixedClock, FixedRandom, FixedTokens, RecordingSleeper, Request, Response, Script

from .conftest import NOW_NS
from .models import Order
from .test_batch import Note, Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamorm import Action

NOW = "2023-11-14T22:13:20.123456Z"
KEY = {"customer_id": "c", "number": 1}


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
            tokens=FixedTokens(),
        )
        self.orders, self.notes = self.client.table(Order).actions, self.client.table(Note).actions
        self.people = self.client.table(Person).actions

    @property
    def sent(self) -> list[Request]:
        return self.script.sent

    def entries(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.sent[0].body["TransactItems"]
        return entries


def canceled(*codes: str | dict[str, Any]) -> Response:
    reasons = [{"Code": code} if isinstance(code, str) else code for code in codes]
    aws = "TransactionCanceledException"
    error = errors.TransactionCanceledError("no", aws=aws, origin="service", status=400, request_id="r")
    return Response({"CancellationReasons": reasons} if reasons else {}, error)


def cancel(desk: Desk, *actions: Action) -> errors.TransactionCanceledError:
    with pytest.raises(errors.TransactionCanceledError) as caught:
        desk.client.transact_write(actions)
    return caught.value


# ---------------------------------------------------------------- the request

SINGLE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "put": ("Put", lambda one: one.put(Order(customer="c", number=1), condition=field("total") > 5)),
    "put-version": ("Put", lambda one: one.put(Order(customer="c", number=1, version=3))),
    "create": ("Put", lambda one: one.create(Order(customer="c", number=1))),
    "save": ("Put", lambda one: one.save(Order(customer="c", number=1, version=3))),
    "save-adopt": ("Put", lambda one: one.save(Order(customer="c", number=1), adopt=True)),
    "update": ("Update", lambda one: one.update(KEY, set={"total": 5}, remove=["notes"], expected_version=3)),
    "upsert": ("Update", lambda one: one.update(KEY, add={"total": 5}, upsert=True)),
    "delete": ("Delete", lambda one: one.delete(KEY, condition=field("total") > 5)),
    "delete-version": ("Delete", lambda one: one.delete(KEY, expected_version=3)),
}


@pytest.mark.parametrize(("member", "do"), SINGLE.values(), ids=SINGLE)
def test_an_action_is_the_request_of_its_operation_without_return_values(member: str, do: Callable[[Any], Any]) -> None:
    desk, alone = Desk(Response()), Desk(Response({"Attributes": {"customer_id": {"S": "c"}, "number": {"N": "1"}}}))
    desk.client.transact_write([do(desk.orders)])
    do(alone.client.table(Order))
    expected = {name: value for name, value in alone.sent[0].body.items() if name != "ReturnValues"}
    assert desk.entries() == [{member: expected}]
    assert (desk.sent[0].api, desk.sent[0].write) == ("TransactWriteItems", True)


def test_a_check_demands_what_a_delete_demands() -> None:
    desk = Desk(Response())
    desk.client.transact_write([desk.people.check({"person": "1"}, condition=field("name") == "x", must_exist=True)])
    (entry,) = desk.entries()
    assert entry["ConditionCheck"]["ConditionExpression"] == "#n0 = :v0 AND attribute_exists(#n1) AND #n2 = :v1"


@pytest.mark.parametrize("key", [{"id": "a"}, {"person": "1"}])
def test_a_check_of_nothing_is_refused(key: dict[str, Any]) -> None:
    desk = Desk()
    actions: Any = desk.notes if "id" in key else desk.people
    with pytest.raises(errors.ValidationFailedError):
        desk.client.transact_write([actions.check(key)])


def test_actions_of_several_models_have_one_reading_of_the_clock_and_stand_in_their_order() -> None:
    desk = Desk(Response())
    first, second, note = Order(customer="c", number=1), Order(customer="c", number=2), {"id": "a"}
    desk.client.transact_write([desk.orders.create(first), desk.notes.put(note), desk.orders.put(second)])
    assert [list(entry) for entry in desk.entries()] == [["Put"]] * 3
    assert [entry["Put"]["Item"].get("updated_at", {}).get("S") for entry in desk.entries()] == [NOW, None, NOW]
    assert [one.version for one in (first, second)] == [1, 1]


def test_objects_change_after_success_alone() -> None:
    order = Order(customer="c", number=1, version=3)
    desk = Desk(canceled("ConditionalCheckFailed"))
    cancel(desk, desk.orders.save(order))
    assert (order.version, order.updated) == (3, None)
    desk = Desk(Response())
    desk.client.transact_write([desk.orders.save(order)])
    assert order.version == 4
    plain: dict[str, Any] = {**KEY}
    dynamic = desk.client.table(Order.__dynamorm_schema__).actions
    desk = Desk(Response())
    desk.client.transact_write([dynamic.create(plain)])
    assert plain["version"] == 1


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize("number", [0, TRANSACT_MAX + 1])
def test_a_transaction_has_one_to_a_hundred_actions(number: int) -> None:
    desk = Desk()
    with pytest.raises(errors.ValidationFailedError):
        desk.client.transact_write([desk.notes.put({"id": f"n{index}"}) for index in range(number)])
    with pytest.raises(errors.ValidationFailedError):
        desk.client.transact_get([desk.notes.get({"id": f"n{index}"}) for index in range(number)])


def test_a_hundred_actions_go_out_together() -> None:
    desk = Desk(Response())
    desk.client.transact_write([desk.notes.put({"id": f"n{index}"}) for index in range(TRANSACT_MAX)])
    assert len(desk.entries()) == 100


def test_two_actions_on_one_item_are_refused() -> None:
    desk, note = Desk(), Note(id="a")
    pairs: list[list[Action]] = [
        [desk.notes.put(note), desk.notes.put(note)],
        [desk.notes.put(note), desk.notes.check({"id": "a"}, must_exist=True)],
        [desk.orders.delete({"customer_id": "c", "number": 1}), desk.orders.create({"customer_id": "c", "number": 1})],
    ]
    for pair in pairs:
        with pytest.raises(errors.ValidationFailedError):
            desk.client.transact_write(pair)
    with pytest.raises(errors.ValidationFailedError):
        desk.client.transact_get([desk.notes.get({"id": "a"}), desk.notes.get({"id": "a"}, select=["text"])])
    assert desk.sent == []


def test_items_and_keys_are_four_megabytes_together_and_not_a_byte_more() -> None:
    def actions(desk: Desk, more: int) -> list[Action]:
        whole, around = 400_000, len("id") + 2 + len("text")
        rest = TRANSACT_MAX_BYTES - 10 * whole - len("id") - 2
        sizes = [whole] * 10 + [rest + more]
        puts = [
            desk.notes.put({"id": f"{index:02}", "text": "x" * (size - around)}) for index, size in enumerate(sizes)
        ]
        return [*puts, desk.notes.delete({"id": "zz"})]

    desk = Desk(Response())
    desk.client.transact_write(actions(desk, 0))
    with pytest.raises(errors.ValidationFailedError):
        desk.client.transact_write(actions(desk, 1))


def test_an_action_that_is_refused_refuses_the_transaction_with_its_own_error() -> None:
    desk = Desk()
    order = Order(customer="c", number=1)
    for bad, kind in (
        (desk.notes.put({"text": "x"}), errors.MissingPrimaryKeyError),
        (desk.notes.update({"id": "a"}, set={"id": "b"}), errors.ValidationFailedError),
        (desk.orders.update(KEY, add={"status": 1}), errors.InvalidOperatorError),
    ):
        with pytest.raises(kind):
            desk.client.transact_write([desk.orders.create(order), bad])
    assert (desk.sent, order.version) == ([], None)


# ---------------------------------------------------------------- tokens


def test_a_token_is_always_sent() -> None:
    desk = Desk(Response(), Response(), Response())
    for token in (None, "mine", None):
        desk.client.transact_write([desk.notes.put({"id": "a"})], token=token)
    assert [request.body["ClientRequestToken"] for request in desk.sent] == ["token-1", "mine", "token-2"]
    plain = Client(transport=desk.script)
    assert len(plain.tokens()) == 36


@pytest.mark.parametrize("token", ["", "x" * 37, 5])
def test_a_token_has_one_to_thirty_six_characters(token: Any) -> None:
    desk = Desk()
    for call in (desk.client.transact_write, desk.client.prepare):
        with pytest.raises(errors.ValidationFailedError):
            call([desk.notes.put({"id": "a"})], token=token)


def test_a_prepared_transaction_is_canonical_text_and_is_sent_as_it_is() -> None:
    desk = Desk(Response(), Response())
    order = Order(customer="c", number=1)
    text = desk.client.prepare([desk.notes.put({"id": "é"}), desk.notes.delete({"id": "b"})], token="t")  # noqa: S106 - no secret
    assert text == (
        '{"ClientRequestToken":"t","TransactItems":[{"Put":{"Item":{"id":{"S":"é"}},"TableName":"notes"}},'
        '{"Delete":{"Key":{"id":{"S":"b"}},"TableName":"notes"}}]}'
    )
    desk.client.prepare([desk.orders.create(order)])
    assert (desk.sent, order.version) == ([], None)
    desk.client.transact_send(text)
    desk.client.transact_send(text)
    assert [request.body for request in desk.sent] == [json.loads(text)] * 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"TransactItems":[{"Delete":{}}]}',
        '{"ClientRequestToken":5,"TransactItems":[{"Delete":{}}]}',
        '{"ClientRequestToken":"t","TransactItems":[]}',
        '{"ClientRequestToken":"t","TransactItems":{}}',
        '{"ClientRequestToken":"t","TransactItems":[5]}',
        '{"ClientRequestToken":"t","TransactItems":[{"Get":{}}]}',
        '{"ClientRequestToken":"t","TransactItems":[{"Put":5}]}',
        '{"ClientRequestToken":"t","ClientRequestToken":"t","TransactItems":[{"Put":{}}]}',
        5,
        b"{}",
    ],
)
def test_a_text_that_is_no_transaction_is_refused(text: Any) -> None:
    with pytest.raises(errors.ValidationFailedError):
        Desk().client.transact_send(text)


# ---------------------------------------------------------------- cancelled


def test_reasons_stand_by_their_actions_and_tell_conditions_apart() -> None:
    stored = {"customer_id": {"S": "c"}, "number": {"N": "1"}, "status": {"S": "open"}, "version": {"N": "7"}}
    condition = "ConditionalCheckFailed"
    held = {"Code": condition, "Item": stored}
    desk = Desk(canceled("None", held, {**held, "Item": {"id": {"S": "a"}}}, condition, held))
    error = cancel(
        desk,
        desk.people.put({"person": "1"}),
        desk.orders.save(Order(customer="c", number=1, version=3)),
        desk.notes.create({"id": "a"}),
        desk.orders.delete({"customer_id": "c", "number": 2}, must_exist=True),
        desk.orders.check({"customer_id": "c", "number": 3}, condition=field("total") > 5),
    )
    kinds = [None if one is None else (one.code, one.kind, one.aws) for one in error.reasons]
    assert kinds == [
        None,
        ("ConditionFailed", "VersionConflict", condition),
        ("ConditionFailed", "AlreadyExists", condition),
        ("ItemNotFound", None, condition),
        ("ConditionFailed", None, condition),
    ]
    items = [None if one is None else one.item for one in error.reasons]
    assert isinstance(items[1], Order)
    assert (items[1].version, items[2], items[3]) == (7, Note(id="a"), None)
    assert (error.retryable, error.request_id, error.status) == (False, "r", 400)


@pytest.mark.parametrize("code", [*CODE_OF_REASON, "SomethingNew"])
def test_each_reason_has_its_class_and_retryability(code: str) -> None:
    kind = CODE_OF_REASON.get(code, errors.ServiceError)
    desk = Desk(canceled("None", code), retries=Retries(max_attempts=1))
    error = cancel(desk, desk.notes.put({"id": "a"}), desk.notes.put({"id": "b"}))
    assert type(error.reasons[1]) is kind
    assert error.retryable is kind.default_retryable


def test_a_reason_about_the_size_of_an_item_is_told() -> None:
    message = "Item size to update has exceeded the maximum allowed size"
    desk = Desk(canceled({"Code": "ValidationError", "Message": message}))
    (reason,) = cancel(desk, desk.notes.update({"id": "a"}, set={"text": "x"})).reasons
    assert isinstance(reason, errors.ItemTooLargeError)
    assert reason.origin == "service"


CONFLICT = "TransactionConflict"


def test_a_transaction_in_the_way_of_others_is_sent_again_with_the_same_body() -> None:
    desk = Desk(canceled(CONFLICT, "None"), canceled(CONFLICT, "ThrottlingError"), Response())
    order = Order(customer="c", number=1)
    desk.client.transact_write([desk.orders.create(order), desk.notes.put({"id": "a"})])
    first, *others = desk.sent
    assert all(request.body is first.body for request in others)
    assert (desk.sleeper.slept_ms, order.version) == ([25, 50], 1)


def test_a_conflict_comes_out_when_the_attempts_are_spent() -> None:
    desk = Desk(*[canceled(CONFLICT)] * 3, retries=Retries(max_attempts=3))
    error = cancel(desk, desk.notes.put({"id": "a"}))
    assert (error.retryable, len(desk.sent)) == (True, 3)


@pytest.mark.parametrize("codes", [(), ("None", "None"), (CONFLICT, "ConditionalCheckFailed"), (CONFLICT, "New")])
def test_what_may_not_pass_is_not_sent_again(codes: tuple[str, ...]) -> None:
    desk = Desk(canceled(*codes))
    error = cancel(desk, desk.notes.put({"id": "a"}), desk.notes.put({"id": "b"}))
    assert (error.retryable, len(desk.sent)) == (False, 1)


@pytest.mark.parametrize("reasons", [5, [5], [{}], [{"Code": 5}], [{"Code": "Odd", "Item": 5}]])
def test_strange_reasons_are_read_as_far_as_they_go(reasons: Any) -> None:
    desk = Desk(Response({"CancellationReasons": reasons}, canceled().error))
    assert cancel(desk, desk.notes.put({"id": "a"})).retryable is False


@pytest.mark.parametrize(
    "error", [errors.ThrottledError("slow"), errors.NetworkError("x"), errors.TransactionInProgressError("x")]
)
def test_other_errors_are_the_sdks_to_retry(error: errors.DynamORMError) -> None:
    desk = Desk(Response(error=error))
    with pytest.raises(type(error)):
        desk.client.transact_write([desk.notes.put({"id": "a"})])


def test_a_prepared_transaction_is_cancelled_with_codes_alone() -> None:
    item = {"Code": "ConditionalCheckFailed", "Item": {"id": {"S": "a"}}}
    desk = Desk(canceled(CONFLICT), canceled(item))
    text = desk.client.prepare([desk.notes.create({"id": "a"})])
    with pytest.raises(errors.TransactionCanceledError) as caught:
        desk.client.transact_send(text)
    (reason,) = caught.value.reasons
    assert type(reason) is errors.ConditionFailedError
    assert (reason.kind, desk.sleeper.slept_ms) == (None, [25])


# ---------------------------------------------------------------- transact get


def test_items_come_by_the_place_of_their_keys() -> None:
    person = {"pk": {"S": "P#1"}, "person": {"S": "1"}, "kind": {"S": "person"}}
    rows = [{"Item": {"id": {"S": "a"}}}, {}, {"Item": person}, {"Item": {}}]
    desk = Desk(Response({"Responses": rows}), Response({"Responses": [{}]}))
    gets: list[Any] = [
        desk.notes.get({"id": "a"}, consistent=True),
        desk.notes.get({"id": "b"}),
        desk.people.get(ItemKey("Person", {"person": "1"}).key),
        desk.notes.get({"id": "c"}, select=["text"]),
    ]
    assert desk.client.transact_get(gets) == [Note(id="a"), None, Person(person="1"), {}]
    assert desk.entries()[0] == {"Get": {"TableName": "notes", "Key": {"id": {"S": "a"}}}}
    assert desk.entries()[3]["Get"]["ProjectionExpression"] == "#n0"
    assert desk.client.transact_get((desk.notes.get({"id": "a"}),)) == (None,)


@pytest.mark.parametrize("body", [{}, {"Responses": []}, {"Responses": [{}, {}]}, {"Responses": 5}])
def test_an_answer_with_another_number_of_items_is_refused(body: dict[str, Any]) -> None:
    desk = Desk(Response(body))
    with pytest.raises(errors.DecodeFailedError):
        desk.client.transact_get([desk.notes.get({"id": "a"})])


def test_reads_in_the_way_of_others_are_sent_again() -> None:
    desk = Desk(canceled(CONFLICT), Response({"Responses": [{"Item": {"id": {"S": "a"}}}]}))
    assert desk.client.transact_get([desk.notes.get({"id": "a"})]) == [Note(id="a")]
    assert desk.sleeper.slept_ms == [25]
