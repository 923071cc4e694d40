"""Mutants: the conductor itself tampers with requests, arguments or answers, so that every language gets the same faults and no library code changes.

Each mutant names the requirement families that forbid it and has to be killed, in every language, by a failing wire case of those families; a crash is not a kill.
"""

from __future__ import annotations

import copy
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .execute import run_case
from .suite import LanguageSession, build

if TYPE_CHECKING:
    from collections.abc import Callable

    from .catalogue import Catalogue
    from .load import Case
    from .suite import Language

    Change = Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Mutant:
    """One fault: where it acts (`request`, `call`, `answer`), on which families of requirements, and what it does."""

    name: str
    where: str
    families: tuple[str, ...]
    change: Change


def _walk(value: Any, change: Callable[[Any], Any]) -> Any:
    value = change(value)
    if isinstance(value, dict):
        return {key: _walk(member, change) for key, member in value.items()}
    if isinstance(value, list):
        return [_walk(member, change) for member in value]
    return value


def _on_values(change: Callable[[str, Any], Any]) -> Change:
    """Apply a change to every tagged value."""

    def one(value: Any) -> Any:
        if isinstance(value, dict) and len(value) == 1:
            ((tag, member),) = value.items()
            if tag in {"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"}:
                return change(tag, member)
        return value

    return lambda _op, body: _walk(body, one)


def _drop(*members: str) -> Change:
    return lambda _op, body: {key: value for key, value in body.items() if key not in members}


def _text(member: str, change: Callable[[str], str]) -> Change:
    return lambda _op, body: body | {member: change(body[member])} if isinstance(body.get(member), str) else body


def _add_consistent(op: str, body: dict[str, Any]) -> dict[str, Any]:
    return body | {"ConsistentRead": True} if op == "GetItem" else body


def _wrong_table(_op: str, body: dict[str, Any]) -> dict[str, Any]:
    return body | {"TableName": body.get("TableName", "") + "x"}


def _float(tag: str, member: Any) -> Any:
    return {"N": repr(float(member))} if tag == "N" else {tag: member}


def _set_to_list(tag: str, member: Any) -> Any:
    return {"L": [{tag[0]: one} for one in member]} if tag in {"SS", "NS", "BS"} else {tag: member}


def _reverse_set(tag: str, member: Any) -> Any:
    return {tag: list(reversed(member))} if tag in {"SS", "NS", "BS"} else {tag: member}


def _bytes_to_text(tag: str, member: Any) -> Any:
    return {"S": member} if tag == "B" else {tag: member}


def _escape_html(tag: str, member: Any) -> Any:
    return {"S": re.sub(r"[&<>]", lambda found: f"\\u{ord(found[0]):04x}", member)} if tag == "S" else {tag: member}


def _trim_fraction(tag: str, member: Any) -> Any:
    return {"S": re.sub(r"(\.\d*?)0+Z$", lambda found: "Z" if found[1] == "." else found[1] + "Z", member)} if tag == "S" else {tag: member}


def _local_offset(tag: str, member: Any) -> Any:
    return {"S": re.sub(r"(T\d\d:\d\d:\d\d\.\d{6})Z$", r"\1+00:00", member)} if tag == "S" else {tag: member}


def _lose_member(tag: str, member: Any) -> Any:
    return {"M": dict(list(member.items())[:-1])} if tag == "M" and member else {tag: member}


def _send_null(op: str, body: dict[str, Any]) -> dict[str, Any]:
    return body | {"Item": {**body["Item"], "ghost": {"NULL": True}}} if op == "PutItem" else body


def _no_version_bump(_op: str, body: dict[str, Any]) -> dict[str, Any]:
    if " ADD " not in body.get("UpdateExpression", ""):
        return body
    head, tail = body["UpdateExpression"].split(" ADD ", 1)
    used = set(re.findall(r"[:#]\w+", head + body.get("ConditionExpression", "")))
    gone = set(re.findall(r"[:#]\w+", tail)) - used
    out = body | {"UpdateExpression": head}
    for member in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        out[member] = {key: value for key, value in body.get(member, {}).items() if key not in gone}
    return out


def _lose_times(_op: str, body: dict[str, Any]) -> dict[str, Any]:
    if "Item" not in body:
        return body
    return body | {"Item": {key: value for key, value in body["Item"].items() if key.replace("_", "").lower() not in {"createdat", "updatedat"}}}


def _rename_placeholders(_op: str, body: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(re.sub(r"#n(\d)", r"#a\1", json.dumps(body))))


def _ignore(*members: str) -> Change:
    return lambda _do, arguments: {key: value for key, value in arguments.items() if key not in members}


def _lose_null_set(_do: str, arguments: dict[str, Any]) -> dict[str, Any]:
    pairs = [pair for pair in arguments.get("set", []) if pair[1] != {"value": {"NULL": True}}]
    return arguments | {"set": pairs} if "set" in arguments else arguments


def _on_error(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    return lambda _do, answer: answer | {"error": change(copy.deepcopy(answer["error"]))} if "error" in answer else answer


def _on_item(change: Callable[[dict[str, Any]], Any]) -> Change:
    def apply(_do: str, answer: dict[str, Any]) -> dict[str, Any]:
        item = answer.get("result", {}).get("item") if "result" in answer else None
        return answer | {"result": {**answer["result"], "item": change(copy.deepcopy(item))}} if isinstance(item, dict) else answer

    return apply


def _error_to_ok(_do: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {"id": answer["id"], "result": {}} if "error" in answer else answer


def _ok_to_error(_do: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {"id": answer["id"], "error": {"code": "ServiceError", "origin": "service", "retryable": False}} if "result" in answer else answer


def _recode(error: dict[str, Any]) -> dict[str, Any]:
    return error | {"code": "ServiceError" if error["code"] != "ServiceError" else "ValidationFailed"}


def _lose(*members: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda value: {key: member for key, member in value.items() if key not in members}


def _swap_origin(error: dict[str, Any]) -> dict[str, Any]:
    return error | {"origin": "client" if error["origin"] == "service" else "service"}


def _float_item(item: dict[str, Any]) -> Any:
    return _on_values(_float)("", item)


def _without_last(item: dict[str, Any]) -> Any:
    return dict(list(item.items())[:-1])


MUTANTS = (
    Mutant("drop-condition", "request", ("CRE", "UPD", "DEL", "SAV", "CND"), _drop("ConditionExpression")),
    Mutant("drop-return-values", "request", ("UPD", "DEL", "PUT"), _drop("ReturnValues")),
    Mutant("drop-item-on-failure", "request", ("CRE", "UPD", "CCF"), _drop("ReturnValuesOnConditionCheckFailure")),
    Mutant("add-consistent-read", "request", ("GET", "GEN"), _add_consistent),
    Mutant("drop-consistent-read", "request", ("GET",), _drop("ConsistentRead")),
    Mutant("drop-projection", "request", ("GET", "PRJ"), _drop("ProjectionExpression", "ExpressionAttributeNames")),
    Mutant("wrong-table", "request", ("CRE", "GET", "GEN"), _wrong_table),
    Mutant("no-version-bump", "request", ("LCK",), _no_version_bump),
    Mutant("lose-times", "request", ("LIF", "CRE"), _lose_times),
    Mutant("number-as-float", "request", ("NUM",), _on_values(_float)),
    Mutant("set-as-list", "request", ("SET",), _on_values(_set_to_list)),
    Mutant("set-unsorted", "request", ("SET",), _on_values(_reverse_set)),
    Mutant("bytes-as-text", "request", ("ENC", "KEY", "SET"), _on_values(_bytes_to_text)),
    Mutant("html-escapes", "request", ("ENC", "JSN"), _on_values(_escape_html)),
    Mutant("trimmed-fraction", "request", ("TIM", "LIF"), _on_values(_trim_fraction)),
    Mutant("offset-instead-of-z", "request", ("TIM", "LIF"), _on_values(_local_offset)),
    Mutant("lost-nested-member", "request", ("ENC",), _on_values(_lose_member)),
    Mutant("null-sent", "request", ("NUL", "CRE"), _send_null),
    Mutant("or-as-and", "request", ("CND",), _text("ConditionExpression", lambda text: text.replace(" OR ", " AND "))),
    Mutant("not-lost", "request", ("CND",), _text("ConditionExpression", lambda text: text.replace("NOT ", ""))),
    Mutant("existence-turned", "request", ("CRE", "UPD"), _text("ConditionExpression", lambda text: text.replace("attribute_exists", "attribute_not_exists"))),
    Mutant("append-turned", "request", ("UXP",), _text("UpdateExpression", lambda text: re.sub(r"list_append\((if_not_exists\([^)]*\)), ([^)]*)\)", r"list_append(\2, \1)", text))),
    Mutant("placeholders-renamed", "request", ("EXP",), _rename_placeholders),
    Mutant("ignore-condition", "call", ("CND", "PUT", "DEL"), _ignore("condition")),
    Mutant("ignore-expected-version", "call", ("LCK", "CCF"), _ignore("expected_version")),
    Mutant("ignore-must-exist", "call", ("DEL",), _ignore("must_exist")),
    Mutant("ignore-upsert", "call", ("UPD",), _ignore("upsert")),
    Mutant("ignore-adopt", "call", ("SAV",), _ignore("adopt")),
    Mutant("ignore-select", "call", ("GET", "PRJ"), _ignore("select")),
    Mutant("ignore-null-in-set", "call", ("UPD", "NUL"), _lose_null_set),
    Mutant("error-to-ok", "answer", ("ERR", "KEY"), _error_to_ok),
    Mutant("ok-to-error", "answer", ("CRE", "GET"), _ok_to_error),
    Mutant("recode-error", "answer", ("ERR", "KEY"), _on_error(_recode)),
    Mutant("flip-retryable", "answer", ("ERR",), _on_error(lambda error: error | {"retryable": not error["retryable"]})),
    Mutant("swap-origin", "answer", ("ERR",), _on_error(_swap_origin)),
    Mutant("lose-path", "answer", ("ENC", "ERR", "KEY"), _on_error(_lose("path"))),
    Mutant("lose-kind", "answer", ("CCF", "CRE", "LCK"), _on_error(_lose("kind"))),
    Mutant("lose-failed-item", "answer", ("CCF",), _on_error(_lose("details"))),
    Mutant("lose-maybe-applied", "answer", ("NET",), _on_error(_lose("maybe_applied"))),
    Mutant("lose-request-id", "answer", ("ERR",), _on_error(_lose("request_id"))),
    Mutant("float-decode", "answer", ("NUM",), _on_item(_float_item)),
    Mutant("extra-attribute", "answer", ("ENC", "GET"), _on_item(lambda item: item | {"ghost": {"S": "x"}})),
    Mutant("lose-attribute", "answer", ("ENC", "GET"), _on_item(_without_last)),
    Mutant("missing-as-null", "answer", ("GET", "UPD"), _on_item(lambda _item: None)),
)


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
    wire = [case for case in cases if "wire" in case.targets and not case.actors and not case.foreign]
    with ThreadPoolExecutor(len(languages)) as pool:
        return list(pool.map(lambda language: _hunt_one(language, catalogue, wire), languages))


def _hunt_one(language: Language, catalogue: Catalogue, cases: list[Case]) -> Killed:
    out = Killed(language.key)
    build(language)
    with LanguageSession(language, catalogue, None) as session:
        for mutant in MUTANTS:
            killer = _first_kill(session, mutant, [case for case in cases if families_of(case) & set(mutant.families)])
            if killer is not None:
                out.by[mutant.name] = killer
    return out


def _first_kill(session: LanguageSession, mutant: Mutant, cases: list[Case]) -> str | None:
    stage = session.stage("wire")
    assert stage.endpoint is not None
    stage.endpoint.tamper_request = mutant.change if mutant.where == "request" else None
    stage.tamper_call = mutant.change if mutant.where == "call" else None
    stage.tamper_answer = mutant.change if mutant.where == "answer" else None
    try:
        return next((case.id for case in cases if run_case(case, stage).status == "fail"), None)
    finally:
        stage.endpoint.tamper_request = None
