"""Query and scan on the standard lane: the caller's Stubber, handlers and retries stay in force there, too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore import exceptions as sdk
from botocore.stub import Stubber

from dynamorm import Table, errors, field, sort_key

from .models import Everything, Order
from .stub import Answer, fault, serving
from .test_transport import MODES, orm, sdk_client, session

LAST = {"customer_id": {"S": "c"}, "number": {"N": "1"}}
QUERY = {
    "TableName": "orders",
    "KeyConditionExpression": "#n0 = :v0 AND #n1 > :v1",
    "FilterExpression": "#n2 > :v2",
    "ExpressionAttributeNames": {"#n0": "customer_id", "#n1": "number", "#n2": "total"},
    "ExpressionAttributeValues": {":v0": {"S": "c"}, ":v1": {"N": "0"}, ":v2": {"N": "5"}},
}
SCAN = {"TableName": "orders", "Limit": 2, "Segment": 0, "TotalSegments": 2}


def query(table: Table[Order]) -> list[int]:
    return [item.number for item in table.query("c", sort_key > 0, filter=field("total") > 5)]


def scan(table: Table[Order]) -> list[int]:
    return [item.number for item in table.scan(page_size=2, segment=(0, 2))]


READS: dict[str, tuple[str, Any, dict[str, Any]]] = {"query": ("Query", query, QUERY), "scan": ("Scan", scan, SCAN)}


def item(number: int) -> dict[str, Any]:
    return {"customer_id": {"S": "c"}, "number": {"N": str(number)}}


@pytest.mark.parametrize("name", READS)
def test_a_stubber_sees_full_parameters_and_its_pages_are_read(name: str) -> None:
    _api, read, expected = READS[name]
    client = sdk_client()
    table = orm(client).table(Order)
    with Stubber(client) as stubber:
        stubber.add_response(name, {"Items": [item(1)], "Count": 1, "LastEvaluatedKey": LAST}, expected)
        stubber.add_response(name, {"Items": [item(2)], "Count": 1}, {**expected, "ExclusiveStartKey": LAST})
        assert read(table) == [1, 2]
        stubber.add_client_error(name, "ProvisionedThroughputExceededException", http_status_code=400)
        with pytest.raises(errors.ThrottledError):
            read(table)
        stubber.assert_no_pending_responses()


def test_a_stubber_that_expected_another_read_says_so_itself() -> None:
    client = sdk_client()
    table = orm(client).table(Order)
    with Stubber(client) as stubber:
        stubber.add_response("query", {}, {**QUERY, "TableName": "others"})
        with pytest.raises(sdk.StubAssertionError):
            query(table)


def test_bytes_in_items_and_last_key_are_read_as_boto3_gives_them() -> None:
    client = sdk_client()
    table = orm(client).table(Everything)
    first = {"Items": [{"id": {"B": b"\x00"}, "blobs": {"BS": [b"a"]}}], "LastEvaluatedKey": {"id": {"B": b"\xff\xfe"}}}
    behind = {"TableName": "everything", "ExclusiveStartKey": {"id": {"B": "//4="}}}
    with Stubber(client) as stubber:
        stubber.add_response("scan", first, {"TableName": "everything"})
        page = table.scan().page()
        assert [(one.id, one.blobs) for one in page.items] == [(b"\x00", {b"a"})]
        stubber.add_response("scan", {"Items": []}, behind)
        assert list(table.scan(cursor=page.cursor)) == []


@pytest.mark.parametrize("name", READS)
def test_the_callers_handlers_see_full_parameters_and_may_add_to_them(name: str) -> None:
    api, read, expected = READS[name]
    seen: list[Any] = []

    def build(params: dict[str, Any], **_: Any) -> None:
        seen.append(json.loads(json.dumps(params)))
        params["ReturnConsumedCapacity"] = "TOTAL"

    with serving(Answer({"Items": [item(1)], "LastEvaluatedKey": LAST}), Answer({"Items": [item(2)]})) as stub:
        client = sdk_client(stub.url)
        client.meta.events.register_last(f"before-parameter-build.dynamodb.{api}", build)
        assert read(orm(client).table(Order)) == [1, 2]
    assert seen == [expected, {**expected, "ExclusiveStartKey": LAST}]
    assert stub.asked() == [{**params, "ReturnConsumedCapacity": "TOTAL"} for params in seen]
    assert {headers["X-Amz-Target"] for headers in stub.headers} == {f"DynamoDB_20120810.{api}"}


def test_the_callers_own_paginator_on_the_same_client_is_untouched() -> None:
    with serving(Answer({"Items": [{"id": {"B": "AP8="}}], "LastEvaluatedKey": LAST}), Answer({"Items": []})) as stub:
        client = sdk_client(stub.url)
        orm(client)
        pages = list(client.get_paginator("scan").paginate(TableName="t"))
    assert [page["Items"] for page in pages] == [[{"id": {"B": b"\x00\xff"}}], []]
    assert stub.asked() == [{"TableName": "t"}, {"TableName": "t", "ExclusiveStartKey": LAST}]


@pytest.mark.parametrize("mode", MODES)
def test_a_page_that_was_lost_is_asked_for_again(mode: str) -> None:
    answers = Answer({"Items": [item(1)], "LastEvaluatedKey": LAST}), fault("InternalServerError", 500)
    with serving(*answers, Answer({"Items": [item(2)]})) as stub:
        assert query(orm(sdk_client(stub.url, mode, 2)).table(Order)) == [1, 2]
    assert stub.asked() == [QUERY, *[{**QUERY, "ExclusiveStartKey": LAST}] * 2]


TORN = {
    "torn": Answer({"Items": [item(1)]}, torn=True),
    "wrong checksum": Answer({"Items": [item(1)]}, crc=1),
    "half an object": Answer(b'{"Items": ['),
    "no object": Answer(b"[]"),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("answer", TORN.values(), ids=TORN)
@pytest.mark.parametrize("name", READS)
def test_a_page_that_cannot_be_read_is_a_network_error(mode: str, answer: Answer, name: str) -> None:
    _api, read, _expected = READS[name]
    with serving(answer) as stub, pytest.raises(errors.NetworkError) as caught:
        read(orm(sdk_client(stub.url, mode)).table(Order))
    assert (caught.value.maybe_applied, caught.value.retryable, caught.value.origin) == (False, True, "service")


def test_a_parallel_scan_shares_the_callers_client() -> None:
    with serving(Answer({"Items": [item(1)], "Count": 1})) as stub:
        items, cursors = orm(sdk_client(stub.url)).table(Order).scan().parallel(4).all()
    assert ([one.number for one in items], cursors) == ([1] * 4, [None] * 4)
    assert sorted(body["Segment"] for body in stub.asked()) == [0, 1, 2, 3]


def test_the_client_of_a_resource_does_not_marshal_twice() -> None:
    with serving(Answer({"Items": [item(1)], "LastEvaluatedKey": LAST}), Answer({"Items": [item(2)]})) as stub:
        client = session().resource("dynamodb", endpoint_url=stub.url).meta.client
        assert query(orm(client).table(Order)) == [1, 2]
    assert stub.asked() == [QUERY, {**QUERY, "ExclusiveStartKey": LAST}]
