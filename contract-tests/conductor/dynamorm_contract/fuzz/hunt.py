"""Running random programs in every language, and judging them by nothing but each other and what came back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from dynamorm_contract import differential
from dynamorm_contract.execute import Failure, Stage, record_case
from dynamorm_contract.match import CaseError, short
from dynamorm_contract.runner import ProtocolError, RunnerDiedError
from dynamorm_contract.suite import LanguageSession, build

from .meaning import meant, meant_key
from .oracle import Heap, refused

if TYPE_CHECKING:
    from dynamorm_contract.catalogue import Catalogue
    from dynamorm_contract.engine import Engine
    from dynamorm_contract.suite import Language

    from .steps import Program

Transcripts = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Finding:
    """What is wrong with a program: a kind that survives shrinking, and the sentence for a reader."""

    kind: str
    text: str


@dataclass
class Field:
    """The languages' runners, kept up for the whole hunt."""

    languages: list[Language]
    catalogue: Catalogue
    engine: Engine | None
    sessions: dict[str, LanguageSession] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)
    runs: int = 0

    def __enter__(self) -> Self:
        """Build and start every runner."""
        for language in self.languages:
            build(language)
            self.sessions[language.key] = self.stack.enter_context(LanguageSession(language, self.catalogue, self.engine))
        self.pool = self.stack.enter_context(ThreadPoolExecutor(len(self.languages)))
        return self

    def __exit__(self, *_error: object) -> None:
        """End the runners."""
        self.stack.close()

    def transcripts(self, program: Program) -> Transcripts:
        """Run a program in every language."""
        self.runs += 1
        case = program.case()
        results = self.pool.map(lambda session: record_case(case, session.stage(program.target, "dynamic")), self.sessions.values())
        return dict(zip(self.sessions, results, strict=True))

    def examine(self, program: Program) -> Finding | None:
        """Run a program and say what is wrong, if anything."""
        try:
            transcripts = self.transcripts(program)
        except (CaseError, Failure, ProtocolError, RunnerDiedError) as error:
            return Finding(f"{type(error).__name__}", f"{error}")
        found = crashed(transcripts) or different(program, transcripts)
        if program.kind == "reads":
            return found or misread(program, transcripts)
        return found or (lost(program, transcripts) or self._relayed(program) if program.kind == "live" else None)

    def _relayed(self, program: Program) -> Finding | None:
        """Let every language read what each of them has left in its tables."""
        reads = replace(program, steps=[step for step in program.steps if step["do"] in {"get", "find"}])
        for writer in self.sessions.values() if reads.steps else ():
            assert writer.live is not None
            stages = {reader: Stage("live", writer.live, {None: session.runner}, table="dynamic", keys=writer.live_keys) for reader, session in self.sessions.items()}
            found = different(reads, {reader: record_case(reads.case(), stage) for reader, stage in stages.items()})
            if found is not None:
                return Finding(f"relay: {found.kind}", f"written by {writer.language.key}: {found.text}")
        return None


def crashed(transcripts: Transcripts) -> Finding | None:
    """Find an answer that is neither a result nor an error of the library."""
    for side, steps in transcripts.items():
        for index, step in enumerate(steps):
            if "result" not in step["answer"] and "error" not in step["answer"]:
                return Finding(f"crash {side}", f"step {index}: {side} threw {short(step['answer'])}")
    return None


def different(program: Program, transcripts: Transcripts) -> Finding | None:
    """Find the first place where the languages are not equal."""
    found = differential.compare(program.case(), program.target, transcripts)
    if not found:
        return None
    first = found[0]
    parts = first.path.split("/")[3:6]
    where = parts[0] if parts[:1] == ["wire"] else ".".join(parts[:3] if "error" in parts else parts[:2])
    values = list(first.values.values())
    groups = ",".join(str(values.index(value)) for value in values)
    return Finding(f"difference in {where} ({groups})", str(first))


def misread(program: Program, transcripts: Transcripts) -> Finding | None:
    """Find a read that gives otherwise than plain code over the same items."""
    model = program.document["models"][0]
    for side, steps in transcripts.items():
        heap = Heap(model)
        for index, (step, entry) in enumerate(zip(program.steps, steps, strict=True)):
            result, args = entry["answer"].get("result"), step["args"]
            if step["do"] == "put" and result is not None:
                heap.put(args["item"])
            elif step["do"] != "put" and result is None and not (refused(args) or entry["answer"]["error"]["origin"] == "client"):
                return Finding("read refused", f"step {index}: {side} answered {short(entry['answer'])}")
            elif step["do"] != "put" and result is not None and (reason := heap.wrong(step["do"], args, result)):
                return Finding("misread", f"step {index}: {side} {reason}")
    return None


def lost(program: Program, transcripts: Transcripts) -> Finding | None:
    """Find an item that is read back otherwise than it was put."""
    model = program.document["models"][0]
    for side, steps in transcripts.items():
        stored: dict[str, dict[str, Any]] = {}
        for index, (step, entry) in enumerate(zip(program.steps, steps, strict=True)):
            result, args = entry["answer"].get("result"), step["args"]
            key = repr(meant_key(model, args.get("item") or args["key"]))
            if step["do"] == "put" and result is not None:
                stored[key] = args["item"]
            elif step["do"] not in {"get", "find", "exists"}:
                stored.pop(key, None)
            elif key in stored and result and result.get("item") and "select" not in args:
                found = differential.differences({"written": meant(model, stored[key]), "read": meant(model, result["item"])})
                if found:
                    return Finding("round trip", f"step {index}: {side} read otherwise at {found[0][0]}: {short(found[0][1])}")
    return None
