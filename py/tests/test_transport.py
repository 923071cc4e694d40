"""The standard lane: a real boto3 client, whose retries, handlers and Stubber stay in force."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore import exceptions as sdk
from botocore.config import Config
from botocore.stub import Stubber

from dynamorm import Client, errors
from dynamorm.testing import FixedClock

from .conftest import NOW_NS
from .models import Everything, Order
from .stub import Answer, fault, serving

if TYPE_CHECKING:
    from .stub import Stub

KEY = {"customer_id": "c", "number": 1}
WIRE_KEY = {"customer_id": {"S": "c"}, "number": {"N": "1"}}
STORED = {**WIRE_KEY, "version": {"N": "3"}, "status": {"S": "paid"}}
MODES = ["legacy", "standard", "adaptive"]


def session() -> boto3.Session:
    return boto3.Session("AKID", "secret", region_name="eu-central-1")


def sdk_client(url: str = "http://127.0.0.1:1", mode: str = "standard", attempts: int = 1) -> Any:
    retries: Any = {"mode": mode, "total_max_attempts": attempts}
    config = Config(retries=retries, read_timeout=5, connect_timeout=5)
    return session().client("dynamodb", endpoint_url=url, config=config)


def orm(client: Any) -> Client:
    return Client(client, clock=FixedClock(NOW_NS))


def order(**members: Any) -> Order:
    return Order(customer="c", number=1, **members)


# ---------------------------------------------------------------- the caller's own hooks


def test_a_stubber_sees_full_parameters_and_its_answers_are_read() -> None:
    client = sdk_client()
    table = orm(client).table(Order)
    with Stubber(client) as stubber:
        stubber.add_response(
            "get_item", {"Item": STORED}, {"TableName": "orders", "Key": WIRE_KEY, "ConsistentRead": True}
        )
        assert table.get(KEY, consistent=True).version == 3
        stubber.add_client_error("put_item", "ConditionalCheckFailedException", http_status_code=400)
        with pytest.raises(errors.ConditionFailedError):
            table.create(order())
        stubber.assert_no_pending_responses()


def test_a_stubber_answers_with_bytes_as_boto3_does() -> None:
    client = sdk_client()
    table = orm(client).table(Everything)
    with Stubber(client) as stubber:
        item = {"id": {"B": b"k"}, "blob": {"B": b"\x00\xff"}, "blobs": {"BS": [b"a"]}}
        stubber.add_response("get_item", {"Item": item})
        read = table.get({"id": b"k"})
    assert (read.id, read.blob, read.blobs) == (b"k", b"\x00\xff", {b"a"})


def test_a_stubber_that_expected_something_else_says_so_itself() -> None:
    client = sdk_client()
    table = orm(client).table(Order)
    with Stubber(client) as stubber:
        stubber.add_response("get_item", {}, {"TableName": "others", "Key": WIRE_KEY})
        with pytest.raises(sdk.StubAssertionError):
            table.get(KEY)
    with Stubber(client), pytest.raises(sdk.UnStubbedResponseError):
        table.get(KEY)


def test_the_callers_handlers_see_full_parameters_and_may_add_to_them() -> None:
    seen: list[Any] = []

    def build(params: dict[str, Any], **_: Any) -> None:
        seen.append(json.loads(json.dumps(params)))
        params["ReturnConsumedCapacity"] = "TOTAL"

    def send(request: Any, **_: Any) -> None:
        seen.append(json.loads(request.body))

    with serving(Answer({"Item": STORED})) as stub:
        client = sdk_client(stub.url)
        client.meta.events.register_last("before-parameter-build.dynamodb.GetItem", build)
        table = orm(client).table(Order)
        client.meta.events.register("before-send.dynamodb.GetItem", send)
        table.get(KEY)
    full = {"TableName": "orders", "Key": WIRE_KEY}
    assert seen == [full, {**full, "ReturnConsumedCapacity": "TOTAL"}]
    assert stub.asked() == seen[1:]
    assert "Authorization" in stub.headers[0]


def test_the_callers_own_calls_on_the_same_client_are_untouched() -> None:
    with serving(Answer({"Item": {"id": {"B": "AP8="}}})) as stub:
        client = sdk_client(stub.url)
        orm(client)
        found = client.get_item(TableName="t", Key={"id": {"B": b"\x00"}})
        assert found["Item"] == {"id": {"B": b"\x00\xff"}}
        assert stub.asked() == [{"TableName": "t", "Key": {"id": {"B": "AA=="}}}]
        with pytest.raises(sdk.ParamValidationError):
            client.get_item(TableName="t", Key=5)


EVENTS = [
    "provide-client-params",
    "before-parameter-build",
    "before-call",
    "request-created",
    "before-send",
    "before-parse",
    "needs-retry",
    "after-call",
]


@pytest.mark.parametrize("event", EVENTS)
def test_a_handler_may_call_the_same_client_in_the_middle_of_ours(event: str) -> None:
    found: list[Any] = []

    def look(**_: Any) -> None:
        if not found:
            found.append(None)
            found[0] = client.get_item(TableName="audit", Key={"id": {"B": b"\x00"}})["Item"]

    with serving(Answer({"Item": {**STORED, "blob": {"B": "AP8="}}})) as stub:
        client = sdk_client(stub.url)
        table = orm(client).table(Order)
        client.meta.events.register(f"{event}.dynamodb.PutItem", look)
        assert table.save(order(version=2)).version == 3
    assert found == [{**STORED, "blob": {"B": b"\x00\xff"}}]
    bodies = {body["TableName"]: body for body in stub.asked()}
    assert bodies["audit"] == {"TableName": "audit", "Key": {"id": {"B": "AA=="}}}
    assert bodies["orders"]["Item"]["version"] == {"N": "3"}
    assert len(stub.asked()) == 2


def test_two_clients_on_one_sdk_client_send_once_each() -> None:
    with serving(Answer({"Item": STORED})) as stub:
        client = sdk_client(stub.url)
        first, second = orm(client), orm(client)
        first.table(Order).get(KEY)
        second.table(Order).get(KEY)
    assert len(stub.bodies) == 2


def test_clients_of_two_sessions_keep_to_themselves() -> None:
    with serving(Answer({"Item": STORED})) as one, serving(Answer({})) as two:
        first, second = orm(sdk_client(one.url)), orm(sdk_client(two.url))
        assert first.table(Order).find(KEY) is not None
        assert second.table(Order).find(KEY) is None
        assert first.table(Order).find(KEY) is not None
    assert (len(one.bodies), len(two.bodies)) == (2, 1)


def test_threads_on_one_client_do_not_mix_their_calls() -> None:
    with serving(Answer({})) as stub:
        db = orm(sdk_client(stub.url))

        def work(number: int) -> None:
            for _ in range(5):
                db.table(Order).put(Order(customer=f"c{number}", number=number))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    asked = [(body["Item"]["customer_id"]["S"], body["Item"]["number"]["N"]) for body in stub.asked()]
    assert sorted(asked) == sorted([(f"c{number}", str(number)) for number in range(4)] * 5)


def test_the_client_of_a_resource_does_not_marshal_twice() -> None:
    with serving(Answer({"Item": STORED}), Answer({"Attributes": STORED}), Answer({})) as stub:
        client = session().resource("dynamodb", endpoint_url=stub.url).meta.client
        table = orm(client).table(Order)
        assert table.get(KEY).version == 3
        table.update(KEY, set={"notes": "x"}, expected_version=2)
        table.put(order())
    assert stub.asked()[0]["Key"] == WIRE_KEY
    assert stub.asked()[1]["ExpressionAttributeValues"][":v0"] == {"N": "2"}
    assert stub.asked()[2]["Item"]["number"] == {"N": "1"}


# ---------------------------------------------------------------- retries


def attempts_of(stub: Stub) -> int:
    assert len(set(stub.bodies)) == 1
    return len(stub.bodies)


LOST: list[tuple[str, Answer, bool]] = [
    ("a 500", fault("InternalServerError", 500), True),
    ("a throttle", fault("ProvisionedThroughputExceededException"), False),
    ("a closed connection", Answer(close=True), True),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("_name", "answer", "maybe"), LOST, ids=[name for name, _, _ in LOST])
def test_the_sdk_retries_with_the_same_bytes(mode: str, _name: str, answer: Answer, maybe: bool) -> None:  # noqa: FBT001 - a row of the table
    with serving(answer, Answer({"Attributes": STORED})) as stub:
        assert orm(sdk_client(stub.url, mode, 2)).table(Order).update(KEY, set={"notes": "x"}).version == 3
    assert attempts_of(stub) == 2
    with serving(answer) as stub, pytest.raises(errors.DynamORMError) as caught:
        orm(sdk_client(stub.url, mode, 2)).table(Order).update(KEY, set={"notes": "x"})
    assert attempts_of(stub) == 2
    assert caught.value.maybe_applied is maybe
    assert caught.value.retryable
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("mode", MODES)
def test_a_lost_answer_and_then_our_own_item_is_a_success(mode: str) -> None:
    with serving(Answer({})) as stub:
        orm(sdk_client(stub.url)).table(Order).create(order())
    ours = stub.asked()[0]["Item"]
    refused = fault("ConditionalCheckFailedException", Item=ours)
    with serving(fault("InternalServerError", 500), refused) as stub:
        assert orm(sdk_client(stub.url, mode, 2)).table(Order).create(order()).version == 1
    assert attempts_of(stub) == 2
    with serving(refused) as stub, pytest.raises(errors.AlreadyExistsError) as caught:
        orm(sdk_client(stub.url, mode, 2)).table(Order).create(order())
    assert not caught.value.maybe_applied


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "answer",
    [
        Answer({"Attributes": STORED}, torn=True),
        Answer({"Attributes": STORED}, crc=1),
        Answer(b'{"Attributes": {'),
        Answer(b"[]"),
    ],
    ids=["torn", "wrong checksum", "half an object", "no object"],
)
def test_an_answer_that_cannot_be_read_is_a_network_error(mode: str, answer: Answer) -> None:
    with serving(answer) as stub:
        table = orm(sdk_client(stub.url, mode)).table(Order)
        with pytest.raises(errors.NetworkError) as caught:
            table.update(KEY, set={"notes": "x"})
        assert (caught.value.maybe_applied, caught.value.retryable, caught.value.origin) == (True, True, "service")
        with pytest.raises(errors.NetworkError) as caught:
            table.get(KEY)
        assert not caught.value.maybe_applied


def test_a_refused_connection_has_applied_nothing() -> None:
    with pytest.raises(errors.NetworkError) as caught:
        orm(sdk_client()).table(Order).put(order())
    assert (caught.value.maybe_applied, caught.value.origin, caught.value.retryable) == (False, "client", True)


def test_a_request_without_credentials_is_access_denied_and_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with serving(Answer({})) as stub:
        client = boto3.Session(region_name="eu-central-1").client("dynamodb", endpoint_url=stub.url)
        with pytest.raises(errors.AccessDeniedError) as caught:
            orm(client).table(Order).put(order())
    assert (stub.bodies, caught.value.origin, caught.value.maybe_applied) == ([], "client", False)


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("answer", "error", "retryable"),
    [
        (fault("ResourceNotFoundException"), errors.TableNotFoundError, False),
        (fault("ThrottlingException"), errors.ThrottledError, True),
        (fault("AccessDeniedException"), errors.AccessDeniedError, False),
        (fault("NobodyKnowsException"), errors.ServiceError, False),
        (fault("NobodyKnowsException", 503), errors.ServiceError, True),
        (Answer(b"", 503), errors.ServiceError, True),
        (Answer(b"<html>", 502), errors.ServiceError, True),
        (Answer(b"<html>", 403), errors.ServiceError, False),
    ],
    ids=range(8),
)
def test_a_fault_becomes_its_error(answer: Answer, error: type[errors.DynamORMError], *, retryable: bool) -> None:
    with serving(answer) as stub, pytest.raises(error) as caught:
        orm(sdk_client(stub.url)).table(Order).get(KEY)
    assert caught.value.retryable is retryable
    assert (caught.value.status, caught.value.origin) == (answer.status, "service")
    assert caught.value.request_id == "REQUEST1"
    assert isinstance(caught.value.__cause__, sdk.ClientError)


def test_the_item_of_a_failed_condition_is_read_by_the_model() -> None:
    with serving(fault("ConditionalCheckFailedException", Item=STORED)) as stub:
        with pytest.raises(errors.VersionConflictError) as caught:
            orm(sdk_client(stub.url)).table(Order).save(order(version=2))
        assert caught.value.item == order(status="paid", version=3, labels=set())


def test_the_standard_lane_sends_what_boto3_would() -> None:
    given = order(total=5, labels={"b", "a"}, lines=[{"sku": "x", "qty": 1}])
    with serving(Answer({})) as stub:
        client = sdk_client(stub.url)
        orm(client).table(Order).put(given)
        ours = stub.asked()[0]
        lines = TypeSerializer().serialize([{"sku": "x", "qty": 1}])
        client.put_item(TableName="orders", Item={**ours["Item"], "lines": lines})
        assert stub.asked()[1] == ours
    targets = {headers["X-Amz-Target"] for headers in stub.headers}
    assert targets == {"DynamoDB_20120810.PutItem"}
