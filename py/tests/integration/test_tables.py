"""`dynamorm table` on a real DynamoDB; SKIP_INTEGRATION=1 goes without."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.command import ran, run_program
from tests.cli.shop import SHOP

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.environ.get("SKIP_INTEGRATION") == "1", reason="SKIP_INTEGRATION=1")
FILE = ("-d", "shop.yaml")
ORDER = (*FILE, "-m", "Order")


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    done = ran(capsys, "table", *arguments, "--json")
    assert (done.code, done.err) == (code, "")
    return json.loads(done.out)


def names(shop: Any) -> list[str]:
    found: list[str] = shop.list_tables()["TableNames"]
    return found


def test_tables_are_created_described_compared_listed_and_deleted(
    shop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsed = ran(capsys, "table", "create", *FILE, "--dry-run")
    assert rehearsed.out.count("would send CreateTable\n") == 2
    assert rehearsed.out.count("would send UpdateTimeToLive\n") == 1
    assert names(shop) == []
    assert told(capsys, "drift", *ORDER, code=1) == [
        {"table": "orders", "differences": [{"what": "table", "kind": "missing"}]}
    ]
    assert told(capsys, "describe", *ORDER, code=1) == [{"table": "orders", "description": None}]
    created = told(capsys, "create", *FILE, "--stream", "KEYS_ONLY")
    assert [(one["table"], one["description"]["status"]) for one in created] == [
        ("orders", "ACTIVE"),
        ("orders-v2", "ACTIVE"),
    ]
    again = ran(capsys, "table", "create", *FILE)
    assert (again.code, again.out) == (3, "")
    assert again.err.startswith("dynamorm: orders: TableExists: ")
    described = told(capsys, "describe", *FILE)
    assert described[1]["description"]["ttl"] == "gone_at"
    assert [index["name"] for index in described[1]["description"]["indexes"]] == ["by-note"]
    assert ran(capsys, "table", "describe", *ORDER).out.startswith("orders\n  status   ACTIVE\n  keys     id (S)\n")
    assert ran(capsys, "table", "drift", *FILE).out == "orders: no difference\norders-v2: no difference\n"
    drifted = ran(capsys, "table", "drift", *ORDER, "--stream", "NEW_IMAGE")
    assert (drifted.code, drifted.out) == (
        1,
        "TABLE   WHAT    INDEX  KIND       EXPECTED   FOUND\norders  stream         different  NEW_IMAGE  KEYS_ONLY\n",
    )
    assert told(capsys, "list") == {"tables": ["orders", "orders-v2"]}
    assert told(capsys, "list", "--table-prefix", "orders-") == {"tables": ["orders-v2"]}
    shop.put_item(TableName="orders", Item={"id": {"S": "1"}})
    rehearsed = ran(capsys, "table", "delete", *FILE, "--dry-run", "--json")
    assert [one["requests"][0]["api"] for one in json.loads(rehearsed.out)] == ["DeleteTable", "DeleteTable"]
    assert rehearsed.err.startswith("orders has about 1 items, ")
    assert names(shop) == ["orders", "orders-v2"]
    deleted = ran(capsys, "table", "delete", *ORDER, "--yes")
    assert (deleted.code, deleted.out) == (0, "orders: deleted\n")
    assert told(capsys, "delete", *ORDER, "--yes") == [{"table": "orders", "deleted": False}]
    assert names(shop) == ["orders-v2"]


def test_ensure_creates_takes_extends_and_refuses(
    shop: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare.yaml"
    bare.write_text(SHOP.partition("    indexes:")[0])
    assert ran(capsys, "table", "ensure", "-d", str(bare)).out == "orders: created\norders-v2: created\n"
    refused = ran(capsys, "table", "ensure", *FILE)
    assert refused.code == 1
    assert refused.out == (
        "orders: is there\n"
        "TABLE      WHAT   INDEX    KIND     EXPECTED           FOUND\n"
        "orders-v2  index  by-note  missing  GSI note (S): ALL  -\n"
    )
    rehearsed = ran(capsys, "table", "ensure", *FILE, "--add-indexes", "--dry-run")
    assert rehearsed.out.startswith("orders: nothing would be sent\nwould send UpdateTable\n")
    assert "GlobalSecondaryIndexes" not in shop.describe_table(TableName="orders-v2")["Table"]
    assert ran(capsys, "table", "ensure", *FILE, "--add-indexes").out == (
        "orders: is there\norders-v2: index by-note added\n"
    )
    assert [one["created"] for one in told(capsys, "ensure", *FILE)] == [False, False]


def test_what_was_done_is_told_where_the_next_fails(shop: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "table", "create", *FILE, "-m", "OrderV2").code == 0
    done = ran(capsys, "table", "create", *FILE, "--json")
    assert (done.code, [one["table"] for one in json.loads(done.out)]) == (3, ["orders"])
    assert names(shop) == ["orders", "orders-v2"]


def on_a_terminal(typed: str, *arguments: str) -> tuple[int, str]:
    parent, child = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "dynamorm", *arguments],
        stdin=child,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(child)
    os.write(parent, typed.encode())
    out, _ = process.communicate(timeout=120)
    os.close(parent)
    return process.returncode, out


def test_deletion_wants_the_name_typed(shop: Any) -> None:
    assert run_program("table", "ensure", *FILE).code == 0
    code, said = on_a_terminal("orders\nyes\n", "table", "delete", *FILE)
    assert code == 3
    assert "Type the name orders-v2 to delete it and all that is in it: " in said
    assert said.endswith("dynamorm: that is not the name: nothing was deleted\n")
    assert names(shop) == ["orders", "orders-v2"]
    code, said = on_a_terminal("orders\n", "table", "delete", *ORDER)
    assert (code, said.endswith("orders: deleted\n")) == (0, True)
    piped = run_program("table", "delete", *FILE, stdin="orders-v2\n")
    assert (piped.code, piped.out) == (2, "")
    assert names(shop) == ["orders-v2"]
