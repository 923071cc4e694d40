"""One case, told line by line: what went to the runner, what went over the wire, what came back, and the verdict. For debugging."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any

from .execute import run_case
from .suite import LanguageSession, build

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .catalogue import Catalogue
    from .endpoint import Answer, Endpoint, Seen
    from .engine import Engine
    from .load import Case
    from .runner import Runner
    from .suite import Language

    Say = Callable[[str], None]

SHOWN = 4000


def pick(cases: list[Case], name: str) -> list[Case]:
    """Give the case of an ID, or all rows of a template; relay cases need two languages and are not replayed."""
    alone = [case for case in cases if not case.actors]
    return [case for case in alone if case.id == name] or [case for case in alone if case.template == name]


class Replay:
    """Replays cases in one language and tells what happens."""

    def __init__(self, language: Language, catalogue: Catalogue, engine: Engine | None, say: Say) -> None:
        """Remember with what and to whom."""
        self.language, self.catalogue, self.engine, self.say = language, catalogue, engine, say
        self.lines: list[str] = []

    def run(self, case: Case, target: str, table: str, *, keep: Path | None = None) -> bool:
        """Run the case once; with `keep`, leave its endpoint up until interrupted and its lines in that file. Tell whether it passed."""
        build(self.language)
        with LanguageSession(self.language, self.catalogue, self.engine) as session:
            stage = session.stage(target, table)
            self.say(f"== {case.id} [{target}, {table}] {self.language.name}: {case.body['title']}")
            self._listen(session.runner, stage.endpoint)
            verdict = run_case(case, stage)
            self.say(f"== {verdict.status}" + (f" {verdict.code} at {verdict.at}: {verdict.message}" if verdict.status != "pass" else ""))
            if keep is not None:
                self._keep(case, stage.endpoint, keep)
        return verdict.status == "pass"

    def _listen(self, runner: Runner, endpoint: Endpoint | None) -> None:
        def line(arrow: str, text: str) -> None:
            if arrow == "→":
                self.lines.append(text)
            self.say(f"{arrow} {text if len(text) <= SHOWN else text[:SHOWN] + f'… ({len(text)} characters)'}")

        def wire(seen: Seen, answer: Answer) -> None:
            self.say(f"   {seen.op} {json.dumps(seen.body, ensure_ascii=False)[:SHOWN]}")
            self.say(f"   {answer.status if answer.drop is None else f'cut {answer.drop}'} {answer.body.decode(errors='replace')[:SHOWN]}")

        runner.listener = line
        if endpoint is not None:
            endpoint.listener = wire
        if os.environ.get("DYNAMORM_RUNNER_WAIT") == "1":
            runner.start()
            assert runner.process is not None
            input(f"The runner is process {runner.process.pid}; attach a debugger, then press Enter. Nothing times out. ")

    def _keep(self, case: Case, endpoint: Endpoint | None, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line + "\n" for line in self.lines), encoding="utf-8")
        self.say(f"The lines to the runner are in {path}; by hand: {' '.join(self.language.command)} < {path}")
        if endpoint is None:
            return
        script = [exchange for step in case.body["steps"] for exchange in step.get("wire") or []]
        endpoint.reset(script)
        tell = endpoint.listener

        def again(seen: Seen, answer: Answer) -> None:
            if tell is not None:
                tell(seen, answer)
            if len(endpoint.seen) >= len(script):
                endpoint.reset(script)

        endpoint.listener = again
        self.say(f"The endpoint {endpoint.url} plays the case's answers over and over; interrupt to end.")
        threading.Event().wait()


def stream(session: Any, engine: Engine | None, say: Say) -> bool:
    """Run the cases of each language and give every result as a JSON line as soon as it is there; tell whether all passed."""
    good = True
    for language in session.languages:
        build(language)
        with LanguageSession(language, session.catalogue, engine) as running:
            for case in session.cases:
                for target in case.targets if not case.actors else []:
                    if target in session.targets:
                        result = running.execute(case, target)
                        say(json.dumps(result.line() | {"language": language.key, "title": case.body["title"]}, ensure_ascii=False))
                        good = good and result.verdict.status in {"pass", "not_supported", "known_failure"}
    return good
