"""GetItem: one item by key, whole or in parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ValidationFailedError
from ..expression import Compiler, Placeholders, parse_path
from .exchange import Request, Response, SingleExchange
from .seal import visited

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..expression import PathLike
    from .binding import Binding
    from .seal import Visit


@dataclass(frozen=True)
class Found:
    """What GetItem gave: values by attribute name, or nothing."""

    values: dict[str, Any] | None
    request_id: str | None = None


class Selection:
    """What is read of a model's items, whole or in parts: the members of a request, and what is made of an item."""

    def __init__(
        self,
        binding: Binding,
        select: Sequence[PathLike] | None,
        view: str | None,
        *,
        consistent: bool = False,
        with_key: bool = False,
    ) -> None:
        """Compile it; `with_key` fetches the key as well, behind the caller's paths.

        Raises ValidationFailedError, EncryptionNotConfiguredError.
        """
        self.binding = binding
        paths = selected(binding, select, view)
        self.partial, self._shown = paths is not None, False
        self._hidden: tuple[str, ...] = ()
        self.members: dict[str, Any] = {"ConsistentRead": True} if consistent else {}
        if paths is None:
            binding.codec.require_readable()
            return
        placeholders = Placeholders()
        with_key = with_key or binding.scope.selects_encrypted(paths)
        fetched = binding.model.key_names if with_key else ()
        self.members["ProjectionExpression"] = Compiler(binding.scope, placeholders).projection(paths, fetched)
        self.members |= placeholders.members()
        asked = {parse_path(path) for path in paths}
        self._shown = any(binding.scope.is_discriminator(path) for path in asked)
        self._hidden = tuple(name for name in fetched if (name,) not in asked)

    def values(self, item: dict[str, Any]) -> dict[str, Any]:
        """Read an item; one without any of the selected attributes is an empty one."""
        self.binding.codec.require_own(item)
        values = self.binding.codec.unmarshal_item(item, partial=self.partial)
        for name in self._hidden:
            values.pop(name, None)
        mark = self.binding.model.discriminator
        return {mark.attribute: mark.value} | values if self._shown and mark is not None else values


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
        self.selection = Selection(binding, select, view, consistent=consistent)
        body: dict[str, Any] = {"TableName": binding.table, "Key": binding.codec.marshal_key(key)}
        super().__init__(Request("GetItem", body | self.selection.members))

    def visit(self, response: Response, visit: Visit) -> Response:
        """Visit the item."""
        return visited(response, ("Item",), visit, self.selection.binding)

    def read(self, response: Response) -> Found:
        """Read the item."""
        if response.error is not None:
            raise response.error
        item = response.body.get("Item")
        return Found(None if item is None else self.selection.values(item), response.request_id)


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
