"""`python -m dynamorm_contract fuzz`: hunt, and show the first finding made small."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .shrink import shrink
from .steps import Program, programs
from .write import write_case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .hunt import Field, Finding


@dataclass(frozen=True)
class Search:
    """What to look for: so many steps of the programs of a seed, on these targets; a finding is written to the folder."""

    seed: str
    targets: list[str]
    steps: int
    folder: Path


@dataclass(frozen=True)
class Found:
    """A finding, the program as small as it got, and the case file that shows it."""

    finding: Finding
    program: Program
    text: str


def hunt(field: Field, search: Search) -> Found | None:
    """Run random programs until one shows a finding."""
    for program in programs(search.seed, search.targets, search.steps):
        finding = field.examine(program)
        if finding is not None:
            return reduce(field, program, finding, search)
    return None


def reduce(field: Field, program: Program, finding: Finding, search: Search) -> Found:
    """Make a finding small and write it down."""

    def still(candidate: Program) -> bool:
        try:
            found = field.examine(candidate)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            return False  # a cut that leaves no program at all
        return found is not None and found.kind == finding.kind

    small = shrink(program, still)
    last = field.examine(small) or finding
    try:
        text = write_case(search.folder, small, field.transcripts(small), search.seed)
    except Exception as error:  # noqa: BLE001 - a runner that dies leaves no transcript; the program itself is shown then
        text = f"{small}\n({error!r})"
    return Found(last, small, text)


def run(field: Field, search: Search, say: Callable[[str], None]) -> int:
    """Hunt and tell; give the exit code."""
    started = time.monotonic()
    found = hunt(field, search)
    if found is None:
        seconds = time.monotonic() - started
        say(f"fuzz: {search.steps} steps, seed {search.seed}, {field.runs} programs on {', '.join(search.targets)}: no difference, nothing lost ({seconds:.0f} s)")
        return 0
    say(f"fuzz: seed {search.seed}: {found.finding.kind}: {found.finding.text}\n")
    say(found.text)
    say(f"saved; run it with: make contract CASES={search.folder} FILTER=fuzz-finding")
    return 1
