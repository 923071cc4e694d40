"""Migration: a backup of a table, and its items on their way into the table of another model, cursor by cursor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, Unpack, cast, overload

from .copying import Copying, CopyOptions, MigrationFailure, MigrationProgress, segment_of
from .errors import EncryptionNotConfiguredError, InvalidCursorError, ValidationFailedError
from .operation import (
    Copy,
    MigrationPlace,
    Options,
    OwnCopy,
    Read,
    Shape,
    TableSettings,
    Transformed,
    check_segments,
    ensure_table,
    plan_copy,
    plan_table,
    read_place,
)
from .schema.declare import Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from .client import Client
    from .operation import Binding, MigrationCounts, Phase, TablePlan, What
    from .schema import Model as Schema

M = TypeVar("M", bound=Model)
N = TypeVar("N", bound=Model)
Values = dict[str, Any]
SEGMENTS = 8
_DEFAULTS = TableSettings()


@dataclass(frozen=True)
class MigrationReport:
    """What a migration did, with what the runs did whose cursor it was given.

    `backup` and `copy` are None where that was not asked for, or not begun. `created` are tables, `added` indexes of
    the target. `done` tells whether all that was asked for is done; `cursor` goes on where it is not.
    """

    backup: MigrationCounts | None
    copy: MigrationCounts | None
    created: tuple[str, ...]
    added: tuple[str, ...]
    done: bool
    cursor: str


class SharedOptions(TypedDict, total=False):
    """The options of a migration, whoever runs its segments, as `Client.auto_migrate` explains them."""

    backup_table: str | None
    data_copy: bool
    on_existing: Literal["keep", "overwrite"]
    segments: int | None
    page_size: int
    max_pages: int | None
    consistent: bool
    dry_run: bool
    cursor: str | None
    settings: TableSettings
    progress: Callable[[MigrationProgress], object] | None
    on_failure: Callable[[MigrationFailure], object] | None


class MigrationOptions(SharedOptions, total=False):
    """The options of a migration that this process runs."""

    segment: int | None
    concurrency: int


class Migrations:
    """The migration of a client."""

    @overload
    def auto_migrate(
        self,
        model: type[Model] | Schema,
        *,
        target_model: None = None,
        transform: None = None,
        **options: Unpack[MigrationOptions],
    ) -> MigrationReport: ...

    @overload
    def auto_migrate(
        self,
        model: type[M],
        *,
        target_model: type[N],
        transform: Callable[[M], N | None] | None = None,
        **options: Unpack[MigrationOptions],
    ) -> MigrationReport: ...

    @overload
    def auto_migrate(
        self,
        model: Schema,
        *,
        target_model: Schema,
        transform: Callable[[Values], Values | None] | None = None,
        **options: Unpack[MigrationOptions],
    ) -> MigrationReport: ...

    @overload
    def auto_migrate(
        self,
        model: type[M],
        *,
        target_model: Schema,
        transform: Callable[[M], Values | None] | None = None,
        **options: Unpack[MigrationOptions],
    ) -> MigrationReport: ...

    @overload
    def auto_migrate(
        self,
        model: Schema,
        *,
        target_model: type[N],
        transform: Callable[[Values], N | None] | None = None,
        **options: Unpack[MigrationOptions],
    ) -> MigrationReport: ...

    def auto_migrate(
        self,
        model: type[Model] | Schema,
        *,
        target_model: type[Model] | Schema | None = None,
        transform: Callable[[Any], Any] | None = None,
        **options: Unpack[MigrationOptions],
    ) -> MigrationReport:
        """Back a table up, ensure the table of another model, and copy the items into it.

        `client.auto_migrate(Person, target_model=Member, data_copy=True, transform=to_member, backup_table="old")`.
        `backup_table` names the table that gets every item as it stands. With `data_copy` the items go into the table
        of `target_model`, as they are where that model reads them, or as `transform` gives them; None skips an item.
        What the target holds under a key stays, unless `on_existing` is "overwrite"; the source stays as it is.

        The table is read in `segments` (8), `concurrency` (8) at a time, in pages of `page_size` (100), consistently
        unless `consistent` is False; `segment` does one of them alone, `max_pages` so many pages of each and phase.
        `dry_run` reads, transforms and counts. `progress` is told after each page, with a `cursor` to go on from
        elsewhere; `on_failure` what was not written. Both are called by the thread that called this, one at a time;
        `transform` by one thread for each segment under way. What they raise ends the work with that error, but what
        `transform` raises is its item's failure. `settings` are those of the table that is ensured.

        Raises ValidationFailedError, InvalidCursorError and EncryptionNotConfiguredError before anything is sent;
        TableMismatchError, TableNotFoundError where there is no source, KeyUnavailableError, and the failure of a
        request that is not of one item.
        """
        return Migration(cast("Client", self), model, target_model, transform, **options).run()


class Migration:
    """One migration, from its arguments to its report.

    `place` is where it is, and `numbers` are the segments that are asked for.
    """

    def __init__(
        self,
        client: Client,
        model: type[Model] | Schema,
        target_model: type[Model] | Schema | None,
        transform: Callable[[Any], Any] | None,
        *,
        backup_table: str | None = None,
        data_copy: bool = False,
        on_existing: str = "keep",
        segments: int | None = None,
        segment: int | None = None,
        concurrency: int = SEGMENTS,
        page_size: int = 100,
        max_pages: int | None = None,
        consistent: bool = True,
        dry_run: bool = False,
        cursor: str | None = None,
        settings: TableSettings = _DEFAULTS,
        progress: Callable[[MigrationProgress], object] | None = None,
        on_failure: Callable[[MigrationFailure], object] | None = None,
    ) -> None:
        """Check everything, before anything is sent."""
        self._client, self._now_ns = client, client.now_ns()
        self._source = _bound(client, model)
        self._target = None if target_model is None else _bound(client, target_model)
        self._reading = Options(page_size=page_size, consistent=consistent)
        for name, number in (("concurrency", concurrency), ("max_pages", max_pages)):
            if number is not None and number < 1:
                raise ValidationFailedError(f"{name} is at least 1")
        if on_existing not in {"keep", "overwrite"}:
            raise ValidationFailedError("on_existing is keep or overwrite")
        self._check_tables(backup_table, data_copy=data_copy, transforms=transform is not None)
        ensured = self._source if self._target is None else self._target
        self._plans: dict[Phase, TablePlan] = {"copy": plan_table([ensured], settings)}
        self._copies: dict[Phase, Copy] = {}
        if backup_table is not None:
            self._plans["backup"] = plan_copy(self._source, backup_table, settings.timeout_seconds)
            self._copies["backup"] = Copy(self._source, replace(self._source, table=backup_table))
        if data_copy and self._target is not None and target_model is not None:
            self._copies["copy"] = self._copy(self._target, target_model, transform)
        self._reads = {phase: self._read(copy.what) for phase, copy in self._copies.items()}
        self.place = self._placed(self._read("own"), cursor, segments)
        self.numbers = _numbers(self.place.segments, segment)
        self._options = CopyOptions(on_existing == "keep", concurrency, max_pages, dry_run, progress, on_failure)
        self._pages = 0
        self._created: list[str] = []
        self._added: tuple[str, ...] = ()
        self._counts: dict[Phase, MigrationCounts] = {}

    def _check_tables(self, backup_table: str | None, *, data_copy: bool, transforms: bool) -> None:
        if data_copy and self._target is None:
            raise ValidationFailedError("data_copy needs a target_model")
        if transforms and not data_copy:
            raise ValidationFailedError("a transform needs data_copy")
        tables = [self._source.table, backup_table, None if self._target is None else self._target.table]
        named = [table for table in tables if table is not None]
        if len(set(named)) < len(named):
            raise ValidationFailedError("source, target and backup are different tables")

    def _copy(self, target: Binding, model: type[Model] | Schema, transform: Callable[[Any], Any] | None) -> Copy:
        copy: Copy
        if transform is None:
            copy = OwnCopy(self._source, target)
        else:
            table: Any = self._client.table(model)
            values = table.seam.values
            copy = Transformed(self._source, target, transform, lambda value: values(value)[0])
        secret = next((name for names in (copy.opened, copy.sealed) for name in sorted(names, key=str.encode)), None)
        if secret is not None and self._client.encryption is None:
            raise EncryptionNotConfiguredError("values are opened and sealed, and the client has no key", path=secret)
        return copy

    def _read(self, what: What) -> Read:
        shape, signer = Shape(what, with_cursor=False), self._client.signer
        return Read([self._source], None, self._reading, shape, now_ns=self._now_ns, signer=signer)

    def _placed(self, read: Read, cursor: str | None, segments: int | None) -> MigrationPlace:
        """Give where the migration is."""
        if segments is not None:
            check_segments(segments)
        if cursor is None:
            return MigrationPlace(SEGMENTS if segments is None else segments)
        place = read_place(cursor, lambda _phase, number, total, at: segment_of(read, number, total).start_of(at))
        if segments is not None and place.segments != segments:
            raise InvalidCursorError("the cursor is of another number of segments")
        return place

    def run(self, by: Callable[[Phase], object] | None = None) -> MigrationReport:
        """Do in its order what was asked for; the copy waits for the whole backup. `by` copies in its stead."""
        if "backup" in self._copies:
            self._phase("backup", by or self.copy)
        if self._is_done("backup"):
            self._phase("copy", by or self.copy)
        return MigrationReport(
            self._counts.get("backup"),
            self._counts.get("copy"),
            tuple(self._created),
            self._added,
            self._is_done("backup") and self._is_done("copy"),
            self.place.text(),
        )

    def _phase(self, phase: Phase, copy: Callable[[Phase], object]) -> None:
        """Ensure the table of a phase, and copy into it."""
        if not self._options.dry_run:
            exchange = ensure_table(self._plans[phase], add_indexes=phase == "copy")
            ensured = self._client.run(exchange, self._now_ns)
            self._created += [self._plans[phase].name] if ensured.created else []
            self._added += ensured.added
        if phase in self._copies:
            copy(phase)
            self._counts[phase] = self.place.counts(phase, self.numbers)

    def copy(self, phase: Phase) -> None:
        """Copy into a table that is there; called again, it goes on where it is."""
        copying = Copying(self._client, self._copies[phase], self._reads[phase], self.place, self._options)
        copying.run(self.numbers, self._moment)

    def _moment(self) -> int:
        """Read the clock for a page: the first is of the moment in which all began."""
        now_ns = self._client.now_ns() if self._pages else self._now_ns
        self._pages += 1
        return now_ns

    def _is_done(self, phase: Phase) -> bool:
        return phase not in self._copies or all(self.place.is_done(phase, number) for number in self.numbers)


def _bound(client: Client, model: type[Model] | Schema) -> Binding:
    """Give what operations know of a table; items are read as `get` gives them."""
    table: Any = client.table(model)
    binding: Binding = table.binding
    return binding


def _numbers(segments: int, segment: int | None) -> range:
    """Give the segments that are asked for."""
    if segment is None:
        return range(segments)
    if not 0 <= segment < segments:
        raise ValidationFailedError("a segment is from 0 to the total less one")
    return range(segment, segment + 1)
