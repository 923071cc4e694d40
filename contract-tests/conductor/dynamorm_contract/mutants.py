"""The hunt: the conductor itself tampers with calls, requests, responses or answers, so that every language gets the same faults and no library code changes.

Each mutant (`faults`) belongs to the requirement family that forbids it and has to be killed, in every language, by a failing case of that family; a crash is not a kill.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .execute import run_case
from .faults import MUTANTS, Mutant
from .suite import LanguageSession, build

if TYPE_CHECKING:
    from .catalogue import Catalogue
    from .load import Case
    from .suite import Language


@dataclass
class Killed:
    """Which mutants died in one language, by which case."""

    language: str
    by: dict[str, str] = field(default_factory=dict)

    @property
    def survivors(self) -> list[str]:
        """Name the mutants that no case noticed."""
        return [mutant.name for mutant in MUTANTS if mutant.name not in self.by]


def families_of(case: Case) -> set[str]:
    """Give the topics of the requirements a case covers."""
    return {requirement.split("-")[1] for requirement in case.covers}


def hunt(languages: list[Language], catalogue: Catalogue, cases: list[Case]) -> list[Killed]:
    """Run every mutant in every language, the languages side by side."""
    offline = [case for case in cases if {"wire", "pure"} & set(case.targets) and not case.actors and not case.foreign]
    with ThreadPoolExecutor(len(languages)) as pool:
        return list(pool.map(lambda language: _hunt_one(language, catalogue, offline), languages))


def _hunt_one(language: Language, catalogue: Catalogue, cases: list[Case]) -> Killed:
    out = Killed(language.key)
    build(language)
    with LanguageSession(language, catalogue, None) as session:
        for mutant in MUTANTS:
            killer = _first_kill(session, mutant, [case for case in cases if mutant.family in families_of(case)])
            if killer is not None:
                out.by[mutant.name] = killer
    return out


def _first_kill(session: LanguageSession, mutant: Mutant, cases: list[Case]) -> str | None:
    session.wire.tamper_request = mutant.change if mutant.where == "request" else None
    session.wire.tamper_response = mutant.change if mutant.where == "response" else None
    session.wire_keys.tamper_request = mutant.change if mutant.where == "key_request" else None
    session.wire_keys.tamper_response = mutant.change if mutant.where == "key_response" else None
    try:
        return next((case.id for case in cases if _killed(session, mutant, case)), None)
    finally:
        session.wire.tamper_request = session.wire.tamper_response = None
        session.wire_keys.tamper_request = session.wire_keys.tamper_response = None


def _killed(session: LanguageSession, mutant: Mutant, case: Case) -> bool:
    stage = session.stage("wire" if "wire" in case.targets else "pure")
    stage.tamper_call = mutant.change if mutant.where == "call" else None
    stage.tamper_answer = mutant.change if mutant.where == "answer" else None
    return run_case(case, stage).status == "fail"
