"""A YAML text to the parser's tree, once the text holds nothing that YAML parsers take in different ways.

PyYAML's scanner is of YAML 1.1: it breaks lines at U+0085, U+2028 and U+2029, which in YAML 1.2 are characters like
others. Stand-ins take their place while it works, and the place of the tab, so that one around a plain scalar shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from ..errors import InvalidModelError

DEPTH_MAX = 100
_STAND_INS = {"\t": "\ufdd0", "\x85": "\ufdd1", "\u2028": "\ufdd2", "\u2029": "\ufdd3"}
_HIDE, _SHOW = str.maketrans(_STAND_INS), str.maketrans({two: one for one, two in _STAND_INS.items()})
_BLANK = re.compile(r"^ +$", re.MULTILINE)
_ESCAPED_END = re.compile(r"(?:^|[^\\])(?:\\\\)*\\$")
_FLOW_SIGNS = re.compile(r"\?|^:|^-$|:$")
_DIRECTIVE = re.compile(r"%YAML 1\.[0-9] *\n(?=---)")
_GUARDS = (
    (
        re.compile(r"[^\t\n -~\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"),
        "a character",
    ),
    (
        re.compile(r"(?:^|[^\\])(?:\\\\)*\\(?:u[fF][dD][dDeE]|U0000(?:[fF][dD][dDeE]|[dD][89a-fA-F]))"),
        "the escape of a character",
    ),
    (re.compile(r"^ *\t|\t *$", re.MULTILINE), "a tab at an end of a line"),
    (re.compile(r"^%", re.MULTILINE), "a directive"),
    (re.compile(r"^\.\.\.[^\n]*\n(?:[^\n]*\n)*\.\.\.", re.MULTILINE), "a second end"),
)


@dataclass(frozen=True)
class Comment:
    """A comment and its place; `alone` where nothing but the dashes of lists stands before it on its line."""

    line: int
    column: int
    text: str
    alone: bool


def compose(text: str) -> yaml.Node:
    """Make the tree of the one document of a text.

    Raises InvalidModelError with the empty pointer where there is none, or the text is not what DMS takes for YAML.
    """
    return compose_commented(text)[0]


def compose_commented(text: str) -> tuple[yaml.Node, list[Comment]]:
    """Make the tree as `compose` does, and give the comments beside it."""
    text = _DIRECTIVE.sub("\n", text.replace("\r\n", "\n").replace("\r", "\n"), count=1)
    for pattern, what in _GUARDS:
        found = pattern.search(text)
        if found is not None:
            line = text.count("\n", 0, found.start()) + 1
            raise InvalidModelError(f"{what} that a document does not hold: line {line}", path="")
    # A line of spaces alone is an empty one, and the last line has an end.
    text = _BLANK.sub("", text if text.endswith("\n") else text + "\n")
    nodes: list[Any] = []
    try:
        composer = _Composer(text.translate(_HIDE))
        while composer.check_node():
            nodes.append(composer.get_node())
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        raise _refusal("no YAML" if place is None else "not YAML", place) from error
    except (RecursionError, ValueError, OverflowError):
        # The last two are what an escape beyond Unicode makes of PyYAML.
        raise _refusal("no YAML", None) from None
    if len(nodes) != 1:
        raise _refusal(f"{len(nodes)} documents, not one", None)
    lines = text.split("\n")
    _check_layout(nodes[0], -1, lines)
    return nodes[0], [_comment(line, column, lines[line]) for line, column in composer.comments]


def _comment(line: int, column: int, text: str) -> Comment:
    return Comment(line, column, text[column:].rstrip(), alone=not text[:column].strip(" -"))


def _refusal(what: str, place: Any) -> InvalidModelError:  # noqa: ANN401 - a mark of the parser, or None
    where = "" if place is None else f": line {place.line + 1}, column {place.column + 1}"
    return InvalidModelError(what + where, path="")


def _check_layout(node: yaml.Node, indent: int, lines: list[str]) -> None:
    """Refuse what stands no deeper than the block around it, which PyYAML does not mind."""
    if isinstance(node, yaml.ScalarNode) and node.style in {"'", '"'}:
        _check_lines(node, indent, lines)
    if not isinstance(node, yaml.CollectionNode):
        return
    if node.flow_style:
        # A pair in a list has no brackets of its own.
        if lines[node.start_mark.line][node.start_mark.column] in "[{":
            _check_lines(node, indent, lines)
    else:
        indent = node.start_mark.column
    for child in node.value:
        key, value = child if isinstance(child, tuple) else (None, child)
        if key is not None:
            _check_key(key, lines, flow=node.flow_style)
            _check_layout(key, indent, lines)
        if node.flow_style:
            _check_flow_scalar(value)
        elif not _is_empty(value):
            _check_first_line(value, indent, lines)
        _check_layout(value, indent, lines)


def _check_key(key: yaml.Node, lines: list[str], *, flow: bool) -> None:
    if _is_empty(key):
        raise _refusal("a value without a key", key.start_mark)
    if flow and isinstance(key, yaml.ScalarNode) and key.style is None:
        _check_flow_scalar(key)
        end = key.end_mark
        if re.match(r" *:[^ ]", lines[end.line][end.column :]):
            raise _refusal("a key without quotes and a colon that no space follows", end)


def _check_flow_scalar(node: yaml.Node) -> None:
    """Refuse what parsers end at different places."""
    if isinstance(node, yaml.ScalarNode) and node.style is None and _FLOW_SIGNS.search(node.value):
        raise _refusal("a sign that needs quotes between brackets", node.start_mark)


def _check_first_line(node: yaml.Node, indent: int, lines: list[str]) -> None:
    """Check a value that begins a line; only of a list the dashes may stand where the block around it does."""
    first = node.start_mark
    if lines[first.line][: first.column].strip(" "):
        return
    block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if first.column <= indent - (block and isinstance(node, yaml.SequenceNode)):
        raise _refusal("indented no deeper than the block around it", first)
    for line in () if block else reversed(lines[: first.line]):
        bare = line.lstrip(" ")
        if bare and not bare.startswith("#"):
            return
        if bare and len(line) - len(bare) < first.column:
            raise _refusal("a comment before a value is indented as deep as the value", first)


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and not node.value


def _check_lines(node: yaml.Node, indent: int, lines: list[str]) -> None:
    """Check the further lines of what stands in brackets or quotes."""
    quoted, double = isinstance(node, yaml.ScalarNode), isinstance(node, yaml.ScalarNode) and node.style == '"'
    for number in range(node.start_mark.line + 1, node.end_mark.line + 1):
        line = lines[number].lstrip(" ")
        deep = len(lines[number]) - len(line)
        closes = not quoted and number == node.end_mark.line and node.end_mark.column == deep + 1
        if line and (quoted or not line.startswith("#")) and deep <= indent - closes:
            raise _refusal("indented no deeper than the block around it", node.start_mark)
        if not line and double and _ESCAPED_END.search(lines[number - 1]):
            raise _refusal("an empty line after an escaped end of a line", node.start_mark)


class _Composer(yaml.SafeLoader):
    """Makes the parser's tree, the characters behind the stand-ins in place."""

    depth = 0

    def __init__(self, text: str) -> None:
        """Begin at the text's first character."""
        super().__init__(text)
        self.comments: list[tuple[int, int]] = []

    def scan_to_next_token(self) -> None:
        """Refuse a comment that follows no space, and remember where the others are."""
        if self.peek() == "#" and self.column and self.buffer[self.pointer - 1] != " ":
            raise _refusal("a comment without a space before it", self.get_mark())
        begin, line, column = self.pointer, self.line, self.column
        super().scan_to_next_token()
        self._remember(begin, line, column)

    def scan_block_scalar_ignored_line(self, start_mark: Any) -> Any:  # noqa: ANN401 - PyYAML's own
        """Remember a comment behind the sign of a block of text."""
        begin, line, column = self.pointer, self.line, self.column
        found = super().scan_block_scalar_ignored_line(start_mark)
        self._remember(begin, line, column)
        return found

    def _remember(self, begin: int, line: int, column: int) -> None:
        for number, skipped in enumerate(self.buffer[begin : self.pointer].split("\n")):
            sign = skipped.find("#")
            if sign >= 0:
                self.comments.append((line + number, sign + (0 if number else column)))

    def fetch_key(self) -> None:
        """Refuse `? `, behind which parsers take different things for a key."""
        raise _refusal("explicit keys are not allowed", self.get_mark())

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None:
            raise _refusal("anchors, aliases and tags are not allowed", event.start_mark)
        self.depth += isinstance(event, yaml.CollectionStartEvent)
        if self.depth > DEPTH_MAX:
            raise _refusal(f"nested deeper than {DEPTH_MAX}", event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= isinstance(event, yaml.CollectionStartEvent)
        if isinstance(node, yaml.ScalarNode):
            if node.style is None and _STAND_INS["\t"] in node.value:
                raise _refusal("a tab around or inside a scalar without quotes", event.start_mark)
            node.value = node.value.translate(_SHOW)
        return node
