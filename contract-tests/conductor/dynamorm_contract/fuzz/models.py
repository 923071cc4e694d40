"""Random documents: every type and format, nested declarations, roles, enums, indexes, odd names."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from .values import NAMES

if TYPE_CHECKING:
    import random

S_FORMATS = (None, None, "timestamp", "rfc3339nano", "date", "uuid", "bool_string")
N_FORMATS = (None, "int", "int64", "float", "decimal", "unix_seconds", "unix_millis")
TYPES = ("S", "S", "S", "N", "N", "N", "B", "BOOL", "NULL", "L", "L", "M", "M", "SS", "NS", "BS")
# A table of each shape is made once, so the shapes are few.
KEYS: tuple[dict[str, Any], ...] = (
    {"partition": {"attribute": "pk", "type": "S"}},
    {"partition": {"attribute": "pk", "type": "S"}, "sort": {"attribute": "sk", "type": "N"}},
    {"partition": {"attribute": "pk", "type": "N"}, "sort": {"attribute": "sk", "type": "S"}},
    {"partition": {"attribute": "pk", "type": "B"}, "sort": {"attribute": "sk", "type": "B"}},
)
KEY_FORMATS: dict[str, tuple[str | None, ...]] = {"S": (None, None, "timestamp", "date", "uuid", "bool_string"), "N": (None, "int", "decimal", "unix_seconds"), "B": (None,)}


class Documents:
    """A source of random documents."""

    def __init__(self, random_: random.Random) -> None:
        """Take the source of chance."""
        self.random = random_

    def document(self) -> dict[str, Any]:
        """Give a document of one sound model, `Fuzz`."""
        shape = self.random.randrange(len(KEYS))
        keys = copy.deepcopy(KEYS[shape])
        attributes = [self._key(part) for part in keys.values()]
        names = self.random.sample(NAMES, self.random.randrange(1, 7))
        attributes += [self.attribute(name) for name in names]
        attributes += self._roles()
        model: dict[str, Any] = {"name": "Fuzz", "keys": keys, "attributes": attributes}
        indexed = self.random.random() < 0.3
        model["table"] = {"name": f"fuzz-{shape}{'-indexed' if indexed else ''}"}
        if indexed:
            # Of one fixed shape, for the same reason; the attribute is of any format that fits.
            attributes.append({"attribute": "ik", "type": "S"} | self._maybe(0.3, omit_empty=True))
            model["indexes"] = [{"name": "by-ik", "type": "GSI", "partition": {"attribute": "ik", "type": "S"}}]
        return {"dms_version": "1.0", "models": [model]}

    def encrypt(self, document: dict[str, Any]) -> bool:
        """Encrypt some of a document's attributes, those that may be; tell whether there was any."""
        model = document["models"][0]
        held = {part["attribute"] for part in model["keys"].values()} | {index["partition"]["attribute"] for index in model.get("indexes", [])}
        chosen = [one for one in model["attributes"] if one["attribute"] not in held and not one.get("roles") and self.random.random() < 0.5]
        for one in chosen:
            one["encryption"] = self.random.choice(({}, {}, {"context": {"model": "Pinned"}}, {"context": {"attribute": "pinned"}}))
        if chosen and self.random.random() < 0.5:
            document["namespace"] = "acme.fuzz"
        return bool(chosen)

    def encryption(self) -> dict[str, Any]:
        """Give a client's setting."""
        cache = {"max_age": self.random.choice(("1s", "60s")), "max_uses": self.random.choice((1, 2, 100))}
        more = self._maybe(0.5, cache=cache) | self._maybe(0.3, context={"tenant": "é", "a": "b"}) | self._maybe(0.7, allow_plaintext_reads=True)
        return {"key": "alias/main", **more}

    def attribute(self, name: str | None, depth: int = 0) -> dict[str, Any]:
        """Give an attribute; nested ones and list items lie one level deeper."""
        kind = self.random.choice(TYPES)
        out: dict[str, Any] = {"type": kind} if name is None else {"attribute": name, "type": kind}
        if kind == "S":
            out |= self._string()
        if kind == "N" and (form := self.random.choice(N_FORMATS)):
            out["format"] = form
        if kind == "M" and depth < 3 and self.random.random() < 0.6:
            out["attributes"] = [self.attribute(nested, depth + 1) for nested in self.random.sample(NAMES, self.random.randrange(4))]
        if kind == "L" and depth < 3 and self.random.random() < 0.6:
            out["items"] = self.attribute(None, depth + 1)
        if name is not None:
            # A required attribute that omit_empty leaves out is refused: too often for a random value.
            out |= self.random.choice(({}, {}, {"omit_empty": True}, {"required": True}))
        return out

    def mutated(self) -> dict[str, Any]:
        """Give a document with something changed that may make it unsound."""
        document = self.document()
        model = document["models"][0]
        if self.random.random() < 0.9:
            target = self.random.choice([document, model, model["keys"], model["table"], *model["attributes"], *model.get("indexes", [])])
            member = self.random.choice([*target, "format", "type", "roles", "json", "items", "enum", "tags", "unknown", "projection", "views", "encryption", "naming", "name"])
            if self.random.random() < 0.25 and member in target:
                del target[member]
            else:
                target[member] = self.random.choice(self._nonsense())
        else:
            model["attributes"].append(copy.deepcopy(self.random.choice(model["attributes"])))
        return document

    def _nonsense(self) -> list[Any]:
        # At most one member each: which of several wrong ones is told first is nobody's promise.
        good = [{"type": "S"}, {"attribute": "pk"}, [{"attribute": "x", "type": "S"}], {"type": "KEYS_ONLY"}, {"type": "INCLUDE"}, {"convention": "snake_case"}]
        return [
            *good,
            None,
            True,
            0,
            1.5,
            "",
            "S",
            "N",
            "timestamp",
            "int",
            "json",
            [],
            {},
            ["ttl"],
            ["version"],
            ["pk"],
            ["created_at", "updated_at"],
            ["a", "a"],
            "pk",
            "1.1",
            "{}",
        ]

    def _key(self, part: dict[str, Any]) -> dict[str, Any]:
        form = self.random.choice(KEY_FORMATS[part["type"]])
        return {"attribute": part["attribute"], "type": part["type"], "required": True} | ({"format": form} if form else {})

    def _string(self) -> dict[str, Any]:
        pick = self.random.random()
        if pick < 0.15:
            return {"json": True}
        if pick < 0.2:
            return {"enum": ["a", "b", ""]}
        form = self.random.choice(S_FORMATS)
        return {"format": form} if form else {}

    def _roles(self) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        times: tuple[dict[str, Any], ...] = ({"type": "S"}, {"type": "S", "format": "rfc3339nano"}, {"type": "N", "format": "unix_seconds"}, {"type": "N", "format": "unix_millis"})
        out += [{"attribute": f"{role}_attr", **self.random.choice(times), "roles": [role]} for role in ("created_at", "updated_at") if self.random.random() < 0.3]
        if self.random.random() < 0.3:
            out.append({"attribute": "version_attr", "type": "N", "format": self.random.choice(("int", "int64")), "roles": ["version"]})
        if self.random.random() < 0.2:
            out.append({"attribute": "ttl_attr", "type": "N", "format": "unix_seconds", "roles": ["ttl"]} | self._maybe(0.5, omit_empty=True))
        return out

    def _maybe(self, chance: float, **members: Any) -> dict[str, Any]:
        return members if self.random.random() < chance else {}
