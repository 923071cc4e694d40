"""What an item means: an oracle of its own for the round trip, apart from every library's codec."""

from __future__ import annotations

from typing import Any

from dynamorm_contract.differential import instant, normal_members
from dynamorm_contract.match import SETS, canonical_number

OWNED = {"created_at", "updated_at", "version"}


def meant(model: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """Give an item in normal form, without what the library owns."""
    owned = {one["attribute"] for one in model["attributes"] if OWNED & set(one.get("roles", []))}
    members = _members(model["attributes"], {name: value for name, value in item.items() if name not in owned})
    return normal_members(model, members, mine=True)


def meant_key(model: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """Give the key of an item in normal form."""
    names = [part["attribute"] for part in model["keys"].values()]
    return meant(model, {name: item[name] for name in names if name in item})


def _members(attributes: list[dict[str, Any]], members: dict[str, Any]) -> dict[str, Any]:
    known = {one["attribute"]: one for one in attributes}
    values = {name: _value(known.get(name, {}), value) for name, value in members.items()}
    return {name: value for name, value in values.items() if not _absent(known.get(name, {}), value)}


def _absent(attribute: dict[str, Any], value: dict[str, Any]) -> bool:
    """Tell whether a null, an empty set or a null JSON value stands for nothing."""
    ((tag, body),) = value.items()
    return tag == "NULL" or (tag in SETS and not body) or (bool(attribute.get("json")) and str(body).strip() == "null")


def _value(attribute: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    ((tag, body),) = value.items()
    form = attribute.get("format")
    if form in {"timestamp", "rfc3339nano"} and tag == "S":
        return {"S": instant(body) or body}
    if form == "uuid" and tag == "S":
        return {"S": body.lower()}
    if tag in SETS:
        return {tag: normal_set(tag, body)}
    if tag == "M" and "attributes" in attribute:
        return {"M": _members(attribute["attributes"], body)}
    if tag == "M":
        return {"M": {name: _value({}, member) for name, member in body.items()}}
    if tag == "L":
        return {"L": [_value(attribute.get("items") or {}, member) for member in body]}
    return value


def normal_set(tag: str, members: list[str]) -> list[str]:
    """Give a set's members without repetitions."""
    return sorted({canonical_number(member) if tag == "NS" else member for member in members})
