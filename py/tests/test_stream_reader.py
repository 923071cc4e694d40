"""A reader of a stream over given answers of DynamoDB Streams."""

from __future__ import annotations

from itertools import islice
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from dynamorm import Client, errors
from dynamorm.testing import RecordingSleeper, Response, Script

from .stub import Answer, serving
from .test_stream import Event, record

ARN = "arn:aws:dynamodb:us-east-1:1:table/events/stream/1"
FOUND = Response({"Table": {"LatestStreamArn": ARN}})


def shard(name: str, parent: str | None = None, *, closed: bool = False) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": "1", **({"EndingSequenceNumber": "9"} if closed else {})}
    return {"ShardId": name, "SequenceNumberRange": numbers, **({} if parent is None else {"ParentShardId": parent})}


def change(number: int) -> dict[str, Any]:
    out = record(keys={"id": {"S": "e"}, "at": {"B": b"x"}})
    out["dynamodb"]["SequenceNumber"] = str(number)
    return out


class Streams:
    """Answers as boto3's client of streams would: pages of shards, and for each shard its pages of records."""

    def __init__(self, *listings: list[dict[str, Any]], **pages: list[Any]) -> None:
        self.listings, self.pages = list(listings), {name: list(given) for name, given in pages.items()}
        self.asked: list[str] = []

    def describe_stream(self, **params: Any) -> dict[str, Any]:
        assert params["StreamArn"] == ARN
        self.asked.append(f"describe {params.get('ExclusiveStartShardId', '')}".strip())
        shards = self.listings.pop(0) if len(self.listings) > 1 else self.listings[0]
        more = [one for one in shards if one.get("more")]
        description: dict[str, Any] = {"Shards": [one for one in shards if not one.get("more")]}
        if more:
            description["LastEvaluatedShardId"] = more[0]["more"]
        return {"StreamDescription": description}

    def get_shard_iterator(self, **params: Any) -> dict[str, Any]:
        self.asked.append(f"{params['ShardIteratorType']} {params['ShardId']}")
        return {"ShardIterator": params["ShardId"]}

    def get_records(self, **params: Any) -> dict[str, Any]:
        name = params["ShardIterator"]
        self.asked.append(f"read {name}")
        given = self.pages[name].pop(0) if self.pages[name] else []
        if isinstance(given, Exception):
            raise given
        ends = bool(given) and given[-1] is None
        more = {} if ends else {"NextShardIterator": name}
        return {"Records": [change(number) for number in given if number is not None], **more}


def read(streams: Streams, **options: Any) -> list[int]:
    client = Client(transport=Script([FOUND]), sleeper=RecordingSleeper())
    records = client.stream(Event).read(streams, until_end=True, **options)
    return [int(one.sequence_number) for one in records]


def test_a_shard_is_read_behind_its_parent_and_each_record_comes_once() -> None:
    streams = Streams(
        [shard("child", "parent"), shard("parent", "long-gone", closed=True)],
        parent=[[1, 2], [], [3, None]],
        child=[[4], [5]],
    )
    assert read(streams) == [1, 2, 3, 4, 5]
    assert streams.asked.count("TRIM_HORIZON parent") == 1
    assert streams.asked.index("TRIM_HORIZON child") > streams.asked.index("TRIM_HORIZON parent")


def test_shards_side_by_side_keep_their_own_order() -> None:
    found = read(Streams([shard("a"), shard("b")], a=[[1], [3]], b=[[2], [4]]))
    assert ([one for one in found if one % 2], sorted(found)) == ([1, 3], [1, 2, 3, 4])


def test_every_page_of_the_description_is_read() -> None:
    streams = Streams([shard("a"), {"more": "a"}], [shard("b")], a=[[1]], b=[[2]])
    assert sorted(read(streams)) == [1, 2]
    assert streams.asked[:2] == ["describe", "describe a"]


def test_what_follows_a_shard_that_ends_meanwhile_is_found() -> None:
    streams = Streams([shard("a")], [shard("a", closed=True), shard("b", "a")], a=[[1, None]], b=[[2]])
    assert read(streams) == [1, 2]


def test_from_now_on_means_what_is_open_and_what_comes() -> None:
    listing = [shard("old", closed=True), shard("open", "old")]
    later = [*listing[:1], shard("open", "old", closed=True), shard("next", "open")]
    streams = Streams(listing, later, open=[[1, None]], next=[[2]])
    assert read(streams, start="now") == [1, 2]
    assert [one for one in streams.asked if " " in one and not one.startswith("read")] == [
        "LATEST open",
        "TRIM_HORIZON next",
    ]


def test_a_reader_waits_between_reads_that_gave_nothing() -> None:
    sleeper = RecordingSleeper()
    client = Client(transport=Script([FOUND, FOUND]), sleeper=sleeper)
    streams = Streams([shard("a")], a=[[1], [], [], [2]])
    assert [one.sequence_number for one in islice(client.stream(Event).read(streams), 2)] == ["1", "2"]
    assert sleeper.slept_ms == [1_000, 1_000]
    again = Streams([shard("a")], a=[[], [2]])
    assert len(list(islice(client.stream(Event).read(again, poll_seconds=0.25), 1))) == 1
    assert sleeper.slept_ms[2:] == [250]


def test_an_empty_stream_ends_at_once() -> None:
    assert read(Streams([])) == []
    assert read(Streams([shard("a")], a=[])) == []


@pytest.mark.parametrize("table", [{}, {"Table": {}}, {"Table": {"LatestStreamArn": None}}, {"Table": "x"}])
def test_a_table_without_a_stream_is_refused(table: dict[str, Any]) -> None:
    client = Client(transport=Script([Response(table)]))
    with pytest.raises(errors.ValidationFailedError) as caught:
        next(client.stream(Event).read(Streams([])))
    assert caught.value.origin == "client"


@pytest.mark.parametrize("options", [{"start": "yesterday"}, {"poll_seconds": -1}])
def test_settings_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(errors.ValidationFailedError):
        read(Streams([]), **options)


def test_errors_of_streams_are_the_library_s() -> None:
    given: Any = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    gone = ClientError(given, "GetRecords")
    with pytest.raises(errors.ThrottledError) as caught:
        read(Streams([shard("a")], a=[gone]))
    assert caught.value.__cause__ is gone
    with pytest.raises(errors.NetworkError):
        read(Streams([shard("a")], a=[EndpointConnectionError(endpoint_url="http://x")]))


def test_the_table_is_described_through_the_client_s_own_sdk() -> None:
    config = Config(retries={"total_max_attempts": 1})
    with serving(Answer({"Table": {"LatestStreamArn": ARN}})) as stub:
        session = boto3.Session("key", "secret", region_name="us-east-1")
        client = Client(session.client("dynamodb", endpoint_url=stub.url, config=config), table_prefix="dev-")
        assert list(client.stream(Event).read(Streams([]), until_end=True)) == []
    assert stub.asked() == [{"TableName": "dev-events"}]


def test_a_client_of_streams_is_made_where_dynamodb_is(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Any, ...]] = []

    def make(service: str, *, endpoint_url: str | None, region_name: str | None) -> Any:
        made.append((service, endpoint_url, region_name))
        return Streams([])

    monkeypatch.setattr(boto3, "client", make)
    client = Client(transport=Script([FOUND]), endpoint_url="http://local", region="eu-west-1")
    assert list(client.stream(Event).read(until_end=True)) == []
    assert made == [("dynamodbstreams", "http://local", "eu-west-1")]
