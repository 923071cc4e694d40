"""The rules of compatibility, as they stand in spec/92-compatibility.md: a name, whether it breaks, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One kind of change."""

    name: str
    breaking: bool
    why: str


_FIRST = "once every reader has the new document, for the old one does not take what is newly allowed"
_BREAKS = {
    "model-removed": "its items stay, and nobody reads or locks them any more",
    "table-changed": "the items stay in the old table",
    "sort-key-added": "the table has another key: no stored item is found",
    "sort-key-removed": "the table has another key: no stored item is found",
    "key-attribute-changed": "the table has another key: no stored item is found",
    "key-type-changed": "the table has another key: no stored item is found",
    "namespace-changed": "the namespace is bound into every envelope: none that is stored opens",
    "discriminator-added": "stored items have no mark: reading them is `DecodeFailed`",
    "discriminator-removed": "new items have no mark: readers of the old document refuse them",
    "discriminator-changed": "stored items have another mark: reading them is `DecodeFailed`",
    "attribute-removed": "its stored values are no longer read, and lost when an item is written whole",
    "required-attribute-added": "stored items lack it: reading them is `DecodeFailed`",
    "type-changed": "stored values have another type: reading them is `DecodeFailed`",
    "format-changed": "the same stored text is refused or means another value, or the same value has another text",
    "required-added": "stored items may lack it: reading them is `DecodeFailed`",
    "enum-added": "stored values may be others: reading them is `DecodeFailed`",
    "enum-value-removed": "stored values may be this one: reading them is `DecodeFailed`",
    "omit-empty-added": "what was stored as empty is left out from now on: readers and conditions find nothing",
    "omit-empty-removed-from-index-key": "an empty value was left out and is refused from now on",
    "json-changed": "a stored text is read as JSON that was none, or the other way round",
    "template-added": "the stored text was composed by nobody, and callers may no longer give it",
    "template-removed": "callers have to give what was composed for them",
    "key-template-changed": "the same parts compose another key: no stored item is found",
    "index-template-changed": "stored items keep the old text and are not found by the index",
    "encryption-added": "stored plain values are `InvalidEncryptedEnvelope`, and old readers find envelopes",
    "encryption-removed": "stored envelopes are read as maps, and new values lie open",
    "encryption-context-changed": "the context is bound into every envelope: none that is stored opens",
    "map-typed": "stored members may not fit, and those that are not declared are lost when written again",
    "list-typed": "stored elements may not fit, and null ones are refused",
    "index-removed": "queries that name it are refused",
    "index-type-changed": "DynamoDB does not change an index: it has to go before the new one comes",
    "index-keys-changed": "DynamoDB does not change an index: it has to go before the new one comes",
    "index-projection-narrowed": "readers of the old document expect attributes that the index no longer holds",
    "index-projection-widened": "DynamoDB does not change a projection: the index lacks what new readers expect",
    "local-index-added": "DynamoDB makes a local index with its table alone",
    "view-removed": "reads that name it are refused",
    "view-narrowed": "readers of the old view expect the attribute",
    "role-taken-up": "the library gives the stored values a duty that their writers did not mean",
    "role-dropped": "the library no longer writes or counts what readers and writers of the old document rely on",
}
_FINE = {
    "model-added": "nothing is stored of it",
    "namespace-changed-unbound": "no envelope is bound to it",
    "discriminator-declared": "the discriminator is written and read whether it is declared as an attribute or not",
    "naming-changed": "it checks names and converts nothing",
    "attribute-added": "it is null in stored items; writers of the old document leave it out",
    "format-widened": f"every stored text reads to the same value; write new ones {_FIRST}",
    "required-removed": f"stored items have it; leave it out {_FIRST}",
    "enum-value-added": f"stored values are among the others; write it {_FIRST}",
    "enum-removed": f"stored values are texts; write others {_FIRST}",
    "enum-reordered": "the order bears no meaning for values",
    "omit-empty-removed": "what was absent stays null, and empty values are stored from now on",
    "omit-empty-on-set": "an empty set is never stored",
    "encryption-context-spelled": "it says what held before",
    "map-untyped": f"every stored member is kept; write others {_FIRST}",
    "list-untyped": f"every stored element is kept; write others {_FIRST}",
    "index-added": "make it before it is queried",
    "view-added": "nobody names it yet",
    "view-widened": "the attribute is read besides",
    "view-reordered": "the order of the fields is that of the request alone",
    "version-added": "absent counts as 0; until every writer has the new document, some changes are not counted",
    "lifecycle-added": "the new attribute is null in stored items",
    "field-renamed": "it is the language's name, not the stored one; callers in that language change theirs",
    "tags-changed": "tags have no meaning for items",
}
RULES = {
    rule.name: rule
    for rule in (
        *(Rule(name, breaking=True, why=why) for name, why in _BREAKS.items()),
        *(Rule(name, breaking=False, why=why) for name, why in _FINE.items()),
    )
}
_TEXTS = ("timestamp", "rfc3339nano", "date", "uuid", "bool_string")
# From a type's format to those that read all of its texts to the same values and write these as the same texts.
WIDER: dict[tuple[str, str | None], set[str | None]] = {
    ("N", "int"): {"int64", "decimal", None},
    ("N", "int64"): {"decimal"},
    ("N", "unix_seconds"): {"int", "int64", "decimal", None},
    ("N", "unix_millis"): {"int", "int64", "decimal", None},
    ("N", "float"): {"decimal", None},
    ("N", None): {"decimal"},
    **{("S", one): {None} for one in _TEXTS},
}
