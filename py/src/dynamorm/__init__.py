"""DynamORM: one model of a DynamoDB item, the same in Python, TypeScript and Go."""

from . import errors
from ._version import __version__
from .actions import Action, Actions, DeleteAction, GetAction, PutAction
from .batch import BatchItems, Written
from .bulk import BulkCounts, BulkFailure
from .client import Client
from .copying import MigrationFailure, MigrationProgress
from .encryption import DataKeyCache, Encryption
from .errors.parts import ItemKey, TableDifference
from .expression import Condition, SortCondition, all_of, any_of, field, sort_key
from .migrate import MigrationReport
from .operation import (
    EnsuredTable,
    MigrationCounts,
    Retries,
    Sse,
    TableDescription,
    TableIndex,
    TableKey,
    TableProjection,
    TableSettings,
    TableSse,
    Throughput,
)
from .reading import Page, Parallel, Reading, Scan
from .rotation import Reencrypted, ReencryptFailure
from .schema import DMS_VERSIONS, canonical_dms, dump, load_dms
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
from .seen import Seen, SeenInMemory
from .stream import Record
from .streaming import Route, Stream, StreamFailure, StreamHandler, on_record
from .table import DynamicTable, Table

__all__ = [
    "DMS_VERSIONS",
    "TTL",
    "Action",
    "Actions",
    "Attribute",
    "BatchItems",
    "BoolString",
    "BulkCounts",
    "BulkFailure",
    "Client",
    "Condition",
    "CreatedAt",
    "DataKeyCache",
    "DeleteAction",
    "DynamicTable",
    "Encrypted",
    "Encryption",
    "EnsuredTable",
    "GetAction",
    "Index",
    "Int64",
    "ItemKey",
    "Json",
    "MigrationCounts",
    "MigrationFailure",
    "MigrationProgress",
    "MigrationReport",
    "Model",
    "Nested",
    "Number",
    "OmitEmpty",
    "Page",
    "Parallel",
    "PartitionKey",
    "Projection",
    "PutAction",
    "Reading",
    "Record",
    "ReencryptFailure",
    "Reencrypted",
    "Retries",
    "Rfc3339Nano",
    "Route",
    "Scan",
    "Seen",
    "SeenInMemory",
    "SortCondition",
    "SortKey",
    "Sse",
    "Stream",
    "StreamFailure",
    "StreamHandler",
    "Table",
    "TableDescription",
    "TableDifference",
    "TableIndex",
    "TableKey",
    "TableProjection",
    "TableSettings",
    "TableSse",
    "Template",
    "Throughput",
    "UnixMillis",
    "UnixSeconds",
    "UpdatedAt",
    "Version",
    "View",
    "Written",
    "__version__",
    "all_of",
    "any_of",
    "canonical_dms",
    "dump",
    "errors",
    "field",
    "load_dms",
    "on_record",
    "schema_of",
    "sort_key",
]
