"""`dynamorm migrate` on a real DynamoDB, killed in the middle; SKIP_INTEGRATION=1 goes without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from dynamorm import Client, load_dms
from tests.cli.command import run_program
from tests.cli.shop import SHOP

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.environ.get("SKIP_INTEGRATION") == "1", reason="SKIP_INTEGRATION=1")
COMMAND = ("migrate", "-d", "shop.yaml", "-m", "Order", "--target-model", "OrderV2")
OPTIONS = ("--transform", "changes:to_v2", "--backup", "orders-old", "--cursor-file", "c.json")
NUMBER, SKIPPED, SECONDS = 2_000, 20, 120


def filled(shop: Any) -> None:
    model = load_dms(SHOP)["Order"]
    client = Client(shop)
    client.create_table(model)
    notes = ("skip" if number < SKIPPED else "a note" for number in range(NUMBER))
    orders = [{"id": f"o-{number}", "total": number, "note": note} for number, note in enumerate(notes)]
    assert client.table(model).bulk_put(orders).written == NUMBER


def rows(shop: Any, table: str) -> dict[str, Any]:
    pages = shop.get_paginator("scan").paginate(TableName=table)
    return {item["id"]["S"]: item for page in pages for item in page["Items"]}


def read_so_far(file: Path, phase: str) -> int:
    if not file.exists():
        return 0
    places = json.loads(json.loads(file.read_text())["cursor"]).get(phase, {})
    return sum(place.get("read", 0) for place in places.values())


@pytest.mark.parametrize("phase", ["backup", "copy"])
def test_a_migration_that_is_killed_goes_on_and_ends_with_equal_tables(shop: Any, tmp_path: Path, phase: str) -> None:
    filled(shop)
    command = [sys.executable, "-m", "dynamorm", *COMMAND, *OPTIONS, "--page-size", "25"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own program
        began = time.monotonic()
        while read_so_far(tmp_path / "c.json", phase) < NUMBER // 2:
            assert process.poll() is None
            assert time.monotonic() - began < SECONDS
            time.sleep(0.01)
        process.kill()
    before = read_so_far(tmp_path / "c.json", phase)
    assert NUMBER // 2 <= before < NUMBER
    done = run_program(*COMMAND, *OPTIONS, "--json")
    assert done.code == 0
    phases = json.loads(done.out)["phases"]
    for counts in phases.values():
        assert (counts["read"], counts["failed"], counts["different"]) == (NUMBER, 0, 0)
        assert counts["written"] + counts["present"] + counts["skipped"] == NUMBER
    # What was under way as it was killed, at most, was written twice: a page for each segment.
    assert sum(counts["present"] for counts in phases.values()) <= 8 * 25
    source = rows(shop, "orders")
    assert rows(shop, "orders-old") == source
    assert rows(shop, "orders-v2") == {
        key: {"id": item["id"], "cents": {"N": str(100 * int(item["total"]["N"]))}, "note": item["note"]}
        for key, item in source.items()
        if item["note"]["S"] != "skip"
    }
    again = run_program(*COMMAND, *OPTIONS)
    assert (again.code, again.err) == (0, "all is done, by the cursor file: nothing is left to do\n")


def test_segments_side_by_side_do_together_what_one_run_does(shop: Any) -> None:
    filled(shop)
    runs = [
        subprocess.Popen(  # noqa: S603 - our own program
            [
                sys.executable,
                "-m",
                "dynamorm",
                *COMMAND,
                *OPTIONS[:2],
                "--segments",
                "2",
                "--segment",
                number,
                "--json",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in ("0", "1")
    ]
    read = 0
    for run in runs:
        out, _ = run.communicate(timeout=SECONDS)
        assert run.returncode == 0
        read += json.loads(out)["phases"]["copy"]["read"]
    assert (read, len(rows(shop, "orders-v2"))) == (NUMBER, NUMBER - SKIPPED)
