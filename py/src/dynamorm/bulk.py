"""Bulk writes: a stream of any length in chunks, some of them at a time, of which only what is under way is held.

One thread, the caller's, takes from the stream, fills chunks and calls back; others send. Writes of one item keep the
order of the stream: a chunk waits while one with an item of its own is under way.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from .actions import Action, streamed
from .errors import BatchIncompleteError, DynamORMError, ThrottledError, ValidationFailedError
from .limits import BATCH_WRITE_MAX
from .operation import BatchWrite, Chunk, Entries, incomplete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .client import Client
    from .errors.parts import ItemKey
    from .operation import WriteEntry


@dataclass(frozen=True)
class BulkCounts:
    """How many writes of a stream are done so far, and how many are not and will not be."""

    written: int = 0
    deleted: int = 0
    failed: int = 0


@dataclass(frozen=True)
class BulkFailure:
    """A write of a stream that is not done: `undone` for sure, or `unknown`; its key, where it has one; and why."""

    state: Literal["undone", "unknown"]
    key: ItemKey | None
    error: DynamORMError


class BulkOptions(TypedDict, total=False):
    """The options of a bulk write, as `Table.bulk_put` explains them."""

    concurrency: int
    unchecked: bool
    progress: Callable[[BulkCounts], object] | None
    on_failure: Callable[[BulkFailure], object] | None


_END: Any = object()


@dataclass(eq=False)
class _Sent:
    """A chunk on its way, and what became of it."""

    numbers: list[int]
    entries: list[WriteEntry]
    now_ns: int = 0
    error: DynamORMError | None = None
    crash: BaseException | None = None


class Bulk:
    """One bulk write, from the first write taken to the last answer."""

    def __init__(
        self,
        client: Client,
        stream: Iterable[Action],
        *,
        concurrency: int = 4,
        unchecked: bool = False,
        progress: Callable[[BulkCounts], object] | None = None,
        on_failure: Callable[[BulkFailure], object] | None = None,
    ) -> None:
        """Describe the work.

        Raises ValidationFailedError for a concurrency under 1.
        """
        if concurrency < 1:
            raise ValidationFailedError("concurrency is at least 1")
        self._client, self._concurrency, self._unchecked = client, concurrency, unchecked
        self._tell_progress, self._tell_failure = progress, on_failure
        self._stream: Iterator[Action] | None = iter(streamed(stream))
        self._held: Action | None = None
        # Writes that are sealed, and did not fit into their chunk with their envelopes; with their numbers.
        self._carried: list[tuple[int, WriteEntry]] = []
        self._taken = 0
        self._progress = BulkCounts()
        self._failure: DynamORMError | None = None
        # What the stream raised.
        self._broken: Exception | None = None
        # What was taken, is not done and was told to nobody, by its place in the stream.
        self._lost: list[tuple[int, Literal["undone", "unknown"], ItemKey]] = []
        self._under_way: list[_Sent] = []
        self._finished: SimpleQueue[_Sent] = SimpleQueue()
        self._stopped = False

    def run(self) -> BulkCounts:
        """Do the work; give the numbers at its end."""
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="dynamorm-bulk") as pool:
            try:
                while self._goes_on():
                    self._wait_for(lambda: len(self._under_way) < self._concurrency)
                    self._start(pool, self._fill())
                self._wait_for(lambda: not self._under_way)
            except BaseException as error:
                # Ctrl-C: what is under way is awaited, and not sent again.
                self._stopped = not isinstance(error, Exception)
                raise
        failure = self._failure or self._broken
        if failure is not None:
            raise self._incomplete(failure)
        return self._progress

    @property
    def _is_over(self) -> bool:
        return self._failure is not None or self._broken is not None

    def _goes_on(self) -> bool:
        return not self._is_over and (self._stream is not None or self._held is not None or bool(self._carried))

    def _fill(self) -> _Sent:
        """Take writes until a chunk is full, or one does not go with the others; it is held for the next."""
        chunk, out, items, now_ns = Chunk(), _Sent([], []), set[tuple[str, ...]](), None
        out.entries = chunk.entries
        for number, carried in self._carried:
            chunk.add(carried)
            items.add(carried.identity)
            out.numbers.append(number)
        self._carried = []
        while len(chunk.entries) < BATCH_WRITE_MAX and self._goes_on():
            action = self._take()
            if action is _END:
                break
            now_ns = out.now_ns = self._client.now_ns() if now_ns is None else now_ns
            entry = self._build(action, now_ns)
            if entry is not None and (entry.identity in items or not chunk.takes(entry)):
                self._held = action
                break
            if entry is not None:
                chunk.add(entry)
                items.add(entry.identity)
                out.numbers.append(self._taken)
            while not self._finished.empty():
                self._settle(self._finished.get())
        return out

    def _take(self) -> Any:  # noqa: ANN401 - what the stream gives
        """Take the next write, or the end."""
        held, self._held = self._held, None
        if held is not None:
            return held
        try:
            action = _END if self._stream is None else next(self._stream, _END)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the cause of the error at the end
            self._broken = error
            return _END
        if action is _END:
            self._stream = None
        self._taken += 1
        return action

    def _build(self, action: Any, now_ns: int) -> WriteEntry | None:  # noqa: ANN401 - what the stream gave
        """Build the entry of a write; one that is refused is told, or ends the work."""
        try:
            if not isinstance(action, Action):
                raise ValidationFailedError(f"expected an action, found {type(action).__name__}")
            return action.entry(now_ns, unchecked=self._unchecked)
        except DynamORMError as error:
            key = action.key() if isinstance(action, Action) else None
            self._fail(self._taken, "undone", key, error)
            if self._tell_failure is None:
                self._failure = error
            return None

    def _start(self, pool: ThreadPoolExecutor, sent: _Sent) -> None:
        """Send a chunk, once nothing under way has an item of it."""
        items = {entry.identity for entry in sent.entries}
        self._wait_for(lambda: not any(entry.identity in items for one in self._under_way for entry in one.entries))
        if not self._is_over:
            self._seal(sent)
        if self._is_over:
            for number, entry in zip(sent.numbers, sent.entries, strict=True):
                self._lost.append((number, "undone", entry.item_key()))
        elif sent.entries:
            self._under_way.append(sent)
            pool.submit(self._send, sent)

    def _seal(self, sent: _Sent) -> None:
        """Seal a chunk, in the order of the stream; what is then too large is refused, what does not fit is carried."""
        try:
            self._client.seal(Entries(sent.entries, checked=False), sent.now_ns)
        except DynamORMError as error:
            sent.error = error
            return
        chunk, numbers = Chunk(), list[int]()
        for number, entry in zip(sent.numbers, sent.entries, strict=True):
            try:
                entry.check_sealed()
            except DynamORMError as error:
                self._fail(number, "undone", entry.item_key(), error)
                if self._tell_failure is None:
                    self._failure = error
                continue
            if self._carried or not chunk.takes(entry):
                self._carried.append((number, entry))
            else:
                chunk.add(entry)
                numbers.append(number)
        sent.entries, sent.numbers = chunk.entries, numbers

    def _send(self, sent: _Sent) -> None:
        """Send a chunk and all that is left of it; done by another thread."""
        exchange = BatchWrite([sent.entries], self._client.retries, self._client.random)
        try:
            if sent.error is None:
                self._client.run(exchange, sent.now_ns, stopped=lambda: self._stopped)
        except DynamORMError as error:
            sent.error = error
        except BaseException as crash:  # noqa: BLE001 - raised again by the thread that waits
            sent.crash = crash
        self._finished.put(sent)

    def _wait_for(self, ready: Callable[[], bool]) -> None:
        while not ready():
            self._settle(self._finished.get())

    def _settle(self, sent: _Sent) -> None:
        """Count what became of a chunk, and tell it."""
        self._under_way.remove(sent)
        if sent.crash is not None:
            raise sent.crash
        done = [entry for entry in sent.entries if entry.state == "done"]
        written = sum(entry.stored is not None for entry in done)
        progress = self._progress
        self._progress = replace(
            progress, written=progress.written + written, deleted=progress.deleted + len(done) - written
        )
        if sent.error is not None:
            failure = _failure_of(sent.error)
            for number, entry in zip(sent.numbers, sent.entries, strict=True):
                if entry.state != "done":
                    self._fail(number, entry.state, entry.item_key(), failure)
            if self._tell_failure is None or not failure.retryable:
                self._failure = self._failure or failure
        if self._tell_progress is not None:
            self._tell_progress(self._progress)

    def _fail(
        self, number: int, state: Literal["undone", "unknown"], key: ItemKey | None, error: DynamORMError
    ) -> None:
        self._progress = replace(self._progress, failed=self._progress.failed + 1)
        if self._tell_failure is not None:
            self._tell_failure(BulkFailure(state, key, error))
        elif key is not None:
            self._lost.append((number, state, key))

    def _incomplete(self, failure: Exception) -> BatchIncompleteError:
        if self._held is not None and (key := self._held.key()) is not None:
            self._lost.append((self._taken, "undone", key))
        for number, entry in self._carried:
            self._lost.append((number, "undone", entry.item_key()))
        lost = sorted(self._lost, key=lambda one: one[0])
        undone, unknown = ([key for _, state, key in lost if state == wanted] for wanted in ("undone", "unknown"))
        spent = isinstance(failure, BatchIncompleteError)
        cause = failure.__cause__ if spent else failure
        out = incomplete(
            cause if isinstance(cause, DynamORMError) else None,
            {"done": [], "undone": undone, "unknown": unknown},
            spent=spent,
        )
        if failure is self._broken:
            out.origin, out.retryable, out.__cause__ = "client", False, failure
        return out.with_keys([], undone, unknown)


def _failure_of(error: DynamORMError) -> DynamORMError:
    """Give what a chunk failed of: the failure that ended it, or that its attempts were spent."""
    cause = error.__cause__
    if not isinstance(error, BatchIncompleteError) or not isinstance(cause, DynamORMError):
        return error
    return error if isinstance(cause, ThrottledError) else cause
