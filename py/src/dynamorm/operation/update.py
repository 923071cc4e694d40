"""UpdateItem: change parts of an item by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ValidationFailedError
from ..expression import Owned, Placeholders, UpdateCompiler
from .binding import stamp
from .condition import Guard, add_guard, failure, guard_text
from .exchange import Request, Response, SingleExchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..expression import Changes
    from .binding import Binding

RETURN_VALUES = {
    "new": "ALL_NEW",
    "old": "ALL_OLD",
    "updated_new": "UPDATED_NEW",
    "updated_old": "UPDATED_OLD",
    "none": None,
}
PARTIAL = {"updated_new", "updated_old"}
WHOLE = {"new", "old"}


class Update(SingleExchange["dict[str, Any] | None"]):
    """Change one item; the result is what `returns` asks for, by attribute name, or None."""

    def __init__(
        self,
        binding: Binding,
        key: Mapping[str, Any],
        changes: Changes,
        guard: Guard,
        *,
        now_ns: int,
        upsert: bool,
        returns: str,
    ) -> None:
        """Build the request: condition first, then the update, so that placeholders are numbered in that order."""
        if returns not in RETURN_VALUES:
            raise ValidationFailedError(f"returns is one of {', '.join(RETURN_VALUES)}")
        self.binding, self.guard, self.returns = binding, guard, returns
        body: dict[str, Any] = {"TableName": binding.table, "Key": binding.codec.marshal_key(key)}
        plan = UpdateCompiler(binding.scope, binding.protected).plan(changes)
        placeholders = Placeholders()
        add_guard(body, guard_text(binding, guard, placeholders))
        body["UpdateExpression"] = plan.text(placeholders, _owned(binding, now_ns, upsert=upsert))
        if returns in WHOLE:
            binding.codec.require_readable()
        if RETURN_VALUES[returns] is not None:
            body["ReturnValues"] = RETURN_VALUES[returns]
        super().__init__(Request("UpdateItem", body | placeholders.members(), write=True))

    def read(self, response: Response) -> dict[str, Any] | None:
        """Read what came back."""
        error = failure(self.binding, self.guard, response)
        if error is not None:
            raise error
        attributes = response.body.get("Attributes")
        return self.binding.codec.unmarshal_item(attributes, partial=self.returns in PARTIAL) if attributes else None


def _owned(binding: Binding, now_ns: int, *, upsert: bool) -> Owned:
    created, updated = binding.created_at, binding.updated_at
    return Owned(
        if_absent=((created.name, stamp(created, now_ns)),) if upsert and created is not None else (),
        sets=() if updated is None else ((updated.name, stamp(updated, now_ns)),),
        version=None if binding.version is None else binding.version.name,
    )
