"""Tables of models over given answers: what is sent, how long it waits, what differs, and what is exported."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from dynamorm import (
    TTL,
    Client,
    Index,
    Model,
    PartitionKey,
    SortKey,
    Sse,
    TableDifference,
    TableIndex,
    TableKey,
    TableProjection,
    TableSettings,
    TableSse,
    Throughput,
    UnixSeconds,
    dump,
    errors,
    load_dms,
    schema_of,
)
from dynamorm.testing import RecordingSleeper, Response, Script

from .stub import Answer, fault, serving

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING = Response(error=errors.TableNotFoundError("no"))
IN_USE = Response(error=errors.TableExistsError("no"))
HALF: Any = 2.5
REFUSED = Response(error=errors.ValidationFailedError("no", origin="service"))


class Note(Model, table="notes", indexes=[Index("by-text", "text")]):
    id: Annotated[str, PartitionKey()]
    text: str | None = None
    until: Annotated[datetime | None, UnixSeconds, TTL()] = None


class Reply(Model, table="notes", indexes=[Index("by-number", "number", projection="KEYS_ONLY")]):
    id: Annotated[str, PartitionKey()]
    number: int | None = None


class Visit(
    Model,
    table="visits",
    indexes=[Index("by-day", sort="day", local=True, projection="INCLUDE", fields=("ward", "day"))],
):
    ward: Annotated[str, PartitionKey()]
    at: Annotated[int, SortKey()]
    day: str | None = None


KEYS = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "text", "AttributeType": "S"},
    ],
}
BY_TEXT = {
    "IndexName": "by-text",
    "IndexStatus": "ACTIVE",
    "KeySchema": [{"AttributeName": "text", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
ID = TableKey("id", "HASH", "S")
TEXT_INDEX = TableIndex("by-text", "GSI", (TableKey("text", "HASH", "S"),), TableProjection("ALL"))


def table(status: str = "ACTIVE", *indexes: dict[str, Any], **more: Any) -> Response:
    return Response(
        {
            "Table": {
                "TableName": "notes",
                "TableStatus": status,
                "GlobalSecondaryIndexes": list(indexes),
                **KEYS,
                **more,
            }
        }
    )


def ttl(attribute: str | None) -> Response:
    said = {"TimeToLiveStatus": "DISABLED"} if attribute is None else {"TimeToLiveStatus": "ENABLED"}
    return Response({"TimeToLiveDescription": said | ({} if attribute is None else {"AttributeName": attribute})})


class Desk:
    """A client over given answers, what it sent, and how long it waited."""

    def __init__(self, *answers: Response) -> None:
        self.script, self.sleeper = Script(answers), RecordingSleeper()
        self.client = Client(transport=self.script, sleeper=self.sleeper)

    @property
    def apis(self) -> list[str]:
        return [request.api for request in self.script.sent]

    @property
    def slept(self) -> list[int]:
        return [milliseconds // 1000 for milliseconds in self.sleeper.slept_ms]


def test_a_table_is_created_waited_for_and_given_its_ttl() -> None:
    desk = Desk(Response(), table("CREATING"), MISSING, table("ACTIVE", BY_TEXT), Response())
    made = desk.client.create_table(Note)
    assert desk.apis == ["CreateTable", "DescribeTable", "DescribeTable", "DescribeTable", "UpdateTimeToLive"]
    assert [request.write for request in desk.script.sent] == [True, False, False, False, True]
    assert (desk.slept, made.status, made.ttl, made.keys) == ([1, 2], "ACTIVE", "until", (ID,))


def test_a_loaded_model_makes_the_same_request_as_its_class() -> None:
    client = Desk().client
    loaded = load_dms(dump(schema_of(Note).document))["Note"]
    assert client.table_request(loaded) == client.table_request([Note]) == client.table_request(Note)


def test_the_waits_of_all_steps_together_are_no_longer_than_the_timeout() -> None:
    number = {"AttributeName": "number", "KeyType": "HASH"}
    by_number = {
        **BY_TEXT,
        "IndexName": "by-number",
        "KeySchema": [number],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    ready = table("ACTIVE", by_number)
    desk = Desk(table(), ttl("until"), Response(), table("UPDATING"), ready, Response(), ready)
    with pytest.raises(errors.CanceledError) as raised:
        # The one second that the first index took leaves none for the second.
        desk.client.ensure_table([Note, Reply], TableSettings(timeout_seconds=1.9), add_indexes=True)
    assert (raised.value.origin, desk.slept) == ("service", [1])
    assert desk.apis.count("UpdateTable") == 2


def test_a_missing_index_is_added_with_the_throughput_of_the_table() -> None:
    units: dict[str, Any] = {"ProvisionedThroughput": {"ReadCapacityUnits": 4, "WriteCapacityUnits": 3}}
    desk = Desk(table(**units), ttl("until"), Response(), table(), table("ACTIVE", BY_TEXT))
    done = desk.client.ensure_table(Note, add_indexes=True)
    assert (done.created, done.added, done.ttl_enabled, desk.slept) == (False, ("by-text",), False, [1])
    assert done.description.ttl == "until"
    assert desk.script.sent[2].body == {
        "TableName": "notes",
        "AttributeDefinitions": [{"AttributeName": "text", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [
            {
                "Create": {
                    "IndexName": "by-text",
                    "KeySchema": BY_TEXT["KeySchema"],
                    "Projection": BY_TEXT["Projection"],
                    **units,
                }
            }
        ],
    }


def test_an_index_that_is_added_to_a_table_on_demand_has_no_throughput() -> None:
    more: dict[str, Any] = {
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
    }
    desk = Desk(table(**more), ttl("until"), Response(), table("ACTIVE", BY_TEXT))
    desk.client.ensure_table(Note, add_indexes=True)
    assert "ProvisionedThroughput" not in desk.script.sent[2].body["GlobalSecondaryIndexUpdates"][0]["Create"]


@pytest.mark.parametrize(
    ("answers", "apis"),
    [
        ([Response(), table("DELETING"), MISSING], ["CreateTable", "DescribeTable", "DescribeTable"]),
        ([Response(), table("UPDATING"), MISSING], ["CreateTable", "DescribeTable", "DescribeTable"]),
    ],
    ids=["while-it-is-made", "while-it-changes"],
)
def test_a_table_that_is_deleted_meanwhile_is_not_found(answers: Sequence[Response], apis: list[str]) -> None:
    desk = Desk(*answers)
    with pytest.raises(errors.TableNotFoundError):
        desk.client.create_table(Note)
    assert desk.apis == apis


def test_a_table_that_is_deleted_while_an_index_is_added_is_not_found() -> None:
    desk = Desk(table(), ttl("until"), Response(), MISSING)
    with pytest.raises(errors.TableNotFoundError):
        desk.client.ensure_table(Note, add_indexes=True)


def test_of_two_who_create_one_takes_what_the_other_made() -> None:
    desk = Desk(MISSING, IN_USE, table("DELETING"), MISSING, Response(), table("ACTIVE", BY_TEXT), Response())
    done = desk.client.ensure_table(Note)
    assert (done.created, done.ttl_enabled, desk.slept) == (True, True, [1])


def test_ttl_that_somebody_else_enabled_is_well_and_any_other_refusal_is_not() -> None:
    start = [table("ACTIVE", BY_TEXT), ttl(None)]
    done = Desk(*start, REFUSED, ttl("until")).client.ensure_table(Note)
    assert (done.ttl_enabled, done.description.ttl) == (False, "until")
    with pytest.raises(errors.ValidationFailedError):
        Desk(*start, REFUSED, ttl("other")).client.ensure_table(Note)


def test_what_differs_is_told_in_a_structure_that_an_error_carries_and_keeps_when_it_is_copied() -> None:
    extra = {**BY_TEXT, "IndexName": "a"}
    settings = TableSettings(stream="NEW_IMAGE", sse=Sse("k"), deletion_protection=False)
    told = table("ACTIVE", extra, SSEDescription={"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "j"})
    desk = Desk(told, ttl("other"))
    expected = (
        TableDifference("stream", "missing", "NEW_IMAGE"),
        TableDifference("sse", "different", Sse("k"), Sse("j")),
        TableDifference("ttl", "different", "until", "other"),
        TableDifference("index", "extra", None, TableIndex("a", *_shape(), status="ACTIVE"), "a"),
        TableDifference("index", "missing", TEXT_INDEX, None, "by-text"),
    )
    with pytest.raises(errors.TableMismatchError) as raised:
        desk.client.ensure_table(Note, settings, add_indexes=True)
    assert raised.value.differences == expected
    assert "by-text" in str(raised.value)
    assert copy.copy(raised.value).differences == expected
    again = pickle.loads(pickle.dumps(raised.value))  # noqa: S301 - our own bytes
    assert again.differences == expected
    assert Desk(told, ttl("other")).client.table_drift(Note, settings) == list(expected)


def _shape() -> tuple[str, tuple[TableKey, ...], TableProjection]:
    return TEXT_INDEX.type, TEXT_INDEX.keys, TEXT_INDEX.projection


def test_a_description_is_typed_and_keeps_what_nobody_knows() -> None:
    told = table("ACTIVE", SSEDescription={"Status": "UPDATING"}, ItemCount=3, News=[1])
    found = Desk(told, ttl(None)).client.describe_table(Note)
    assert (found.sse, found.item_count, found.raw["News"]) == (TableSse("UPDATING", None, None), 3, [1])
    assert "News" not in repr(found)


@pytest.mark.parametrize(
    "more",
    [
        {"KeySchema": [{"AttributeName": "id"}]},
        {"AttributeDefinitions": [{}]},
        {"ItemCount": True},
        {"CreationDateTime": "today"},
        {"GlobalSecondaryIndexes": [{**BY_TEXT, "Projection": {"NonKeyAttributes": [1]}}]},
        {"StreamSpecification": []},
    ],
    ids=["key", "definition", "count", "time", "fields", "stream"],
)
def test_an_answer_of_another_shape_is_no_description(more: dict[str, Any]) -> None:
    answer = Response({"Table": {**table().body["Table"], **more}})
    with pytest.raises(errors.DecodeFailedError):
        Desk(answer).client.describe_table(Reply)


def test_a_table_is_deleted_and_waited_for_until_it_is_gone() -> None:
    desk = Desk(Response(), table(), table("CREATING"), MISSING)
    assert desk.client.delete_table(Note) is True
    assert (desk.apis[0], desk.slept) == ("DeleteTable", [1, 2])
    assert Desk(MISSING).client.delete_table(Note) is False
    with pytest.raises(errors.AccessDeniedError):
        Desk(Response(), Response(error=errors.AccessDeniedError("no"))).client.delete_table(Note)
    with pytest.raises(errors.ServiceError):
        Desk(Response(), table("ARCHIVED")).client.delete_table(Note)


def test_tables_are_listed_page_by_page_as_they_are_asked_for() -> None:
    desk = Desk(Response({"TableNames": ["a", "b"], "LastEvaluatedTableName": "b"}), Response({"TableNames": ["c"]}))
    names = desk.client.list_tables()
    assert (desk.apis, next(names), next(names), len(desk.apis)) == ([], "a", "b", 1)
    assert (list(names), desk.script.sent[1].body) == (["c"], {"ExclusiveStartTableName": "b"})
    with pytest.raises(errors.DecodeFailedError):
        list(Desk(Response({"TableNames": [1]})).client.list_tables())
    with pytest.raises(errors.AccessDeniedError):
        list(Desk(Response(error=errors.AccessDeniedError("no"))).client.list_tables())


@pytest.mark.parametrize(
    "settings",
    [
        {"billing": "FREE"},
        {"billing": []},
        {"throughput": Throughput(read=True, write=1)},
        {"throughput": Throughput(1, HALF)},
        {"timeout_seconds": float("nan")},
        {"timeout_seconds": float("inf")},
        {"tags": {"a": 1}},
        {"tags": {"\ud800": "x"}},
        {"sse": Sse("")},
    ],
    ids=str,
)
def test_settings_that_no_table_has_are_refused_when_they_are_made(settings: dict[str, Any]) -> None:
    with pytest.raises(errors.ValidationFailedError):
        TableSettings(**settings)


def test_models_that_do_not_go_together_make_no_table() -> None:
    class Clash(Model, table="notes", indexes=[Index("other", "text")]):
        id: Annotated[str, PartitionKey()]
        text: int | None = None

    client = Desk().client
    wrong: list[list[type[Model]]] = [[], [Note, Visit], [Note, Clash]]
    for models in wrong:
        with pytest.raises(errors.ValidationFailedError):
            client.table_request(models)


def test_more_indexes_than_dynamodb_takes_are_refused() -> None:
    def model(number: int) -> type[Model]:
        class Many(Model, table="notes", indexes=[Index(f"by-{number}", "text")]):
            id: Annotated[str, PartitionKey()]
            text: str | None = None

        return Many

    client, models = Desk().client, [model(number) for number in range(21)]
    assert len(client.table_request(models[:20])["GlobalSecondaryIndexes"]) == 20
    with pytest.raises(errors.ValidationFailedError):
        client.table_request(models)


def test_a_local_index_that_projects_keys_alone_says_so_in_every_form() -> None:
    client = Desk().client
    index = client.table_request(Visit)["LocalSecondaryIndexes"][0]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert client.cloudformation(Visit)["Properties"]["LocalSecondaryIndexes"] == [index]
    assert '  local_secondary_index {\n    name            = "by-day"\n' in client.terraform(Visit)


def test_each_call_goes_through_the_sdk_as_it_was_built() -> None:
    session = boto3.Session("AKID", "secret", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1})
    answers = [
        fault("ResourceNotFoundException"),
        Answer(),
        Answer(table("ACTIVE", BY_TEXT).body),
        Answer(),
        Answer(),
        Answer({"TableNames": ["notes"]}),
        Answer(),
        fault("ResourceNotFoundException"),
    ]
    with serving(*answers) as stub:
        client = Client(session.client("dynamodb", endpoint_url=stub.url, config=config))
        settings = TableSettings(point_in_time_recovery=True, table_class="STANDARD_INFREQUENT_ACCESS", tags={"a": "b"})
        assert client.ensure_table(Note, settings).created
        assert list(client.list_tables()) == ["notes"]
        assert client.delete_table(Note)
    targets = [headers["X-Amz-Target"].partition(".")[2] for headers in stub.headers]
    assert targets == [
        "DescribeTable",
        "CreateTable",
        "DescribeTable",
        "UpdateTimeToLive",
        "UpdateContinuousBackups",
        "ListTables",
        "DeleteTable",
        "DescribeTable",
    ]
    assert stub.asked()[1] == client.table_request(Note, settings)
    assert stub.asked()[4]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_a_write_whose_answer_is_lost_may_be_applied() -> None:
    session = boto3.Session("AKID", "secret", region_name="us-east-1")
    with serving(Answer(close=True)) as stub:
        sdk = session.client("dynamodb", endpoint_url=stub.url, config=Config(retries={"total_max_attempts": 1}))
        with pytest.raises(errors.NetworkError) as raised:
            Client(sdk).create_table(Note)
    assert raised.value.maybe_applied


def test_a_stubber_sees_the_whole_request_and_its_answer_is_read() -> None:
    sdk = boto3.Session("AKID", "secret", region_name="us-east-1").client("dynamodb")
    client = Client(sdk)
    with Stubber(sdk) as stubber:
        stubber.add_response("create_table", {}, client.table_request(Reply))
        stubber.add_response(
            "describe_table",
            {"Table": {"TableName": "notes", "TableStatus": "ACTIVE", "CreationDateTime": datetime(2026, 1, 2)}},  # noqa: DTZ001 - as botocore's stub has it
        )
        made = client.create_table(Reply)
    assert (made.status, made.created_at is not None) == ("ACTIVE", True)
