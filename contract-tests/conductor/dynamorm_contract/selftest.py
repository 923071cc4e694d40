"""Who tests the tests: files that must be refused, cases that must fail for the named reason, a conductor made blind, and runners that are wrong on purpose."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .execute import Stage, run_case
from .load import ROOT, SUITE, Case, Loader, LoadError, Models, is_strong
from .match import is_operator
from .runner import ProtocolError, Runner, RunnerDiedError
from .suite import Language, LanguageSession, build

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
    "PROTOCOL",
)
# Runners that are wrong, and how many cases of the sample they may get: a crash costs a new process each time, so its sample is small.
BAD_RUNNERS = {"null": None, "echo": None, "liar": None, "crash": 6, "chatty": 6, "slow": 2}
SLOW_TIMEOUT_SECONDS = 1.0


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
    must_fail = Loader(models, catalogue).folder(FOLDER / "must-fail")
    out.expect({case.body["must_fail"]["code"] for case in must_fail} == set(BLINDABLE), "the must-fail set does not have every failure code")
    for language in languages:
        _must_fail(out, language, catalogue, engine, must_fail)
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


def _must_fail(out: SelfTest, language: Language, catalogue: Catalogue, engine: Engine | None, cases: list[Case]) -> None:
    build(language)
    chatty = Language("chatty", "chatty", _bad_command("chatty"), [], [])
    with LanguageSession(language, catalogue, engine) as session, LanguageSession(chatty, catalogue, None) as babbler:
        for blind in (None, *BLINDABLE):
            # Only a runner that breaks the protocol can show that this is noticed.
            pairs = [(babbler if case.body["must_fail"]["code"] == "PROTOCOL" else session, case) for case in cases]
            wrong = [problem for which, case in pairs if (problem := _wrong(which, case, blind)) is not None]
            if blind is None:
                out.expect(not wrong, f"{language.key}: must-fail: " + "; ".join(wrong))
            else:
                missing = blind == "OUTCOME_MISMATCH" and engine is None
                out.expect(wrong or missing, f"{language.key}: a conductor blind for {blind} went unnoticed")


def _wrong(session: LanguageSession, case: Case, blind: str | None) -> str | None:
    """Run one must-fail case; say what is wrong where it does not fail exactly as named."""
    if blind is not None and case.body["must_fail"]["code"] != blind:
        return None
    target = case.targets[0]
    if target == "live" and session.live is None:
        return None
    stage = session.stage(target)
    stage.blind = blind
    verdict, want = run_case(case, stage), case.body["must_fail"]
    if (verdict.code, verdict.at) == (want["code"], want["at"]):
        return None
    return f"{case.id}: expected {want['code']} at {want['at']}, found {verdict.status} {verdict.code} at {verdict.at} ({verdict.message})"


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
