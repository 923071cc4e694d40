"""A document's text to a JSON value: YAML 1.2 core scalars over the parser's nodes, and nothing that JSON cannot hold.

No two YAML parsers agree on what `010` or a bare date is, so only the parser's tree is used and every plain scalar is
resolved here.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from decimal import Decimal
from typing import Any

import yaml

from ..errors import InvalidModelError
from ..limits import NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN
from .yaml_tree import DEPTH_MAX, compose

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def parse_document(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a document's text, YAML or JSON.

    Raises InvalidModelError with the pointer of the offending entry; the empty one where the text cannot be read.
    """
    text = text.removeprefix("\ufeff")
    try:
        tree = json.loads(text, object_pairs_hook=_Members, parse_int=_Digits, parse_float=_Digits, parse_constant=int)
        deep = _depth(tree) > DEPTH_MAX
    except ValueError:
        return _value(compose(text), "")
    except RecursionError:
        tree, deep = None, True
    if deep:
        raise InvalidModelError(f"nested deeper than {DEPTH_MAX}", path="")
    return _json_value(tree, "")


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object as they stand there, repeated ones too."""


class _Digits(str):
    """A number of JSON text."""

    __slots__ = ()


def _depth(tree: Any) -> int:  # noqa: ANN401 - any JSON value
    if not isinstance(tree, list):
        return 0
    children = (member for _, member in tree) if isinstance(tree, _Members) else tree
    return 1 + max(map(_depth, children), default=0)


def _json_value(tree: Any, pointer: str) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(tree, _Members):
        out: dict[str, Any] = {}
        for key, member in tree:
            place = _place(out, _text(key, pointer), pointer)
            out[key] = _json_value(member, place)
        return out
    if isinstance(tree, list):
        return [_json_value(member, f"{pointer}/{index}") for index, member in enumerate(tree)]
    if isinstance(tree, _Digits):
        return _number(tree, pointer)
    return _text(tree, pointer) if isinstance(tree, str) else tree


def _place(members: dict[str, Any], key: str, pointer: str) -> str:
    """Give the pointer of a member that is not there yet."""
    place = f"{pointer}/{escape(key)}"
    if key in members:
        raise InvalidModelError("a key that stands here twice", path=place)
    return place


def _value(node: Any, pointer: str) -> Any:  # noqa: ANN401 - a node of the parser
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, pointer)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, f"{pointer}/{index}") for index, child in enumerate(node.value)]
    return _scalar(node.value, pointer) if node.style is None else _text(node.value, pointer)


def _mapping(node: yaml.MappingNode, pointer: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key_node, child in node.value:
        key = _value(key_node, pointer) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            raise InvalidModelError("a key that is not a string", path=pointer)
        if key == "<<" and key_node.style is None:
            raise InvalidModelError("merge keys are not allowed", path=pointer)
        place = _place(out, key, pointer)
        out[key] = _value(child, place)
    return out


def _text(text: str, pointer: str) -> str:
    r"""Join the surrogate pairs that JSON escapes (`\ud83d\ude00`) leave apart in YAML; a lone one is refused."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise InvalidModelError("a lone surrogate", path=pointer) from None


def _scalar(text: str, pointer: str) -> Any:  # noqa: ANN401 - any JSON scalar
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _OTHER_BASE.fullmatch(text):
        return _number(str(Decimal(int(text, 0))), pointer)
    if _DECIMAL.fullmatch(text):
        return _number(text, pointer)
    if _SPECIAL.fullmatch(text):
        raise InvalidModelError("a number that JSON cannot hold", path=pointer)
    return text


def is_plain_text(text: str) -> bool:
    """Say whether a scalar without quotes is a string.

    >>> [is_plain_text(text) for text in ("yes", "1_000", "010", "~")]
    [True, True, False, False]
    """
    patterns = (_OTHER_BASE, _DECIMAL, _SPECIAL)
    return text not in _NULL and text not in _BOOL and not any(one.fullmatch(text) for one in patterns)


def _number(text: str, pointer: str) -> int | float:
    """Give a number that DynamoDB and every language hold: its shortest binary64 text has to be the number itself."""
    if not text.lower().partition("e")[0].strip("+-.0"):
        return 0
    number, near = Decimal("nan"), float(text)
    with suppress(ArithmeticError):  # of an exponent that no Decimal has
        number = Decimal(text)
    if Decimal(repr(near)) != number or not NUMBER_EXPONENT_MIN <= number.adjusted() <= NUMBER_EXPONENT_MAX:
        raise InvalidModelError("a number that binary64 does not hold exactly", path=pointer)
    return int(number) if number == number.to_integral_value() else near


def escape(key: str) -> str:
    """Escape a key for a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
