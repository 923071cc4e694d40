"""Batches: many reads or writes whose fates are independent, of one table or of several models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack, overload

from .actions import Action, GetAction, streamed
from .bulk import Bulk
from .errors import ValidationFailedError
from .expression import parse_path
from .operation import BatchGet, BatchWrite, Entries, Selection, once, pack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .actions import Actions
    from .bulk import BulkCounts, BulkOptions
    from .client import Client
    from .errors.parts import ItemKey
    from .expression import PathLike
    from .operation import Wanted, WriteEntry

V = TypeVar("V")
T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True)
class BatchItems(Generic[T, K]):
    """What a batch get found, in the order of its keys, and the keys that have no item."""

    items: list[T]
    missing: list[K]


@dataclass(frozen=True)
class Written:
    """How many items a batch has written and deleted."""

    written: int = 0
    deleted: int = 0


class Batches(Generic[V]):
    """The batches of one table."""

    _client: Client

    @property
    def actions(self) -> Actions[V]:
        """Give the maker of actions."""
        raise NotImplementedError

    @overload
    def batch_get(
        self, keys: Iterable[Mapping[str, Any] | V], *, consistent: bool = False
    ) -> BatchItems[V, dict[str, Any]]: ...

    @overload
    def batch_get(
        self, keys: Iterable[Mapping[str, Any] | V], *, select: Sequence[PathLike], consistent: bool = False
    ) -> BatchItems[dict[str, Any], dict[str, Any]]: ...

    @overload
    def batch_get(
        self, keys: Iterable[Mapping[str, Any] | V], *, view: str, consistent: bool = False
    ) -> BatchItems[dict[str, Any], dict[str, Any]]: ...

    def batch_get(
        self,
        keys: Iterable[Mapping[str, Any] | V],
        *,
        select: Sequence[PathLike] | None = None,
        view: str | None = None,
        consistent: bool = False,
    ) -> BatchItems[Any, dict[str, Any]]:
        """Read many items by key, in requests of a hundred; whole, or parts as plain dicts.

        `items` are those that were found, in the order of the keys; `missing` are the other keys.

        Raises BatchIncompleteError, whose `items` were found, where DynamoDB leaves keys unread however often they are
        asked for, or where a later request fails.
        """
        options: dict[str, Any] = {"select": select, "view": view, "consistent": consistent}
        actions = self.actions
        found = read(self._client, [actions.get(key, **options) for key in listed(keys)], named=False)
        return BatchItems(found.items, [one.key for one in found.missing])

    def batch_put(
        self, values: Iterable[V | Mapping[str, Any]], *, last_wins: bool = False, unchecked: bool = False
    ) -> int:
        """Put many items, and give their number; as `batch_write`."""
        return self.batch_write(values, last_wins=last_wins, unchecked=unchecked).written

    def batch_delete(
        self, keys: Iterable[Mapping[str, Any] | V], *, last_wins: bool = False, unchecked: bool = False
    ) -> int:
        """Delete many items, and give their number; as `batch_write`."""
        return self.batch_write((), keys, last_wins=last_wins, unchecked=unchecked).deleted

    def batch_write(
        self,
        put: Iterable[V | Mapping[str, Any]] = (),
        delete: Iterable[Mapping[str, Any] | V] = (),
        *,
        last_wins: bool = False,
        unchecked: bool = False,
    ) -> Written:
        """Put and delete many items, independently of one another, in requests of 25.

        A batch checks no version and no discriminator: a value with a version, and the deletion from a model with a
        discriminator, are refused unless `unchecked`. Of two writes of one item the last stays with `last_wins`.
        Values that were written hold what was stored.

        Raises ValidationFailedError before anything is sent; BatchIncompleteError with `done`, `undone` and `unknown`
        where DynamoDB leaves writes undone however often they are sent, or where a later request fails.
        """
        actions = self.actions
        writes: list[Action] = [actions.put(value) for value in listed(put)]
        writes += [actions.delete(key) for key in listed(delete)]
        return write(self._client, writes, last_wins=last_wins, unchecked=unchecked)

    def bulk_put(
        self,
        values: Iterable[V | Mapping[str, Any]],
        **options: Unpack[BulkOptions],
    ) -> BulkCounts:
        """Put a stream of any length, at most `concurrency` (4) requests at a time.

        `progress` is told after each request how much is done. With `on_failure` a write that is refused, or fails for
        a reason that may pass, is told there, and the work goes on; without it the first failure ends the work.
        Both are called by the thread that called this. Values are left as they are.

        Raises BatchIncompleteError, whose `undone` and `unknown` list what was taken from the stream, is not done, and
        was not told. An error of the stream itself ends the work in the same way, and is its cause.
        """
        return Bulk(self._client, map(self.actions.put, streamed(values)), **options).run()

    def bulk_delete(
        self,
        keys: Iterable[Mapping[str, Any] | V],
        **options: Unpack[BulkOptions],
    ) -> BulkCounts:
        """Delete the items of a stream of keys of any length; as `bulk_put`."""
        return Bulk(self._client, map(self.actions.delete, streamed(keys)), **options).run()


def read(client: Client, gets: Iterable[GetAction[Any]], *, named: bool) -> BatchItems[Any, ItemKey]:
    """Read what actions say; with `named` every item tells its model."""
    now_ns = client.now_ns()
    exchange = BatchGet(wanted(gets, named=named), client.retries, client.random)
    return BatchItems(*client.run(exchange, now_ns))


def write(client: Client, writes: Iterable[Action], *, last_wins: bool, unchecked: bool) -> Written:
    """Write what actions say."""
    now_ns = client.now_ns()
    built: list[tuple[WriteEntry, Action]] = []
    for action in listed(writes):
        if not isinstance(action, Action):
            raise ValidationFailedError(f"expected an action, found {type(action).__name__}")
        built.append((action.entry(now_ns, unchecked=unchecked), action))
    entries = once([entry for entry, _ in built], last_wins=last_wins)
    client.seal(Entries(entries), now_ns)
    exchange = BatchWrite(pack(entries), client.retries, client.random)
    try:
        return Written(*client.run(exchange, now_ns))
    finally:
        for entry, action in built:
            if entry.state == "done" and entry.stored is not None:
                action.accept(entry.stored)


def wanted(gets: Iterable[GetAction[Any]], *, named: bool = False, consistency: bool = True) -> list[Wanted[Any]]:
    """Say what actions read; equal selections are compiled once."""
    selections: dict[Any, Selection] = {}
    out: list[Wanted[Any]] = []
    for action in listed(gets):
        if not isinstance(action, GetAction):
            raise ValidationFailedError(f"expected an action that gets, found {type(action).__name__}")
        binding, select, consistent = action.seam.binding, action.select, action.consistent and consistency
        paths = None if select is None or isinstance(select, str) else tuple(parse_path(path) for path in select)
        shape = (id(binding), isinstance(select, str), paths, action.view, consistent)
        if shape not in selections:
            selections[shape] = Selection(binding, select, action.view, consistent=consistent, with_key=consistency)
        out.append(action.wanted(selections[shape], named=named))
    return out


def listed(given: Any) -> list[Any]:  # noqa: ANN401 - the caller's argument
    """Give a list of values."""
    return list(streamed(given))
