"""Making a finding small: whatever can go while the same thing is still wrong, goes."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamorm_contract.tagging import TAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .steps import Program

ATTEMPTS = 600
PLAIN = {"S": "a", "N": "1", "B": "AA=="}
# What a step, an exchange or a condition cannot be without.
KEPT = {"do", "on", "args", "expect", "wire", "op", "reply", "key", "item", "type", "attribute"}

Path = tuple[Any, ...]


def shrink(program: Program, still: Callable[[Program], bool], attempts: int = ATTEMPTS) -> Program:
    """Give a smaller program for which `still` holds; one that cannot be made smaller by a single cut, or what so many attempts reached."""
    best = program
    while True:
        for candidate in _candidates(best):
            if attempts == 0:
                return best
            attempts -= 1
            if still(candidate):
                best = candidate
                break
        else:
            return best


def _candidates(program: Program) -> Iterator[Program]:
    """Give every program that is one cut smaller, the boldest cuts first."""
    for index in reversed(range(len(program.steps))):
        if len(program.steps) > 1:
            yield replace(program, steps=program.steps[:index] + program.steps[index + 1 :])
    model = program.document["models"][0]
    keys = {part["attribute"] for part in model["keys"].values()}
    for attribute in model["attributes"]:
        if attribute["attribute"] not in keys:
            yield _without_attribute(program, attribute["attribute"])
    for path in _places(program.steps):
        yield replace(program, steps=_cut(program.steps, path))
    for path in _places(model["attributes"]):
        yield replace(program, document={**program.document, "models": [{**model, "attributes": _cut(model["attributes"], path)}]})
    for name in ("indexes", "views"):
        if name in model:
            yield replace(program, document={**program.document, "models": [{key: value for key, value in model.items() if key != name}]})
    if program.client:
        yield replace(program, client={})


def _without_attribute(program: Program, name: str) -> Program:
    """Take an attribute out of the model and out of every item."""
    model = program.document["models"][0]
    attributes = [one for one in model["attributes"] if one["attribute"] != name]

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(member) for key, member in value.items() if key != name}
        return [strip(member) for member in value] if isinstance(value, list) else value

    return replace(program, document={**program.document, "models": [{**model, "attributes": attributes}]}, steps=strip(program.steps))


def _places(value: Any, at: Path = ()) -> Iterator[Path]:
    """Give the way to everything that a cut can take away or make plain, outer ones first."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        whole = isinstance(value, dict) and (key in KEPT or (len(value) == 1 and key in TAGS))
        if not whole or (key in PLAIN and member != PLAIN[key] and isinstance(member, str)):
            yield (*at, key)
    for key, member in members:
        yield from _places(member, (*at, key))


def _cut(value: Any, path: Path) -> Any:
    """Take a member away; a tagged value's own body becomes a plain one."""
    out = copy.deepcopy(value)
    parent = out
    for key in path[:-1]:
        parent = parent[key]
    if isinstance(parent, dict) and len(parent) == 1 and path[-1] in PLAIN:
        parent[path[-1]] = PLAIN[path[-1]]
    else:
        del parent[path[-1]]
    return out
