"""Copies of tables: segments side by side, each page by page; of a page its items are written before the next is read.

One thread, the caller's, hands out pages, counts and calls back; others read and write them. What is held is a page for
each segment under way.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from .errors import (
    AlreadyExistsError,
    BatchIncompleteError,
    CanceledError,
    DynamORMError,
    ItemTooLargeError,
    KeyUnavailableError,
    ValidationFailedError,
)
from .operation import (
    BatchWrite,
    Chunk,
    CopyPage,
    CopyPut,
    MigrationCounts,
    SegmentPlace,
    TransformError,
    copy_entry,
    key_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from .client import Client
    from .codec import Item
    from .operation import Copy, CopyEntry, MigrationPlace, Phase, Read

REFUSED = (ValidationFailedError, ItemTooLargeError)
TRANSFORM = "Transform"


@dataclass(frozen=True)
class MigrationProgress:
    """How far a phase is after a page: its numbers so far, and the cursor that goes on behind that page."""

    phase: Phase
    counts: MigrationCounts
    cursor: str


@dataclass(frozen=True)
class MigrationFailure:
    """An item that was not written: its key in the source, as far as it can be read, and why.

    `reason` is the error's code, or `Transform` where the transform failed with that error.
    """

    key: dict[str, Any] = field(repr=False)
    reason: str
    error: Exception


@dataclass(frozen=True)
class CopyOptions:
    """How a copy goes about."""

    keep: bool
    concurrency: int
    max_pages: int | None
    dry_run: bool
    progress: Callable[[MigrationProgress], object] | None
    on_failure: Callable[[MigrationFailure], object] | None


class _Page:
    """One page on its way: read, and written item after item. Done by another thread."""

    def __init__(
        self, client: Client, copy: Copy, options: CopyOptions, now_ns: int, stopped: Callable[[], bool]
    ) -> None:
        self._client, self._copy, self._options = client, copy, options
        self._now_ns, self._stopped = now_ns, stopped
        self.counts = MigrationCounts()
        self.failures: list[MigrationFailure] = []
        self.last_key: Item | None = None
        # What ended the page, and with it the copy.
        self.error: DynamORMError | None = None

    def run(self, read: Read, start: Item | None) -> _Page:
        """Read and write the page."""
        client = self._client
        try:
            page = CopyPage(read.page(start, None), self._copy, client.retries, client.random)
            items, self.last_key = client.run(page, self._now_ns, stopped=self._stopped)
            if self._options.keep or self._options.dry_run:
                self._write_each(items)
            else:
                self._write_chunks(items)
        except DynamORMError as error:
            self.error = error
        return self

    def _made(self, items: Sequence[Item]) -> Iterator[tuple[Item, Item]]:
        """Give what is made of each item, and the item; those that are skipped, or fail of it, are counted."""
        for item in items:
            if self._stopped():
                raise CanceledError("stopped between two items", origin="service")
            self._count(read=1)
            try:
                made = self._copy.made(item)
            except KeyUnavailableError:
                raise
            except TransformError as error:
                self._fail(item, TRANSFORM, _cause_of(error))
            except DynamORMError as error:
                self._fail(item, error.code, error)
            else:
                if made is None:
                    self._count(skipped=1)
                else:
                    yield made, item

    def _write_each(self, items: Sequence[Item]) -> None:
        for made, item in self._made(items):
            if self._options.dry_run:
                self._count(written=1)
            else:
                self._put(made, item, keep=True)

    def _put(self, made: Item, item: Item, *, keep: bool) -> None:
        client = self._client
        try:
            put = CopyPut(self._copy, made, client.retries, client.random, keep=keep)
            is_new = client.run(put, self._now_ns, stopped=self._stopped)
        except AlreadyExistsError as error:
            self._count(different=1, reasons={error.code: 1})
            self.failures.append(MigrationFailure(key_of(self._copy.source, item), error.code, error))
        except REFUSED as error:
            self._fail(item, error.code, error)
        else:
            self._count(written=int(is_new), present=int(not is_new))

    def _write_chunks(self, items: Sequence[Item]) -> None:
        """Write the items in batches; two of one key are never in one."""
        chunk = Chunk()
        entries: dict[tuple[str, ...], CopyEntry] = {}
        for made, item in self._made(items):
            entry = copy_entry(self._copy, made, item)
            try:
                self._client.seal(entry, self._now_ns)
            except REFUSED as error:
                self._fail(item, error.code, error)
                continue
            if entry.identity in entries or not chunk.takes(entry):
                self._send(entries)
                chunk, entries = Chunk(), {}
            chunk.add(entry)
            entries[entry.identity] = entry
        self._send(entries)

    def _send(self, entries: dict[tuple[str, ...], CopyEntry]) -> None:
        """Send a batch; one that is refused is written item by item."""
        if not entries:
            return
        client, chunk = self._client, [*entries.values()]
        try:
            client.run(BatchWrite([chunk], client.retries, client.random), self._now_ns, stopped=self._stopped)
        except DynamORMError as error:
            failure = _failure_of(error)
            if not isinstance(failure, REFUSED):
                raise failure from failure.__cause__
        self._count(written=sum(entry.state == "done" for entry in chunk))
        for entry in chunk:
            if entry.state != "done":
                self._put(entry.wire["PutRequest"]["Item"], entry.origin, keep=False)

    def _fail(self, item: Item, reason: str, error: Exception) -> None:
        self._count(failed=1, reasons={reason: 1})
        self.failures.append(MigrationFailure(key_of(self._copy.source, item), reason, error))

    def _count(self, **numbers: Any) -> None:  # noqa: ANN401 - numbers, and reasons by their code
        self.counts = self.counts.plus(MigrationCounts(**numbers))


def _cause_of(error: TransformError) -> Exception:
    return error.__cause__ if isinstance(error.__cause__, Exception) else error


def _failure_of(error: DynamORMError) -> DynamORMError:
    """Give the failure of a request that ended a batch, where one did."""
    cause = error.__cause__
    return cause if isinstance(error, BatchIncompleteError) and isinstance(cause, DynamORMError) else error


class Copying:
    """One phase of a migration: a copy of the segments that are asked for."""

    def __init__(self, client: Client, copy: Copy, read: Read, place: MigrationPlace, options: CopyOptions) -> None:
        """Take what is copied, how it is read, and where it is."""
        self._client, self._copy, self._read = client, copy, read
        self._phase: Phase = copy.phase
        self._place, self._options = place, options
        self._pages: dict[int, int] = {}
        self.counts = MigrationCounts()
        self._stopped = False

    def run(self, numbers: Sequence[int], clock: Callable[[], int]) -> None:
        """Copy these segments, as far as the options let it; each page is of a moment that the clock gives."""
        self.counts = self._place.counts(self._phase, numbers)
        waiting = (number for number in numbers if not self._place.is_done(self._phase, number))
        first = [*islice(waiting, self._options.concurrency)]
        if not first:
            return
        with ThreadPoolExecutor(len(first), thread_name_prefix="dynamorm-copy") as pool:

            def begin(number: int) -> tuple[Future[_Page], int]:
                page = _Page(self._client, self._copy, self._options, clock(), lambda: self._stopped)
                return pool.submit(page.run, *self._behind(number)), number

            try:
                under_way = dict(map(begin, first))
                while under_way:
                    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                    future = next(one for one in under_way if one in done)
                    number, page = under_way.pop(future), future.result()
                    following = number if self._settled(number, page) else next(waiting, None)
                    if following is not None:
                        under_way |= [begin(following)]
            except BaseException:
                # What is under way is awaited: its request, and no further one.
                self._stopped = True
                raise

    def _behind(self, number: int) -> tuple[Read, Item | None]:
        """Give the read of a segment, and the key to go on behind."""
        read = segment_of(self._read, number, self._place.segments)
        place = self._place.phases[self._phase].get(number)
        return read, None if place is None or place.at is None else read.start_of(place.at)

    def _settled(self, number: int, page: _Page) -> bool:
        """Count what became of a page, and tell it; give whether the segment goes on.

        Raises what ended the page.
        """
        options = self._options
        for failure in page.failures:
            if options.on_failure is not None:
                options.on_failure(failure)
        if page.error is not None:
            raise page.error
        places = self._place.phases[self._phase]
        before = places[number].counts if number in places else MigrationCounts()
        at = segment_of(self._read, number, self._place.segments).cursor(page.last_key)
        places[number] = SegmentPlace(before.plus(page.counts), at)
        self.counts = self.counts.plus(page.counts)
        self._pages[number] = self._pages.get(number, 0) + 1
        if options.progress is not None:
            options.progress(MigrationProgress(self._phase, self.counts, self._place.text()))
        return at is not None and self._pages[number] != options.max_pages


def segment_of(read: Read, number: int, total: int) -> Read:
    """Give the read of a segment; the only one is the whole."""
    return read if total == 1 else read.in_segment(number, total)
