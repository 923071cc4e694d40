"""A table of many items, read in every way by every language: each item has to come exactly once.

The conductor fills the table itself. It is then read by query pages, by the iterator, by a parallel scan, and by a relay in which each page is read by another language,
from the cursor of the one before.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

from .engine import create_request
from .load import SUITE, Models
from .runner import ProtocolError
from .suite import LanguageSession, build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .catalogue import Catalogue
    from .engine import Engine
    from .suite import Language

MODEL, ROOMS, SEGMENTS = "Message", 5, 4
PAGE, LIMIT, CHUNK = 1000, 700, 25
NAMESPACE = "contractbulk"


@dataclass
class Bulk:
    """The filled table, and the runners that read it."""

    engine: Engine
    sessions: list[LanguageSession]
    items: int
    say: Callable[[str], None]

    def fill(self) -> None:
        """Make the table and write the items."""
        document = Models.load(SUITE / "models").models[MODEL]
        table = document["table"]["name"]
        self.engine.call(NAMESPACE, "DeleteTable", {"TableName": table})
        self.engine.must(NAMESPACE, "CreateTable", create_request(table, [document]))
        rows = [
            {"room": {"S": f"r{number % ROOMS}"}, "at": {"N": str(number)}, "author": {"S": f"a{number % 7}"}, "stars": {"N": str(number % 10)}} for number in range(self.items)
        ]
        for start in range(0, len(rows), CHUNK):
            self.engine.must(NAMESPACE, "BatchWriteItem", {"RequestItems": {table: [{"PutRequest": {"Item": row}} for row in rows[start : start + CHUNK]]}})

    def open(self, session: LanguageSession) -> None:
        """Give a runner its client on the table."""
        assert session.live is not None
        _, documents = Models.load(SUITE / "models").pick([MODEL])
        message = {"cmd": "open", "client": "bulk", "endpoint": session.live.url, "region": "us-east-1", "documents": documents, "table": "typed"}
        session.runner.send(message | {"now_ns": "1767323045000006000", "tick_ns": "0", "ids": [], "sdk_retries": 0, "sdk_timeout_ms": 0})

    def call(self, session: LanguageSession, do: str, args: dict[str, Any]) -> dict[str, Any]:
        """Make one call; an error ends the run."""
        assert session.live is not None
        session.live.reset(None)
        answer = session.runner.send({"cmd": "call", "client": "bulk", "do": do, "on": MODEL, "args": args})
        if "result" not in answer:
            raise ProtocolError(f"{session.language.name}: {do}: {answer}")
        result: dict[str, Any] = answer["result"]
        return result

    def pages(self, sessions: list[LanguageSession], room: str) -> Iterator[dict[str, Any]]:
        """Read a room by limited queries, each from the last one's cursor, by one session after the other."""
        cursor: dict[str, Any] = {}
        for session in cycle(sessions):
            page = self.call(session, "query", {"partition": {"value": {"S": room}}, "limit": LIMIT, **cursor})
            yield from page["items"]
            if page["cursor"] is None:
                return
            cursor = {"cursor": page["cursor"]}

    def by_cursor(self, *sessions: LanguageSession) -> list[dict[str, Any]]:
        """Read room by room and page by page, each page from the last one's cursor, the sessions in turn."""
        return [item for number in range(ROOMS) for item in self.pages(list(sessions), f"r{number}")]

    def by_iterator(self, session: LanguageSession) -> list[dict[str, Any]]:
        """Read room by room with the language's own iteration over pages."""
        rooms = [self.call(session, "query", {"partition": {"value": {"S": f"r{number}"}}, "page_size": PAGE}) for number in range(ROOMS)]
        return [item for room in rooms for item in room["items"]]

    def by_segments(self, session: LanguageSession) -> list[dict[str, Any]]:
        """Read the table by a parallel scan."""
        items: list[dict[str, Any]] = self.call(session, "scan", {"segments": SEGMENTS, "page_size": PAGE})["items"]
        return items

    def ways(self) -> Iterator[tuple[str, Callable[[], list[dict[str, Any]]]]]:
        """Give each way of reading the whole table, by name."""
        for session in self.sessions:
            name = session.language.name
            yield f"{name}: query by cursor", partial(self.by_cursor, session)
            yield f"{name}: query by iterator", partial(self.by_iterator, session)
            yield f"{name}: scan by {SEGMENTS} segments", partial(self.by_segments, session)
        names = ", ".join(session.language.name for session in self.sessions)
        yield f"{names}: query by each other's cursors", partial(self.by_cursor, *self.sessions)

    def judge(self) -> list[str]:
        """Read the table in every way; give what is wrong."""
        problems = []
        for name, read in self.ways():
            started = time.monotonic()
            seen = Counter(item["at"]["N"] for item in read())
            missing, twice = self.items - len(seen), sum(count > 1 for count in seen.values())
            self.say(f"{name:52} {len(seen)} items in {time.monotonic() - started:.1f} s")
            if missing or twice:
                problems.append(f"{name}: {missing} items are missing, {twice} came more than once")
        return problems


def run(languages: list[Language], catalogue: Catalogue, engine: Engine, items: int, say: Callable[[str], None]) -> list[str]:
    """Fill the table, let every language read it in every way, and give what is wrong."""
    with ExitStack() as stack:
        sessions = []
        for language in languages:
            build(language)
            session = stack.enter_context(LanguageSession(language, catalogue, engine))
            assert session.live is not None
            session.live.namespace = NAMESPACE
            sessions.append(session)
        bulk = Bulk(engine, sessions, items, say)
        bulk.fill()
        for session in sessions:
            bulk.open(session)
        return bulk.judge()
