"""The rubric: what this project holds itself to, in one table, with the time of each row.

rubric.py    run every gate of check.py; red where a row failed, skipped anything, or did not run at all

Beside the gates themselves it shows what stands in the summary of the contract run: requirements, mutants, self-tests.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import check
import counting
import engine
from check import Gate, Outcome
from counting import Counts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Summary = dict[str, Any]
FORMATTERS = {"format", "prettier", "gofmt"}


@dataclass(frozen=True)
class Row:
    """A line of the rubric: which gates belong to it, or which figures of the contract's summary."""

    name: str
    takes: Callable[[Gate], bool] = field(default=lambda _: False)
    counts: Callable[[Summary], Counts] | None = None
    part: str = ""
    """The part of the contract run whose seconds these are."""


@dataclass(frozen=True)
class Line:
    """What came of a row."""

    name: str
    counts: Counts
    seconds: float
    passed: bool
    ran: bool
    """Whether there was anything in it, in each of its gates."""

    @property
    def word(self) -> str:
        """Give the result in a word."""
        if not self.passed or self.counts.failed:
            return "FAILED"
        if self.counts.skipped:
            return "SKIPPED"
        return "ok" if self.ran else "NOT RUN"


def in_group(name: str) -> Callable[[Gate], bool]:
    """Take the gates of a group."""
    return lambda gate: gate.group == name


def named(*names: str) -> Callable[[Gate], bool]:
    """Take the gates of these names."""
    return lambda gate: gate.name in names


def of(planned: int, passed: int) -> Counts:
    """Count what was planned and did not pass as failed."""
    return Counts(passed, planned - passed)


def _mutants(summary: Summary) -> Counts:
    killed = summary["mutants"]["killed"]
    return of(summary["mutants"]["planned"] * len(check.LANGUAGES), sum(killed.values()))


def _differential(summary: Summary) -> Counts:
    figures = summary["differential"]
    return Counts(figures["compared"] - figures["different"], figures["different"])


# The first row that takes a gate has it.
ROWS = (
    Row("lint", lambda gate: gate.group == "lint" and gate.house != "docs" and gate.name not in FORMATTERS),
    Row("format", lambda gate: gate.group == "lint" and gate.house != "docs"),
    Row("types", in_group("types")),
    Row("unit", in_group("unit")),
    Row("interpreters", in_group("tox")),
    Row("contract", named("contract")),
    Row("requirements", counts=lambda summary: of(summary["requirements"]["must"], summary["requirements"]["covered"])),
    Row("mutants", counts=_mutants, part="mutants"),
    Row("self-tests", counts=lambda summary: of(**summary["self_tests"]), part="self_tests"),
    Row("relay", counts=lambda summary: of(**summary["relay"]), part="relay"),
    Row("wire differential", counts=_differential),
    Row("fuzz smoke", named("fuzz")),
    Row("chaos smoke", named("chaos")),
    Row("parity freshness", named("parity matrix")),
    Row("parity page", named("parity page")),
    Row("generated", named("generated files")),
    Row("versions", named("versions", "DMS since its release")),
    Row("dist", in_group("dist")),
    Row("docs", named("links", "change fragments")),
    Row("other", lambda _: True),
)


def judge(outcomes: Sequence[Outcome], summary: Summary) -> list[Line]:
    """Give the lines of the rubric; `other` only where there is any."""
    lines: list[Line] = []
    left = list(outcomes)
    for row in ROWS:
        mine = [outcome for outcome in left if row.takes(outcome.gate)]
        left = [outcome for outcome in left if outcome not in mine]
        if row.counts is not None:
            counts = row.counts(summary) if summary else Counts(0, 0)
            seconds = summary.get("seconds", {}).get(row.part, 0.0)
            lines.append(Line(row.name, counts, seconds, passed=True, ran=counts.passed > 0))
        elif mine or row.name != "other":
            lines.append(_line(row.name, mine))
    return lines


def _line(name: str, outcomes: Sequence[Outcome]) -> Line:
    each = [outcome.counts for outcome in outcomes]
    counts = Counts(*(sum(getattr(one, part) for one in each) for part in ("passed", "failed", "skipped")))
    seconds = sum(outcome.seconds for outcome in outcomes)
    ran = bool(each) and all(one.passed or one.failed for one in each)
    return Line(name, counts, seconds, all(outcome.passed for outcome in outcomes), ran)


def table(lines: Sequence[Line]) -> str:
    """Give the table."""
    width = max(len(line.name) for line in lines)
    out = [f"{'':{width}}  result    passed  failed  skipped  seconds"]
    for line in lines:
        counts = line.counts
        seconds = f"{line.seconds:7.1f}" if line.seconds else f"{'-':>7}"
        out.append(
            f"{line.name:{width}}  {line.word:8}  {counts.passed:6}  {counts.failed:6}  {counts.skipped:7}  {seconds}"
        )
    return "\n".join(out)


def main() -> int:
    """Run everything and print the rubric."""
    try:
        outcomes = check.run_all(check.all_gates())
    except engine.EngineError as error:
        print(f"rubric: {error}", file=sys.stderr)
        return 1
    summary: Summary = json.loads(counting.SUMMARY.read_text(encoding="utf-8")) if counting.SUMMARY.exists() else {}
    lines = judge(outcomes, summary)
    print(f"\n{table(lines)}")
    red = [line.name for line in lines if line.word != "ok"]
    print(f"\nred: {', '.join(red)}" if red else "\nall of it holds, and nothing was skipped")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
