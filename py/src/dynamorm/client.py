"""The client: one DynamoDB, the tables of models on it, and everything that is given from outside."""

from __future__ import annotations

import random as randomness
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, Unpack, overload
from uuid import uuid4

from . import batch, transaction
from .bulk import Bulk
from .codec import ItemCodec
from .encryption.ring import Ring
from .errors import CanceledError, DynamORMError, ValidationFailedError
from .migrate import Migrations
from .operation import NONCE_BYTES, Binding, Keys, Options, Retries, Signer, shaped
from .reading import Reading
from .schema import Model as Schema
from .schema.declare import Model, schema_of
from .streaming import Route, Stream, StreamFailure, StreamHandler
from .table import DynamicTable, Table
from .tables import Tables
from .transport import SdkTransport, StreamsDoor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .actions import Action, DeleteAction, GetAction, PutAction
    from .batch import BatchItems, Written
    from .bulk import BulkCounts, BulkOptions
    from .encryption import Encryption
    from .errors.parts import ItemKey
    from .expression import Condition, SortCondition
    from .operation import Exchange, Sealable
    from .seen import Seen
    from .transport import Transport

M = TypeVar("M", bound=Model)
N = TypeVar("N", bound=Model)
P = TypeVar("P", bound=Model)
T = TypeVar("T")
U = TypeVar("U")
W = TypeVar("W")
_DEFAULT_RETRIES = Retries()


class QueryOptions(TypedDict, total=False):
    """The options of a query over several models; they are those of `Table.query`."""

    index: str | None
    filter: Condition | None
    order: Literal["asc", "desc"]
    limit: int | None
    page_size: int | None
    consistent: bool
    hide_expired: bool
    cursor: str | None
    cursor_context: str | None


class Client(Tables, Migrations):
    """One DynamoDB.

    `client` is a boto3 DynamoDB client, used as it is configured (or one is made of `endpoint_url` and `region`);
    `transport` stands in for it in tests. `clock` gives nanoseconds since the epoch. `table_prefix` stands before every
    table's name; `table_names` maps a document's table name to the real one, which then takes no prefix.
    Cursors are signed by the first of `cursor_secrets`, and every one of them is accepted; `encrypt_cursor` hides the
    keys in them, too.
    `retries` say how often what is left of a batch, and a transaction that others were in the way of, is sent again;
    `sleeper` waits so many seconds before it, and for tables that are made or changed; `random` gives numbers from 0 to
    below 1 for the length of the wait.
    `tokens` gives the token of a transaction for which the caller has none.
    `encryption` seals and opens the encrypted attributes of models; without it they are neither written nor read.
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
        cursor_secrets: Sequence[str | bytes] = (),
        encrypt_cursor: bool = False,
        retries: Retries = _DEFAULT_RETRIES,
        sleeper: Callable[[float], object] = time.sleep,
        random: Callable[[], float] = randomness.random,
        tokens: Callable[[], str] = lambda: str(uuid4()),
        encryption: Encryption | None = None,
    ) -> None:
        """Take or make the SDK's client."""
        if transport is None:
            client = client if client is not None else _boto3_client("dynamodb", endpoint_url, region)
            region = client.meta.region_name
            transport = SdkTransport(client)
        self._endpoint_url, self._region = endpoint_url, region
        self.encryption = None if encryption is None else encryption.of(region)
        self._transport = transport
        self._clock = clock
        self._prefix = table_prefix
        self._names = dict(table_names or {})
        nonce = partial(secrets.token_bytes, NONCE_BYTES)
        self.signer = Signer.of(cursor_secrets, encrypt=encrypt_cursor, nonce=nonce)
        self.retries, self.random, self.tokens = retries, random, tokens
        self.sleeper = sleeper
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

    @overload
    def query(
        self,
        models: tuple[type[M], type[N]],
        partition: Any = None,  # noqa: ANN401 - a key's value, or a map of its parts
        sort: SortCondition | Mapping[str, Any] | None = None,
        **options: Unpack[QueryOptions],
    ) -> Reading[M | N]: ...

    @overload
    def query(
        self,
        models: tuple[type[M], type[N], type[P]],
        partition: Any = None,  # noqa: ANN401 - a key's value, or a map of its parts
        sort: SortCondition | Mapping[str, Any] | None = None,
        **options: Unpack[QueryOptions],
    ) -> Reading[M | N | P]: ...

    @overload
    def query(
        self,
        models: Sequence[type[M]],
        partition: Any = None,  # noqa: ANN401 - a key's value, or a map of its parts
        sort: SortCondition | Mapping[str, Any] | None = None,
        **options: Unpack[QueryOptions],
    ) -> Reading[M]: ...

    @overload
    def query(
        self,
        models: Sequence[Schema],
        partition: Any = None,  # noqa: ANN401 - a key's value, or a map of its parts
        sort: SortCondition | Mapping[str, Any] | None = None,
        **options: Unpack[QueryOptions],
    ) -> Reading[tuple[str, dict[str, Any]]]: ...

    def query(
        self,
        models: Sequence[type[M]] | Sequence[Schema],
        partition: Any = None,
        sort: SortCondition | Mapping[str, Any] | None = None,
        **options: Unpack[QueryOptions],
    ) -> Reading[Any]:
        """Read a partition that items of several models share, each as its own: `client.query((Customer, Order), ...)`.

        The models share a table, and each has a discriminator. A tuple of two or three tells every type checker what
        an item is. Options are those of `Table.query`. Of models that were loaded from documents the items are pairs
        of the model's name and a plain dict. A map's names are those of the first model.

        Raises, when it is read, ValidationFailedError where the models cannot be read together.
        """
        given: Sequence[type[Model] | Schema] = models
        bindings = [self.bound(model) for model in given]
        check_together([binding.model for binding in bindings], [binding.table for binding in bindings])
        made = {binding.model.name: self._maker(model) for binding, model in zip(bindings, given, strict=True)}

        def named(given_keys: Any) -> Any:  # noqa: ANN401 - a key's value, a condition, or a map
            if not isinstance(given_keys, Mapping):
                return given_keys
            return dict(given_keys) if isinstance(given[0], Schema) else given[0].__dynamorm_named__(given_keys)

        def make(binding: Binding, values: dict[str, Any]) -> Any:  # noqa: ANN401 - an item of any of the models
            return made[binding.model.name](values)

        return Reading(self, bindings, Keys(named(partition), named(sort)), Options(**options), make)

    @overload
    def batch_get(self, gets: Iterable[GetAction[M]]) -> BatchItems[M, ItemKey]: ...

    @overload
    def batch_get(self, gets: Iterable[GetAction[Any]]) -> BatchItems[Any, ItemKey]: ...

    def batch_get(self, gets: Iterable[GetAction[Any]]) -> BatchItems[Any, ItemKey]:
        """Read many items of any models: `client.batch_get([orders.actions.get(key), people.actions.get(other)])`.

        An item of a model class is its instance; one of a document's model, and what was selected of any, is a pair of
        the model's name and a plain dict. Raises as `Table.batch_get`.
        """
        return batch.read(self, gets, named=True)

    def batch_write(
        self, writes: Iterable[PutAction | DeleteAction], *, last_wins: bool = False, unchecked: bool = False
    ) -> Written:
        """Put and delete many items of any models, independently of one another; raises as `Table.batch_write`."""
        return batch.write(self, writes, last_wins=last_wins, unchecked=unchecked)

    def bulk_write(
        self,
        writes: Iterable[PutAction | DeleteAction],
        **options: Unpack[BulkOptions],
    ) -> BulkCounts:
        """Put and delete a stream of any length; raises as `Table.bulk_put`."""
        return Bulk(self, writes, **options).run()

    def transact_write(self, actions: Iterable[Action], *, token: str | None = None) -> None:
        """Do 1 to 100 actions of any models on different items, all or none.

        `client.transact_write([stock.actions.update(key, subtract={"left": 1}), orders.actions.create(order)])`.
        The same request with the same `token` happens once within ten minutes; but a call that is made again is another
        request where the clock is in it: `prepare` and `transact_send` are for that.

        Raises TransactionCanceledError with `reasons`, IdempotencyMismatchError, TransactionInProgressError, and
        whatever refuses one of its actions.
        """
        transaction.write(self, actions, token)

    def prepare(self, actions: Iterable[Action], *, token: str | None = None) -> str:
        """Give the request of a transaction as text, to be stored and sent by `transact_send`; nothing is sent."""
        return transaction.prepare(self, actions, token)

    def transact_send(self, text: str) -> None:
        """Send a prepared transaction; within ten minutes of the first time it happens once, however often it is sent.

        Raises as `transact_write`; reasons know nothing of models.
        """
        transaction.send(self, text)

    @overload
    def transact_get(self, gets: tuple[GetAction[T]]) -> tuple[T | None]: ...

    @overload
    def transact_get(self, gets: tuple[GetAction[T], GetAction[U]]) -> tuple[T | None, U | None]: ...

    @overload
    def transact_get(
        self, gets: tuple[GetAction[T], GetAction[U], GetAction[W]]
    ) -> tuple[T | None, U | None, W | None]: ...

    @overload
    def transact_get(self, gets: list[GetAction[T]] | Iterator[GetAction[T]]) -> list[T | None]: ...

    def transact_get(self, gets: Iterable[GetAction[Any]]) -> Any:
        """Read 1 to 100 different items of any models as they were at one moment; None where there is no item.

        A list for a list, a tuple for a tuple, which tells every type checker what each item is.
        Raises TransactionCanceledError, ValidationFailedError, DecodeFailedError.
        """
        return transaction.read(self, gets)

    @overload
    def stream(self, models: type[M]) -> Stream[M]: ...

    @overload
    def stream(self, models: Schema | Sequence[Schema]) -> Stream[dict[str, Any]]: ...

    @overload
    def stream(self, models: tuple[type[M], type[N]]) -> Stream[M | N]: ...

    @overload
    def stream(self, models: tuple[type[M], type[N], type[P]]) -> Stream[M | N | P]: ...

    @overload
    def stream(self, models: Sequence[type[M]]) -> Stream[M]: ...

    def stream(self, models: type[Model] | Schema | Sequence[type[Model]] | Sequence[Schema]) -> Stream[Any]:
        """Give the stream of a model's table, or of several models that share one, each with its discriminator.

        `client.stream(Order).decode(record)` gives a typed `Record`; `read` reads a stream in development.

        Raises ValidationFailedError where the models cannot be told apart.
        """
        given: list[type[Model] | Schema] = [models] if isinstance(models, (type, Schema)) else [*models]
        bindings = [self.bound(model) for model in given]
        if len(given) != 1:
            check_together([binding.model for binding in bindings], [binding.table for binding in bindings])
        makers = [dict if isinstance(model, Schema) else self.table(model).made for model in given]
        return Stream(self, bindings, makers)

    def stream_handler(
        self,
        *routes: Route[Any],
        on_decode_error: Callable[[Mapping[str, Any], DynamORMError], object] | None = None,
        on_unknown: Callable[[Mapping[str, Any]], object] | None = None,
        on_failure: Callable[[StreamFailure], object] | None = None,
        seen: Seen | None = None,
    ) -> StreamHandler:
        """Give a Lambda function: `handler = client.stream_handler(on_record(Order, ship))`.

        The event source has ReportBatchItemFailures. A record that does not decode goes to `on_decode_error`, one of
        another model to `on_unknown`; without these, and for want of a key, it fails the batch from there on.
        `on_failure` is told what ended a batch; without it, it is logged. `seen` (a `SeenInMemory`, or a store of
        yours) keeps records that come again from being handled again.

        Raises ValidationFailedError where the models cannot be told apart.
        """
        models: Any = [route.model for route in routes]
        stream: Stream[Any] = self.stream(models)
        handlers = [route.handle for route in routes]
        return StreamHandler(
            stream, handlers, on_decode_error=on_decode_error, on_unknown=on_unknown, on_failure=on_failure, seen=seen
        )

    def streams_door(self, given: Any) -> StreamsDoor:  # noqa: ANN401 - boto3 makes its clients at run time
        """Give the door to DynamoDB Streams, through the caller's client or one like that of DynamoDB."""
        return StreamsDoor(
            _boto3_client("dynamodbstreams", self._endpoint_url, self._region) if given is None else given
        )

    def _maker(self, model: type[Model] | Schema) -> Callable[[dict[str, Any]], Any]:
        if isinstance(model, Schema):
            return lambda values: (model.name, values)
        return self.table(model).made

    def bound(self, model: type[Model] | Schema) -> Binding:
        """Give what operations know of a model's table."""
        return self._bind(model if isinstance(model, Schema) else schema_of(model))

    def _bind(self, schema: Schema) -> Binding:
        # By identity, with the schema kept alive: two documents may hold models of one name.
        known = self._codecs.get(id(schema))
        if known is None:
            known = self._codecs[id(schema)] = (schema, ItemCodec(schema, has_key=self.encryption is not None))
        name = self._names.get(schema.table) or self._prefix + schema.table
        return Binding.of(schema, name, known[1])

    def now_ns(self) -> int:
        """Read the clock; every operation does so once, as it begins, so that every language gives the same times."""
        return self._clock()

    def seal(self, exchange: Sealable, now_ns: int, ring: Ring | None = None) -> None:
        """Put envelopes in the place of what an exchange has to seal; without a key it has nothing."""
        if self.encryption is not None and (seals := exchange.seals()):
            (ring or Ring(self.encryption, now_ns)).seal(seals)
            exchange.check_sealed()

    def run(self, exchange: Exchange[T], now_ns: int, *, stopped: Callable[[], bool] = lambda: False) -> T:
        """Drive an exchange to its result; nothing is sent again once it is `stopped`."""
        ring = None if self.encryption is None else Ring(self.encryption, now_ns)
        self.seal(exchange, now_ns, ring)
        while (request := exchange.next()) is not None:
            if request.delay_ms is not None:
                self.sleeper(request.delay_ms / 1000)
                if stopped():
                    raise CanceledError("stopped before it was sent again", origin="service")
            response = shaped(self._transport.send(request))
            if ring is None:
                exchange.receive(response)
            else:
                ring.receive(exchange, request, response)
        return exchange.result()


def check_together(models: Sequence[Schema], tables: Sequence[str]) -> None:
    """Refuse models that are not told apart by one discriminator in one table."""
    marks = [model.discriminator for model in models if model.discriminator is not None]
    if not models or len(marks) < len(models) or len({mark.attribute for mark in marks}) > 1:
        raise ValidationFailedError("to be read together, models need the same discriminator in each")
    if len({mark.value for mark in marks}) < len(marks):
        raise ValidationFailedError("two models have the same value of the discriminator")
    if len(set(tables)) > 1 or len({(model.partition, model.sort) for model in models}) > 1:
        raise ValidationFailedError("the models have different tables or keys")


def _boto3_client(service: Any, endpoint_url: str | None, region: str | None) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    import boto3  # noqa: PLC0415 - importing the SDK costs more than all of this package

    return boto3.client(service, endpoint_url=endpoint_url, region_name=region)
