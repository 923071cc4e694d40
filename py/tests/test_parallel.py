"""Parallel scans: how many requests there are at once, how far they run ahead, and that nothing is left behind."""

from __future__ import annotations

import gc
import threading
import weakref
from collections import Counter
from contextlib import closing
from itertools import islice
from typing import Any

import pytest

from dynamorm import Client, Parallel, errors
from dynamorm.testing import FixedClock, Request, Response

from .models import Order

PER_PAGE = 5
SECONDS = 10


class Segments:
    """A table of `pages` pages in each segment; `fails` names the segment whose second page is an error.

    With a `gate` every request waits for it; `most` is the largest number of requests that were under way at once.
    """

    def __init__(self, pages: int = 3, *, fails: int | None = None, gate: threading.Semaphore | None = None) -> None:
        self.pages, self.fails, self.gate = pages, fails, gate
        self.asked: Counter[int] = Counter()
        self.under_way = self.most = 0
        self.changed = threading.Condition()

    def send(self, request: Request) -> Response:
        segment, start = request.body["Segment"], request.body.get("ExclusiveStartKey")
        page = 0 if start is None else int(start["number"]["N"]) // PER_PAGE + 1
        with self.changed:
            self.asked[segment] += 1
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.changed.notify_all()
        if self.gate is not None:
            assert self.gate.acquire(timeout=SECONDS)
        with self.changed:
            self.under_way -= 1
            self.changed.notify_all()
        if segment == self.fails and page == 1:
            return Response({}, errors.ThrottledError("DynamoDB answered ThrottlingException"))
        items = [key(segment, page * PER_PAGE + number) for number in range(PER_PAGE)]
        return Response({"Items": items, **({"LastEvaluatedKey": items[-1]} if page + 1 < self.pages else {})})

    def settled(self, asked: int) -> int:
        """Wait until so many requests were sent and answered, and a moment longer; give their number."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.asked.total() >= asked and not self.under_way, SECONDS)
            self.changed.wait_for(lambda: self.asked.total() > asked, 0.05)
            return self.asked.total()


def key(segment: int, number: int) -> dict[str, Any]:
    return {"customer_id": {"S": f"c{segment}"}, "number": {"N": str(number)}}


def scan(table: Segments, segments: int, concurrency: int | None = None) -> Parallel[Order]:
    client = Client(transport=table, clock=FixedClock(0))
    return client.table(Order).scan().parallel(segments, concurrency=concurrency)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("dynamorm")]


@pytest.mark.parametrize("concurrency", [None, 1, 2, 9])
def test_every_item_of_every_segment_is_given_once(concurrency: int | None) -> None:
    items, cursors = scan(Segments(), 4, concurrency).all()
    expected = [(f"c{segment}", number) for segment in range(4) for number in range(3 * PER_PAGE)]
    assert sorted((item.customer, item.number) for item in items) == expected
    assert (cursors, threads()) == ([None] * 4, [])


@pytest.mark.parametrize(("concurrency", "most"), [(None, 4), (1, 1), (3, 3), (9, 4)])
def test_as_many_requests_are_under_way_as_the_caller_allows(concurrency: int | None, most: int) -> None:
    gate = threading.Semaphore(0)
    table, read = Segments(gate=gate), list[Order]()
    reader = threading.Thread(target=lambda: read.extend(scan(table, 4, concurrency)))
    reader.start()
    with table.changed:
        assert table.changed.wait_for(lambda: table.under_way == most, SECONDS)
    gate.release(4 * 3)
    reader.join(SECONDS)
    assert (len(read), table.most) == (4 * 3 * PER_PAGE, most)


def test_nothing_is_sent_before_an_item_is_asked_for() -> None:
    table = Segments()
    iter(scan(table, 4))
    assert (table.asked, threads()) == ({}, [])


def test_no_segment_is_read_more_than_a_page_ahead_of_the_caller() -> None:
    table = Segments(pages=9)
    given: Counter[int | None] = Counter()
    for page in scan(table, 3).pages():
        given[page.segment] += 1
        most = sum(min(given[segment] + 1, table.pages) for segment in range(3))
        assert table.settled(most) == most
        assert all(table.asked[segment] <= given[segment] + 1 for segment in range(3))


def test_a_segment_begins_when_another_is_read_to_its_end() -> None:
    table = Segments(pages=2)
    order = [page.segment for page in scan(table, 3, 1).pages()]
    assert order == [0, 0, 1, 1, 2, 2]


def test_the_error_of_one_segment_ends_the_scan_and_its_threads() -> None:
    table = Segments(pages=50, fails=1)
    with pytest.raises(errors.ThrottledError):
        list(scan(table, 3))
    asked = table.asked.total()
    assert asked < 3 * 50
    assert (table.settled(asked), threads()) == (asked, [])


def test_an_error_that_is_there_sends_no_further_request() -> None:
    table = Segments(pages=50, fails=1)
    pages = scan(table, 3).pages()
    # The error may be there as early as its request is.
    with pytest.raises(errors.ThrottledError):
        list(pages)
    asked = table.asked.total()
    assert (table.settled(asked), threads()) == (asked, [])


def test_an_item_that_cannot_be_read_ends_the_scan() -> None:
    table = Segments(pages=50)

    class Torn(Segments):
        def send(self, request: Request) -> Response:
            answer = table.send(request)
            return answer if request.body["Segment"] != 1 else Response({"Items": [{"number": {"S": "x"}}]})

    with pytest.raises(errors.DecodeFailedError):
        list(scan(Torn(), 3))
    assert threads() == []


def leave(items: Any) -> None:
    for _ in items:
        break


def close(items: Any) -> None:
    with closing(iter(items)) as begun:
        next(begun)


def fail(items: Any) -> None:
    def stumble() -> None:
        for _ in items:
            raise KeyError

    with pytest.raises(KeyError):
        stumble()


@pytest.mark.parametrize("end", [leave, close, fail])
@pytest.mark.parametrize("by", ["items", "pages"])
def test_leaving_early_ends_the_threads(by: str, end: Any) -> None:
    table = Segments(pages=50)
    parallel = scan(table, 3)
    end(parallel if by == "items" else parallel.pages())
    asked = table.asked.total()
    assert asked <= 2 * 3
    assert (table.settled(asked), threads()) == (asked, [])


def test_a_parallel_scan_can_be_read_again_from_its_start() -> None:
    table = Segments()
    parallel = scan(table, 2)
    first, second = ([(item.customer, item.number) for item in parallel] for _ in range(2))
    assert sorted(first) == sorted(second)
    assert table.asked == {0: 6, 1: 6}


def test_memory_does_not_grow_with_the_pages() -> None:
    alive: weakref.WeakValueDictionary[int, Order] = weakref.WeakValueDictionary()

    class Counted(Order, table="orders"):
        def model_post_init(self, _context: Any, /) -> None:
            alive[id(self)] = self

    client = Client(transport=Segments(pages=40), clock=FixedClock(0))
    most = max(len(alive) for _ in client.table(Counted).scan().parallel(3))
    # The page in the caller's hands, the one before it, and one ahead in each segment.
    assert PER_PAGE <= most <= (2 + 3) * PER_PAGE
    gc.collect()
    assert len(alive) == 0


def test_a_segment_goes_on_from_its_own_cursor() -> None:
    table = Segments()
    page = next(page for page in scan(table, 2).pages() if page.segment == 1)
    client = Client(transport=table, clock=FixedClock(0))
    orders = client.table(Order)
    rest = orders.scan(cursor=page.cursor).segment(1, 2)
    assert [(item.customer, item.number) for item in rest] == [("c1", number) for number in range(PER_PAGE, 15)]
    for other in (orders.scan(cursor=page.cursor), orders.scan(cursor=page.cursor, segment=(0, 2))):
        with pytest.raises(errors.InvalidCursorError):
            list(other)


REFUSED: dict[str, Any] = {
    "no segment": lambda orders: orders.scan().parallel(0),
    "too many segments": lambda orders: orders.scan().parallel(1_000_001),
    "no concurrency": lambda orders: orders.scan().parallel(2, concurrency=0),
    "a limit": lambda orders: orders.scan(limit=5).parallel(2),
    "a cursor": lambda orders: orders.scan(cursor="e30").parallel(2),
    "a segment": lambda orders: orders.scan(segment=(0, 2)).parallel(2),
    "a segment behind the last": lambda orders: list(orders.scan().segment(2, 2)),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_does_not_go_together_is_refused(call: Any) -> None:
    table = Segments()
    with pytest.raises(errors.ValidationFailedError):
        call(Client(transport=table, clock=FixedClock(0)).table(Order))
    assert table.asked == {}


def test_the_first_items_come_before_the_last_are_read() -> None:
    table = Segments(pages=1000)
    assert len(list(islice(scan(table, 2), 3))) == 3
    assert table.asked.total() <= 4
