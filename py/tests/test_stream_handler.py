"""Handlers of a Lambda event source with ReportBatchItemFailures."""

from __future__ import annotations

from typing import Any

import pytest

from dynamorm import Client, Record, SeenInMemory, StreamFailure, errors, on_record
from dynamorm.testing import Script

from .sealed import HUSH, Safe, Secret, stored
from .test_encryption import Refusing
from .test_stream import Event, Person, Sale, key_of, person, record, sale

CLIENT = Client(transport=Script([]))
DONE: dict[str, Any] = {"batchItemFailures": []}


class Desk:
    """Handlers that note what they were given, and fail where they are told to."""

    def __init__(self, *failing: str, **options: Any) -> None:
        self.handled: list[str] = []
        self.failures: list[StreamFailure] = []
        self.failing = failing
        self.handler = CLIENT.stream_handler(
            on_record(Person, self.handle), on_record(Sale, self.handle), on_failure=self.failures.append, **options
        )

    def handle(self, given: Record[Person] | Record[Sale]) -> None:
        self.handled.append(f"{given.model} {given.sequence_number}")
        if given.sequence_number in self.failing:
            raise RuntimeError("no")

    def batch(self, *records: Any) -> dict[str, Any]:
        return self.handler({"Records": list(records)}, object())


def sold(number: str, event: str | None = None) -> dict[str, Any]:
    given = record(keys=key_of(sale()), NewImage=sale())
    given["dynamodb"]["SequenceNumber"] = number
    return {**given, "eventID": event or f"e-{number}"}


def met(number: str) -> dict[str, Any]:
    given = record(keys=key_of(person()), NewImage=person())
    given["dynamodb"]["SequenceNumber"] = number
    return {**given, "eventID": f"e-{number}"}


def strange(number: str) -> dict[str, Any]:
    given = record(keys=key_of(sale()), NewImage=sale() | {"kind": {"S": "Refund"}})
    given["dynamodb"]["SequenceNumber"] = number
    return {**given, "eventID": f"e-{number}"}


def broken(number: str) -> dict[str, Any]:
    given = record(keys=key_of(sale()), NewImage=sale() | {"number": {"S": "x"}})
    given["dynamodb"]["SequenceNumber"] = number
    return {**given, "eventID": f"e-{number}"}


def failed(number: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": number}]}


def test_records_are_handled_in_order_each_by_its_model_s_handler() -> None:
    desk = Desk()
    assert desk.batch(sold("1"), met("2"), sold("3")) == DONE
    assert desk.handled == ["Sale 1", "Person 2", "Sale 3"]
    assert desk.batch() == DONE


def test_the_first_failure_ends_the_batch_and_is_told() -> None:
    desk = Desk("2")
    assert desk.batch(sold("1"), sold("2"), sold("3")) == failed("2")
    assert desk.handled == ["Sale 1", "Sale 2"]
    assert [(one.sequence_number, type(one.error)) for one in desk.failures] == [("2", RuntimeError)]


def test_a_record_that_does_not_decode_fails_unless_somebody_takes_it() -> None:
    desk = Desk()
    assert desk.batch(broken("1"), sold("2")) == failed("1")
    assert [type(one.error) for one in desk.failures] == [errors.DecodeFailedError]
    taken: list[tuple[Any, errors.DynamORMError]] = []
    tolerant = Desk(on_decode_error=lambda given, error: taken.append((given, error)))
    assert tolerant.batch(broken("1"), {"eventName": "?"}, sold("2")) == DONE
    assert tolerant.handled == ["Sale 2"]
    assert [error.code for _, error in taken] == ["DecodeFailed", "DecodeFailed"]
    assert taken[0][0]["eventID"] == "e-1"


def test_where_the_handler_of_what_does_not_decode_fails_the_record_has_failed() -> None:
    def refuse(_given: Any, _error: object) -> None:
        raise KeyError

    desk = Desk(on_decode_error=refuse)
    assert desk.batch(broken("1"), sold("2")) == failed("1")
    assert [type(one.error) for one in desk.failures] == [KeyError]


def test_a_record_that_wants_for_a_key_comes_again_whoever_takes_what_does_not_decode() -> None:
    image = stored(note={"S": HUSH})
    given = record(keys={"id": {"S": "a"}}, NewImage=image)
    taken: list[Any] = []
    for client, kind in ((CLIENT, "EncryptionNotConfigured"), (Safe(keys=Refusing()).client, "KeyUnavailable")):
        told: list[StreamFailure] = []
        handler = client.stream_handler(
            on_record(Secret, taken.append), on_decode_error=lambda *_: taken.append(_), on_failure=told.append
        )
        assert handler({"Records": [given]}) == failed("100")
        assert [getattr(one.error, "code", None) for one in told] == [kind]
    assert taken == []


def test_a_record_of_an_unknown_model_goes_to_its_own_handler() -> None:
    unknown: list[Any] = []
    desk = Desk(on_unknown=unknown.append)
    assert desk.batch(strange("1"), sold("2")) == DONE
    assert ([one["eventID"] for one in unknown], desk.handled) == (["e-1"], ["Sale 2"])
    assert Desk().batch(strange("1")) == failed("1")


def test_a_failure_without_a_sequence_number_fails_the_call() -> None:
    desk = Desk()
    with pytest.raises(errors.DecodeFailedError):
        desk.batch(sold("1"), {"eventName": "INSERT"}, sold("2"))
    assert desk.handled == ["Sale 1"]
    assert [one.sequence_number for one in desk.failures] == [None]


@pytest.mark.parametrize("event", [None, {}, {"Records": None}, [], "text"])
def test_what_is_no_event_fails_the_call(event: Any) -> None:
    with pytest.raises(errors.DecodeFailedError):
        Desk().handler(event)


def test_what_was_handled_is_not_handled_again_and_what_failed_is() -> None:
    desk = Desk("2", seen=SeenInMemory())
    assert desk.batch(sold("1"), sold("2")) == failed("2")
    desk.failing = ()
    assert desk.batch(sold("1"), sold("2"), sold("2")) == DONE
    assert desk.handled == ["Sale 1", "Sale 2", "Sale 2"]


def test_without_an_event_id_the_sequence_number_tells() -> None:
    desk = Desk(seen=SeenInMemory())
    bare = {name: value for name, value in sold("1").items() if name != "eventID"}
    assert desk.batch(bare, bare, sold("1", "other")) == DONE
    assert desk.handled == ["Sale 1", "Sale 1"]


def test_a_store_that_fails_fails_the_record() -> None:
    class Broken:
        def contains(self, event: str) -> bool:
            raise OSError(event)

        def add(self, event: str) -> None:
            raise OSError(event)

    desk = Desk(seen=Broken())
    assert desk.batch(sold("1")) == failed("1")


def test_the_store_holds_so_many_and_forgets_the_oldest() -> None:
    seen = SeenInMemory(2)
    for event in ("a", "b", "c"):
        seen.add(event)
    assert [seen.contains(event) for event in ("a", "b", "c")] == [False, True, True]
    with pytest.raises(errors.ValidationFailedError):
        SeenInMemory(0)


def test_a_failure_that_nobody_is_told_is_logged_with_names_and_types(caplog: pytest.LogCaptureFixture) -> None:
    def handle(given: Record[Event]) -> None:
        raise ValueError(str(given.new))

    handler = CLIENT.stream_handler(on_record(Event, handle))
    image = {"id": {"S": "secret-id"}, "at": {"B": "AA=="}}
    assert handler({"Records": [record(keys=image, NewImage=image)]}) == failed("100")
    assert "100 of a stream failed: ValueError" in caplog.text
    assert "test_stream_handler.py" in caplog.text
    assert "secret-id" not in caplog.text


def test_models_that_nothing_tells_apart_are_refused_at_once() -> None:
    with pytest.raises(errors.ValidationFailedError):
        CLIENT.stream_handler(on_record(Event, print), on_record(Sale, print))
    with pytest.raises(errors.ValidationFailedError):
        CLIENT.stream_handler()
