"""What proves what: every sentence of the specification with the hash of its text and the cases that cite it, held fast in `spec/coverage.lock`.

A sentence whose text changed, or whose cases became fewer, stops the run until somebody looked and wrote the lock again. What is new needs nobody's look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .report import covered
from .yamlload import load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from .catalogue import Catalogue
    from .load import Case
    from .suite import LanguageRun

HASH_LENGTH = 12
REVIEWED_MAX_PERCENT = 10
HEAD = "# Written by `python -m dynamorm_contract coverage --update`: requirement, hash of its text, the cases that cite it. On a conflict take either side and update.\n"


@dataclass(frozen=True)
class Entry:
    """One requirement: the hash of its text, and the cases that cite it."""

    sha: str
    cases: frozenset[str]


Lock = dict[str, Entry]


@dataclass(frozen=True)
class Retired:
    """IDs that were given up; they never come back with another meaning."""

    cases: frozenset[str] = frozenset()
    requirements: frozenset[str] = frozenset()


def current(catalogue: Catalogue, cases: Iterable[Case]) -> Lock:
    """Give the state of the specification and the suite; rows count as their case."""
    citing: dict[str, set[str]] = {name: set() for name in catalogue.sentences}
    for case in cases:
        for requirement in () if case.foreign else case.covers:
            citing[requirement].add(case.template)
    return {name: Entry(sentence.sha[:HASH_LENGTH], frozenset(citing[name])) for name, sentence in catalogue.sentences.items()}


def render(lock: Lock) -> str:
    """Write a lock: one line a requirement, sorted, so that a merge touches only what changed."""
    return HEAD + "".join(" ".join([name, entry.sha, *sorted(entry.cases)]) + "\n" for name, entry in sorted(lock.items()))


def parse(text: str) -> Lock:
    """Read a lock."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {name: Entry(sha, frozenset(cases)) for name, sha, *cases in lines}


def load_retired(path: Path) -> Retired:
    """Read `retired-ids.yaml`."""
    lists = load_yaml(path)
    return Retired(*(frozenset(row["id"] for row in lists[name]) for name in ("cases", "requirements")))


def reused(catalogue: Catalogue, cases: Iterable[Case], retired: Retired) -> list[str]:
    """Name the retired IDs that stand in the specification or the suite again."""
    templates = {case.template for case in cases if not case.foreign}
    return [f"{name} was retired (retired-ids.yaml) and is not used again" for name in sorted((retired.cases & templates) | (retired.requirements & set(catalogue.sentences)))]


def vanished(lock: Lock, now: Lock, cases: Iterable[Case], retired: Retired) -> list[str]:
    """Name the IDs of the lock that are gone without having been retired."""
    templates = {case.template for case in cases}
    before = {case for entry in lock.values() for case in entry.cases}
    gone = sorted((set(lock) - set(now) - retired.requirements) | (before - templates - retired.cases))
    return [f"{name} is gone: put it into retired-ids.yaml, with the reason" for name in gone]


def drifted(lock: Lock, now: Lock) -> list[str]:
    """Name the requirements of the lock whose text changed or whose cases became fewer."""
    out = []
    for name, was in sorted(lock.items()):
        entry = now.get(name)
        if entry is None:
            continue
        if entry.sha != was.sha:
            out.append(f"{name}: its text changed; see that its cases still prove it, then `coverage --update`")
        if lost := sorted(was.cases - entry.cases):
            out.append(f"{name}: no longer cited by {', '.join(lost)}; see that the others prove it, then `coverage --update`")
    return out


def too_much_review(catalogue: Catalogue) -> list[str]:
    """Refuse a specification of which too much is left to reviewers."""
    reviewed = sorted(name for name, sentence in catalogue.sentences.items() if sentence.reviewed)
    if len(reviewed) * 100 <= REVIEWED_MAX_PERCENT * len(catalogue.sentences):
        return []
    return [f"{len(reviewed)} of {len(catalogue.sentences)} requirements are left to review, more than {REVIEWED_MAX_PERCENT} %: {', '.join(reviewed)}"]


def uncovered(catalogue: Catalogue, runs: list[LanguageRun]) -> list[str]:
    """Name the rules that no executed, passing case of a whole run proves in every language."""
    proven = covered(catalogue, runs)
    return [f"{name}: no case that passes in every language proves it" for name in catalogue.musts if name not in proven]


def problems(catalogue: Catalogue, cases: list[Case], lock: Lock, retired: Retired) -> list[str]:
    """Give everything that is wrong before a single case has run."""
    now = current(catalogue, cases)
    return reused(catalogue, cases, retired) + vanished(lock, now, cases, retired) + drifted(lock, now) + too_much_review(catalogue)


def additions(lock: Lock, now: Mapping[str, Entry]) -> int:
    """Count what is new since the lock was written: sentences, and citations of old ones."""
    return sum(1 if name not in lock else len(entry.cases - lock[name].cases) for name, entry in now.items())
