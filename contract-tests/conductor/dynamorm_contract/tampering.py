"""The tools that mutants are made of: small changes of a request, of a call's arguments, of a response or of an answer."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Body = dict[str, Any]
    # What every mutant is in the end: given the operation and the message, the message that goes on in its place.
    Change = Callable[[str, Body], Body]

TAGS = {"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
EXPRESSIONS = ("ConditionExpression", "UpdateExpression", "ProjectionExpression", "KeyConditionExpression", "FilterExpression")
PLACEHOLDER = re.compile(r"[#:][nv]\d+")


def walk(value: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a change to a value and then to its parts."""
    value = change(value)
    if isinstance(value, dict):
        return {key: walk(member, change) for key, member in value.items()}
    if isinstance(value, list):
        return [walk(member, change) for member in value]
    return value


def on_values(change: Callable[[str, Any], Any]) -> Change:
    """Apply a change to every tagged value."""

    def one(value: Any) -> Any:
        if isinstance(value, dict) and len(value) == 1:
            ((tag, member),) = value.items()
            if tag in TAGS:
                return change(tag, member)
        return value

    return lambda _op, body: walk(body, one)


def on_text(change: Callable[[str], str]) -> Change:
    """Apply a change to every S."""
    return on_values(lambda tag, member: {"S": change(member)} if tag == "S" else {tag: member})


def on_numbers(change: Callable[[str], str]) -> Change:
    """Apply a change to every N."""
    return on_values(lambda tag, member: {"N": change(member)} if tag == "N" else {tag: member})


def on_sets(change: Callable[[str, list[str]], Any]) -> Change:
    """Apply a change to every set."""
    return on_values(lambda tag, member: change(tag, member) if tag in {"SS", "NS", "BS"} else {tag: member})


def drop(*members: str, op: str | None = None) -> Change:
    """Leave members out."""
    return lambda seen, body: tidy({key: value for key, value in body.items() if key not in members}) if op in {None, seen} else body


def add(op: str, **members: Any) -> Change:
    """Add members to the requests of one operation."""
    return lambda seen, body: body | members if seen == op else body


def on_expression(member: str, change: Callable[[str], str], op: str | None = None) -> Change:
    """Change the text of one expression; names and values that nothing uses any more go, an expression that is empty goes too."""

    def apply(seen: str, body: Body) -> Body:
        if not isinstance(body.get(member), str) or op not in {None, seen}:
            return body
        text = change(body[member])
        return tidy(body | {member: text} if text else {key: value for key, value in body.items() if key != member})

    return apply


def tidy(body: Body) -> Body:
    """Leave out the placeholders that no expression uses, so that a mutant is caught for what it does and not for its leftovers."""
    if not any(member in body for member in ("ExpressionAttributeNames", "ExpressionAttributeValues")):
        return body
    used = set(PLACEHOLDER.findall(" ".join(str(body.get(member, "")) for member in EXPRESSIONS)))
    out = dict(body)
    for member in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        kept = {key: value for key, value in body.get(member, {}).items() if key in used}
        out.pop(member, None)
        if kept:
            out[member] = kept
    return out


def on_item(change: Callable[[Body], Body], op: str = "PutItem") -> Change:
    """Change the item of a request."""
    return lambda seen, body: body | {"Item": change(copy.deepcopy(body["Item"]))} if seen == op and "Item" in body else body


def ignore(*members: str) -> Change:
    """Overlook arguments of a call."""
    return lambda _do, arguments: {key: value for key, value in arguments.items() if key not in members}


def on_error(change: Callable[[Body], Body]) -> Change:
    """Change an answer that is an error."""
    return lambda _do, answer: answer | {"error": change(copy.deepcopy(answer["error"]))} if "error" in answer else answer


def lose(*members: str) -> Callable[[Body], Body]:
    """Leave members out of a value."""
    return lambda value: {key: member for key, member in value.items() if key not in members}


def swallow(code: str, path: str = "", *, origin: str = "client") -> Change:
    """Answer success where an error of this code and origin, at a path that the pattern finds, is due."""

    def apply(do: str, answer: Body) -> Body:
        error = answer.get("error", {})
        if error.get("code") != code or error.get("origin") != origin or not re.search(path, error.get("path", "")):
            return answer
        return {"id": answer["id"], "result": {"dms": "{}"} if do.startswith("fn.dms") else {"item": {}}}

    return apply


def recode(code: str, other: str) -> Change:
    """Give an error another code."""
    return on_error(lambda error: error | {"code": other} if error["code"] == code else error)


def on_result(member: str, change: Callable[[Any], Any], do: str | None = None) -> Change:
    """Change a member of a result."""

    def apply(seen: str, answer: Body) -> Body:
        result = answer.get("result")
        if not isinstance(result, dict) or result.get(member) is None or do not in {None, seen}:
            return answer
        return answer | {"result": {**result, member: change(copy.deepcopy(result[member]))}}

    return apply


def on_document(change: Callable[[Any], Any]) -> Change:
    """Change the canonical JSON of a document, as a value."""
    return on_result("dms", lambda text: json.dumps(change(json.loads(text)), ensure_ascii=False, separators=(",", ":")))
