"""The structure of a document: which members each entry has and what they hold, as a table.

The meaning is checked in check.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InvalidModelError
from .versions import DMS_VERSIONS
from .yaml_text import escape

if TYPE_CHECKING:
    from collections.abc import Callable

    Checker = Callable[[Any, str], None]

TYPES = ("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS")
TEXT_FORMATS = ("timestamp", "rfc3339nano", "date", "uuid", "bool_string")
NUMBER_FORMATS = ("int", "int64", "float", "decimal", "unix_seconds", "unix_millis")
ROLES = ("pk", "sk", "created_at", "updated_at", "version", "ttl")


def refuse(message: str, pointer: str) -> InvalidModelError:
    """Make the one error of this room."""
    return InvalidModelError(message, path=pointer)


def _text(pattern: str = "", what: str = "a non-empty string") -> Checker:
    compiled = re.compile(pattern or r"(?s).+")

    def check(value: Any, pointer: str) -> None:  # noqa: ANN401 - any JSON value
        if not isinstance(value, str) or compiled.fullmatch(value) is None:
            raise refuse(f"expected {what}", pointer)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise refuse("a lone surrogate", pointer) from None

    return check


def _one_of(members: tuple[str, ...]) -> Checker:
    def check(value: Any, pointer: str) -> None:  # noqa: ANN401 - any JSON value
        if not isinstance(value, str) or value not in members:
            raise refuse(f"expected one of {', '.join(members)}", pointer)

    return check


def _flag(value: Any, pointer: str) -> None:  # noqa: ANN401 - any JSON value
    if not isinstance(value, bool):
        raise refuse("expected true or false", pointer)


def _tags(value: Any, pointer: str) -> None:  # noqa: ANN401 - any JSON value
    if not isinstance(value, dict):
        raise refuse("expected a map", pointer)


def _list(element: Checker, *, least: int = 0, distinct: bool = False) -> Checker:
    def check(value: Any, pointer: str) -> None:  # noqa: ANN401 - any JSON value
        if not isinstance(value, list) or len(value) < least:
            raise refuse(f"expected a list of at least {least} entries", pointer)
        seen: list[Any] = []
        for index, member in enumerate(value):
            element(member, f"{pointer}/{index}")
            if distinct and member in seen:
                raise refuse("stands here twice", f"{pointer}/{index}")
            seen.append(member)

    return check


@dataclass
class _Entry:
    """A map with known members."""

    members: dict[str, Checker]
    required: tuple[str, ...] = ()

    def __call__(self, value: Any, pointer: str) -> None:  # noqa: ANN401 - any JSON value
        if not isinstance(value, dict):
            raise refuse("expected a map", pointer)
        for name in sorted(value, key=str.encode):
            if name not in self.members:
                raise refuse("an unknown member", f"{pointer}/{escape(name)}")
        for name in self.required:
            if name not in value:
                raise refuse(f"{name} is missing", pointer)
        for name, member in sorted(value.items()):
            self.members[name](member, f"{pointer}/{name}")


_name = _text()
_table_name = _text(r"[a-zA-Z0-9_.-]{3,255}", "3 to 255 characters out of a-z A-Z 0-9 _ - .")
_type_name = _text(r"[A-Z][A-Za-z0-9]*", "a name that begins with a capital letter")
_key = _Entry({"attribute": _name, "type": _one_of(("S", "N", "B"))}, ("attribute", "type"))
_items = _Entry({}, ("type",))
_nested = _Entry({}, ("attribute", "type"))
_shared: dict[str, Checker] = {
    "type": _one_of(TYPES),
    "format": _one_of(TEXT_FORMATS + NUMBER_FORMATS),
    "json": _flag,
    "enum": _list(_text("(?s).*", "a string"), least=1, distinct=True),
    "attributes": _list(_nested),
    "items": _items,
}
_items.members = _shared
_nested.members = _shared | {
    "attribute": _name,
    "required": _flag,
    "omit_empty": _flag,
    "field": _text(r"[a-z][a-z0-9_]*", "a name in snake_case"),
    "tags": _tags,
}
_context = _Entry({"model": _name, "attribute": _name})
_attribute = _Entry(
    _nested.members
    | {"roles": _list(_one_of(ROLES), distinct=True), "encryption": _Entry({"context": _context}), "template": _name},
    ("attribute", "type"),
)
_projection = _Entry(
    {"type": _one_of(("ALL", "KEYS_ONLY", "INCLUDE")), "fields": _list(_name, least=1, distinct=True)}, ("type",)
)
_index = _Entry(
    {
        "name": _table_name,
        "type": _one_of(("GSI", "LSI")),
        "partition": _key,
        "sort": _key,
        "projection": _projection,
        "tags": _tags,
    },
    ("name", "type"),
)
_view = _Entry({"name": _type_name, "fields": _list(_name, least=1, distinct=True)}, ("name", "fields"))
_model = _Entry(
    {
        "name": _type_name,
        "table": _Entry({"name": _table_name}, ("name",)),
        "naming": _Entry({"convention": _one_of(("snake_case", "camelCase"))}, ("convention",)),
        "keys": _Entry({"partition": _key, "sort": _key}, ("partition",)),
        "attributes": _list(_attribute, least=1),
        "indexes": _list(_index),
        "views": _list(_view),
        "discriminator": _Entry({"attribute": _name, "value": _name}, ("attribute", "value")),
        "tags": _tags,
    },
    ("name", "table", "keys", "attributes"),
)
_namespace = _text(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", "names in lower case, joined by dots")


def _version(value: Any, pointer: str) -> None:  # noqa: ANN401 - any JSON value
    if value not in DMS_VERSIONS:
        raise refuse(f"expected one of the supported versions: {', '.join(DMS_VERSIONS)}", pointer)


_document = _Entry(
    {"dms_version": _version, "namespace": _namespace, "models": _list(_model, least=1), "tags": _tags},
    ("dms_version", "models"),
)


def check_structure(document: Any) -> None:  # noqa: ANN401 - any JSON value
    """Refuse a document whose entries are not of the shape of DMS.

    The version comes first: a document of another version has another shape.
    """
    if isinstance(document, dict) and "dms_version" in document:
        _version(document["dms_version"], "/dms_version")
    _document(document, "")
