"""One run of a migration by the command: where it goes on, what it is told on the way, and how it ends."""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import DynamORMError
from ..migrate import MigrationReport
from ..operation import read_place
from .migration_facts import PHASES, Outcome, failure_facts, report_facts, show_report
from .migration_view import Nothing, view_of
from .output import FAILED, FINE, FOUND, INTERRUPTED, CommandError, say, say_json, tell

if TYPE_CHECKING:
    from typing import TextIO

    from ..client import Client
    from ..copying import MigrationFailure, MigrationProgress
    from ..operation import Phase
    from ..schema import Model
    from .cursor_file import CursorFile
    from .migration_view import View

NOT_DONE = 4


@dataclass(frozen=True)
class Wanted:
    """What is asked of a migration."""

    source: Model
    target: Model | None
    backup_table: str | None = None
    segments: int | None = None
    segment: int | None = None
    dry_run: bool = False
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """What is passed on as it is."""

    def migration(self, client: Client) -> dict[str, str | None]:
        """Give what makes this migration another one than others: its tables."""
        target = None if self.target is None else client.bound(self.target).table
        return {"source": client.bound(self.source).table, "target": target, "backup": self.backup_table}


class Run:
    """One run."""

    def __init__(
        self, client: Client, wanted: Wanted, cursor_file: CursorFile | None, *, failures: str | None, quiet: bool
    ) -> None:
        """Take what is wanted, and where it is told."""
        self._client, self._wanted, self._cursor_file = client, wanted, cursor_file
        self._failures, self._quiet = failures, quiet
        self._lines: TextIO | None = None
        self._view: View = Nothing()
        cursor = None if cursor_file is None else cursor_file.cursor
        self._outcome = Outcome(wanted.migration(client), dry_run=wanted.dry_run, cursor=cursor)

    def run(self, *, as_json: bool) -> int:
        """Do it, tell how it ended, and give the exit code."""
        outcome = self._outcome
        try:
            outcome.take(self._done_already() or self._migrated())
        except (DynamORMError, CommandError) as error:
            outcome.error = error
        except KeyboardInterrupt:
            outcome.interrupted = True
        if as_json:
            say_json(report_facts(outcome))
        elif outcome.counts:
            show_report(outcome)
        return self._ended()

    def _done_already(self) -> MigrationReport | None:
        """Give the report of what the cursor file says is done."""
        wanted, cursor = self._wanted, self._outcome.cursor
        if cursor is None or self._cursor_file is None:
            return None
        place = read_place(cursor, lambda *_: None)
        if wanted.segments not in {None, place.segments}:
            raise CommandError(f"the cursor file is of {place.segments} segments: give the same, or another file")
        numbers = range(place.segments) if wanted.segment is None else [wanted.segment]
        asked = {"backup": wanted.backup_table, "copy": wanted.target}
        phases: list[Phase] = [phase for phase in PHASES if asked[phase] is not None]
        if not all(place.is_done(phase, number) for phase in phases for number in numbers):
            return None
        say("all is done, by the cursor file: nothing is left to do", stderr=True)
        counts = {phase: place.counts(phase, numbers) for phase in phases}
        return MigrationReport(counts.get("backup"), counts.get("copy"), (), (), done=True, cursor=cursor)

    def _migrated(self) -> MigrationReport:
        wanted, client = self._wanted, self._client
        options: Any = {
            **wanted.options,
            "backup_table": wanted.backup_table,
            "segments": wanted.segments,
            "segment": wanted.segment,
            "dry_run": wanted.dry_run,
            "cursor": self._outcome.cursor,
            "progress": self._progressed,
            "on_failure": self._failed,
        }
        if wanted.target is not None:
            options |= {"target_model": wanted.target, "data_copy": True}
        with ExitStack() as stack:
            if self._failures is not None:
                self._lines = stack.enter_context(_appended(self._failures))
            self._view = view_of(self._items, quiet=self._quiet)
            stack.callback(self._view.close)
            report: MigrationReport = client.auto_migrate(wanted.source, **options)
            return report

    def _items(self) -> int | None:
        """Give about how many items there are to read, where DynamoDB tells."""
        try:
            items = self._client.describe_table(self._wanted.source).item_count
        except DynamORMError:
            return None
        one_of = 1 if self._wanted.segment is None else self._wanted.segments or 1
        return None if items is None else items // one_of

    def _progressed(self, progress: MigrationProgress) -> None:
        self._outcome.counts[progress.phase] = progress.counts
        self._outcome.cursor = progress.cursor
        if self._cursor_file is not None:
            self._cursor_file.write(progress.cursor)
        self._view.tell(progress)

    def _failed(self, failure: MigrationFailure) -> None:
        if self._lines is not None:
            # A line is out before the cursor passes its item.
            self._lines.write(json.dumps(failure_facts(failure), ensure_ascii=False) + "\n")

    def _ended(self) -> int:
        outcome = self._outcome
        if outcome.error is not None:
            tell(outcome.error)
        elif outcome.interrupted:
            say("interrupted: what was under way has ended", stderr=True)
        elif outcome.done:
            return FOUND if outcome.lacks else FINE
        self._say_how_to_go_on()
        return INTERRUPTED if outcome.interrupted else FAILED if outcome.error is not None else NOT_DONE

    def _say_how_to_go_on(self) -> None:
        if self._wanted.dry_run or not self._outcome.counts:
            return
        if self._cursor_file is not None:
            say("the same command goes on where it ended, by the cursor file", stderr=True)
        else:
            say("with --cursor-file it would go on where it ended; without, it begins anew", stderr=True)


def _appended(file: str) -> TextIO:
    try:
        return Path(file).open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}") from error


def loaded(name: str) -> Any:  # noqa: ANN401 - the user's function
    """Give the function of `package.module:function`; the current folder is looked into, too."""
    module, _, path = name.partition(":")
    if not (module and path):
        raise typer.BadParameter(f"{name!r} is not MODULE:FUNCTION", param_hint="--transform")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = reduce(getattr, path.split("."), importlib.import_module(module))
    except Exception as error:
        raise CommandError(f"{name} cannot be loaded: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise CommandError(f"{name} is no function")
    return found
