"""The command line: `python -m dynamorm_contract run|selftest|mutants|fuzz|coverage|parity|list`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from . import bulk, chaos, differential, report
from . import coverage as proof
from . import mutants as mutation
from .catalogue import Catalogue, load_catalogue
from .engine import Engine, EngineError
from .faults import MUTANTS
from .fuzz import command as fuzzer
from .fuzz import hunt
from .load import ROOT, SUITE, Case, LoadError
from .page import page
from .replay import Replay, pick, stream
from .runner import ProtocolError, RunnerDiedError
from .selftest import SelfTest, run_selftests
from .suite import KNOWN, TARGETS, Language, LanguageRun, RelayRun, RunError, load_cases, load_languages, run_languages, run_relay, select, write_results

if TYPE_CHECKING:
    from collections.abc import Generator

BUILD = ROOT / "build/contract"
SCRIPTS = ROOT / "scripts"
MATRIX = ROOT / "docs/parity-matrix.md"
LOCK = ROOT / "spec/coverage.lock"
FAILED, UNUSABLE = 1, 2


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def _scripts_on_path() -> None:
    if str(SCRIPTS) not in sys.path:
        sys.path.insert(0, str(SCRIPTS))


def node() -> str:
    """Give the Node that runs the TypeScript runner: DYNAMORM_NODE, else the one npm brought, else the user's own."""
    if "DYNAMORM_NODE" in os.environ:
        return os.environ["DYNAMORM_NODE"]
    _scripts_on_path()
    import toolpaths  # noqa: PLC0415 - see engine

    return str(toolpaths.node() or "node")


@contextmanager
def engine(targets: list[str]) -> Generator[Engine | None]:
    """Give a DynamoDB where the live target is asked for: the one of DYNAMODB_ENDPOINT, else one of our own."""
    if "live" not in targets:
        yield None
        return
    _scripts_on_path()
    import engine as local  # noqa: PLC0415 - scripts/ is a folder of programs, put on the path just above

    with ExitStack() as stack:
        try:
            endpoint = stack.enter_context(local.running())
        except local.EngineError as error:
            raise RunError(str(error)) from error
        out = Engine(endpoint)
        stack.callback(out.close)
        out.must("contractprobe", "ListTables", {})
        yield out


def stamp() -> dict[str, str]:
    """Say which commit and specification the results belong to."""
    git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 - whichever git the user has
    return {"commit": git.stdout.strip() or "unknown", "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def stale_index() -> list[str]:
    """Say what is wrong with the pages of the specification, or that its index is not theirs."""
    _scripts_on_path()
    import requirements_index  # noqa: PLC0415 - see engine

    try:
        fresh = requirements_index.render(ROOT / "spec")
    except requirements_index.SpecError as error:
        return str(error).splitlines()
    return [] if fresh == (ROOT / "spec/requirements.json").read_text(encoding="utf-8") else ["spec/requirements.json is stale: run `make generate`"]


class Session:
    """What every command needs: the catalogue, the cases, the languages."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        """Load everything; what cannot be loaded ends the command."""
        self.catalogue: Catalogue = load_catalogue(ROOT / "spec")
        self.foreign = Path(arguments.cases).resolve() if arguments.cases else None
        if self.foreign is not None and not (self.foreign / "cases").is_dir():
            raise RunError(f"{self.foreign} has no folder cases/")
        self.targets: list[str] = arguments.target.split(",") if arguments.target else list(TARGETS)
        if not set(self.targets) <= set(TARGETS):
            raise RunError(f"unknown target; there are {', '.join(TARGETS)}")
        self.all_cases: list[Case] = load_cases(self.catalogue, self.foreign)
        self.cases: list[Case] = select(self.all_cases, arguments.filter, self.targets)
        self.languages: list[Language] = load_languages(arguments.langs.split(","), node())
        self.waivers = differential.load_waivers()
        # A narrowed run is for the one who works on it; the self-tests and mutants belong to the whole.
        self.whole = not (arguments.filter or arguments.target)

    def problems(self) -> list[str]:
        """Say what is wrong with the specification, its index and its lock."""
        lock = proof.parse(LOCK.read_text(encoding="utf-8")) if LOCK.exists() else {}
        return stale_index() + proof.problems(self.catalogue, self.all_cases, lock, proof.load_retired(SUITE / "retired-ids.yaml"))


def run(arguments: argparse.Namespace) -> int:
    """Run the suite and write the results."""
    session = Session(arguments)
    if not session.cases:
        raise RunError("no case is left to run")
    with engine(session.targets) as dynamodb:
        say(f"{len(session.cases)} cases, {', '.join(language.name for language in session.languages)}, targets {', '.join(session.targets)}")
        done = Done()
        with done.part("cases"):
            done.runs = run_languages(session.languages, session.catalogue, dynamodb, session.cases, session.targets)
        if all(not one.problem for one in done.runs):
            with done.part("relay"):
                done.relay = run_relay(session.languages, session.catalogue, dynamodb, session.cases)
            if session.whole:
                with done.part("self_tests"):
                    done.tests = run_selftests(session.languages, session.catalogue, dynamodb, session.all_cases)
                with done.part("mutants"):
                    done.killed = mutation.hunt(session.languages, session.catalogue, session.all_cases)
    return conclude(session, done)


@dataclass
class Done:
    """What a run did, and how many seconds each part of it took."""

    runs: list[LanguageRun] = field(default_factory=list)
    relay: RelayRun = field(default_factory=RelayRun)
    tests: SelfTest = field(default_factory=SelfTest)
    killed: list[mutation.Killed] | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Generator[None]:
        """Time a part."""
        begin = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - begin, 1)


def conclude(session: Session, done: Done) -> int:
    """Write the files, print the table, and judge."""
    runs, relay, tests, killed = done.runs, done.relay, done.tests, done.killed
    for one in runs:
        write_results(BUILD, one, stamp())
    compared = differential.compare_runs(runs, relay, session.cases, session.waivers, whole=session.whole and set(KNOWN) == {run.language.key for run in runs})
    outcome = report.Outcome(session.catalogue, session.cases, runs, relay, killed, len(MUTANTS), compared, tests, done.seconds)
    figures = report.summary(outcome)
    (BUILD / "summary.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    (BUILD / "results-relay.jsonl").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in relay.lines), encoding="utf-8")
    (BUILD / "parity.html").write_text(page(outcome, figures, stamp(), tests.line if session.whole else ""), encoding="utf-8")
    if session.whole and session.foreign is None and all(one.green for one in runs):
        (BUILD / "parity-matrix.md").write_text(report.matrix(session.catalogue, runs, relay), encoding="utf-8")
    survivors = [f"{row.language}: {', '.join(row.survivors)}" for row in killed or [] if row.survivors]
    problems = report.failures(runs) + relay.failures + compared.problems + [f"self-test: {problem}" for problem in tests.problems]
    problems += [f"mutants survive in {line}" for line in survivors]
    if session.whole:
        problems += session.problems() + ([] if any(one.problem for one in runs) else proof.uncovered(session.catalogue, runs))
    for problem in problems:
        say(problem)
    say(report.table(figures, runs, tests.line if session.whole else "not run"))
    return FAILED if problems or not all(one.green for one in runs) else 0


def selftest(arguments: argparse.Namespace) -> int:
    """Run the self-tests alone."""
    session = Session(arguments)
    with engine(session.targets) as dynamodb:
        tests = run_selftests(session.languages, session.catalogue, dynamodb, session.all_cases)
    for problem in tests.problems:
        say(problem)
    say(f"self-tests {tests.line}")
    return FAILED if tests.problems else 0


def mutants(arguments: argparse.Namespace) -> int:
    """Run the mutants alone and print who killed them."""
    session = Session(arguments)
    killed = mutation.hunt(session.languages, session.catalogue, session.all_cases)
    for mutant in MUTANTS:
        say(f"{mutant.name:32}" + "".join(f"{row.language} {row.by.get(mutant.name, 'SURVIVED'):44}" for row in killed).rstrip())
    return FAILED if any(row.survivors for row in killed) else 0


def coverage(arguments: argparse.Namespace) -> int:
    """Print which requirements no case cites and what the lock refuses, or write the lock."""
    session = Session(arguments)
    now = proof.current(session.catalogue, session.all_cases)
    for name in (missing := [name for name in session.catalogue.musts if not now[name].cases]):
        say(f"{name}  {session.catalogue.sentences[name].text}")
    say(f"{len(session.catalogue.musts) - len(missing)} of {len(session.catalogue.musts)} requirements have a case")
    lock = proof.parse(LOCK.read_text(encoding="utf-8")) if LOCK.exists() else {}
    drift = set(proof.drifted(lock, now))
    problems = [problem for problem in session.problems() if not (arguments.update and problem in drift)]
    for problem in problems:
        say(problem)
    if arguments.update and not problems:
        LOCK.write_text(proof.render(now), encoding="utf-8")
        say(f"wrote {LOCK.relative_to(ROOT)}")
    elif new := proof.additions(lock, now):
        say(f"{new} new citations are not in {LOCK.relative_to(ROOT)} yet: `coverage --update`")
    return FAILED if problems or missing else 0


def parity(arguments: argparse.Namespace) -> int:
    """Take over the matrix of the last whole run, or check that it is the one checked in."""
    fresh = BUILD / "parity-matrix.md"
    if not fresh.exists():
        raise RunError("no matrix yet: run `make contract` first")
    if arguments.check:
        if not MATRIX.exists() or MATRIX.read_text(encoding="utf-8") != fresh.read_text(encoding="utf-8"):
            say("docs/parity-matrix.md is stale: run `make parity` and commit it")
            return FAILED
        return 0
    MATRIX.write_text(fresh.read_text(encoding="utf-8"), encoding="utf-8")
    return 0


def replay(arguments: argparse.Namespace) -> int:
    """Run one case and tell everything that goes to the runner and over the wire."""
    session = Session(arguments)
    cases = pick(session.all_cases, arguments.filter or "")
    if not cases:
        raise RunError("replay takes the ID of a case (CASE=p0-create-golden, or p0-get-golden/row)")
    good = True
    with engine([target for target in session.targets if any(target in case.targets for case in cases)]) as dynamodb:
        for language in session.languages:
            for case in cases:
                for target in [target for target in case.targets if target in session.targets]:
                    lines = BUILD / f"replay-{language.key}.jsonl" if arguments.keep else None
                    good &= Replay(language, session.catalogue, dynamodb, say).run(case, target, arguments.table, keep=lines)
    return 0 if good else FAILED


def stream_results(arguments: argparse.Namespace) -> int:
    """Print each result as a JSON line as soon as it is there: what the native entry points read."""
    session = Session(arguments)
    with engine(session.targets) as dynamodb:
        return 0 if stream(session, dynamodb, say) else FAILED


def list_cases(arguments: argparse.Namespace) -> int:
    """Print the cases and their targets."""
    for case in Session(arguments).cases:
        say(f"{case.id:64} {','.join(case.targets):16} {case.body['title']}")
    return 0


def fuzz(arguments: argparse.Namespace) -> int:
    """Run random programs in every language; the first finding is made small, shown as a case file, and fails."""
    targets: list[str] = arguments.target.split(",") if arguments.target else list(TARGETS)
    languages = load_languages(arguments.langs.split(","), node())
    seed = arguments.seed or time.strftime("%Y%m%d%H%M%S", time.gmtime())
    with engine(targets) as dynamodb, hunt.Field(languages, load_catalogue(ROOT / "spec"), dynamodb) as field:
        return fuzzer.run(field, fuzzer.Search(seed, targets, arguments.steps, BUILD / "fuzz"), say)


def read_bulk(arguments: argparse.Namespace) -> int:
    """Fill a table and let every language read all of it in every way; an item that is missing or comes twice fails."""
    languages = load_languages(arguments.langs.split(","), node())
    with engine(["live"]) as dynamodb:
        assert dynamodb is not None
        problems = bulk.run(languages, load_catalogue(ROOT / "spec"), dynamodb, arguments.steps, say)
    for problem in problems:
        say(problem)
    return FAILED if problems else 0


def bad_weather(arguments: argparse.Namespace) -> int:
    """Let every language write through a proxy that fails one request in five; an item that is lost without being named fails."""
    languages = load_languages(arguments.langs.split(","), node())
    seed = int(arguments.seed or time.strftime("%Y%m%d%H%M%S", time.gmtime()))
    say(f"chaos: seed {seed}")
    with engine(["live"]) as dynamodb:
        assert dynamodb is not None
        problems = chaos.run(languages, load_catalogue(ROOT / "spec"), dynamodb, chaos.Work(arguments.steps, seed), say)
    for problem in problems[:20]:
        say(problem)
    return FAILED if problems else 0


COMMANDS = {
    "bulk": read_bulk,
    "chaos": bad_weather,
    "fuzz": fuzz,
    "run": run,
    "selftest": selftest,
    "mutants": mutants,
    "coverage": coverage,
    "parity": parity,
    "list": list_cases,
    "replay": replay,
    "stream": stream_results,
}


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="dynamorm_contract", description=__doc__)
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--cases", help="a folder with models/ and cases/ of one's own, run beside the suite's")
    parser.add_argument("--langs", default=",".join(KNOWN), help="languages, separated by commas")
    parser.add_argument("--filter", help="a part of a case ID, or a glob")
    parser.add_argument("--target", help="targets, separated by commas: pure, wire, live")
    parser.add_argument("--keep", action="store_true", help="replay: leave the endpoint up, and the lines to the runner in a file")
    parser.add_argument("--table", default="typed", choices=["typed", "dynamic"], help="replay: through which table")
    parser.add_argument("--steps", type=int, default=500, help="fuzz: how many operations; bulk and chaos: how many items")
    parser.add_argument("--seed", help="fuzz and chaos: the same seed gives the same programs and faults; the clock unless given")
    parser.add_argument("--check", action="store_true", help="parity: only compare")
    parser.add_argument("--update", action="store_true", help="coverage: write spec/coverage.lock")
    arguments = parser.parse_args()
    try:
        return COMMANDS[arguments.command](arguments)
    except (LoadError, RunError, EngineError, ProtocolError, RunnerDiedError) as error:
        say(f"error: {error}")
        return UNUSABLE


if __name__ == "__main__":
    sys.exit(main())
