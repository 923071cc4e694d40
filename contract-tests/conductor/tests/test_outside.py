"""The suite as people outside use it: one runner by its command, narrowed by tier, target and name."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from dynamorm_contract import outside
from dynamorm_contract.load import SUITE
from dynamorm_contract.suite import RunError

if TYPE_CHECKING:
    from pathlib import Path

PYTHON_RUNNER = [sys.executable, str(SUITE / "runners/py/runner.py")]
NULL_RUNNER = [sys.executable, str(SUITE / "selftest/runners/null.py")]
GOLDEN = outside.Asked(targets=["wire"], tiers=["P0"], pattern="p0-create-golden")


def test_a_good_runner_passes_and_the_figures_say_so(tmp_path: Path) -> None:
    done = outside.run(PYTHON_RUNNER, GOLDEN, folder=tmp_path)
    figures = outside.figures(done)
    assert figures["green"]
    assert figures["problem"] is None
    assert figures["failures"] == []
    assert figures["tiers"]["P0"]["passed"] == figures["tiers"]["P0"]["planned"] == done.planned > 0
    outside.write_lines(tmp_path / "results.jsonl", done)
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["status"] for line in lines] == ["pass"] * done.planned


def test_a_runner_that_answers_nothing_fails_with_the_cases_named() -> None:
    figures = outside.figures(outside.run(NULL_RUNNER, GOLDEN))
    assert not figures["green"]
    assert figures["problem"] or [line["id"] for line in figures["failures"]] == ["p0-create-golden"]


def test_a_command_that_does_not_exist_is_a_problem_of_the_run() -> None:
    done = outside.run(["no-such-runner-anywhere"], GOLDEN)
    assert done.problem
    assert not done.green


def test_the_live_target_is_left_out_without_an_endpoint() -> None:
    done = outside.run(PYTHON_RUNNER, outside.Asked(tiers=["P0"], pattern="p0-create-existing-refused"))
    assert done.problem is None
    assert {result.target for result in done.results} == {"wire"}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (outside.Asked(tiers=["P9"]), "no such tier: P9"),
        (outside.Asked(targets=["mock"]), "no such target: mock"),
        (outside.Asked(pattern="no-such-case"), "no case is left to run"),
    ],
)
def test_what_cannot_be_asked_for_is_a_sentence(asked: outside.Asked, sentence: str) -> None:
    with pytest.raises(RunError, match=sentence):
        outside.run(PYTHON_RUNNER, asked)


def test_a_folder_without_cases_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="has no folder cases/"):
        outside.cases(outside.Asked(cases=tmp_path))


def test_tiers_and_the_page_of_the_protocol_are_there() -> None:
    assert outside.tiers() == ["P0", "P1", "P2", "P3", "P4", "P5"]
    assert outside.protocol().read_text(encoding="utf-8").startswith("# The runner protocol")


def test_a_listener_hears_after_each_case_how_far_it_is() -> None:
    heard: list[tuple[int, int]] = []
    asked = outside.Asked(targets=["wire"], tiers=["P0"], pattern="p0-create-*")
    done = outside.run(PYTHON_RUNNER, asked, told=lambda *numbers: heard.append(numbers))
    assert heard == [(number, done.planned) for number in range(1, done.planned + 1)]
    assert {case.id for case in outside.cases(asked)} == {result.id for result in done.results}
