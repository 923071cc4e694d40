"""The native entry points: a case that fails is a failing test, with the failure's code and place, in each language's own test command."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from dynamorm_contract.load import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CASES = """
schema_version: "1.0"
suite: foreign.size
tier: P0
cases:
  - id: foreign-good
    title: a size that is right
    targets: [pure]
    steps:
      - {do: fn.size, on: Profile, args: {item: {PK: a, SK: b}}, expect: {result: {bytes: 6}}}
  - id: foreign-bad
    title: a size that is wrong
    targets: [pure]
    steps:
      - {do: fn.size, on: Profile, args: {item: {PK: a, SK: b}}, expect: {result: {bytes: 7}}}
"""
COMMANDS = {
    "py": ([sys.executable, "-m", "pytest", "-q", "runners/py"], "contract-tests", ("1 failed, 1 passed", "foreign-bad@pure")),
    "go": (["go", "test", "-v", "./contract-tests/runners/go"], ".", ("--- PASS: TestContract/foreign/foreign-good@pure", "--- FAIL: TestContract/foreign/foreign-bad@pure")),
    "ts": (
        ["npm", "run", "--silent", "contract", "--", "--reporter=verbose"],
        "ts",
        ("✓ test/contract/cases.contract.ts > the contract > foreign/foreign-good@pure", "1 failed | 1 passed"),
    ),
}


@pytest.mark.parametrize("language", sorted(COMMANDS))
def test_a_failing_case_is_a_failing_test(language: str, tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "cases/foreign.yaml").write_text(CASES, encoding="utf-8")
    command, folder, shown = COMMANDS[language]
    narrowed = {"CASES": str(tmp_path), "FILTER": "foreign-", "TARGET": "pure", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=ROOT / folder, env=os.environ | narrowed, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "RESULT_MISMATCH at /steps/0/expect/result/bytes" in said
    assert [text for text in shown if text not in said] == [], said
