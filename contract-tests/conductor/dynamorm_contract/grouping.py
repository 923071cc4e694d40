"""Tagging for batches and transactions: lists of values, keys and actions, each by its own model."""

from __future__ import annotations

from typing import Any

from .match import is_operator
from .tagging import tag_arguments, tag_members

Attribute = dict[str, Any]
Models = dict[str, Attribute]
GROUPS = {"batch_get", "batch_put", "batch_delete", "batch_write", "bulk_write", "transact_write", "transact_prepare", "transact_send", "transact_get"}
ACTIONS = ("writes", "actions")
KEY_LISTS = ("done", "undone", "unknown", "unprocessed")


def models_of(arguments: dict[str, Any]) -> list[str]:
    """Name the models that the actions and gets of a call name."""
    return [entry["model"] for name in (*ACTIONS, "gets") for entry in arguments.get(name, []) if isinstance(entry, dict) and "model" in entry]


def tag_group(models: Models, on: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Turn the arguments of a batch or transaction into those of the pipe."""
    model, out = models.get(on, {}), dict(arguments)
    for name in ("items", "keys", "put", "delete"):
        if name in out:
            out[name] = [tag_members(model, members) for members in out[name]]
    for name in ACTIONS:
        if name in out:
            out[name] = [_action(models, action) for action in out[name]]
    if "gets" in out:
        out["gets"] = [{**entry, "key": tag_members(models[entry["model"]], entry["key"])} for entry in out["gets"]]
    return out


def _action(models: Models, action: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name == "model" else tag_arguments(models, action["model"], name, value) for name, value in action.items()}


def owners_of(on: str, arguments: dict[str, Any]) -> list[str]:
    """Give the model of each write or action, in the order in which they are given."""
    for name in (*ACTIONS, "gets"):
        if name in arguments:
            return [entry["model"] for entry in arguments[name]]
    return [on for name in ("put", "delete", "items", "keys") for _ in arguments.get(name, [])]


def tag_group_result(models: Models, on: str, arguments: dict[str, Any], result: Any) -> Any:
    """Tag items and keys of an expected result."""
    if not isinstance(result, dict) or is_operator(result):
        return result
    out = dict(result)
    if "items" in out:
        out["items"] = _values(models, on, arguments, out["items"], by_place="missing" not in out and "gets" in arguments)
    if "missing" in out:
        out["missing"] = _keys(models, on, out["missing"])
    if "failures" in out:
        out["failures"] = [one | {"key": _entry(models, on, one["key"])} if "key" in one else one for one in out["failures"]]
    return out


def tag_after(models: Models, on: str, arguments: dict[str, Any], after: list[Any]) -> list[Any]:
    """Tag the caller's objects, one for each write."""
    owners = owners_of(on, arguments)
    return [None if value is None else tag_members(models[owner], value, expected=True) for owner, value in zip(owners, after, strict=False)] + after[len(owners) :]


def tag_details(models: Models, on: str, arguments: dict[str, Any], details: dict[str, Any]) -> dict[str, Any]:
    """Tag what an expected error says of keys, items and reasons; of these each member that is not written is not compared."""
    out = {("undone" if name == "unprocessed" else name): value for name, value in details.items()}
    for name in KEY_LISTS:
        if isinstance(out.get(name), list):
            out[name] = _keys(models, on, out[name])
    if isinstance(out.get("items"), list):
        out["items"] = _values(models, on, arguments, out["items"], by_place=False)
    if isinstance(out.get("reasons"), list):
        owners = owners_of(on, arguments)
        out["reasons"] = [_reason(models, owners[index] if index < len(owners) else on, reason) for index, reason in enumerate(out["reasons"])]
    if isinstance(out.get("failures"), list):
        out["failures"] = tag_group_result(models, on, arguments, {"failures": out["failures"]})["failures"]
    return {"$$partial": out}


def _reason(models: Models, owner: str, reason: Any) -> Any:
    if not isinstance(reason, dict) or is_operator(reason):
        return reason
    item = {"item": tag_members(models[owner], reason["item"], expected=True)} if isinstance(reason.get("item"), dict) and owner in models else {}
    return {"$$partial": reason | item}


def _values(models: Models, on: str, arguments: dict[str, Any], items: Any, *, by_place: bool) -> Any:
    if is_operator(items) or not isinstance(items, list):
        return items
    if by_place:
        return tag_after(models, on, arguments, items)
    return [_entry(models, on, one) for one in items]


def _keys(models: Models, on: str, keys: Any) -> Any:
    if is_operator(keys) or not isinstance(keys, list):
        return keys
    return [_entry(models, on, key) for key in keys]


def _entry(models: Models, on: str, entry: Any) -> Any:
    """Tag an item or a key, which stands beside its model's name where the call named several."""
    if not isinstance(entry, dict) or (is_operator(entry) and "$$partial" not in entry):
        return entry
    for member in ("item", "key"):
        if set(entry) == {"model", member}:
            return {"model": entry["model"], member: tag_members(models[entry["model"]], entry[member], expected=True)}
    return tag_members(models.get(on, {}), entry, expected=True)
