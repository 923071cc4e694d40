"""A document in the one style: indentation, quotes, and the order of known members. Its meaning never changes."""

from __future__ import annotations

import json
from collections import Counter

from ..errors import InvalidModelError
from ..schema import canonical_dms
from .render import render
from .tree import Collection, Scalar, Tree, all_comments, parse

_KEY = ("attribute", "type")
_VALUE = ("type", "format", "json", "enum", "attributes", "items")
_ATTRIBUTE = (
    *("attribute", "type", "format", "json", "enum", "template", "required", "omit_empty", "field", "roles"),
    *("encryption", "attributes", "items", "tags"),
)
# The order of the members on each level; `*` stands for the maps of a list. What is under `tags` is the user's own.
ORDER: dict[tuple[str, ...], tuple[str, ...]] = {
    (): ("dms_version", "namespace", "tags", "models"),
    ("models", "*"): (
        *("name", "table", "naming", "discriminator", "keys"),
        *("attributes", "indexes", "views", "tags"),
    ),
    ("keys",): ("partition", "sort"),
    ("partition",): _KEY,
    ("sort",): _KEY,
    ("discriminator",): ("attribute", "value"),
    ("attributes", "*"): _ATTRIBUTE,
    ("items",): _VALUE,
    ("context",): ("model", "attribute"),
    ("indexes", "*"): ("name", "type", "partition", "sort", "projection", "tags"),
    ("projection",): ("type", "fields"),
    ("views", "*"): ("name", "fields"),
}


def is_json(text: str) -> bool:
    """Say whether a document's text is JSON, which is also how it is read."""
    try:
        json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


def format_dms(text: str) -> str:
    r"""Give a document's text in the one style.

    >>> print(format_dms("models: [{ table: {name: abc}, name: 'A', keys: {partition: {type: S, attribute: id}}, "
    ...     "attributes: [{attribute: id, type: S, required: true}]}]\ndms_version: '1.0'"), end="")
    dms_version: "1.0"
    models:
      - name: A
        table: { name: abc }
        keys: { partition: { attribute: id, type: S } }
        attributes: [{ attribute: id, type: S, required: true }]

    Raises InvalidModelError for a text that is no document, and where the result would not mean the same.
    """
    canonical = canonical_dms(text)
    tree = parse(text, is_json=is_json(text))
    comments = Counter(all_comments(tree))
    arrange(tree)
    out = render(tree)
    check_same(canonical, comments, out, is_json=tree.is_json)
    return out


def check_same(canonical: str, comments: Counter[str], out: str, *, is_json: bool) -> None:
    """Refuse a text that lost something: this is our fault and never the document's, and nothing is written."""
    if canonical_dms(out) != canonical:
        raise InvalidModelError("the new text would not mean the same, so nothing is written", path="")
    if Counter(all_comments(parse(out, is_json=is_json))) != comments:
        raise InvalidModelError("the new text would lose a comment, so nothing is written", path="")


def arrange(tree: Tree) -> None:
    """Put the known members of a document into their order, and open what holds much."""
    if isinstance(tree.root, Collection):
        _arrange(tree.root, ())
        _open(tree.root)


def _arrange(value: Collection, level: tuple[str, ...]) -> None:
    names = ORDER.get(level)
    if names is not None and value.is_map:
        places = {name: number for number, name in enumerate(names)}
        value.entries.sort(key=lambda entry: places.get(entry.key or "", len(places)))
    for entry in value.entries:
        if isinstance(entry.value, Scalar) or entry.key == "tags":
            continue
        _arrange(entry.value, (entry.key,) if entry.key is not None else (*level, "*"))


def _open(root: Collection) -> None:
    """Let the document, its models and each model be blocks, however they were written."""
    root.flow = False
    models = root.find("models")
    if models is None or isinstance(models.value, Scalar):
        return
    models.value.flow = False
    for entry in models.value.entries:
        if isinstance(entry.value, Collection):
            entry.value.flow = False
