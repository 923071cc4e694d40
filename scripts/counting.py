"""Counting tests by what a gate printed: pytest, vitest, `go test -json`, and the summary of the contract suite."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import toolpaths

if TYPE_CHECKING:
    from collections.abc import Iterator

SUMMARY = toolpaths.BUILD / "contract/summary.json"


@dataclass(frozen=True)
class Counts:
    """How many tests passed, failed, and were skipped."""

    passed: int
    failed: int
    skipped: int = 0


class Counter(Protocol):
    """Count a gate's tests by its output, and by whether it passed."""

    def __call__(self, output: str, /, passed: bool) -> Counts:  # noqa: FBT001 - every counter takes both
        """Count."""
        ...


def count_one(_output: str, passed: bool) -> Counts:  # noqa: FBT001 - see Counter
    """Count the gate itself."""
    return Counts(int(passed), int(not passed))


def _last(pattern: str, output: str) -> int:
    found: list[str] = re.findall(pattern, output)
    return int(found[-1]) if found else 0


def count_pytest(output: str, passed: bool) -> Counts:  # noqa: FBT001 - see Counter
    """Read pytest's closing line; tox prints one for each interpreter."""
    good, bad, left = (
        sum(int(number) for number in re.findall(rf"(\d+) (?:{words})\b", output))
        for words in ("passed", "failed|errors?", "skipped|xfailed|deselected")
    )
    return _at_least(Counts(good, bad, left), passed=passed)


def count_vitest(output: str, passed: bool) -> Counts:  # noqa: FBT001 - see Counter
    """Read vitest's closing line `Tests  1 failed | 4 passed (5)`."""
    line = "".join(re.findall(r"^\s*Tests\s+.*$", output, re.MULTILINE)[-1:])
    left = _last(r"(\d+) skipped", line) + _last(r"(\d+) todo", line)
    return _at_least(Counts(_last(r"(\d+) passed", line), _last(r"(\d+) failed", line), left), passed=passed)


def count_go(output: str, passed: bool) -> Counts:  # noqa: FBT001 - see Counter
    """Count the closing events of tests in `go test -json`."""
    results = [event["Action"] for event in go_events(output) if "Test" in event]
    return _at_least(Counts(*map(results.count, ("pass", "fail", "skip"))), passed=passed)


def count_contract(_output: str, passed: bool) -> Counts:  # noqa: FBT001 - see Counter
    """Add up what the contract run wrote."""
    if not SUMMARY.exists():
        return Counts(0, 1)
    summary = json.loads(SUMMARY.read_text(encoding="utf-8"))
    relay = summary["relay"]
    parts = [*summary["languages"].values(), {**relay, "failed": relay["planned"] - relay["passed"]}]
    return _at_least(
        Counts(sum(part["passed"] for part in parts), sum(part["failed"] for part in parts)), passed=passed
    )


def _at_least(counts: Counts, *, passed: bool) -> Counts:
    """Count a gate that failed without a failed test, e.g. by not starting, as one failure."""
    return counts if passed or counts.failed else replace(counts, failed=1)


def go_events(output: str) -> Iterator[dict[str, Any]]:
    """Give the events of `go test -json`; other lines, such as a compiler's, are passed over."""
    for line in output.splitlines():
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict) and "Action" in event:
                yield event


def show_go(output: str) -> str:
    """Give what failed tests and builds printed, of `go test -json`."""
    failed = {(event.get("Package"), event.get("Test")) for event in go_events(output) if event["Action"] == "fail"}
    kept = [
        event["Output"]
        for event in go_events(output)
        if "Output" in event
        and (event["Action"] == "build-output" or (event.get("Package"), event.get("Test")) in failed)
    ]
    other = [line for line in output.splitlines() if not line.startswith("{")]
    return "".join(kept) + "\n".join(other)
