"""A projection of a stream: a put that leaves what is as new, or newer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..codec import path_name
from ..errors import ValidationFailedError
from ..expression import Attr, Compare, Function, Or, Value
from .put import Put, put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .binding import Binding


def project(binding: Binding, values: Mapping[str, Any], now_ns: int, by: str) -> Put:
    """Put an item where there is none, or one with a lower `by`.

    Raises as `put`; ValidationFailedError for a `by` that the model does not know or the item has not,
    EncryptedFieldNotQueryableError for one that is encrypted.
    """
    binding.codec.require_key(values)
    if by not in binding.codec.by_name:
        raise ValidationFailedError("the model does not know this attribute", path=path_name(str(by)))
    binding.scope.open((by,))
    if values.get(by) is None:
        raise ValidationFailedError("what an item is projected by is not null", path=path_name(by))
    absent = Function("attribute_not_exists", (binding.model.partition.attribute,))
    return put(binding, values, now_ns, condition=Or((absent, Compare("<", Attr((by,)), Value(values[by])))))
