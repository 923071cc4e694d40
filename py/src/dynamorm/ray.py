"""Migrations on a Ray cluster: each segment is a task, and one whose worker is lost goes on elsewhere, where it was.

A task gives what became of a page as soon as the page is written, and by that the driver knows where each segment is.
`pip install "dynamorm-py[ray]"`; Ray itself is imported when something is run on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .copying import MigrationFailure, MigrationProgress
from .errors import ValidationFailedError
from .migrate import Migration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Unpack

    from .client import Client
    from .migrate import MigrationReport, SharedOptions
    from .operation import Phase, SegmentPlace
    from .schema import Model as Schema
    from .schema.declare import Model

    Connect = Callable[[], Client]
    M = TypeVar("M", bound=Model)
    N = TypeVar("N", bound=Model)
    Values = dict[str, Any]

__all__ = ["SegmentLostError", "migrate"]
# How many pages a task may be ahead of the driver, and how long one that is to end may take for what is under way.
_AHEAD, _END_SECONDS = 8, 10.0


class SegmentLostError(Exception):
    """The workers of a segment were lost too often; `cursor` goes on with the whole migration, `__cause__` is Ray's."""

    def __init__(self, segment: int, attempts: int, cursor: str) -> None:
        """Say of which segment, and after how many attempts."""
        super().__init__(segment, attempts, cursor)
        self.segment, self.attempts, self.cursor = segment, attempts, cursor

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"segment {self.segment} was given up: its worker was lost {self.attempts} times"


@overload
def migrate(
    connect: Connect,
    model: type[Model] | Schema,
    *,
    target_model: None = None,
    transform: None = None,
    workers: int | None = None,
    max_attempts: int = 5,
    **options: Unpack[SharedOptions],
) -> MigrationReport: ...


@overload
def migrate(
    connect: Connect,
    model: type[M],
    *,
    target_model: type[N],
    transform: Callable[[M], N | None] | None = None,
    workers: int | None = None,
    max_attempts: int = 5,
    **options: Unpack[SharedOptions],
) -> MigrationReport: ...


@overload
def migrate(
    connect: Connect,
    model: Schema,
    *,
    target_model: Schema,
    transform: Callable[[Values], Values | None] | None = None,
    workers: int | None = None,
    max_attempts: int = 5,
    **options: Unpack[SharedOptions],
) -> MigrationReport: ...


@overload
def migrate(
    connect: Connect,
    model: type[M],
    *,
    target_model: Schema,
    transform: Callable[[M], Values | None] | None = None,
    workers: int | None = None,
    max_attempts: int = 5,
    **options: Unpack[SharedOptions],
) -> MigrationReport: ...


@overload
def migrate(
    connect: Connect,
    model: Schema,
    *,
    target_model: type[N],
    transform: Callable[[Values], N | None] | None = None,
    workers: int | None = None,
    max_attempts: int = 5,
    **options: Unpack[SharedOptions],
) -> MigrationReport: ...


def migrate(
    connect: Connect,
    model: type[Model] | Schema,
    *,
    target_model: type[Model] | Schema | None = None,
    transform: Callable[[Any], Any] | None = None,
    workers: int | None = None,
    max_attempts: int = 5,
    **options: Unpack[SharedOptions],
) -> MigrationReport:
    """Do what `Client.auto_migrate` does, with the segments on the Ray cluster that this process is connected to.

    `migrate(connect, Person, target_model=Member, data_copy=True, segments=64)`. `connect` makes the client, in this
    process and in each task; it, the models and the transform are pickled as Ray does it. Tables are ensured here, and
    the backup of all segments is done before the copy begins.

    `workers` segments are under way at a time, else as many as the cluster has CPUs; a task takes one CPU. A segment
    whose worker is lost begins again behind the last page that this process knows of, at most `max_attempts` times in
    all; what had been written behind that page is found there, as by any run that goes on. `progress` and
    `on_failure` are called here, by the thread that called this.

    Raises what `auto_migrate` raises, SegmentLostError, and what Ray says where a task cannot be run at all. Tasks
    under way end after their request, whatever ends the whole.
    """
    for name, number in (("workers", workers), ("max_attempts", max_attempts)):
        if number is not None and number < 1:
            raise ValidationFailedError(f"{name} is at least 1")
    if misplaced := options.keys() & {"segment", "concurrency"}:
        raise TypeError(f"{', '.join(sorted(misplaced))}: the cluster runs all segments, `workers` at a time")
    migration = Migration(connect(), model, target_model, transform, **options)
    _ray()
    shared = {name: value for name, value in options.items() if name not in _OF_THE_DRIVER}
    shared |= {"segments": migration.place.segments, "target_model": target_model, "transform": transform}
    told = _Told(options.get("progress"), options.get("on_failure"))
    limits = _Limits(workers, max_attempts, options.get("max_pages"))
    job = _Job(connect, model, shared)
    return migration.run(lambda phase: _Driver(job, migration, phase, told, limits).run())


_OF_THE_DRIVER = {"cursor", "progress", "on_failure", "max_pages", "segments"}


def _ray() -> Any:  # noqa: ANN401 - Ray's own types know neither streams of results nor most of its functions
    """Import Ray."""
    try:
        return import_module("ray")
    except ModuleNotFoundError as error:
        sentence = f'dynamorm.ray needs Ray ({error.name} is missing): pip install "dynamorm-py[ray]"'
        raise ModuleNotFoundError(sentence, name=error.name) from error


@dataclass(frozen=True)
class _Told:
    """Whom the driver tells."""

    progress: Callable[[MigrationProgress], object] | None
    on_failure: Callable[[MigrationFailure], object] | None


@dataclass(frozen=True)
class _Limits:
    """How many segments at a time, how many attempts for each, and how many pages of each in this run."""

    workers: int | None
    attempts: int
    pages: int | None


# --- in a task ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Job:
    """What every task does, each of its segment."""

    connect: Connect
    model: type[Model] | Schema
    options: dict[str, Any]


@dataclass(frozen=True)
class _Page:
    """What a task tells of a page: where its segment is now, and what was not written."""

    place: SegmentPlace
    failures: tuple[MigrationFailure, ...]


@dataclass(frozen=True)
class _Ended:
    """What a task tells of a page that ended all."""

    error: Exception
    cause: BaseException | None
    failures: tuple[MigrationFailure, ...]


def _work(
    job: _Job, phase: Phase, number: int, place: SegmentPlace | None, pages: int | None
) -> Iterator[_Page | _Ended]:
    """Copy a segment from a place on, so many pages of it."""
    failures: list[MigrationFailure] = []
    try:
        migration = Migration(
            job.connect(),
            job.model,
            segment=number,
            concurrency=1,
            max_pages=1,
            on_failure=lambda failure: failures.append(_portable(failure)),
            **job.options,
        )
        places = migration.place.phases[phase]
        if place is not None:
            places[number] = place
        for _ in count() if pages is None else range(pages):
            if migration.place.is_done(phase, number):
                return
            migration.copy(phase)
            yield _Page(places[number], tuple(failures))
            failures.clear()
    except Exception as error:  # noqa: BLE001 - the driver raises it
        cause = error.__cause__
        yield _Ended(_carried(error), None if cause is None else _carried(cause), tuple(failures))


def _portable(failure: MigrationFailure) -> MigrationFailure:
    """Give a failure whose error can be sent."""
    return replace(failure, error=_carried(failure.error))


E = TypeVar("E", bound=BaseException)


def _carried(error: E) -> E | RuntimeError:
    """Give an error that arrives where it is sent; of one that would not, its name and text."""
    cloudpickle = _ray().cloudpickle
    try:
        cloudpickle.loads(cloudpickle.dumps(error))
    except Exception:  # noqa: BLE001 - whatever its class does
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


# --- in the driver --------------------------------------------------------------------------------------------


class _Driver:
    """One phase on the cluster: which segments are under way, and where each of them is."""

    def __init__(self, job: _Job, migration: Migration, phase: Phase, told: _Told, limits: _Limits) -> None:
        """Begin with nothing under way."""
        self._ray, self._told, self._limits = _ray(), told, limits
        self._phase: Phase = phase
        self._place, self._places = migration.place, migration.place.phases[phase]
        self._numbers = migration.numbers
        self._under_way: dict[Any, int] = {}
        self._attempts: dict[int, int] = {}
        self._pages: dict[int, int] = {}
        self._job = self._ray.put(job)
        self._task = self._ray.remote(_work).options(
            num_returns="streaming",
            max_retries=0,  # by itself Ray would begin a segment at its beginning
            scheduling_strategy="SPREAD",
            _generator_backpressure_num_objects=_AHEAD,
        )

    def run(self) -> None:
        """Run every segment to its end."""
        waiting = (number for number in self._numbers if not self._place.is_done(self._phase, number))
        try:
            while True:
                while len(self._under_way) < self._most() and (number := next(waiting, None)) is not None:
                    self._begin(number)
                if not self._under_way:
                    return
                (ready,), _ = self._ray.wait([*self._under_way], num_returns=1)
                self._receive(ready)
        except BaseException:
            self._end()
            raise

    def _begin(self, number: int) -> None:
        """Let a segment go on from where it is."""
        pages = self._limits.pages
        left = None if pages is None else pages - self._pages.get(number, 0)
        self._under_way[self._task.remote(self._job, self._phase, number, self._places.get(number), left)] = number

    def _most(self) -> int:
        """Give how many segments may be under way now; a cluster grows and shrinks."""
        return self._limits.workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def _receive(self, task: Any) -> None:  # noqa: ANN401 - see _ray
        """Take what a task tells; where its worker was lost, its segment begins again."""
        exceptions = self._ray.exceptions
        number = self._under_way.pop(task)
        try:
            told = self._ray.get(next(task))
        except StopIteration:
            return
        except (exceptions.RayTaskError, exceptions.TaskCancelledError, exceptions.RuntimeEnvSetupError):
            raise  # it would be so again
        except exceptions.RayError as error:
            self._attempts[number] = self._attempts.get(number, 0) + 1
            if self._attempts[number] >= self._limits.attempts:
                raise SegmentLostError(number, self._attempts[number], self._place.text()) from error
            self._begin(number)
            return
        self._under_way[task] = number  # behind the others, so that each gets its turn
        self._settle(number, told)

    def _settle(self, number: int, told: _Page | _Ended) -> None:
        """Count what became of a page, and tell it.

        Raises what ended the page.
        """
        progress, on_failure = self._told.progress, self._told.on_failure
        for failure in told.failures:
            if on_failure is not None:
                on_failure(failure)
        if isinstance(told, _Ended):
            raise told.error from told.cause
        self._places[number] = told.place
        self._pages[number] = self._pages.get(number, 0) + 1
        if progress is not None:
            counts = self._place.counts(self._phase, self._numbers)
            progress(MigrationProgress(self._phase, counts, self._place.text()))

    def _end(self) -> None:
        """Let what is under way end after its request; what does not is ended."""
        tasks = [*self._under_way]
        for task in tasks:
            self._ray.cancel(task)
        ends = {task.completed(): task for task in tasks}
        if ends:
            _, running = self._ray.wait([*ends], num_returns=len(ends), timeout=_END_SECONDS)
            for end in running:
                self._ray.cancel(ends[end], force=True)
