"""A document's text to a JSON value: YAML 1.2 core scalars over the parser's nodes, and nothing that JSON cannot hold.

No two YAML parsers agree on what `010` or a bare date is, so only the parser's tree is used and every plain scalar is
resolved here.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import yaml

from ..errors import InvalidModelError

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def parse_document(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a document's text, YAML or JSON.

    Raises InvalidModelError with the pointer of the offending entry; the empty one where the text cannot be read.
    """
    try:
        nodes = list(yaml.compose_all(text, _Composer))
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f"line {place.line + 1}, column {place.column + 1}" if place is not None else "unknown place"
        raise InvalidModelError(f"the text is not YAML: {where}", path="") from error
    except RecursionError:
        raise InvalidModelError("the text is nested too deep", path="") from None
    if len(nodes) != 1:
        raise InvalidModelError(f"expected one document, found {len(nodes)}", path="")
    return _value(nodes[0], "")


class _Refused(yaml.ScalarNode):
    """Stands for what DMS does not allow and the tree would hide: an anchor, an alias, an explicit tag."""

    def __init__(self, reason: str) -> None:
        super().__init__("", "")
        self.reason = reason


class _Composer(yaml.SafeLoader):
    """Makes the parser's tree, refusals in place."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            return _Refused("aliases are not allowed")
        node = super().compose_node(parent, index)
        if getattr(event, "anchor", None) is not None:
            return _Refused("anchors are not allowed")
        return node if getattr(event, "tag", None) is None else _Refused("tags are not allowed")


def _value(node: Any, pointer: str) -> Any:  # noqa: ANN401 - a node of the parser
    if isinstance(node, _Refused):
        raise InvalidModelError(node.reason, path=pointer)
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
        place = f"{pointer}/{escape(key)}"
        if key in out:
            raise InvalidModelError("a key that stands here twice", path=place)
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
    if _INT.fullmatch(text):
        return _number(Decimal(text), pointer)
    if _OCTAL.fullmatch(text):
        return _number(Decimal(int(text, 0)), pointer)
    if _HEX.fullmatch(text):
        return _number(Decimal(int(text, 0)), pointer)
    if _FLOAT.fullmatch(text):
        return _number(Decimal(text), pointer)
    if _SPECIAL.fullmatch(text):
        raise InvalidModelError("a number that JSON cannot hold", path=pointer)
    return text


def _number(number: Decimal, pointer: str) -> int | float:
    """Give a number that every language holds: its shortest binary64 text has to be the number itself."""
    try:
        near: float | None = float(number)
        exact = Decimal(repr(near)) == number
    except (OverflowError, ValueError, ArithmeticError):
        near, exact = None, False
    if near is None or not exact:
        raise InvalidModelError("a number that binary64 does not hold exactly", path=pointer)
    return int(number) if number == number.to_integral_value() else near


def escape(key: str) -> str:
    """Escape a key for a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
