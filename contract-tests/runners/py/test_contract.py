"""Every contract case of the Python library as a test: `pytest contract-tests/runners/py`, with -k as usual.

FILTER, TARGET and CASES narrow or widen as in `make contract`; SKIP_INTEGRATION=1 leaves DynamoDB Local out.
"""

from __future__ import annotations

import os
from argparse import Namespace
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from dynamorm_contract.__main__ import Session, engine
from dynamorm_contract.suite import LanguageSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamorm_contract.load import Case

TARGET = os.environ.get("TARGET") or ("pure,wire" if os.environ.get("SKIP_INTEGRATION") == "1" else None)
SESSION = Session(Namespace(cases=os.environ.get("CASES"), langs="py", filter=os.environ.get("FILTER"), target=TARGET))
EXECUTIONS = [(case, target) for case in SESSION.cases if not case.actors for target in case.targets if target in SESSION.targets]


@pytest.fixture(scope="session")
def runner() -> Iterator[LanguageSession]:
    """Start the runner and DynamoDB Local once."""
    with ExitStack() as stack:
        dynamodb = stack.enter_context(engine(SESSION.targets))
        yield stack.enter_context(LanguageSession(SESSION.languages[0], SESSION.catalogue, dynamodb))


@pytest.mark.parametrize(("case", "target"), EXECUTIONS, ids=[f"{case.id}@{target}" for case, target in EXECUTIONS])
def test_case(runner: LanguageSession, case: Case, target: str) -> None:
    """Run one case on one target."""
    result = runner.execute(case, target)
    verdict = result.verdict
    assert verdict.status == "pass", f"{case.body['title']}\n{verdict.code} at {verdict.at} ({result.variant} table): {verdict.message}"
