"""The suite for those outside this repository: one runner of theirs, on any endpoint; what `dynamorm contract` is made of."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .catalogue import Catalogue, load_catalogue
from .engine import Engine, EngineError
from .load import ROOT, SUITE, Case, LoadError
from .runner import ProtocolError, RunnerDiedError
from .suite import TARGETS, Language, LanguageRun, RunError, load_cases, run_language, select

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEY = "runner"
# What says in one sentence why nothing could be run.
UNUSABLE = (LoadError, RunError, EngineError, ProtocolError, RunnerDiedError, OSError, subprocess.SubprocessError)


@dataclass(frozen=True)
class Asked:
    """What is to be run: all of the suite, unless it is narrowed; `cases` is a folder of further models and cases."""

    targets: Sequence[str] = TARGETS
    tiers: Sequence[str] = ()
    pattern: str | None = None
    cases: Path | None = None


def tiers() -> list[str]:
    """Name the tiers of the specification."""
    return sorted(set(load_catalogue(ROOT / "spec").capabilities.values()))


def protocol() -> Path:
    """Give the page that tells how to write a runner."""
    return SUITE / "runners/README.md"


def cases(asked: Asked) -> list[Case]:
    """Load the cases that are asked for; those of several runners at once are left out.

    Raises RunError for a target, a tier or a folder that there is not, LoadError for a case that cannot be read.
    """
    return _selected(_catalogue(asked), asked)


def run(command: Sequence[str], asked: Asked, endpoint: str | None = None, folder: Path | None = None, told: Callable[[int, int], object] | None = None) -> LanguageRun:
    """Run the cases by a runner; `endpoint` is the DynamoDB of the live target, which is left out without one.

    `told` hears after each case how many are done, and of how many.
    Raises what `UNUSABLE` names where the suite, the endpoint or the arguments cannot be used; what is wrong with the runner is the run's `problem`.
    """
    catalogue = _catalogue(asked)
    targets = [target for target in asked.targets if target != "live" or endpoint is not None]
    chosen = [case for case in _selected(catalogue, asked) if set(case.targets) & set(targets)]
    if not chosen:
        raise RunError("no case is left to run")
    language = Language(KEY, "the runner", list(command), [], [], folder=folder or Path.cwd(), told=told)
    if endpoint is None:
        return run_language(language, catalogue, None, chosen, targets)
    engine = Engine(endpoint)
    try:
        engine.must("contractprobe", "ListTables", {})
        return run_language(language, catalogue, engine, chosen, targets)
    finally:
        engine.close()


def figures(done: LanguageRun) -> dict[str, Any]:
    """Give the numbers of a run by tier, and what failed."""
    by_tier: dict[str, dict[str, int]] = {}
    for result in done.results:
        row = by_tier.setdefault(result.tier, dict.fromkeys(("planned", "passed", "failed", "not_supported"), 0))
        row["planned"] += 1
        row[{"pass": "passed", "not_supported": "not_supported"}.get(result.verdict.status, "failed")] += 1
    failures = [result.line() for result in done.results if result.verdict.status not in {"pass", "not_supported"}]
    return {"green": done.green, "problem": done.problem, "implementation": done.hello, "planned": done.planned, "tiers": dict(sorted(by_tier.items())), "failures": failures}


def write_lines(path: Path, done: LanguageRun) -> None:
    """Write the results as JSON Lines: one line an execution."""
    path.write_text("".join(json.dumps(result.line(), ensure_ascii=False) + "\n" for result in done.results), encoding="utf-8")


def _catalogue(asked: Asked) -> Catalogue:
    """Read the specification; what it demands of a runner is what belongs to the tiers asked for."""
    whole = load_catalogue(ROOT / "spec")
    unknown = set(asked.tiers) - set(whole.capabilities.values())
    if unknown:
        raise RunError(f"no such tier: {', '.join(sorted(unknown))}; there are {', '.join(tiers())}")
    if not asked.tiers:
        return whole
    return replace(whole, mandatory=frozenset(name for name in whole.mandatory if whole.capabilities[name] in asked.tiers))


def _selected(catalogue: Catalogue, asked: Asked) -> list[Case]:
    unknown = set(asked.targets) - set(TARGETS)
    if unknown:
        raise RunError(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    if asked.cases is not None and not (asked.cases / "cases").is_dir():
        raise RunError(f"{asked.cases} has no folder cases/")
    chosen = select(load_cases(catalogue, asked.cases), asked.pattern, list(asked.targets))
    return [case for case in chosen if not case.actors and (not asked.tiers or case.tier in asked.tiers or case.foreign)]
