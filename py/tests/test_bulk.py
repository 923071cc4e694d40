"""Bulk writes: order, back-pressure, what is told of failures, how they end, and that memory does not grow."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dynamorm import BulkCounts, BulkFailure, Client, Retries, errors
from dynamorm.testing import FixedClock, FixedRandom, RecordingSleeper, Request, Response

from .test_batch import Note, ids, item_of
from .test_parallel import SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Table:
    """Keeps what is put; `answer` may give another answer, by the ids of the request.

    With a `gate` every request waits for it; `most` is the largest number of requests that were under way at once.
    """

    def __init__(
        self, answer: Callable[[list[str]], Response | None] | None = None, *, gate: threading.Semaphore | None = None
    ) -> None:
        self.answer, self.gate = answer, gate
        self.items: dict[str, str | None] = {}
        self.sent: list[list[str]] = []
        self.under_way: list[list[str]] = []
        self.most = 0
        self.clash = False
        self.changed = threading.Condition()

    def send(self, request: Request) -> Response:
        rows = request.body["RequestItems"]["notes"]
        names = [item_of(row)["id"]["S"] for row in rows]
        with self.changed:
            self.clash |= any(set(names) & set(other) for other in self.under_way)
            self.sent.append(names)
            self.under_way.append(names)
            self.most = max(self.most, len(self.under_way))
            self.changed.notify_all()
        if self.gate is not None:
            assert self.gate.acquire(timeout=SECONDS)
        with self.changed:
            self.under_way.remove(names)
            answer = None if self.answer is None else self.answer(names)
            if answer is None:
                for row, name in zip(rows, names, strict=True):
                    self.items[name] = item_of(row).get("text", {}).get("S") if "PutRequest" in row else None
            return answer or Response()

    def settled(self, sent: int) -> bool:
        """Wait until so many requests were sent, and a moment longer; tell whether there were no more."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.sent) >= sent, SECONDS)
            return not self.changed.wait_for(lambda: len(self.sent) > sent, 0.05)


def desk(table: Table, **settings: Any) -> Any:
    options: dict[str, Any] = {
        "sleeper": RecordingSleeper(),
        "random": FixedRandom(),
        "clock": FixedClock(0, tick_ns=1),
    } | settings
    return Client(transport=table, **options).table(Note)


def stream(number: int, taken: list[int] | None = None) -> Iterator[Note]:
    for index in range(number):
        if taken is not None:
            taken.append(index)
        yield Note(id=f"n{index}")


def refused(names: Iterable[str], error: errors.DynamORMError) -> Callable[[list[str]], Response | None]:
    """Answer a request that holds one of the names with an error."""
    marked = set(names)
    return lambda sent: Response(error=error) if marked & set(sent) else None


def lost() -> errors.DynamORMError:
    return errors.NetworkError("lost", origin="service", maybe_applied=True)


DENIED = errors.AccessDeniedError("no", aws="AccessDeniedException", origin="service", status=400)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("dynamorm")]


@pytest.mark.parametrize("concurrency", [1, 3, 4, 9])
def test_a_stream_arrives_whole(concurrency: int) -> None:
    table = Table()
    assert desk(table).bulk_put(stream(260), concurrency=concurrency) == BulkCounts(260, 0, 0)
    assert (len(table.items), len(table.sent), threads()) == (260, 11, [])
    done = desk(table).bulk_delete(({"id": f"n{index}"} for index in range(60)), concurrency=concurrency)
    assert done == BulkCounts(0, 60, 0)


def test_an_empty_stream_sends_nothing() -> None:
    table = Table()
    assert desk(table).bulk_put([]) == BulkCounts()
    assert table.sent == []


@pytest.mark.parametrize(("options", "most"), [({}, 4), ({"concurrency": 1}, 1), ({"concurrency": 6}, 6)])
def test_as_many_requests_are_under_way_as_the_caller_allows_and_nothing_is_taken_ahead(
    options: dict[str, int], most: int
) -> None:
    gate, taken = threading.Semaphore(0), list[int]()
    table = Table(gate=gate)
    worker = threading.Thread(target=lambda: desk(table).bulk_put(stream(400, taken), **options))
    worker.start()
    assert table.settled(most)
    assert len(taken) == 25 * most
    gate.release()
    assert table.settled(most + 1)
    assert len(taken) == 25 * (most + 1)
    gate.release(16)
    worker.join(SECONDS)
    assert (table.most, len(table.items)) == (most, 400)


def test_writes_of_one_item_keep_the_order_of_the_stream() -> None:
    table = Table()
    values = [Note(id=f"n{index % 7}", text=str(index)) for index in range(700)]
    desk(table).bulk_put(values, concurrency=8)
    assert table.items == {f"n{index}": str(693 + index) for index in range(7)}
    assert not table.clash


def test_a_chunk_waits_while_one_with_an_item_of_its_own_is_under_way() -> None:
    gate = threading.Semaphore(0)
    table = Table(gate=gate)
    values = [*stream(25), *(Note(id=f"m{index}") for index in range(24)), Note(id="n3")]
    worker = threading.Thread(target=lambda: desk(table).bulk_put(values))
    worker.start()
    assert table.settled(1)
    gate.release(2)
    worker.join(SECONDS)
    assert (len(table.sent), table.clash) == (2, False)


def test_the_clock_is_read_once_for_each_chunk_also_where_an_item_ends_it() -> None:
    class Ticking(FixedClock):
        read = 0

        def __call__(self) -> int:
            self.read += 1
            return super().__call__()

    clock = Ticking(0)
    desk(Table(), clock=clock).bulk_put([Note(id="a"), Note(id="b"), Note(id="a"), *stream(30)], concurrency=1)
    assert clock.read == 3


def test_progress_is_told_after_each_chunk_by_the_callers_own_thread() -> None:
    told: list[tuple[BulkCounts, threading.Thread]] = []
    table = Table(refused(["n30", "n60"], lost()))
    desk(table).bulk_put(
        stream(100), progress=lambda one: told.append((one, threading.current_thread())), on_failure=lambda _: None
    )
    assert {thread for _, thread in told} == {threading.current_thread()}
    numbers = [(one.written, one.failed) for one, _ in told]
    assert numbers == sorted(numbers)
    assert (len(numbers), numbers[-1]) == (4, (50, 50))


def test_callbacks_are_never_called_at_once() -> None:
    inside = threading.Lock()

    def alone(_: Any) -> None:
        assert inside.acquire(blocking=False)
        inside.release()

    table = Table(lambda names: Response(error=lost()) if "n7" in names else None)
    desk(table).bulk_put(stream(500), concurrency=8, progress=alone, on_failure=alone)


def test_a_value_is_left_as_it_was_and_may_be_given_again() -> None:
    note, table = Note(id="a"), Table()
    assert desk(table).bulk_put([note] * 3) == BulkCounts(3)
    assert [len(names) for names in table.sent] == [1, 1, 1]


# ---------------------------------------------------------------- failures


def run(
    table: Table, values: Any, **options: Any
) -> tuple[BulkCounts | errors.BatchIncompleteError, list[BulkFailure]]:
    """Run with on_failure; give the result or the error, and what was told."""
    told: list[BulkFailure] = []
    settings = {name: options.pop(name) for name in ("retries",) if name in options}
    try:
        return desk(table, **settings).bulk_put(values, on_failure=told.append, **options), told
    except errors.BatchIncompleteError as error:
        return error, told


def test_the_work_goes_on_behind_a_refused_write_and_a_retryable_error() -> None:
    values: list[Any] = [*stream(3), {"text": "no key"}, Note(id="n3"), {"id": "n4", "text": 5}]
    values += [Note(id=f"m{index}") for index in range(60)]
    done, told = run(Table(refused(["m30"], lost())), values, concurrency=1)
    assert isinstance(done, BulkCounts)
    assert (done.written, done.failed) == (39, 27)
    states = [(one.state, one.error.code, None if one.key is None else one.key.key["id"]) for one in told[:3]]
    assert states == [
        ("undone", "MissingPrimaryKey", None),
        ("undone", "ValidationFailed", "n4"),
        ("unknown", "NetworkError", "m21"),
    ]


def test_a_write_whose_attempts_are_spent_is_told_as_incomplete() -> None:
    def left(names: list[str]) -> Response | None:
        rows = [{"PutRequest": {"Item": {"id": {"S": "n1"}}}}]
        return Response({"UnprocessedItems": {"notes": rows}}) if "n1" in names else None

    done, told = run(Table(left), stream(30), concurrency=1, retries=Retries(max_attempts=2))
    assert (done, [one.error.code for one in told]) == (BulkCounts(29, 0, 1), ["BatchIncomplete"])
    throttled = refused(["n1"], errors.ThrottledError("slow"))
    done, told = run(Table(throttled), stream(30), concurrency=1, retries=Retries(max_attempts=2))
    assert (done, {one.error.code for one in told}) == (BulkCounts(5, 0, 25), {"BatchIncomplete"})


def test_an_error_that_is_not_retryable_ends_the_work_and_is_told_once() -> None:
    taken: list[int] = []
    error, told = run(Table(refused(["n30"], DENIED)), stream(900, taken), concurrency=1)
    assert isinstance(error, errors.BatchIncompleteError)
    assert (error.__cause__, error.retryable, error.aws, error.origin) == (DENIED, False, DENIED.aws, "service")
    assert (len(told), {one.error for one in told}, list(error.undone)) == (25, {DENIED}, [])
    assert len(taken) == 50


def test_without_on_failure_the_first_failure_ends_the_work_and_names_what_was_taken() -> None:
    gate, taken = threading.Semaphore(0), list[int]()
    answers = refused(["n10", "n60"], lost()), refused(["n30"], DENIED)
    table = Table(lambda names: answers[0](names) or answers[1](names), gate=gate)
    caught: list[errors.BatchIncompleteError] = []

    def work() -> None:
        try:
            desk(table).bulk_put(stream(900, taken), concurrency=3)
        except errors.BatchIncompleteError as error:
            caught.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    assert table.settled(3)
    gate.release(3)
    worker.join(SECONDS)
    (error,) = caught
    assert ids(error.unknown) == [f"n{index}" for index in (*range(25), *range(50, 75))]
    assert ids(error.undone) == [f"n{index}" for index in range(25, 50)]
    assert (list(error.done), len(taken), error.maybe_applied) == ([], 75, True)


def test_a_refused_write_ends_the_work_and_what_was_taken_with_it_is_undone() -> None:
    taken: list[int] = []

    def values() -> Iterator[Any]:
        yield from stream(27, taken)
        yield {"id": "bad", "text": 5}
        taken.append(-1)

    table = Table()
    with pytest.raises(errors.BatchIncompleteError) as caught:
        desk(table).bulk_put(values(), concurrency=1)
    error = caught.value
    assert (ids(error.undone), error.origin, error.retryable) == (["n25", "n26", "bad"], "client", False)
    assert isinstance(error.__cause__, errors.ValidationFailedError)
    assert (len(table.sent), -1 in taken) == (1, False)


def test_a_write_that_is_held_back_is_named_too() -> None:
    taken = [Note(id="a"), Note(id="b"), Note(id="a", text="again"), Note(id="c")]
    with pytest.raises(errors.BatchIncompleteError) as caught:
        desk(Table(refused(["b"], lost()))).bulk_put(taken, concurrency=1)
    assert (ids(caught.value.unknown), ids(caught.value.undone)) == (["a", "b"], ["a"])


def test_a_stream_that_fails_ends_the_work_and_what_was_taken_is_named() -> None:
    def values() -> Iterator[Note]:
        yield from stream(30)
        raise OSError("torn")

    table, told = Table(), list[BulkCounts]()
    with pytest.raises(BatchIncompleteError) as caught:
        desk(table).bulk_put(values(), progress=told.append)
    error = caught.value
    assert (told, len(table.items), threads()) == ([BulkCounts(25)], 25, [])
    assert (isinstance(error.__cause__, OSError), error.origin, error.retryable) == (True, "client", False)
    assert (len(error.undone), error.done, error.unknown) == (5, [], [])


def test_a_callbacks_own_error_ends_the_work() -> None:
    table = Table()

    def progress(_: BulkCounts) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        desk(table).bulk_put(stream(900), progress=progress)
    assert (len(table.sent) <= 8, threads()) == (True, [])


def test_a_crash_of_the_transport_comes_out_as_it_is() -> None:
    def crash(_: list[str]) -> Response:
        raise AssertionError("the test's own")

    with pytest.raises(AssertionError, match="own"):
        desk(Table(crash)).bulk_put(stream(30))
    assert threads() == []


def test_ctrl_c_waits_for_what_is_under_way_and_sends_nothing_again() -> None:
    waiting, interrupted = threading.Event(), threading.Event()
    table = Table(lambda _: Response(error=errors.ThrottledError("slow")))

    def sleeper(_: float) -> None:
        waiting.set()
        assert interrupted.wait(SECONDS)

    def values() -> Iterator[Note]:
        yield from stream(25)
        assert waiting.wait(SECONDS)
        threading.Timer(0.05, interrupted.set).start()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk(table, sleeper=sleeper).bulk_put(values())
    assert (len(table.sent), threads()) == (1, [])


@pytest.mark.parametrize("concurrency", [0, -1])
def test_a_concurrency_under_one_is_refused(concurrency: int) -> None:
    with pytest.raises(errors.ValidationFailedError):
        desk(Table()).bulk_put([], concurrency=concurrency)


def test_what_is_no_action_is_refused_without_a_key() -> None:
    told: list[BulkFailure] = []
    client = Client(transport=Table())
    wrong: Any = [5, None, client.table(Note).actions.create({"id": "a"}), client.table(Note).actions.put({"id": "b"})]
    assert client.bulk_write(wrong, on_failure=told.append) == BulkCounts(1, 0, 3)
    assert [None if one.key is None else one.key.key for one in told] == [None, None, {"id": "a"}]


@pytest.mark.parametrize("given", [5, "abc", {"id": "a"}])
def test_what_is_no_stream_is_refused(given: Any) -> None:
    client = Client(transport=Table())
    for call in (client.bulk_write, client.table(Note).bulk_put, client.table(Note).bulk_delete):
        with pytest.raises(errors.ValidationFailedError):
            call(given)


# ---------------------------------------------------------------- memory

MEMORY = """
import resource
import sys
from dynamorm import Client
from dynamorm.testing import FixedClock, Response
from tests.test_batch import Note

class Transport:
    def send(self, request):
        return Response()

table = Client(transport=Transport(), clock=FixedClock(0)).table(Note)

def peak(number):
    table.bulk_put(({"id": f"n{index}", "text": "x" * 100} for index in range(number)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 ** 2 if sys.platform == "darwin" else 1024)

before = peak(2_000)
print(peak(200_000) - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's peak")
def test_the_memory_of_a_bulk_write_does_not_grow_with_its_stream() -> None:
    house = Path(__file__).parents[1]
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", MEMORY], cwd=house, capture_output=True, text=True, check=True, timeout=120
    )
    assert float(ran.stdout) < 50
