"""Encrypted attributes in batches, bulk writes and transactions: sealed before the first request, and once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dynamorm import BulkCounts, errors
from dynamorm.encryption import KeyRefusedError
from dynamorm.operation import BatchGet, batch_write
from dynamorm.testing import InMemoryKeys, Request, Response

from .sealed import HUSH, Safe, Secret, stored
from .test_encryption import Refusing

if TYPE_CHECKING:
    from dynamorm import BulkFailure

CONFLICT = errors.TransactionCanceledError("no", aws="TransactionCanceledException", origin="service")


def written(request: Request) -> list[dict[str, Any]]:
    return [entry["PutRequest"]["Item"] for entry in request.body["RequestItems"]["secrets"]]


def secrets(number: int) -> list[Secret]:
    return [Secret(id=f"s{index:02d}", note=HUSH) for index in range(number)]


def test_a_batch_is_sealed_whole_before_its_first_request() -> None:
    safe = Safe(Response({}), Response({}), keys=Refusing(after=29))
    with pytest.raises(errors.KeyUnavailableError):
        safe.secrets.batch_put(secrets(30))
    assert safe.script.sent == []
    safe = Safe(Response({}), Response({}))
    given = secrets(30)
    assert safe.secrets.batch_put(given) == 30
    assert [len(written(request)) for request in safe.script.sent] == [25, 5]
    assert len(safe.asked) == 30
    assert {one.note for one in given} == {HUSH}


def test_what_a_batch_leaves_is_sent_again_as_it_was_sealed() -> None:
    safe = Safe()

    def leave(request: Request) -> Response:
        safe.script.sent.append(request)
        rows = request.body["RequestItems"]["secrets"]
        return Response({"UnprocessedItems": {"secrets": rows[1:]}} if len(safe.script.sent) == 1 else {})

    safe.script.send = leave  # type: ignore[method-assign]
    assert safe.secrets.batch_put(secrets(2)) == 2
    first, second = safe.script.sent
    assert written(second) == written(first)[1:]
    assert len(safe.asked) == 2


def test_of_two_writes_of_one_item_only_the_last_is_sealed() -> None:
    safe = Safe(Response({}))
    safe.secrets.batch_put([Secret(id="a", note="first"), Secret(id="a", note=HUSH)], last_wins=True)
    assert safe.asked == ["generate note"]


def test_chunks_are_cut_by_the_size_of_envelopes(monkeypatch: pytest.MonkeyPatch) -> None:
    safe = Safe(*[Response({})] * 3)
    monkeypatch.setattr(batch_write, "BATCH_WRITE_ENTRIES_MAX_BYTES", 900)
    safe.secrets.batch_put(secrets(5))
    sizes = [len(written(request)) for request in safe.script.sent]
    assert (sum(sizes), sizes[0] < 5) == (5, True)


def test_a_batch_get_opens_for_each_model_that_asks() -> None:
    safe = Safe(Response({"Responses": {"secrets": [stored(note={"S": HUSH}), stored("b")]}}))
    actions = safe.secrets.actions
    found = safe.client.batch_get([actions.get({"id": "b"}), actions.get({"id": "a"}), actions.get({"id": "a"})])
    assert [one.note for one in found.items] == [None, HUSH, HUSH]
    assert safe.asked == ["unwrap note"]


def test_a_batch_get_of_what_does_not_open_says_what_was_found() -> None:
    safe = Safe(
        Response(
            {
                "Responses": {"secrets": [stored(note={"S": HUSH})]},
                "UnprocessedKeys": {"secrets": {"Keys": [{"id": {"S": "b"}}]}},
            }
        ),
        Response({"Responses": {"secrets": [{"id": {"S": "b"}, "note": {"S": "plain"}}]}}),
    )
    with pytest.raises(errors.BatchIncompleteError) as caught:
        safe.secrets.batch_get([{"id": "a"}, {"id": "b"}])
    assert isinstance(caught.value.__cause__, errors.InvalidEncryptedEnvelopeError)
    assert [one.note for one in caught.value.items] == [HUSH]
    assert BatchGet.write is False


def test_a_transaction_is_sealed_once_and_sent_again_as_it_was() -> None:
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
    safe = Safe(Response({"CancellationReasons": reasons}, CONFLICT), Response({}))
    actions = safe.secrets.actions
    given = Secret(id="a", note=HUSH)
    safe.client.transact_write([actions.create(given), actions.update({"id": "b"}, set={"note": HUSH, "codes": {1}})])
    first, second = safe.script.sent
    assert first.body == second.body
    assert safe.asked == ["generate note", "generate codes", "generate note"]
    assert (given.note, HUSH in json.dumps(first.body)) == (HUSH, False)


def test_what_is_prepared_is_sealed() -> None:
    safe = Safe(Response({}))
    text = safe.client.prepare([safe.secrets.actions.put(Secret(id="a", note=HUSH))])
    assert HUSH not in text
    safe.client.transact_send(text)
    assert safe.sent() == json.loads(text)
    assert safe.asked == ["generate note"]


def test_a_transaction_get_opens() -> None:
    safe = Safe(Response({"Responses": [{}, {"Item": stored(note={"S": HUSH})}]}))
    actions = safe.secrets.actions
    nothing, found = safe.client.transact_get((actions.get({"id": "b"}), actions.get({"id": "a"})))
    assert nothing is None
    assert found is not None
    assert found.note == HUSH


def test_a_bulk_write_seals_chunk_by_chunk() -> None:
    safe = Safe(*[Response({})] * 2)
    assert safe.secrets.bulk_put(secrets(30), concurrency=1) == BulkCounts(written=30)
    assert len(safe.asked) == 30


def test_where_keys_are_refused_a_chunk_is_undone_and_the_stream_ends() -> None:
    safe = Safe(Response({}), keys=Refusing(after=25))
    with pytest.raises(errors.BatchIncompleteError) as caught:
        safe.secrets.bulk_put(secrets(30), concurrency=1)
    assert [key.key["id"] for key in caught.value.undone] == [f"s{index:02d}" for index in range(25, 30)]
    assert isinstance(caught.value.__cause__, errors.KeyUnavailableError)
    assert len(safe.script.sent) == 1


def test_a_refusal_that_may_pass_is_told_and_the_stream_goes_on() -> None:
    class Throttled(InMemoryKeys):
        def generate(self, key: str, context: Any) -> Any:
            fresh = super().generate(key, context)
            if len(self.asked) == 1:
                raise KeyRefusedError("ThrottlingException", status=400)
            return fresh

    told: list[BulkFailure] = []
    safe = Safe(Response({}), keys=Throttled())
    done = safe.secrets.bulk_put(secrets(30), concurrency=1, on_failure=told.append)
    assert done == BulkCounts(written=5, failed=25)
    assert {(one.state, one.error.code) for one in told} == {("undone", "KeyUnavailable")}


def test_a_write_too_large_for_its_envelope_is_refused_alone() -> None:
    told: list[BulkFailure] = []
    safe = Safe(Response({}))
    large = Secret(id="large", note="x" * (409_600 - 30))
    done = safe.secrets.bulk_put([*secrets(2), large], on_failure=told.append)
    assert done == BulkCounts(written=2, failed=1)
    assert [(one.key and one.key.key, one.error.code) for one in told] == [({"id": "large"}, "ItemTooLarge")]


def test_what_does_not_fit_with_its_envelope_goes_with_the_next_chunk_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    safe = Safe(*[Response({})] * 5)
    monkeypatch.setattr(batch_write, "BATCH_WRITE_ENTRIES_MAX_BYTES", 900)
    assert safe.secrets.bulk_put(secrets(6), concurrency=1) == BulkCounts(written=6)
    ids = [item["id"]["S"] for request in safe.script.sent for item in written(request)]
    assert ids == [f"s{index:02d}" for index in range(6)]
    assert (len(safe.asked), len(safe.script.sent) > 1) == (6, True)
