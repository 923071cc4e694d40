"""What a read has to give, in plain code over the items that were put: filtered, sorted and cut without a database and without a library."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

from dynamorm_contract.match import canonical_number

Json = dict[str, Any]
Item = dict[str, Any]


def scalar(value: Json) -> Any:
    """Give a tagged scalar as a value that Python orders as DynamoDB does: text and binary by unsigned bytes, numbers by value."""
    ((tag, body),) = value.items()
    if tag == "N":
        return Decimal(body)
    if tag == "B":
        return base64.b64decode(body)
    return body.encode() if tag == "S" else body


def holds(condition: list[Any], item: Item) -> bool:
    """Evaluate a condition; a comparison with what is absent, or of another type, is false, and only `ne` is true of it."""
    name, *rest = condition
    if name in {"and", "or", "not"}:
        found = [holds(child, item) for child in rest]
        return not found[0] if name == "not" else all(found) if name == "and" else any(found)
    if isinstance(rest[0], dict):
        stored = item.get(rest[0]["size"])
        # DynamoDB Local counts the code units of UTF-16.
        return stored is not None and len(stored["S"].encode("utf-16-le")) // 2 > int(rest[1]["N"])
    stored = item.get(rest[0])
    if name in {"exists", "not_exists"}:
        return bool((stored is not None) == (name == "exists"))
    if stored is None:
        return bool(name == "ne")
    if name == "type":
        return bool(rest[1] in stored)
    if name == "contains":
        ((tag, body),) = stored.items()
        return bool(tag in {"S", "SS"} and rest[1]["S"] in body)
    if name == "in":
        return any(scalar(operand) == scalar(stored) for operand in rest[1])
    return compare(name, scalar(stored), [scalar(operand) for operand in rest[1:]])


def compare(name: str, stored: Any, operands: list[Any]) -> bool:
    """Evaluate one operator."""
    first = operands[0]
    if name == "between":
        return bool(first <= stored <= operands[1])
    if name == "begins_with":
        return bool(stored.startswith(first))
    return bool({"eq": stored == first, "ne": stored != first, "lt": stored < first, "le": stored <= first, "gt": stored > first, "ge": stored >= first}[name])


def refused(args: Json) -> bool:
    """Tell whether a range is upside down, which the library refuses."""
    return any(condition[0] == "between" and scalar(condition[-2]) > scalar(condition[-1]) for condition in [args.get("sort", ["eq"]), *leaves(args.get("filter"))])


def leaves(condition: list[Any] | None) -> list[list[Any]]:
    """Give the comparisons of a condition."""
    if condition is None:
        return []
    if condition[0] in {"and", "or", "not"}:
        return [leaf for child in condition[1:] for leaf in leaves(child)]
    return [condition]


class Heap:
    """The items of the table, by key."""

    def __init__(self, model: Json) -> None:
        """Begin empty."""
        self.model = model
        self.items: dict[tuple[Any, Any], Item] = {}

    def put(self, item: Item) -> None:
        """Store an item."""
        self.items[item["pk"]["S"], scalar(item["sk"])] = item

    def keys(self, args: Json) -> tuple[str, str]:
        """Give partition and sort attribute of what is read."""
        return {"by-name": ("name", "rank"), "by-rank": ("pk", "rank")}.get(args.get("index", ""), ("pk", "sk"))

    def found(self, args: Json) -> list[Item]:
        """Give the items of a read without its limit, in the order of the sort key where there is one."""
        partition, sort = self.keys(args)
        out = [item for item in self.items.values() if partition in item and sort in item]
        if "partition" in args:
            out = [item for item in out if item[partition] == args["partition"]]
        if "sort" in args:
            out = [item for item in out if compare(args["sort"][0], scalar(item[sort]), [scalar(operand) for operand in args["sort"][1:]])]
        if "filter" in args:
            out = [item for item in out if holds(args["filter"], item)]
        return sorted(out, key=lambda item: scalar(item[sort]), reverse=args.get("order") == "desc")

    def shown(self, args: Json, item: Item) -> str:
        """Give what a read shows of an item, as a text that is equal for equal items."""
        projection = next((one.get("projection", {"type": "ALL"}) for one in self.model["indexes"] if one["name"] == args.get("index")), {"type": "ALL"})
        held = {"pk", "sk", *self.keys(args), *projection.get("fields", [])}
        seen = {name: value for name, value in item.items() if projection["type"] == "ALL" or name in held}
        return repr(sorted((name, *_normal(value)) for name, value in seen.items()))

    def wrong(self, do: str, args: Json, result: Json) -> str | None:
        """Say what is wrong with the answer of a read; None where nothing is."""
        found = self.found(args)
        if do == "count":
            return None if result["count"] == len(found) else f"counted {result['count']}, expected {len(found)}"
        if do == "first":
            got, limit = ([] if result["item"] is None else [result["item"]]), 1
        else:
            got, limit = result["items"], args.get("limit", len(found))
        if len(got) != min(limit, len(found)):
            return f"gave {len(got)} items, expected {min(limit, len(found))}"
        want, seen = [self.shown(args, item) for item in found], [self.shown(args, item) for item in got]
        if len(set(seen)) < len(set(want[: len(seen)])) and "limit" not in args and do != "first":
            return "gave an item twice"
        if any(one not in want for one in seen):
            return "gave an item that does not fit, or not as it was put"
        _, sort = self.keys(args)
        order = [scalar(item[sort]) for item in got]
        if "partition" in args and order != [scalar(item[sort]) for item in found[: len(got)]]:
            return "gave the items in another order"
        return None


def _normal(value: Json) -> tuple[Any, ...]:
    ((tag, body),) = value.items()
    return (tag, canonical_number(body) if tag == "N" else sorted(body) if tag == "SS" else body)
