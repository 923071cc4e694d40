"""Durations as case files write them: `250ms`."""

from __future__ import annotations

import re

from .match import CaseError

UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}


def duration(text: str) -> int:
    """Turn `250ms` into nanoseconds."""
    found = re.fullmatch(r"([0-9]+)(ns|us|ms|s)", text)
    if found is None:
        raise CaseError(f"not a duration: {text}")
    return int(found[1]) * UNITS[found[2]]


def milliseconds(text: str) -> int:
    """Turn `2s` into milliseconds."""
    return duration(text) // UNITS["ms"]
