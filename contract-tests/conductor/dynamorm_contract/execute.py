"""Running one case against one runner, and judging it."""

from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import exprs, leaks
from .durations import milliseconds
from .grouping import GROUPS, tag_after, tag_details, tag_group, tag_group_result
from .match import CaseError, Context, Mismatch, UndefinedCaptureError, is_operator, match, match_unordered, short
from .runner import ProtocolError, Runner, RunnerDiedError
from .tagging import tag_arguments, tag_expected, tag_members

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import TracebackType

    from .endpoint import Endpoint, Seen
    from .engine import Tables
    from .keys import KeyEndpoint
    from .load import Case

HIDDEN_FROM = ("details", "after")


class Failure(Exception):  # noqa: N818 - a verdict, not an error of the conductor
    """What was not as the case says: one code of a closed list, the place, and what was found."""

    def __init__(self, code: str, at: str, message: str) -> None:
        """Take the verdict."""
        super().__init__(f"{code} at {at}: {message}")
        self.code, self.at, self.message = code, at, message


class _Refused(Exception):  # noqa: N818 - the end of a case, not an error
    """The library refused the client's settings, as the case expected: there is nothing to call."""


@dataclass
class Verdict:
    """The result of one execution."""

    status: str
    code: str | None = None
    at: str | None = None
    message: str | None = None
    ms: int = 0
    transcript: list[dict[str, Any]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    """The lines of this file that the failure came through, outermost first: which check it was."""

    @property
    def digest(self) -> str:
        """Give the transcript's digest."""
        return hashlib.sha256(json.dumps(self.transcript, sort_keys=True).encode()).hexdigest()[:16]


@dataclass
class Stage:
    """Where a case runs: the endpoint, the tables where it is live, the runner of each actor, and what tampers with them."""

    target: str
    endpoint: Endpoint | None
    runners: dict[str | None, Runner]
    tables: Tables | None = None
    rival: Runner | None = None
    table: str = "typed"
    keys: KeyEndpoint | None = None
    blind: str | None = None
    tamper_call: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None
    tamper_answer: Callable[[str, dict[str, Any]], dict[str, Any]] | None = None


def run_case(case: Case, stage: Stage) -> Verdict:
    """Run a case; a verdict, whatever happens."""
    started = time.monotonic()
    transcript: list[dict[str, Any]] = []
    try:
        with suppress(_Refused):
            _Execution(case, stage, transcript).run()
        verdict = Verdict("pass")
    except Failure as failure:
        verdict = Verdict("fail", failure.code, failure.at, failure.message, lines=_lines(failure.__traceback__))
    except ProtocolError as error:
        verdict = Verdict("fail", "PROTOCOL", "/", str(error))
    except RunnerDiedError as error:
        verdict = Verdict("error", "CRASH", "/", str(error))
    except CaseError as error:
        verdict = Verdict("error", "CASE", "/", str(error))
    if verdict.status == "fail" and verdict.code == stage.blind:
        verdict = Verdict("pass")
    verdict.ms = round((time.monotonic() - started) * 1000)
    verdict.transcript = transcript
    return verdict


def _lines(traceback: TracebackType | None) -> list[int]:
    out = []
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == __file__:
            out.append(traceback.tb_lineno)
        traceback = traceback.tb_next
    return out


@contextmanager
def _captures_at(at: str) -> Generator[None]:
    """Report a reference to a capture that no step made."""
    try:
        yield
    except UndefinedCaptureError as error:
        raise Failure("CAPTURE_UNDEFINED", at, str(error)) from error


def record_case(case: Case, stage: Stage) -> list[dict[str, Any]]:
    """Run a case whatever its steps answer; give the transcript."""
    transcript: list[dict[str, Any]] = []
    _Recording(case, stage, transcript).run()
    return transcript


class _Execution:
    def __init__(self, case: Case, stage: Stage, transcript: list[dict[str, Any]]) -> None:
        self.case, self.stage, self.transcript = case, stage, transcript
        self.captures: dict[str, Any] = {}
        self.keys = stage.keys if "encryption" in case.body.get("client", {}) else None
        self.secrets: set[str] = set()
        self.sealed: dict[tuple[str, str], str] = {}

    def run(self) -> None:
        given = self.case.body.get("given", {})
        if self.stage.endpoint is not None:
            self.stage.endpoint.begin()
        if self.stage.tables is not None:
            self.stage.tables.prepare(self.case.models, given)
        if self.keys is not None:
            self.keys.begin()
        for actor, runner in self.stage.runners.items():
            self._open(actor, runner)
        for index, step in enumerate(self.case.body["steps"]):
            self._step(step, f"/steps/{index}")
        if self.stage.tables is not None:
            self._outcome(self.stage.tables)

    def _open(self, actor: str | None, runner: Runner) -> None:
        endpoint = None if self.stage.endpoint is None else self.stage.endpoint.url
        if self.stage.endpoint is not None and self.case.body.get("client", {}).get("endpoint") == "closed":
            endpoint = self.stage.endpoint.deaf_url
        message = {"cmd": "open", "client": _client(actor), "endpoint": endpoint, "table": self.stage.table, **self.case.open_message()}
        if "encryption" in message:
            message["kms"] = None if self.keys is None else self.keys.url
            if self.stage.endpoint is not None and self.case.body["client"].get("kms") == "closed":
                message["kms"] = self.stage.endpoint.deaf_url
        answer = runner.send(message)
        expected = self.case.body.get("open_error")
        if expected is not None and "error" in answer:
            self._error({"do": "open"}, expected, answer["error"], "/open_error")
            raise _Refused
        if expected is not None:
            raise Failure("ERROR_EXPECTED", "/open_error", short(answer))
        if "error" in answer:
            raise Failure("ERROR_UNEXPECTED", "/open", short(answer["error"]))
        if "ok" not in answer:
            raise _bad_answer(answer, "/open")

    def _race(self, step: dict[str, Any], at: str) -> None:
        """Let two processes make the same call at the same moment; one has to fit `expect`, the other `lost`."""
        endpoint, rival = self.stage.endpoint, self.stage.rival
        if endpoint is None or rival is None or self.stage.tables is None:
            raise CaseError("a race needs the live target")
        runners = (self.stage.runners[None], rival)
        self._open(None, rival)
        arguments = self._arguments(step, at)
        message = {"cmd": "call", "client": _client(None), "do": step["do"], "on": step.get("on"), "args": arguments}
        endpoint.reset(None)
        endpoint.hold(len(runners))
        try:
            with ThreadPoolExecutor(len(runners)) as pool:
                answers = list(pool.map(lambda runner: runner.send(message), runners))
        finally:
            endpoint.hold(0)
        won, lost = sorted(answers, key=lambda answer: "error" in answer)
        self.transcript.append({"do": step["do"], "race": [_comparable(won), _comparable(lost)]})
        for expect, answer, place in ((step["expect"], won, at), (step["race"]["lost"], lost, f"{at}/race/lost")):
            _answered(step, answer, place)
            with _captures_at(place):
                self._compare(expect, step, answer, place)

    def _step(self, step: dict[str, Any], at: str) -> None:
        if "race" in step:
            self._race(step, at)
            return
        do, actor = step["do"], step.get("as")
        arguments = self._arguments(step, at)
        if do == "fn.dms.load":
            arguments = self._document(arguments)
        if self.stage.tamper_call is not None:
            arguments = self.stage.tamper_call(do, arguments)
        if self.stage.endpoint is not None:
            script = step.get("wire")
            self.stage.endpoint.reset(_playable(script, live=self.stage.tables is not None))
        if self.keys is not None:
            self.keys.reset(_playable(step.get("kms"), live=self.stage.tables is not None))
        cancel = {"cancel_ms": milliseconds(step["cancel"])} if "cancel" in step else {}
        answer = self.stage.runners[actor].send({"cmd": "call", "client": _client(actor), "do": do, "on": step.get("on"), "args": arguments, **cancel})
        late = any(exchange.get("fault", {}).get("drop") == "late" for exchange in step.get("wire", []))
        if late and "error" in answer and self.stage.endpoint is not None:
            self.stage.endpoint.settle(len(step["wire"]))
        if self.stage.tamper_answer is not None:
            answer = self.stage.tamper_answer(do, answer)
        seen = [] if self.stage.endpoint is None else list(self.stage.endpoint.seen)
        kms = {} if self.keys is None else {"kms": self.keys.transcript()}
        self.transcript.append({"do": do, "wire": [{"op": one.op, "body": one.body} for one in seen], **kms, "answer": _comparable(answer)})
        self._search(step, arguments, answer, seen, at)
        self._judge(step, answer, seen, at)

    def _search(self, step: dict[str, Any], arguments: dict[str, Any], answer: dict[str, Any], seen: list[Seen], at: str) -> None:
        """Look for plain values of encrypted attributes, and for data keys, in what left the library."""
        self.secrets |= leaks.secrets_of(self.case.models, step["do"], step.get("on", ""), arguments)
        if self.keys is not None:
            self.secrets |= {call.plaintext for call in self.keys.calls if call.plaintext}
        places: dict[str, Any] = {"wire": [one.body for one in seen], "kms": [] if self.keys is None else self.keys.transcript(), "error": leaks.visible(answer)}
        places["log"] = list(self.stage.runners[step.get("as")].stderr)
        for place, body in places.items():
            found = leaks.found_in(self.secrets, body)
            if found is not None:
                raise Failure("PLAINTEXT_LEAK", f"{at}/{place}", "a plain value of an encrypted attribute, or a data key, stands here")
        for one in seen:
            for key, nonce, text in leaks.envelopes_in(one.body):
                if self.sealed.setdefault((key, nonce), text) != text:
                    raise Failure("PLAINTEXT_LEAK", f"{at}/nonce", "two envelopes of one data key have the same nonce")

    def _judge(self, step: dict[str, Any], answer: dict[str, Any], seen: list[Seen], at: str) -> None:
        _answered(step, answer, at)
        with _captures_at(at):
            self._compare(step["expect"], step, answer, at)
            self._wire(step.get("wire"), seen, at)
            found = None if self.keys is None else self.keys.finding(step.get("kms"), at, self.captures)
            if found is not None:
                raise Failure(found.code, found.at, found.message)

    def _compare(self, expect: dict[str, Any], step: dict[str, Any], answer: dict[str, Any], at: str) -> None:
        if "error" in expect:
            if "error" not in answer:
                raise Failure("ERROR_EXPECTED", f"{at}/expect/error", short(answer["result"]))
            self._error(step, expect["error"], answer["error"], f"{at}/expect/error")
            self._beside(expect, step, answer, at)
            return
        if "error" in answer:
            raise Failure("ERROR_UNEXPECTED", f"{at}/expect/result", short(answer["error"]))
        want = self._expected(step, expect["result"])
        exact = step["do"] in {"fn.marshal", "fn.expression"}
        _raise_first("RESULT_MISMATCH", match(want, answer["result"], Context(self.captures, exact, exact), f"{at}/expect/result"))
        self._beside(expect, step, answer, at)
        for name, pointer in expect.get("capture", {}).items():
            self.captures[name] = _at_pointer(answer["result"], pointer)

    def _beside(self, expect: dict[str, Any], step: dict[str, Any], answer: dict[str, Any], at: str) -> None:
        """Compare what an answer says beside its result: the waits between requests, and the caller's objects."""
        if "sleeps" in expect:
            sleeps = [milliseconds(text) for text in expect["sleeps"]]
            _raise_first("RESULT_MISMATCH", match(sleeps, answer.get("sleeps", []), Context(), f"{at}/expect/sleeps"))
        if "after" in expect:
            after = tag_after(self.case.models, step.get("on", ""), step["args"], expect["after"])
            _raise_first("RESULT_MISMATCH", match(after, answer.get("after"), Context(self.captures), f"{at}/expect/after"))

    def _arguments(self, step: dict[str, Any], at: str) -> dict[str, Any]:
        """Give the arguments of a step as the pipe has them."""
        on, given = step.get("on", ""), self._filled(step.get("args", {}), at)
        return tag_group(self.case.models, on, given) if step["do"] in GROUPS else tag_arguments(self.case.models, on, step["do"], given)

    def _expected(self, step: dict[str, Any], result: Any) -> Any:
        """Give an expected result as the pipe has it."""
        on, want = step.get("on", ""), self._golden(result)
        if step["do"] in GROUPS:
            return tag_group_result(self.case.models, on, step["args"], want)
        return tag_expected(self.case.models, on, step["do"], want)

    def _error(self, step: dict[str, Any], want: dict[str, Any], got: dict[str, Any], at: str) -> None:
        model = self.case.models.get(step.get("on", ""))
        members = {name: value for name, value in want.items() if name not in {"hides", "names"}}
        if model is not None and isinstance(members.get("after"), dict):
            members["after"] = tag_members(model, members["after"], expected=True)
        if isinstance(members.get("details"), dict):
            members["details"] = self._details(step, model, members["details"])
        after = members.get("after")
        if step["do"] in GROUPS and isinstance(after, list):
            members["after"] = tag_after(self.case.models, step.get("on", ""), step["args"], after)
        if members.get("maybe_applied") is False:
            members["maybe_applied"] = {"$$exists": False}
        members.setdefault("symbol", {"$$absent_or": True})
        _raise_first("ERROR_MISMATCH", match({"$$partial": members}, got, Context(self.captures), at))
        text = json.dumps({name: value for name, value in got.items() if name not in HIDDEN_FROM}, ensure_ascii=False)
        for secret in want.get("hides", []):
            if secret in text:
                raise Failure("ERROR_MISMATCH", f"{at}/hides", f"the error holds {secret!r}")
        for word in want.get("names", []):
            if word not in str(got.get("message", "")):
                raise Failure("ERROR_MISMATCH", f"{at}/names", f"the message does not hold {word!r}")

    def _details(self, step: dict[str, Any], model: dict[str, Any] | None, details: dict[str, Any]) -> dict[str, Any]:
        """Give the details of an expected error as the pipe has them."""
        if step["do"] in GROUPS:
            return tag_details(self.case.models, step.get("on", ""), step["args"], details)
        if model is not None and step["do"] == "auto_migrate":
            tagged: dict[str, Any] = tag_expected(self.case.models, step["on"], step["do"], details)
            return tagged
        if model is not None and isinstance(details.get("item"), dict):
            return {**details, "item": tag_members(model, details["item"], expected=True)}
        return details

    def _wire(self, exchanges: list[dict[str, Any]] | None, seen: list[Seen], at: str) -> None:
        if exchanges is None:
            return
        for index, exchange in enumerate(exchanges):
            place = f"{at}/wire/{index}"
            if index >= len(seen):
                raise Failure("WIRE_MISSING", place, f"expected {exchange['op']}, nothing sent")
            if seen[index].op != exchange["op"]:
                raise Failure("WIRE_MISMATCH", f"{place}/op", f"expected {exchange['op']}, found {seen[index].op}")
            if "request" in exchange:
                self._request(exchange["request"], seen[index].body, f"{place}/request")
            if "headers" in exchange:
                _raise_first("WIRE_MISMATCH", match({"$$partial": exchange["headers"]}, seen[index].headers, Context(), f"{place}/headers"))
        if len(seen) > len(exchanges):
            raise Failure("WIRE_EXTRA", f"{at}/wire/{len(exchanges)}", f"unexpected {seen[len(exchanges)].op}")

    def _request(self, want: dict[str, Any], body: dict[str, Any], at: str) -> None:
        """Compare a request; also where it is compared as it stands, its placeholders have to be sound."""
        try:
            got = exprs.normalise(body)
        except exprs.ExpressionError as error:
            raise Failure("WIRE_MISMATCH", at, f"bad expression: {error}") from error
        if "$$exact" in want and is_operator(want):
            _raise_first("WIRE_MISMATCH", match(want["$$exact"], body, Context(self.captures, exact_numbers=True, exact_sets=True), at))
            return
        try:
            normal = _normal_expectation(want)
        except exprs.ExpressionError as error:
            raise CaseError(f"{at}: the expected expression does not parse: {error}") from error
        _raise_first("WIRE_MISMATCH", match(normal, got, Context(self.captures, exact_numbers=True), at))

    def _outcome(self, tables: Tables) -> None:
        for name, want in self.case.body.get("outcome", {}).items():
            got = tables.scan(self.case.models[name])
            with _captures_at(f"/outcome/{name}"):
                _raise_first("OUTCOME_MISMATCH", match_unordered(want, got, Context(self.captures), f"/outcome/{name}"))

    def _filled(self, value: Any, at: str) -> Any:
        """Put captures into arguments."""
        if isinstance(value, dict):
            if set(value) == {"$$ref"}:
                if value["$$ref"] not in self.captures:
                    raise Failure("CAPTURE_UNDEFINED", at, value["$$ref"])
                return self.captures[value["$$ref"]]
            return {key: self._filled(member, at) for key, member in value.items()}
        if isinstance(value, list):
            return [self._filled(member, at) for member in value]
        return value

    def _document(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if "document" in arguments:
            return {"text": json.dumps(arguments["document"], ensure_ascii=False)}
        if "file" in arguments:
            # Read as bytes, for a text's line ends are its own.
            return {"text": self._path(arguments["file"]).read_bytes().decode("utf-8")}
        return arguments

    def _golden(self, value: Any) -> Any:
        """Replace `{$$golden: file}` by the file's text."""
        if isinstance(value, dict):
            if set(value) == {"$$golden"}:
                return self._path(value["$$golden"]).read_text(encoding="utf-8").removesuffix("\n")
            return {key: self._golden(member) for key, member in value.items()}
        return value

    def _path(self, name: str) -> Any:
        for folder in (self.case.folder, *self.case.folder.parents):
            if (folder / name).is_file():
                return folder / name
        raise CaseError(f"no file {name}")


def _answered(step: dict[str, Any], answer: dict[str, Any], at: str) -> None:
    """See that a call was answered at all: by a result or by an error."""
    if "unsupported" in answer:
        raise Failure("UNSUPPORTED_OP", at, step["do"])
    if "crash" in answer:
        raise RunnerDiedError(f"{at}: the library threw: {answer['crash'].get('message')}\n{answer['crash'].get('stack', '')}")
    if ("result" in answer) == ("error" in answer):
        raise _bad_answer(answer, at)


class _Recording(_Execution):
    def _judge(self, step: dict[str, Any], answer: dict[str, Any], seen: list[Seen], at: str) -> None:
        """Accept everything: whoever records, compares."""

    def _search(self, step: dict[str, Any], arguments: dict[str, Any], answer: dict[str, Any], seen: list[Seen], at: str) -> None:
        """Search for nothing: random texts stand in several places by chance."""


def _normal_expectation(want: dict[str, Any]) -> dict[str, Any]:
    if is_operator(want) and "$$partial" in want:
        return {"$$partial": exprs.normalise(want["$$partial"])}
    return want if is_operator(want) else exprs.normalise(want)


def _playable(script: list[dict[str, Any]] | None, *, live: bool) -> list[dict[str, Any]]:
    """Give the script of a target: replies belong to the wire target; faults to both."""
    return [{key: value for key, value in exchange.items() if not (live and key == "reply")} for exchange in script or []]


def _client(actor: str | None) -> str:
    return "c0" if actor is None else f"c-{actor}"


def _raise_first(code: str, found: list[Mismatch]) -> None:
    if found:
        raise Failure(code, found[0].at, found[0].message)


def _bad_answer(answer: dict[str, Any], at: str) -> Failure:
    return Failure("PROTOCOL", at, short(answer))


def _at_pointer(value: Any, pointer: str) -> Any:
    for segment in pointer.strip("/").split("/"):
        try:
            value = value[int(segment)] if isinstance(value, list) else value[segment]
        except (LookupError, TypeError, ValueError) as error:
            raise CaseError(f"nothing to capture at {pointer}") from error
    return value


def _comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """Give what of an answer is the same in every language: all but ids, messages and stacks."""
    out = {key: value for key, value in answer.items() if key != "id"}
    if isinstance(out.get("error"), dict):
        out["error"] = {key: value for key, value in out["error"].items() if key not in {"message", "request_id"}}
    return out
