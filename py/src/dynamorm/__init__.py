"""DynamORM: one model of a DynamoDB item, the same in Python, TypeScript and Go."""

from . import errors
from ._version import __version__
from .client import Client
from .expression import Condition, SortCondition, all_of, any_of, field, sort_key
from .reading import Page, Parallel, Reading, Scan
from .schema import canonical_dms, dump, load_dms
from .schema.declare import Model, Nested, Projection, schema_of
from .schema.marker import (
    TTL,
    Attribute,
    BoolString,
    CreatedAt,
    Encrypted,
    Index,
    Int64,
    Json,
    Number,
    OmitEmpty,
    PartitionKey,
    Rfc3339Nano,
    SortKey,
    Template,
    UnixMillis,
    UnixSeconds,
    UpdatedAt,
    Version,
    View,
)
from .table import DynamicTable, Table

__all__ = [
    "TTL",
    "Attribute",
    "BoolString",
    "Client",
    "Condition",
    "CreatedAt",
    "DynamicTable",
    "Encrypted",
    "Index",
    "Int64",
    "Json",
    "Model",
    "Nested",
    "Number",
    "OmitEmpty",
    "Page",
    "Parallel",
    "PartitionKey",
    "Projection",
    "Reading",
    "Rfc3339Nano",
    "Scan",
    "SortCondition",
    "SortKey",
    "Table",
    "Template",
    "UnixMillis",
    "UnixSeconds",
    "UpdatedAt",
    "Version",
    "View",
    "__version__",
    "all_of",
    "any_of",
    "canonical_dms",
    "dump",
    "errors",
    "field",
    "load_dms",
    "schema_of",
    "sort_key",
]
