"""The size of an item by DynamoDB's rules, as a lower bound in bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .value import AttributeValue, Item

CONTAINER_BYTES, ELEMENT_BYTES = 3, 1
_TOO_LARGE = re.compile(r"[Ii]tem size .*exceeded the maximum")


def item_size(item: Item) -> int:
    """Give an item's size: names and values.

    >>> item_size({"id": {"S": "é"}, "n": {"N": "-12.5"}})
    8
    """
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def says_too_large(message: str) -> bool:
    """Tell whether what DynamoDB says of a request it refuses is that an item is too large."""
    return _TOO_LARGE.search(message) is not None


def value_size(value: AttributeValue) -> int:
    """Give the size of one value."""
    ((tag, body),) = value.items()
    if tag == "S":
        return len(body.encode())
    if tag == "N":
        return _number_size(body)
    if tag == "B":
        return _binary_size(body)
    if tag in {"SS", "NS", "BS"}:
        return sum(value_size({tag[0]: member}) for member in body)
    if tag == "L":
        return CONTAINER_BYTES + sum(ELEMENT_BYTES + value_size(member) for member in body)
    if tag == "M":
        return CONTAINER_BYTES + sum(
            ELEMENT_BYTES + len(name.encode()) + value_size(member) for name, member in body.items()
        )
    return 1


def _number_size(text: str) -> int:
    digits = text.partition("E")[0].replace("-", "").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1


def _binary_size(text: str) -> int:
    return len(text) * 3 // 4 - text[-2:].count("=")
