"""A DMS document to models and back: defaults filled in, canonical JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from .check import check_document
from .model import ROLE_ORDER, Composed, Discriminator, Field, Index, Key, Model
from .numeral import spell
from .structure import check_structure
from .template import parse_template
from .yaml_text import parse_document

Entry = dict[str, Any]


def load_dms(text: str) -> dict[str, Model]:
    """Load a document's text, YAML or JSON; give its models by name.

    Raises InvalidModelError, whose `path` is the JSON Pointer of the offending entry.
    """
    return load_document(parse_document(text))


def load_document(document: Any) -> dict[str, Model]:  # noqa: ANN401 - any JSON value
    """Load a document that is a JSON value already."""
    check_structure(document)
    check_document(document)
    canonical = _filled(document)
    head = {key: value for key, value in canonical.items() if key != "models"}
    declared = {entry["name"]: entry for entry in document["models"]}
    return {
        entry["name"]: _model(entry, {**head, "models": [entry]}, declared[entry["name"]])
        for entry in canonical["models"]
    }


def canonical_dms(text: str) -> str:
    """Give the canonical JSON of a document's text."""
    document = parse_document(text)
    check_structure(document)
    check_document(document)
    return dump(_filled(document))


def dump(document: Any) -> str:  # noqa: ANN401 - any JSON value
    """Write canonical JSON: sorted keys, no white space, numbers by their one text."""
    if isinstance(document, dict):
        return "{" + ",".join(f"{_quote(key)}:{dump(document[key])}" for key in sorted(document, key=str.encode)) + "}"
    if isinstance(document, list):
        return "[" + ",".join(map(dump, document)) + "]"
    if isinstance(document, str):
        return _quote(document)
    return json.dumps(document) if document is None or isinstance(document, bool) else _number(document)


def _number(number: float) -> str:
    """Write a number of `tags`; a document holds only those that binary64 does."""
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    return ("-" if sign else "") + spell(text.rstrip("0"), int(exponent) + len(text) - 1) if text else "0"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _by_name(entries: list[Entry], name: str = "name") -> list[Entry]:
    return sorted(entries, key=lambda entry: entry[name].encode())


def _filled(document: Entry) -> Entry:
    return document | {"models": _by_name([_filled_model(model) for model in document["models"]])}


def _filled_model(model: Entry) -> Entry:
    keys = {"pk": model["keys"]["partition"]["attribute"], "sk": model["keys"].get("sort", {}).get("attribute")}
    attributes = [_filled_attribute(attribute, keys) for attribute in model["attributes"]]
    indexes = [_filled_index(index, model["keys"]["partition"]) for index in model.get("indexes", [])]
    return model | {
        "attributes": _by_name(attributes, "attribute"),
        "indexes": _by_name(indexes),
        "views": _by_name(model.get("views", [])),
    }


def _filled_attribute(attribute: Entry, keys: dict[str, str | None]) -> Entry:
    named = {role for role, name in keys.items() if name == attribute["attribute"]} | set(attribute.get("roles", []))
    out = _filled_nested(attribute) | {"roles": [role for role in ROLE_ORDER if role in named]}
    if "format" not in out and out["type"] == "S" and named & {"created_at", "updated_at"}:
        out["format"] = "timestamp"
    if "format" not in out and "version" in named:
        out["format"] = "int"
    if "template" in out and named & {"pk", "sk"}:
        out["required"] = True
    return out


def _filled_nested(attribute: Entry) -> Entry:
    return {"required": False, "omit_empty": False} | _filled_value(attribute)


def _filled_value(entry: Entry) -> Entry:
    out: Entry = {"json": False} | entry
    if "attributes" in out:
        out["attributes"] = _by_name([_filled_nested(nested) for nested in out["attributes"]], "attribute")
    if "items" in out:
        out["items"] = _filled_value(out["items"])
    return out


def _filled_index(index: Entry, partition: Entry) -> Entry:
    out: Entry = {"projection": {"type": "ALL"}} | index
    if out["type"] == "LSI":
        out.setdefault("partition", partition)
    if "fields" in out["projection"]:
        out["projection"] = out["projection"] | {"fields": sorted(out["projection"]["fields"], key=str.encode)}
    return out


def _model(entry: Entry, document: Entry, declared: Entry) -> Model:
    mark = Discriminator(**entry["discriminator"]) if "discriminator" in entry else None
    own = mark.attribute if mark is not None else None
    return Model(
        name=entry["name"],
        table=entry["table"]["name"],
        partition=_key(entry["keys"]["partition"]),
        sort=_key(entry["keys"]["sort"]) if "sort" in entry["keys"] else None,
        fields=tuple(
            _field(attribute, said)
            for attribute, said in _as_declared(entry["attributes"], declared["attributes"])
            if "template" not in attribute and attribute["attribute"] != own
        ),
        composed=tuple(
            Composed(attribute["attribute"], parse_template(attribute["template"]))
            for attribute in entry["attributes"]
            if "template" in attribute
        ),
        discriminator=mark,
        indexes=tuple(_index(index) for index in entry["indexes"]),
        views={view["name"]: tuple(view["fields"]) for view in entry["views"]},
        document=document,
    )


def _key(entry: Entry) -> Key:
    return Key(entry["attribute"], entry["type"])


def _index(entry: Entry) -> Index:
    sort = _key(entry["sort"]) if "sort" in entry else None
    projection = entry["projection"]
    return Index(
        entry["name"],
        entry["type"],
        _key(entry["partition"]),
        sort,
        projection["type"],
        tuple(projection.get("fields", ())),
    )


def _as_declared(attributes: list[Entry], declared: list[Entry]) -> list[tuple[Entry, Entry]]:
    """Give attributes in the order of their declaration, each with it: it is the order in which failures are told."""
    by_name = {entry["attribute"]: entry for entry in attributes}
    return [(by_name[entry["attribute"]], entry) for entry in declared]


def _field(entry: Entry, declared: Entry) -> Field:
    nested = _as_declared(entry["attributes"], declared["attributes"]) if "attributes" in entry else None
    return Field(
        name=entry.get("attribute", ""),
        type=entry["type"],
        format=entry.get("format"),
        json=entry["json"],
        required=entry.get("required", False),
        omit_empty=entry.get("omit_empty", False),
        enum=tuple(entry["enum"]) if "enum" in entry else None,
        roles=tuple(entry.get("roles", ())),
        fields=None if nested is None else tuple(_field(member, said) for member, said in nested),
        items=_field(entry["items"], declared["items"]) if "items" in entry else None,
        encryption=entry.get("encryption"),
        field_name=entry.get("field"),
    )
