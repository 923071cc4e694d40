"""What makes a model wrong, each reason with the pointer of the offending entry (spec/10-model.md)."""

from __future__ import annotations

import re
from typing import Any

from ..limits import GSI_MAX, KEY_NAME_MAX_BYTES, LSI_MAX
from .structure import NUMBER_FORMATS, TEXT_FORMATS, refuse
from .template import Part, parse_template

Entry = dict[str, Any]
Form = tuple[str, str | None]
_CONVENTIONS = {
    "snake_case": re.compile(r"_?[a-z][a-z0-9]*(_[a-z0-9]+)*"),
    "camelCase": re.compile(r"_?[a-z][a-zA-Z0-9]*"),
}
_PART_FORMATS: dict[str, tuple[str | None, ...]] = {
    "S": (None, *TEXT_FORMATS),
    "N": (None, "int", "int64", "unix_seconds", "unix_millis"),
}
_ALWAYS = {"PK", "SK"}
_LIFECYCLE = {"created_at", "updated_at", "version", "ttl"}
_TIMES: set[Form] = {("S", None), ("S", "timestamp"), ("S", "rfc3339nano"), ("N", "unix_seconds"), ("N", "unix_millis")}
_FITS: dict[str, set[Form]] = {
    "created_at": _TIMES,
    "updated_at": _TIMES,
    "version": {("N", None), ("N", "int"), ("N", "int64")},
    "ttl": {("N", "unix_seconds")},
}


def check_document(document: Entry) -> None:
    """Check every model of a document, and the models against one another."""
    for index, model in enumerate(document["models"]):
        check_model(model, f"/models/{index}")
    names: set[str] = set()
    tables: dict[str, Entry] = {}
    for index, model in enumerate(document["models"]):
        _distinct(names, model["name"], f"/models/{index}/name")
        first = tables.setdefault(model["table"]["name"], model["keys"])
        if first != model["keys"]:
            raise refuse("models that share a table have the same keys", f"/models/{index}/keys")
    _discriminators(document["models"])


def check_model(model: Entry, pointer: str) -> None:
    """Check one model."""
    convention = model.get("naming", {}).get("convention")
    _attributes(model["attributes"], f"{pointer}/attributes", convention)
    attributes = {attribute["attribute"]: attribute for attribute in model["attributes"]}
    _keys(model, attributes, pointer)
    _roles(model, pointer)
    _indexes(model, attributes, pointer)
    _templates(model, attributes, pointer)
    _discriminator(model, attributes, pointer)
    shown = {name for name in _names(model, attributes) if "template" not in attributes.get(name, {})}
    views: set[str] = set()
    for index, view in enumerate(model.get("views", [])):
        _distinct(views, view["name"], f"{pointer}/views/{index}/name")
        _known(view["fields"], shown, f"{pointer}/views/{index}/fields")


def _distinct(seen: set[str], name: str, pointer: str) -> None:
    if name in seen:
        raise refuse("the name stands here twice", pointer)
    seen.add(name)


def _attributes(attributes: list[Entry], pointer: str, convention: str | None) -> None:
    names: set[str] = set()
    fields: set[str] = set()
    for index, attribute in enumerate(attributes):
        place = f"{pointer}/{index}"
        name = attribute["attribute"]
        _distinct(names, name, f"{place}/attribute")
        if "field" in attribute:
            _distinct(fields, attribute["field"], f"{place}/field")
        if convention and name not in _ALWAYS and _CONVENTIONS[convention].fullmatch(name) is None:
            raise refuse(f"not in {convention}", f"{place}/attribute")
        _value(attribute, place, convention)


def _value(entry: Entry, pointer: str, convention: str | None) -> None:
    """Check what an attribute or a list's element holds."""
    kind, form = entry["type"], entry.get("format")
    if form is not None and form not in {"S": TEXT_FORMATS, "N": NUMBER_FORMATS}.get(kind, ()):
        raise refuse(f"this format does not fit {kind}", f"{pointer}/format")
    if entry.get("json") and (kind != "S" or form is not None):
        raise refuse("json fits S without format", f"{pointer}/json")
    if "enum" in entry and (kind != "S" or form is not None or entry.get("json")):
        raise refuse("enum fits S without format and json", f"{pointer}/enum")
    if "attributes" in entry:
        if kind != "M":
            raise refuse("attributes fit M", f"{pointer}/attributes")
        _attributes(entry["attributes"], f"{pointer}/attributes", convention)
    if "items" in entry:
        if kind != "L":
            raise refuse("items fit L", f"{pointer}/items")
        _value(entry["items"], f"{pointer}/items", convention)


def _keys(model: Entry, attributes: dict[str, Entry], pointer: str) -> None:
    places = {
        attribute["attribute"]: f"{pointer}/attributes/{index}" for index, attribute in enumerate(model["attributes"])
    }
    for name, key in sorted(model["keys"].items()):
        place = f"{pointer}/keys/{name}"
        attribute = _declared(key, attributes, place)
        own = places[key["attribute"]]
        if "encryption" in attribute:
            raise refuse("a key is not encrypted", f"{own}/encryption")
        if attribute.get("json"):
            raise refuse("a key is not json", f"{own}/json")
        if not attribute.get("required") and "template" not in attribute:
            raise refuse("a key is required", own)
    if model["keys"].get("sort", {}).get("attribute") == model["keys"]["partition"]["attribute"]:
        raise refuse("partition and sort key are two attributes", f"{pointer}/keys/sort/attribute")


def _declared(key: Entry, attributes: dict[str, Entry], pointer: str) -> Entry:
    attribute = attributes.get(key["attribute"])
    if attribute is None:
        raise refuse("no such attribute", f"{pointer}/attribute")
    if attribute["type"] != key["type"]:
        raise refuse(f"the attribute is {attribute['type']}", f"{pointer}/type")
    if len(key["attribute"].encode()) > KEY_NAME_MAX_BYTES:
        raise refuse(f"a key's name has at most {KEY_NAME_MAX_BYTES} bytes", f"{pointer}/attribute")
    return attribute


def _roles(model: Entry, pointer: str) -> None:
    names = (("pk", "partition"), ("sk", "sort"))
    keys: dict[str, str | None] = {role: model["keys"].get(name, {}).get("attribute") for role, name in names}
    seen: set[str] = set()
    for index, attribute in enumerate(model["attributes"]):
        for position, role in enumerate(attribute.get("roles", [])):
            place = f"{pointer}/attributes/{index}/roles/{position}"
            if role in seen:
                raise refuse("a role is used once", place)
            seen.add(role)
            if role in keys and keys[role] != attribute["attribute"]:
                raise refuse(f"not the key that {role} names", place)
            if role in _FITS and not _fits(role, attribute):
                raise refuse(f"{role} does not fit this type and format", place)
            if "encryption" in attribute:
                raise refuse("an attribute with a role is not encrypted", f"{pointer}/attributes/{index}/encryption")


def _fits(role: str, attribute: Entry) -> bool:
    # The role of a time gives S its format, which neither json nor enum has.
    plain = not attribute.get("json") and "enum" not in attribute
    return plain and (attribute["type"], attribute.get("format")) in _FITS[role]


def _indexes(model: Entry, attributes: dict[str, Entry], pointer: str) -> None:
    counts = {"LSI": 0, "GSI": 0}
    names: set[str] = set()
    for index, entry in enumerate(model.get("indexes", [])):
        place = f"{pointer}/indexes/{index}"
        _distinct(names, entry["name"], f"{place}/name")
        counts[entry["type"]] += 1
        if counts[entry["type"]] > {"LSI": LSI_MAX, "GSI": GSI_MAX}[entry["type"]]:
            raise refuse(f"too many indexes of type {entry['type']}", place)
        if entry["type"] == "LSI":
            _local(model, entry, place)
        elif "partition" not in entry:
            raise refuse("partition is missing", place)
        for name in ("partition", "sort"):
            if name in entry and "encryption" in _declared(entry[name], attributes, f"{place}/{name}"):
                raise refuse("an index key is not encrypted", f"{place}/{name}/attribute")
        _projection(entry.get("projection", {"type": "ALL"}), _names(model, attributes), f"{place}/projection")


def _local(model: Entry, entry: Entry, pointer: str) -> None:
    if "sort" not in model["keys"]:
        raise refuse("a local index needs a table with a sort key", pointer)
    if "sort" not in entry:
        raise refuse("a local index has a sort key of its own", pointer)
    partition = model["keys"]["partition"]
    if entry.get("partition", partition)["attribute"] != partition["attribute"]:
        raise refuse("a local index has the table's partition key", f"{pointer}/partition")


def _projection(projection: Entry, names: set[str], pointer: str) -> None:
    if projection["type"] == "INCLUDE":
        if "fields" not in projection:
            raise refuse("INCLUDE names its fields", pointer)
        _known(projection["fields"], names, f"{pointer}/fields")
    elif "fields" in projection:
        raise refuse("fields belong to INCLUDE", f"{pointer}/fields")


def _known(names: list[str], known: set[str], pointer: str) -> None:
    for index, name in enumerate(names):
        if name not in known:
            raise refuse("no such attribute", f"{pointer}/{index}")


def _names(model: Entry, attributes: dict[str, Entry]) -> set[str]:
    """Give what an item may hold by name: its attributes, and the discriminator."""
    return {*attributes} | ({model["discriminator"]["attribute"]} if "discriminator" in model else set())


def _index_keys(model: Entry) -> set[str]:
    keys = (index.get(name) for index in model.get("indexes", []) for name in ("partition", "sort"))
    return {key["attribute"] for key in keys if key is not None}


def _templates(model: Entry, attributes: dict[str, Entry], pointer: str) -> None:
    table_keys = {key["attribute"] for key in model["keys"].values()}
    index_keys = _index_keys(model)
    for position, attribute in enumerate(model["attributes"]):
        if "template" not in attribute:
            continue
        place, name = f"{pointer}/attributes/{position}/template", attribute["attribute"]
        try:
            parts = parse_template(attribute["template"]).parts
        except ValueError as error:
            raise refuse(str(error), place) from None
        if name not in table_keys | index_keys:
            raise refuse("a template composes a key of the table or of an index", place)
        if (
            attribute["type"] != "S"
            or {"format", "enum"} & set(attribute)
            or attribute.get("json")
            or attribute.get("omit_empty")
            or _LIFECYCLE & set(attribute.get("roles", []))
            or (attribute.get("required") and name not in table_keys)
        ):
            raise refuse("a composed attribute is a plain S", place)
        for part in parts:
            _part(part, attributes.get(part.name, {}), place, in_table_key=name in table_keys)


def _part(part: Part, attribute: Entry, pointer: str, *, in_table_key: bool) -> None:
    kind, roles = attribute.get("type", ""), set(attribute.get("roles", []))
    if (
        attribute.get("format") not in _PART_FORMATS.get(kind, ())
        or (kind == "N") != (part.width is not None)
        or {"template", "encryption"} & set(attribute)
        or attribute.get("json")
        or roles & {"updated_at", "version"}
    ):
        raise refuse(f"no part of a key: {part.name}", pointer)
    if in_table_key and (attribute.get("omit_empty") or "created_at" in roles):
        raise refuse(f"no part of the table's key: {part.name}", pointer)


def _discriminator(model: Entry, attributes: dict[str, Entry], pointer: str) -> None:
    if "discriminator" not in model:
        return
    name = model["discriminator"]["attribute"]
    place = f"{pointer}/discriminator/attribute"
    convention = model.get("naming", {}).get("convention")
    if convention and name not in _ALWAYS and _CONVENTIONS[convention].fullmatch(name) is None:
        raise refuse(f"not in {convention}", place)
    if name in {key["attribute"] for key in model["keys"].values()} | _index_keys(model):
        raise refuse("a discriminator is no key", place)
    declared = attributes.get(name, {"type": "S"})
    said = {"format", "enum", "encryption", "template"} & set(declared)
    if declared["type"] != "S" or said or declared.get("json") or declared.get("roles"):
        raise refuse("a discriminator is a plain S", place)
    for position, index in enumerate(model.get("indexes", [])):
        projection = index.get("projection", {"type": "ALL"})
        if projection["type"] != "ALL" and name not in projection.get("fields", []):
            raise refuse("an index projects the discriminator", f"{pointer}/indexes/{position}/projection")


def _discriminators(models: list[Entry]) -> None:
    seen: set[tuple[str, str, str]] = set()
    for position, model in enumerate(models):
        if "discriminator" in model:
            mark = (model["table"]["name"], model["discriminator"]["attribute"], model["discriminator"]["value"])
            if mark in seen:
                raise refuse("another model of the table has it", f"/models/{position}/discriminator/value")
            seen.add(mark)
