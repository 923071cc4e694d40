"""What items and calls mean otherwise under DMS 1.0 than under 0.1, each with the attributes it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Entry = dict[str, Any]
_SETS = {"SS", "NS", "BS"}


def _roles(attribute: Entry) -> set[str]:
    return set(attribute.get("roles", ()))


def _is_time(attribute: Entry) -> bool:
    return attribute.get("format") == "rfc3339nano"


def _may_be_null(attribute: Entry) -> bool:
    kept = attribute.get("required") or attribute.get("omit_empty") or attribute.get("json")
    return not kept and attribute["type"] not in _SETS and not _roles(attribute)


def _is_number(attribute: Entry) -> bool:
    return attribute["type"] in {"N", "NS"}


# Of an attribute: a name, for which attributes, and what is otherwise.
OF_ATTRIBUTES: tuple[tuple[str, Callable[[Entry], bool], str], ...] = (
    (
        "encrypted-values-migrate",
        lambda one: "encryption" in one,
        (
            "0.1 bound an envelope to the attribute's name alone, 1.0 binds it to namespace, model, key and "
            "context, too: stored ones are InvalidEncryptedEnvelope; read them with a 0.1 library and write them by 1.0"
        ),
    ),
    (
        "time-text",
        _is_time,
        (
            "0.1 wrote from no to nine fraction digits, and offsets as they came; 1.0 writes UTC with exactly nine: "
            "stored texts are read, but sort and compare otherwise; rewrite them where a key or a condition uses them"
        ),
    ),
    (
        "created-at-kept",
        lambda one: "created_at" in _roles(one),
        "0.1 stamped it on every put; 1.0 keeps a given one on put and save, and stamps on create",
    ),
    (
        "version-starts-at-1",
        lambda one: "version" in _roles(one),
        (
            "0.1 gave a new item version 0 and had update demand the current version; 1.0 gives 1, and locks where a "
            "version is given; stored versions are read and counted on, 0 too"
        ),
    ),
    (
        "ttl-whole-seconds",
        lambda one: "ttl" in _roles(one),
        "1.0 takes whole seconds from 1970 on; a stored number with a fraction is DecodeFailed",
    ),
    (
        "number-text",
        _is_number,
        (
            "0.1 stored a number as the caller's language wrote it; 1.0 writes one canonical text of up to 38 digits, "
            "reads every digit, and refuses NaN, infinities and what DynamoDB would round"
        ),
    ),
    (
        "empty-set-absent",
        lambda one: one["type"] in _SETS,
        "0.1 stored an empty set as NULL, 1.0 leaves it out; both read as the empty set",
    ),
    (
        "json-null-absent",
        lambda one: bool(one.get("json")),
        "0.1 stored null as NULL, 1.0 leaves it out; both read as null. Texts are written anew as canonical JSON",
    ),
    (
        "empty-members",
        lambda one: bool(one.get("omit_empty")) and one["type"] == "M",
        "0.1 took a map whose members were all empty for empty, 1.0 only one without members: {count: 0} is stored",
    ),
    (
        "required-enforced",
        lambda one: bool(one.get("required")) and not _roles(one) & {"pk", "sk"},
        "0.1 checked it on some paths, 1.0 on every one: a stored item without it is DecodeFailed",
    ),
    (
        "format-enforced",
        lambda one: "format" in one and not _roles(one),
        "0.1 did not look at it, 1.0 refuses what does not fit: ValidationFailed on write, DecodeFailed on read",
    ),
    (
        "null-absent",
        _may_be_null,
        "0.1 stored null as NULL, 1.0 leaves it out; both read as null, but attribute_exists tells them apart",
    ),
)
OF_KEYS = ("zero-is-a-key", "0.1 took the number 0 for a missing key, 1.0 takes it for a key")
OF_DOCUMENTS = ("cursors-begin-anew", "a cursor of a 0.1 library is InvalidCursor: pages begin anew")


def meanings_of(document: Entry) -> Iterator[tuple[str, list[str], str]]:
    """Give each change of meaning of an upgraded document, with the paths it is about."""
    attributes = [
        (f"{model['name']}.{attribute['attribute']}", _with_keys(attribute, model["keys"]))
        for model in document["models"]
        for attribute in model["attributes"]
    ]
    for name, concerns, what in OF_ATTRIBUTES:
        paths = [path for path, attribute in attributes if concerns(attribute)]
        if paths:
            yield name, paths, what
    keys = [
        f"{model['name']}.{key['attribute']}"
        for model in document["models"]
        for key in model["keys"].values()
        if key["type"] == "N"
    ]
    if keys:
        yield OF_KEYS[0], keys, OF_KEYS[1]
    yield OF_DOCUMENTS[0], [model["name"] for model in document["models"]], OF_DOCUMENTS[1]


def _with_keys(attribute: Entry, keys: Entry) -> Entry:
    name = attribute["attribute"]
    parts = (("pk", "partition"), ("sk", "sort"))
    named = {role for role, part in parts if keys.get(part, {}).get("attribute") == name}
    return attribute | {"roles": [*attribute.get("roles", ()), *named]}
