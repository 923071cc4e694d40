"""A reader of a table's stream, shard by shard; for development and tests, where no Lambda does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .errors import ValidationFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .transport import StreamsDoor

Start = Literal["oldest", "now"]


@dataclass(eq=False)
class _Shard:
    name: str
    parent: str | None
    is_closed: bool
    iterator: str | None = None
    is_done: bool = False


class StreamReader:
    """Gives the records of a stream: of each shard in its order, behind those of its parent, each once."""

    def __init__(
        self,
        door: StreamsDoor,
        arn: str,
        *,
        start: Start,
        until_end: bool,
        poll_seconds: float,
        sleeper: Callable[[float], object],
    ) -> None:
        """Describe the reading.

        Raises ValidationFailedError.
        """
        if start not in {"oldest", "now"} or poll_seconds < 0:
            raise ValidationFailedError("a stream is read from oldest or now, and polled after seconds from 0")
        self._door, self._arn = door, arn
        self._start, self._until_end = start, until_end
        self._poll_seconds, self._sleeper = poll_seconds, sleeper
        self._shards: dict[str, _Shard] = {}
        self._first: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Read record by record."""
        self._list(first=True)
        while True:
            gave = waits = False
            for shard in [one for one in self._shards.values() if self._is_ready(one)]:
                records = self._read(shard)
                yield from records
                gave |= bool(records)
                # An empty answer is no end where the shard has one.
                waits |= not shard.is_done and (shard.is_closed or bool(records))
            if any(self._is_ready(shard) and shard.iterator is None for shard in self._shards.values()):
                continue  # the children of what has ended
            if self._until_end and not waits:
                return
            if not gave:
                self._sleeper(self._poll_seconds)
                self._list(first=False)

    def _is_ready(self, shard: _Shard) -> bool:
        parent = None if shard.parent is None else self._shards.get(shard.parent)
        return not shard.is_done and (parent is None or parent.is_done)

    def _read(self, shard: _Shard) -> list[dict[str, Any]]:
        if shard.iterator is None:
            shard.iterator = self._door.iterator(self._arn, shard.name, self._kind(shard))
        records, shard.iterator = self._door.records(shard.iterator)
        if shard.iterator is None:
            shard.is_done = True
            if not shard.is_closed:  # it was open when it was listed: others have followed it
                self._list(first=False)
        return records

    def _kind(self, shard: _Shard) -> str:
        return "LATEST" if self._start == "now" and shard.name in self._first else "TRIM_HORIZON"

    def _list(self, *, first: bool) -> None:
        """Take in the shards that are new; of those that had ended by now, nothing is read from now on."""
        after = None
        while True:
            page = self._door.describe(self._arn, after)
            for given in page.get("Shards", []):
                closed = given.get("SequenceNumberRange", {}).get("EndingSequenceNumber") is not None
                known = self._shards.get(given["ShardId"])
                if known is None:
                    known = _Shard(given["ShardId"], given.get("ParentShardId"), closed)
                    known.is_done = first and closed and self._start == "now"
                    self._shards[known.name] = known
                known.is_closed = closed
            after = page.get("LastEvaluatedShardId")
            if after is None:
                break
        if first:
            self._first = frozenset(self._shards)
