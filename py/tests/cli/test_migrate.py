"""What of `dynamorm migrate` needs no DynamoDB; with one it is tests/integration/test_migration.py."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from dynamorm import MigrationCounts, MigrationFailure, MigrationProgress, errors
from dynamorm.cli import migration_view
from dynamorm.cli.migration_facts import failure_facts
from dynamorm.operation import Response

from ..test_migrate import ACTIVE, DENIED, World
from .command import ran
from .shop import CHANGES, SHOP
from .test_app import on_a_terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dynamorm.testing import Request

COMMAND = ["migrate", "-d", "shop.yaml", "-m", "Order", "--target-model", "OrderV2", "--segments", "2"]
TRANSFORMED = [*COMMAND, "--transform", "changes:to_v2"]


INDEX = {
    "IndexName": "by-note",
    "IndexStatus": "ACTIVE",
    "KeySchema": [{"AttributeName": "note", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
DEFINITIONS = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "note")]
ENABLED = {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "gone_at"}}


class Shop(World):
    """Orders on their way; the target's table is there, with its index."""

    def __init__(self, number: int = 0, refuse: Callable[[Request], Response | None] = lambda _: None) -> None:
        super().__init__(answer=lambda request: self.refuse(request) or self.told(request))
        self.refuse = refuse
        self.source = [{"id": {"S": f"o{n}"}, "total": {"N": str(n)}, "note": {"S": "n"}} for n in range(number)]

    def told(self, request: Request) -> Response | None:
        if request.api == "DescribeTimeToLive":
            return Response(ENABLED)
        if request.api == "DescribeTable" and request.body["TableName"] == "orders-v2":
            return Response(
                {"Table": ACTIVE | {"AttributeDefinitions": DEFINITIONS, "GlobalSecondaryIndexes": [INDEX]}}
            )
        return None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "changes", raising=False)
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "changes.py").write_text(CHANGES)
    return tmp_path


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], None]:
    """Put a world in DynamoDB's place."""

    def put(world: World) -> None:
        sdk = SimpleNamespace(meta=SimpleNamespace(region_name="us-east-1"))
        monkeypatch.setattr("dynamorm.cli.migrate.sdk_client", lambda *_, **__: sdk)
        monkeypatch.setattr("dynamorm.client.SdkTransport", lambda _: world)

    return put


pytestmark = pytest.mark.usefixtures("folder")


def test_items_are_moved_and_counted(use: Callable[[World], None], capsys: pytest.CaptureFixture[str]) -> None:
    world = Shop(25)
    world.source[3]["note"] = {"S": "skip"}
    use(world)
    done = ran(capsys, *TRANSFORMED, "--backup", "old", "--quiet")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "orders -> orders-v2\n"
        "        READ  WRITTEN  PRESENT  DIFFERENT  SKIPPED  FAILED\n"
        "backup  25    25       0        0          0        0\n"
        "copy    25    24       0        0          1        0\n"
    )
    assert world.tables["orders-v2"]["o7"] == {"id": {"S": "o7"}, "cents": {"N": "700"}, "note": {"S": "n"}}
    again = ran(capsys, *TRANSFORMED, "--json")
    assert json.loads(again.out)["phases"]["copy"] == {
        "read": 25,
        "written": 0,
        "present": 24,
        "different": 0,
        "skipped": 1,
        "failed": 0,
        "reasons": {},
    }


def test_what_failed_or_is_different_is_found(
    folder: Path, use: Callable[[World], None], capsys: pytest.CaptureFixture[str]
) -> None:
    world = Shop(10)
    del world.source[0]["total"]
    world.tables["orders-v2"] = {"o1": {"id": {"S": "o1"}, "cents": {"N": "7"}}}
    use(world)
    done = ran(capsys, *TRANSFORMED, "--failures", "f.jsonl")
    assert done.code == 1
    assert done.out.splitlines()[-2:] == ["copy: ConditionFailed 1", "copy: Transform 1"]
    lines = [json.loads(line) for line in (folder / "f.jsonl").read_text().splitlines()]
    assert sorted(lines, key=str) == [
        {"key": {"id": "o0"}, "code": "Transform", "kind": "KeyError"},
        {"key": {"id": "o1"}, "code": "ConditionFailed", "kind": "AlreadyExists"},
    ]
    ran(capsys, *TRANSFORMED, "--failures", "f.jsonl", "--on-existing", "overwrite")
    assert len((folder / "f.jsonl").read_text().splitlines()) == 3
    assert world.tables["orders-v2"]["o1"]["cents"] == {"N": "100"}


def test_a_run_that_ended_before_all_is_done_goes_on_by_its_file(
    use: Callable[[World], None], capsys: pytest.CaptureFixture[str]
) -> None:
    world = Shop(20)
    use(world)
    paged = [*TRANSFORMED, "--cursor-file", "c.json", "--page-size", "5", "--max-pages", "1"]
    first = ran(capsys, *paged, "--json")
    assert (first.code, json.loads(first.out)["done"], len(world.tables["orders-v2"])) == (4, False, 10)
    assert first.err == "the same command goes on where it ended, by the cursor file\n"
    assert ran(capsys, *paged).code == 0
    scans = world.apis()["Scan"]
    done = ran(capsys, *paged)
    assert (done.code, done.err) == (0, "all is done, by the cursor file: nothing is left to do\n")
    assert "copy  20    20" in done.out
    assert (scans, world.apis()["Scan"]) == (4, 4)
    other = ran(capsys, *TRANSFORMED, "--cursor-file", "c.json", "--segments", "3")
    assert (other.code, other.out) == (3, "")
    assert "the cursor file is of 2 segments" in other.err


def test_one_segment_is_a_run_of_its_own(use: Callable[[World], None], capsys: pytest.CaptureFixture[str]) -> None:
    world = Shop(20)
    use(world)
    for number in ("0", "1"):
        done = ran(capsys, *TRANSFORMED, "--segment", number, "--cursor-file", f"c{number}.json", "--json")
        assert (done.code, json.loads(done.out)["phases"]["copy"]["written"]) == (0, 10)
    assert len(world.tables["orders-v2"]) == 20
    assert ran(capsys, *TRANSFORMED, "--segment", "2").code == 3


def test_a_dry_run_counts_and_leaves_everything_alone(
    folder: Path, use: Callable[[World], None], capsys: pytest.CaptureFixture[str]
) -> None:
    world = Shop(10)
    use(world)
    done = ran(capsys, *TRANSFORMED, "--dry-run", "--cursor-file", "c.json", "--max-pages", "1", "--page-size", "2")
    assert done.code == 4
    assert (done.out.splitlines()[0], done.err) == ("orders -> orders-v2 (dry run: nothing is written)", "")
    assert (set(world.apis()), (folder / "c.json").exists()) == ({"Scan"}, False)


def test_a_failure_ends_with_3_the_numbers_and_how_to_go_on(
    use: Callable[[World], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def deny(request: Request) -> Response | None:
        return Response(error=DENIED) if request.api == "PutItem" and request.body["Item"]["id"]["S"] == "o8" else None

    world = Shop(10, deny)
    use(world)
    paged = [*TRANSFORMED, "--concurrency", "1", "--page-size", "2"]
    done = ran(capsys, *paged, "--json")
    facts = json.loads(done.out)
    assert done.code == 3
    assert facts["error"] == {"code": "AccessDenied", "message": "AccessDenied: no"}
    assert (facts["done"], facts["phases"]["copy"]["written"] > 0) == (False, True)
    assert done.err == (
        "dynamorm: AccessDenied: no\nwith --cursor-file it would go on where it ended; without, it begins anew\n"
    )
    kept = ran(capsys, *paged, "--cursor-file", "c.json")
    assert kept.err.endswith("the same command goes on where it ended, by the cursor file\n")
    world.refuse = lambda _: None
    assert ran(capsys, *paged, "--cursor-file", "c.json").code == 0
    assert len(world.tables["orders-v2"]) == 10


def test_what_ends_it_at_once_needs_no_hint(use: Callable[[World], None], capsys: pytest.CaptureFixture[str]) -> None:
    use(Shop(1, lambda _: Response(error=DENIED)))
    done = ran(capsys, *TRANSFORMED)
    assert (done.code, done.out, done.err) == (3, "", "dynamorm: AccessDenied: no\n")


def test_ctrl_c_ends_with_130_and_how_to_go_on(
    use: Callable[[World], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Impatient(migration_view.Nothing):
        def tell(self, progress: MigrationProgress) -> None:
            if progress.counts.read > 4:
                raise KeyboardInterrupt

    world = Shop(40)
    use(world)
    monkeypatch.setattr("dynamorm.cli.migration_run.view_of", lambda *_, **__: Impatient())
    done = ran(capsys, *TRANSFORMED, "--page-size", "2", "--cursor-file", "c.json", "--json")
    assert (done.code, json.loads(done.out)["interrupted"]) == (130, True)
    assert done.err.splitlines() == [
        "interrupted: what was under way has ended",
        "the same command goes on where it ended, by the cursor file",
    ]
    monkeypatch.undo()
    assert len(world.tables["orders-v2"]) < 40


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["migrate", "-d", "shop.yaml", "-m", "Order"], "it needs a --target-model"),
        (["migrate", "-d", "shop.yaml", "-m", "Order", "--backup", "x", "--transform", "a:b"], "--transform needs"),
        (["migrate", "-d", "shop.yaml", "--backup", "x"], "several models: Order, OrderV2"),
        (["migrate", "-d", "shop.yaml", "-m", "Order", "--target-model", "OrderV2", "--segment", "1"], "--segments"),
        ([*COMMAND, "--transform", "changes"], "'changes' is not MODULE:FUNCTION"),
        ([*COMMAND, "--segments", "0"], "--segments"),
        ([*COMMAND, "--on-existing", "burn"], "--on-existing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_usage_sends_nothing(
    arguments: list[str], why: str, use: Callable[[World], None], capsys: pytest.CaptureFixture[str]
) -> None:
    world = Shop(1)
    use(world)
    done = ran(capsys, *arguments)
    assert (done.code, done.out, world.sent) == (2, "", [])
    assert why in done.err


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent:x", "absent:x cannot be loaded: ModuleNotFoundError: No module named 'absent'"),
        ("changes:x", "changes:x cannot be loaded: AttributeError: module 'changes' has no attribute 'x'"),
        ("changes:nothing", "changes:nothing is no function"),
    ],
)
def test_a_transform_that_is_none_is_a_sentence(
    name: str, why: str, use: Callable[[World], None], capsys: pytest.CaptureFixture[str]
) -> None:
    use(Shop(1))
    done = ran(capsys, *COMMAND, "--transform", name)
    assert (done.code, done.err) == (3, f"dynamorm: {why}\n")


def test_documents_may_be_two_and_a_transform_deeper_in_its_module(
    folder: Path, use: Callable[[World], None], capsys: pytest.CaptureFixture[str]
) -> None:
    world = Shop(2)
    use(world)
    head, order, _ = SHOP.partition("  - name: OrderV2")[0].partition("  - name: Order\n")
    body = SHOP.partition("  - name: Order\n")[2].partition("  - name: OrderV2")[0]
    (folder / "one.yaml").write_text(head + order + body)
    (folder / "two.yaml").write_text(head + order + body.replace("orders", "orders-next"))
    done = ran(
        capsys, "migrate", "-d", "one.yaml", "--target-document", "two.yaml", "--transform", "changes:Holder.same"
    )
    assert (done.code, sorted(world.tables["orders-next"])) == (0, ["o0", "o1"])


def test_a_place_for_failures_that_cannot_be_written_is_told_before_anything_is_sent(
    use: Callable[[World], None], capsys: pytest.CaptureFixture[str]
) -> None:
    world = Shop(1)
    use(world)
    done = ran(capsys, *COMMAND, "--failures", "no/f.jsonl")
    assert (done.code, world.sent) == (3, [])
    assert done.err == "dynamorm: no/f.jsonl cannot be written: No such file or directory\n"


def test_a_key_is_told_as_json() -> None:
    key = {
        "a": b"\x00\xff",
        "b": Decimal(7),
        "c": Decimal("0.10"),
        "d": datetime(2026, 1, 2, tzinfo=UTC),
        "e": "x",
        "f": 3,
    }
    refused = errors.ValidationFailedError("no", path="e")
    assert failure_facts(MigrationFailure(key, "ValidationFailed", refused)) == {
        "key": {"a": "AP8=", "b": 7, "c": "0.10", "d": "2026-01-02T00:00:00+00:00", "e": "x", "f": 3},
        "code": "ValidationFailed",
        "path": "e",
    }


def test_a_pipe_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    monkeypatch.setattr(migration_view, "time", SimpleNamespace(monotonic=lambda: now[0]))
    view = migration_view.view_of(lambda: pytest.fail("nobody asks"), quiet=False)
    for second in range(12):
        now[0] = second
        view.tell(MigrationProgress("copy", MigrationCounts(read=1000 * second, written=second), "c"))
    view.close()
    assert capsys.readouterr().err.splitlines() == [
        "copy: 5,000 items read: 5 written",
        "copy: 10,000 items read: 10 written",
    ]


BARS = """
import sys
from dynamorm import MigrationCounts, MigrationProgress
from dynamorm.cli.migration_view import view_of
view = view_of(lambda: int(sys.argv[1]) or None, quiet=False)
for phase in ("backup", "copy"):
    for read in (2, 4):
        view.tell(MigrationProgress(phase, MigrationCounts(read=read, written=read), "c"))
view.close()
"""


@pytest.mark.parametrize(("items", "shown"), [("4", ["2/4", "4/4"]), ("3", ["2/3", "4/4"]), ("0", ["2/?", "4/?"])])
def test_a_terminal_gets_a_bar_for_each_phase(items: str, shown: list[str]) -> None:
    said = on_a_terminal("-c", BARS, items, program=())
    assert "backup" in said
    assert "4 written" in said
    assert shown[-1] in said
