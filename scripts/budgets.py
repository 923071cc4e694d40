"""Budgets: the figures of scripts/budgets.yaml, beside what was measured; and how it is measured.

Sizes are exact. A time is CPU time of a whole process, never that of a clock on the wall: pairs of processes, one with
the library and one with the bare SDK, run in turns, and the median of the pairs' ratios counts.
"""

from __future__ import annotations

import gzip
import os
import statistics
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from toolpaths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FILE = ROOT / "scripts/budgets.yaml"
SECTIONS = {"files": "kB", "bundles": "kB gzipped", "imports": "x the bare SDK"}
ROUNDS = 5


class BudgetError(Exception):
    """The file of budgets cannot be used, or a figure cannot be measured; the message says why."""


@dataclass(frozen=True)
class Budget:
    """A limit, and where the design wants to be."""

    limit: float
    goal: float | None = None


@dataclass(frozen=True)
class Program:
    """A program to be timed, and how often it runs in a round: a short one more often than once."""

    command: Sequence[str]
    cwd: Path
    environment: Mapping[str, str]
    times: int = 1

    def seconds(self) -> float:
        """Run it, and give the CPU time of one run."""
        return sum(self._once() for _ in range(self.times)) / self.times

    def _once(self) -> float:
        process = subprocess.Popen(
            self.command, cwd=self.cwd, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise BudgetError(f"`{' '.join(self.command)}` ended with status {process.returncode}")
        return usage.ru_utime + usage.ru_stime


def ratio(program: Program, bare: Program, rounds: int = ROUNDS) -> float:
    """Give the median of the ratios of two programs that run in turns; a first round warms the caches."""
    pairs = [(program.seconds(), bare.seconds()) for _ in range(rounds + 1)][1:]
    return statistics.median(ours / theirs for ours, theirs in pairs)


def kilobytes(content: bytes, *, zipped: bool = False) -> float:
    """Give a size; `zipped` after gzip."""
    return len(gzip.compress(content, 9, mtime=0) if zipped else content) / 1000


def load(path: Path = FILE) -> dict[tuple[str, str], Budget]:
    """Read the budgets, by section and name."""
    try:
        told: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        if set(told) != set(SECTIONS):
            raise BudgetError(f"{path.name} has the sections {', '.join(told)}, not {', '.join(SECTIONS)}")
        return {
            (section, name): Budget(float(row["budget"]), float(row["goal"]) if "goal" in row else None)
            for section, rows in told.items()
            for name, row in rows.items()
        }
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise BudgetError(f"{path.name} is no file of budgets: {error}") from error


def compare(figures: Mapping[tuple[str, str], float], budgets: Mapping[tuple[str, str], Budget]) -> tuple[str, bool]:
    """Give the table of figures and budgets, and whether all hold; what only one of the two has does not."""
    rows = [("what", "figure", "budget", "goal", "", "")]
    good = True
    for key in sorted({*figures, *budgets}, key=lambda one: (list(SECTIONS).index(one[0]), one[1])):
        figure, budget = figures.get(key), budgets.get(key)
        holds = figure is not None and budget is not None and figure <= budget.limit
        good &= holds
        goal = None if budget is None else budget.goal
        numbers = (_number(figure), _number(None if budget is None else budget.limit), _number(goal))
        rows.append((" ".join(key), *numbers, SECTIONS[key[0]], "ok" if holds else _wrong(figure, budget)))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = [
        f"{row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}  "
        f"{row[4]:{widths[4]}}  {row[5]}".rstrip()
        for row in rows
    ]
    return "\n".join(lines), good


def _wrong(figure: float | None, budget: Budget | None) -> str:
    if figure is None:
        return "NOT MEASURED"
    return "NO BUDGET" if budget is None else "OVER"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"
