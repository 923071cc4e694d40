"""DeleteItem: remove one item by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..expression import Placeholders
from .condition import Guard, add_guard, failure, guard_text
from .exchange import Request, Response, SingleExchange
from .seal import visited

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .binding import Binding
    from .seal import Visit


class Delete(SingleExchange["dict[str, Any] | None"]):
    """Delete one item; the result is the item it was, where asked for and there was one."""

    def __init__(
        self,
        binding: Binding,
        key: Mapping[str, Any],
        guard: Guard,
        *,
        return_old: bool = False,
    ) -> None:
        """Build the request."""
        self.binding, self.guard = binding, guard
        body: dict[str, Any] = {"TableName": binding.table, "Key": binding.codec.marshal_key(key)}
        placeholders = Placeholders()
        add_guard(body, guard_text(binding, guard, placeholders, own_only=True))
        if return_old:
            binding.codec.require_readable()
            body["ReturnValues"] = "ALL_OLD"
        super().__init__(Request("DeleteItem", body | placeholders.members(), write=True))

    def visit(self, response: Response, visit: Visit) -> Response:
        """Visit the old item, or the one of a failed condition."""
        return visited(response, ("Attributes", "Item"), visit, self.binding)

    def read(self, response: Response) -> dict[str, Any] | None:
        """Read the answer."""
        error = failure(self.binding, self.guard, response)
        if error is not None:
            raise error
        old = response.body.get("Attributes")
        return None if old is None else self.binding.codec.unmarshal_item(old)
