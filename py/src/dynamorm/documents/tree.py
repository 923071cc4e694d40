"""A document's text as a tree that can be changed and written again, with its comments where they belong.

The tree of the schema's parser is taken apart; what is not DMS never gets here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from ..schema.yaml_text import is_plain_text
from ..schema.yaml_tree import compose_commented

if TYPE_CHECKING:
    from ..schema.yaml_tree import Comment

Place = tuple[int, int]


@dataclass
class Scalar:
    """A string, or another scalar by its source text; `block` where it stood there as lines of text."""

    text: str
    is_text: bool = True
    block: bool = False
    place: Place = (0, 0)
    end: Place = (0, 0)


@dataclass
class Collection:
    """A map, or a list, whose entries have no keys; `flow` where it stands between brackets."""

    is_map: bool
    entries: list[Entry] = field(default_factory=list["Entry"])
    flow: bool = False
    place: Place = (0, 0)
    end: Place = (0, 0)

    def find(self, key: str) -> Entry | None:
        """Give a member of a map."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def map(self, key: str) -> Collection | None:
        """Give a member that is a map."""
        entry = self.find(key)
        found = None if entry is None else entry.value
        return found if isinstance(found, Collection) and found.is_map else None

    def members(self, key: str) -> list[Collection]:
        """Give the maps of a list."""
        entry = self.find(key)
        found = entry.value.entries if entry is not None and isinstance(entry.value, Collection) else []
        return [one.value for one in found if isinstance(one.value, Collection) and one.value.is_map]

    def put(self, key: str, value: Value) -> None:
        """Set a member; a new one comes last."""
        entry = self.find(key)
        if entry is None:
            self.entries.append(Entry(key, value))
        else:
            entry.value = value

    def drop(self, key: str) -> None:
        """Take a member away; its comments go to its neighbour."""
        entry = self.find(key)
        if entry is None:
            return
        index = self.entries.index(entry)
        del self.entries[index]
        kept = [one for one in (*entry.before, entry.beside, *comments_of(entry.value), *entry.after) if one]
        if index < len(self.entries):
            self.entries[index].before[:0] = kept
        elif self.entries:
            self.entries[-1].after += kept


Value = Scalar | Collection


@dataclass
class Entry:
    """A member of a map or list, with the comments before it (`""` is an empty line), beside and behind it."""

    key: str | None
    value: Value
    before: list[str] = field(default_factory=list[str])
    beside: str = ""
    after: list[str] = field(default_factory=list[str])
    place: Place = (0, 0)
    column: int = 0
    owner: Collection | None = field(default=None, repr=False)


@dataclass
class Tree:
    """A whole document."""

    root: Value
    head: list[str] = field(default_factory=list[str])
    tail: list[str] = field(default_factory=list[str])
    is_json: bool = False


def comments_of(value: Value) -> list[str]:
    """List the comments inside a value."""
    if isinstance(value, Scalar):
        return []
    return [
        one
        for entry in value.entries
        for one in (*entry.before, entry.beside, *comments_of(entry.value), *entry.after)
        if one
    ]


def all_comments(tree: Tree) -> list[str]:
    """List every comment of a document."""
    return [one for one in (*tree.head, *comments_of(tree.root), *tree.tail) if one]


def parse(text: str, *, is_json: bool) -> Tree:
    """Take a document's text apart; it has to be one that `parse_document` reads."""
    text = text.removeprefix("\ufeff")
    if is_json:
        pairs = json.loads(text, object_pairs_hook=_Members, parse_int=_Source, parse_float=_Source)
        return Tree(_json_value(pairs), is_json=True)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    node, comments = compose_commented(text)
    entries: list[Entry] = []
    tree = Tree(_value(node, entries))
    _Attaching(tree, entries, text.split("\n")).all(comments)
    return tree


def _place(mark: Any) -> Place:  # noqa: ANN401 - a mark of the parser
    return mark.line, mark.column


def _joined(text: str) -> str:
    r"""Join the surrogate pairs that JSON escapes (`\ud83d\ude00`) leave apart."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object."""


class _Source(str):
    """A number of JSON text, as it stands there."""

    __slots__ = ()


def _json_value(tree: Any) -> Value:  # noqa: ANN401 - any JSON value
    if isinstance(tree, _Members):
        return Collection(True, [Entry(_joined(key), _json_value(one)) for key, one in tree], flow=True)  # noqa: FBT003
    if isinstance(tree, list):
        return Collection(False, [Entry(None, _json_value(one)) for one in tree], flow=True)  # noqa: FBT003
    if isinstance(tree, str):
        return Scalar(_joined(tree) if type(tree) is str else tree, is_text=type(tree) is str)
    return Scalar(json.dumps(tree), is_text=False)


def _value(node: yaml.Node, entries: list[Entry]) -> Value:
    """Build a value; `entries` gets its entries in the order of the text, outer ones first."""
    place, end = _place(node.start_mark), _place(node.end_mark)
    if isinstance(node, yaml.ScalarNode):
        text = _joined(node.value) if node.style is not None else node.value
        return Scalar(text, is_text=_is_text(node), block=node.style in {"|", ">"}, place=place, end=end)
    is_map = isinstance(node, yaml.MappingNode)
    flow = bool(node.flow_style) if isinstance(node, yaml.CollectionNode) else False
    out = Collection(is_map, flow=flow, place=place, end=end)
    for child in node.value:
        key, value = child if is_map else (None, child)
        begin = _place((value if key is None else key).start_mark)
        entry = Entry(None if key is None else _joined(key.value), Scalar(""), place=begin, column=place[1], owner=out)
        entries.append(entry)
        entry.value = _value(value, entries)
        out.entries.append(entry)
    return out


def _is_text(node: yaml.ScalarNode) -> bool:
    return node.style is not None or is_plain_text(node.value)


class _Attaching:
    """Puts each comment, and the empty lines, where they belong."""

    def __init__(self, tree: Tree, entries: list[Entry], lines: list[str]) -> None:
        self.tree, self.entries, self.lines = tree, entries, lines
        values = [tree.root, *(entry.value for entry in entries)]
        self.brackets = [one for one in values if isinstance(one, Collection) and one.flow]

    def all(self, comments: list[Comment]) -> None:
        for comment in comments:
            if comment.alone:
                self._alone(comment)
            else:
                self._beside(comment)
        seen: set[int] = set()
        for entry in self.entries:
            line = entry.place[0]
            if line not in seen and self._empty_before(line):
                entry.before.append("")
            seen.add(line)
        self._head()

    def _empty_before(self, line: int) -> bool:
        return line > 0 and not self.lines[line - 1].strip()

    def _head(self) -> None:
        """Keep comments that an empty line parts from the first entry at the head of the document."""
        if not self.entries or "" not in self.entries[0].before:
            return
        first = self.entries[0]
        cut = len(first.before) - first.before[::-1].index("")
        self.tree.head += first.before[: cut - 1]
        del first.before[:cut]

    def _previous(self, place: Place) -> Entry | None:
        found = [entry for entry in self.entries if entry.place < place]
        return found[-1] if found else None

    def _owners(self, inner: Entry) -> list[Entry]:
        """Give an entry and the entries around it, the innermost first."""
        values = {id(entry.value): entry for entry in self.entries}
        out = [inner]
        while (owner := values.get(id(out[-1].owner))) is not None:
            out.append(owner)
        return out

    def _brackets(self, place: Place) -> Collection | None:
        """Give the innermost brackets around a place; they, and those around them, become blocks."""
        around = [value for value in self.brackets if value.place < place < value.end]
        for value in around:
            value.flow = False
        return around[-1] if around else None

    def _beside(self, comment: Comment) -> None:
        place = (comment.line, comment.column)
        self._brackets(place)
        entry = self._previous(place)
        if entry is None:
            self.tree.head.append(comment.text)
            return
        closed = {id(value) for value in self.brackets if value.end <= place}
        owners = self._owners(entry)
        entry = next((one for one in owners if id(one.owner) not in closed), owners[-1])
        if entry.beside:
            entry.before.append(comment.text)
        else:
            entry.beside = comment.text

    def _alone(self, comment: Comment) -> None:
        place = (comment.line, comment.column)
        brackets = self._brackets(place)
        target = self._target(place, brackets)
        if self._empty_before(comment.line):
            target.append("")
        target.append(comment.text)

    def _target(self, place: Place, brackets: Collection | None) -> list[str]:
        """Choose the list of comments that one on a line of its own goes to."""
        previous = self._previous(place)
        if previous is not None and _begins_behind(previous.value, place):
            return previous.before
        following = next((entry for entry in self.entries if entry.place > place), None)
        if brackets is not None:
            inside = [entry for entry in brackets.entries if entry.place > place]
            return inside[0].before if inside else brackets.entries[-1].after
        if following is not None and following.column >= place[1]:
            return following.before
        least = -1 if following is None else following.column
        for owner in [] if previous is None else self._owners(previous):
            around = owner.owner
            if around is None or around is self.tree.root or any(around is one for one in self.brackets):
                continue
            if least < owner.column <= place[1]:
                return around.entries[-1].after
        return self.tree.tail if following is None else following.before


def _begins_behind(value: Value, place: Place) -> bool:
    """Say whether a value that is no block begins behind a place."""
    return value.place > place and (isinstance(value, Scalar) or value.flow)
