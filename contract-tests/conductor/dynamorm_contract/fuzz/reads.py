"""Random reads: a small table and its indexes, filled, and then queried and scanned in every way; `oracle` says what has to come back."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

ANYTHING = {"result": {"$$any": True}}
ITEMS, READS = 10, 8
# Few values each, so that conditions meet something and sort keys come twice.
TEXTS = ("a", "ab", "b", "é", "z", "😀", "\uff5e")
NUMBERS = ("0", "-1", "2", "10", "1.5", "1E+20", "-0.001")
BYTES = tuple(base64.b64encode(raw).decode() for raw in (b"a", b"ab", b"\x00", b"\x7f", b"\x80", b"\xff\x00"))
VALUES: dict[str, tuple[str, ...]] = {"S": TEXTS, "N": NUMBERS, "B": BYTES}
PROJECTIONS: tuple[dict[str, Any], ...] = ({"type": "ALL"}, {"type": "KEYS_ONLY"}, {"type": "INCLUDE", "fields": ["tags"]})
ORDERED = ("eq", "lt", "le", "gt", "ge", "between")
FIELDS: tuple[dict[str, Any], ...] = (
    {"attribute": "name", "type": "S"},
    {"attribute": "rank", "type": "N"},
    {"attribute": "tags", "type": "SS"},
    {"attribute": "flag", "type": "BOOL"},
)

Json = dict[str, Any]


class Reads:
    """A source of random tables and reads."""

    def __init__(self, random_: random.Random) -> None:
        """Take the source of chance."""
        self.random = random_
        self.model: Json = {}

    def document(self) -> Json:
        """Give a model with a sort key of some type, a global and a local index."""
        sort = self.random.choice(("S", "N", "B"))
        indexes = [
            {
                "name": "by-name",
                "type": "GSI",
                "partition": {"attribute": "name", "type": "S"},
                "sort": {"attribute": "rank", "type": "N"},
                "projection": self.random.choice(PROJECTIONS),
            },
            {"name": "by-rank", "type": "LSI", "sort": {"attribute": "rank", "type": "N"}},
        ]
        self.model = {
            "name": "Heap",
            "table": {"name": "heaps"},
            "keys": {"partition": {"attribute": "pk", "type": "S"}, "sort": {"attribute": "sk", "type": sort}},
            "attributes": [{"attribute": "pk", "type": "S", "required": True}, {"attribute": "sk", "type": sort, "required": True}, *FIELDS],
            "indexes": indexes,
        }
        return {"dms_version": "1.0", "models": [self.model]}

    def steps(self) -> list[Json]:
        """Give the steps: items are put, then read."""
        return [self._step("put", {"item": self._item()}) for _ in range(ITEMS)] + [self._read() for _ in range(READS)]

    def _step(self, do: str, args: Json) -> Json:
        return {"do": do, "on": "Heap", "args": args, "expect": ANYTHING}

    def _value(self, tag: str) -> Json:
        return {tag: self.random.choice(VALUES[tag])}

    def _item(self) -> Json:
        sort = self.model["keys"]["sort"]["type"]
        item = {"pk": {"S": self.random.choice("pq")}, "sk": self._value(sort)}
        makers: dict[str, Callable[[], Json]] = {"name": lambda: self._value("S"), "rank": lambda: self._value("N"), "flag": lambda: {"BOOL": self.random.random() < 0.5}}
        makers["tags"] = lambda: {"SS": self.random.sample(TEXTS, self.random.randint(1, 3))}
        return item | {name: make() for name, make in makers.items() if self.random.random() < 0.75}

    def _read(self) -> Json:
        do = self.random.choice(("query", "query", "query", "scan", "count", "first"))
        index = self.random.choice((None, None, "by-name", "by-rank"))
        args: Json = {} if index is None else {"index": index}
        scanned = do == "scan" or (do == "count" and self.random.random() < 0.3)
        if not scanned:
            args["partition"] = {"S": self.random.choice(TEXTS if index == "by-name" else "pqr")}
            args |= self._some(0.6, sort=lambda: self._sort("N" if index else self.model["keys"]["sort"]["type"])) | self._some(0.4, order=lambda: "desc")
        args |= self._some(0.5, filter=lambda: self._condition(self._filterable(index, scanned=scanned), 0))
        args |= self._some(0.4, page_size=lambda: self.random.randint(1, 4))
        if do in {"query", "scan"}:
            args |= self._some(0.3, limit=lambda: self.random.randint(1, 6))
        return self._step(do, args)

    def _some(self, chance: float, **makers: Any) -> Json:
        return {name: make() for name, make in makers.items() if self.random.random() < chance}

    def _sort(self, tag: str) -> list[Any]:
        operator = self.random.choice(ORDERED if tag == "N" else (*ORDERED, "begins_with"))
        return [operator, *(self._value(tag) for _ in range(2 if operator == "between" else 1))]

    def _filterable(self, index: str | None, *, scanned: bool) -> list[Json]:
        """Give the attributes that a filter may name; sometimes one that it may not."""
        named = [one for one in self.model["attributes"] if one["attribute"] in {"name", "rank", "tags", "flag"}]
        if self.random.random() < 0.05:
            return named
        if index == "by-name":
            held = {"ALL": {"tags", "flag"}, "INCLUDE": {"tags"}, "KEYS_ONLY": {"name", "rank"}}[self.model["indexes"][0]["projection"]["type"]]
            return [one for one in named if one["attribute"] in (held | {"name", "rank"} if scanned else held)]
        return [one for one in named if scanned or index is None or one["attribute"] != "rank"]

    def _condition(self, fields: list[Json], depth: int) -> list[Any]:
        if depth < 2 and self.random.random() < 0.3:
            joined = self.random.choice(("and", "or", "not"))
            return [joined, *(self._condition(fields, depth + 1) for _ in range(1 if joined == "not" else self.random.randint(1, 3)))]
        one = self.random.choice(fields)
        name, tag = one["attribute"], one["type"]
        if tag in {"SS", "BOOL"}:
            choices = [["exists", name], ["not_exists", name], ["type", name, tag]]
            choices += [["contains", name, self._value("S")]] if tag == "SS" else [["eq", name, {"BOOL": True}], ["ne", name, {"BOOL": False}]]
            return self.random.choice(choices)
        operator = self.random.choice((*ORDERED, "ne", "in", "exists", "not_exists", *(("begins_with", "contains", "size") if tag == "S" else ())))
        if operator in {"exists", "not_exists"}:
            return [operator, name]
        if operator == "size":
            return ["gt", {"size": name}, {"N": str(self.random.randint(0, 4))}]
        if operator == "in":
            return ["in", name, [self._value(tag) for _ in range(self.random.randint(1, 3))]]
        return [operator, name, *(self._value(tag) for _ in range(2 if operator == "between" else 1))]
