"""Migrations through a transport that holds tables: what is written, held, told and counted, and how they end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations at run time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from dynamorm import (
    Client,
    Encrypted,
    MigrationCounts,
    MigrationFailure,
    MigrationProgress,
    Model,
    PartitionKey,
    Retries,
    Template,
    dump,
    errors,
    load_dms,
    schema_of,
)
from dynamorm.testing import FixedClock, FixedRandom, RecordingSleeper, Request, Response

from .sealed import HUSH, Safe, envelope
from .typing.migrations import Guest, Visitor, move

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 20
KEY = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
ACTIVE: dict[str, Any] = {
    "TableStatus": "ACTIVE",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    **KEY,
}
DENIED = errors.AccessDeniedError("no", origin="service")


class Person(Model, table="people"):
    id: Annotated[str, PartitionKey()]
    name: str
    born: datetime | None = None


class Next(Model, table="next"):
    id: Annotated[str, PartitionKey()]
    name: str
    born: datetime | None = None


class Sealed(Model, table="next"):
    id: Annotated[str, PartitionKey()]
    name: Annotated[str, Encrypted()]


class World:
    """A source of so many items, spread over the segments of a scan, and tables that take what is put.

    `answer` may answer a request otherwise; with a `gate` every scan waits for it.
    """

    def __init__(
        self,
        number: int = 0,
        *,
        answer: Callable[[Request], Response | None] | None = None,
        gate: threading.Semaphore | None = None,
    ) -> None:
        self.source: list[dict[str, Any]] = [{"id": {"S": f"p{place}"}, "name": {"S": "P"}} for place in range(number)]
        self.answer, self.gate = answer, gate
        self.tables: dict[str, dict[str, Any]] = {}
        self.sent: list[Request] = []
        self.changed = threading.Condition()
        self.scanning = self.most = 0
        self.threads: dict[str, set[int | None]] = {}
        self.held: Counter[int] = Counter()
        self.most_held = 0

    def send(self, request: Request) -> Response:
        with self.changed:
            self.sent.append(request)
            self.changed.notify_all()
        answer = None if self.answer is None else self.answer(request)
        if answer is not None:
            return answer
        calls = {"DescribeTable": self.describe, "Scan": self.scan, "PutItem": self.put, "BatchWriteItem": self.batch}
        return calls[request.api](request.body)

    def describe(self, _body: dict[str, Any]) -> Response:
        return Response({"Table": ACTIVE | {"DeletionProtectionEnabled": True}})

    def scan(self, body: dict[str, Any]) -> Response:
        segment, total, limit = body.get("Segment", 0), body.get("TotalSegments", 1), body["Limit"]
        with self.changed:
            self.scanning += 1
            self.most = max(self.most, self.scanning)
            self.changed.notify_all()
        if self.gate is not None:
            assert self.gate.acquire(timeout=SECONDS)
        with self.changed:
            self.scanning -= 1
            mine = self.source[segment::total]
            ids = [item["id"]["S"] for item in mine]
            start = ids.index(body["ExclusiveStartKey"]["id"]["S"]) + 1 if "ExclusiveStartKey" in body else 0
            page = mine[start : start + limit]
            self.held[segment] = len(page)
            self.most_held = max(self.most_held, self.held.total())
        more = {"LastEvaluatedKey": {"id": page[-1]["id"]}} if start + limit < len(mine) else {}
        return Response({"Items": page, "Count": len(page), **more})

    def put(self, body: dict[str, Any]) -> Response:
        with self.changed:
            rows = self.tables.setdefault(body["TableName"], {})
            key = next(iter(body["Item"]["id"].values())) if "id" in body["Item"] else body["Item"]["pk"]["S"]
            if "ConditionExpression" in body and key in rows:
                return Response({"Item": rows[key]}, errors.ConditionFailedError("no", origin="service"))
            rows[key] = body["Item"]
        return Response()

    def batch(self, body: dict[str, Any]) -> Response:
        for name, entries in body["RequestItems"].items():
            for entry in entries:
                self.put({"TableName": name, "Item": entry["PutRequest"]["Item"]})
        return Response()

    def apis(self) -> Counter[str]:
        return Counter(request.api for request in self.sent)


def client_of(world: Any, **options: Any) -> Client:
    settings: dict[str, Any] = {"clock": FixedClock(0), "sleeper": RecordingSleeper(), "random": FixedRandom()}
    return Client(transport=world, **(settings | options))


def migrate(world: World, **options: Any) -> Any:
    return client_of(world).auto_migrate(Person, target_model=Next, data_copy=True, **options)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("dynamorm")]


def test_the_readme_moves_guests_and_keeps_a_backup() -> None:
    world = World()
    world.source = [
        {"id": {"S": "g"}, "name": {"S": "Ada"}, "hat": {"S": "red"}},
        {"id": {"S": "h"}, "name": {"S": ""}},
    ]
    report = move(client_of(world))
    assert report.done
    assert report.copy == MigrationCounts(read=2, written=1, skipped=1)
    assert world.tables["guests-2026"].keys() == {"g", "h"}
    assert world.tables["visitors"] == {"g": {"id": {"S": "g"}, "full_name": {"S": "Ada"}, "hat": {"S": "red"}}}
    assert (Guest.__dynamorm_schema__.table, Visitor.__dynamorm_schema__.table) == ("guests", "visitors")


def test_a_table_is_held_a_page_for_each_segment_under_way_and_no_more() -> None:
    world, told = World(5_000), list[MigrationProgress]()
    report = migrate(world, segments=4, concurrency=4, page_size=50, progress=told.append)
    assert (report.copy, report.done) == (MigrationCounts(read=5_000, written=5_000), True)
    assert (len(world.tables["next"]), world.most_held, threads()) == (5_000, 4 * 50, [])
    # Of each segment a page is written before the next is read.
    assert (len(told), world.apis()["Scan"]) == (100, 100)


@pytest.mark.parametrize(("options", "most"), [({}, 8), ({"concurrency": 3}, 3), ({"segments": 2}, 2)], ids=str)
def test_as_many_segments_are_under_way_as_the_caller_allows(options: dict[str, int], most: int) -> None:
    gate = threading.Semaphore(0)
    world = World(40, gate=gate)
    worker = threading.Thread(target=lambda: migrate(world, page_size=2, **options))
    worker.start()
    with world.changed:
        assert world.changed.wait_for(lambda: world.scanning == most, SECONDS)
    for _ in range(100):
        gate.release()
    worker.join(SECONDS)
    assert (worker.is_alive(), world.most, len(world.tables["next"])) == (False, most, 40)


def test_callbacks_are_called_by_the_callers_thread_one_at_a_time() -> None:
    world, callers = World(100), set[int]()
    for item in world.source[::3]:
        del item["name"]

    def note(_told: MigrationProgress | MigrationFailure) -> None:
        callers.add(threading.get_ident())

    report = migrate(world, page_size=5, progress=note, on_failure=note)
    assert (callers, report.copy.failed) == ({threading.get_ident()}, 34)
    assert report.copy.reasons == {"DecodeFailed": 34}


@pytest.mark.parametrize("callback", ["progress", "on_failure"])
def test_a_callback_that_throws_ends_the_work_after_what_is_under_way(callback: str) -> None:
    world, calls = World(400), list[object]()
    for item in world.source[::10]:
        del item["name"]

    def throw(told: object) -> None:
        calls.append(told)
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        migrate(world, segments=4, page_size=10, **{callback: throw})
    assert (len(calls), threads()) == (1, [])
    assert len(world.tables.get("next", ())) < 300


def test_a_failure_of_one_segment_ends_the_others_between_two_items() -> None:
    denied = threading.Event()

    def deny(request: Request) -> Response | None:
        if request.api != "PutItem":
            return None
        if request.body["Item"]["id"]["S"] == "p5":
            denied.set()
            return Response(error=DENIED)
        if int(request.body["Item"]["id"]["S"][1:]) % 4 != 1:
            assert denied.wait(SECONDS)
            time.sleep(0.005)
        return None

    world, told = World(400, answer=deny), list[MigrationProgress]()
    with pytest.raises(errors.AccessDeniedError):
        migrate(world, segments=4, page_size=100, progress=told.append)
    assert (told, threads()) == ([], [])
    assert len(world.tables["next"]) < 390


def test_ctrl_c_awaits_what_is_under_way_and_begins_nothing_further() -> None:
    def interrupt(request: Request) -> Response | None:
        if request.api == "PutItem" and request.body["Item"]["id"]["S"] == "p3":
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(0.001)
        return None

    world = World(1_000, answer=interrupt)
    with pytest.raises(KeyboardInterrupt):
        migrate(world, segments=1, page_size=1_000)
    asked = len(world.sent)
    time.sleep(0.05)
    assert (threads(), len(world.sent)) == ([], asked)
    assert len(world.tables["next"]) < 900


def test_what_a_transform_gives_is_judged_item_by_item() -> None:
    class Other(Model, table="others"):
        id: Annotated[str, PartitionKey()]

    given = iter([Other(id="x"), {"id": "m", "name": "mapped"}, 7, None, RuntimeError("broken")])

    def transform(person: Person) -> Any:
        assert isinstance(person, Person)
        value = next(given)
        if isinstance(value, Exception):
            raise value
        return value

    world, failures = World(5), list[MigrationFailure]()
    report = migrate(world, segments=1, transform=transform, on_failure=failures.append)
    assert report.copy == MigrationCounts(
        read=5, written=1, skipped=1, failed=3, reasons={"ValidationFailed": 2, "Transform": 1}
    )
    assert [(one.key, one.reason) for one in failures] == [
        ({"id": "p0"}, "ValidationFailed"),
        ({"id": "p2"}, "ValidationFailed"),
        ({"id": "p4"}, "Transform"),
    ]
    assert str(failures[2].error) == "broken"
    assert "p4" not in repr(failures[2])
    assert world.tables["next"] == {"m": {"id": {"S": "m"}, "name": {"S": "mapped"}}}


def test_models_of_documents_move_as_plain_dicts() -> None:
    person, following = (load_dms(dump(schema_of(one).document))[one.__name__] for one in (Person, Next))
    world = World(2)
    report = client_of(world).auto_migrate(
        person, target_model=following, data_copy=True, transform=lambda values: {**values, "name": "Q"}
    )
    assert report.copy is not None
    assert (report.copy.written, world.tables["next"]["p1"]["name"]) == (2, {"S": "Q"})


def test_a_cursor_of_many_segments_is_canonical_and_goes_on_anywhere() -> None:
    world = World(24)
    first = migrate(world, segments=12, page_size=1, max_pages=1)
    text = first.cursor
    parsed = json.loads(text)
    assert (first.done, first.copy.read) == (False, 12)
    assert text == json.dumps(parsed, sort_keys=True, separators=(",", ":"))
    assert [*parsed["copy"]] == ["0", "1", "10", "11", "2", "3", "4", "5", "6", "7", "8", "9"]
    assert all(place.keys() == {"at", "read", "written"} for place in parsed["copy"].values())
    # Each segment goes on by itself, and what they end with can be put together.
    ended = [migrate(world, segment=number, cursor=text) for number in range(12)]
    assert all((one.done, one.copy) == (True, MigrationCounts(read=2, written=2)) for one in ended)
    parsed["copy"] = {str(number): json.loads(one.cursor)["copy"][str(number)] for number, one in enumerate(ended)}
    whole = migrate(world, cursor=json.dumps(parsed, sort_keys=True, separators=(",", ":")))
    assert (whole.done, whole.copy, len(world.tables["next"])) == (True, MigrationCounts(read=24, written=24), 24)


@pytest.mark.parametrize(
    "cursor",
    [
        7,
        "\ud800",
        "[[",
        '{"copy":{"x":{"done":true}},"segments":1,"v":1}',
        '{"copy":{"-1":{"done":true}},"segments":1,"v":1}',
        '{"copy":{"0":{"done":1}},"segments":1,"v":1}',
        '{"copy":{"0":{"at":7}},"segments":1,"v":1}',
        '{"copy":{"0":{"done":true,"reasons":{}}},"segments":1,"v":1}',
        '{"segments":1000001,"v":1}',
        '{"segments":true,"v":1}',
        '{"segments":1,"v":1.0}',
    ],
    ids=str,
)
def test_a_cursor_that_this_library_did_not_write_is_refused(cursor: Any) -> None:
    world = World(1)
    with pytest.raises(errors.InvalidCursorError):
        migrate(world, cursor=cursor)
    assert world.sent == []


def test_every_option_is_checked_where_there_is_nothing_to_copy_too() -> None:
    refused: tuple[Any, ...] = ({"page_size": 0}, {"segments": 0}, {"concurrency": 0}, {"cursor": "x"})
    for options in refused:
        world = World()
        with pytest.raises(errors.DynamORMError):
            client_of(world).auto_migrate(Person, **options)
        assert world.sent == []


def test_the_clock_is_read_as_it_begins_and_once_for_each_further_page() -> None:
    readings = list[int]()

    def clock() -> int:
        readings.append(len(readings))
        return len(readings)

    client = client_of(World(5), clock=clock)
    report = client.auto_migrate(Person, target_model=Next, data_copy=True, backup_table="old", segments=1, page_size=2)
    assert (report.done, len(readings)) == (True, 6)


def test_a_spent_batch_ends_the_copy_with_the_failure_of_its_request() -> None:
    throttled = errors.ThrottledError("slow", origin="service")

    def answer(request: Request) -> Response | None:
        return Response(error=throttled) if request.api == "BatchWriteItem" else None

    world = World(3, answer=answer)
    client = client_of(world, retries=Retries(max_attempts=2))
    with pytest.raises(errors.ThrottledError):
        client.auto_migrate(Person, target_model=Next, data_copy=True, on_existing="overwrite", segments=1)
    assert world.apis()["BatchWriteItem"] == 2


def test_a_batch_that_stays_undone_ends_the_copy_with_the_keys_as_far_as_they_can_be_read() -> None:
    def answer(request: Request) -> Response | None:
        unprocessed = request.body.get("RequestItems")
        return Response({"UnprocessedItems": unprocessed}) if request.api == "BatchWriteItem" else None

    client = client_of(World(2, answer=answer), retries=Retries(max_attempts=1))
    with pytest.raises(errors.BatchIncompleteError) as raised:
        client.auto_migrate(Person, backup_table="old", on_existing="overwrite", segments=1)
    assert [one.key for one in raised.value.undone] == [{"id": "p0"}, {"id": "p1"}]


def test_a_batch_that_is_refused_later_writes_only_what_is_left_item_by_item() -> None:
    refused = errors.ValidationFailedError("no", origin="service")

    def answer(request: Request) -> Response | None:
        rows = request.body.get("RequestItems", {}).get("next", [])
        if len(rows) == 3:
            return Response({"UnprocessedItems": {"next": rows[1:]}})
        is_bad = request.api == "PutItem" and request.body["Item"]["id"]["S"] == "p1"
        return Response(error=refused) if rows or is_bad else None

    world = World(3, answer=answer)
    report = migrate(world, segments=1, on_existing="overwrite")
    assert report.copy == MigrationCounts(read=3, written=2, failed=1, reasons={"ValidationFailed": 1})
    assert world.apis()["PutItem"] == 2


def test_an_item_without_the_key_of_the_target_is_refused_by_itself() -> None:
    class Elsewhere(Model, table="elsewhere", partition_key=Template("pk", "P#{id}")):
        id: str
        name: str

    refused = errors.ValidationFailedError("no", origin="service")
    described = json.loads(json.dumps(ACTIVE).replace('"id"', '"pk"'))
    answers = {"DescribeTable": Response({"Table": described})} | dict.fromkeys(
        ("PutItem", "BatchWriteItem"), Response(error=refused)
    )
    world = World(2, answer=lambda request: answers.get(request.api))
    report = client_of(world).auto_migrate(
        Person, target_model=Elsewhere, data_copy=True, on_existing="overwrite", segments=1
    )
    assert report.copy == MigrationCounts(read=2, failed=2, reasons={"ValidationFailed": 2})


def test_an_item_that_is_too_large_with_its_envelope_is_a_failure_of_that_item() -> None:
    large = {"id": {"S": "b"}, "name": {"S": "x" * 409_570}}
    small = {"id": {"S": "a"}, "name": {"S": "y"}}
    page = Response({"Items": [large, small], "Count": 2})
    for existing, last in (("keep", "PutItem"), ("overwrite", "BatchWriteItem")):
        safe = Safe(Response({"Table": ACTIVE}), page, Response())
        options: Any = {"on_existing": existing, "segments": 1}
        report = safe.client.auto_migrate(Person, target_model=Sealed, data_copy=True, **options)
        assert report.copy == MigrationCounts(read=2, written=1, failed=1, reasons={"ItemTooLarge": 1})
        assert (safe.script.sent[-1].api, len(safe.script.sent)) == (last, 3)


def test_an_attribute_that_both_seal_alike_is_not_opened_but_has_to_be_there() -> None:
    class Kept(Model, table="kept", dms_namespace="acme"):
        id: Annotated[str, PartitionKey()]
        note: Annotated[str, Encrypted((("model", "Secret"),))]

    class Source(Model, table="secrets", dms_namespace="acme"):
        id: Annotated[str, PartitionKey()]
        note: Annotated[str | None, Encrypted((("model", "Secret"),))] = None

    sealed = envelope({"S": HUSH})
    world = World()
    world.source = [{"id": {"S": "a"}, "note": sealed}, {"id": {"S": "b"}}, {"id": {"S": "c"}, "note": {"NULL": True}}]
    report = client_of(world).auto_migrate(Source, target_model=Kept, data_copy=True, segments=1)
    assert report.copy == MigrationCounts(read=3, written=1, failed=2, reasons={"DecodeFailed": 2})
    assert world.tables["kept"] == {"a": {"id": {"S": "a"}, "note": sealed}}


def test_equal_is_what_the_codec_would_write_alike() -> None:
    world = World(3)
    world.source[0]["born"] = {"S": "2020-01-01T01:00:00+01:00"}
    world.tables["next"] = {
        "p0": {**world.source[0], "born": {"S": "2020-01-01T00:00:00.000000Z"}},
        "p1": {**world.source[1], "born": {"NULL": True}},
        "p2": {**world.source[2], "born": {"N": "7"}},
    }
    report = migrate(world, segments=1)
    assert report.copy == MigrationCounts(read=3, present=2, different=1, reasons={"ConditionFailed": 1})


def test_an_item_that_a_lost_attempt_wrote_is_written_and_another_is_there() -> None:
    def lost(item: dict[str, Any]) -> Response:
        return Response({"Item": item}, errors.ConditionFailedError("no", origin="service"), unanswered=True)

    ours, other = {"id": {"S": "p0"}, "name": {"S": "P"}}, {"id": {"S": "p1"}, "name": {"S": "Q"}}
    stored = {"p0": lost(ours), "p1": lost(other)}

    def answer(request: Request) -> Response | None:
        return stored[request.body["Item"]["id"]["S"]] if request.api == "PutItem" else None

    report = migrate(World(2, answer=answer), segments=1)
    assert report.copy == MigrationCounts(read=2, written=1, different=1, reasons={"ConditionFailed": 1})


# ---------------------------------------------------------------- memory

MEMORY = """
import resource
import sys
from dynamorm import Client
from dynamorm.testing import FixedClock, Response
from tests.test_migrate import ACTIVE, Next, Person

class Transport:
    def __init__(self, number):
        self.number = number

    def send(self, request):
        if request.api != "Scan":
            return Response({"Table": ACTIVE} if request.api == "DescribeTable" else {})
        start, total = request.body.get("ExclusiveStartKey", {"id": {"S": str(request.body["Segment"])}}), 4
        first = int(start["id"]["S"])
        last = first + request.body["Limit"] * total
        places = range(first, min(last, self.number), total)
        items = [{"id": {"S": str(place)}, "name": {"S": "x" * 1000}} for place in places]
        more = {"LastEvaluatedKey": {"id": {"S": str(last)}}} if last < self.number else {}
        return Response({"Items": items, **more})

def peak(number):
    client = Client(transport=Transport(number), clock=FixedClock(0))
    done = client.auto_migrate(Person, target_model=Next, data_copy=True, segments=4, on_existing="overwrite")
    assert done.copy.written == number, done
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 ** 2 if sys.platform == "darwin" else 1024)

before = peak(2_000)
print(peak(100_000) - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's peak")
def test_the_memory_of_a_migration_does_not_grow_with_its_table() -> None:
    house = Path(__file__).parents[1]
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", MEMORY], cwd=house, capture_output=True, text=True, check=True, timeout=120
    )
    assert float(ran.stdout) < 30
