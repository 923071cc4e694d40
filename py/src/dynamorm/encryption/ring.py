"""The data keys of one operation: it seals what is to be sent and opens what came back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..codec import Plain, path_name
from ..errors import DynamORMError, InvalidEncryptedEnvelopeError, KeyUnavailableError
from ..errors.catalogue import RETRYABLE_OF_KMS_TYPE
from ..limits import DATA_KEY_BYTES, KMS_CIPHERTEXT_MAX_BYTES
from .cache import DataKey, purpose_of
from .field import (
    EnvelopeContext,
    additional_data,
    is_named_as_envelope,
    misplaced,
    opened_with,
    parse_envelope,
    sealed,
)
from .keys import KeyRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..codec import Item
    from ..operation import Binding, Exchange, Request, Response, Seal
    from .cache import Purpose
    from .field import Envelope
    from .keys import Encryption

SIDE_BY_SIDE = 8
INCORRECT_KEY, INVALID_CIPHERTEXT = "IncorrectKeyException", "InvalidCiphertextException"
UNOPENED = (InvalidEncryptedEnvelopeError, KeyUnavailableError)
Wrapped = tuple["Purpose", bytes]
"""A wrapped key and what it is for; the purpose's key is the one that envelopes are written with."""


@dataclass(frozen=True, repr=False)
class Unwrapped:
    """A data key, and the KMS key that opened it."""

    data_key: DataKey
    key: str


@dataclass(frozen=True, repr=False)
class _Place:
    """An attribute of an item that came back, and what is stored of it."""

    stored: Any
    path: str
    data: bytes = b""
    envelope: Envelope | None = None
    context: EnvelopeContext | None = None
    wrapped: Wrapped | None = None
    error: DynamORMError | None = None


class Ring:
    """The data keys of one operation, which reads the clock once."""

    def __init__(self, encryption: Encryption, now_ns: int) -> None:
        """Begin with none."""
        self._encryption, self._now_ns = encryption, now_ns
        self._generated: dict[Wrapped, Unwrapped] = {}

    def seal(self, seals: Sequence[Seal]) -> None:
        """Put envelopes in the places of plain values: first all data keys, in order, then the envelopes.

        Raises KeyUnavailableError.
        """
        contexts = [self._context(seal.binding, seal.name, seal.key) for seal in seals]
        keys = [self._fresh(context, path_name(seal.name)) for seal, context in zip(seals, contexts, strict=True)]
        for seal, context, key in zip(seals, contexts, keys, strict=True):
            seal.fill(sealed(seal.value, key.plaintext, self._encryption.nonce(), key.wrapped, context))

    def receive(self, exchange: Exchange[Any], request: Request, response: Response) -> None:
        """Open what an answer holds, and let the exchange read it."""
        try:
            exchange.receive(self.opened(exchange, response))
        except UNOPENED as error:
            error.maybe_applied = error.maybe_applied or (request.write and response.error is None)
            raise

    def opened(self, exchange: Exchange[Any], response: Response) -> Response:
        """Give an answer with opened values in the place of envelopes."""
        found: list[tuple[Binding, Item, Item | None]] = []

        def note(binding: Binding, item: Item, key: Item | None = None) -> Item:
            found.append((binding, item, key))
            return item

        exchange.visit(response, note)
        views = self.open(found)
        if not views:
            return response

        def view(binding: Binding, item: Item, key: Item | None = None) -> Item:  # noqa: ARG001 - as every visit
            return views.get((id(binding), id(item)), item)

        return exchange.visit(response, view)

    def open(self, found: Iterable[tuple[Binding, Item, Item | None]]) -> dict[tuple[int, int], Item]:
        """Open items of models; give those that held something, by the identities of model and item."""
        places = {
            (id(binding), id(item)): (item, self._places(binding, item, key or item)) for binding, item, key in found
        }
        keys = self._unwrap([one for _, row in places.values() for one in row.values()])
        return {
            identity: item | {name: self._plain(one, keys) for name, one in row.items()}
            for identity, (item, row) in places.items()
            if row
        }

    def _places(self, binding: Binding, item: Item, key: Item) -> dict[str, _Place]:
        """Give the encrypted attributes of an item that is the model's; NULL and absent ones hold nothing."""
        codec = binding.codec
        if not codec.encrypted or _is_foreign(binding, item):
            return {}
        held: dict[str, Any] = item
        stored = {name: held[name] for name in codec.encrypted if held.get(name) is not None}
        return {
            name: self._place(binding, name, value, key)
            for name, value in stored.items()
            if not (isinstance(value, dict) and "NULL" in value)
        }

    def _place(self, binding: Binding, name: str, stored: Any, key: Item) -> _Place:  # noqa: ANN401 - DynamoDB JSON
        path, own = path_name(name), binding.codec.by_name[name].field.type
        if self._encryption.allow_plaintext_reads and not is_named_as_envelope(stored) and _has_tag(stored, own):
            return _Place(stored, path)
        try:
            envelope = parse_envelope(stored, path)
        except DynamORMError as error:
            return _Place(stored, path, error=error)
        try:
            context = self._context(binding, name, key)
            data = additional_data(context)
        except (LookupError, TypeError, ValueError, AttributeError):  # no key, or one that DynamoDB does not have
            return _Place(stored, path, error=misplaced(path))
        wrapped = (purpose_of(self._encryption.key, context.kms()), envelope.wrapped_key)
        return _Place(stored, path, data, envelope, context, wrapped)

    def _plain(self, place: _Place, keys: Mapping[Wrapped, Unwrapped | KeyRefusedError]) -> Any:  # noqa: ANN401 - it stands where a value did
        if place.error is not None:
            return Plain(None, place.stored, place.error)
        if place.envelope is None or place.wrapped is None:
            return Plain(place.stored, place.stored)
        found = keys[place.wrapped]
        if isinstance(found, KeyRefusedError):
            return Plain(None, place.stored, refused(found, place.path, opening=True))
        value = opened_with(place.envelope, found.data_key.plaintext, place.data)
        error = None if value is not None else misplaced(place.path)
        return Plain(value, place.stored, error, key=found.key)

    def _context(self, binding: Binding, name: str, item: Mapping[str, Any]) -> EnvelopeContext:
        """Give what an envelope is bound to."""
        model = binding.model
        said = binding.codec.by_name[name].field.encryption or {}
        pinned = said.get("context", {})
        return EnvelopeContext(
            model.namespace,
            pinned.get("model", model.name),
            pinned.get("attribute", name),
            self._encryption.context,
            tuple((key, item[key]) for key in model.key_names),
        )

    def _fresh(self, context: EnvelopeContext, path: str) -> DataKey:
        """Give a data key to seal with."""
        encryption, kms = self._encryption, context.kms()
        purpose = purpose_of(encryption.key, kms)
        data_key = None if encryption.cache is None else encryption.cache.take(purpose, self._now_ns)
        if data_key is None:
            data_key = self._generate(kms, path)
            if encryption.cache is not None:
                encryption.cache.keep(purpose, data_key, self._now_ns, generated=True)
        self._generated[purpose, data_key.wrapped] = Unwrapped(data_key, encryption.key)
        return data_key

    def _generate(self, context: Mapping[str, str], path: str) -> DataKey:
        try:
            data_key = self._encryption.service.generate(self._encryption.key, context)
        except KeyRefusedError as refusal:
            error = refused(refusal, path)
        else:
            if len(data_key.plaintext) == DATA_KEY_BYTES and 1 <= len(data_key.wrapped) <= KMS_CIPHERTEXT_MAX_BYTES:
                return data_key
            error = KeyUnavailableError("the key service gave no data key", path=path, origin="service")
        raise error

    def _unwrap(self, places: Sequence[_Place]) -> dict[Wrapped, Unwrapped | KeyRefusedError]:
        """Get the data keys of envelopes, each once, some at a time."""
        wanted = dict.fromkeys(one.wrapped for one in places if one.wrapped is not None)
        contexts = {one.wrapped: one.context.kms() for one in places if one.context is not None}
        out: dict[Wrapped, Unwrapped | KeyRefusedError] = {}
        for wrapped in wanted:
            known = self._known(wrapped)
            if known is not None:
                out[wrapped] = known
        missing = [wrapped for wrapped in wanted if wrapped not in out]
        if len(missing) > 1:
            with ThreadPoolExecutor(min(len(missing), SIDE_BY_SIDE), thread_name_prefix="dynamorm-kms") as pool:
                got = list(pool.map(lambda one: self._ask(one, contexts[one]), missing))
        else:
            got = [self._ask(one, contexts[one]) for one in missing]
        return out | dict(zip(missing, got, strict=True))

    def _known(self, wrapped: Wrapped) -> Unwrapped | None:
        (_, context), raw = wrapped
        if wrapped in self._generated or self._encryption.cache is None:
            return self._generated.get(wrapped)
        for key in self._encryption.keys:
            data_key = self._encryption.cache.find((key, context), raw, self._now_ns)
            if data_key is not None:
                return Unwrapped(data_key, key)
        return None

    def _ask(self, wrapped: Wrapped, context: Mapping[str, str]) -> Unwrapped | KeyRefusedError:
        """Ask each key in its turn; the answer to the last counts."""
        purpose, raw = wrapped
        refusal = KeyRefusedError()
        for key in self._encryption.keys:
            try:
                data_key = DataKey(self._encryption.service.unwrap(key, raw, context), raw)
            except KeyRefusedError as error:
                refusal = error
                if error.aws == INCORRECT_KEY:
                    continue
                break
            if self._encryption.cache is not None and len(data_key.plaintext) == DATA_KEY_BYTES:
                self._encryption.cache.keep((key, purpose[1]), data_key, self._now_ns, generated=False)
            return Unwrapped(data_key, key)
        return refusal


def _is_foreign(binding: Binding, item: Item) -> bool:
    """Tell whether an item says that it is another model's; it will not be read."""
    mark = binding.model.discriminator
    return mark is not None and mark.attribute in item and item[mark.attribute] != {"S": mark.value}


def _has_tag(value: Any, tag: str) -> bool:  # noqa: ANN401 - DynamoDB JSON
    return isinstance(value, dict) and len(value) == 1 and tag in value


def refused(refusal: KeyRefusedError, path: str, *, opening: bool = False) -> DynamORMError:
    """Give the error that a refusal amounts to."""
    aws = refusal.aws
    members: dict[str, Any] = {
        "path": path,
        "aws": aws,
        "status": refusal.status,
        "request_id": refusal.request_id,
    }
    out: DynamORMError
    if opening and aws == INVALID_CIPHERTEXT:
        out = InvalidEncryptedEnvelopeError("the wrapped key was changed, or was made for another place", **members)
    else:
        retryable = RETRYABLE_OF_KMS_TYPE.get(aws or "", bool(refusal.retryable))
        answered = aws is not None or refusal.status is not None
        fact = f"KMS answered {aws or f'with status {refusal.status}'}" if answered else "KMS gave no answer"
        out = KeyUnavailableError(fact, origin=refusal.origin, retryable=retryable, **members)
    out.__cause__ = refusal.cause
    return out
