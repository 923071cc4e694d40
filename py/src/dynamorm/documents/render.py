"""A tree to text, in the one style: two spaces, quotes only where they are needed, at most one empty line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ..schema.yaml_text import is_plain_text
from .tree import Collection, Scalar

if TYPE_CHECKING:
    from .tree import Entry, Tree, Value

WIDTH = 120
_STEP = 2
# What other readers of YAML take for something else than a string, though ours do not.
_SUSPECT = {"yes", "no", "on", "off"}
_FIRST = re.compile(r"[^\W\d]|[$/]")
_NOT_PLAIN = re.compile(r": | #|:$| $")
_NOT_IN_BRACKETS = re.compile(r"[\[\]{},?:]")


def render(tree: Tree) -> str:
    """Write a tree."""
    if tree.is_json:
        return _json(tree.root, 0) + "\n"
    body = [_scalar(tree.root)] if isinstance(tree.root, Scalar) else _body(tree.root)
    lines = _tidy(tree.head)
    if lines:
        lines.append("")
    lines += body
    lines += _comments(tree.tail, 0) if lines else _tidy(tree.tail)
    return "\n".join(lines) + "\n"


def _body(root: Collection) -> list[str]:
    flow = _flow(root) if _fits_brackets(root) else None
    return [flow] if flow is not None and len(flow) <= WIDTH else _block(root, 0)


def _tidy(comments: list[str]) -> list[str]:
    """Drop empty lines at both ends and double ones."""
    out: list[str] = []
    for one in comments:
        if one or (out and out[-1]):
            out.append(one)
    while out and not out[-1]:
        out.pop()
    return out


def _comments(comments: list[str], indent: int, *, first: bool = False) -> list[str]:
    """Give the lines before an entry; the first one of a block has no empty line before it."""
    out: list[str] = []
    for one in comments:
        if one:
            out.append(" " * indent + one)
        elif out or not first:
            out += [""] if not out or out[-1] else []
    return out


def _block(value: Collection, indent: int) -> list[str]:
    out: list[str] = []
    for number, entry in enumerate(value.entries):
        out += _comments(_before(entry), indent, first=number == 0)
        out += _entry(entry, indent)
        out += _comments(entry.after, indent)
    return out


def _before(entry: Entry) -> list[str]:
    """Give the comments before an entry; behind a dash is no place for those of the first member."""
    value = entry.value
    if entry.key is None and isinstance(value, Collection) and value.entries and not _fits_line(entry, 0):
        return entry.before + [one for one in value.entries[0].before if one]
    return entry.before


def _entry(entry: Entry, indent: int) -> list[str]:
    start = " " * indent + ("-" if entry.key is None else f"{_text(entry.key, flow=False)}:")
    beside = f" {entry.beside}" if entry.beside else ""
    value = entry.value
    if isinstance(value, Scalar):
        return _scalar_lines(value, start, beside, indent)
    if _fits_line(entry, indent):
        return [f"{start} {_flow(value)}{beside}"]
    if entry.key is not None:
        return [start + beside, *_block(value, indent + _STEP)]
    bare = Collection(value.is_map, [_without_before(one, number) for number, one in enumerate(value.entries)])
    lines = _block(bare, indent + _STEP)
    return [f"{start} {lines[0].lstrip(' ')}", *lines[1:]]


def _without_before(entry: Entry, number: int) -> Entry:
    return entry if number else type(entry)(entry.key, entry.value, [], entry.beside, entry.after)


def _fits_brackets(value: Collection) -> bool:
    return not value.entries or (value.flow and all(_bare(entry) for entry in value.entries))


def _bare(entry: Entry) -> bool:
    """Say whether an entry has no comments and is, all through, of what stands in brackets."""
    if any(entry.before) or entry.beside or any(entry.after):
        return False
    return isinstance(entry.value, Scalar) or _fits_brackets(entry.value)


def _fits_line(entry: Entry, indent: int) -> bool:
    if isinstance(entry.value, Scalar):
        return True
    if not _fits_brackets(entry.value):
        return False
    start = indent + 2 + (0 if entry.key is None else len(_text(entry.key, flow=False)))
    return not entry.value.entries or start + len(_flow(entry.value)) <= WIDTH


def _flow(value: Value) -> str:
    if isinstance(value, Scalar):
        return _scalar(value, flow=True)
    if not value.is_map:
        return "[" + ", ".join(_flow(entry.value) for entry in value.entries) + "]"
    inside = ", ".join(f"{_text(entry.key or '', flow=True)}: {_flow(entry.value)}" for entry in value.entries)
    return f"{{ {inside} }}" if inside else "{}"


def _scalar_lines(value: Scalar, start: str, beside: str, indent: int) -> list[str]:
    lines = value.text.removesuffix("\n").split("\n")
    if not (value.is_text and value.block and _stands_as_lines(value.text, lines)):
        return [f"{start} {_scalar(value)}{beside}"]
    sign = "|" if value.text.endswith("\n") else "|-"
    return [f"{start} {sign}{beside}", *(" " * (indent + _STEP) + line if line else "" for line in lines)]


def _stands_as_lines(text: str, lines: list[str]) -> bool:
    """Say whether a block of text holds these lines as they are."""
    plain = all(line.isprintable() and not line.endswith(" ") for line in lines)
    return plain and len(text) > 1 and bool(lines[0]) and not lines[0].startswith((" ", "#")) and bool(lines[-1])


def _scalar(value: Scalar, *, flow: bool = False) -> str:
    if value.is_text:
        return _text(value.text, flow=flow)
    return value.text or "null"


def _text(text: str, *, flow: bool) -> str:
    """Write a string, without quotes where nobody takes it for anything else.

    >>> [_text(one, flow=True) for one in ("total", "1.0", "no", "a: b")]
    ['total', '"1.0"', '"no"', '"a: b"']
    """
    plain = _FIRST.match(text) and text.isprintable() and is_plain_text(text) and text.lower() not in _SUSPECT
    if not plain or _NOT_PLAIN.search(text) or (flow and _NOT_IN_BRACKETS.search(text)):
        return _quoted(text)
    return text


def _quoted(text: str) -> str:
    return "".join(map(_escaped, json.dumps(text, ensure_ascii=False)))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"  # noqa: PLR2004


def _json(value: Value, indent: int) -> str:
    """Write a value as JSON: what fits on a line stands on one."""
    line = _json_line(value)
    if isinstance(value, Scalar) or not value.entries or (value.flow and indent + len(line) <= WIDTH):
        return line
    inner = " " * (indent + _STEP)
    rows = [
        inner
        + ("" if one.key is None else f"{json.dumps(one.key, ensure_ascii=False)}: ")
        + _json(one.value, indent + _STEP)
        for one in value.entries
    ]
    signs = "{}" if value.is_map else "[]"
    return signs[0] + "\n" + ",\n".join(rows) + "\n" + " " * indent + signs[1]


def _json_line(value: Value) -> str:
    if isinstance(value, Scalar):
        return json.dumps(value.text, ensure_ascii=False) if value.is_text else value.text
    if not value.is_map:
        return "[" + ", ".join(_json_line(entry.value) for entry in value.entries) + "]"
    members = (f"{json.dumps(entry.key, ensure_ascii=False)}: {_json_line(entry.value)}" for entry in value.entries)
    inside = ", ".join(members)
    return f"{{ {inside} }}" if inside else "{}"
