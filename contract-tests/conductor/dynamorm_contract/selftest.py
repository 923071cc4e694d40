"""Who tests the tests: files that must be refused, cases that must fail for the named reason, a conductor made blind, and runners that are wrong on purpose."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .differential import compare
from .execute import Stage, run_case
from .load import ROOT, SUITE, Case, Loader, LoadError, Models, case_schema, is_strong
from .match import is_operator
from .negatives import TABLE, documents, unnoticed
from .runner import ProtocolError, Runner, RunnerDiedError
from .sites import unproven
from .suite import Language, LanguageSession, build
from .yamlload import load_yaml

if TYPE_CHECKING:
    from .catalogue import Catalogue
    from .engine import Engine

FOLDER = SUITE / "selftest"
BLINDABLE = (
    "RESULT_MISMATCH",
    "ERROR_MISMATCH",
    "ERROR_EXPECTED",
    "ERROR_UNEXPECTED",
    "WIRE_MISMATCH",
    "WIRE_MISSING",
    "WIRE_EXTRA",
    "OUTCOME_MISMATCH",
    "CAPTURE_UNDEFINED",
    "UNSUPPORTED_OP",
    "PLAINTEXT_LEAK",
    "PROTOCOL",
)
# Runners that are wrong, and how many cases of the sample they may get: a crash costs a new process each time, so its sample is small.
BAD_RUNNERS = {"null": None, "echo": None, "liar": None, "deaf": None, "locked": None, "lost": None, "sloppy": None, "crash": 6, "chatty": 6, "slow": 2}
SLOW_TIMEOUT_SECONDS = 1.0
PLANTED = 40  # cases in which a difference is planted


@dataclass
class SelfTest:
    """What the self-tests did and what went wrong."""

    done: int = 0
    problems: list[str] = field(default_factory=list)

    def expect(self, condition: object, problem: str) -> None:
        """Count one check."""
        self.done += 1
        if not condition:
            self.problems.append(problem)

    @property
    def line(self) -> str:
        """Give the result in a few words."""
        return f"{self.done - len(self.problems)} of {self.done}"


def run_selftests(languages: list[Language], catalogue: Catalogue, engine: Engine | None, cases: list[Case]) -> SelfTest:
    """Run all layers but the mutants."""
    out = SelfTest()
    models = Models.load(SUITE / "models")
    _invalid(out, models, catalogue)
    _schema(out, models, catalogue)
    must_fail = Loader(models, catalogue).folder(FOLDER / "must-fail")
    out.expect({case.body["must_fail"]["code"] for case in must_fail} == set(BLINDABLE), "the must-fail set does not have every failure code")
    for language in languages:
        _must_fail(out, language, catalogue, engine, must_fail)
    _planted_differences(out, languages[0], catalogue, [case for case in cases if "wire" in case.targets and not case.actors and not case.foreign])
    _bad_runners(out, languages[0], catalogue, [case for case in cases if not case.actors and not case.foreign])
    return out


def _invalid(out: SelfTest, models: Models, catalogue: Catalogue) -> None:
    files = sorted((FOLDER / "invalid").glob("*.yaml"))
    out.expect(files, "no invalid case files")
    for path in files:
        try:
            Loader(models, catalogue).file(path)
        except LoadError:
            out.expect(condition=True, problem="")
        else:
            out.expect(condition=False, problem=f"{path.name} was accepted")


def _schema(out: SelfTest, models: Models, catalogue: Catalogue) -> None:
    """See that every constraint of the case schema is held by a negative, and that every negative is refused."""
    negatives = documents(FOLDER)
    loader = Loader(models, catalogue)
    rows = {name: document for name, document in negatives.items() if not name.endswith(".yaml")}
    for name, document in rows.items():
        out.expect(not loader.validator.is_valid(document), f"the schema accepts the negative {name}")
    out.expect(loader.validator.is_valid(load_yaml(FOLDER / TABLE)["base"]), "the schema refuses the base of its negatives")
    loose = unnoticed(case_schema(), negatives.values())
    out.expect(not loose, f"constraints of the case schema that no negative holds: {', '.join(loose)}")


def _must_fail(out: SelfTest, language: Language, catalogue: Catalogue, engine: Engine | None, cases: list[Case]) -> None:
    build(language)
    with ExitStack() as stack:
        sessions = {"": stack.enter_context(LanguageSession(language, catalogue, engine))}
        for name in sorted({case.body["must_fail"].get("runner", "") for case in cases} - {""}):
            sessions[name] = stack.enter_context(LanguageSession(Language(name, name, _bad_command(name), [], []), catalogue, None))
        reached: set[int] = set()
        for blind in (None, *BLINDABLE):
            wrong = []
            for case in cases:
                want = case.body["must_fail"]
                session = sessions[want.get("runner", "")]
                if blind not in {None, want["code"]} or (case.targets[0] == "live" and session.live is None):
                    continue
                stage = session.stage(case.targets[0])
                stage.blind = blind
                verdict = run_case(case, stage)
                reached.update(verdict.lines)
                if (verdict.code, verdict.at) != (want["code"], want["at"]):
                    wrong.append(f"{case.id}: expected {want['code']} at {want['at']}, found {verdict.status} {verdict.code} at {verdict.at} ({verdict.message})")
            if blind is None:
                out.expect(not wrong, f"{language.key}: must-fail: " + "; ".join(wrong))
            else:
                missing = blind == "OUTCOME_MISMATCH" and engine is None
                out.expect(wrong or missing, f"{language.key}: a conductor blind for {blind} went unnoticed")
        silent = [] if engine is None else unproven(reached)
        out.expect(not silent, f"{language.key}: no must-fail case shows that these checks are alive: {', '.join(silent)}")


def _planted_differences(out: SelfTest, language: Language, catalogue: Catalogue, cases: list[Case]) -> None:
    """Run some cases twice, the second time with one member more in each request, or each answer: the differential has to see every one."""
    unseen = []
    with LanguageSession(language, catalogue, None) as session:
        for case in cases[:PLANTED]:
            honest = run_case(case, session.stage("wire")).transcript
            for plant in ("request", "answer"):
                stage = session.stage("wire")
                assert stage.endpoint is not None
                stage.endpoint.tamper_request = (lambda _op, body: {**body, "Planted": True}) if plant == "request" else None
                stage.tamper_answer = (lambda _do, answer: {**answer, "planted": True}) if plant == "answer" else None
                changed = run_case(case, stage).transcript
                stage.endpoint.tamper_request = None
                there = plant == "answer" or any(step.get("wire") for step in changed)
                if there and not compare(case, "wire", {"honest": honest[: len(changed)], "changed": changed}):
                    unseen.append(f"{case.id} ({plant})")
    out.expect(not unseen, f"the differential does not see what was planted in {', '.join(unseen)}")


def _bad_runners(out: SelfTest, honest: Language, catalogue: Catalogue, cases: list[Case]) -> None:
    offline = [case for case in cases if {"wire", "pure"} & set(case.targets)]
    for name, sample in BAD_RUNNERS.items():
        command = [*_bad_command(name), *(honest.command if name == "liar" else [])]
        session = LanguageSession(Language(name, name, command, [], []), catalogue, None)
        if name == "slow":
            session.runner = Runner(command, ROOT, SLOW_TIMEOUT_SECONDS)
        picked = [case for case in offline if asserts_result(case)] if name == "liar" else offline
        with session:
            passed = [case.id for case in picked[:sample] if _passes(session.stage(_offline_target(case)), case)]
        out.expect(not passed, f"the {name} runner passes {len(passed)} cases: {', '.join(passed[:5])}")


def _bad_command(name: str) -> list[str]:
    return [sys.executable, str(FOLDER / "runners" / f"{name}.py")]


def _offline_target(case: Case) -> str:
    return "wire" if "wire" in case.targets else "pure"


def _passes(stage: Stage, case: Case) -> bool:
    try:
        return run_case(case, stage).status == "pass"
    except (ProtocolError, RunnerDiedError):
        return False


def asserts_result(case: Case) -> bool:
    """Tell whether a case compares any value of a result, so that a runner that lies about values has to fail it."""
    for step in case.body["steps"]:
        result = step["expect"].get("result")
        if isinstance(result, dict) and not is_operator(result) and is_strong({"steps": [{"expect": {"result": result}}]}) and _has_value(result):
            return True
    return False


def _has_value(value: object) -> bool:
    if isinstance(value, dict):
        return not is_operator(value) and any(_has_value(member) for member in value.values())
    if isinstance(value, list):
        return any(_has_value(member) for member in value)
    return value is not None
