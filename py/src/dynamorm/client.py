"""The client: one DynamoDB, the tables of models on it, and everything that is given from outside."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .codec import ItemCodec
from .operation import Binding
from .schema import Model as Schema
from .schema.declare import Model, schema_of
from .table import DynamicTable, Table
from .transport import SdkTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .operation import Exchange
    from .transport import Transport

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Client:
    """One DynamoDB.

    `client` is a boto3 DynamoDB client, used as it is configured (or one is made of `endpoint_url` and `region`);
    `transport` stands in for it in tests. `clock` gives nanoseconds since the epoch. `table_prefix` stands before every
    table's name; `table_names` maps a document's table name to the real one, which then takes no prefix.
    """

    def __init__(
        self,
        client: Any = None,  # noqa: ANN401 - boto3 makes its clients at run time
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        transport: Transport | None = None,
        clock: Callable[[], int] = time.time_ns,
        table_prefix: str = "",
        table_names: Mapping[str, str] | None = None,
    ) -> None:
        """Take or make the SDK's client."""
        if transport is None:
            transport = SdkTransport(client if client is not None else _boto3_client(endpoint_url, region))
        self._transport = transport
        self._clock = clock
        self._prefix = table_prefix
        self._names = dict(table_names or {})
        self._codecs: dict[int, tuple[Schema, ItemCodec]] = {}

    @overload
    def table(self, model: type[M]) -> Table[M]: ...

    @overload
    def table(self, model: Schema) -> DynamicTable: ...

    def table(self, model: type[M] | Schema) -> Table[M] | DynamicTable:
        """Give the table of a model class, or of a model loaded from a document (`load_dms`), over plain dicts."""
        if isinstance(model, Schema):
            return DynamicTable(self, self._bind(model))
        return Table(self, self._bind(schema_of(model)), model)

    def _bind(self, schema: Schema) -> Binding:
        # By identity, with the schema kept alive: two documents may hold models of one name.
        known = self._codecs.get(id(schema))
        if known is None:
            known = self._codecs[id(schema)] = (schema, ItemCodec(schema))
        name = self._names.get(schema.table) or self._prefix + schema.table
        return Binding.of(schema, name, known[1])

    def now_ns(self) -> int:
        """Read the clock; every operation does so once."""
        return self._clock()

    def run(self, exchange: Exchange[T]) -> T:
        """Drive an exchange to its result."""
        while (request := exchange.next()) is not None:
            exchange.receive(self._transport.send(request))
        return exchange.result()


def _boto3_client(endpoint_url: str | None, region: str | None) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    import boto3  # noqa: PLC0415 - importing the SDK costs more than all of this package

    return boto3.client("dynamodb", endpoint_url=endpoint_url, region_name=region)
