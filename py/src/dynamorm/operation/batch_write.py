"""BatchWriteItem: puts and deletes without conditions, 25 a request and not too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..codec import Plain
from ..codec.json_text import json_size
from ..errors import DecodeFailedError, ValidationFailedError
from ..limits import BATCH_WRITE_ENTRIES_MAX_BYTES, BATCH_WRITE_MAX
from .chunk import Chunks, Entry, Identity, identify, identify_answered, key_parts
from .put import Stored, put_item
from .seal import Seal, seals_of, wire_item

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .binding import Binding
    from .condition import Guard


@dataclass(kw_only=True)
class WriteEntry(Entry):
    """One write of a batch."""

    size_bytes: int
    """The length of its canonical JSON."""
    stored: Stored | None
    """What a put writes; None for a delete."""

    def seals(self) -> list[Seal]:
        """Give what waits to be sealed."""
        return [] if self.stored is None else seals_of(self.binding, self.wire["PutRequest"]["Item"])

    def check_sealed(self) -> None:
        """Measure it with its envelopes, and refuse an item that is too large."""
        if self.stored is not None and self.binding.codec.encrypted:
            self.binding.codec.check_size(self.wire["PutRequest"]["Item"])
            self.size_bytes = json_size(self.wire)


def put_entry(
    binding: Binding, values: Mapping[str, Any], now_ns: int, *, conditional: bool = False, unchecked: bool = False
) -> WriteEntry:
    """Build a put as an entry; `conditional` says that the caller gave a condition.

    Raises as `put`, and ValidationFailedError for what a batch cannot hold.
    """
    if conditional and not unchecked:
        raise ValidationFailedError(f"{binding.model.name}: a batch has no conditions")
    stored = put_item(binding, values, now_ns, versioned=unchecked)
    identity = identify(binding.table, binding.model.key_names, stored.item)
    wire = {"PutRequest": {"Item": wire_item(binding, stored.item)}}
    return WriteEntry(binding, stored.item, identity, wire, size_bytes=json_size(wire, Plain.reveal), stored=stored)


def delete_entry(binding: Binding, key: Mapping[str, Any], guard: Guard, *, unchecked: bool = False) -> WriteEntry:
    """Build a delete as an entry.

    Raises MissingPrimaryKeyError, and ValidationFailedError for what a batch cannot hold.
    """
    marshalled = binding.codec.marshal_key(key)
    if not unchecked and not guard.is_empty:
        raise ValidationFailedError(f"{binding.model.name}: a batch has no conditions, and expects nothing of an item")
    if not unchecked and binding.model.discriminator is not None:
        raise ValidationFailedError(f"{binding.model.name}: a batch deletes without looking at the discriminator")
    identity = identify(binding.table, binding.model.key_names, marshalled)
    wire = {"DeleteRequest": {"Key": marshalled}}
    parts = key_parts(binding, key, marshalled)
    return WriteEntry(binding, parts, identity, wire, size_bytes=json_size(wire), stored=None)


@dataclass(frozen=True, repr=False)
class Entries:
    """Writes that are sealed together, before they are packed."""

    entries: Sequence[WriteEntry]
    checked: bool = True
    """Whether one that is too large refuses the whole."""

    def seals(self) -> list[Seal]:
        """Give what waits to be sealed, in order."""
        return [seal for entry in self.entries for seal in entry.seals()]

    def check_sealed(self) -> None:
        """Measure them with their envelopes, and refuse an item that is too large."""
        for entry in self.entries if self.checked else ():
            entry.check_sealed()


class Chunk:
    """The writes of one request, as it is filled."""

    def __init__(self) -> None:
        """Begin with none."""
        self.entries: list[WriteEntry] = []
        self.size_bytes = 0

    def takes(self, entry: WriteEntry) -> bool:
        """Tell whether there is room; one that is too long by itself is alone."""
        if not self.entries:
            return True
        return (
            len(self.entries) < BATCH_WRITE_MAX and self.size_bytes + entry.size_bytes <= BATCH_WRITE_ENTRIES_MAX_BYTES
        )

    def add(self, entry: WriteEntry) -> None:
        """Take a write in."""
        self.entries.append(entry)
        self.size_bytes += entry.size_bytes


def pack(entries: Iterable[WriteEntry]) -> list[list[WriteEntry]]:
    """Fill chunks, in order."""
    chunk = Chunk()
    out = [chunk]
    for entry in entries:
        if not chunk.takes(entry):
            chunk = Chunk()
            out.append(chunk)
        chunk.add(entry)
    return [chunk.entries for chunk in out if chunk.entries]


def once(entries: Sequence[WriteEntry], *, last_wins: bool) -> list[WriteEntry]:
    """Give the entries with one for each item: the last, in its place.

    Raises ValidationFailedError where there are several and that is not allowed.
    """
    last = {entry.identity: index for index, entry in enumerate(entries)}
    if len(last) < len(entries) and not last_wins:
        raise ValidationFailedError("two writes of one item in a batch")
    return [entry for index, entry in enumerate(entries) if last[entry.identity] == index]


class BatchWrite(Chunks[WriteEntry]):
    """Write the entries of each chunk; the result is the numbers of items written and deleted."""

    api = "BatchWriteItem"
    write = True

    def members(self, entries: Sequence[WriteEntry]) -> dict[str, Any]:
        """Give the entries by table, as they were built."""
        out: dict[str, Any] = {}
        for entry in entries:
            out.setdefault(entry.binding.table, []).append(entry.wire)
        return out

    def leftover(self, body: Mapping[str, Any], asked: Mapping[Identity, WriteEntry]) -> set[Identity]:
        """Give what DynamoDB left for later.

        Raises DecodeFailedError where it names what was not sent.
        """
        try:
            left = [(table, one) for table, rows in body.get("UnprocessedItems", {}).items() for one in rows]
        except (AttributeError, TypeError):
            raise DecodeFailedError("not an answer of BatchWriteItem") from None
        names = {entry.binding.table: entry.binding.model.key_names for entry in asked.values()}
        out = {identify_answered(table, names.get(table, ()), _item(one)) for table, one in left}
        if not out <= asked.keys():
            raise DecodeFailedError("an answer about a write that was not sent")
        return out

    def result(self) -> tuple[int, int]:
        """Count what is done."""
        done = [entry for chunk in self.chunks for entry in chunk if entry.state == "done"]
        written = sum(entry.stored is not None for entry in done)
        return written, len(done) - written


def _item(entry: Any) -> Any:  # noqa: ANN401 - DynamoDB JSON
    """Give the item or key of an entry; None where it has none."""
    request = next(iter(entry.values()), None) if isinstance(entry, dict) else None
    return (request.get("Item") or request.get("Key")) if isinstance(request, dict) else None
