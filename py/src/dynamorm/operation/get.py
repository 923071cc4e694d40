"""GetItem: one item by key, whole or in parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ValidationFailedError
from ..expression import Compiler, Placeholders, parse_path
from .exchange import Request, Response, SingleExchange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..expression import PathLike
    from .binding import Binding


@dataclass(frozen=True)
class Found:
    """What GetItem gave: values by attribute name, or nothing."""

    values: dict[str, Any] | None


class Get(SingleExchange[Found]):
    """Read one item."""

    def __init__(
        self,
        binding: Binding,
        key: Mapping[str, Any],
        *,
        consistent: bool = False,
        select: Sequence[PathLike] | None = None,
        view: str | None = None,
    ) -> None:
        """Build the request.

        Raises MissingPrimaryKeyError, ValidationFailedError.
        """
        self.binding = binding
        paths = selected(binding, select, view)
        self.partial, self.shown = paths is not None, False
        if paths is None:
            binding.codec.require_readable()
        body: dict[str, Any] = {"TableName": binding.table, "Key": binding.codec.marshal_key(key)}
        if consistent:
            body["ConsistentRead"] = True
        if paths is not None:
            placeholders = Placeholders()
            body["ProjectionExpression"] = Compiler(binding.scope, placeholders).projection(paths)
            self.shown = any(binding.scope.is_discriminator(parse_path(path)) for path in paths)
            body |= placeholders.members()
        super().__init__(Request("GetItem", body))

    def read(self, response: Response) -> Found:
        """Read the item; an item without any of the selected attributes is an empty one."""
        if response.error is not None:
            raise response.error
        item = response.body.get("Item")
        if item is None:
            return Found(None)
        self.binding.codec.require_own(item)
        values = self.binding.codec.unmarshal_item(item, partial=self.partial)
        mark = self.binding.model.discriminator
        return Found({mark.attribute: mark.value} | values if self.shown and mark is not None else values)


class Exists(SingleExchange[bool]):
    """Ask whether an item is there."""

    def __init__(self, binding: Binding, key: Mapping[str, Any], *, consistent: bool = False) -> None:
        """Build the request: the key attributes alone."""
        placeholders = Placeholders()
        self.binding = binding
        projection = Compiler(binding.scope, placeholders).names([(name,) for name in binding.model.key_names])
        body: dict[str, Any] = {"TableName": binding.table, "Key": binding.codec.marshal_key(key)}
        if consistent:
            body["ConsistentRead"] = True
        super().__init__(Request("GetItem", body | {"ProjectionExpression": projection} | placeholders.members()))

    def read(self, response: Response) -> bool:
        """Tell whether an item came back."""
        if response.error is not None:
            raise response.error
        item = response.body.get("Item")
        if item is not None:
            self.binding.codec.require_own(item)
        return item is not None


def selected(binding: Binding, select: Sequence[PathLike] | None, view: str | None) -> Sequence[PathLike] | None:
    """Give the paths that are selected, by themselves or by a view; None for whole items."""
    if isinstance(select, str):  # a text is a sequence of texts, too
        raise ValidationFailedError("select takes a list of paths")
    if view is None:
        return select
    if select is not None:
        raise ValidationFailedError("either select or view")
    fields = binding.model.views.get(view)
    if fields is None:
        raise ValidationFailedError(f"{binding.model.name} has no view of this name")
    return [[name] for name in fields]
