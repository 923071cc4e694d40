"""Comparing what was expected with what came: closed by default, openness is written with `$$` operators.

Numbers compare by value in results and outcomes and by exact text in requests, for the spelling of numbers is part of the promise. SS, NS and BS compare as sets.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

ABSENT = object()
SETS = {"SS", "NS", "BS"}
SHORT = 200


class CaseError(Exception):
    """The case file itself is wrong: an unknown operator, an operator with siblings, a bad argument."""


class UndefinedCaptureError(Exception):
    """A reference to a capture that no earlier step made."""


@dataclass(frozen=True)
class Mismatch:
    """One difference: where, and what was expected and found."""

    at: str
    message: str


@dataclass
class Context:
    """What a comparison needs to know besides the two values."""

    captures: dict[str, Any] = field(default_factory=dict)
    exact_numbers: bool = False
    exact_sets: bool = False


def short(value: Any) -> str:
    """Show a value in one line, cut to a readable length."""
    text = "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= SHORT else text[:SHORT] + "…"


def is_operator(value: Any) -> bool:
    """Tell whether a value is a `$$` operator; an operator with siblings is an error of the case."""
    if not isinstance(value, dict) or not any(isinstance(key, str) and key.startswith("$$") for key in value):
        return False
    if len(value) != 1:
        raise CaseError(f"an operator stands alone: {short(value)}")
    return True


def match(want: Any, got: Any, context: Context, at: str = "") -> list[Mismatch]:
    """Compare; an empty list means equal."""
    if is_operator(want):
        ((name, argument),) = want.items()
        if name not in OPERATORS:
            raise CaseError(f"unknown operator {name}")
        return OPERATORS[name](argument, got, context, at)
    if got is ABSENT:
        return [Mismatch(at, f"expected {short(want)}, found nothing")]
    if isinstance(want, dict):
        return _match_map(want, got, context, at)
    if isinstance(want, (list, tuple)):
        return _match_list(want, got, context, at)
    if not _same_scalar(want, got):
        return [Mismatch(at, f"expected {short(want)}, found {short(got)}")]
    return []


def _same_scalar(want: Any, got: Any) -> bool:
    """Compare JSON scalars: a number is a number however it is spelled (`0.0` is 0), a boolean is none."""
    numbers = isinstance(want, (int, float)) and isinstance(got, (int, float)) and not isinstance(want, bool) and not isinstance(got, bool)
    return want == got and (numbers or type(want) is type(got))


def _tag_of(value: Any) -> str | None:
    if isinstance(value, dict) and len(value) == 1:
        tag = next(iter(value))
        if isinstance(tag, str) and tag in {"N", *SETS}:
            return tag
    return None


def _match_map(want: dict[str, Any], got: Any, context: Context, at: str) -> list[Mismatch]:
    if not isinstance(got, dict):
        return [Mismatch(at, f"expected a map, found {short(got)}")]
    tag = _tag_of(want)
    if tag == "N" and set(got) == {"N"} and isinstance(want["N"], str) and not context.exact_numbers:
        return _match_number(want["N"], got["N"], at)
    if tag in SETS and set(got) == {tag} and isinstance(want[tag], list) and not context.exact_sets:
        return _match_set(tag, want[tag], got[tag], context, at)
    out: list[Mismatch] = []
    for key, value in want.items():
        out += match(value, got.get(key, ABSENT), context, f"{at}/{key}")
    out += [Mismatch(f"{at}/{key}", f"unexpected {short(got[key])}") for key in got if key not in want]
    return out


def _match_number(want: str, got: Any, at: str) -> list[Mismatch]:
    try:
        same = isinstance(got, str) and Decimal(want) == Decimal(got)
    except InvalidOperation:
        same = want == got
    return [] if same else [Mismatch(at, f"expected number {want}, found {short(got)}")]


def _match_set(tag: str, want: list[Any], got: Any, context: Context, at: str) -> list[Mismatch]:
    if not isinstance(got, list) or not all(isinstance(member, str) for member in got):
        return [Mismatch(at, f"expected {tag}, found {short(got)}")]
    same_text = tag != "NS" or context.exact_numbers
    normal = (lambda member: member) if same_text else canonical_number
    if sorted(map(normal, want)) != sorted(map(normal, got)):
        return [Mismatch(at, f"expected the set {short(want)}, found {short(got)}")]
    return []


def canonical_number(text: str) -> str:
    """Give a number's text by which equal values are equal texts, with every digit (Decimal's own `normalize` would round); other text as it is."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite():
        return str(number)
    sign, digits, exponent = number.as_tuple()
    significant = "".join(map(str, digits)).lstrip("0")
    kept = significant.rstrip("0")
    if not kept:
        return "0"
    power = int(exponent) + len(significant) - len(kept)
    return f"{'-' if sign else ''}{kept}" + (f"E{power}" if power else "")


def _match_list(want: list[Any] | tuple[Any, ...], got: Any, context: Context, at: str) -> list[Mismatch]:
    if not isinstance(got, (list, tuple)):
        return [Mismatch(at, f"expected a list, found {short(got)}")]
    if len(want) != len(got):
        return [Mismatch(at, f"expected {len(want)} elements, found {len(got)}: {short(got)}")]
    return [found for index, (left, right) in enumerate(zip(want, got, strict=True)) for found in match(left, right, context, f"{at}/{index}")]


def match_unordered(want: list[Any], got: Any, context: Context, at: str) -> list[Mismatch]:
    """Compare two lists as bags; elements may hold operators, so every pairing is tried (augmenting paths)."""
    if not isinstance(got, list):
        return [Mismatch(at, f"expected a list, found {short(got)}")]
    if len(want) != len(got):
        return [Mismatch(at, f"expected {len(want)} elements, found {len(got)}: {short(got)}")]
    fits = [[not match(left, right, context) for right in got] for left in want]
    owner: dict[int, int] = {}

    def assign(index: int, seen: set[int]) -> bool:
        for other, fit in enumerate(fits[index]):
            if fit and other not in seen:
                seen.add(other)
                if other not in owner or assign(owner[other], seen):
                    owner[other] = index
                    return True
        return False

    for index, element in enumerate(want):
        if not assign(index, set()):
            return [Mismatch(f"{at}/{index}", f"nothing matches {short(element)} in {short(got)}")]
    return []


def _partial(argument: Any, got: Any, context: Context, at: str) -> list[Mismatch]:
    if not isinstance(got, dict):
        return [Mismatch(at, f"expected a map, found {short(got)}")]
    return [found for key, value in argument.items() for found in match(value, got.get(key, ABSENT), context, f"{at}/{key}")]


def _exists(argument: Any, got: Any, _context: Context, at: str) -> list[Mismatch]:
    return [] if (got is not ABSENT) == argument else [Mismatch(at, "present" if argument is False else "absent")]


def _absent_or(argument: Any, got: Any, context: Context, at: str) -> list[Mismatch]:
    return [] if got is ABSENT else match(argument, got, context, at)


def _any(_argument: Any, got: Any, _context: Context, at: str) -> list[Mismatch]:
    return [Mismatch(at, "expected a value, found nothing")] if got is ABSENT else []


JSON_TYPES = {"string": str, "bool": bool, "null": type(None), "list": list, "map": dict}


def _type(argument: Any, got: Any, _context: Context, at: str) -> list[Mismatch]:
    if argument not in JSON_TYPES:
        raise CaseError(f"unknown type {argument}")
    return [] if type(got) is JSON_TYPES[argument] else [Mismatch(at, f"expected a {argument}, found {short(got)}")]


def _regex(argument: Any, got: Any, _context: Context, at: str) -> list[Mismatch]:
    fits = isinstance(got, str) and re.fullmatch(argument, got) is not None
    return [] if fits else [Mismatch(at, f"{short(got)} does not match {argument}")]


def _unordered(argument: Any, got: Any, context: Context, at: str) -> list[Mismatch]:
    return match_unordered(argument, got, context, at)


def _captured(name: str, context: Context) -> Any:
    if name not in context.captures:
        raise UndefinedCaptureError(name)
    return context.captures[name]


def _ref(argument: Any, got: Any, context: Context, at: str) -> list[Mismatch]:
    return match(_captured(argument, context), got, context, at)


def _not_ref(argument: Any, got: Any, context: Context, at: str) -> list[Mismatch]:
    return [Mismatch(at, f"equals the capture {argument}")] if not match(_captured(argument, context), got, context, at) else []


def _compare(argument: Any, got: Any, at: str, sign: int) -> list[Mismatch]:
    text = got.get("N") if isinstance(got, dict) else got
    try:
        fits = (Decimal(str(text)) - Decimal(str(argument))) * sign >= 0
    except InvalidOperation:
        fits = False
    return [] if fits else [Mismatch(at, f"{short(got)} is beyond {argument}")]


def _lte(argument: Any, got: Any, _context: Context, at: str) -> list[Mismatch]:
    return _compare(argument, got, at, -1)


def _gte(argument: Any, got: Any, _context: Context, at: str) -> list[Mismatch]:
    return _compare(argument, got, at, 1)


def _b64(argument: Any, got: Any, _context: Context, at: str) -> list[Mismatch]:
    try:
        size = len(base64.b64decode(got, validate=True))
    except (TypeError, ValueError, binascii.Error):
        return [Mismatch(at, f"{short(got)} is not base64")]
    return [] if size == argument["len"] else [Mismatch(at, f"expected {argument['len']} bytes, found {size}")]


def _one_of(argument: Any, got: Any, context: Context, at: str) -> list[Mismatch]:
    return [] if any(not match(choice, got, context, at) for choice in argument) else [Mismatch(at, f"{short(got)} is none of {short(argument)}")]


def _json(argument: Any, got: Any, _context: Context, at: str) -> list[Mismatch]:
    text = got.get("S") if isinstance(got, dict) else None
    if not isinstance(text, str):
        return [Mismatch(at, f"expected JSON text, found {short(got)}")]
    try:
        same = _json_value(argument) == _json_value(text)
    except ValueError:
        same = False
    return [] if same else [Mismatch(at, f"expected the JSON value {argument}, found {short(text)}")]


def _json_value(text: str) -> Any:
    """Parse JSON so that numbers compare by value and booleans are no numbers."""

    def mark(value: Any) -> Any:
        if isinstance(value, bool):
            return ("bool", value)
        if isinstance(value, list):
            return [mark(element) for element in value]
        if isinstance(value, dict):
            return {key: mark(element) for key, element in value.items()}
        return value

    return mark(json.loads(text, parse_int=Decimal, parse_float=Decimal))


OPERATORS = {
    "$$partial": _partial,
    "$$exists": _exists,
    "$$absent_or": _absent_or,
    "$$any": _any,
    "$$type": _type,
    "$$regex": _regex,
    "$$unordered": _unordered,
    "$$ref": _ref,
    "$$not_ref": _not_ref,
    "$$lte": _lte,
    "$$gte": _gte,
    "$$b64": _b64,
    "$$one_of": _one_of,
    "$$json": _json,
}
