"""The one check that a branch has to pass: every planned job succeeded, and nothing else was needed.

gate.py     reads PLAN (a JSON list of jobs) and NEEDS (the host's `toJSON(needs)`) from the environment

A job that the plan left out may be skipped. A planned one that was skipped, cancelled or is not waited for is a
failure: where jobs may be left out, a green light has to say that none was lost.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

PLANNER = "plan"
FINE, LEFT_OUT = "success", "skipped"


class GateError(Exception):
    """What the host handed over is not what the gate reads; the message says what."""


def judge(planned: list[str], results: Mapping[str, str]) -> list[str]:
    """Say what keeps the gate shut.

    >>> judge(["py"], {"plan": "success", "py": "success", "go": "skipped"})
    []
    """
    if results.get(PLANNER) != FINE:
        return [f"{PLANNER}: {results.get(PLANNER, 'not waited for')}, so nobody knows which jobs are needed"]
    if not planned:
        return ["the plan is empty, and no change needs nothing"]
    lost = [f"{job}: planned, and the gate does not wait for it" for job in planned if job not in results]
    failed = [
        f"{job}: {result}{', though it is planned' if result == LEFT_OUT else ''}"
        for job, result in results.items()
        if job != PLANNER and result != FINE and not (result == LEFT_OUT and job not in planned)
    ]
    return lost + failed


def read(environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Read what the host says."""
    try:
        results = {str(job): str(row["result"]) for job, row in _parsed(environment, "NEEDS").items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise GateError("NEEDS: expected an object of jobs, each with its result") from error
    if results.get(PLANNER) != FINE:
        return [], results  # a plan that failed left no list
    jobs = _parsed(environment, "PLAN")
    if not isinstance(jobs, list):
        raise GateError("PLAN: expected a list of jobs")
    return list(map(str, cast("list[object]", jobs))), results


def _parsed(environment: Mapping[str, str], name: str) -> Any:  # noqa: ANN401 - any JSON at all
    try:
        return json.loads(environment.get(name, ""))
    except ValueError as error:
        raise GateError(f"{name}: expected JSON: {error}") from error


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Judge, and say so."""
    try:
        planned, results = read(environment)
    except GateError as error:
        print(f"gate: {error}", file=sys.stderr)
        return 2
    problems = judge(planned, results)
    for problem in problems:
        print(problem)
    print("the gate stays shut" if problems else f"{len(planned)} planned jobs succeeded: {', '.join(planned)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
