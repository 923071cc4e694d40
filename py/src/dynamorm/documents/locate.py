"""Where in a document's text a JSON Pointer leads."""

from __future__ import annotations

import yaml

from ..errors import InvalidModelError
from ..schema.yaml_text import escape
from ..schema.yaml_tree import compose


def line_of(text: str, pointer: str) -> int | None:
    r"""Give the line, from 1 on, of the entry a pointer leads to, or of the nearest one around it.

    >>> line_of("a:\n  b:\n    - c\n", "/a/b/0")
    3

    None where the text cannot be read.
    """
    text = text.removeprefix("\ufeff")
    for form in (text, text.replace("\t", " ")):  # JSON may be indented by tabs, and YAML may not
        try:
            return _line(compose(form), pointer.split("/")[1:])
        except InvalidModelError:
            continue
    return None


def _line(node: yaml.Node, parts: list[str]) -> int:
    line: int = node.start_mark.line + 1
    for part in parts:
        found = _child(node, part)
        if found is None:
            break
        node, line = found
    return line


def _child(node: yaml.Node, part: str) -> tuple[yaml.Node, int] | None:
    """Give a member and its line; of two of one name the second, which is the wrong one."""
    if isinstance(node.value, str):
        return None
    if part.isdecimal() and isinstance(node, yaml.SequenceNode):
        return (
            (node.value[int(part)], node.value[int(part)].start_mark.line + 1) if int(part) < len(node.value) else None
        )
    pairs = [pair for pair in node.value if isinstance(pair, tuple) and escape(pair[0].value) == part]
    return (pairs[-1][1], pairs[-1][0].start_mark.line + 1) if pairs else None
