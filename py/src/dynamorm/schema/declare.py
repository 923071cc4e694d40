"""Python's own way to say a model: a pydantic class with annotated roles, to the same DMS document as the YAML.

    class Order(Model, table="orders"):
        customer_id: Annotated[str, PartitionKey()]
        order_id: Annotated[str, SortKey()]
        total: Decimal | None = None
        version: Annotated[int | None, Version()] = None
"""

from __future__ import annotations

import types

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import EnumMeta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo

from ..errors import InvalidModelError
from .dms import load_document
from .model import Model as Schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Marker:
    """Something said about an attribute inside `Annotated`."""


@dataclass(frozen=True)
class _Role(Marker):
    role: ClassVar[str] = ""


class PartitionKey(_Role):
    """The table's partition key."""

    role = "pk"


class SortKey(_Role):
    """The table's sort key."""

    role = "sk"


class CreatedAt(_Role):
    """The library writes when the item was created."""

    role = "created_at"


class UpdatedAt(_Role):
    """The library writes when the item was last changed."""

    role = "updated_at"


class Version(_Role):
    """The library counts the writes and refuses stale ones."""

    role = "version"


class TTL(_Role):
    """DynamoDB removes the item some time after this instant (unix seconds)."""

    role = "ttl"


@dataclass(frozen=True)
class Attribute(Marker):
    """What the annotation's type does not say: the attribute's name, its format, and how it is stored."""

    name: str | None = None
    type: str | None = None
    format: str | None = None
    omit_empty: bool = False
    json: bool = False
    field: str | None = None


@dataclass(frozen=True)
class Encrypted(Marker):
    """Stored as an envelope, readable only with a key."""

    context: tuple[tuple[str, str], ...] = ()


OmitEmpty = Attribute(omit_empty=True)
Json = Attribute(json=True)
BoolString = Attribute(type="S", format="bool_string")
Int64 = Attribute(format="int64")
UnixSeconds = Attribute(type="N", format="unix_seconds")
UnixMillis = Attribute(type="N", format="unix_millis")
Rfc3339Nano = Attribute(format="rfc3339nano")
Number = int | Decimal
"""An N without format: an int where it is integral, else a Decimal."""


@dataclass(frozen=True)
class Index:
    """A secondary index, by attribute names; `local` indexes share the table's partition key."""

    name: str
    partition: str | None = None
    sort: str | None = None
    local: bool = False
    projection: Literal["ALL", "KEYS_ONLY", "INCLUDE"] = "ALL"
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """A named read projection."""

    name: str
    fields: tuple[str, ...]


_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "S"},
    datetime: {"type": "S", "format": "timestamp"},
    date: {"type": "S", "format": "date"},
    UUID: {"type": "S", "format": "uuid"},
    bool: {"type": "BOOL"},
    int: {"type": "N", "format": "int"},
    float: {"type": "N", "format": "float"},
    Decimal: {"type": "N", "format": "decimal"},
    bytes: {"type": "B"},
    type(None): {"type": "NULL"},
    None: {"type": "NULL"},
    list: {"type": "L"},
    dict: {"type": "M"},
}


class _Base(BaseModel):
    """What models and nested maps share: attribute names as aliases, nothing unknown, nothing lost."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True, arbitrary_types_allowed=True, hide_input_in_errors=True, serialize_by_alias=False)

    def __init_subclass__(cls, **_options: Any) -> None:  # noqa: ANN401 - class keywords
        """Let class keywords pass; pydantic hands them to the hook below once the fields are known."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:  # noqa: ANN401 - class keywords
        """Give every field its attribute's name as alias, so that values by attribute name validate."""
        changed = False
        for name, info in cls.model_fields.items():
            alias = _said(info).name or name
            if alias != name and info.alias is None:
                info.alias = info.validation_alias = info.serialization_alias = alias
                changed = True
        if changed:
            cls.model_rebuild(force=True)

    @model_validator(mode="before")
    @classmethod
    def _read_exactly(cls, values: Any) -> Any:  # noqa: ANN401 - whatever the caller gave
        """Take texts away that pydantic would round or reinterpret: times of more digits, text where bytes or numbers belong."""
        if not isinstance(values, dict):
            return values
        return {key: _exact(value, cls._plain_types().get(key)) for key, value in values.items()}

    @classmethod
    def _plain_types(cls) -> dict[str, Any]:
        found: dict[str, Any] | None = cls.__dict__.get("__dynamorm_types__")
        if found is None:
            found = {}
            for name, info in cls.model_fields.items():
                plain, _optional = _unwrap(info.annotation)
                found[name] = found[info.alias or name] = plain
            cls.__dynamorm_types__ = found
        return found

    __dynamorm_types__: ClassVar[dict[str, Any]]

    def __dynamorm_attributes__(self) -> dict[str, Any]:
        """Give the values by attribute name, as they are."""
        return {info.alias or name: getattr(self, name) for name, info in type(self).model_fields.items()}


class _Unreadable:
    """Stands for a value that pydantic would round or reinterpret; it fits no type, so that the refusal names the field."""


def _exact(value: Any, kind: Any) -> Any:  # noqa: ANN401 - whatever the caller gave
    if kind is datetime and isinstance(value, str):
        from ..codec.time import TimeError, read_timestamp  # noqa: PLC0415 - the codec stands above the schema; this is a service of it at run time

        try:
            return read_timestamp(value)
        except TimeError:
            return _Unreadable()
    unfit = (kind is bytes and isinstance(value, str)) or (kind in {int, float, Decimal} and isinstance(value, (str, bool)))
    return _Unreadable() if unfit else value


class Nested(_Base):
    """A typed map inside an item."""


class Model(_Base):
    """An item's model. Class keywords: table (required), name, dms_namespace, naming, indexes, views.

    Raises InvalidModelError when the class is made, with the pointer into the DMS document it amounts to.
    """

    __dynamorm_schema__: ClassVar[Schema]

    @classmethod
    def __pydantic_init_subclass__(
        cls,
        *,
        table: str = "",
        name: str | None = None,
        dms_namespace: str | None = None,
        naming: str | None = None,
        indexes: Sequence[Index] = (),
        views: Sequence[View] = (),
        **options: Any,  # noqa: ANN401 - pydantic's own keywords
    ) -> None:
        """Turn the class into its DMS document and check it."""
        super().__pydantic_init_subclass__(**options)
        if not table:  # a base that other models extend
            return
        entry: dict[str, Any] = {"name": name or cls.__name__, "table": {"name": table}}
        if naming is not None:
            entry["naming"] = {"convention": naming}
        entry["attributes"] = _attributes(cls, nested=False)
        entry["keys"] = _keys(entry["attributes"])
        types_of = {attribute["attribute"]: attribute["type"] for attribute in entry["attributes"]}
        entry["indexes"] = [_index(index, types_of) for index in indexes]
        entry["views"] = [{"name": view.name, "fields": list(view.fields)} for view in views]
        document = {"dms_version": "1.0", "models": [entry]} | ({} if dms_namespace is None else {"namespace": dms_namespace})
        cls.__dynamorm_schema__ = load_document(document)[entry["name"]]

    @classmethod
    def from_attributes_map(cls, values: Mapping[str, Any]) -> Self:
        """Make an instance of values by attribute name."""
        return cls.model_validate(dict(values))


def schema_of(model: type[Model]) -> Schema:
    """Give the description of a model class."""
    schema = model.__dict__.get("__dynamorm_schema__")
    if not isinstance(schema, Schema):
        raise InvalidModelError(f"{model.__name__} has no table", path="/models/0/table")
    return schema


def _said(info: FieldInfo) -> Attribute:
    """Merge what the markers of a field say."""
    out = Attribute()
    for marker in info.metadata:
        if isinstance(marker, Attribute):
            given = {name: value for name, value in vars(marker).items() if value}
            out = Attribute(**(vars(out) | given))
    return out


def _unwrap(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401 - a type expression
    """Take `None` out of a union; tell whether it was there."""
    if get_origin(annotation) is Annotated:
        return _unwrap(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        members = [member for member in get_args(annotation) if member is not type(None)]
        optional = len(members) < len(get_args(annotation))
        if len(members) == 1:
            return _unwrap(members[0])[0], optional
        return Union[tuple(members)], optional  # noqa: UP007 - made at run time
    return annotation, False


def _attributes(cls: type[BaseModel], *, nested: bool) -> list[dict[str, Any]]:
    return [_attribute(name, info, nested=nested) for name, info in cls.model_fields.items()]


def _attribute(name: str, info: FieldInfo, *, nested: bool) -> dict[str, Any]:
    said = _said(info)
    plain, optional = _unwrap(info.annotation)
    out: dict[str, Any] = {"attribute": info.alias or name} | _value(plain, said)
    if not optional and info.is_required() and plain is not type(None):
        out["required"] = True
    if said.omit_empty:
        out["omit_empty"] = True
    if said.field:
        out["field"] = said.field
    roles = [marker.role for marker in info.metadata if isinstance(marker, _Role)]
    if roles and not nested:
        out["roles"] = roles
    for marker in info.metadata:
        if isinstance(marker, Encrypted):
            out["encryption"] = {"context": dict(marker.context)} if marker.context else {}
    return out


def _value(plain: Any, said: Attribute) -> dict[str, Any]:  # noqa: ANN401 - a type expression
    out = {"type": "S", "json": True} if said.json else _typed(plain)
    if said.type:
        out = {"type": said.type}
    if said.format:
        out["format"] = said.format
    return out


def _typed(plain: Any) -> dict[str, Any]:  # noqa: ANN401 - a type expression
    if plain in _PLAIN:
        return dict(_PLAIN[plain])
    origin, members = get_origin(plain), get_args(plain)
    if origin in {Union, types.UnionType} and set(members) == {int, Decimal}:
        return {"type": "N"}
    if origin is Literal:
        return {"type": "S", "enum": [str(member) for member in members]}
    if isinstance(plain, EnumMeta):
        return {"type": "S", "enum": [str(member.value) for member in plain]}  # type: ignore[var-annotated]
    if origin in {set, frozenset}:
        return {"type": {str: "SS", bytes: "BS"}.get(members[0], "NS")}
    if origin is list:
        return {"type": "L"} if members[0] in {Any, object} else {"type": "L", "items": _element(members[0])}
    if origin is dict:
        return {"type": "M"}
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return {"type": "M", "attributes": _attributes(plain, nested=True)}
    raise InvalidModelError(f"{plain!r} has no DynamoDB type", path="/models/0/attributes")


def _element(annotation: Any) -> dict[str, Any]:  # noqa: ANN401 - a type expression
    plain, _optional = _unwrap(annotation)
    info = FieldInfo.from_annotation(annotation)
    return _value(plain, _said(info))


def _keys(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for attribute in attributes:
        for role, name in (("pk", "partition"), ("sk", "sort")):
            if role in attribute.get("roles", []):
                out[name] = {"attribute": attribute["attribute"], "type": attribute["type"]}
    return out


def _index(index: Index, types_of: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {"name": index.name, "type": "LSI" if index.local else "GSI", "projection": {"type": index.projection}}
    for part in ("partition", "sort"):
        name = getattr(index, part)
        if name is not None:
            out[part] = {"attribute": name, "type": types_of.get(name, "S")}
    if index.fields:
        out["projection"]["fields"] = list(index.fields)
    return out


__all__ = [
    "TTL",
    "Attribute",
    "BoolString",
    "CreatedAt",
    "Encrypted",
    "Index",
    "Int64",
    "Json",
    "Marker",
    "Model",
    "Nested",
    "Number",
    "OmitEmpty",
    "PartitionKey",
    "Rfc3339Nano",
    "SortKey",
    "UnixMillis",
    "UnixSeconds",
    "UpdatedAt",
    "Version",
    "View",
    "schema_of",
]
