"""Random programs: a document, a client, and the steps to run, written in the form of a case so that a finding is a case file."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from decimal import InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynamorm_contract.envelopes import additional_data, canonical, data_key, kms_context, seal, wrapped_key
from dynamorm_contract.load import Case
from dynamorm_contract.match import canonical_number

from .models import Documents
from .reads import Reads
from .values import KEY_NAMES, Values

if TYPE_CHECKING:
    from collections.abc import Callable

ANYTHING = {"result": {"$$any": True}}
OPS = {"create": "PutItem", "put": "PutItem", "save": "PutItem", "get": "GetItem", "find": "GetItem", "exists": "GetItem", "update": "UpdateItem", "delete": "DeleteItem"}
KINDS = {"wire": 45, "live": 20, "pure": 20, "document": 10, "reads": 12}
# What each operator fits; no types means any.
ORDERED = {"S", "N", "B"}
OPERATORS: dict[str, set[str]] = {
    **{name: set[str]() for name in ("eq", "ne", "in", "exists", "not_exists", "type")},
    **dict.fromkeys(("lt", "le", "gt", "ge", "between"), ORDERED),
    "begins_with": {"S", "B"},
    "contains": {"S", "L", "SS", "NS", "BS"},
}
STEPS = 6
NESTED = 3
ENCRYPTED = 0.4  # of the programs on the wire and on DynamoDB
ERRORS: tuple[dict[str, Any], ...] = (
    {"type": "ProvisionedThroughputExceededException"},
    {"type": "ValidationException", "message": "The provided key element does not match the schema"},
    {"type": "ValidationException", "message": "Item size has exceeded the maximum allowed size"},
    {"type": "ResourceNotFoundException"},
    {"type": "InternalServerError", "status": 500},
    {"type": "SomethingNew", "status": 503},
    {"type": "AccessDeniedException"},
)

Json = dict[str, Any]


@dataclass
class Program:
    """What one round runs; `live` programs run on a real DynamoDB, the others on the scripted one or on none."""

    kind: str
    document: Json
    client: Json
    steps: list[Json]

    @property
    def target(self) -> str:
        """Give the target of the case."""
        return {"wire": "wire", "live": "live", "reads": "live"}.get(self.kind, "pure")

    def case(self) -> Case:
        """Give the program as a case that accepts every answer."""
        body = {"id": "fuzz-case", "title": "found by the fuzzer", "targets": [self.target], "client": self.client, "steps": self.steps}
        models = {model["name"]: model for model in self.document["models"]}
        return Case("foreign/fuzz-case", "foreign/fuzz-case", "P0", body, models, [self.document], Path(), foreign=True)


def programs(seed: str, targets: list[str], steps: int) -> list[Program]:
    """Give programs of so many steps in all; the same seed gives the same programs."""
    kinds = {kind: weight for kind, weight in KINDS.items() if {"document": "pure", "reads": "live"}.get(kind, kind) in targets}
    out: list[Program] = []
    planned = 0
    while planned < steps:
        chance = random.Random(f"{seed}:{len(out)}")
        program = Programs(chance).program(chance.choices(list(kinds), list(kinds.values()))[0])
        del program.steps[steps - planned :]
        planned += len(program.steps)
        out.append(program)
    return out


class Programs:
    """A source of random programs."""

    def __init__(self, random_: random.Random) -> None:
        """Take the source of chance."""
        self.random = random_
        self.documents = Documents(random_)
        self.model: Json = {}
        self.live = False
        self.encryption: Json = {}
        self.namespace = ""
        # On the live target most calls are sound: what is refused before it is sent teaches nothing about DynamoDB.
        self.values = Values(random_)

    def program(self, kind: str) -> Program:
        """Give a program of a kind."""
        if kind == "reads":
            reads = Reads(self.random)
            return Program(kind, reads.document(), {}, reads.steps())
        document = self.documents.document()
        self.model = document["models"][0]
        self.live = kind == "live"
        self.values = Values(self.random, odd=0.01 if self.live else 0.06, small=self.live)
        sealed = kind in {"wire", "live"} and self.random.random() < ENCRYPTED and self.documents.encrypt(document)
        self.encryption, self.namespace = self.documents.encryption() if sealed else {}, str(document.get("namespace", ""))
        client: Json = ({"encryption": self.encryption} if sealed else {}) | {
            "now": self.random.choice(("2026-01-02T03:04:05.000006Z", "2026-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.123456Z")),
            "tick": "0s",
        }
        keys = [self._key() for _ in range(2)]
        if kind == "wire":
            return Program(kind, document, client, [self._scripted(self._call(keys)) for _ in range(STEPS)])
        if kind == "live":
            # Beginning with a whole item makes the rest meet something.
            first = self._step("put", {"item": self._item(keys[0][0])})
            return Program(kind, document, client, [first, *(self._call(keys) for _ in range(STEPS)), self._step("find", {"key": keys[0][0], "consistent": True})])
        if kind == "pure":
            return Program(kind, document, client, [self._pure() for _ in range(STEPS)])
        texts = [json.dumps(self.documents.mutated() if self.random.random() < 0.8 else self.documents.document(), ensure_ascii=False) for _ in range(STEPS)]
        return Program(kind, document, client, [{"do": "fn.dms.load", "args": {"text": text}, "expect": ANYTHING} for text in texts])

    # ------------------------------------------------------------ calls

    def _step(self, do: str, args: Json) -> Json:
        return {"do": do, "on": self.model["name"], "args": args, "expect": ANYTHING}

    def _call(self, keys: list[tuple[Json, int]]) -> Json:
        do = self.random.choice(("create", "put", "put", "save", "get", "find", "exists", "update", "update", "update", "delete"))
        key, self.values.left = self.random.choice(keys)
        if do in {"create", "put", "save"}:
            return self._step(do, {"item": self._item(key)} | (self._some(0.3, condition=self._condition) | self._some(0.3, return_old=lambda: True) if do == "put" else {}))
        if do in {"get", "find", "exists"}:
            return self._step(do, {"key": key} | self._some(0.3, consistent=lambda: True) | (self._some(0.3, select=self._selection) if do != "exists" else {}))
        versioned = any("version" in one.get("roles", []) for one in self.model["attributes"]) or self.values.odd()
        version = self._some(0.15, expected_version=lambda: {"N": self.random.choice(("1", "2", "0"))}) if versioned else {}
        guard = self._some(0.3, condition=self._condition) | version
        if do == "delete":
            return self._step(do, {"key": key} | guard | self._some(0.2, must_exist=lambda: True) | self._some(0.4, return_old=lambda: True))
        # What an upsert leaves of several required attributes cannot be read, and which one is told is nobody's promise.
        lone = sum(bool(one.get("required")) for one in self.model["attributes"]) <= len(self.model["keys"]) + 1
        returns = self._some(0.3, **{"return": lambda: self.random.choice(("new", "old", "none", "updated_new", "updated_old"))})
        return self._step(do, {"key": key} | self._changes() | guard | returns | self._some(0.3 if lone else 0, upsert=lambda: True))

    def _scripted(self, step: Json) -> Json:
        self.values.left = 1
        return {**step, "wire": [{"op": OPS[step["do"]], "reply": self._reply(step)}]}

    def _reply(self, step: Json) -> Json:
        pick = self.random.random()
        item = self._sealed(self.values.members(self.model["attributes"], stored=True))
        if pick < 0.08:
            return {"error": self.random.choice(ERRORS)}
        if pick < 0.16 and step["do"] not in {"get", "find", "exists"}:
            return {"error": {"type": "ConditionalCheckFailedException", "message": "The conditional request failed"} | ({"item": item} if self.random.random() < 0.7 else {})}
        if OPS[step["do"]] == "GetItem":
            return {"body": {"Item": item} if pick < 0.9 else {}}
        asked = step["do"] == "update" and step["args"].get("return") != "none" and (pick < 0.9 or step["args"].get("return", "new") == "new")
        return {"body": {"Attributes": item} if asked or step["args"].get("return_old") else {}}

    def _sealed(self, item: Json) -> Json:
        """Seal some of a stored item's encrypted attributes, by the conductor's own means; the others stay plain."""
        names = [part["attribute"] for part in self.model["keys"].values()]
        if not self.encryption or not all(name in item for name in names):
            return item
        key = [_key_part(name, item[name]) for name in names]
        if any(part is None for part in key):
            return item
        out = dict(item)
        for one in self.model["attributes"]:
            if "encryption" in one and one["attribute"] in item and self.random.random() < 0.6:
                pinned = one["encryption"].get("context", {})
                context = {"model": pinned.get("model", self.model["name"]), "attribute": pinned.get("attribute", one["attribute"]), "key": key}
                context |= {"client": self.encryption["context"]} if "context" in self.encryption else {}
                context |= {"namespace": self.namespace} if self.namespace else {}
                wrapped = wrapped_key("alias/main", 90 + len(out), kms_context(context))
                out[one["attribute"]] = seal(canonical(item[one["attribute"]]).encode("utf-8", "replace"), data_key(wrapped), bytes(12), wrapped, context)
        return out

    def _pure(self) -> Json:
        self.values.left = 1
        do = self.random.choice(("fn.marshal", "fn.unmarshal", "fn.size", "fn.expression"))
        if do == "fn.expression":
            parts: dict[str, Callable[[], Any]] = {"condition": self._condition, "update": self._changes, "select": self._selection}
            args: Json = {}
            while not args:
                args = self._some(0.6, **parts) or {"select": [["sk"]]}
                # That an update leaves the key alone is no rule of expressions.
                if '"pk"' in json.dumps(args.get("update", {})):
                    args = {}
            return self._step(do, args)
        return self._step(do, {"item": self.values.members(self.model["attributes"], stored=do == "fn.unmarshal")})

    def _some(self, chance: float, **makers: Callable[[], Any]) -> Json:
        return {name: make() for name, make in makers.items() if self.random.random() < chance}

    # ------------------------------------------------------------ items, paths, conditions, changes

    def _key(self) -> tuple[Json, int]:
        """Give a key, and how many odd values a call of it may have besides."""
        self.values.left = 1
        parts = {part["attribute"] for part in self.model["keys"].values()}
        key = {one["attribute"]: self.values.value(one) for one in self.model["attributes"] if one["attribute"] in parts}
        return key, self.values.left

    def _item(self, key: Json) -> Json:
        return self.values.members(self.model["attributes"]) | key

    def _place(self, attributes: list[Json] | None = None) -> tuple[list[Any], Json | None]:
        """Give a path, mostly one the model knows, and the attribute there."""
        if self.values.odd():
            return self.random.choice((["unknown"], ["unknown", "x"], ["pk"], ["pk", "x"], ["a", ""], [0])), None
        attribute: Json | None = self.random.choice(attributes or self.model["attributes"])
        assert attribute is not None
        path: list[Any] = [attribute["attribute"]]
        for _ in range(NESTED):
            if attribute is None or self.random.random() < 0.4:
                break
            if attribute["type"] == "M" and attribute.get("attributes"):
                attribute = self.random.choice(attribute["attributes"])
                assert attribute is not None
                path.append(attribute["attribute"])
            elif attribute["type"] == "L" or (attribute["type"] == "M" and "attributes" not in attribute):
                path.append(self.random.randrange(3) if attribute["type"] == "L" else self.values.name())
                attribute = attribute.get("items")
        return path, attribute

    def _operand(self, attribute: Json | None) -> Any:
        if self.random.random() < 0.08 and not self.live:
            return {"attr": self._place()[0]}
        return {"size": self._place()[0]} if self.values.odd() else self.values.value(attribute)

    def _condition(self, depth: int = 0) -> list[Any]:
        pick = self.random.random()
        if depth < NESTED and pick < 0.25:
            if pick < 0.05:
                return ["not", self._condition(depth + 1)]
            return [self.random.choice(("and", "or")), *(self._condition(depth + 1) for _ in range(self.random.choice((1, 2, 2, 3))))]
        path, attribute = self._place()
        kind = None if attribute is None or self.values.odd() else attribute["type"]
        name = self.random.choice([name for name, fits in OPERATORS.items() if kind is None or not fits or kind in fits])
        left: Any = path
        if name in {"eq", "lt", "between", "in"} and kind not in {"N", "BOOL", "NULL"} and self.random.random() < 0.15:
            left, attribute = {"size": path}, {"type": "N"}
        if name in {"exists", "not_exists"}:
            return [name, path]
        if name == "type":
            return [name, path, "X" if self.values.odd() else self.random.choice(("S", "N", "SS", "M", "L", "NULL", "BOOL"))]
        if name == "in":
            return [name, left, [self._operand(attribute) for _ in range(self.random.choice((1, 2, 3, 0) if self.values.odd() else (1, 2, 3)))]]
        if name in {"begins_with", "contains"}:
            return [name, path, self._part(name, attribute)]
        if name == "between" and not self.values.odd():
            return [name, left, *([self.values.value(attribute)] * 2)]  # a lower end above the upper is refused
        return [name, left, *(self._operand(attribute) for _ in range(2 if name == "between" else 1))]

    def _part(self, name: str, attribute: Json | None) -> Any:
        """Give the operand of begins_with or contains: mostly of the type it has to be."""
        if attribute is None or self.values.odd():
            return self.values.value(None)
        kind = {"SS": "S", "NS": "N", "BS": "B", "L": None}.get(attribute["type"], attribute["type"]) if name == "contains" else attribute["type"]
        return self.values.value(attribute.get("items") if attribute["type"] == "L" else {"type": kind})

    def _selection(self) -> list[Any]:
        return [self._place()[0] for _ in range(self.random.choice((1, 1, 2, 3)))]

    def _changes(self) -> Json:
        out: Json = {}
        free = [one for one in self.model["attributes"] if one["attribute"] not in KEY_NAMES and not set(one.get("roles", [])) - {"ttl"}]
        free = [one for one in free if one["type"] != "NULL" or not one.get("required")]  # setting null removes
        for _ in range(self.random.choice((1, 1, 2, 3)) if free else 0):
            if not free:
                break
            # Two actions on one attribute are mostly one too many.
            chosen = self.random.choice(free)
            if not self.values.odd():
                free.remove(chosen)
            path, attribute = self._place([chosen])
            name = self._clause(attribute)
            if name == "remove":
                out.setdefault(name, []).append(path)
            elif name == "copy":
                out.setdefault(name, []).append([path, self._place()[0]])
            else:
                out.setdefault(name, []).append([path, self._change(name, attribute)])
        return out

    def _clause(self, attribute: Json | None) -> str:
        fits = {"N": ("add", "subtract"), "L": ("append", "prepend"), "SS": ("add_to_set", "delete_from_set"), "NS": ("add_to_set", "delete_from_set"), "BS": ("add_to_set",)}
        own: tuple[str, ...] = fits.get(attribute["type"], ()) if attribute is not None and not attribute.get("roles") else ()
        if own and self.random.random() < 0.5:
            return str(self.random.choice(own))
        if self.values.odd():
            return str(self.random.choice(("add", "append", "add_to_set", "delete_from_set")))
        # A copy that is really made mostly leaves an attribute of another type behind, and several of those cannot be told apart.
        copy = "set" if self.live and not self.values.odd() else "copy"
        if attribute is not None and attribute["type"] == "NULL":
            return self.random.choice(("set", copy))
        if attribute is not None and attribute.get("omit_empty") and not self.values.odd():
            return self.random.choice(("set", "remove", copy))
        gone: tuple[str, ...] = () if attribute is not None and attribute.get("required") and not self.values.odd() else ("remove",)
        return self.random.choice(("set", "set", "set", "set_if_absent", copy, *gone))

    def _change(self, name: str, attribute: Json | None) -> Any:
        if name in {"append", "prepend"}:
            items = (attribute or {}).get("items")
            return {"L": [self.values.value(items) for _ in range(self.random.choice((0, 1, 2)) if items is None or items["type"] != "NULL" else 0)]}
        if name in {"add", "subtract"} and attribute is not None and not self.values.odd():
            # Sums stay small: what a language's own type no longer holds, it refuses to read, and only it.
            return {"N": self.random.choice({"decimal": ("0", "0.1", "-12.5"), None: ("0",)}.get(attribute.get("format"), ("0", "1", "-1", "42")))}
        if name == "set":
            return self._operand(attribute)
        found = [self.values.value(attribute) for _ in range(3)]
        return next((value for value in found if "NULL" not in value), {"S": "a"})


def _key_part(name: str, value: Json) -> list[Any] | None:
    """Give a key attribute as the additional data has it; None of a value that no key has."""
    ((tag, body),) = value.items()
    if tag not in {"S", "N", "B"} or not isinstance(body, str):
        return None
    try:
        part = {tag: canonical_number(body) if tag == "N" else body}
        additional_data({"model": "", "attribute": "", "key": [[name, part]]})
    except (InvalidOperation, ValueError):
        return None
    return [name, part]
