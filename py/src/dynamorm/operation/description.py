"""What DescribeTable tells of a table, and in what it differs from what its models want."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import DecodeFailedError
from ..errors.parts import TableDifference
from ..schema.instant import EPOCH
from .table import PROVISIONED, STANDARD, Sse, TableIndex, TableKey, TableProjection, Throughput, bare_projection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .table import TablePlan

ACTIVE, DELETING, DISABLED = "ACTIVE", "DELETING", "DISABLED"
ENABLED = ("ENABLED", "ENABLING")
T = TypeVar("T")
_MICROS = 1_000_000


@dataclass(frozen=True)
class TableSse:
    """How a table is encrypted at rest, where it is not by DynamoDB's own key."""

    status: str | None
    type: str | None
    key: str | None


@dataclass(frozen=True)
class TableDescription:
    """What DynamoDB tells of a table; None is what it does not say.

    `indexes` stand by name, `keys` in the order of the key schema. `ttl` is the attribute for which TTL is enabled, or
    is being so; it is asked for where a model has such an attribute. `raw` is all that DynamoDB said. A word that is
    new to this library is passed on as it is.
    """

    name: str
    status: str | None
    arn: str | None
    keys: tuple[TableKey, ...]
    indexes: tuple[TableIndex, ...]
    billing: str
    throughput: Throughput | None
    stream: str | None
    table_class: str
    deletion_protection: bool
    sse: TableSse | None
    ttl: str | None
    item_count: int | None
    size_bytes: int | None
    created_at: datetime | None
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def is_ready(self) -> bool:
        """Tell whether it and its indexes are active."""
        indexes = [index for index in self.indexes if index.type == "GSI"]
        return self.status == ACTIVE and all(index.status == ACTIVE and not index.backfilling for index in indexes)


def describe(body: Mapping[str, Any], name: str) -> TableDescription:
    """Read the answer of DescribeTable.

    Raises DecodeFailedError for what is none.
    """
    raw = body.get("Table")
    if not isinstance(raw, dict):
        raise _torn("Table")
    types = {one["AttributeName"]: one.get("AttributeType") for one in _rows(raw, "AttributeDefinitions")}
    billing = _member(_part(raw, "BillingModeSummary"), "BillingMode", str, PROVISIONED)
    stream, sse = _part(raw, "StreamSpecification"), _part(raw, "SSEDescription")
    return TableDescription(
        name=_member(raw, "TableName", str, name),
        status=_member(raw, "TableStatus", str),
        arn=_member(raw, "TableArn", str),
        keys=_keys(raw, types),
        indexes=tuple(sorted(_indexes(raw, types), key=lambda index: index.name.encode())),
        billing=billing,
        throughput=_units(_part(raw, "ProvisionedThroughput")) if billing == PROVISIONED else None,
        stream=_member(stream, "StreamViewType", str) if stream.get("StreamEnabled") is True else None,
        table_class=_member(_part(raw, "TableClassSummary"), "TableClass", str, STANDARD),
        deletion_protection=_member(raw, "DeletionProtectionEnabled", bool, default=False),
        sse=_sse(sse) if sse.get("Status") not in {None, DISABLED} else None,
        ttl=None,
        item_count=_member(raw, "ItemCount", int),
        size_bytes=_member(raw, "TableSizeBytes", int),
        created_at=_instant(raw.get("CreationDateTime")),
        raw=raw,
    )


def ttl_of(body: Mapping[str, Any]) -> str | None:
    """Read the answer of DescribeTimeToLive: the attribute for which TTL is, or is being, enabled.

    Raises DecodeFailedError for what is none.
    """
    said = _part(body, "TimeToLiveDescription")
    attribute = _member(said, "AttributeName", str)
    return attribute if said.get("TimeToLiveStatus") in ENABLED else None


def _indexes(raw: Mapping[str, Any], types: Mapping[str, Any]) -> Iterator[TableIndex]:
    for kind, member in (("GSI", "GlobalSecondaryIndexes"), ("LSI", "LocalSecondaryIndexes")):
        for said in _rows(raw, member):
            projection = _part(said, "Projection")
            fields: list[Any] | None = _member(projection, "NonKeyAttributes", list)
            if any(not isinstance(name, str) for name in fields or ()):
                raise _torn("NonKeyAttributes")
            yield TableIndex(
                _needed(said, "IndexName"),
                kind,
                _keys(said, types),
                TableProjection(
                    _member(projection, "ProjectionType", str),
                    tuple(sorted(fields, key=str.encode)) if fields else None,
                ),
                _member(said, "IndexStatus", str),
                _member(said, "Backfilling", bool, default=False),
            )


def _keys(said: Mapping[str, Any], types: Mapping[str, Any]) -> tuple[TableKey, ...]:
    rows = [(_needed(one, "AttributeName"), _needed(one, "KeyType")) for one in _rows(said, "KeySchema")]
    return tuple(TableKey(name, kind, types.get(name)) for name, kind in rows)


def _units(said: Mapping[str, Any]) -> Throughput | None:
    read, write = (_member(said, name, int) for name in ("ReadCapacityUnits", "WriteCapacityUnits"))
    return None if read is None or write is None else Throughput(read, write)


def _sse(said: Mapping[str, Any]) -> TableSse:
    return TableSse(*(_member(said, name, str) for name in ("Status", "SSEType", "KMSMasterKeyArn")))


def _instant(given: Any) -> datetime | None:  # noqa: ANN401 - seconds, or what botocore made of them
    if given is None or isinstance(given, datetime):
        return given
    try:
        return EPOCH + timedelta(microseconds=round(given * _MICROS))
    except (TypeError, ValueError, OverflowError):
        raise _torn("CreationDateTime") from None


def _member(said: Mapping[str, Any], name: str, kind: type[T], default: Any = None) -> Any:  # noqa: ANN401 - of the kind, or the default
    """Give a member of its JSON type; what is null is as what is not there."""
    value = said.get(name)
    if value is None:
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _torn(name)
    return value


def _needed(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise _torn(name)
    return value


def _part(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    out: dict[str, Any] = _member(said, name, dict, {})
    return out


def _rows(said: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows: list[Any] = _member(said, name, list, [])
    if any(not isinstance(row, dict) for row in rows):
        raise _torn(name)
    if name == "AttributeDefinitions":
        for row in rows:
            _needed(row, "AttributeName")
    return rows


def _torn(name: str) -> DecodeFailedError:
    return DecodeFailedError(f"the answer's {name} has not DynamoDB's shape")


def differences(plan: TablePlan, table: TableDescription) -> list[TableDifference]:
    """Compare a table with what its models want, and with the settings that are given."""
    settings = plan.settings
    said: list[tuple[str, Any, Any]] = [
        ("billing", settings.told_billing, table.billing),
        ("stream", settings.stream, table.stream),
        ("table_class", settings.table_class, table.table_class),
        ("deletion_protection", settings.deletion_protection, table.deletion_protection),
        ("sse", settings.sse, _found_sse(settings.sse, table.sse)),
        ("ttl", plan.ttl, table.ttl),
    ]
    out = list(_compared("keys", plan.keys, table.keys))
    for what, expected, found in said:
        out += [] if expected is None else _compared(what, expected, found)
    return [*out, *_of_indexes(plan, table)]


def _found_sse(wanted: Sse | None, found: TableSse | None) -> Sse | None:
    """Give what is there as it is asked for: any key, or a certain one."""
    if found is None or wanted is None:
        return None
    return Sse() if wanted.key is None else Sse(found.key)


def _compared(what: str, expected: Any, found: Any, index: str | None = None) -> Iterator[TableDifference]:  # noqa: ANN401 - of any kind
    if expected != found:
        kind = "missing" if found is None else "different"
        yield TableDifference(what, kind, expected, found, index)  # type: ignore[arg-type]


def _of_indexes(plan: TablePlan, table: TableDescription) -> Iterator[TableDifference]:
    wanted = {index.name: index for index in plan.indexes}
    there = {index.name: _bare(index, plan) for index in table.indexes}
    for name in sorted({*wanted, *there}, key=str.encode):
        expected, found = wanted.get(name), there.get(name)
        if expected is None:
            yield TableDifference("index", "extra", None, found, name)
        elif found is None:
            yield TableDifference("index", "missing", expected, None, name)
        else:
            yield from _compared("index_type", expected.type, found.type, name)
            yield from _compared("index_keys", expected.keys, found.keys, name)
            yield from _compared("index_projection", expected.projection, found.projection, name)


def _bare(index: TableIndex, plan: TablePlan) -> TableIndex:
    """Give an index with its fields as they are compared: without its keys, and those of the models' table."""
    projection = bare_projection(index.projection, index.keys, (key.attribute for key in plan.keys))
    return replace(index, projection=projection)
