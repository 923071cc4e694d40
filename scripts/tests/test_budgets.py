"""budgets.py: what a table says, and when it fails."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

import budgets
from budgets import Budget, Program

if TYPE_CHECKING:
    from pathlib import Path


def test_figures_are_shown_beside_budgets_and_goals() -> None:
    figures = {("imports", "py"): 1.5, ("files", "wheel"): 1234.5}
    limits = {("files", "wheel"): Budget(1300), ("imports", "py"): Budget(1.5, 1.1)}
    table, holds = budgets.compare(figures, limits)
    assert holds
    assert table.splitlines() == [
        "what           figure    budget  goal",
        "files wheel  1,234.50  1,300.00        kB              ok",
        "imports py       1.50      1.50  1.10  x the bare SDK  ok",
    ]


@pytest.mark.parametrize(
    ("figures", "limits", "word"),
    [
        ({("files", "npm"): 2.1}, {("files", "npm"): Budget(2)}, "OVER"),
        ({("files", "npm"): 2.1}, {}, "NO BUDGET"),
        ({}, {("files", "npm"): Budget(2)}, "NOT MEASURED"),
    ],
    ids=["too much", "no budget", "not measured"],
)
def test_what_exceeds_or_stands_on_one_side_alone_fails(
    figures: dict[tuple[str, str], float], limits: dict[tuple[str, str], Budget], word: str
) -> None:
    table, holds = budgets.compare(figures, limits)
    assert not holds
    assert table.endswith(word)


def test_the_file_has_a_budget_for_each_language_and_file() -> None:
    found = budgets.load()
    assert {name for section, name in found if section == "imports"} == {"py", "ts", "go"}
    assert {name for section, name in found if section == "files"} == {"wheel", "sdist", "npm", "go"}
    assert found["bundles", "."].goal == 15


@pytest.mark.parametrize(
    "text",
    [
        "files: {}",
        "[1]",
        "a: [",
        "files: {npm: 3}\nbundles: {}\nimports: {}",
        "files: {npm: {}}\nbundles: {}\nimports: {}",
        "files: {npm: {budget: much}}\nbundles: {}\nimports: {}",
    ],
    ids=["a section is missing", "a list", "no yaml", "a number alone", "no limit", "a word"],
)
def test_a_file_that_is_none_of_budgets_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "budgets.yaml").write_text(text)
    with pytest.raises(budgets.BudgetError, match=r"budgets\.yaml"):
        budgets.load(tmp_path / "budgets.yaml")


def python(tmp_path: Path, code: str, times: int = 1) -> Program:
    return Program([sys.executable, "-S", "-c", code], tmp_path, os.environ, times)


def test_a_ratio_is_of_cpu_time_and_not_of_waiting(tmp_path: Path) -> None:
    waiting, working = "import time; time.sleep(0.3)", "sum(range(20_000_000))"
    assert budgets.ratio(python(tmp_path, working), python(tmp_path, waiting), rounds=1) > 1.5


def test_a_program_that_fails_is_not_timed(tmp_path: Path) -> None:
    with pytest.raises(budgets.BudgetError, match="ended with status 3"):
        python(tmp_path, "raise SystemExit(3)", times=2).seconds()


def test_a_size_is_told_in_kilobytes() -> None:
    assert budgets.kilobytes(b"a" * 1500) == 1.5
    assert budgets.kilobytes(b"a" * 1500, zipped=True) < 0.05
