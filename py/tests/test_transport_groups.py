"""Batches and transactions through a real boto3 client, whose retries, handlers and Stubber stay in force."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.stub import Stubber

from dynamorm import Client, Written, errors
from dynamorm.testing import FixedRandom, RecordingSleeper

from .models import Everything
from .stub import Answer, fault, serving
from .test_batch import Note, ids
from .test_transport import MODES, sdk_client, session


def orm(client: Any) -> Client:
    return Client(client, sleeper=RecordingSleeper(), random=FixedRandom())


WIRE = {"id": {"S": "a"}}
TEXT = {**WIRE, "text": {"S": "x"}}


def test_each_api_sends_its_body_and_reads_its_answer() -> None:
    with serving(
        Answer({"UnprocessedItems": {"notes": [{"DeleteRequest": {"Key": {"id": {"S": "b"}}}}]}}),
        Answer({"UnprocessedItems": {}}),
        Answer({"Responses": {"notes": [TEXT]}, "UnprocessedKeys": {}}),
        Answer({}),
        Answer({"Responses": [{"Item": TEXT}, {}]}),
    ) as stub:
        client = orm(sdk_client(stub.url))
        notes = client.table(Note)
        assert notes.batch_write([Note(id="a", text="x")], [{"id": "b"}]) == Written(1, 1)
        assert notes.batch_get([{"id": "a"}]).items == [Note(id="a", text="x")]
        client.transact_write([notes.actions.put({"id": "a"})], token="t")  # noqa: S106 - no secret
        both = client.transact_get([notes.actions.get({"id": name}) for name in "ab"])
    assert both == [Note(id="a", text="x"), None]
    put, delete = {"PutRequest": {"Item": TEXT}}, {"DeleteRequest": {"Key": {"id": {"S": "b"}}}}
    gets = [{"Get": {"TableName": "notes", "Key": {"id": {"S": name}}}} for name in "ab"]
    assert stub.asked() == [
        {"RequestItems": {"notes": [put, delete]}},
        {"RequestItems": {"notes": [delete]}},
        {"RequestItems": {"notes": {"Keys": [WIRE]}}},
        {"TransactItems": [{"Put": {"TableName": "notes", "Item": WIRE}}], "ClientRequestToken": "t"},
        {"TransactItems": gets},
    ]
    targets = [headers["X-Amz-Target"].partition(".")[2] for headers in stub.headers]
    assert targets == ["BatchWriteItem", "BatchWriteItem", "BatchGetItem", "TransactWriteItems", "TransactGetItems"]


def test_a_cancelled_transaction_has_its_reasons_with_their_items_and_the_sdks_error() -> None:
    reasons = [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Item": {"id": {"B": "AP8="}, "blob": {"B": "AA=="}}},
    ]
    with serving(fault("TransactionCanceledException", CancellationReasons=reasons)) as stub:
        client = orm(sdk_client(stub.url))
        actions = client.table(Everything).actions
        with pytest.raises(errors.TransactionCanceledError) as caught:
            client.transact_write([actions.put({"id": b"b"}), actions.create({"id": b"\x00\xff"})])
    error = caught.value
    assert type(error.__cause__).__name__ == "TransactionCanceledException"
    reason = error.reasons[1]
    assert isinstance(reason, errors.AlreadyExistsError)
    assert (error.reasons[0], reason.item.blob, error.request_id) == (None, b"\x00", "REQUEST1")


def test_what_is_sent_again_after_a_conflict_has_the_same_bytes() -> None:
    conflict = fault("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}])
    with serving(conflict, Answer(status=500), Answer({})) as stub:
        client = orm(sdk_client(stub.url, attempts=2))
        client.transact_write([client.table(Everything).actions.create({"id": b"a"})])
    assert len(stub.bodies) == 3
    assert len(set(stub.bodies)) == 1


@pytest.mark.parametrize("mode", MODES[:2])
def test_the_sdks_own_attempts_are_one_of_the_librarys(mode: str) -> None:
    slow = fault("ThrottlingException")
    with serving(slow, slow, slow, Answer({})) as stub:
        client = orm(sdk_client(stub.url, mode, attempts=2))
        sleeper = RecordingSleeper()
        client = Client(sdk_client(stub.url, mode, attempts=2), sleeper=sleeper, random=FixedRandom())
        assert client.table(Note).batch_put([Note(id="a")]) == 1
    assert (len(stub.bodies), sleeper.slept_ms) == (4, [25])


def test_a_lost_answer_leaves_writes_unknown_and_a_transaction_maybe_applied() -> None:
    with serving(Answer(close=True)) as stub:
        client = orm(sdk_client(stub.url))
        notes = client.table(Note)
        with pytest.raises(errors.BatchIncompleteError) as batch:
            notes.batch_put([Note(id="a")])
        with pytest.raises(errors.NetworkError) as transaction:
            client.transact_write([notes.actions.put({"id": "a"})])
        with pytest.raises(errors.NetworkError) as read:
            client.transact_get([notes.actions.get({"id": "a"})])
    assert (ids(batch.value.unknown), batch.value.maybe_applied) == (["a"], True)
    assert (transaction.value.maybe_applied, read.value.maybe_applied) == (True, False)


def test_a_stubber_sees_full_parameters_and_its_answers_are_read() -> None:
    client = sdk_client()
    mapper = orm(client)
    blobs = mapper.table(Everything)
    with Stubber(client) as stubber:
        stubber.add_response(
            "batch_write_item",
            {"UnprocessedItems": {}},
            {"RequestItems": {"everything": [{"PutRequest": {"Item": {"id": {"B": "YQ=="}}}}]}},
        )
        assert blobs.batch_put([{"id": b"a"}]) == 1
        found = {"Responses": {"everything": [{"id": {"B": b"a"}}]}}
        stubber.add_response(
            "batch_get_item", found, {"RequestItems": {"everything": {"Keys": [{"id": {"B": "YQ=="}}]}}}
        )
        assert [one.id for one in blobs.batch_get([{"id": b"a"}]).items] == [b"a"]
        stubber.add_response("transact_get_items", {"Responses": [{"Item": {"id": {"B": b"a"}}}]})
        (got,) = mapper.transact_get([blobs.actions.get({"id": b"a"})])
        assert got is not None
        assert got.id == b"a"
        reasons = [{"Code": "ConditionalCheckFailed", "Item": {"id": {"B": b"a"}}}]
        stubber.add_client_error(
            "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": reasons}
        )
        with pytest.raises(errors.TransactionCanceledError) as caught:
            mapper.transact_write([blobs.actions.create({"id": b"a"})])
        stubber.assert_no_pending_responses()
    (reason,) = caught.value.reasons
    assert reason is not None
    assert reason.item.id == b"a"


def test_the_callers_handlers_see_full_parameters_and_may_add_to_them() -> None:
    seen: list[Any] = []

    def build(params: dict[str, Any], **_: Any) -> None:
        seen.append(json.loads(json.dumps(params)))
        params["ReturnConsumedCapacity"] = "TOTAL"

    with serving(Answer({})) as stub:
        client = sdk_client(stub.url)
        client.meta.events.register_last("before-parameter-build.dynamodb", build)
        mapper = orm(client)
        mapper.table(Note).batch_put([Note(id="a")])
        mapper.transact_write([mapper.table(Note).actions.put({"id": "a"})])
    assert stub.asked() == [{**one, "ReturnConsumedCapacity": "TOTAL"} for one in seen]
    assert list(seen[0]["RequestItems"]) == ["notes"]


def test_the_callers_own_batches_on_the_same_client_are_untouched() -> None:
    answers = (
        Answer({"Responses": {"t": [{"id": {"B": "AP8="}}]}}),
        Answer({"Responses": [{"Item": {"id": {"B": "AP8="}}}]}),
    )
    with serving(*answers) as stub:
        client = sdk_client(stub.url)
        orm(client)
        found = client.batch_get_item(RequestItems={"t": {"Keys": [{"id": {"B": b"\x00\xff"}}]}})
        assert found["Responses"]["t"] == [{"id": {"B": b"\x00\xff"}}]
        got = client.transact_get_items(TransactItems=[{"Get": {"TableName": "t", "Key": {"id": {"S": "a"}}}}])
    assert got["Responses"][0]["Item"] == {"id": {"B": b"\x00\xff"}}


def test_the_client_of_a_resource_does_not_marshal_twice() -> None:
    with serving(Answer({}), Answer({"Responses": {"notes": [TEXT]}}), Answer({})) as stub:
        client: Any = session().resource("dynamodb", endpoint_url=stub.url).meta.client
        mapper = orm(client)
        notes = mapper.table(Note)
        notes.batch_put([Note(id="a", text="x")])
        assert notes.batch_get([{"id": "a"}]).items == [Note(id="a", text="x")]
        mapper.transact_write([notes.actions.check({"id": "a"}, must_exist=True), notes.actions.put({"id": "b"})])
    asked = stub.asked()
    assert asked[0]["RequestItems"]["notes"][0]["PutRequest"]["Item"] == TEXT
    assert asked[1]["RequestItems"]["notes"]["Keys"] == [WIRE]
    assert asked[2]["TransactItems"][0]["ConditionCheck"]["Key"] == WIRE


def test_a_stream_goes_out_by_threads() -> None:
    with serving(Answer({"UnprocessedItems": {}})) as stub:
        done = orm(sdk_client(stub.url)).table(Note).bulk_put(Note(id=f"n{index}") for index in range(300))
    asked = [item for body in stub.asked() for item in body["RequestItems"]["notes"]]
    names = {item["PutRequest"]["Item"]["id"]["S"] for item in asked}
    assert (done.written, len(asked), len(names), len(stub.bodies)) == (300, 300, 300, 12)


def test_the_sdk_finds_the_endpoint_by_the_tables_in_their_order() -> None:
    seen: list[list[str]] = []

    def resolve(params: dict[str, Any], **_: Any) -> None:
        entries = [body for entry in params.get("TransactItems", ()) for body in entry.values()]
        seen.append(list(params["RequestItems"]) if not entries else [body["TableName"] for body in entries])

    with serving(Answer({}), Answer({"Responses": {}}), Answer({}), Answer({"Responses": [{}, {}]})) as stub:
        client = sdk_client(stub.url)
        client.meta.events.register("before-endpoint-resolution.dynamodb", resolve)
        mapper = orm(client)
        notes, blobs = mapper.table(Note).actions, mapper.table(Everything).actions
        mapper.batch_write([notes.put({"id": "a"}), blobs.put({"id": b"a"}), notes.put({"id": "b"})])
        mapper.batch_get([blobs.get({"id": b"a"})])
        mapper.transact_write([blobs.check({"id": b"a"}, must_exist=True), notes.put({"id": "a"})])
        mapper.transact_get((notes.get({"id": "a"}), blobs.get({"id": b"a"})))
    assert seen == [["notes", "everything"], ["everything"], ["everything", "notes"], ["notes", "everything"]]
