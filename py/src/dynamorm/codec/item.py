"""A model's compiled plan: functions made once per model that marshal and unmarshal its items.

Values pass straight between the language and DynamoDB JSON; every attribute gets one writer and one reader, chosen when
the plan is made.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..errors import DecodeFailedError, ItemTooLargeError, MissingPrimaryKeyError, ValidationFailedError
from ..errors.refusal import Refusal
from ..limits import ITEM_SIZE_MAX_BYTES, NESTING_DEPTH_MAX, PARTITION_KEY_MAX_BYTES, SORT_KEY_MAX_BYTES
from ..schema import Field
from .compose import Composition
from .converter import Plain, not_configured, revealed
from .scalar import reader_of, writer_of
from .size import item_size, value_size
from .value import AttributeValue, Item, is_empty, path_name, read_any, write_any

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from ..schema import Model

    Writer = Callable[[Any, str, int], AttributeValue]
    Reader = Callable[[Any, str], Any]

SETS = ("SS", "NS", "BS")


@dataclass(frozen=True)
class FieldPlan:
    """One attribute's compiled writer and reader."""

    field: Field
    write: Writer
    read: Reader
    members: tuple[FieldPlan, ...] | None = None
    has_key: bool = False
    """Whether somebody here can seal and open it, where it is encrypted."""

    @cached_property
    def label(self) -> str:
        """Give the attribute's name as it stands in a path."""
        return path_name(self.field.name)

    def stored(self, value: Any, path: str, depth: int) -> AttributeValue | None:  # noqa: ANN401 - the caller's value
        """Write a value; None where it is one that is not stored."""
        field, written = self.field, self.write(value, path, depth)
        if (field.type in SETS and not written[field.type]) or (field.omit_empty and is_empty(field, written)):
            return None
        return written


def plan_field(field: Field) -> FieldPlan:
    """Compile one attribute."""
    if field.type == "M" and field.fields is not None:
        members = tuple(plan_field(nested) for nested in field.fields)
        return FieldPlan(field, _map_writer(members), _map_reader(members), members)
    if field.type == "L" and field.items is not None:
        element = plan_field(field.items)
        return FieldPlan(field, _list_writer(element), _list_reader(element), (element,))
    if field.type in {"L", "M"}:
        return FieldPlan(field, _untyped_writer(field.type), _untyped_reader(field.type))
    return FieldPlan(field, _scalar_writer(field), _scalar_reader(field))


def _scalar_writer(field: Field) -> Writer:
    write = writer_of(field)

    def run(value: Any, path: str, _depth: int) -> AttributeValue:  # noqa: ANN401 - the caller's value
        try:
            return write(value)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise ValidationFailedError(_why(error), path=path) from None

    return run


def _scalar_reader(field: Field) -> Reader:
    tag, read = field.type, reader_of(field)

    def run(body: Any, path: str) -> Any:  # noqa: ANN401 - the value of the attribute's type
        try:
            return read(body)
        except (ValueError, TypeError) as error:
            raise DecodeFailedError(f"{_why(error)} in {tag}", path=path) from None

    return run


def _why(error: Exception) -> str:
    """Give the reason of our own refusals; of any other error only its type, for its text may hold the value."""
    return str(error) if isinstance(error, Refusal) else f"not a value of the attribute's type ({type(error).__name__})"


def _untyped_writer(tag: str) -> Writer:
    kind = list if tag == "L" else dict

    def run(value: Any, path: str, depth: int) -> AttributeValue:  # noqa: ANN401 - the caller's value
        if not (isinstance(value, kind) or (tag == "L" and isinstance(value, tuple))):
            raise ValidationFailedError(f"expected {tag}, found {type(value).__name__}", path=path)
        return write_any(value, path, depth)

    return run


def _untyped_reader(tag: str) -> Reader:
    return lambda body, path: read_any({tag: body}, path)


def _list_writer(element: FieldPlan) -> Writer:
    def run(value: Any, path: str, depth: int) -> AttributeValue:  # noqa: ANN401 - the caller's value
        if not isinstance(value, (list, tuple)):
            raise ValidationFailedError(f"expected L, found {type(value).__name__}", path=path)
        out = []
        for index, member in enumerate(value):
            check_depth(depth + 1, f"{path}[{index}]")
            if member is None:
                raise ValidationFailedError("null in a list with declared items", path=f"{path}[{index}]")
            written = element.write(member, f"{path}[{index}]", depth + 1)
            if element.field.type in SETS and not written[element.field.type]:
                raise ValidationFailedError("an empty set is never stored", path=f"{path}[{index}]")
            out.append(written)
        return {"L": out}

    return run


def _list_reader(element: FieldPlan) -> Reader:
    tag = element.field.type

    def run(body: Any, path: str) -> list[Any]:  # noqa: ANN401 - DynamoDB JSON
        if not isinstance(body, list):
            raise DecodeFailedError("not a value of L", path=path)
        if tag == "NULL" and body:
            raise DecodeFailedError("null in a list with declared items", path=f"{path}[0]")
        return [
            element.read(tagged(member, tag, f"{path}[{index}]"), f"{path}[{index}]")
            for index, member in enumerate(body)
        ]

    return run


def _map_writer(members: tuple[FieldPlan, ...]) -> Writer:
    def run(value: Any, path: str, depth: int) -> AttributeValue:  # noqa: ANN401 - the caller's value
        return {"M": write_members(members, as_mapping(value, path), f"{path}.", depth + 1)}

    return run


def _map_reader(members: tuple[FieldPlan, ...]) -> Reader:
    def run(body: Any, path: str) -> dict[str, Any]:  # noqa: ANN401 - DynamoDB JSON
        return read_members(members, body, f"{path}.", partial=False)

    return run


def check_depth(depth: int, path: str) -> None:
    """Refuse what DynamoDB would not nest as deep."""
    if depth > NESTING_DEPTH_MAX:
        raise ValidationFailedError(f"nested deeper than {NESTING_DEPTH_MAX} levels", path=path)


def as_mapping(value: Any, path: str) -> Mapping[str, Any]:  # noqa: ANN401 - the caller's value
    """Give a typed map's members by attribute name: a dict as it is, a nested model through its own declaration."""
    attributes = getattr(value, "__dynamorm_attributes__", None)
    if attributes is not None:
        found: dict[str, Any] = attributes()
        return found
    if not isinstance(value, dict):
        raise ValidationFailedError(f"expected M, found {type(value).__name__}", path=path)
    return value


def tagged(value: Any, tag: str, path: str) -> Any:  # noqa: ANN401 - DynamoDB JSON
    """Give the body of a tagged value, or refuse another tag."""
    try:
        return value[tag]
    except (KeyError, TypeError):
        found = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else "no attribute value"
        raise DecodeFailedError(f"expected {tag}, found {found}", path=path) from None


def write_members(plans: tuple[FieldPlan, ...], values: Mapping[str, Any], prefix: str, depth: int) -> Item:
    """Marshal the members of an item or of a typed map."""
    known = {plan.field.name for plan in plans}
    for name in values:
        if name not in known:
            raise ValidationFailedError("the model does not know this attribute", path=prefix + path_name(str(name)))
    out: Item = {}
    for plan in plans:
        written = _write_member(plan, values.get(plan.field.name), prefix + plan.label, depth)
        if written is not None:
            out[plan.field.name] = written
    return out


def _write_member(plan: FieldPlan, value: Any, path: str, depth: int) -> AttributeValue | None:  # noqa: ANN401 - the caller's value
    field = plan.field
    if value is None:
        if field.type == "NULL" and field.required:
            return {"NULL": True} if field.encryption is None else _hidden(plan, {"NULL": True}, path)
        if field.required:
            raise ValidationFailedError("a required attribute is missing", path=path)
        return None
    check_depth(depth, path)
    written = plan.stored(value, path, depth)
    if written is None:
        if field.required:
            raise ValidationFailedError("a required attribute is empty", path=path)
        return None
    return written if field.encryption is None else _hidden(plan, written, path)


def _hidden(plan: FieldPlan, written: AttributeValue, path: str) -> Any:  # noqa: ANN401 - it stands where a value will
    if not plan.has_key:
        raise not_configured(path)
    return Plain(written)


def read_members(plans: tuple[FieldPlan, ...], item: Any, prefix: str, *, partial: bool) -> dict[str, Any]:  # noqa: ANN401 - DynamoDB JSON
    """Unmarshal the members of an item or of a typed map; what the model does not know is ignored.

    An absent set of a whole item is the empty one; a partial result holds what was stored and nothing else.
    """
    if not isinstance(item, dict):
        raise DecodeFailedError("expected M", path=prefix.removesuffix("."))
    out: dict[str, Any] = {}
    for plan in plans:
        field = plan.field
        stored = item.get(field.name)
        if field.encryption is not None and stored is not None and not _is_null(stored):
            stored = revealed(stored, prefix + plan.label, has_key=plan.has_key)
        if stored is None or _is_null(stored):
            if field.required and not partial and field.type != "NULL":
                raise DecodeFailedError("a required attribute is missing", path=prefix + plan.label)
            if field.type in SETS and not partial:
                out[field.name] = set()
            continue
        path = prefix + plan.label
        body = tagged(stored, field.type, path)
        if partial and plan.members is not None:
            out[field.name] = _read_partial(plan, body, path)
        else:
            out[field.name] = plan.read(body, path)
    return out


def _is_null(stored: Any) -> bool:  # noqa: ANN401 - DynamoDB JSON
    return isinstance(stored, dict) and "NULL" in stored


def _read_partial(plan: FieldPlan, body: Any, path: str) -> Any:  # noqa: ANN401 - DynamoDB JSON
    """Read a selected part of a typed map or list: its required members may be absent."""
    if plan.members is None or plan.field.type == "M":
        return read_members(plan.members or (), body, f"{path}.", partial=True)
    if not isinstance(body, list):
        raise DecodeFailedError("expected L", path=path)
    element = plan.members[0]
    rows = [(tagged(row, element.field.type, f"{path}[{index}]"), f"{path}[{index}]") for index, row in enumerate(body)]
    return [
        _read_partial(element, row, place) if element.members is not None else element.read(row, place)
        for row, place in rows
    ]


class ItemCodec:
    """The compiled codec of one model."""

    def __init__(self, model: Model, *, has_key: bool = False) -> None:
        """Compile the model; `has_key` says that somebody seals and opens its encrypted attributes."""
        self.model, self.has_key = model, has_key
        names = [field.name for field in model.fields if field.encryption is not None]
        self.encrypted = tuple(sorted(names, key=str.encode))
        self.plans = tuple(
            replace(plan_field(field), has_key=has_key) if field.encryption is not None else plan_field(field)
            for field in model.fields
        )
        self.by_name = {plan.field.name: plan for plan in self.plans}
        self.key_plans = tuple(self.by_name[name] for name in model.key_fields)
        self.compositions = {one.name: Composition(one) for one in model.composed}
        self.index_compositions = tuple(one for name, one in self.compositions.items() if name not in model.key_names)
        self.own_names = frozenset(self.compositions) | (
            {model.discriminator.attribute} if model.discriminator is not None else frozenset()
        )
        self.key_limits: dict[str, int] = {}
        pairs = ((model.partition, model.sort), *((index.partition, index.sort) for index in model.indexes))
        for pair in pairs:
            for key, limit in zip(pair, (PARTITION_KEY_MAX_BYTES, SORT_KEY_MAX_BYTES), strict=True):
                if key is not None:
                    self.key_limits[key.attribute] = min(limit, self.key_limits.get(key.attribute, limit))
        self.index_keys = {name: limit for name, limit in self.key_limits.items() if name not in model.key_names}

    def opening(self, names: Container[str]) -> ItemCodec:
        """Give the same codec for which only these are encrypted attributes that are opened."""
        out = copy(self)
        out.encrypted = tuple(name for name in self.encrypted if name in names)
        return out

    def without(self, names: Container[str]) -> ItemCodec:
        """Give the same codec for items of which some attributes are not read."""
        out = copy(self)
        out.plans = tuple(plan for plan in self.plans if plan.field.name not in names)
        return out

    def marshal_key(self, values: Mapping[str, Any]) -> Item:
        """Marshal the primary key out of a key or a whole value."""
        self.require_key(values)
        return self._key(self.key_parts(values))

    def key_parts(self, values: Mapping[str, Any]) -> Item:
        """Marshal the attributes that the primary key is made of: plain keys, and the parts of composed ones."""
        return {plan.field.name: plan.write(values[plan.field.name], plan.label, 1) for plan in self.key_plans}

    def _key(self, parts: Mapping[str, AttributeValue]) -> Item:
        out: Item = {}
        for name in self.model.key_names:
            composition = self.compositions.get(name)
            out[name] = parts[name] if composition is None else composition.write(parts)
            check_key(out[name], path_name(name), self.key_limits[name])
        return out

    def key_values(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Unmarshal the table's key attributes out of DynamoDB JSON: values of their types, a composed one as its text.

        Raises DecodeFailedError where one is missing or does not fit.
        """
        out: dict[str, Any] = {}
        for key in (self.model.partition, self.model.sort):
            if key is None:
                continue
            path, plan = path_name(key.attribute), self.by_name.get(key.attribute)
            if key.attribute not in item:
                raise DecodeFailedError(f"{self.model.name}: a key is missing", path=path)
            body = tagged(item[key.attribute], key.type, path)
            read = _scalar_reader(Field(key.attribute, key.type)) if plan is None else plan.read
            out[key.attribute] = read(body, path)
        return out

    def require_key(self, values: Mapping[str, Any]) -> None:
        """Refuse a key of which a part is missing or null, or that gives the composed text instead."""
        if self.own_names:
            for name in values:
                if name in self.own_names:
                    raise ValidationFailedError("the library writes this attribute", path=path_name(name))
        for plan in self.key_plans:
            if values.get(plan.field.name) is None:
                raise MissingPrimaryKeyError(
                    f"{self.model.name}: a part of the primary key is missing", path=plan.label
                )

    def require_readable(self) -> None:
        """Refuse, before anything is sent, to read whole items with attributes that nobody here can decrypt."""
        for plan in self.plans if self.encrypted and not self.has_key else ():
            if plan.field.encryption is not None:
                raise not_configured(plan.label)

    def marshal_item(self, values: Mapping[str, Any]) -> Item:
        """Marshal a whole item; keys, index keys and size are checked."""
        key = self.marshal_key(values)
        item = write_members(self.plans, values, "", 1)
        if self.own_names:
            self._add_own(item, key)
        for name, limit in self.index_keys.items():
            if name in item:
                check_key(item[name], path_name(name), limit)
        self.check_size(item)
        return item

    def size(self, item: Item) -> int:
        """Give an item's size; what is not sealed yet counts as it is."""
        if self.encrypted:
            held: dict[str, Any] = item
            item = {name: value.reveal() if isinstance(value, Plain) else value for name, value in held.items()}
        return item_size(item)

    def check_size(self, item: Item) -> None:
        """Refuse an item that DynamoDB would not store."""
        if self.size(item) > ITEM_SIZE_MAX_BYTES:
            raise ItemTooLargeError(f"{self.model.name}: larger than {ITEM_SIZE_MAX_BYTES} bytes", origin="client")

    def _add_own(self, item: Item, key: Item) -> None:
        """Put the composed keys and the discriminator beside the caller's attributes."""
        item.update(key)
        for composition in self.index_compositions:
            if composition.missing(item) is None:
                item[composition.name] = composition.write(item)
        mark = self.model.discriminator
        if mark is not None:
            item[mark.attribute] = {"S": mark.value}

    def require_own(self, item: Mapping[str, Any]) -> None:
        """Refuse a stored item of another model."""
        mark = self.model.discriminator
        if mark is not None and item.get(mark.attribute) != {"S": mark.value}:
            raise DecodeFailedError(f"{self.model.name}: not an item of this model", path=mark.attribute)

    def unmarshal_item(self, item: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
        """Unmarshal an item to values by attribute name; errors name the model."""
        if not partial:
            self.require_own(item)
        try:
            return read_members(self.plans, item, "", partial=partial)
        except DecodeFailedError as error:
            raise DecodeFailedError(f"{self.model.name}: {error.fact}", path=error.path) from None


def check_key(value: AttributeValue, path: str, limit: int) -> None:
    """Refuse an empty or too long key."""
    size = value_size(value)
    if "N" not in value and size == 0:
        raise ValidationFailedError("a key is not empty", path=path)
    if "N" not in value and size > limit:
        raise ValidationFailedError(f"a key of more than {limit} bytes", path=path)
