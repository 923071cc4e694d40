"""What changed between two parity matrices: tiers, and requirements that a library keeps now or no longer.

    parity_diff.py BASE.md HEAD.md     two docs/parity-matrix.md; prints Markdown

The matrix is what the contract suite measured, and CI fails where it is stale, so two committed files say what two
runs would. The files may be a stranger's: nothing of their text is given out but what has the shape of a requirement,
a tier, a language, a count or one of the marks.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

# From the best to the worst: ✅ passes, ◐ a known failure, — not supported, ⚠ no case yet, ❌ a failure.
MARKS = ("✅", "◐", "—", "⚠", "❌")
REVIEWED = "review"
ABSENT = "not there"
ROWS_MAX = 100
_LANGUAGE = re.compile(r"[A-Z][A-Za-z]{0,19}")
_REQUIREMENT = re.compile(r"DMS-[A-Z0-9]{2,6}-[0-9]{3}")
_TIER = re.compile(r"P[0-9]")
_TIER_CELL = re.compile(rf"(?:{'|'.join(MARKS)}) [0-9]{{1,7}} of [0-9]{{1,7}}")


class ParityError(Exception):
    """A file is no parity matrix; the message says where."""


@dataclass(frozen=True)
class Matrix:
    """A parity matrix: its languages, and the cells of each tier and requirement."""

    languages: tuple[str, ...]
    tiers: dict[str, tuple[str, ...]]
    requirements: dict[str, tuple[str, ...]]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def parse(text: str) -> Matrix:
    """Read a matrix."""
    languages: tuple[str, ...] = ()
    tiers: dict[str, tuple[str, ...]] = {}
    requirements: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("| "):
            continue
        name, *cells = _cells(line)
        row = tuple(cells[: len(languages)])
        if name == "tier":
            languages = tuple(cells)
            if not languages or not all(map(_LANGUAGE.fullmatch, languages)):
                raise ParityError(f"line {number}: expected the names of languages")
        elif _TIER.fullmatch(name) and len(row) == len(languages) and all(map(_TIER_CELL.fullmatch, row)):
            tiers[name] = row
        elif _REQUIREMENT.fullmatch(name) and len(row) == len(languages) and set(row) <= {*MARKS, REVIEWED}:
            requirements[name] = row
        elif name not in {"---", "requirement"}:
            raise ParityError(f"line {number}: expected a tier or a requirement with a mark for each language")
    if not tiers or not requirements:
        raise ParityError("there are no tiers or no requirements in it")
    return Matrix(languages, tiers, requirements)


@dataclass(frozen=True)
class Change:
    """One cell that is another: of which requirement, in which language."""

    name: str
    language: str
    before: str
    after: str

    @property
    def kind(self) -> str:
        """Say which way it went; who leaves a column or a row out is neither better nor worse."""
        if ABSENT in {self.before, self.after}:
            return "new" if self.before == ABSENT else "gone"
        ranks = [MARKS.index(mark) if mark in MARKS else 0 for mark in (self.before, self.after)]
        return "worse" if ranks[1] > ranks[0] else "better"


def changes(before: Matrix, after: Matrix) -> list[Change]:
    """Give the cells of requirements that differ, what is worse first."""
    out: list[Change] = []
    languages = list(dict.fromkeys((*before.languages, *after.languages)))
    for name in sorted({*before.requirements, *after.requirements}):
        for language in languages:
            old, new = _cell(before, name, language), _cell(after, name, language)
            if old != new:
                out.append(Change(name, language, old, new))
    return sorted(out, key=lambda change: ("worse", "gone", "better", "new").index(change.kind))


def _cell(matrix: Matrix, name: str, language: str) -> str:
    row = matrix.requirements.get(name)
    return ABSENT if row is None or language not in matrix.languages else row[matrix.languages.index(language)]


def _tier_rows(before: Matrix, after: Matrix) -> list[str]:
    out: list[str] = []
    empty = (ABSENT,) * len(after.languages)
    for tier in sorted({*before.tiers, *after.tiers}):
        old, new = before.tiers.get(tier, empty), after.tiers.get(tier, empty)
        if old != new:
            out.append(f"| {tier} | {', '.join(old)} | {', '.join(new)} |")
    return out


def render(before: Matrix, after: Matrix) -> str:
    """Give the difference as Markdown; nothing where there is none."""
    tiers, found = _tier_rows(before, after), changes(before, after)
    if not tiers and not found:
        return ""
    kinds = [change.kind for change in found]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("worse", "gone", "better", "new"))
    out = [f"Cells of requirements: {counts}."]
    if tiers:
        names = ", ".join(after.languages)
        out += ["", f"| tier | before ({names}) | after |", "| --- | --- | --- |", *tiers]
    if found:
        out += ["", "| requirement | language | before | after | |", "| --- | --- | --- | --- | --- |"]
        out += [
            f"| {one.name} | {one.language} | {one.before} | {one.after} | {one.kind} |" for one in found[:ROWS_MAX]
        ]
    if len(found) > ROWS_MAX:
        out += ["", f"… and {len(found) - ROWS_MAX} more."]
    return "\n".join(out) + "\n"


def main(arguments: list[str]) -> int:
    """Print the difference of two files."""
    match arguments:
        case [base, head]:
            pass
        case _:
            print("usage: parity_diff.py BASE.md HEAD.md", file=sys.stderr)
            return 2
    matrices: list[Matrix] = []
    for name in (base, head):
        try:
            matrices.append(parse(Path(name).read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, ParityError) as error:
            print(f"parity_diff: {name}: {error}", file=sys.stderr)
            return 2
    print(render(*matrices) or "The parity matrices say the same.\n", end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
