"""Chunks: a batch's requests one after another, what is left of one before the next, and what is told in the end."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from ..codec import canonical
from ..errors import (
    BatchIncompleteError,
    DecodeFailedError,
    InvalidEncryptedEnvelopeError,
    KeyUnavailableError,
    ThrottledError,
)
from ..errors.parts import ItemKey
from .backoff import Attempts
from .exchange import Request, Response, Unsealed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..codec import Item
    from ..errors import DynamORMError
    from .backoff import Random, Retries
    from .binding import Binding

Identity = tuple[str, ...]
"""Which item of which table, by canonical text: equal for equal keys, however their numbers are spelled."""
UNREADABLE = (DecodeFailedError, InvalidEncryptedEnvelopeError, KeyUnavailableError)
State = Literal["done", "undone", "unknown"]


@dataclass
class Entry:
    """One key or write of a batch, built, and what became of it."""

    binding: Binding
    parts: Item
    """What holds the attributes that the caller's key is made of."""
    identity: Identity
    wire: dict[str, Any]
    state: State = "undone"

    def item_key(self) -> ItemKey:
        """Give the key as plain values, with the model's name."""
        return item_key(self.binding, self.parts)


E = TypeVar("E", bound=Entry)


def identify(table: str, names: Sequence[str], item: Mapping[str, Any]) -> Identity:
    """Give the identity of an item or key in DynamoDB JSON.

    >>> identify("t", ["n"], {"n": {"N": "1.0"}}) == identify("t", ["n"], {"n": {"N": "1"}, "more": {"S": "x"}})
    True
    """
    out = [table]
    for name in names:
        ((tag, body),) = item[name].items()
        out += (tag, canonical(body) if tag == "N" else body)
    return tuple(out)


def identify_answered(table: str, names: Sequence[str], item: Any) -> Identity:  # noqa: ANN401 - DynamoDB JSON
    """Do the same for what DynamoDB answered.

    Raises DecodeFailedError where it has no such key.
    """
    try:
        return identify(table, names, item)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DecodeFailedError(f"an answer without the keys of {table}") from None


def key_parts(binding: Binding, values: Mapping[str, Any], key: Item) -> Item:
    """Give what the key is made of: the key itself, or the parts of a composed one."""
    model = binding.model
    return key if model.key_fields == model.key_names else binding.codec.key_parts(values)


def item_key(binding: Binding, parts: Item) -> ItemKey:
    """Give a key as plain values: the plain keys, and the parts of composed ones."""
    key = {name: parts[name] for name in binding.model.key_fields}
    return ItemKey(binding.model.name, binding.codec.unmarshal_item(key, partial=True))


class Chunks(Unsealed, Generic[E]):
    """An exchange of many requests: subclasses say what a request is, and what an answer leaves."""

    api = ""
    write = False

    def __init__(self, chunks: Iterable[Sequence[E]], retries: Retries, random: Random) -> None:
        """Take the entries of each request."""
        self.chunks = [list(chunk) for chunk in chunks]
        self._waiting = deque(self.chunks)
        self._left: list[E] = []
        self._attempts = Attempts(retries, random)
        self._retries, self._random = retries, random

    @property
    def left(self) -> Sequence[E]:
        """Give what the last request asked for."""
        return self._left

    def next(self) -> Request | None:
        """Give the next request: what is left of the chunk, else the next one."""
        if not self._left:
            if not self._waiting:
                return None
            self._left = self._waiting.popleft()
            self._attempts = Attempts(self._retries, self._random)
        return Request(self.api, {"RequestItems": self.members(self._left)}, self._attempts.delay_ms(), self.write)

    def receive(self, response: Response) -> None:
        """Take the answer; raise where the batch ends with it."""
        error = response.error
        lost = self.write and (response.unanswered or (error is not None and error.maybe_applied))
        if error is None:
            try:
                self._take(response.body)
            except UNREADABLE as unreadable:
                error = unreadable
        if self.write and isinstance(error, UNREADABLE):  # nobody knows what it has done
            lost = True
        if lost:  # what an answer said is done is left no longer
            self._mark(self._left, "unknown")
        if error is not None and not isinstance(error, ThrottledError):
            raise self._ended(error)
        if self._left and self._attempts.spent:
            raise self._incomplete(error, spent=True)

    def members(self, entries: Sequence[E]) -> dict[str, Any]:
        """Give the request's items."""
        raise NotImplementedError

    def leftover(self, body: Mapping[str, Any], asked: Mapping[Identity, E]) -> set[Identity]:
        """Read the answer, and tell what it leaves undone."""
        raise NotImplementedError

    def found(self) -> list[Any]:
        """Give what the batch found so far, for the error of a batch get."""
        return []

    def _take(self, body: Mapping[str, Any]) -> None:
        sent = self._left
        left = self.leftover(body, {entry.identity: entry for entry in sent})
        self._mark([entry for entry in sent if entry.identity not in left], "done")
        self._left = [entry for entry in sent if entry.identity in left]

    def _mark(self, entries: Iterable[E], state: State) -> None:
        for entry in entries:
            entry.state = state

    def _ended(self, error: DynamORMError) -> DynamORMError:
        """Give what a failure of a request means: itself where it is all there is to tell."""
        untouched = all(entry.state == "undone" for chunk in self.chunks for entry in chunk)
        return error if untouched else self._incomplete(error)

    def _incomplete(self, cause: DynamORMError | None, *, spent: bool = False) -> BatchIncompleteError:
        keys: dict[State, list[ItemKey]] = {"done": [], "undone": [], "unknown": []}
        for chunk in self.chunks:
            for entry in chunk:
                keys[entry.state].append(entry.item_key())
        return incomplete(cause, keys, spent=spent).with_keys(
            keys["done"], keys["undone"], keys["unknown"], None if self.write else self.found
        )


def incomplete(
    cause: DynamORMError | None, keys: Mapping[State, Sequence[ItemKey]], *, spent: bool = False
) -> BatchIncompleteError:
    """Make the error of a batch that ended early, with what it takes over from the failure that ended it."""
    out = BatchIncompleteError(
        f"{'the attempts are spent' if spent else 'ended by a failure'}:"
        f" {len(keys['undone'])} undone, {len(keys['unknown'])} unknown",
        origin="service" if spent or cause is None else cause.origin,
        retryable=spent or cause is None or cause.retryable,
        aws=None if cause is None else cause.aws,
        request_id=None if cause is None else cause.request_id,
        status=None if cause is None else cause.status,
        maybe_applied=bool(keys["unknown"]),
    )
    out.__cause__ = cause
    return out
