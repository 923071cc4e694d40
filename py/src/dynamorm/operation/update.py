"""UpdateItem: change parts of an item by key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..codec import INT64_MAX, Plain, check_key, not_configured, path_name
from ..errors import ValidationFailedError
from ..expression import Owned, Placeholders, UpdateCompiler
from .binding import stamp
from .condition import Guard, add_guard, failure, guard_text
from .exchange import Request, Response, SingleExchange
from .seal import Seal, visited

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..codec import AttributeValue, Item
    from ..codec.compose import Composition
    from ..expression import Changes, UpdatePlan
    from .binding import Binding
    from .seal import Visit

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
        placeholders = Placeholders()
        add_guard(body, guard_text(binding, guard, placeholders, own_only=True))
        plan = UpdateCompiler(binding.scope, binding.protected).plan(changes)
        owned = _owned(binding, now_ns, upsert=upsert)
        if binding.codec.own_names:
            own, removes = _composed(binding, binding.codec.key_parts(key), changes, plan, upsert=upsert)
            owned = replace(owned, own=own, removes=removes)
        _refuse_last_version(binding, guard)
        self._assigned = plan.assigned
        body["UpdateExpression"] = plan.text(placeholders, owned)
        _require_readable(binding, plan, returns)
        if RETURN_VALUES[returns] is not None:
            body["ReturnValues"] = RETURN_VALUES[returns]
        self._values = placeholders.values
        super().__init__(Request("UpdateItem", body | placeholders.members(), write=True))

    def seals(self) -> list[Seal]:
        """Give the values that are set and wait to be sealed, in the order of the attributes' names."""
        if not self.binding.codec.encrypted:
            return []
        values: dict[str, Any] = self._values
        alias_of = {id(value): alias for alias, value in values.items() if isinstance(value, Plain)}
        return [
            Seal(self.binding, name, self.request.body["Key"], self._values, alias_of[id(value)])
            for name in self.binding.codec.encrypted
            if id(value := self._assigned.get(name)) in alias_of
        ]

    def visit(self, response: Response, visit: Visit) -> Response:
        """Visit what came back; the changed part of an item lacks its key, which is the call's."""
        key = self.request.body["Key"] if self.returns in PARTIAL else None
        response = visited(response, ("Attributes",), visit, self.binding, key)
        return visited(response, ("Item",), visit, self.binding)

    def read(self, response: Response) -> dict[str, Any] | None:
        """Read what came back."""
        error = failure(self.binding, self.guard, response)
        if error is not None:
            raise error
        attributes = response.body.get("Attributes")
        if attributes is None:
            return None
        return self.binding.codec.unmarshal_item(attributes, partial=self.returns in PARTIAL)


def _require_readable(binding: Binding, plan: UpdatePlan, returns: str) -> None:
    """Refuse to read what nobody here can open: whole items, and what is removed."""
    codec = binding.codec
    if returns in WHOLE:
        codec.require_readable()
    if returns == "updated_old" and not codec.has_key:
        for name in codec.encrypted:
            if name in plan.removed:
                raise not_configured(path_name(name))


def _refuse_last_version(binding: Binding, guard: Guard) -> None:
    version = binding.version
    if version is not None and guard.expected_version is not None and guard.expected_version >= INT64_MAX:
        raise ValidationFailedError("the version after this one is beyond 64 bits", path=version.name)


def _owned(binding: Binding, now_ns: int, *, upsert: bool) -> Owned:
    created, updated = binding.created_at, binding.updated_at
    return Owned(
        if_absent=((created.name, stamp(created, now_ns)),) if upsert and created is not None else (),
        sets=() if updated is None else ((updated.name, stamp(updated, now_ns)),),
        version=None if binding.version is None else binding.version.name,
    )


def _composed(
    binding: Binding, key: Item, changes: Changes, plan: UpdatePlan, *, upsert: bool
) -> tuple[tuple[tuple[str, AttributeValue], ...], tuple[str, ...]]:
    """Give what follows from the changes: parts of the key and discriminator of an upsert, composed index keys."""
    codec, mark = binding.codec, binding.model.discriminator
    plain = set(binding.model.key_names)
    own = [(name, value) for name, value in key.items() if name not in plain] if upsert else []
    removes: list[str] = []
    touched = {str(path[0]) for path in changes.paths()}
    known = key | plan.assigned
    for one in codec.index_compositions:
        if not touched.isdisjoint(one.parts) and not plan.removed.isdisjoint(one.parts):
            removes.append(one.name)
        elif _is_known(binding, one, known, touched, plan, upsert=upsert):
            composed = one.write(known)
            check_key(composed, path_name(one.name), codec.index_keys[one.name])
            own.append((one.name, composed))
    if upsert and mark is not None:
        own.append((mark.attribute, {"S": mark.value}))
    return tuple(own), tuple(removes)


def _is_known(
    binding: Binding, one: Composition, known: Item, touched: set[str], plan: UpdatePlan, *, upsert: bool
) -> bool:
    """Tell whether a composed index key is written; refuse a change that leaves it unknown."""
    vague = next((part for part in one.parts if part in touched and part not in plan.assigned), None)
    missing = vague or one.missing(known)
    if upsert and binding.created_at is not None and binding.created_at.name in one.parts:
        missing = binding.created_at.name  # the stored one, if there is one, stays
    elif missing is not None and touched.isdisjoint(one.parts):
        return False
    if missing is not None:
        raise ValidationFailedError(
            f"{one.name} is composed of it: its parts are set together", path=path_name(missing)
        )
    return upsert or not touched.isdisjoint(one.parts)
