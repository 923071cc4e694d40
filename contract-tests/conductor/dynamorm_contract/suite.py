"""A run of the suite: every case on every target in every language, then the relay pairs; results as JSON Lines."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any, Self

from .endpoint import Endpoint
from .engine import Engine, Tables
from .execute import Stage, Verdict, run_case
from .keys import KeyEndpoint
from .load import ROOT, SUITE, Case, Loader, Models
from .runner import ProtocolError, Runner, RunnerDiedError
from .yamlload import load_yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .catalogue import Catalogue

TARGETS = ("pure", "wire", "live")
KNOWN = ("py", "ts", "go")
PROTOCOL = 1


class RunError(Exception):
    """The run itself cannot go on: a runner that does not build, an engine that does not answer."""


@dataclass(frozen=True)
class Language:
    """One library's runner."""

    key: str
    name: str
    command: list[str]
    build: list[str]
    source: list[str]
    tiers: list[str] = field(default_factory=list)
    folder: Path = ROOT
    """Where its runner is started."""
    told: Callable[[int, int], object] | None = None
    """Hears after each case how many are done, and of how many."""


@dataclass
class Result:
    """One line of a results file."""

    id: str
    template: str
    tier: str
    target: str
    covers: list[str]
    foreign: bool
    verdict: Verdict
    variant: str = "typed"
    transcripts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def line(self) -> dict[str, Any]:
        """Give the line as a JSON value."""
        out: dict[str, Any] = {"kind": "result", "id": self.id, "target": self.target, "tier": self.tier, "covers": self.covers}
        verdict = self.verdict
        out |= {"status": verdict.status, "ms": verdict.ms, "transcript": verdict.digest}
        if verdict.status not in {"pass", "not_supported"}:
            out |= {"code": verdict.code, "at": verdict.at, "message": verdict.message, "table": self.variant}
        return out


@dataclass
class LanguageRun:
    """What one language reported."""

    language: Language
    hello: dict[str, Any] = field(default_factory=dict)
    planned: int = 0
    results: list[Result] = field(default_factory=list)
    problem: str | None = None
    seconds: float = 0.0

    def count(self, status: str) -> int:
        """Count the executions of a status."""
        return sum(result.verdict.status == status for result in self.results)

    @property
    def failed(self) -> int:
        """Count what is neither passed, nor known, nor unsupported."""
        return sum(result.verdict.status in {"fail", "error", "unexpected_pass"} for result in self.results)

    @property
    def green(self) -> bool:
        """Tell whether all that was planned was reported and nothing failed."""
        return self.problem is None and self.failed == 0 and len(self.results) == self.planned


def load_languages(keys: list[str], node: str) -> list[Language]:
    """Read `runners.yaml` for the languages asked for."""
    known = load_yaml(SUITE / "runners/runners.yaml")["languages"]
    out = []
    for key in keys:
        if key not in known:
            raise RunError(f"unknown language {key}; there are {', '.join(known)}")
        row = known[key]
        command = [part.format(python=sys.executable, node=node) for part in row["command"]]
        out.append(Language(key, row["name"], command, row.get("build", []), row["source"], row.get("tiers", [])))
    return out


def build(language: Language) -> None:
    """Build a runner that needs it."""
    if language.build:
        done = subprocess.run(language.build, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RunError(f"{language.name}: the runner does not build\n{done.stderr}")


def load_cases(catalogue: Catalogue, foreign: Path | None) -> list[Case]:
    """Load the suite's cases, and those of a folder outside."""
    models = Models.load(SUITE / "models")
    loader = Loader(models, catalogue)
    cases = loader.folder(SUITE / "cases")
    if foreign is not None:
        theirs = Models.load(foreign / "models").over(models)
        cases += Loader(theirs, catalogue, foreign=True).folder(foreign / "cases")
    return cases


def select(cases: list[Case], pattern: str | None, targets: list[str]) -> list[Case]:
    """Narrow the cases by a part of their ID (or a glob) and by target."""
    out = [case for case in cases if set(case.targets) & set(targets)]
    if pattern:
        out = [case for case in out if pattern in case.id or fnmatch(case.id, pattern)]
    return out


def hello(language: Language, runner: Runner, catalogue: Catalogue) -> dict[str, Any]:
    """Greet a runner; a mandatory capability that it does not declare ends its run."""
    answer = runner.send({"cmd": "hello", "protocol": PROTOCOL})
    info = answer.get("ok")
    if not isinstance(info, dict) or not isinstance(info.get("capabilities"), list):
        raise ProtocolError(f"{language.name}: no hello: {answer}")
    unknown = set(info["capabilities"]) - set(catalogue.capabilities)
    missing = catalogue.mandatory - set(info["capabilities"])
    if unknown or missing:
        raise ProtocolError(f"{language.name}: capabilities unknown {sorted(unknown)}, mandatory and missing {sorted(missing)}")
    return info


class LanguageSession:
    """One language's runner with its endpoints, used from one thread."""

    def __init__(self, language: Language, catalogue: Catalogue, engine: Engine | None, known_failures: list[dict[str, Any]] | None = None) -> None:
        """Start nothing yet but the endpoints."""
        self.language, self.catalogue = language, catalogue
        self.runner = Runner(language.command, language.folder)
        self.rival = Runner(language.command, language.folder)  # started only by a race
        self.wire = Endpoint()
        self.live = None if engine is None else Endpoint(engine, f"contract{language.key}")
        self.tables = None if engine is None else Tables(engine, f"contract{language.key}")
        self.wire_keys, self.live_keys = KeyEndpoint(), None if engine is None else KeyEndpoint(engine.keys)
        self.known_failures = known_failures or []
        self.info: dict[str, Any] = {}

    def __enter__(self) -> Self:
        """Greet the runner."""
        self.info = hello(self.language, self.runner, self.catalogue)
        return self

    def __exit__(self, *_error: object) -> None:
        """End the runner and the endpoints."""
        self.runner.close()
        self.rival.close()
        self.wire.close()
        self.wire_keys.close()
        for endpoint in (self.live, self.live_keys):
            if endpoint is not None:
                endpoint.close()

    def stage(self, target: str, table: str = "typed") -> Stage:
        """Give the stage of a target."""
        if target == "pure":
            return Stage("pure", None, {None: self.runner}, table=table)
        if target == "wire":
            return Stage("wire", self.wire, {None: self.runner}, table=table, keys=self.wire_keys)
        return Stage("live", self.live, {None: self.runner}, self.tables, self.rival, table, self.live_keys)

    def execute(self, case: Case, target: str) -> Result:
        """Run one case on one target, typed; off the live target through the dynamic table too, where the model is declared natively."""
        verdict, variant = self._once(case, target, "typed"), "typed"
        transcripts = {variant: verdict.transcript}
        native = set(self.info.get("native_models", [])) & set(case.models)
        if verdict.status == "pass" and target != "live" and native:
            again = self._once(case, target, "dynamic")
            transcripts["dynamic"] = again.transcript
            if again.status != "pass":
                verdict, variant = again, "dynamic"
            verdict.ms += again.ms
        return Result(case.id, case.template, case.tier, target, case.covers, case.foreign, self._known(case, target, verdict), variant, transcripts)

    def _once(self, case: Case, target: str, table: str) -> Verdict:
        if not set(case.body.get("requires", [])) <= set(self.info["capabilities"]):
            return Verdict("not_supported")
        return run_case(case, self.stage(target, table))

    def _known(self, case: Case, target: str, verdict: Verdict) -> Verdict:
        for row in self.known_failures:
            if row["id"] == case.id and row["target"] == target:
                same = verdict.status == "fail" and verdict.code == row["code"] and verdict.at == row["at"]
                verdict.status = "known_failure" if same else "unexpected_pass" if verdict.status == "pass" else verdict.status
        return verdict


def load_known_failures(language: str) -> list[dict[str, Any]]:
    """Read the language's list of known failures; none is the rule."""
    path = SUITE / "known-failures" / f"{language}.yaml"
    return (load_yaml(path) or {}).get("known_failures", []) if path.exists() else []


def run_language(language: Language, catalogue: Catalogue, engine: Engine | None, cases: list[Case], targets: list[str]) -> LanguageRun:
    """Run every case of one language."""
    work = [(case, target) for case in cases if not case.actors for target in case.targets if target in targets]
    run = LanguageRun(language, planned=len(work))
    started = time.monotonic()
    try:
        build(language)
        with LanguageSession(language, catalogue, engine, load_known_failures(language.key)) as session:
            run.hello = session.info
            for case, target in work:
                run.results.append(session.execute(case, target))
                if language.told is not None:
                    language.told(len(run.results), len(work))
    except (RunError, ProtocolError, RunnerDiedError, OSError) as error:
        run.problem = str(error)
    run.seconds = time.monotonic() - started
    return run


def run_languages(languages: list[Language], catalogue: Catalogue, engine: Engine | None, cases: list[Case], targets: list[str]) -> list[LanguageRun]:
    """Run the languages side by side."""
    with ThreadPoolExecutor(len(languages)) as pool:
        return list(pool.map(lambda language: run_language(language, catalogue, engine, cases, targets), languages))


@dataclass
class RelayRun:
    """The relay pairs: what one language wrote, another read."""

    planned: int = 0
    passed: int = 0
    failures: list[str] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    transcripts: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)


def run_relay(languages: list[Language], catalogue: Catalogue, engine: Engine | None, cases: list[Case]) -> RelayRun:
    """Run each relay case on every ordered pair of languages."""
    out = RelayRun()
    relay = [case for case in cases if case.actors]
    if not relay or engine is None:
        return out
    sessions: dict[str, LanguageSession] = {}
    endpoint, tables, keys = Endpoint(engine, "contractrelay"), Tables(engine, "contractrelay"), KeyEndpoint(engine.keys)
    try:
        for language in languages:
            sessions[language.key] = LanguageSession(language, catalogue, None)
            sessions[language.key].__enter__()
        for case, (first, second) in itertools.product(relay, itertools.product(sessions, repeat=2)):
            runners: dict[str | None, Runner] = dict(zip(case.actors, (sessions[first].runner, sessions[second].runner), strict=True))
            verdict = run_case(case, Stage("live", endpoint, runners, tables, keys=keys))
            _record_relay(out, case, f"{first}>{second}", verdict)
    except (ProtocolError, RunnerDiedError) as error:
        out.planned = len(relay) * len(languages) ** 2
        out.failures.append(str(error))
    finally:
        endpoint.close()
        keys.close()
        for session in sessions.values():
            session.__exit__()
    return out


def _record_relay(out: RelayRun, case: Case, pair: str, verdict: Verdict) -> None:
    out.planned += 1
    out.passed += verdict.status == "pass"
    line = Result(case.id, case.template, case.tier, "live", case.covers, case.foreign, verdict).line()
    out.lines.append(line | {"pair": pair})
    if verdict.status == "pass":
        out.transcripts[case.id, pair] = verdict.transcript
    if verdict.status != "pass":
        out.failures.append(f"{case.id} {pair}: {verdict.code} {verdict.at} {verdict.message}")


def write_results(folder: Path, run: LanguageRun, stamp: dict[str, Any]) -> None:
    """Write one language's results file: header, one line an execution, footer."""
    totals = {status: run.count(status) for status in ("pass", "fail", "error", "not_supported", "known_failure", "unexpected_pass")}
    lines: list[dict[str, Any]] = [{"kind": "header", "schema_version": "1.0", "language": run.language.key, "impl": run.hello, "planned": run.planned, **stamp}]
    lines += [result.line() for result in run.results]
    lines.append({"kind": "footer", "reported": len(run.results), "totals": totals, "problem": run.problem, "seconds": round(run.seconds, 1)})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"results-{run.language.key}.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    transcripts = {
        f"{result.id}@{result.target}" + ("" if variant == "typed" else f"+{variant}"): transcript for result in run.results for variant, transcript in result.transcripts.items()
    }
    (folder / f"transcripts-{run.language.key}.json").write_text(json.dumps(transcripts, ensure_ascii=False), encoding="utf-8")
