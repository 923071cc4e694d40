"""What a migration did, as JSON and for people."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..errors import DynamORMError
from .output import say, say_rows, sentence_of, styled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..copying import MigrationFailure
    from ..migrate import MigrationReport
    from ..operation import MigrationCounts, Phase

Facts = dict[str, Any]
PHASES: tuple[Phase, ...] = ("backup", "copy")
NUMBERS = ("read", "written", "present", "different", "skipped", "failed")


@dataclass
class Outcome:
    """What came of a run: as it is told page by page, and by its report."""

    migration: Mapping[str, str | None]
    """The tables: source, target and backup."""
    dry_run: bool
    cursor: str | None
    counts: dict[Phase, MigrationCounts] = field(default_factory=dict["Phase", "MigrationCounts"])
    created: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    done: bool = False
    interrupted: bool = False
    error: Exception | None = None

    def take(self, report: MigrationReport) -> None:
        """Take the report."""
        found: dict[Phase, MigrationCounts | None] = {"backup": report.backup, "copy": report.copy}
        self.counts |= {phase: counts for phase, counts in found.items() if counts is not None}
        self.created, self.added, self.done, self.cursor = report.created, report.added, report.done, report.cursor

    @property
    def lacks(self) -> bool:
        """Tell whether items are not in the target as they were to be."""
        return any(counts.failed or counts.different for counts in self.counts.values())


def report_facts(outcome: Outcome) -> Facts:
    """Tell it to programs."""
    told: Facts = {phase: _counts(outcome.counts[phase]) for phase in PHASES if phase in outcome.counts}
    return {
        **outcome.migration,
        "dry_run": outcome.dry_run,
        "phases": told,
        "created": [*outcome.created],
        "added": [*outcome.added],
        "done": outcome.done,
        "interrupted": outcome.interrupted,
        "cursor": outcome.cursor,
        "error": None if outcome.error is None else _error(outcome.error),
    }


def _counts(counts: MigrationCounts) -> Facts:
    return {name: getattr(counts, name) for name in NUMBERS} | {"reasons": dict(counts.reasons)}


def _error(error: Exception) -> Facts:
    code = error.code if isinstance(error, DynamORMError) else None
    return {"code": code, "message": sentence_of(error)}


def show_report(outcome: Outcome) -> None:
    """Tell it to people."""
    way = " -> ".join(filter(None, (outcome.migration["source"], outcome.migration["target"])))
    say(styled(way, "bold").append(" (dry run: nothing is written)" if outcome.dry_run else "", "not bold dim"))
    phases: list[Phase] = [phase for phase in PHASES if phase in outcome.counts]
    rows = [(phase, *(f"{getattr(outcome.counts[phase], name):,}" for name in NUMBERS)) for phase in phases]
    say_rows(("", *map(str.upper, NUMBERS)), rows)
    for phase in phases:
        for reason, number in sorted(outcome.counts[phase].reasons.items()):
            say(styled(f"{phase}: ", "dim").append(f"{reason} {number:,}", "not dim yellow"))
    for name in outcome.created:
        say(f"table {name}: created")
    for name in outcome.added:
        say(f"index {name}: added")


def failure_facts(failure: MigrationFailure) -> Facts:
    """Tell a failure by key, code and path: a value is nobody's business."""
    error = failure.error
    out: Facts = {"key": {name: plain(value) for name, value in failure.key.items()}, "code": failure.reason}
    if isinstance(error, DynamORMError):
        members = {"kind": error.kind, "path": error.path}
    else:
        members = {"kind": type(error).__name__, "path": None}
    return out | {name: text for name, text in members.items() if text is not None}


def plain(value: Any) -> Any:  # noqa: ANN401 - a key's value
    """Give a key's value as JSON: bytes as base64, a time as text, and a number that JSON would round as text.

    >>> plain(b"a"), plain(Decimal(7)), plain(Decimal("0.1"))
    ('YQ==', 7, '0.1')
    """
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value
