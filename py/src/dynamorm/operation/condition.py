"""Conditional writes: what the library adds to a condition, and what a failed one means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import (
    AlreadyExistsError,
    ConditionFailedError,
    DecodeFailedError,
    DynamORMError,
    ItemNotFoundError,
    ValidationFailedError,
    VersionConflictError,
)
from ..expression import And, Attr, Compare, Compiler, Condition, Function, Or, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..expression import Placeholders
    from .binding import Binding
    from .exchange import Response


@dataclass(frozen=True)
class Guard:
    """What a write demands of the stored item."""

    condition: Condition | None = None
    must_exist: bool = False
    must_not_exist: bool = False
    unversioned: bool = False
    expected_version: Any = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is demanded."""
        return self.condition is None and not (self.must_not_exist or self.needs_item)

    @property
    def needs_item(self) -> bool:
        """Tell whether a failure without an item means that there is none."""
        return self.must_exist or self.unversioned or self.expected_version is not None


def guard_text(binding: Binding, guard: Guard, placeholders: Placeholders, *, own_only: bool = False) -> str | None:
    """Compile a guard: the caller's condition, existence or version, and the discriminator if only own items count."""
    parts = [] if guard.condition is None else [guard.condition]
    parts += _own(binding, guard)
    if own_only:
        parts += _discriminator(binding, guard)
    if not parts:
        return None
    return Compiler(binding.scope, placeholders).condition(And(tuple(parts)))


def _own(binding: Binding, guard: Guard) -> list[Condition]:
    key = (binding.model.partition.attribute,)
    if guard.expected_version is not None:
        if binding.version is None:
            raise ValidationFailedError(f"{binding.model.name} has no version")
        return [Compare("=", Attr((binding.version.name,)), Value(guard.expected_version))]
    if guard.must_not_exist:
        return [Function("attribute_not_exists", key)]
    if guard.unversioned:
        if binding.version is None:
            raise ValidationFailedError(f"{binding.model.name} has no version")
        return [Function("attribute_exists", key), Function("attribute_not_exists", (binding.version.name,))]
    return [Function("attribute_exists", key)] if guard.must_exist else []


def _discriminator(binding: Binding, guard: Guard) -> list[Condition]:
    """Leave an item of another model alone: behind what demands an item, else beside the case that there is none."""
    mark = binding.model.discriminator
    if mark is None:
        return []
    own = Compare("=", Attr((mark.attribute,)), Value(mark.value))
    if guard.needs_item:
        return [own]
    return [Or((Function("attribute_not_exists", (binding.model.partition.attribute,)), own))]


def add_guard(body: dict[str, Any], text: str | None) -> None:
    """Put a compiled guard into a request, and ask for the item that makes it fail."""
    if text is not None:
        body["ConditionExpression"] = text
        body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"


def failure(binding: Binding, guard: Guard, response: Response) -> DynamORMError | None:
    """Tell what the error of a guarded write means, by the item that came with it; None where there is none."""
    error = response.error
    if not isinstance(error, ConditionFailedError):
        return error
    item = response.body.get("Item")
    kind = _kind(binding, guard, item)
    out = kind(
        _SENTENCE[kind].format(model=binding.model.name),
        origin=error.origin,
        retryable=False,
        aws=error.aws,
        request_id=error.request_id,
        status=error.status,
        maybe_applied=error.maybe_applied,
    )
    out.__cause__ = error.__cause__
    return out.with_item(item, binding.decode)


def _kind(binding: Binding, guard: Guard, item: Mapping[str, Any] | None) -> type[DynamORMError]:
    if item is None and guard.needs_item:
        return ItemNotFoundError
    if item is not None and guard.unversioned:
        return VersionConflictError
    if item is not None and guard.expected_version is not None and binding.version is not None:
        return ConditionFailedError if _has_version(binding, item, guard.expected_version) else VersionConflictError
    return AlreadyExistsError if guard.must_not_exist and guard.condition is None else ConditionFailedError


def _has_version(binding: Binding, item: Mapping[str, Any], expected: Any) -> bool:  # noqa: ANN401 - a checked number
    version = binding.version
    try:
        stored = (
            {} if version is None else binding.codec.unmarshal_item({version.name: item[version.name]}, partial=True)
        )
    except (DecodeFailedError, KeyError, TypeError):  # a version that cannot be read is not the one expected
        return False
    return version is not None and stored.get(version.name) == expected


_SENTENCE: dict[type[DynamORMError], str] = {
    ItemNotFoundError: "{model}: there is no item with this key",
    VersionConflictError: "{model}: the stored item has another version",
    AlreadyExistsError: "{model}: an item with this key exists",
    ConditionFailedError: "{model}: the condition was false",
}
