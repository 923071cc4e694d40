"""check.py: how gates are chosen, run, counted and reported."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import pytest

import check
import counting

if TYPE_CHECKING:
    from pathlib import Path


def gate(script: str, group: str = "lint", *, silent: bool = False) -> check.Gate:
    return check.Gate(group, "py", "a gate", (sys.executable, "-c", script), silent=silent)


def test_a_gate_passes_by_its_exit_status() -> None:
    environment = check.gate_environment()
    assert check.run_gate(gate("print('fine')"), environment).passed
    outcome = check.run_gate(gate("print('why'); raise SystemExit(1)"), environment)
    assert not outcome.passed
    assert outcome.output == "why\n"
    assert outcome.counts == counting.Counts(0, 1)


def test_a_silent_gate_fails_by_what_it_prints() -> None:
    assert not check.run_gate(gate("print('a.go')", silent=True), check.gate_environment()).passed
    assert check.run_gate(gate("", silent=True), check.gate_environment()).passed


def test_a_tool_that_is_not_there_is_a_failure() -> None:
    outcome = check.run_gate(check.Gate("lint", "py", "a gate", ("no-such-tool",)), check.gate_environment())
    assert not outcome.passed
    assert "no-such-tool does not start" in outcome.output


def test_a_gate_hears_interrupts_though_we_were_started_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    script = "import signal; raise SystemExit(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    monkeypatch.setattr(check, "all_gates", lambda: [gate(script)])
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert check.main([]) == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_gate_sees_nobodys_aws_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    assert "AWS_PROFILE" not in check.gate_environment()


@pytest.mark.parametrize(
    ("count", "output", "expected"),
    [
        (counting.count_pytest, "== 2 failed, 11 passed, 1 error in 0.3s ==", (11, 3)),
        (counting.count_pytest, "5 passed in 1s\n5 passed in 1s\n", (10, 0)),
        (counting.count_vitest, " Test Files  1 passed (1)\n      Tests  1 failed | 4 passed (5)\n", (4, 1)),
        (counting.count_one, "", (0, 1)),
    ],
    ids=["pytest", "tox", "vitest", "a gate without tests"],
)
def test_tests_are_counted(count: counting.Counter, output: str, expected: tuple[int, int]) -> None:
    failed = expected[1] > 0
    assert count(output, not failed) == counting.Counts(*expected)


def test_a_gate_that_fails_without_a_failed_test_counts_as_one() -> None:
    assert counting.count_pytest("ImportError", passed=False) == counting.Counts(0, 1)


def go_output() -> str:
    events = [
        {"Action": "output", "Package": "p", "Test": "TestA", "Output": "fine\n"},
        {"Action": "pass", "Package": "p", "Test": "TestA"},
        {"Action": "output", "Package": "p", "Test": "TestB", "Output": "the reason\n"},
        {"Action": "fail", "Package": "p", "Test": "TestB"},
        {"Action": "fail", "Package": "p"},
    ]
    return "\n".join(json.dumps(event) for event in events) + "\ngo: a line of the tool\n"


def test_go_tests_are_counted_and_only_failures_shown() -> None:
    assert counting.count_go(go_output(), passed=False) == counting.Counts(1, 1)
    shown = counting.show_go(go_output())
    assert "the reason" in shown
    assert "a line of the tool" in shown
    assert "fine" not in shown


def test_the_contract_is_counted_from_its_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "SUMMARY", tmp_path / "summary.json")
    assert counting.count_contract("", passed=False) == counting.Counts(0, 1)
    languages = {"py": {"planned": 3, "passed": 2, "failed": 1}, "go": {"planned": 3, "passed": 3, "failed": 0}}
    summary = {"languages": languages, "relay": {"planned": 4, "passed": 3}}
    counting.SUMMARY.write_text(json.dumps(summary))
    assert counting.count_contract("", passed=False) == counting.Counts(8, 2)


def test_groups_and_houses_narrow_the_gates() -> None:
    gates = check.all_gates()
    assert {one.group for one in check.select(gates, [])} == set(check.GROUPS)
    assert {one.group for one in check.select(gates, ["lint"])} == {"lint"}
    assert {(one.group, one.house) for one in check.select(gates, ["types", "ts"])} == {("types", "ts")}


def test_an_unknown_word_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        check.main(["lnit"])
    assert "unknown: lnit" in capsys.readouterr().err


def test_the_run_ends_with_a_table_and_the_totals(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "all_gates", lambda: [gate("pass"), gate("raise SystemExit(1)", "types")])
    assert check.main([]) == 1
    out = capsys.readouterr().out.rstrip().splitlines()
    assert out[-1] == "1 passed, 1 failed"
    assert [line.split()[:4] for line in out[-5:-2]][1:] == [["py:", "a", "gate", "ok"], ["py:", "a", "gate", "FAILED"]]
