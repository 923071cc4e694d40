"""Random values, tagged as on the pipe: edges on purpose, and now and then one that has to be refused.

Numbers that no declaration types are those a binary64 holds exactly, for TypeScript has no other number there and says so (spec/20-encoding.md).
"""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamorm_contract.tagging import TAGS

if TYPE_CHECKING:
    import random

Attribute = dict[str, Any]
Tagged = dict[str, Any]

ODD = 0.06  # how often a value is one that has to be refused
TEXTS = ("", "a", "b", "null", "0", "é", "e\u0301", "😀", "ﬀ", "\u0000", "\u2028<&>", "a.b", "`", '"\\', " ", "__proto__", "x" * 90)
EXACT_NUMBERS = (
    "0",
    "-0",
    "0.0",
    "1",
    "-1",
    "1.0",
    "1.50",
    "100",
    "1E+5",
    "1e-7",
    "0.1",
    "9007199254740991",
    "-9007199254740991",
    "1E+37",
    "1E+38",
    "1E-8",
    "1.5E+100",
    "1E-130",
    "5",
)
WIDE_NUMBERS = (
    *EXACT_NUMBERS,
    "9007199254740993",
    "99999999999999999999999999999999999999",
    "-0.12345678901234567890123456789012345678",
    "9.9999999999999999999999999999999999999E+125",
    "-9.9999999999999999999999999999999999999E+125",
    "1234567890123456789012345678901234567.8",
    "1E-130",
    "000012.50",
    "0.00000000000000000000000000000000000000000000000001",
)
LONG_INTEGERS = ("9223372036854775807", "-9223372036854775808", "9007199254740993", "1000000000000000000")
BAD_NUMBERS = ("1E+126", "-1E+126", "1E-131", "1E500", "1E-500", "123456789012345678901234567890123456789", "0.123456789012345678901234567890123456789")
BAD_PLAIN = ("1E+126", "-1E+126", "1E-131")
INTEGERS = ("0", "1", "-1", "42", "9007199254740991", "-9007199254740991", "2147483648", "1.0", "1E+3")
SMALL_INTEGERS = ("0", "1", "-1", "42", "2147483648", "1.0", "1E+3")
FLOATS = ("0", "0.1", "-0", "100", "1e21", "1E-7", "1.7976931348623157E+100", "3.14", "-2.5e-8", "123456789012345680000", "1e22", "5E-10", "0.30000000000000004")
BAD_FLOATS = ("1.7976931348623157E+308", "5E-324", "1E+126")
TIMES = (
    "2026-01-02T03:04:05Z",
    "2026-01-02t03:04:05z",
    "2026-01-02T03:04:05.1Z",
    "2026-01-02T03:04:05.120000+02:00",
    "2026-01-02T03:04:05.000006-11:30",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00.000001Z",
    "9999-12-31T23:59:59.999999Z",
    "1969-12-31T23:59:59.5Z",
    "2024-02-29T23:59:59+23:59",
    "2026-01-02T03:04:05.100000000Z",
)
BAD_TIMES = (
    "2026-01-02T03:04:60Z",
    "2026-02-30T00:00:00Z",
    "2026-01-02T03:04:05",
    "2026-01-02 03:04:05Z",
    "2026-01-02T24:00:00Z",
    "2026-01-02T03:04:05+24:00",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "2026-01-02T03:04:05.Z",
    "2026-1-2T03:04:05Z",
    "2026-01-02T03:04:05.1234567891Z",
    "",
    "now",
)
DATES, BAD_DATES = ("2026-01-02", "0001-01-01", "9999-12-31", "2024-02-29"), ("2026-02-29", "2026-1-2", "20260102", "0000-01-01", "2026-01-02T00:00:00Z", "")
UUIDS = ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "00000000-0000-0000-0000-000000000000")
BAD_UUIDS = ("6ba7b8109dad11d180b400c04fd430c8", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "6ba7b810", "")
NAMES = ("a", "b", "size", "odd.name", "a[0]", "with space", "#hash", ":colon", "0digit", "😀", "é", "`tick`", "__proto__", "constructor", "toString", "items", "S")
KEY_NAMES = {"pk", "sk", "ik"}


def format_of(attribute: Attribute) -> str | None:
    """Give the format an attribute has, by itself or by its role."""
    default = "timestamp" if attribute["type"] == "S" and {"created_at", "updated_at"} & set(attribute.get("roles", [])) else None
    return attribute.get("format", default)


class Values:
    """A source of random values; `stored` ones are spelt as other writers might have, and may be what no library writes."""

    def __init__(self, random_: random.Random, *, odd: float = ODD, small: bool = False) -> None:
        """Take the source of chance; `small` integers leave room for sums, where TypeScript's safe integers end."""
        self.random, self.odd_rate, self.left = random_, odd, 1
        self.integers = SMALL_INTEGERS if small else INTEGERS

    def odd(self) -> bool:
        """Tell whether the next value is to be one that has to be refused; one in a call, for which of two is told first is nobody's promise."""
        if self.left == 0 or self.random.random() >= self.odd_rate:
            return False
        self.left -= 1
        return True

    def name(self) -> str:
        """Give a member's name."""
        return self.random.choice(NAMES)

    def value(self, attribute: Attribute | None, *, stored: bool = False) -> Tagged:
        """Give a value of an attribute; of any type where there is none."""
        if attribute is None:
            return self.untyped(stored=stored)
        # A map that declares a member named like a tag would take a value of another type for its member.
        names = {nested["attribute"] for nested in attribute.get("attributes", [])}
        if (stored or not attribute.get("json")) and not names & TAGS and self.odd():
            return self.wrong(attribute, stored=stored)
        if "attribute" in attribute and not attribute.get("json") and not attribute.get("required") and self.random.random() < 0.04:
            return {"NULL": True}
        kind = attribute["type"]
        if attribute.get("attribute") in KEY_NAMES:
            return self._key(attribute)
        if kind == "S":
            return {"S": self._text(attribute, stored=stored)}
        if kind == "N":
            return {"N": self._number(attribute)}
        if kind == "L" and attribute.get("items", {}).get("type") == "NULL":
            return {"L": []}
        if kind == "L" and attribute.get("items"):
            return {"L": [self.value(attribute["items"], stored=stored) for _ in range(self.random.randrange(4))]}
        if kind == "M" and "attributes" in attribute:
            return {"M": self.members(attribute["attributes"], stored=stored)}
        return self._plain(kind, stored=stored)

    def members(self, attributes: list[Attribute], *, stored: bool = False) -> dict[str, Tagged]:
        """Give the members of an item or typed map; required ones nearly always."""
        out = {}
        for attribute in attributes:
            if not self.odd() if attribute.get("required") else self.random.random() < 0.6:
                out[attribute["attribute"]] = self.value(attribute, stored=stored)
        if self.odd():
            out["unknown"] = self.untyped(stored=stored)
        return out

    def wrong(self, attribute: Attribute, *, stored: bool = False) -> Tagged:
        """Give what the attribute's type refuses, or nearly so."""
        form = format_of(attribute)
        texts = {"timestamp": BAD_TIMES, "rfc3339nano": BAD_TIMES, "date": BAD_DATES, "uuid": BAD_UUIDS, "bool_string": ("TRUE", "", "yes", "1")}
        numbers = {"float": BAD_FLOATS, "int": ("1.5", "1E+30"), "int64": ("1.5", "9223372036854775808"), "unix_seconds": ("1.5",), "unix_millis": ("0.1",)}
        if self.random.random() < 0.5:
            if attribute["type"] == "S" and form in texts:
                return {"S": self.random.choice(texts[form])}
            if attribute["type"] == "N":
                return {"N": self.random.choice(numbers.get(str(form), BAD_NUMBERS))}
            if attribute["type"] == "S" and attribute.get("json") and stored:
                return {"S": self.random.choice(("", "{", '{"a":1,"a":2}', "[1,]", "nan", "'a'", '"\\ud800"', "01", "\ufeff1", "1 2"))}
        if stored and self.random.random() < 0.5:
            return self.random.choice(({"NULL": False}, {"N": "x"}, {"N": ""}, {"NS": ["1", "x"]}))
        # Decimal text is TypeScript's own decimal, so text in its place proves nothing.
        others = ("N", "B", "BOOL", "SS", "NS", "BS", "L", "M", *(() if form == "decimal" else ("S",)))
        return self._plain(self.random.choice([kind for kind in others if kind != attribute["type"]]), stored=stored)

    def untyped(self, depth: int = 0, *, stored: bool = False) -> Tagged:
        """Give a value of any type."""
        return self._plain(self.random.choice(("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M")), depth, stored=stored)

    def text(self) -> str:
        """Give a text."""
        return self.random.choice(TEXTS)

    def binary(self) -> str:
        """Give bytes as base64."""
        return base64.b64encode(bytes(self.random.randrange(256) for _ in range(self.random.choice((0, 1, 2, 3, 5))))).decode()

    def json_text(self, depth: int = 0) -> str:
        """Give JSON text, in no canonical form."""
        pick = self.random.randrange(8 if depth < 3 else 6)
        if pick < 2:
            return json.dumps(self.text(), ensure_ascii=self.random.random() < 0.5)
        if pick < 4:
            return str(Decimal(self.random.choice(EXACT_NUMBERS)))
        if pick < 6:
            return self.random.choice(("null", "true", "false", '""', "0"))
        if pick == 6:
            return "[" + ", ".join(self.json_text(depth + 1) for _ in range(self.random.randrange(4))) + "]"
        names = self.random.sample(NAMES, self.random.randrange(4))
        return "{" + ",".join(f"{json.dumps(name)}: {self.json_text(depth + 1)}" for name in names) + "}"

    def _text(self, attribute: Attribute, *, stored: bool) -> str:
        if attribute.get("json"):
            return self.json_text()
        if "enum" in attribute:
            return str(self.random.choice(attribute["enum"]))
        pools = {"date": DATES, "uuid": UUIDS, "bool_string": ("true", "false")}
        form = format_of(attribute)
        if form in {"timestamp", "rfc3339nano"}:
            return self.random.choice((*TIMES, "2026-01-02T03:04:05.123456789Z") if form == "rfc3339nano" else TIMES)
        del stored
        return self.random.choice(pools[form]) if form in pools else self.text()

    def _key(self, attribute: Attribute) -> Tagged:
        """Give a value that a key may have."""
        if attribute["type"] == "N":
            return {"N": self._number(attribute)}
        if attribute["type"] == "B":
            return {"B": self.random.choice(("AA==", "/w==", "AAEC"))}
        return {"S": self._text(attribute, stored=False) or "k"}

    def _number(self, attribute: Attribute) -> str:
        form = attribute.get("format")
        if "version" in attribute.get("roles", []):
            return self.random.choice(("1", "2", "41"))  # 0 is none in Go, and the last one has no next
        if "ttl" in attribute.get("roles", []):
            return self.random.choice(("0", "1", "1767323045"))
        if form in {"int", "unix_seconds", "unix_millis"}:
            return self.random.choice(self.integers if form == "int" else ("0", "1", "-1", "1767323045", "1767323045123", "253402300799"))
        if form == "int64":
            return self.random.choice((*INTEGERS, *LONG_INTEGERS))
        return self.random.choice({"float": FLOATS, "decimal": WIDE_NUMBERS}.get(str(form), EXACT_NUMBERS))

    def _plain(self, kind: str, depth: int = 0, *, stored: bool = False) -> Tagged:
        if kind == "S":
            return {"S": self.text()}
        if kind == "N":
            return {"N": self.random.choice(BAD_PLAIN) if self.odd() else self.random.choice(EXACT_NUMBERS)}
        if kind == "B":
            return {"B": self.binary()}
        if kind == "BOOL":
            return {"BOOL": self.random.random() < 0.5}
        if kind == "NULL":
            return {"NULL": True}
        if kind in {"SS", "NS", "BS"}:
            return {kind: self._set(kind, stored=stored)}
        return self._nested(kind, depth, stored=stored)

    def _set(self, kind: str, *, stored: bool) -> list[str]:
        if not stored and self.odd():
            return []
        member = {"SS": self.text, "NS": lambda: self.random.choice(EXACT_NUMBERS), "BS": self.binary}[kind]
        return [member() for _ in range(self.random.randrange(1, 5))]

    def _nested(self, kind: str, depth: int, *, stored: bool) -> Tagged:
        if depth == 0 and self.odd():
            return self._chain(self.random.choice((29, 30, 31, 32, 33)))
        count = self.random.randrange(4) if depth < 3 else 0
        if kind == "L":
            return {"L": [self.untyped(depth + 1, stored=stored) for _ in range(count)]}
        return {"M": {name: self.untyped(depth + 1, stored=stored) for name in self.random.sample(NAMES, count)}}

    def _chain(self, length: int) -> Tagged:
        value: Tagged = self.random.choice(({"S": "x"}, {"L": []}, {"M": {}}, {"NULL": True}))
        for _ in range(length):
            value = {"L": [value]} if self.random.random() < 0.5 else {"M": {"a": value}}
        return value
