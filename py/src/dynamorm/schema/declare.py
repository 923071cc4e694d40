"""Python's own way to say a model: a pydantic class with annotated roles, to the same DMS document as the YAML.

class Order(Model, table="orders"):
    customer_id: Annotated[str, PartitionKey()]
    order_id: Annotated[str, SortKey()]
    total: Decimal | None = None
    version: Annotated[int | None, Version()] = None
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.fields import FieldInfo

from ..errors import InvalidModelError
from .dms import load_document
from .marker import Attribute, Encrypted, Index, RoleMarker, Template, View
from .model import Model as Schema
from .native import each, is_number, taker, unwrap
from .versions import DMS_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .native import Take

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
_SETS: dict[Any, str] = {str: "SS", bytes: "BS", int: "NS", float: "NS", Decimal: "NS"}


class _Base(BaseModel):
    """What models and nested maps share: attribute names as aliases, nothing unknown, nothing lost."""

    model_config = ConfigDict(
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
        serialize_by_alias=False,
    )
    __dynamorm_takers__: ClassVar[dict[str, Take] | None] = None
    __dynamorm_absent__: ClassVar[tuple[dict[str, Any], dict[str, Callable[[Any], Any]]] | None] = None
    """What an absent attribute is read as, and the attributes that are nested models themselves."""
    __dynamorm_names__: ClassVar[dict[str, str]] = {}
    """The Python name of each attribute whose own name is another."""

    def __init_subclass__(cls, **_options: Any) -> None:  # noqa: ANN401 - class keywords
        """Let class keywords pass; pydantic hands them to the hook below once the fields are known."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:  # noqa: ANN401 - class keywords
        """Give every field its attribute's name as alias, so that values by attribute name validate."""
        cls.__dynamorm_takers__ = cls.__dynamorm_absent__ = None
        names: dict[str, str] = {}
        for name, info in cls.model_fields.items():
            alias = _said(info).name or info.alias or name
            if alias != name:
                names[alias] = name
                info.alias = info.validation_alias = info.serialization_alias = alias
            if any(isinstance(marker, Encrypted) for marker in info.metadata):
                info.repr = False
        cls.__dynamorm_names__ = names
        if names:
            cls.model_rebuild(force=True)

    @model_validator(mode="before")
    @classmethod
    def _read_exactly(cls, values: Any) -> Any:  # noqa: ANN401 - whatever the caller gave
        """Let pass only what fits exactly."""
        if not isinstance(values, Mapping):
            return values
        takers = cls.__dynamorm_takers__
        if takers is None:
            takers = cls.__dynamorm_takers__ = _takers(cls)
        return {
            key: value if value is None or key not in takers else takers[key](value) for key, value in values.items()
        }

    def __dynamorm_attributes__(self) -> dict[str, Any]:
        """Give the values by attribute name, as they are."""
        out = {info.alias or name: getattr(self, name) for name, info in type(self).model_fields.items()}
        return out | (self.__pydantic_extra__ or {})

    @classmethod
    def __dynamorm_complete__(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give None to what is absent and may be None: a default is for new values, not for stored ones."""
        absent = cls.__dynamorm_absent__
        if absent is None:
            absent = cls.__dynamorm_absent__ = _absent(cls)
        optional, nested = absent
        out: dict[str, Any] = {**optional, **values}
        for attribute, complete in nested.items():
            if attribute in out:
                out[attribute] = complete(out[attribute])
        return out


class Nested(_Base):
    """A typed map inside an item."""


class Projection(_Base):
    """A part of a model's attributes, to read into: `table.query("c-1").into(Headline)`.

    What may be absent in the items may be None here.
    """

    @classmethod
    def __dynamorm_paths__(cls) -> list[str]:
        """Give the attributes that are selected."""
        return [info.alias or name for name, info in cls.model_fields.items()]

    @classmethod
    def __dynamorm_of__(cls, values: Mapping[str, Any]) -> Self:
        """Make an instance of what was stored of them."""
        return cls.model_validate(cls.__dynamorm_complete__(values))


class Model(_Base):
    """An item's model.

    Class keywords: table (required), name, dms_namespace, naming, indexes, views; `partition_key` and `sort_key` take a
    `Template` where a key is composed of other attributes and so no field; `discriminator` is the attribute that marks
    the model's items, and its value.
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
        partition_key: Template | None = None,
        sort_key: Template | None = None,
        discriminator: tuple[str, str] | None = None,
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
        entry["attributes"] = _attributes(cls, "/models/0/attributes", ())
        composed = {"partition": partition_key, "sort": sort_key}
        entry["attributes"] += _composed(composed, indexes)
        entry["keys"] = _keys(entry["attributes"])
        if discriminator is not None:
            entry["discriminator"] = {"attribute": discriminator[0], "value": discriminator[1]}
        types_of = {attribute["attribute"]: attribute["type"] for attribute in entry["attributes"]}
        entry["indexes"] = [_index(index, types_of) for index in indexes]
        entry["views"] = [{"name": view.name, "fields": list(view.fields)} for view in views]
        namespace = {} if dms_namespace is None else {"namespace": dms_namespace}
        cls.__dynamorm_schema__ = load_document({"dms_version": DMS_VERSION, "models": [entry]} | namespace)[
            entry["name"]
        ]

    @classmethod
    def __dynamorm_named__(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give values by attribute name that may have come by field name."""
        attributes = {field: attribute for attribute, field in cls.__dynamorm_names__.items()}
        return {attributes.get(name, name): value for name, value in values.items()}

    @classmethod
    def __dynamorm_read__(cls, values: Mapping[str, Any]) -> Self:
        """Make an instance of a stored item's values."""
        return cls.model_validate(cls.__dynamorm_complete__(values))

    def __dynamorm_stamp__(self, values: Mapping[str, Any]) -> Self:
        """Take over what was stored: in place, or in a copy where instances are frozen."""
        takers = type(self).__dynamorm_takers__ or _takers(type(self))
        taken = {name: takers[name](value) if name in takers else value for name, value in values.items()}
        named = {type(self).__dynamorm_names__.get(name, name): value for name, value in taken.items()}
        fields = type(self).model_fields
        if self.model_config.get("frozen") or any(fields[name].frozen for name in named):
            return self.model_copy(update=named)
        for name, value in named.items():
            setattr(self, name, value)
        return self


def schema_of(model: type[Model]) -> Schema:
    """Give the description of a model class.

    Raises InvalidModelError where the class has no `table` of its own.
    """
    schema = model.__dict__.get("__dynamorm_schema__")
    if not isinstance(schema, Schema):
        raise InvalidModelError(f"{model.__name__} has no table", path="/models/0/table")
    return schema


def _takers(cls: type[_Base]) -> dict[str, Take]:
    """Give what each field takes, by its own name and by its attribute's."""
    out: dict[str, Take] = {}
    for name, info in cls.model_fields.items():
        take = _taker(info)
        if take is not None:
            out[name] = out[info.alias or name] = take
    return out


def _taker(info: FieldInfo) -> Take | None:
    """Choose what a field or a list's element takes, by its type and by what its markers say."""
    said, plain = _said(info), unwrap(info.annotation)[0]
    if said.json:
        return None
    if plain is not list and get_origin(plain) is not list:
        return taker(plain, said.format)
    element = next(map(FieldInfo.from_annotation, get_args(plain)), None)
    return each((list, tuple), None if element is None else _taker(element))


def _absent(cls: type[_Base]) -> tuple[dict[str, Any], dict[str, Callable[[Any], Any]]]:
    """Give None for what may be None, and what completes the values of attributes that hold nested ones."""
    optional: dict[str, Any] = {}
    nested: dict[str, Callable[[Any], Any]] = {}
    for name, info in cls.model_fields.items():
        if unwrap(info.annotation)[1]:
            optional[info.alias or name] = None
        complete = _completer(info.annotation)
        if complete is not None:
            nested[info.alias or name] = complete
    return optional, nested


def _completer(annotation: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401 - annotations have no common type
    plain, _ = unwrap(annotation)
    if isinstance(plain, type) and issubclass(plain, _Base):
        return lambda value: plain.__dynamorm_complete__(value) if isinstance(value, dict) else value
    if get_origin(plain) is not list:
        return None
    complete = _completer(get_args(plain)[0])
    if complete is None:
        return None
    return lambda value: [complete(one) for one in value] if isinstance(value, list) else value


def _said(info: FieldInfo) -> Attribute:
    """Merge what the markers of a field say."""
    out = Attribute()
    for marker in info.metadata:
        if isinstance(marker, Attribute):
            given = {name: value for name, value in vars(marker).items() if value}
            out = Attribute(**(vars(out) | given))
    return out


def _attributes(cls: type[BaseModel], pointer: str, inside: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [
        _attribute(name, info, f"{pointer}/{index}", inside)
        for index, (name, info) in enumerate(cls.model_fields.items())
    ]


def _attribute(name: str, info: FieldInfo, pointer: str, inside: tuple[Any, ...]) -> dict[str, Any]:
    said = _said(info)
    plain, optional = unwrap(info.annotation)
    out: dict[str, Any] = {"attribute": info.alias or name} | _value(plain, said, pointer, inside)
    if not optional and info.is_required() and plain is not type(None):
        out["required"] = True
    if said.omit_empty:
        out["omit_empty"] = True
    if said.field:
        out["field"] = said.field
    roles = [marker.role for marker in info.metadata if isinstance(marker, RoleMarker)]
    if roles:
        out["roles"] = roles
    for marker in info.metadata:
        if isinstance(marker, Encrypted):
            out["encryption"] = {"context": dict(marker.context)} if marker.context else {}
    return out


def _value(plain: Any, said: Attribute, pointer: str, inside: tuple[Any, ...]) -> dict[str, Any]:  # noqa: ANN401 - a type expression
    out = {"type": "S", "json": True} if said.json else _typed(plain, pointer, inside)
    if said.type:
        out = {"type": said.type}
    if said.format:
        out["format"] = said.format
    if said.format == "rfc3339nano" and plain is datetime:
        raise InvalidModelError("a datetime has six digits: rfc3339nano is a str", path=f"{pointer}/format")
    return out


def _typed(plain: Any, pointer: str, inside: tuple[Any, ...]) -> dict[str, Any]:  # noqa: ANN401 - a type expression
    if _hashable(plain) and plain in _PLAIN:
        return dict(_PLAIN[plain])
    if is_number(plain):
        return {"type": "N"}
    if get_origin(plain) is Literal:
        return {"type": "S", "enum": _texts(get_args(plain), pointer)}
    if isinstance(plain, type) and issubclass(plain, Enum):
        return {"type": "S", "enum": _texts([member.value for member in plain], pointer)}
    if isinstance(plain, type) and issubclass(plain, _Base):
        if plain in inside:
            raise InvalidModelError(f"{plain.__name__} holds itself", path=pointer)
        return {"type": "M", "attributes": _attributes(plain, f"{pointer}/attributes", (*inside, plain))}
    return _container(plain, pointer, inside)


def _container(plain: Any, pointer: str, inside: tuple[Any, ...]) -> dict[str, Any]:  # noqa: ANN401 - a type expression
    origin, members = get_origin(plain), get_args(plain)
    element = unwrap(members[0])[0] if members else Any
    if origin in {set, frozenset} and (is_number(element) or element in _SETS):
        return {"type": "NS" if is_number(element) else _SETS[element]}
    if origin is list:
        info = FieldInfo.from_annotation(members[0])
        if element in {Any, object} and not _said(info).json:
            return {"type": "L"}
        if any(isinstance(marker, (RoleMarker, Encrypted)) for marker in info.metadata):
            raise InvalidModelError("an element of a list has no role and no encryption", path=f"{pointer}/items")
        return {"type": "L", "items": _value(element, _said(info), f"{pointer}/items", inside)}
    if origin is dict:
        return {"type": "M"}
    raise InvalidModelError(f"{plain!r} has no DynamoDB type", path=pointer)


def _hashable(plain: Any) -> bool:  # noqa: ANN401 - a type expression
    return type(plain).__hash__ is not None


def _texts(members: Sequence[Any], pointer: str) -> list[str]:
    """Give the strings of an enumeration; the wire holds nothing else."""
    for index, member in enumerate(members):
        if not isinstance(member, str):
            raise InvalidModelError("an enumeration has strings", path=f"{pointer}/enum/{index}")
    return [str.__str__(member) for member in members]


def _keys(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for attribute in attributes:
        for role, name in (("pk", "partition"), ("sk", "sort")):
            if role in attribute.get("roles", []):
                # The first stands; a second is refused by its role.
                out.setdefault(name, {"attribute": attribute["attribute"], "type": attribute["type"]})
    return out


def _composed(keys: Mapping[str, Template | None], indexes: Sequence[Index]) -> list[dict[str, Any]]:
    """Give the attributes that templates compose: the table's keys, and index keys, each once."""
    out: list[dict[str, Any]] = []
    for name, role in (("partition", "pk"), ("sort", "sk")):
        if (one := keys[name]) is not None:
            out.append({"attribute": one.attribute, "type": "S", "template": one.template, "roles": [role]})
    known = [one for one in keys.values() if one is not None]
    for key in (key for index in indexes for key in (index.partition, index.sort)):
        if (
            isinstance(key, Template) and key not in known
        ):  # one name with two templates is refused as a name used twice
            known.append(key)
            out.append({"attribute": key.attribute, "type": "S", "template": key.template})
    return out


def _index(index: Index, types_of: dict[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": index.name,
        "type": "LSI" if index.local else "GSI",
        "projection": {"type": index.projection},
    }
    for part, name in (("partition", index.partition), ("sort", index.sort)):
        if name is not None:
            attribute = name.attribute if isinstance(name, Template) else name
            out[part] = {"attribute": attribute, "type": types_of.get(attribute, "S")}
    if index.fields:
        out["projection"]["fields"] = list(index.fields)
    return out
