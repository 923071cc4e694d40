"""gate.py: when the one required check is green."""

from __future__ import annotations

import json

import pytest

import gate

FINE = {"plan": "success", "docs": "success", "py": "success", "go": "skipped"}


def handed(planned: object, results: dict[str, str]) -> dict[str, str]:
    return {
        "PLAN": json.dumps(planned),
        "NEEDS": json.dumps({job: {"result": result} for job, result in results.items()}),
    }


def test_planned_jobs_that_succeeded_open_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.main(handed(["docs", "py"], FINE)) == 0
    assert capsys.readouterr().out == "2 planned jobs succeeded: docs, py\n"


@pytest.mark.parametrize(
    ("planned", "changed", "said"),
    [
        (["docs", "py"], {"py": "failure"}, "py: failure"),
        (["docs", "py"], {"py": "cancelled"}, "py: cancelled"),
        (["docs", "py"], {"py": "skipped"}, "py: skipped, though it is planned"),
        (["docs", "py"], {"go": "failure"}, "go: failure"),
        (["docs", "py", "ts"], {}, "ts: planned, and the gate does not wait for it"),
        ([], {}, "the plan is empty"),
        (["docs"], {"plan": "failure"}, "plan: failure, so nobody knows"),
    ],
    ids=["failed", "cancelled", "lost", "failed though not planned", "not waited for", "no jobs", "no plan"],
)
def test_it_stays_shut(
    planned: list[str], changed: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate.main(handed(planned, FINE | changed)) == 1
    assert said in capsys.readouterr().out


def test_a_plan_that_failed_has_no_list() -> None:
    assert gate.main({**handed([], {"plan": "failure", "py": "skipped"}), "PLAN": ""}) == 1


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NEEDS": "{}", "PLAN": "["},
        {"NEEDS": "[]", "PLAN": "[]"},
        {"NEEDS": '{"plan": {}}', "PLAN": "[]"},
        {"NEEDS": '{"plan": {"result": "success"}}', "PLAN": ""},
        {"NEEDS": '{"plan": {"result": "success"}}', "PLAN": "{}"},
    ],
)
def test_what_it_cannot_read_keeps_it_shut(environment: dict[str, str]) -> None:
    assert gate.main(environment) != 0
