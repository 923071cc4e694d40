"""Plain values of encrypted attributes, and data keys, where they must never be: in requests, in errors, in what a library logs.

Every step of every case whose models encrypt is searched; no case has to ask for it.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from .envelopes import PARTS
from .grouping import GROUPS
from .tagging import RAW

if TYPE_CHECKING:
    from collections.abc import Iterator

# Shorter texts stand in requests by chance.
SHORTEST = 6
UNSEEN = ("details", "after")
PURE = "fn."

Attribute = dict[str, Any]


def encrypted_names(models: dict[str, Attribute]) -> set[str]:
    """Name the encrypted attributes of the models."""
    return {one["attribute"] for model in models.values() for one in model.get("attributes", []) if "encryption" in one}


def secrets_of(models: dict[str, Attribute], do: str, on: str, arguments: dict[str, Any]) -> set[str]:
    """Give the texts among a call's arguments that are plain values of encrypted attributes."""
    whose = models if do in GROUPS or on not in models else {on: models[on]}
    names = encrypted_names(whose)
    return set() if do.startswith(PURE) or do in RAW or not names else {text for text in _beneath(names, arguments) if len(text) >= SHORTEST}


def _beneath(names: set[str], value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _leaves(member) if key in names else _beneath(names, member)
    elif isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], str) and value[0] in names:  # noqa: PLR2004 - an update's path and operand
            yield from _leaves(value[1])
        else:
            for member in value:
                yield from _beneath(names, member)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)
    elif isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)


def found_in(secrets: set[str], body: Any) -> str | None:
    """Give the first secret that stands in a JSON value: in its text, in that of its strings, or in what its base64 texts hold."""
    if not secrets:
        return None
    text = json.dumps(body, ensure_ascii=False)
    strings = list(_leaves_and_names(body))
    raw = [text.encode("utf-8", "surrogatepass"), *(one.encode("utf-8", "surrogatepass") for one in strings), *filter(None, map(_decoded, strings))]
    for secret in sorted(secrets):
        plain = secret.encode("utf-8", "surrogatepass")
        wanted = {plain, base64.b64encode(plain), *filter(None, [_decoded(secret)])}
        if any(want in one for want in wanted for one in raw):
            return secret
    return None


def _leaves_and_names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for member in value.values():
            yield from _leaves_and_names(member)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves_and_names(member)
    elif isinstance(value, str):
        yield value


def _decoded(text: str) -> bytes | None:
    """Give what a base64 text holds, where it is one of some length."""
    if len(text) < SHORTEST:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def envelopes_in(value: Any) -> Iterator[tuple[str, str, str]]:
    """Give wrapped key, nonce and ciphertext of every envelope in a request."""
    if isinstance(value, dict):
        if set(value) == PARTS and all(isinstance(value[name], dict) and "B" in value[name] for name in ("edk", "nonce", "ct")):
            yield value["edk"]["B"], value["nonce"]["B"], value["ct"]["B"]
        for member in value.values():
            yield from envelopes_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from envelopes_in(member)


def visible(answer: dict[str, Any]) -> dict[str, Any]:
    """Give what of an answer people and logs see of a failure: the error without the caller's own objects and the items in it."""
    error = answer.get("error", {})
    return {name: value for name, value in error.items() if name not in UNSEEN}
