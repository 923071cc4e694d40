"""Tables: the settings that no document says, and what CreateTable is sent for the models that share a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..codec.value import check_text
from ..errors import ValidationFailedError
from ..errors.refusal import Refusal
from ..limits import GSI_MAX, LSI_MAX, TABLE_NAME_MAX, TABLE_NAME_MIN, TABLE_TAGS_MAX
from ..schema import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..schema import Index, Key, Model
    from .binding import Binding

Billing = Literal["PAY_PER_REQUEST", "PROVISIONED"]
StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]
TableClass = Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"]
ON_DEMAND, PROVISIONED, STANDARD = "PAY_PER_REQUEST", "PROVISIONED", "STANDARD"
CHOICES: dict[str, tuple[str, ...]] = {
    "billing": (ON_DEMAND, PROVISIONED),
    "stream": ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"),
    "table_class": (STANDARD, "STANDARD_INFREQUENT_ACCESS"),
}
INDEXES_MAX = {"GSI": GSI_MAX, "LSI": LSI_MAX}
_NAME = re.compile(rf"[a-zA-Z0-9_.-]{{{TABLE_NAME_MIN},{TABLE_NAME_MAX}}}")


@dataclass(frozen=True)
class Throughput:
    """Provisioned capacity units, of a table or of a global index."""

    read: int
    write: int


@dataclass(frozen=True)
class Sse:
    """Encryption at rest under a key of KMS: the AWS managed one, or one of your own."""

    key: str | None = None


@dataclass(frozen=True)
class TableSettings:
    """What a document does not say of a table; what is left out has DynamoDB's default.

    `billing` is PROVISIONED where there is a `throughput`, else PAY_PER_REQUEST; a global index has the table's
    throughput unless `index_throughput` has one for it. `timeout_seconds` is how long an operation waits in all.
    Raises ValidationFailedError for what no table can have.
    """

    billing: Billing | None = None
    throughput: Throughput | None = None
    index_throughput: Mapping[str, Throughput] = field(default_factory=dict[str, Throughput])
    stream: StreamView | None = None
    table_class: TableClass | None = None
    deletion_protection: bool | None = None
    sse: Sse | None = None
    point_in_time_recovery: bool = False
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout_seconds: float = 600

    def __post_init__(self) -> None:
        """Refuse what can be refused without the models."""
        for name, known in CHOICES.items():
            if getattr(self, name) not in (None, *known):
                raise ValidationFailedError(f"{name} is one of {', '.join(known)}")
        for units in (self.throughput, *self.index_throughput.values()):
            _check_units(units)
        if self.throughput is None and self.billing == PROVISIONED:
            raise ValidationFailedError("PROVISIONED needs a throughput")
        if self.throughput is not None and self.billing == ON_DEMAND:
            raise ValidationFailedError("a throughput is of PROVISIONED")
        if self.index_throughput and self.throughput is None:
            raise ValidationFailedError("an index_throughput needs a throughput of the table")
        if self.sse is not None and self.sse.key == "":
            raise ValidationFailedError("the key of sse has a name")
        check_timeout(self.timeout_seconds)
        _check_tags(self.tags)

    @property
    def told_billing(self) -> Billing | None:
        """Give the billing that is said or implied; None where neither."""
        return "PROVISIONED" if self.billing is None and self.throughput is not None else self.billing

    @property
    def timeout_ms(self) -> int:
        """Give how long an operation waits in all."""
        return round(self.timeout_seconds * 1000)


def check_timeout(seconds: float) -> None:
    """Refuse a time that is none."""
    if not 0 <= seconds < float("inf"):
        raise ValidationFailedError("timeout_seconds is a number from 0")


def _check_units(units: Throughput | None) -> None:
    numbers: tuple[Any, ...] = () if units is None else (units.read, units.write)
    if any(not isinstance(number, int) or isinstance(number, bool) or number < 1 for number in numbers):
        raise ValidationFailedError("a throughput has whole numbers from 1")


def _check_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > TABLE_TAGS_MAX:
        raise ValidationFailedError(f"a table has at most {TABLE_TAGS_MAX} tags")
    try:
        for text in (*tags, *tags.values()):
            check_text(text)
    except Refusal as error:
        raise ValidationFailedError(f"a tag: {error}") from None
    if "" in tags:
        raise ValidationFailedError("the key of a tag is not empty")


@dataclass(frozen=True)
class TableKey:
    """An attribute of a key: of the table or of an index. `type` is None where DynamoDB does not define it."""

    attribute: str
    kind: str
    """HASH or RANGE."""
    type: str | None


@dataclass(frozen=True)
class TableProjection:
    """What an index projects: ALL, KEYS_ONLY, or INCLUDE with the fields besides the keys."""

    type: str | None
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True)
class TableIndex:
    """An index, as models declare it or as it is; one that is declared, and a local one, has no status."""

    name: str
    type: str
    """GSI or LSI."""
    keys: tuple[TableKey, ...]
    projection: TableProjection
    status: str | None = None
    backfilling: bool = False


DEFAULTS = TableSettings()


@dataclass(frozen=True)
class TablePlan:
    """A table as its models and settings want it."""

    name: str
    keys: tuple[TableKey, ...]
    indexes: tuple[TableIndex, ...] = ()
    ttl: str | None = None
    settings: TableSettings = DEFAULTS

    @property
    def billing(self) -> str:
        """Give the billing mode."""
        return self.settings.told_billing or ON_DEMAND


def check_name(name: str) -> str:
    """Give a table's name.

    Raises ValidationFailedError for one that no table can have.
    """
    if not _NAME.fullmatch(name):
        raise ValidationFailedError(
            f"a table's name has {TABLE_NAME_MIN} to {TABLE_NAME_MAX} characters out of a-z A-Z 0-9 _ - ."
        )
    return name


def plan_table(bindings: Sequence[Binding], settings: TableSettings = DEFAULTS) -> TablePlan:
    """Put together what the models of one table want.

    Raises ValidationFailedError where they do not go together.
    """
    if len({(check_name(one.table), one.model.partition, one.model.sort) for one in bindings}) != 1:
        raise ValidationFailedError("models of one table have its name and its keys in common")
    models = [binding.model for binding in bindings]
    ttl = list(dict.fromkeys(role.name for model in models if (role := model.role(Role.TTL)) is not None))
    if len(ttl) > 1:
        raise ValidationFailedError("the models have two ttl attributes", path=ttl[1])
    keys = keys_of(models[0].partition, models[0].sort)
    plan = TablePlan(bindings[0].table, keys, _indexes(models), next(iter(ttl), None), settings)
    _check_indexes(plan)
    return plan


def plan_copy(binding: Binding, name: str, timeout_seconds: float) -> TablePlan:
    """Give the bare table for a copy of a model's: its keys, and nothing else."""
    keys = keys_of(binding.model.partition, binding.model.sort)
    return TablePlan(check_name(name), keys, settings=TableSettings(timeout_seconds=timeout_seconds))


def keys_of(partition: Key, sort: Key | None) -> tuple[TableKey, ...]:
    """Give the keys of a table or an index."""
    first = TableKey(partition.attribute, "HASH", partition.type)
    return (first,) if sort is None else (first, TableKey(sort.attribute, "RANGE", sort.type))


def _indexes(models: Sequence[Model]) -> tuple[TableIndex, ...]:
    """Give the indexes of all, each with the fields that any of them projects."""
    found: dict[str, Index] = {}
    fields: dict[str, set[str]] = {}
    for index in (index for model in models for index in model.indexes):
        first = found.setdefault(index.name, index)
        if _declared(first) != _declared(index):
            raise ValidationFailedError(f"the models declare the index {index.name} differently")
        fields.setdefault(index.name, set()).update(index.fields)
    table = set(models[0].key_names)
    return tuple(_planned(found[name], fields[name], table) for name in sorted(found, key=str.encode))


def _declared(index: Index) -> tuple[object, ...]:
    return index.type, index.partition, index.sort, index.projection


def _planned(index: Index, fields: set[str], table: set[str]) -> TableIndex:
    keys = keys_of(index.partition, index.sort)
    projection = bare_projection(TableProjection(index.projection, tuple(fields)), keys, table)
    return TableIndex(index.name, index.type, keys, projection)


def bare_projection(projection: TableProjection, keys: Iterable[TableKey], table: Iterable[str]) -> TableProjection:
    """Give a projection without the keys of table and index, which are always projected."""
    if projection.type != "INCLUDE":
        return TableProjection(projection.type)
    left = {*(projection.fields or ())} - {*table} - {key.attribute for key in keys}
    return TableProjection("INCLUDE", tuple(sorted(left, key=str.encode))) if left else TableProjection("KEYS_ONLY")


def _check_indexes(plan: TablePlan) -> None:
    for kind, most in INDEXES_MAX.items():
        if sum(index.type == kind for index in plan.indexes) > most:
            raise ValidationFailedError(f"a table has at most {most} indexes of type {kind}")
    unknown = set(plan.settings.index_throughput) - {index.name for index in plan.indexes if index.type == "GSI"}
    if unknown:
        raise ValidationFailedError(f"no global index of the models: {', '.join(sorted(unknown))}")
    definitions(plan.keys, *(index.keys for index in plan.indexes))


def definitions(*keys: Iterable[TableKey]) -> list[dict[str, Any]]:
    """Give the definitions of the attributes of keys.

    Raises ValidationFailedError where one has two types.
    """
    types: dict[str, str | None] = {}
    for key in (key for group in keys for key in group):
        if types.setdefault(key.attribute, key.type) != key.type:
            raise ValidationFailedError("an attribute is a key of two types", path=key.attribute)
    return [{"AttributeName": name, "AttributeType": types[name]} for name in sorted(types, key=str.encode)]


def create_request(plan: TablePlan) -> dict[str, Any]:
    """Give the body of CreateTable; what has its default is left out."""
    out: dict[str, Any] = {"TableName": plan.name}
    if plan.billing == ON_DEMAND:
        out["BillingMode"] = ON_DEMAND
    out["KeySchema"] = _key_schema(plan.keys)
    out["AttributeDefinitions"] = definitions(plan.keys, *(index.keys for index in plan.indexes))
    out |= units_member(plan.settings.throughput)
    members = {"GSI": "GlobalSecondaryIndexes", "LSI": "LocalSecondaryIndexes"}
    for kind, member in members.items():
        indexes = [index_request(index, plan.settings) for index in plan.indexes if index.type == kind]
        if indexes:
            out[member] = indexes
    return out | _settings_members(plan.settings)


def index_request(index: TableIndex, settings: TableSettings, otherwise: Throughput | None = None) -> dict[str, Any]:
    """Give what is said of an index; a global one has the throughput of the settings, else another."""
    out: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.keys),
        "Projection": {"ProjectionType": index.projection.type},
    }
    if index.projection.fields is not None:
        out["Projection"]["NonKeyAttributes"] = [*index.projection.fields]
    units = settings.index_throughput.get(index.name, settings.throughput) or otherwise
    return out | (units_member(units) if index.type == "GSI" else {})


def units_member(units: Throughput | None) -> dict[str, Any]:
    """Give the member that says capacity units."""
    if units is None:
        return {}
    return {"ProvisionedThroughput": {"ReadCapacityUnits": units.read, "WriteCapacityUnits": units.write}}


def _key_schema(keys: Iterable[TableKey]) -> list[dict[str, str]]:
    return [{"AttributeName": key.attribute, "KeyType": key.kind} for key in keys]


def _settings_members(settings: TableSettings) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if settings.stream is not None:
        out["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": settings.stream}
    if settings.table_class not in {None, STANDARD}:
        out["TableClass"] = settings.table_class
    if settings.deletion_protection:
        out["DeletionProtectionEnabled"] = True
    if settings.sse is not None:
        key = {} if settings.sse.key is None else {"KMSMasterKeyId": settings.sse.key}
        out["SSESpecification"] = {"Enabled": True} | key
    if settings.tags:
        out["Tags"] = [{"Key": name, "Value": settings.tags[name]} for name in sorted(settings.tags, key=str.encode)]
    return out
