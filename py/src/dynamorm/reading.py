"""Readings: queries and scans as the caller holds them. They are lazy: nothing is sent before an item is asked for.

A reading can be iterated again; each time is a read of its own, from the start or from the cursor that was given.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import ValidationError

from .errors import DecodeFailedError, InvalidOperatorError, ItemNotFoundError, ValidationFailedError
from .operation import Options, Read, Shape, check_segments
from .schema.declare import Projection
from .schema.misfit import misfit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from concurrent.futures import Future

    from .client import Client
    from .expression import PathLike
    from .operation import Binding, Keys

V = TypeVar("V")
_WHOLE = Shape()
P = TypeVar("P", bound=Projection)


@dataclass(frozen=True)
class Page(Generic[V]):
    """What one response held, or everything up to the end or the limit: the items, and the cursor to go on from.

    `cursor` is None at the end. `segment` is the number of the segment in a parallel scan.
    """

    items: list[V]
    cursor: str | None
    segment: int | None = None


class Reading(Generic[V]):
    """A query or scan that has not begun. Iterate it for items, `pages()` for pages with cursors."""

    def __init__(  # noqa: PLR0917 - made by this package alone
        self,
        client: Client,
        bindings: Sequence[Binding],
        keys: Keys | None,
        options: Options,
        make: Callable[[Binding, dict[str, Any]], V],
        shape: Shape = _WHOLE,
    ) -> None:
        """Describe the reading; got by `query` and `scan` of a table or client."""
        self._client, self._bindings, self._keys, self._options = client, bindings, keys, options
        self._make, self._shape = make, shape

    def __iter__(self) -> Iterator[V]:
        """Read item by item; a page is asked for when its first item is.

        Raises InvalidOperatorError, ValidationFailedError, MissingPrimaryKeyError, InvalidCursorError,
        DecodeFailedError, and what DynamoDB answers.
        """
        return (item for page in self.pages() for item in page.items)

    def pages(self) -> Iterator[Page[V]]:
        """Read page by page. A page may be empty and still have a cursor; the last has none, unless `limit` cut it."""
        return self._pages(self._begin())

    def page(self) -> Page[V]:
        """Read one page."""
        return next(self.pages())

    def all(self) -> Page[V]:
        """Read to the end or the limit, as one page with the cursor behind its last item."""
        items: list[V] = []
        cursor = None
        for page in self.pages():
            items += page.items
            cursor = page.cursor
        return Page(items, cursor)

    def count(self) -> int:
        """Count the items without reading them.

        Raises ValidationFailedError with a limit or a selection.
        """
        self._without_limit("count")
        read = self._begin(replace(self._shape, what="count"))
        total, start = 0, read.start
        while True:
            page = self._client.run(read.page(start, None), read.now_ns)
            total, start = total + page.count, page.last_key
            if start is None:
                return total

    def first(self) -> V | None:
        """Give the first item, or None; DynamoDB is asked for one alone where nothing filters."""
        return next(iter(self._limited("first", 1)), None)

    def one(self) -> V:
        """Give the only item.

        Raises ItemNotFoundError where there is none, ValidationFailedError (origin service) where there are more.
        """
        found = list(self._limited("one", 2))
        name = self._bindings[0].model.name
        if not found:
            raise ItemNotFoundError(f"{name}: there is no such item", origin="service")
        if len(found) > 1:
            raise ValidationFailedError(f"{name}: there is more than one such item", origin="service")
        return found[0]

    def select(self, paths: Sequence[PathLike]) -> Reading[dict[str, Any]]:
        """Read parts of the items, as plain dicts by attribute name of what was selected and stored."""
        if not isinstance(paths, str):
            paths = tuple(paths)
        return self._as(replace(self._shape, select=paths), lambda _binding, values: values)

    def view(self, name: str) -> Reading[dict[str, Any]]:
        """Read the attributes of a named view of the model, as plain dicts."""
        return self._as(replace(self._shape, view=name), lambda _binding, values: values)

    def into(self, projection: type[P]) -> Reading[P]:
        """Read into a `Projection`: its attributes are selected, and its values are validated.

        Raises DecodeFailedError where an attribute that the projection needs is not stored.
        """
        paths: list[PathLike] = [(name,) for name in projection.__dynamorm_paths__()]

        def make(_binding: Binding, values: dict[str, Any]) -> P:
            try:
                return projection.__dynamorm_of__(values)
            except ValidationError as error:
                place, reason = misfit(projection, error)
                raise DecodeFailedError(f"{projection.__name__}: {reason}", path=place) from None

        return self._as(replace(self._shape, select=paths), make)

    def projected(self) -> Reading[dict[str, Any]]:
        """Read what an index projects, as plain dicts; where it projects all, that is whole items."""
        return self._as(replace(self._shape, what="projected"), lambda _binding, values: values)

    def _as(self, shape: Shape, make: Callable[[Binding, dict[str, Any]], Any]) -> Reading[Any]:
        return Reading(self._client, self._bindings, self._keys, self._options, make, shape)

    def _limited(self, verb: str, limit: int) -> Reading[V]:
        self._without_limit(verb)
        shape = replace(self._shape, with_cursor=False)
        return Reading(self._client, self._bindings, self._keys, replace(self._options, limit=limit), self._make, shape)

    def _without_limit(self, verb: str) -> None:
        if self._options.limit is not None:
            raise ValidationFailedError(f"{verb} takes no limit")

    def _begin(self, shape: Shape | None = None) -> Read:
        shape = shape or self._shape
        if self._options.cursor_context is not None and not self._client.signer.secrets:
            raise ValidationFailedError("a cursor_context needs the client's cursor_secrets")
        now_ns, signer = self._client.now_ns(), self._client.signer
        read = Read(self._bindings, self._keys, self._options, shape, now_ns=now_ns, signer=signer)
        if shape.what == "items" and shape.select is None and shape.view is None and not read.place.whole:
            raise InvalidOperatorError(f"{read.place} holds parts of the items: read it by projected, select or into")
        return read

    def _pages(self, read: Read) -> Iterator[Page[V]]:
        start, remaining = read.start, read.options.limit
        segment = None if read.options.segment is None else read.options.segment[0]
        while True:
            page = self._client.run(read.page(start, remaining), read.now_ns)
            cursor = read.cursor(page.last_key) if self._shape.with_cursor else None
            yield Page([self._make(*item) for item in page.items], cursor, segment)
            start = page.last_key
            if remaining is not None:
                remaining -= len(page.items)
            if start is None or remaining == 0:
                return


class Scan(Reading[V]):
    """A scan that has not begun; `parallel` reads its segments side by side."""

    def parallel(self, segments: int, *, concurrency: int | None = None) -> Parallel[V]:
        """Read all segments, at most `concurrency` at a time (all, unless given).

        Raises ValidationFailedError with a limit or a cursor: each segment has a cursor of its own.
        """
        check_segments(segments)
        if concurrency is not None and concurrency < 1:
            raise ValidationFailedError("concurrency is at least 1")
        if self._options.limit is not None or self._options.cursor is not None or self._options.segment is not None:
            raise ValidationFailedError("a parallel scan has no limit, no cursor and no segment of its own")
        return Parallel(self, segments, min(concurrency or segments, segments))

    def select(self, paths: Sequence[PathLike]) -> Scan[dict[str, Any]]:
        """Read parts of the items, as plain dicts by attribute name of what was selected and stored."""
        return self._scan(super().select(paths))

    def view(self, name: str) -> Scan[dict[str, Any]]:
        """Read the attributes of a named view of the model, as plain dicts."""
        return self._scan(super().view(name))

    def into(self, projection: type[P]) -> Scan[P]:
        """Read into a `Projection`, as `Reading.into` does."""
        return self._scan(super().into(projection))

    def projected(self) -> Scan[dict[str, Any]]:
        """Read what an index projects, as plain dicts."""
        return self._scan(super().projected())

    def segment(self, number: int, total: int) -> Scan[V]:
        """Read one segment alone, on another machine than the others, say."""
        return self._scan(self, replace(self._options, segment=(number, total)))

    def in_segments(self, total: int) -> list[Iterator[Page[V]]]:
        """Give the pages of each segment; all belong to one read."""
        read = self._begin()
        return [self._pages(read.in_segment(number, total)) for number in range(total)]

    def _scan(self, reading: Reading[Any], options: Options | None = None) -> Scan[Any]:
        given = self._options if options is None else options
        return Scan(self._client, self._bindings, None, given, reading._make, reading._shape)  # noqa: SLF001 - of the same class


class Parallel(Generic[V]):
    """A scan by segments, read by threads: items come as they are read, in no order.

    Each segment is read one page ahead of the caller, no further. Leaving the loop, an error and Ctrl-C end the threads
    with the requests that are under way.
    """

    def __init__(self, scan: Scan[V], segments: int, concurrency: int) -> None:
        """Describe the reading; got by `Scan.parallel`."""
        self._scan, self._segments, self._concurrency = scan, segments, concurrency

    def __iter__(self) -> Iterator[V]:
        """Read item by item."""
        with closing(self._run()) as pages:
            for page in pages:
                yield from page.items

    def all(self) -> tuple[list[V], list[str | None]]:
        """Read everything: the items, and the cursor of each segment, None at its end."""
        items: list[V] = []
        cursors: list[str | None] = [None] * self._segments
        for page in self.pages():
            items += page.items
            cursors[page.segment or 0] = page.cursor
        return items, cursors

    def pages(self) -> Iterator[Page[V]]:
        """Read page by page; each says its segment, and its cursor goes on in that segment."""
        return self._run()

    def _run(self) -> Generator[Page[V], None, None]:
        waiting = iter(self._scan.in_segments(self._segments))
        pool = ThreadPoolExecutor(self._concurrency, thread_name_prefix="dynamorm-scan")

        def ask(pages: Iterator[Page[V]]) -> tuple[Future[Page[V] | None], Iterator[Page[V]]]:
            return pool.submit(next, pages, None), pages

        try:
            asked = dict(map(ask, islice(waiting, self._concurrency)))
            while asked:
                done, _ = wait(asked, return_when=FIRST_COMPLETED)
                # An error comes before pages: to take one of these would ask for another.
                future = next((one for one in asked if one in done and one.exception()), None)
                future = future or next(one for one in asked if one in done)
                pages, page = asked.pop(future), future.result()
                following = next(waiting, None) if page is None else pages
                if following is not None:
                    asked |= [ask(following)]
                if page is not None:
                    yield page
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
