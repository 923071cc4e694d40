"""A document of DMS 0.1 becomes one of 1.0: its text changed where it has to be, its comments kept, each change named.

What 0.1 let stand and 1.0 does not know goes under `tags`, or is refused with its pointer; nothing is lost silently.
What the values mean otherwise is told in meanings.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import InvalidModelError
from ..schema import canonical_dms
from ..schema.versions import DMS_VERSION, DMS_VERSIONS
from ..schema.yaml_text import escape, parse_document
from .format import arrange, check_same, is_json
from .meanings import meanings_of
from .render import render
from .tree import Collection, Entry, Scalar, Tree, all_comments, parse

Json = dict[str, Any]
OLD = "0.1"
_NEW = DMS_VERSION
_TIMES = {"created_at", "updated_at"}
_INDEX_ROLES = {"index_pk": "partition", "index_sk": "sort"}
_KNOWN = {
    "document": {"dms_version", "namespace", "models", "tags"},
    "model": {"name", "table", "naming", "keys", "attributes", "indexes", "tags"},
    "attribute": {
        *("attribute", "type", "format", "required", "optional", "omit_empty", "roles", "json", "binary"),
        *("encryption", "tags"),
    },
    "index": {"name", "type", "partition", "sort", "projection", "tags"},
}
# Members that 0.1 took for absent where they were empty.
_EMPTY = {"namespace": (None, ""), "format": (None, ""), "roles": (None, []), "sort": (None,), "indexes": (None,)}


@dataclass(frozen=True)
class Notice:
    """One change: of the text (`edit`), or of what values and calls mean (`meaning`)."""

    kind: str
    name: str
    paths: list[str]
    what: str

    def as_dict(self) -> Json:
        """Give it for JSON."""
        return asdict(self)


@dataclass
class Upgraded:
    """The new text, and everything that changed."""

    text: str
    notices: list[Notice]


def upgrade_dms(text: str) -> Upgraded:
    """Upgrade a document's text.

    Raises InvalidModelError, whose `path` is the JSON Pointer of what cannot be upgraded.
    """
    document = parse_document(text)
    if isinstance(document, dict) and document.get("dms_version") in DMS_VERSIONS:
        canonical_dms(text)
        return Upgraded(text, [])
    _check(document)
    tree = parse(text, is_json=is_json(text))
    if not isinstance(tree.root, Collection):
        raise _refused("expected a map", "")
    comments = Counter(all_comments(tree))
    work = _Upgrade()
    work.document(tree.root, document)
    arrange(tree)
    return _finished(tree, comments, work.notices)


def _finished(tree: Tree, comments: Counter[str], edits: list[Notice]) -> Upgraded:
    text = render(tree)
    canonical = canonical_dms(text)  # what 1.0 refuses and 0.1 did not is refused here, with its pointer
    check_same(canonical, comments, text, is_json=tree.is_json)
    meanings = [Notice("meaning", name, paths, what) for name, paths, what in meanings_of(parse_document(text))]
    return Upgraded(text, edits + meanings)


def _refused(what: str, pointer: str) -> InvalidModelError:
    return InvalidModelError(what, path=pointer)


def _check(document: Any) -> None:  # noqa: ANN401 - any JSON value
    """Refuse what is no document of 0.1, as far as the work relies on it; the loader of 1.0 sees to the rest."""
    if not isinstance(document, dict):
        raise _refused("expected a map", "")
    if document.get("dms_version") != OLD:
        raise _refused(f"expected dms_version {OLD!r}", "/dms_version")
    _maps(document, "models", "")
    for index, model in enumerate(document["models"]):
        place = f"/models/{index}"
        _maps(model, "attributes", place)
        _maps({"indexes": [], **{name: one for name, one in model.items() if one is not None}}, "indexes", place)
        if not isinstance(model.get("keys"), dict):
            raise _refused("expected a map", f"{place}/keys" if "keys" in model else place)


def _maps(owner: Json, name: str, pointer: str) -> None:
    found = owner.get(name)
    if not isinstance(found, list):
        raise _refused(f"expected a list of maps under {name}", f"{pointer}/{name}" if name in owner else pointer)
    for index, one in enumerate(found):
        if not isinstance(one, dict):
            raise _refused("expected a map", f"{pointer}/{name}/{index}")


@dataclass
class _Upgrade:
    """The changes of the text; each value of the document goes beside its place in the tree."""

    notices: list[Notice] = field(default_factory=list[Notice])

    def _note(self, name: str, pointer: str, what: str) -> None:
        self.notices.append(Notice("edit", name, [pointer], what))

    def document(self, node: Collection, document: Json) -> None:
        node.put("dms_version", Scalar(_NEW))
        self._note("version", "/dms_version", f"{OLD} becomes {_NEW}")
        self._unknown("document", node, document, "")
        self._empty(node, document, "", "namespace")
        for index, (child, model) in enumerate(zip(node.members("models"), document["models"], strict=True)):
            self._model(child, model, f"/models/{index}")

    def _model(self, node: Collection, model: Json, pointer: str) -> None:
        self._unknown("model", node, model, pointer)
        if model.get("naming", ...) in (None, {}) or _convention(model) in (None, ""):
            self._drop(node, "naming", pointer, "it names no convention")
        self._empty(node, model, pointer, "indexes")
        keys = node.map("keys")
        if keys is not None:
            self._empty(keys, model["keys"], f"{pointer}/keys", "sort")
        own = {str(key.get("attribute")) for key in model["keys"].values() if isinstance(key, dict)}
        for index, (child, attribute) in enumerate(zip(node.members("attributes"), model["attributes"], strict=True)):
            self._attribute(child, attribute, f"{pointer}/attributes/{index}", own)
        self._index_roles(node, model, pointer)
        for index, (child, one) in enumerate(zip(node.members("indexes"), model.get("indexes") or [], strict=True)):
            self._index(child, one, f"{pointer}/indexes/{index}")
            self._declare(node, model, one, f"{pointer}/indexes/{index}")

    def _attribute(self, node: Collection, attribute: Json, pointer: str, keys: set[str]) -> None:
        self._unknown("attribute", node, attribute, pointer)
        self._optional(node, attribute, pointer)
        self._binary(node, attribute, pointer)
        self._encryption(node, attribute, pointer)
        self._empty(node, attribute, pointer, "format", "roles")
        roles = attribute.get("roles") or []
        self._format(node, attribute, pointer, set(map(str, roles)) if isinstance(roles, list) else set())
        if str(attribute.get("attribute")) in keys and attribute.get("required") is not True:
            if attribute.get("optional"):
                raise _refused("a key is not optional", f"{pointer}/optional")
            node.put("required", Scalar("true", is_text=False))
            self._note("key-required", pointer, "a key says that it is required")

    def _optional(self, node: Collection, attribute: Json, pointer: str) -> None:
        if "optional" not in attribute:
            return
        if not isinstance(attribute["optional"], bool):
            raise _refused("expected true or false", f"{pointer}/optional")
        if attribute["optional"] and attribute.get("required"):
            raise _refused("both required and optional", f"{pointer}/optional")
        self._drop(node, "optional", pointer, "what is not required is optional")

    def _binary(self, node: Collection, attribute: Json, pointer: str) -> None:
        if attribute.get("binary") and attribute.get("type") != "B":
            raise _refused("binary fits B", f"{pointer}/binary")
        if "binary" in attribute:
            self._drop(node, "binary", pointer, "type B says it")

    def _encryption(self, node: Collection, attribute: Json, pointer: str) -> None:
        if "encryption" not in attribute:
            return
        found = attribute["encryption"]
        if found is None:
            self._drop(node, "encryption", pointer, "null was none")
        elif found in ({}, {"v": 1}) or found is True:
            if found != {}:
                entry = node.find("encryption")
                old = [] if entry is None or isinstance(entry.value, Scalar) else entry.value.entries
                kept = [text for one in old for text in (*one.before, one.beside, *one.after) if text]
                node.put("encryption", Collection(is_map=True, flow=True))
                if entry is not None:
                    entry.before += kept
                self._note("encryption", f"{pointer}/encryption", "it is spelled {}")
        else:
            raise _refused(
                "encryption is {}, {v: 1}, true or null; anything else has no certain meaning", f"{pointer}/encryption"
            )

    def _format(self, node: Collection, attribute: Json, pointer: str, roles: set[str]) -> None:
        if attribute.get("format"):
            return
        wanted: dict[str, tuple[str, ...]] = {"rfc3339nano": ("created_at", "updated_at"), "unix_seconds": ("ttl",)}
        for text, names in wanted.items():
            if roles & set(names) and attribute.get("type") == ("S" if text == "rfc3339nano" else "N"):
                node.put("format", Scalar(text))
                self._note("format-of-role", pointer, f"the role stores {text}, so the format says it")
        if roles & _TIMES and attribute.get("type") != "S":
            raise _refused("0.1 stored these times as S in rfc3339nano", f"{pointer}/type")

    def _index_roles(self, node: Collection, model: Json, pointer: str) -> None:
        indexes = {str(one.get("name")): one for one in model.get("indexes") or []}
        for number, (child, attribute) in enumerate(zip(node.members("attributes"), model["attributes"], strict=True)):
            roles = child.find("roles")
            if roles is None or isinstance(roles.value, Scalar) or roles.value.is_map:
                continue
            place = f"{pointer}/attributes/{number}/roles"
            for index, role in reversed(list(enumerate(attribute["roles"]))):
                self._index_role(roles.value, role, attribute, indexes, (f"{place}/{index}", index))
            if not roles.value.entries:
                child.drop("roles")

    def _index_role(self, roles: Collection, role: Any, attribute: Json, indexes: Json, at: tuple[str, int]) -> None:  # noqa: ANN401 - any JSON value
        kind, _, name = role.partition(":") if isinstance(role, str) else ("", "", "")
        part = _INDEX_ROLES.get(kind)
        if part is None:
            return
        pointer, index = at
        key = (indexes.get(name) or {}).get(part) or {}
        if not isinstance(key, dict) or key.get("attribute") != attribute.get("attribute"):
            raise _refused(f"no index {name!r} has this attribute as its {part} key", pointer)
        gone = roles.entries[index]
        rest = [text for text in (*gone.before, gone.beside, *gone.after) if text]
        del roles.entries[index]
        if rest and roles.entries:
            roles.entries[-1].after += rest
        self._note("index-role", pointer, f"the index {name} says it")

    def _index(self, node: Collection, index: Json, pointer: str) -> None:
        self._unknown("index", node, index, pointer)
        self._empty(node, index, pointer, "sort")
        projection = index.get("projection", ...)
        if projection is ...:
            return
        if projection is None or (isinstance(projection, dict) and projection.get("type") in (None, "")):
            if isinstance(projection, dict) and projection.get("fields"):
                raise _refused("a projection with fields and without type", f"{pointer}/projection")
            self._drop(node, "projection", pointer, "the whole item is what it means unless it is given")
            return
        inner = node.map("projection")
        if inner is not None and isinstance(projection, dict) and projection.get("fields", ...) in (None, []):
            self._drop(inner, "fields", f"{pointer}/projection", "it names none")

    def _declare(self, node: Collection, model: Json, index: Json, pointer: str) -> None:
        """Declare the key of an index that no attribute is: 1.0 wants every key declared."""
        attributes = node.find("attributes")
        if attributes is None or isinstance(attributes.value, Scalar):
            return
        declared = {_text(child, "attribute") for child in node.members("attributes")}
        for part in ("partition", "sort"):
            key = index.get(part)
            name, kind = (
                (str(key.get(member)) for member in ("attribute", "type")) if isinstance(key, dict) else ("", "")
            )
            if not name or name in declared:
                continue
            members = [Entry("attribute", Scalar(name)), Entry("type", Scalar(kind))]
            attributes.value.entries.append(Entry(None, Collection(is_map=True, entries=members, flow=True)))
            declared.add(name)
            self._note("index-key-declared", f"{pointer}/{part}", f"{name} becomes an attribute of {model.get('name')}")

    def _unknown(self, level: str, node: Collection, value: Json, pointer: str) -> None:
        """Move what 0.1 did not know, and passed over, under `tags`."""
        for name in sorted(set(value) - _KNOWN[level]):
            place = f"{pointer}/{escape(name)}"
            tags = value.get("tags", {})
            if not isinstance(tags, dict) or name in tags:
                raise _refused("an unknown member, which has no place under tags", place)
            entry = node.find(name)
            if entry is None:
                continue
            node.entries.remove(entry)
            home = node.map("tags")
            if home is None:
                home = Collection(is_map=True)
                node.put("tags", home)
            home.entries.append(entry)
            self._note("unknown-member", place, "0.1 passed over it; it goes under tags")

    def _empty(self, node: Collection, value: Json, pointer: str, *names: str) -> None:
        for name in names:
            if name in value and value[name] in _EMPTY[name]:
                self._drop(node, name, pointer, "empty was the same as absent")

    def _drop(self, node: Collection, name: str, pointer: str, why: str) -> None:
        if node.find(name) is not None:
            node.drop(name)
            self._note(f"{name}-dropped", f"{pointer}/{name}", why)


def _convention(model: Json) -> Any:  # noqa: ANN401 - any JSON value
    naming = model.get("naming")
    return naming.get("convention") if isinstance(naming, dict) and set(naming) <= {"convention"} else ...


def _text(node: Collection, key: str) -> str | None:
    entry = node.find(key)
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else None
