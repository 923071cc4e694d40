"""What of `dynamorm table` needs no DynamoDB; with one it is tests/integration/test_tables.py."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dynamorm import Client, Sse, TableSettings, errors, load_dms
from dynamorm.cli.rehearsal import Rehearsal
from dynamorm.cli.table_facts import amount, difference_facts, show_differences, show_table, table_facts
from dynamorm.operation import Response
from dynamorm.operation.description import describe
from dynamorm.testing import RecordingSleeper, Request, Script

from .command import ran
from .shop import SHOP

if TYPE_CHECKING:
    from pathlib import Path

MODELS = load_dms(SHOP)
NOT_FOUND = errors.TableNotFoundError("none", origin="service")
KEY = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
TABLE: dict[str, Any] = {
    "TableStatus": "ACTIVE",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "note")],
    **KEY,
}
BY_NOTE = {
    "IndexName": "by-note",
    "IndexStatus": "CREATING",
    "Backfilling": True,
    "KeySchema": [{"AttributeName": "note", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]},
}
FULL: dict[str, Any] = TABLE | {
    "TableName": "orders",
    "TableArn": "arn:t",
    "ItemCount": 12345,
    "TableSizeBytes": 2_500_000,
    "CreationDateTime": 1_700_000_000.5,
    "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:k"},
    "DeletionProtectionEnabled": True,
    "GlobalSecondaryIndexes": [BY_NOTE],
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    return str(path)


def test_an_export_is_what_others_take(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(transport=Script([]))
    request = ran(capsys, "table", "export", "-d", file, "-m", "Order", "--stream", "new_image")
    settings = TableSettings(stream="NEW_IMAGE")
    assert json.loads(request.out) == client.table_request(MODELS["Order"], settings)
    template = ran(capsys, "table", "export", "-d", file, "--as", "cloudformation")
    resources = {"Orders": client.cloudformation(MODELS["Order"]), "OrdersV2": client.cloudformation(MODELS["OrderV2"])}
    assert json.loads(template.out) == {"Resources": resources}
    blocks = ran(capsys, "table", "export", "-d", file, "--as", "terraform")
    assert blocks.out == "\n".join(client.terraform(MODELS[name]) for name in ("Order", "OrderV2"))
    labelled = ran(capsys, "table", "export", "-d", file, "-m", "Order", "--as", "terraform", "--label", "x")
    assert labelled.out == client.terraform(MODELS["Order"], label="x")
    facts = ran(capsys, "table", "export", "-d", file, "--json")
    assert [(one["table"], one["export"]["TableName"]) for one in json.loads(facts.out)] == [
        ("orders", "orders"),
        ("orders-v2", "orders-v2"),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["export", "--label", "x", "--as", "terraform"],
        ["export", "--label", "x", "-m", "Order"],
        ["export", "--as", "yaml"],
        ["export", "-m", "Nope"],
        ["create", "--read-units", "0"],
        ["ensure", "--billing", "PROVISIONED"],
        ["drift", "--tag", "x"],
    ],
    ids=" ".join,
)
def test_wrong_usage_sends_nothing(file: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    done = ran(capsys, "table", *arguments, "-d", file)
    assert (done.code, done.out) == (2, "")
    assert "Invalid value" in done.err


def test_two_tables_of_one_logical_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "twins.yaml"
    path.write_text(SHOP.replace("orders-v2", "or.ders").replace("name: orders ", "name: or-ders "))
    done = ran(capsys, "table", "export", "-d", str(path), "--as", "cloudformation")
    assert (done.code, done.out) == (3, "")
    assert "two tables would be the resource OrDers" in done.err


def test_deletion_asks_on_a_terminal_and_is_refused_without_one(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("orders\n"))
    done = ran(capsys, "table", "delete", "-d", file)
    assert (done.code, done.out) == (2, "")
    assert "--yes deletes without asking" in done.err


def test_a_table_is_told_to_programs_in_the_shape_of_the_contract() -> None:
    facts = table_facts(describe({"Table": FULL}, "orders"))
    assert facts.pop("raw") == FULL
    assert facts == {
        "name": "orders",
        "status": "ACTIVE",
        "arn": "arn:t",
        "billing": "PROVISIONED",
        "throughput": {"read": 3, "write": 4},
        "stream": "NEW_IMAGE",
        "table_class": "STANDARD",
        "deletion_protection": True,
        "sse": {"status": "ENABLED", "type": "KMS", "key": "arn:k"},
        "item_count": 12345,
        "size_bytes": 2500000,
        "created_at": "2023-11-14T22:13:20.500000Z",
        "keys": [{"attribute": "id", "type": "S", "kind": "HASH"}],
        "indexes": [
            {
                "name": "by-note",
                "type": "GSI",
                "keys": [{"attribute": "note", "type": "S", "kind": "HASH"}],
                "projection": {"type": "INCLUDE", "fields": ["a", "b"]},
                "status": "CREATING",
                "backfilling": True,
            }
        ],
    }
    assert "created_at" not in table_facts(describe({"Table": TABLE}, "orders"))


def test_a_table_is_shown_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(describe({"Table": FULL}, "orders"))
    assert capsys.readouterr().out == (
        "orders\n"
        "  status      ACTIVE\n"
        "  keys        id (S)\n"
        "  items       12,345 (2.5 MB)\n"
        "  billing     PROVISIONED (3 read, 4 write)\n"
        "  stream      NEW_IMAGE\n"
        "  class       STANDARD\n"
        "  encryption  ENABLED KMS arn:k\n"
        "  protected   yes\n"
        "  created     2023-11-14T22:13:20.500000Z\n"
        "  arn         arn:t\n"
        "  INDEX    TYPE  KEYS      PROJECTION    STATUS\n"
        "  by-note  GSI   note (S)  INCLUDE a, b  CREATING, backfilling\n"
    )


def test_differences_are_shown_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    there = FULL | {
        "KeySchema": [{"AttributeName": "no", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [BY_NOTE, BY_NOTE | {"IndexName": "more"}],
    }
    client = Client(transport=Script([Response({"Table": there}), Response({})]))
    settings = TableSettings(sse=Sse("arn:other"), deletion_protection=False)
    found = [difference_facts(one) for one in client.table_drift(MODELS["OrderV2"], settings)]
    show_differences([("orders-v2", one) for one in found])
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == ["TABLE", *["orders-v2"] * 6]
    assert found == [
        {
            "what": "keys",
            "kind": "different",
            "expected": [{"attribute": "id", "type": "S", "kind": "HASH"}],
            "found": [{"attribute": "no", "kind": "HASH"}],
        },
        {"what": "deletion_protection", "kind": "different", "expected": False, "found": True},
        {"what": "sse", "kind": "different", "expected": {"key": "arn:other"}, "found": {"key": "arn:k"}},
        {"what": "ttl", "kind": "missing", "expected": "gone_at"},
        {
            "what": "index_projection",
            "index": "by-note",
            "kind": "different",
            "expected": {"type": "ALL"},
            "found": {"type": "INCLUDE", "fields": ["a", "b"]},
        },
        {
            "what": "index",
            "index": "more",
            "kind": "extra",
            "found": {
                "type": "GSI",
                "keys": [{"attribute": "note", "type": "S", "kind": "HASH"}],
                "projection": {"type": "INCLUDE", "fields": ["a", "b"]},
            },
        },
    ]


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1234, "1.23 KB"), (5e9, "5 GB"), (7e15, "7,000.0 TB")]
)
def test_a_size_has_the_unit_it_is_said_in(size: float, text: str) -> None:
    assert amount(size) == text


class Reader:
    """A transport of one table, or none, that nothing may be written through."""

    def __init__(self, table: dict[str, Any] | None, error: errors.DynamORMError = NOT_FOUND) -> None:
        self.table, self.error = table, error

    def send(self, request: Request) -> Response:
        assert not request.write
        if self.table is None:
            return Response(error=self.error)
        return Response({"Table": self.table} if request.api == "DescribeTable" else {})


def rehearsed(reader: Reader) -> tuple[Client, Rehearsal]:
    rehearsal = Rehearsal(reader)
    return Client(transport=rehearsal, sleeper=RecordingSleeper()), rehearsal


def apis(rehearsal: Rehearsal) -> list[str]:
    return [request["api"] for request in rehearsal.told()]


def test_a_rehearsal_tells_what_is_sent_where_there_is_nothing() -> None:
    client, rehearsal = rehearsed(Reader(None))
    client.create_table(MODELS["OrderV2"], TableSettings(point_in_time_recovery=True))
    told = rehearsal.told()
    assert [one["api"] for one in told] == ["CreateTable", "UpdateTimeToLive", "UpdateContinuousBackups"]
    assert told[0]["body"] == client.table_request(MODELS["OrderV2"])
    assert rehearsal.told() == []
    with pytest.raises(errors.TableExistsError):
        client.create_table(MODELS["OrderV2"])
    assert client.delete_table(MODELS["OrderV2"])
    assert apis(rehearsal) == ["DeleteTable"]
    assert not client.delete_table(MODELS["OrderV2"])


def test_a_rehearsal_adds_indexes_to_what_is_there() -> None:
    client, rehearsal = rehearsed(Reader(TABLE | {"TableName": "orders-v2"}))
    ensured = client.ensure_table(MODELS["OrderV2"], add_indexes=True)
    assert (ensured.added, apis(rehearsal)) == (("by-note",), ["UpdateTable", "UpdateTimeToLive"])
    with pytest.raises(errors.TableExistsError):
        client.create_table(MODELS["OrderV2"])
    with pytest.raises(errors.TableMismatchError):
        rehearsed(Reader(TABLE))[0].ensure_table(MODELS["OrderV2"])


def test_a_rehearsal_refuses_what_would_be_refused() -> None:
    client, rehearsal = rehearsed(Reader(FULL))
    with pytest.raises(errors.ValidationFailedError, match="protected"):
        client.delete_table(MODELS["Order"])
    denied, _ = rehearsed(Reader(None, errors.AccessDeniedError("no", origin="service")))
    with pytest.raises(errors.AccessDeniedError):
        denied.create_table(MODELS["Order"])
    lost = Request("UpdateTable", {"TableName": "x", "GlobalSecondaryIndexUpdates": []}, write=True)
    assert isinstance(Rehearsal(Reader(None)).send(lost).error, errors.TableNotFoundError)
    assert rehearsal.told() == []
