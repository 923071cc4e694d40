"""DynamoDB expressions compared by meaning: text to a normal form with names and values inlined.

Authors write names bare or in backticks and values as DynamoDB JSON; requests use placeholders. Both become the same tree: AND and OR flattened and sorted, IN lists and
the actions of a clause sorted. A placeholder that is undefined, or defined and unused, is an error by itself.
"""

from __future__ import annotations

import json
import re
from typing import Any

KINDS = {
    "UpdateExpression": "update",
    "ConditionExpression": "condition",
    "FilterExpression": "condition",
    "KeyConditionExpression": "condition",
    "ProjectionExpression": "projection",
}
ENTRIES = ("Put", "Update", "Delete", "ConditionCheck", "Get")
COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
FUNCTIONS = ("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size", "if_not_exists", "list_append")
CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")
_TOKEN = re.compile(
    r"\s+|(?P<quoted>`[^`]*`)|(?P<value>:[A-Za-z0-9_]+)|(?P<alias>\#[A-Za-z0-9_]+)|(?P<index>\[[0-9]+\])"
    r"|(?P<sign><>|<=|>=|=|<|>|\+|-|\(|\)|,|\.)|(?P<word>[^\s`:\#\[\]<>=+\-(),.{}]+)|(?P<json>\{)"
)

Tree = Any


class ExpressionError(Exception):
    """An expression that does not parse, or misuses its placeholders."""


def _tokens(text: str) -> list[tuple[str, Any]]:
    out: list[tuple[str, Any]] = []
    position, decoder = 0, json.JSONDecoder()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise ExpressionError(f"cannot read {text[position : position + 20]!r}")
        if found.lastgroup == "json":
            try:
                value, position = decoder.raw_decode(text, position)
            except ValueError as error:
                raise ExpressionError(f"bad literal at {text[position : position + 20]!r}") from error
            out.append(("literal", value))
            continue
        if found.lastgroup is not None:
            out.append((found.lastgroup, found.group()))
        position = found.end()
    return [*out, ("end", "")]


def _frozen(value: Any) -> Tree:
    """Make a literal hashable, sets in one order."""
    if isinstance(value, dict):
        if len(value) == 1 and next(iter(value)) in ("SS", "NS", "BS"):
            ((tag, members),) = value.items()
            return ("map", (tag, tuple(sorted(members))))
        return ("map", *sorted((key, _frozen(member)) for key, member in value.items()))
    if isinstance(value, list):
        return ("list", *(_frozen(member) for member in value))
    return ("is", type(value).__name__, value)


class Parser:
    """A recursive-descent parser over one expression with its placeholder maps."""

    def __init__(self, text: str, names: dict[str, str] | None, values: dict[str, Any] | None) -> None:
        """Take the text and the request's placeholder maps (None where the text is an author's)."""
        self.tokens = _tokens(text)
        self.names, self.values = names or {}, values or {}
        self.used: set[str] = set()
        self.position = 0

    def peek(self) -> tuple[str, Any]:
        """Look at the next token."""
        return self.tokens[self.position]

    def take(self) -> tuple[str, Any]:
        """Take the next token."""
        self.position += 1
        return self.tokens[self.position - 1]

    def word(self, text: str) -> bool:
        """Tell whether the next token is this keyword."""
        kind, value = self.peek()
        return kind == "word" and value.upper() == text

    def sign(self, text: str) -> bool:
        """Tell whether the next token is this sign."""
        return self.peek() == ("sign", text)

    def expect(self, text: str) -> None:
        """Take this sign or fail."""
        if self.take() != ("sign", text):
            raise ExpressionError(f"expected {text}")

    def name(self) -> str:
        """Parse one name segment: an alias, a bare word, or a name in backticks."""
        kind, text = self.take()
        if kind == "alias":
            if text not in self.names:
                raise ExpressionError(f"undefined name {text}")
            self.used.add(text)
            return self.names[text]
        if kind == "quoted":
            return str(text[1:-1])
        if kind == "word":
            return str(text)
        raise ExpressionError(f"expected a name, found {text!r}")

    def path(self) -> Tree:
        """Parse a document path."""
        segments: list[Any] = [self.name()]
        while True:
            if self.sign("."):
                self.take()
                segments.append(self.name())
            elif self.peek()[0] == "index":
                segments.append(int(self.take()[1][1:-1]))
            else:
                return ("path", *segments)

    def operand(self) -> Tree:
        """Parse a value, a function call, or a path."""
        kind, text = self.peek()
        if kind == "literal":
            self.take()
            return ("value", _frozen(text))
        if kind == "value":
            self.take()
            if text not in self.values:
                raise ExpressionError(f"undefined value {text}")
            self.used.add(text)
            return ("value", _frozen(self.values[text]))
        if kind == "word" and text in FUNCTIONS and self.tokens[self.position + 1] == ("sign", "("):
            self.take()
            return ("call", text, *self.arguments())
        return self.path()

    def arguments(self) -> list[Tree]:
        """Parse operands in parentheses."""
        self.expect("(")
        out = [self.operand()]
        while self.sign(","):
            self.take()
            out.append(self.operand())
        self.expect(")")
        return out

    def sum(self) -> Tree:
        """Parse an operand with `+` and `-` behind it."""
        left = self.operand()
        while self.sign("+") or self.sign("-"):
            left = (self.take()[1], left, self.operand())
        return left

    def condition(self) -> Tree:
        """Parse an OR of ANDs."""
        children = [self.conjunction()]
        while self.word("OR"):
            self.take()
            children.append(self.conjunction())
        return _flat("or", children)

    def conjunction(self) -> Tree:
        """Parse an AND of negations."""
        children = [self.negation()]
        while self.word("AND"):
            self.take()
            children.append(self.negation())
        return _flat("and", children)

    def negation(self) -> Tree:
        """Parse NOT, parentheses, or a comparison."""
        if self.word("NOT"):
            self.take()
            return ("not", self.negation())
        if self.sign("("):
            self.take()
            inner = self.condition()
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Tree:
        """Parse one comparison, BETWEEN, IN, or a function that is a condition."""
        left = self.operand()
        kind, text = self.peek()
        if self.word("BETWEEN"):
            self.take()
            lower = self.operand()
            if not self.word("AND"):
                raise ExpressionError("BETWEEN without AND")
            self.take()
            return ("between", left, lower, self.operand())
        if self.word("IN"):
            self.take()
            return ("in", left, *sorted(self.arguments(), key=repr))
        if kind == "sign" and text in COMPARATORS:
            self.take()
            return (text, left, self.operand())
        if left[0] == "call":
            return left
        raise ExpressionError("not a condition")

    def update(self) -> Tree:
        """Parse an update: each clause once, its actions sorted."""
        out: dict[str, list[Tree]] = {}
        while self.peek()[0] != "end":
            clause = str(self.take()[1]).upper()
            if clause not in CLAUSES or clause in out:
                raise ExpressionError(f"unexpected {clause}")
            out[clause] = [self.action(clause)]
            while self.sign(","):
                self.take()
                out[clause].append(self.action(clause))
            out[clause].sort(key=repr)
        return ("update", *sorted((clause, tuple(actions)) for clause, actions in out.items()))

    def action(self, clause: str) -> Tree:
        """Parse one action of a clause."""
        target = self.path()
        if clause == "REMOVE":
            return (target,)
        if clause == "SET":
            self.expect("=")
            return (target, self.sum())
        return (target, self.operand())

    def projection(self) -> Tree:
        """Parse a list of paths."""
        out = [self.path()]
        while self.sign(","):
            self.take()
            out.append(self.path())
        return ("projection", *sorted(out, key=repr))


def _flat(kind: str, children: list[Tree]) -> Tree:
    out: list[Tree] = []
    for child in children:
        out += list(child[1:]) if child[0] == kind else [child]
    return out[0] if len(out) == 1 else (kind, *sorted(out, key=repr))


def parse(text: str, kind: str, names: dict[str, str] | None = None, values: dict[str, Any] | None = None) -> tuple[Tree, set[str]]:
    """Parse one expression; give the tree and the placeholders it used."""
    parser = Parser(text, names, values)
    tree = getattr(parser, kind)()
    if parser.peek()[0] != "end":
        raise ExpressionError(f"trailing {parser.peek()[1]!r}")
    return tree, parser.used


def normalise(body: dict[str, Any]) -> dict[str, Any]:
    """Replace the expressions of a request by trees and drop the placeholder maps, in each part of a batch or transaction by itself."""
    out = dict(body)
    if isinstance(out.get("TransactItems"), list):
        out["TransactItems"] = [{name: normalise(part) for name, part in entry.items()} if _is_entry(entry) else entry for entry in out["TransactItems"]]
    if isinstance(out.get("RequestItems"), dict):
        out["RequestItems"] = {table: normalise(part) if isinstance(part, dict) and "Keys" in part else part for table, part in out["RequestItems"].items()}
    names, values = out.pop("ExpressionAttributeNames", None), out.pop("ExpressionAttributeValues", None)
    if names == {} or values == {}:
        raise ExpressionError("an empty placeholder map")
    used: set[str] = set()
    for member, kind in KINDS.items():
        if isinstance(out.get(member), str):
            tree, placeholders = parse(out[member], kind, names, values)
            out[member] = {"expression": _jsonable(tree)}
            used |= placeholders
    unused = (set(names or {}) | set(values or {})) - used
    if unused:
        raise ExpressionError(f"unused placeholders {sorted(unused)}")
    return out


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and all(name in ENTRIES and isinstance(part, dict) for name, part in entry.items())


def _jsonable(tree: Tree) -> Any:
    return [_jsonable(member) for member in tree] if isinstance(tree, tuple) else tree
