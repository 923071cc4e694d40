"""rubric.py: which gate is in which row, and what makes a row red."""

from __future__ import annotations

from dataclasses import replace

import pytest

import check
import counting
import rubric

GATES = check.all_gates()
SUMMARY: rubric.Summary = {
    "requirements": {"must": 3, "covered": 3},
    "mutants": {"planned": 2, "killed": {"py": 2, "ts": 2, "go": 2}},
    "relay": {"planned": 9, "passed": 9},
    "differential": {"compared": 5, "different": 0, "waived": 0},
    "self_tests": {"planned": 4, "passed": 4},
    "seconds": {"mutants": 1.5, "self_tests": 2.5, "relay": 0.5},
}


def outcome(gate: check.Gate, *, passed: bool = True, skipped: int = 0, tests: int = 1) -> check.Outcome:
    def count(_output: str, passed: bool) -> counting.Counts:  # noqa: FBT001 - as every counter
        return counting.Counts(tests * passed, int(not passed), skipped)

    return check.Outcome(replace(gate, count=count), passed, 1.0, "")


def words(outcomes: list[check.Outcome], summary: rubric.Summary = SUMMARY) -> dict[str, str]:
    return {line.name: line.word for line in rubric.judge(outcomes, summary)}


def test_every_gate_is_in_a_row_of_its_own_kind_and_every_row_has_a_gate() -> None:
    found = words([outcome(gate) for gate in GATES])
    assert set(found) == {row.name for row in rubric.ROWS} - {"other"}
    assert set(found.values()) == {"ok"}
    assert sum(line.seconds for line in rubric.judge([outcome(gate) for gate in GATES], {})) == len(GATES)


@pytest.mark.parametrize(
    ("spoiled", "word"),
    [({"passed": False}, "FAILED"), ({"skipped": 1}, "SKIPPED"), ({"tests": 0}, "NOT RUN")],
    ids=["a failure", "a skipped test", "no test at all"],
)
def test_a_row_is_red_by_what_one_of_its_gates_did(spoiled: dict[str, int], word: str) -> None:
    done = [outcome(gate, **(spoiled if gate.name == "vitest" else {})) for gate in GATES]  # type: ignore[arg-type]
    found = words(done)
    assert {name for name, word in found.items() if word != "ok"} == {"unit"}
    assert found["unit"] == word


def test_a_row_whose_gates_did_not_run_is_red() -> None:
    gates = [gate for gate in GATES if gate.group != "tox"]
    assert words([outcome(gate) for gate in gates])["interpreters"] == "NOT RUN"


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ({"requirements": {"must": 3, "covered": 2}}, "requirements"),
        ({"mutants": {"planned": 2, "killed": {"py": 2, "ts": 1, "go": 2}}}, "mutants"),
        ({"mutants": {"planned": 2, "killed": {"py": 2, "ts": 2}}}, "mutants"),
        ({"relay": {"planned": 9, "passed": 8}}, "relay"),
        ({"differential": {"compared": 5, "different": 1, "waived": 0}}, "wire differential"),
        ({"self_tests": {"planned": 4, "passed": 3}}, "self-tests"),
    ],
)
def test_a_row_is_red_by_the_figures_of_the_contract(changed: rubric.Summary, row: str) -> None:
    found = words([outcome(gate) for gate in GATES], {**SUMMARY, **changed})
    assert {name for name, word in found.items() if word != "ok"} == {row}
    assert found[row] == "FAILED"


def test_without_a_summary_its_rows_did_not_run() -> None:
    found = words([outcome(gate) for gate in GATES], {})
    assert {name for name, word in found.items() if word == "NOT RUN"} == {
        "requirements", "mutants", "self-tests", "relay", "wire differential",
    }  # fmt: skip


def test_the_table_says_what_and_how_long() -> None:
    text = rubric.table([rubric.Line("unit", counting.Counts(7, 0, 1), 1.25, passed=True, ran=True)])
    assert text.splitlines()[1].split() == ["unit", "SKIPPED", "7", "0", "1", "1.2"]


def test_what_nobody_takes_is_shown_too() -> None:
    gate = check.Gate("generated", "all", "something new", ("true",))
    assert words([outcome(gate)])["other"] == "ok"
