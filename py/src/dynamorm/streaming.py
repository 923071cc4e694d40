"""Streams as the caller holds them: records decoded by their models, handled batch by batch, or read in development."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .codec import path_name
from .encryption.ring import Ring
from .errors import DecodeFailedError, DynamORMError, EncryptionNotConfiguredError, KeyUnavailableError
from .operation import FindStream
from .schema.declare import Model
from .stream import Record, changed_names, event_of, is_own, owner_of, parse_record, sequence_number_of
from .stream_reader import StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .client import Client
    from .codec import Item
    from .operation import Binding
    from .schema import Model as Schema
    from .seen import Seen
    from .stream import RawRecord
    from .stream_reader import Start

V = TypeVar("V")
M = TypeVar("M", bound=Model)
LOGGER = logging.getLogger("dynamorm.stream")
# A record that cannot be read for want of a key may be read later: it comes again, whatever handlers there are.
WANTS_A_KEY = (KeyUnavailableError, EncryptionNotConfiguredError)
RawMapping = Mapping[str, Any]


class Stream(Generic[V]):
    """The stream of a table, by one model or several that share it; got by `Client.stream`."""

    def __init__(
        self, client: Client, bindings: Sequence[Binding], makers: Sequence[Callable[[dict[str, Any]], V]]
    ) -> None:
        """Take the models, and what makes a value of each one's attributes."""
        self._client, self._bindings, self._makers = client, tuple(bindings), tuple(makers)

    def knows(self, record: RawMapping) -> bool:
        """Tell whether a record is of one of the models.

        Raises DecodeFailedError for what is no record.
        """
        return self.owner(parse_record(record)) is not None

    def decode(self, record: RawMapping) -> Record[V]:
        """Decode one record, of a Lambda event or of boto3's `get_records`.

        Raises DecodeFailedError for another shape or an unknown model, and as `get` does for an item.
        """
        raw = parse_record(record)
        return self.decoded(raw, self.owner(raw))

    def owner(self, raw: RawRecord) -> int | None:
        """Tell of which model a record is."""
        return owner_of([binding.codec for binding in self._bindings], raw)

    def decoded(self, raw: RawRecord, owner: int | None) -> Record[V]:
        """Decode a record of a model."""
        if owner is None:
            mark = self._bindings[0].model.discriminator
            raise DecodeFailedError(
                "a record of a model that nobody knows", path=None if mark is None else path_name(mark.attribute)
            )
        binding, make = self._bindings[owner], self._makers[owner]
        codec = binding.codec
        if raw.old is not None and not is_own(codec, raw.old):
            raw = replace(raw, old=None)
        keys = codec.key_values(raw.keys)
        raw = self._opened(binding, raw)
        old, new = (None if image is None else codec.unmarshal_item(image) for image in (raw.old, raw.new))
        changed = changed_names(codec, raw.kind, old, new)
        before, after = (None if values is None else make(values) for values in (old, new))
        return Record(
            binding.model.name,
            raw.kind,
            raw.event_id,
            raw.sequence_number,
            raw.created_at,
            raw.expired,
            keys,
            before,
            after,
            changed,
        )

    def _opened(self, binding: Binding, raw: RawRecord) -> RawRecord:
        encryption = self._client.encryption
        if encryption is None or not binding.codec.encrypted:
            return raw
        images: list[Item] = [image for image in (raw.old, raw.new) if image is not None]
        views = Ring(encryption, self._client.now_ns()).open([(binding, image, raw.keys) for image in images])
        old, new = (None if one is None else views.get((id(binding), id(one)), one) for one in (raw.old, raw.new))
        return replace(raw, old=old, new=new)

    def read(
        self,
        streams: Any = None,  # noqa: ANN401 - boto3 makes its clients at run time
        *,
        start: Start = "oldest",
        until_end: bool = False,
        poll_seconds: float = 1.0,
    ) -> Iterator[Record[V]]:
        """Read the table's stream, in development and tests; in production, Lambda does.

        `streams` is a boto3 client of `dynamodbstreams`; one is made where none is given. With `until_end` it stops
        where nothing more is to be read; otherwise it waits for what comes.

        Raises, when it is read, ValidationFailedError where the table has no stream, and what `decode` raises.
        """
        raw = self.records(streams, start=start, until_end=until_end, poll_seconds=poll_seconds)
        return map(self.decode, raw)

    def records(
        self,
        streams: Any = None,  # noqa: ANN401 - boto3 makes its clients at run time
        *,
        start: Start = "oldest",
        until_end: bool = False,
        poll_seconds: float = 1.0,
    ) -> Iterator[dict[str, Any]]:
        """Read as `read` does, and give the records as boto3 has them: for a handler, `handler({"Records": [record]})`.

        Raises, when it is read, ValidationFailedError where the table has no stream.
        """
        now_ns = self._client.now_ns()
        arn = self._client.run(FindStream(self._bindings[0]), now_ns)
        door, sleeper = self._client.streams_door(streams), self._client.sleeper
        yield from StreamReader(door, arn, start=start, until_end=until_end, poll_seconds=poll_seconds, sleeper=sleeper)


@dataclass(frozen=True)
class Route(Generic[V]):
    """A model, and what handles its records; made by `on_record`."""

    model: type[Model] | Schema
    handle: Callable[[Record[V]], object]


@overload
def on_record(model: type[M], handle: Callable[[Record[M]], object]) -> Route[M]: ...


@overload
def on_record(model: Schema, handle: Callable[[Record[dict[str, Any]]], object]) -> Route[dict[str, Any]]: ...


def on_record(model: type[Model] | Schema, handle: Callable[[Record[Any]], object]) -> Route[Any]:
    """Say what handles the records of a model: `client.stream_handler(on_record(Order, ship))`."""
    return Route(model, handle)


@dataclass(frozen=True)
class StreamFailure:
    """What ended a batch: the sequence number of the record, where it has one, and the error."""

    sequence_number: str | None
    error: Exception


class StreamHandler:
    """A Lambda function for a stream with ReportBatchItemFailures; got by `Client.stream_handler`.

    Call it with the event: records are handled in order, and the answer says from which on the batch is to come again.
    """

    def __init__(
        self,
        stream: Stream[Any],
        handlers: Sequence[Callable[[Record[Any]], object]],
        *,
        on_decode_error: Callable[[RawMapping, DynamORMError], object] | None,
        on_unknown: Callable[[RawMapping], object] | None,
        on_failure: Callable[[StreamFailure], object] | None,
        seen: Seen | None,
    ) -> None:
        """Take the handlers, in the order of the stream's models."""
        self._stream, self._handlers = stream, tuple(handlers)
        self._on_decode_error, self._on_unknown = on_decode_error, on_unknown
        self._on_failure, self._seen = on_failure or log_failure, seen

    def __call__(self, event: Any, _context: object = None) -> dict[str, list[dict[str, str]]]:  # noqa: ANN401 - what Lambda gives
        """Handle a batch.

        Raises the error of a record that failed and of which no sequence number can be read.
        """
        records = event.get("Records") if isinstance(event, Mapping) else None
        if not isinstance(records, list):
            raise DecodeFailedError("not an event of a stream")
        for record in records:
            failure = self._failure(record)
            if failure is None:
                continue
            self._on_failure(failure)
            if failure.sequence_number is None:
                raise failure.error
            return {"batchItemFailures": [{"itemIdentifier": failure.sequence_number}]}
        return {"batchItemFailures": []}

    def _failure(self, record: RawMapping) -> StreamFailure | None:
        """Handle a record, unless it was handled before."""
        event, seen = event_of(record), self._seen
        try:
            if seen is not None and event is not None and seen.contains(event):
                return None
            self._handle(record)
            if seen is not None and event is not None:
                seen.add(event)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is its record's failure
            return StreamFailure(sequence_number_of(record), error)
        return None

    def _handle(self, record: RawMapping) -> None:
        try:
            raw = parse_record(record)
            owner = self._stream.owner(raw)
            decoded = None if owner is None and self._on_unknown is not None else self._stream.decoded(raw, owner)
        except DynamORMError as error:
            if self._on_decode_error is None or isinstance(error, WANTS_A_KEY):
                raise
            self._on_decode_error(record, error)
            return
        if decoded is not None and owner is not None:
            self._handlers[owner](decoded)
        elif self._on_unknown is not None:
            self._on_unknown(record)


def log_failure(failure: StreamFailure) -> None:
    """Log a failure: what the library says of it; of any other error type and place, for its text may hold values."""
    error = failure.error
    what = str(error) if isinstance(error, DynamORMError) else type(error).__name__
    place = "".join(traceback.format_tb(error.__traceback__))
    LOGGER.error("the record %s of a stream failed: %s\n%s", failure.sequence_number, what, place)
