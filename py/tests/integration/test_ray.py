"""Migrations on a Ray cluster of two nodes, and a real DynamoDB; SKIP_INTEGRATION=1 goes without."""

from __future__ import annotations

import gc
import json
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from dynamorm import Client, MigrationCounts, MigrationFailure, MigrationProgress, Model, PartitionKey, errors
from dynamorm import ray as clusters
from dynamorm.local.lines import environment
from dynamorm.ray import SegmentLostError, migrate
from dynamorm.testing.engines import client_of, drop_tables, fresh_key, session_endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.skipif(os.environ.get("SKIP_INTEGRATION") == "1", reason="SKIP_INTEGRATION=1"),
    pytest.mark.skipif(
        (sys.platform, platform.machine()) == ("darwin", "x86_64"), reason="there is no Ray for Macs with Intel"
    ),
    pytest.mark.usefixtures("cluster"),
    pytest.mark.timeout(300),
    # Ray leaves the closing of sockets to the collector of garbage.
    pytest.mark.filterwarnings("ignore:unclosed.*socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in.*socket:pytest.PytestUnraisableExceptionWarning"),
]
NUMBER, SEGMENTS, PAGE = 400, 4, 5
HEARD = 3 * PAGE
MEMORY = 80 * 2**20


class Person(Model, table="people"):
    id: Annotated[str, PartitionKey()]
    name: str


class Member(Model, table="members"):
    id: Annotated[str, PartitionKey()]
    name: str
    node: str


class UnportableError(Exception):
    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


def to_member(person: Person) -> Member:
    import ray  # noqa: PLC0415 - in a task

    return Member(id=person.id, name=person.name.upper(), node=ray.get_runtime_context().get_node_id())


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("engine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with session_endpoint(f"ray-{os.getpid()}", folder) as found:
            yield found


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Start a cluster of two nodes with a CPU each, beside the head that has none; it is gone at the end."""
    with pytest.MonkeyPatch.context() as patch:
        # Read by Ray as it is imported, and by the processes it starts.
        for name, value in {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}.items():
            patch.setenv(name, value)
        ray: Any = import_module("ray")
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # for a task cannot import a test
        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": MEMORY}
        made: Any = import_module("ray.cluster_utils").Cluster(initialize_head=True, head_node_args=head)
        try:
            for _ in range(2):
                made.add_node(num_cpus=1, object_store_memory=MEMORY)
            ray.init(address=made.address, log_to_driver=False, logging_level="CRITICAL")
            yield made
        finally:
            ray.shutdown()
            made.shutdown()
            gc.collect()  # while its warnings are not ours


class World:
    """A DynamoDB of a test's own, with people in it."""

    def __init__(self, endpoint: str) -> None:
        self.dynamodb = client_of(endpoint, key := fresh_key())
        self.connect: Callable[..., Client] = lambda **options: Client(client_of(endpoint, key), **options)
        self.client = self.connect()
        self.client.ensure_table(Person)
        self.people = [Person(id=f"p{number}", name=f"name {number}") for number in range(NUMBER)]
        self.client.table(Person).bulk_put(self.people)

    def members(self) -> list[Member]:
        return sorted(self.client.table(Member).scan(), key=lambda member: int(member.id[1:]))

    def names(self) -> list[str]:
        return [member.name for member in self.members()]


@pytest.fixture
def world(endpoint: str) -> Iterator[World]:
    made = World(endpoint)
    yield made
    drop_tables(made.dynamodb)
    made.dynamodb.close()


NAMES = [f"NAME {number}" for number in range(NUMBER)]


def move(world: World, **options: Any) -> Any:
    settings: dict[str, Any] = {"segments": SEGMENTS, "page_size": PAGE, "transform": to_member}
    return migrate(world.connect, Person, target_model=Member, data_copy=True, **(settings | options))


def test_a_segment_whose_node_dies_goes_on_elsewhere_from_where_it_was(
    cluster: Any, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun: list[tuple[int, str | None]] = []
    driver_type: Any = vars(clusters)["_Driver"]
    begin = driver_type._begin

    def noted(driver: Any, number: int) -> None:
        place = driver._places.get(number)
        begun.append((number, None if place is None else place.at))
        begin(driver, number)

    monkeypatch.setattr(driver_type, "_begin", noted)
    victim = min(cluster.worker_nodes, key=lambda node: node.node_id)
    lost, reads, moving = victim.node_id, list[int](), list[int]()
    gone, seen = tmp_path / "gone", list[str]()

    def held(person: Person) -> Member:
        """Wait in the fourth page of a segment until the node is gone; what ran on it waits until it ends."""
        member = to_member(person)
        seen.append(person.id)  # by this attempt: each has a list of its own, for this function is pickled
        end = time.monotonic() + 120
        while len(seen) > HEARD and (member.node == lost or not gone.exists()):
            if time.monotonic() > end:
                raise TimeoutError(person.id)
            time.sleep(0.02)
        return member

    def kill(told: MigrationProgress) -> None:
        assert told.phase == "copy"
        reads.append(told.counts.read)
        places = json.loads(told.cursor)["copy"].items()
        now = [int(number) for number, place in places if "at" in place and place["read"] >= 2 * PAGE]
        if len(now) == 2 and not moving:  # one on each node
            moving.extend(now)
            cluster.remove_node(victim, allow_graceful=False)
            gone.touch()

    try:
        report = move(world, transform=held, progress=kill)
    finally:
        cluster.add_node(num_cpus=1, object_store_memory=MEMORY)
    assert report.done
    assert (report.created, report.backup) == (("members",), None)
    # Nothing is counted twice. What was written of a page that nobody heard of stays, with the name of the lost node.
    assert (report.copy.read, report.copy.written + report.copy.different) == (NUMBER, NUMBER)
    assert report.copy.different <= PAGE
    assert reads == sorted(reads)
    assert world.names() == NAMES
    written = Counter(member.node for member in world.members())
    assert len(written) == 2
    assert 2 * PAGE <= written[lost] <= HEARD
    attempts = [[at for number, at in begun if number == one] for one in moving]
    (twice,) = [ats for ats in attempts if len(ats) > 1]
    assert (len(twice), twice[0]) == (2, None)
    assert twice[1] is not None


def test_all_is_backed_up_before_anything_is_copied_and_one_report_tells_of_both(world: World) -> None:
    phases: list[str] = []
    report = move(world, backup_table="old", page_size=50, progress=lambda told: phases.append(told.phase))
    assert phases == sorted(phases)
    assert (report.done, report.created) == (True, ("old", "members"))
    assert report.backup == report.copy == MigrationCounts(read=NUMBER, written=NUMBER)
    assert world.names() == NAMES
    assert len({member.node for member in world.members()}) == 2
    assert world.dynamodb.scan(TableName="old", Select="COUNT")["Count"] == NUMBER


def test_what_is_not_written_is_told_to_the_driver(world: World) -> None:
    def transform(person: Person) -> Member | None:
        number = int(person.id[1:])
        if number == 1:
            raise ValueError("one")
        if number == 2:
            raise UnportableError("two", "words")
        return to_member(person) if number > 3 else None

    failures: list[MigrationFailure] = []
    report = move(world, transform=transform, page_size=100, on_failure=failures.append)
    assert report.copy == MigrationCounts(
        read=NUMBER, written=NUMBER - 4, skipped=2, failed=2, reasons={"Transform": 2}
    )
    one, two = sorted(failures, key=lambda failure: str(failure.key["id"]))
    assert (one.key, one.reason, type(one.error), str(one.error)) == ({"id": "p1"}, "Transform", ValueError, "one")
    assert (two.key, type(two.error), str(two.error)) == ({"id": "p2"}, RuntimeError, "UnportableError: two words")


def test_an_error_of_the_library_ends_the_whole_and_comes_out_as_it_is(world: World) -> None:
    driver, connect = os.getpid(), world.connect

    def elsewhere() -> Client:
        return connect() if os.getpid() == driver else connect(table_prefix="no-")

    with pytest.raises(errors.TableNotFoundError) as raised:
        migrate(elsewhere, Person, target_model=Member, data_copy=True, segments=SEGMENTS)
    assert (raised.value.code, raised.value.aws) == ("TableNotFound", "ResourceNotFoundException")
    assert type(raised.value.__cause__).__name__ == "ClientError"


def test_a_segment_that_is_lost_too_often_is_given_up_with_a_cursor_that_goes_on(world: World) -> None:
    def die(person: Person) -> Member:
        if person.id == "p7":
            os._exit(1)
        return to_member(person)

    with pytest.raises(SegmentLostError, match="was given up: its worker was lost 2 times") as raised:
        move(world, transform=die, max_attempts=2, workers=1)
    lost = json.loads(raised.value.cursor)["copy"]
    report = move(world, cursor=raised.value.cursor)
    assert (report.done, report.copy.read, world.names()) == (True, NUMBER, NAMES)
    assert json.loads(report.cursor)["copy"].keys() > lost.keys() - {str(raised.value.segment)}


def test_so_many_pages_of_each_segment_and_then_on_from_the_cursor(world: World) -> None:
    first = move(world, max_pages=2)
    assert (first.done, first.copy.read) == (False, 2 * PAGE * SEGMENTS)
    second = move(world, cursor=first.cursor, page_size=50)
    assert (second.done, second.copy) == (True, MigrationCounts(read=NUMBER, written=NUMBER))
    assert world.names() == NAMES
    third = move(world, cursor=second.cursor)
    assert (third.copy, third.created) == (second.copy, ())


def test_what_a_callback_throws_ends_the_tasks(world: World) -> None:
    def throw(_told: MigrationProgress) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        move(world, progress=throw)
    there = len(world.members())
    time.sleep(1)
    assert len(world.members()) == there < NUMBER


def test_a_dry_run_writes_nothing(world: World) -> None:
    report = move(world, dry_run=True, backup_table="old")
    assert report.backup == report.copy == MigrationCounts(read=NUMBER, written=NUMBER)
    assert [*world.client.list_tables()] == ["people"]


SHOP = """
from typing import Annotated

from dynamorm import Model, PartitionKey


class Order(Model, table="orders"):
    id: Annotated[str, PartitionKey()]
    total: int


class OrderV2(Model, table="orders2"):
    id: Annotated[str, PartitionKey()]
    cents: int


def to_v2(order):
    return OrderV2(id=order.id, cents=order.total * 100)
"""


class Order(Model, table="orders"):
    id: Annotated[str, PartitionKey()]
    total: int


def test_the_program_of_the_guide_moves_orders(endpoint: str, tmp_path: Path) -> None:
    guide = (Path(__file__).parents[3] / "docs/guides/ray.md").read_text(encoding="utf-8")
    (tmp_path / "move.py").write_text(guide.partition("```python\n")[2].partition("```")[0])
    (tmp_path / "shop.py").write_text(SHOP)
    key = fresh_key()
    dynamodb = client_of(endpoint, key)
    client = Client(dynamodb)
    client.ensure_table(Order)
    client.table(Order).bulk_put(Order(id=f"o{number}", total=number) for number in range(30))
    local = {name: key if "KEY" in name else value for name, value in environment(endpoint).items()}
    quiet = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ADDRESS": "local", "RAY_LOG_TO_DRIVER": "0"}
    done = subprocess.run(
        [sys.executable, "move.py"],
        cwd=tmp_path,
        env={**os.environ, **local, **quiet},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("True MigrationCounts(read=30, written=30, ")
    found = dynamodb.scan(TableName="orders2")["Items"]
    assert {(item["id"]["S"], item["cents"]["N"]) for item in found} == {
        (f"o{one}", f"{one * 100}") for one in range(30)
    }
    assert dynamodb.scan(TableName="orders-old", Select="COUNT")["Count"] == 30
    drop_tables(dynamodb)
    dynamodb.close()
