"""BatchGetItem: many items by key, a hundred a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..codec.json_text import write_json
from ..errors import DecodeFailedError
from ..limits import BATCH_GET_MAX
from .chunk import Chunks, Entry, Identity, identify, identify_answered, key_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..codec import Item
    from ..errors.parts import ItemKey
    from .backoff import Random, Retries
    from .exchange import Response
    from .get import Selection
    from .seal import Visit

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Wanted(Generic[T]):
    """One item that is asked for: by which model and selection, its key, and what its values become."""

    selection: Selection
    key: Mapping[str, Any]
    make: Callable[[dict[str, Any]], T]


@dataclass(frozen=True)
class Group:
    """What one request can read: a table with one projection and one consistency."""

    table: str
    key_names: tuple[str, ...]
    members: dict[str, Any]
    entries: dict[Identity, GetEntry] = field(default_factory=dict)


@dataclass(kw_only=True)
class GetEntry(Entry):
    """One key of a batch get, and the item that was found for it."""

    group: Group
    places: list[int] = field(default_factory=list)
    """Where it stands among the keys that were given."""
    is_found: bool = False


class BatchGet(Chunks[GetEntry], Generic[T]):
    """Read many items; the result is the items found, in the order of the keys, and the keys of those not found."""

    api = "BatchGetItem"

    def __init__(self, wanted: Iterable[Wanted[T]], retries: Retries, random: Random) -> None:
        """Check and group the keys.

        Raises MissingPrimaryKeyError, ValidationFailedError.
        """
        self._groups: dict[str, Group] = {}
        self._group_of: dict[int, Group] = {}
        self._wanted = list(wanted)
        self._entries = [self._add(one) for one in self._wanted]
        for place, entry in enumerate(self._entries):
            entry.places.append(place)
        self._found: dict[int, T] = {}
        self._opened: dict[tuple[int, int], Item] = {}
        chunks = [chunk for group in self._groups.values() for chunk in cut(list(group.entries.values()))]
        super().__init__(chunks, retries, random)

    def _add(self, one: Wanted[T]) -> GetEntry:
        binding = one.selection.binding
        group = self._group_of.get(id(one.selection))
        if group is None:
            members, names = one.selection.members, binding.model.key_names
            shape = write_json([binding.table, list(names), members])
            group = self._groups.setdefault(shape, Group(binding.table, names, members))
            self._group_of[id(one.selection)] = group
        key = binding.codec.marshal_key(one.key)
        identity = identify(binding.table, group.key_names, key)
        entry = group.entries.get(identity)
        if entry is None:
            entry = GetEntry(binding, key_parts(binding, one.key, key), identity, key, group=group)
            group.entries[identity] = entry
        return entry

    def members(self, entries: Sequence[GetEntry]) -> dict[str, Any]:
        """Give the keys of one request, with what is read of their items."""
        group = entries[0].group
        return {group.table: {"Keys": [entry.wire for entry in entries]} | group.members}

    def visit(self, response: Response, visit: Visit) -> Response:
        """Visit each item for every model that asked for it, and keep what comes of it until the answer is read."""
        if not any(one.selection.binding.codec.encrypted for one in self._wanted):
            return response
        rows = response.body.get("Responses", {})
        asked = {entry.identity: entry for entry in self.left}
        self._opened = {}
        for table, item in [(table, item) for table, items in rows.items() for item in items]:
            try:
                places = self._entry(table, item, asked).places
            except DecodeFailedError:  # it was not asked for: refused when it is read
                continue
            for binding in {
                id(one): one for one in (self._wanted[place].selection.binding for place in places)
            }.values():
                self._opened[id(binding), id(item)] = visit(binding, item)
        return response

    def leftover(self, body: Mapping[str, Any], asked: Mapping[Identity, GetEntry]) -> set[Identity]:
        """Keep the items, and give what DynamoDB left for later.

        Raises DecodeFailedError where the answer names what was not asked for.
        """
        try:
            later = [(table, left.get("Keys") or ()) for table, left in body.get("UnprocessedKeys", {}).items()]
            answered = [(table, item) for table, rows in body.get("Responses", {}).items() for item in rows]
            left = [(table, key) for table, keys in later for key in keys]
        except (AttributeError, TypeError):  # of the other kind: of a transaction
            raise DecodeFailedError("not an answer of BatchGetItem") from None
        found = [(self._entry(table, item, asked), item) for table, item in answered]
        # An item that does not fit its model fails the request: nothing of it counts.
        self._found |= {place: self._read(place, item) for entry, item in found for place in entry.places}
        for entry, _ in found:
            entry.is_found = True
        return {self._entry(table, key, asked).identity for table, key in left}

    def found(self) -> list[T]:
        """Give the items that were found, in the order of the keys that were given."""
        return [self._found[place] for place in sorted(self._found)]

    def _read(self, place: int, item: Item) -> T:
        one = self._wanted[place]
        return one.make(one.selection.values(dict(self._opened.get((id(one.selection.binding), id(item)), item))))

    def result(self) -> tuple[list[T], list[ItemKey]]:
        """Give the items, and the keys that have none, each once."""
        missing = {entry.identity: entry for entry in self._entries if not entry.is_found}
        return self.found(), [entry.item_key() for entry in missing.values()]

    @staticmethod
    def _entry(table: str, item: Any, asked: Mapping[Identity, GetEntry]) -> GetEntry:  # noqa: ANN401 - DynamoDB JSON
        names = next(iter(asked.values())).group.key_names
        entry = asked.get(identify_answered(table, names, item))
        if entry is None:
            raise DecodeFailedError(f"an answer of {table} about a key that was not asked for")
        return entry


def cut(entries: list[GetEntry]) -> list[list[GetEntry]]:
    """Cut a group into chunks."""
    return [entries[start : start + BATCH_GET_MAX] for start in range(0, len(entries), BATCH_GET_MAX)]
