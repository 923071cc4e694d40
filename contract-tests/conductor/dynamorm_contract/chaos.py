"""Thousands of items through a proxy that fails one request in five in random ways: afterwards each is stored or named as not stored.

Every language writes and then deletes by its bulk helpers on real DynamoDB Local. The conductor reads the table itself and compares: what was not named has to be as the
call wanted it, what was named undone as it was before, and what was named unknown may be either.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .engine import Tables
from .load import SUITE, Models
from .runner import ProtocolError
from .suite import LanguageSession, build

if TYPE_CHECKING:
    from collections.abc import Callable

    from .catalogue import Catalogue
    from .engine import Engine
    from .suite import Language

MODEL, NAMESPACE = "Ticket", "contractchaos"
ONE_IN, CONCURRENCY, ATTEMPTS = 5, 4, 3
# Whether the SDK makes attempts of its own: without, the library sees every fault.
SDK_RETRIES = (0, 2)

FAULTS: dict[str, dict[str, Any]] = {
    "reset-before": {"drop": "before"},
    "reset-after": {"drop": "after"},
    "torn": {"drop": "mid"},
    "failed-inside": {"error": {"type": "InternalServerError", "status": 500}},
    "throttled": {"error": {"type": "ThrottlingException"}},
    "throughput": {"error": {"type": "ProvisionedThroughputExceededException"}},
    "slow": {"delay": "30ms"},
}


class Weather:
    """What becomes of each request: by a seed, one in five meets a fault."""

    def __init__(self, seed: str) -> None:
        """Begin at the first request."""
        self.random = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self.lock = threading.Lock()
        self.met: Counter[str] = Counter()

    def fault(self, _op: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Give the fault of a request, or none."""
        with self.lock:
            if self.random.randrange(ONE_IN):
                return None
            name = self.random.choice((*FAULTS, "unprocessed"))
            self.met[name] += 1
            if name == "unprocessed":
                count = sum(len(entries) for entries in body.get("RequestItems", {}).values())
                return {"unprocessed": self.random.sample(range(count), self.random.randint(1, count))}
            return FAULTS[name]


@dataclass
class Chaos:
    """One language at work in bad weather."""

    session: LanguageSession
    tables: Tables
    document: dict[str, Any]
    say: Callable[[str], None]

    def run(self, items: int, seed: int, sdk_retries: int) -> list[str]:
        """Write the items and delete half of them; give what is wrong."""
        live = self.session.live
        assert live is not None
        self.tables.prepare({MODEL: self.document}, {})
        self._open(sdk_retries)
        weather = Weather(f"{seed}:{sdk_retries}")
        live.weather = weather.fault
        started, name = time.monotonic(), f"{self.session.language.name}, {sdk_retries} retries of the SDK"
        try:
            rows = [{"id": {"S": f"t{number}"}, "queue": {"S": f"q{number % 9}"}, "priority": {"N": str(number)}} for number in range(items)]
            problems = self._write(rows)
            stored = {row["id"]["S"] for row in self.tables.scan(self.document)}
            problems += self._delete([row["id"]["S"] for row in rows[::2]], stored)
        finally:
            live.weather = None
        met = ", ".join(f"{kind} {count}" for kind, count in sorted(weather.met.items()))
        self.say(f"{name:36} {items} written, {len(rows[::2])} deleted in {time.monotonic() - started:.1f} s, faults: {met}")
        return [f"{name}: {problem}" for problem in problems]

    def _open(self, sdk_retries: int) -> None:
        assert self.session.live is not None
        _, documents = Models.load(SUITE / "models").pick([MODEL])
        message = {"cmd": "open", "client": "chaos", "endpoint": self.session.live.url, "region": "us-east-1", "documents": documents, "table": "typed"}
        self.session.runner.send(
            message | {"now_ns": "1767323045000006000", "tick_ns": "0", "ids": [], "sdk_retries": sdk_retries, "sdk_timeout_ms": 0, "batch": {"max_attempts": ATTEMPTS}}
        )

    def _bulk(self, args: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Make one bulk call; give its result and the state of each key that it named."""
        assert self.session.live is not None
        self.session.live.reset(None)
        answer = self.session.runner.send({"cmd": "call", "client": "chaos", "do": "bulk_write", "on": MODEL, "args": args | {"concurrency": CONCURRENCY, "on_failure": True}})
        if "result" not in answer:
            raise ProtocolError(f"{self.session.language.name}: {str(answer)[:500]}")
        result: dict[str, Any] = answer["result"]
        return result, {failure["key"]["id"]["S"]: failure["state"] for failure in result["failures"]}

    def _write(self, rows: list[dict[str, Any]]) -> list[str]:
        result, named = self._bulk({"put": rows})
        stored = {row["id"]["S"]: row for row in self.tables.scan(self.document)}
        problems = _counts(result, "written", len(rows), named)
        for row in rows:
            key = row["id"]["S"]
            if key not in named and stored.get(key) != row:
                problems.append(f"{key} is neither stored nor named")
            if named.get(key) == "undone" and key in stored:
                problems.append(f"{key} is named undone and stored")
        if set(stored) - {row["id"]["S"] for row in rows}:
            problems.append("the table holds what nobody wrote")
        return problems

    def _delete(self, keys: list[str], before: set[str]) -> list[str]:
        result, named = self._bulk({"delete": [{"id": {"S": key}} for key in keys]})
        stored = {row["id"]["S"] for row in self.tables.scan(self.document)}
        problems = _counts(result, "deleted", len(keys), named)
        problems += [f"{key} is neither deleted nor named" for key in keys if key not in named and key in stored]
        problems += [f"{key} is named undone and deleted" for key in keys if named.get(key) == "undone" and key in before and key not in stored]
        problems += [f"{key} is gone, and nobody deleted it" for key in before - set(keys) - stored]
        return problems


def _counts(result: dict[str, Any], member: str, given: int, named: dict[str, str]) -> list[str]:
    problems = []
    if len(result["failures"]) != len(named):
        problems.append("a key is named more than once")
    if result["failed"] != len(named) or result[member] != given - len(named):
        problems.append(f"{given} were given, {result[member]} counted as done and {result['failed']} as failed, {len(named)} named")
    if result["progress"][-1] != [result["written"], result["deleted"], result["failed"]]:
        problems.append("the last progress is not the result")
    return problems


@dataclass(frozen=True)
class Work:
    """How much is written, and by which seed the faults come."""

    items: int
    seed: int


def run(languages: list[Language], catalogue: Catalogue, engine: Engine, work: Work, say: Callable[[str], None]) -> list[str]:
    """Let every language write in bad weather, and give what is wrong."""
    problems = []
    document = Models.load(SUITE / "models").models[MODEL]
    for language in languages:
        build(language)
        with LanguageSession(language, catalogue, engine) as session:
            assert session.live is not None
            session.live.namespace = NAMESPACE
            chaos = Chaos(session, Tables(engine, NAMESPACE), document, say)
            problems += [problem for sdk_retries in SDK_RETRIES for problem in chaos.run(work.items, work.seed, sdk_retries)]
    return problems
