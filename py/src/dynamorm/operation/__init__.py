"""Operations: pure functions from a model and arguments to requests, and from answers to results."""

from .answer import shaped
from .backoff import Retries
from .batch_get import BatchGet, Wanted
from .batch_write import BatchWrite, Chunk, Entries, WriteEntry, delete_entry, once, pack, put_entry
from .binding import Binding
from .chunk import Chunks, incomplete, item_key
from .condition import Guard
from .copy import Copy, CopyEntry, CopyPage, CopyPut, OwnCopy, Transformed, TransformError, copy_entry, key_of
from .cursor import NONCE_BYTES, Bound, Cursor, Signer
from .delete import Delete
from .description import TableDescription, TableSse
from .exchange import Exchange, Request, Response, Sealable, SingleExchange
from .get import Exists, Found, Get, Selection
from .infrastructure import cloudformation, terraform
from .migration import MigrationCounts, MigrationPlace, Phase, SegmentPlace, read_place
from .place import Place
from .project import project
from .put import Put, Stored, create, put, save
from .read import Keys, Options, Page, PageExchange, Read, Shape, What, check_segments
from .reencrypt import Reseal, SealedPage, sealed_read, stale
from .seal import Seal, Visit
from .stream import FindStream
from .table import (
    Sse,
    TableIndex,
    TableKey,
    TablePlan,
    TableProjection,
    TableSettings,
    Throughput,
    check_name,
    check_timeout,
    create_request,
    plan_copy,
    plan_table,
)
from .table_exchange import (
    EnsuredTable,
    TablePage,
    create_table,
    delete_table,
    describe_table,
    ensure_table,
    table_drift,
)
from .transact_get import TransactGet
from .transact_write import Action, Check, TransactSend, TransactWrite
from .update import Update

__all__ = [
    "NONCE_BYTES",
    "Action",
    "BatchGet",
    "BatchWrite",
    "Binding",
    "Bound",
    "Check",
    "Chunk",
    "Chunks",
    "Copy",
    "CopyEntry",
    "CopyPage",
    "CopyPut",
    "Cursor",
    "Delete",
    "EnsuredTable",
    "Entries",
    "Exchange",
    "Exists",
    "FindStream",
    "Found",
    "Get",
    "Guard",
    "Keys",
    "MigrationCounts",
    "MigrationPlace",
    "Options",
    "OwnCopy",
    "Page",
    "PageExchange",
    "Phase",
    "Place",
    "Put",
    "Read",
    "Request",
    "Reseal",
    "Response",
    "Retries",
    "Seal",
    "Sealable",
    "SealedPage",
    "SegmentPlace",
    "Selection",
    "Shape",
    "Signer",
    "SingleExchange",
    "Sse",
    "Stored",
    "TableDescription",
    "TableIndex",
    "TableKey",
    "TablePage",
    "TablePlan",
    "TableProjection",
    "TableSettings",
    "TableSse",
    "Throughput",
    "TransactGet",
    "TransactSend",
    "TransactWrite",
    "TransformError",
    "Transformed",
    "Update",
    "Visit",
    "Wanted",
    "What",
    "WriteEntry",
    "check_name",
    "check_segments",
    "check_timeout",
    "cloudformation",
    "copy_entry",
    "create",
    "create_request",
    "create_table",
    "delete_entry",
    "delete_table",
    "describe_table",
    "ensure_table",
    "incomplete",
    "item_key",
    "key_of",
    "once",
    "pack",
    "plan_copy",
    "plan_table",
    "project",
    "put",
    "put_entry",
    "read_place",
    "save",
    "sealed_read",
    "shaped",
    "stale",
    "table_drift",
    "terraform",
]
