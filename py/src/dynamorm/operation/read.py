"""Query and scan: requests page by page, and what is made of each page. Nothing is asked for ahead of demand.

A `Read` is one reading from its start (or cursor) to its end, its limit, or where its caller stops: it builds what
every request shares once, and each page is an exchange of its own.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ..codec import not_configured, path_name
from ..codec.json_text import quote, write_json
from ..errors import (
    DecodeFailedError,
    InvalidCursorError,
    InvalidOperatorError,
    ValidationFailedError,
)
from ..expression import (
    And,
    Attr,
    Compare,
    Compiler,
    Function,
    In,
    Or,
    Placeholders,
    Scope,
    Value,
    parse_path,
    path_text,
    paths_of,
)
from ..limits import SCAN_SEGMENTS_MAX
from ..schema import Role
from ..schema.instant import NANOS
from .cursor import Bound, Cursor, Signer
from .exchange import Request, Response, SingleExchange
from .get import selected
from .place import place_of
from .query import KeyCondition, find_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..codec import Item
    from ..expression import Condition, PathLike
    from .binding import Binding
    from .query import Sort
    from .seal import Visit

_PLACEHOLDER = re.compile(r"[#:][nv][0-9]+")
What = Literal["items", "projected", "sealed", "count", "own", "all"]


@dataclass(frozen=True, repr=False)
class Options:
    """What a caller says of a read besides its keys."""

    index: str | None = None
    filter: Condition | None = None
    order: str = "asc"
    limit: int | None = None
    page_size: int | None = None
    consistent: bool = False
    hide_expired: bool = False
    cursor: str | None = None
    cursor_context: str | None = None
    segment: tuple[int, int] | None = None


@dataclass(frozen=True, repr=False)
class Keys:
    """What a query says of the keys; a scan has none."""

    partition: Any = None
    sort: Sort = None


@dataclass(frozen=True)
class Shape:
    """What is made of the items: whole ones, what an index projects, selected or encrypted parts, or their number.

    For copies they are left as they are stored: the model's own, or all there are.
    """

    what: What = "items"
    select: Sequence[PathLike] | None = None
    view: str | None = None
    with_cursor: bool = True


@dataclass(frozen=True)
class Page:
    """What one response held: items (which model's, and its values), their number, and where to go on."""

    items: list[tuple[Binding, dict[str, Any]]]
    count: int
    last_key: Item | None


class Read:
    """One reading of one or several models."""

    def __init__(
        self,
        bindings: Sequence[Binding],
        keys: Keys | None,
        options: Options,
        shape: Shape,
        *,
        now_ns: int,
        signer: Signer,
    ) -> None:
        """Check and build what all requests share.

        Raises ValidationFailedError, InvalidOperatorError, MissingPrimaryKeyError, InvalidCursorError,
        EncryptedFieldNotQueryableError, EncryptionNotConfiguredError.
        """
        self.bindings, self.options, self.signer = tuple(bindings), options, signer
        self.binding, self.shape, self.now_ns = bindings[0], shape, now_ns
        self.scope = Scope(*(binding.codec for binding in bindings))
        _check_options(options)
        self.conditions = [] if keys is None else _conditions(bindings, keys, options)
        self.place = self.conditions[0].place if self.conditions else place_of(self.binding.model, options.index)
        if options.consistent and self.place.is_global:
            raise InvalidOperatorError(f"{self.place} is a global index, which is never read consistently")
        paths = self._paths()
        self.partial = paths is not None or shape.what in {"projected", "sealed"} or not self.place.whole
        self._check_readable(paths)
        self._check_filter()
        self.body = self._body(paths, now_ns)
        self.start = None if options.cursor is None else self.start_of(options.cursor)

    @property
    def api(self) -> str:
        """Give the API's name."""
        return "Query" if self.conditions else "Scan"

    def in_segment(self, number: int, total: int) -> Read:
        """Give the same read of one segment alone."""
        out = copy(self)
        out.options = replace(self.options, segment=(number, total))
        out.body = self.body | {"Segment": number, "TotalSegments": total}
        return out

    def page(self, start: Item | None, remaining: int | None) -> PageExchange:
        """Give the exchange of the page behind a key; `remaining` is what the caller's limit leaves."""
        body = dict(self.body)
        if self.options.page_size is not None:
            body["Limit"] = self.options.page_size
        elif remaining is not None and "FilterExpression" not in body:
            body["Limit"] = remaining
        if start is not None:
            body["ExclusiveStartKey"] = start
        return PageExchange(self, Request(self.api, body), remaining)

    def cursor(self, key: Item | None) -> str | None:
        """Give the cursor of a key; None at the end."""
        if key is None:
            return None
        order = self.options.order if self.conditions else None
        index = None if self.place.index is None else self.place.index.name
        return self.signer.write(Cursor(key, index, order, self.options.segment), self._bound)

    def cut(self, item: Item) -> Item:
        """Give the key to go on behind an item.

        Raises DecodeFailedError where the item lacks a part of it.
        """
        for name in self.place.cursor_keys:
            if name not in item:
                raise DecodeFailedError("the item lacks a key", path=path_name(name))
        return {name: item[name] for name in self.place.cursor_keys}

    def values(self, item: Item) -> tuple[Binding, dict[str, Any]]:
        """Read an item by its model."""
        binding = self.owner(item)
        codec = binding.codec
        if not self.partial:
            return binding, codec.unmarshal_item(item)
        codec.require_own(item)
        values = codec.unmarshal_item(item, partial=True)
        for name in self._hidden:
            values.pop(name, None)
        mark = binding.model.discriminator
        return binding, {mark.attribute: mark.value} | values if self._shown and mark is not None else values

    def owner(self, item: Item) -> Binding:
        """Tell whose an item is.

        Raises DecodeFailedError where it is of none of the models.
        """
        if len(self.bindings) == 1:
            return self.binding
        for binding in self.bindings:
            mark = binding.model.discriminator
            if mark is not None and item.get(mark.attribute) == {"S": mark.value}:
                return binding
        mark = self.binding.model.discriminator
        raise DecodeFailedError("not an item of these models", path=None if mark is None else mark.attribute)

    def _paths(self) -> Sequence[PathLike] | None:
        self._hidden: tuple[str, ...] = ()
        self._shown = False
        shape, several = self.shape, len(self.bindings) > 1
        if shape.select is None and shape.view is None:
            return None
        if shape.what == "count" or several:
            raise ValidationFailedError("nothing is selected of several models, or of a count")
        paths = selected(self.binding, shape.select, shape.view)
        for path in paths or ():
            parsed = parse_path(path)
            self._shown |= self.scope.is_discriminator(parsed)
            if self.scope.knows(parsed) and self.place.is_global and not self.place.projects(str(parsed[0])):
                raise InvalidOperatorError(f"{self.place} does not project it", path=path_text(parsed))
        return paths

    def _check_readable(self, paths: Sequence[PathLike] | None) -> None:
        """Refuse whole items with attributes that nobody here can decrypt."""
        if paths is not None or self.shape.what in {"count", "own", "all"}:
            return
        for binding in self.bindings:
            for plan in binding.codec.plans if binding.codec.encrypted and not binding.codec.has_key else ():
                if plan.field.encryption is not None and self.place.projects(plan.field.name):
                    raise not_configured(plan.label)

    def _check_filter(self) -> None:
        conditions = [one for one in (self.options.filter, self._expired(0)) if one is not None]
        try:
            paths = [path for condition in conditions for path in paths_of(condition)]
        except RecursionError:
            raise ValidationFailedError("a filter nested too deep") from None
        for path in paths:
            if self.conditions and path[0] in self.place.key_names:
                raise InvalidOperatorError("a query does not filter on its own keys", path=path_text(path))
            if self.place.is_global and not self.place.projects(str(path[0])):
                raise InvalidOperatorError(f"{self.place} does not project it", path=path_text(path))

    def _body(self, paths: Sequence[PathLike] | None, now_ns: int) -> dict[str, Any]:
        placeholders, options, body = Placeholders(), self.options, {"TableName": self.binding.table}
        out: dict[str, Any] = body
        if self.place.index is not None:
            out["IndexName"] = self.place.index.name
        if self.conditions:
            out["KeyConditionExpression"] = self.conditions[0].text(placeholders)
        compiler = Compiler(self.scope, placeholders)
        filters = [one for one in (options.filter, self._expired(now_ns), self._discriminator()) if one is not None]
        if filters:
            out["FilterExpression"] = compiler.condition(And(tuple(filters)))
        if paths is not None:
            out["ProjectionExpression"] = compiler.projection(paths, self._fetched(paths))
        if self.shape.what == "sealed":
            names = (*self.binding.model.key_names, *self.binding.codec.encrypted)
            out["ProjectionExpression"] = compiler.names([(name,) for name in names])
        if self.shape.what == "count":
            out["Select"] = "COUNT"
        if options.order == "desc" and self.conditions:
            out["ScanIndexForward"] = False
        if options.consistent:
            out["ConsistentRead"] = True
        if options.segment is not None:
            out["Segment"], out["TotalSegments"] = options.segment
        return out | placeholders.members()

    def _fetched(self, paths: Sequence[PathLike]) -> tuple[str, ...]:
        """Name what is read besides: the keys of a cursor, or those that envelopes are bound to."""
        fetched: tuple[str, ...] = ()
        if self.options.limit is not None and self.shape.with_cursor:
            fetched = tuple(self.place.cursor_keys)
        elif self.scope.selects_encrypted(paths):
            fetched = self.binding.model.key_names
        asked = {parse_path(path) for path in paths}
        self._hidden = tuple(name for name in fetched if (name,) not in asked)
        return fetched

    def _expired(self, now_ns: int) -> Condition | None:
        if not self.options.hide_expired:
            return None
        names = {None if (ttl := binding.model.role(Role.TTL)) is None else ttl.name for binding in self.bindings}
        name = names.pop()
        if name is None or names:
            raise ValidationFailedError("hide_expired needs an attribute with the role ttl, the same in every model")
        absent = Function("attribute_not_exists", (name,))
        return Or((absent, Compare(">", Attr((name,)), Value(now_ns // NANOS))))

    def _discriminator(self) -> Condition | None:
        marks = [mark for binding in self.bindings if (mark := binding.model.discriminator) is not None]
        if not marks or self.shape.what == "all":
            return None
        left, values = Attr((marks[0].attribute,)), tuple(Value(mark.value) for mark in marks)
        return Compare("=", left, values[0]) if len(values) == 1 else In(left, values)

    def start_of(self, text: str) -> Item:
        """Read a cursor: it has to be of this very read.

        Raises InvalidCursorError.
        """
        cursor = self.signer.read(text, self._bound)
        index = None if self.place.index is None else self.place.index.name
        order = self.options.order if self.conditions else None
        if (cursor.index, cursor.order, cursor.segment) != (index, order, self.options.segment):
            raise InvalidCursorError("the cursor is of another read")
        if {name: next(iter(value)) for name, value in cursor.key.items()} != self.place.cursor_keys:
            raise InvalidCursorError("the cursor has other keys")
        name = self.place.partition.attribute
        if self.conditions and cursor.key[name] != self.conditions[0].partition:
            raise InvalidCursorError("the cursor is of another partition")
        return cursor.key

    def _bound(self) -> Bound:
        condition = filtered = ""
        if self.conditions:
            placeholders = Placeholders()
            condition = inlined(self.conditions[0].text(placeholders), placeholders)
        if self.options.filter is not None:
            placeholders = Placeholders()
            filtered = inlined(Compiler(self.scope, placeholders).condition(self.options.filter), placeholders)
        return Bound(
            self.binding.table,
            "" if self.place.index is None else self.place.index.name,
            tuple(binding.model.name for binding in self.bindings),
            condition,
            filtered,
            self.options.cursor_context or "",
        )


class PageExchange(SingleExchange[Page]):
    """One page of a read."""

    def __init__(self, read: Read, request: Request, remaining: int | None) -> None:
        """Take the built request."""
        self._read, self._remaining = read, remaining
        super().__init__(request)

    def visit(self, response: Response, visit: Visit) -> Response:
        """Visit the items that will be read."""
        if not any(binding.codec.encrypted for binding in self._read.bindings) or self._read.shape.what == "count":
            return response
        raw: list[Item] = response.body.get("Items", [])
        items = [self._visited(item, visit) for item in raw[: self._remaining]]
        return replace(response, body={**response.body, "Items": items + raw[len(items) :]})

    def _visited(self, item: Item, visit: Visit) -> Item:
        try:
            return visit(self._read.owner(item), item)
        except DecodeFailedError:  # of another model: refused when it is read
            return item

    def read(self, response: Response) -> Page:
        """Read the page, as far as the limit goes."""
        if response.error is not None:
            raise response.error
        body = response.body
        raw: list[Item] = body.get("Items", [])
        last: Item | None = body.get("LastEvaluatedKey") or None
        if self._remaining is not None and len(raw) > self._remaining:
            raw = raw[: self._remaining]
            last = self._read.cut(raw[-1]) if self._read.shape.with_cursor else None
        items = [] if self._read.shape.what == "count" else [self._read.values(item) for item in raw]
        return Page(items, int(body.get("Count", 0)), last)


def inlined(text: str, placeholders: Placeholders) -> str:
    """Replace every placeholder of an expression by the canonical JSON of its name or value."""
    names = {alias: quote(name) for name, alias in placeholders.names.items()}
    known = names | {alias: write_json(value) for alias, value in placeholders.values.items()}
    return _PLACEHOLDER.sub(lambda found: known[found[0]], text)


def check_segments(total: int) -> None:
    """Refuse a number of segments that DynamoDB does not take."""
    if not 1 <= total <= SCAN_SEGMENTS_MAX:
        raise ValidationFailedError(f"a scan has 1 to {SCAN_SEGMENTS_MAX} segments")


def _check_options(options: Options) -> None:
    for name in ("limit", "page_size"):
        given = getattr(options, name)
        if given is not None and given < 1:
            raise ValidationFailedError(f"{name} is at least 1")
    if options.order not in {"asc", "desc"}:
        raise ValidationFailedError("order is asc or desc")
    if options.segment is not None:
        number, total = options.segment
        check_segments(total)
        if not 0 <= number < total:
            raise ValidationFailedError("a segment is from 0 to the total less one")


def _conditions(bindings: Sequence[Binding], keys: Keys, options: Options) -> list[KeyCondition]:
    """Make the key condition by each model; of several models all have to mean the same."""
    out = []
    for binding in bindings:
        codec = binding.codec
        if len(bindings) == 1:
            place = find_place(codec, options.index, keys.partition, keys.sort)
        else:
            place = place_of(binding.model, options.index)
        out.append(KeyCondition(codec, place, keys.partition, keys.sort))
    texts = [_plain(condition) for condition in out]
    if any(text != texts[0] for text in texts):
        raise ValidationFailedError("the keys do not mean the same in every model")
    return out


def _plain(condition: KeyCondition) -> str:
    placeholders = Placeholders()
    return inlined(condition.text(placeholders), placeholders)
