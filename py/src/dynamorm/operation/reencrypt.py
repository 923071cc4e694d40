"""Re-encryption: pages of an item's keys and encrypted attributes, and the update that puts new envelopes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..codec import Plain, canonical_value
from ..errors import ConditionFailedError, ValidationFailedError
from ..expression import Placeholders
from .condition import add_guard
from .exchange import Request, Response, SingleExchange
from .read import Options, PageExchange, Read, Shape
from .seal import Seal, Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..codec import Item
    from .binding import Binding
    from .cursor import Signer


class SealedPage(SingleExchange["tuple[list[Item], Item | None]"]):
    """A page of items as they are stored, but for their envelopes, which are opened; and where it ends."""

    def __init__(self, page: PageExchange, binding: Binding) -> None:
        """Take the request of a page."""
        self._binding = binding
        super().__init__(page.request)

    def visit(self, response: Response, visit: Visit) -> Response:
        """Visit every item."""
        items = [visit(self._binding, item) for item in response.body.get("Items", [])]
        return Response({**response.body, "Items": items}, response.error, response.unanswered)

    def read(self, response: Response) -> tuple[list[Item], Item | None]:
        """Give the items."""
        if response.error is not None:
            raise response.error
        return response.body.get("Items", []), response.body.get("LastEvaluatedKey") or None


def sealed_read(
    binding: Binding, signer: Signer, now_ns: int, *, page_size: int | None, segment: tuple[int, int] | None
) -> Read:
    """Give the scan of a model's encrypted attributes.

    Raises EncryptionNotConfiguredError, ValidationFailedError where the model has none.
    """
    if not binding.codec.encrypted:
        raise ValidationFailedError(f"{binding.model.name} has no encrypted attributes")
    shape = Shape("sealed", with_cursor=False)
    return Read([binding], None, Options(page_size=page_size, segment=segment), shape, now_ns=now_ns, signer=signer)


def stale(binding: Binding, item: Item, key: str, *, every: bool) -> list[str]:
    """Name the attributes of an opened item that are not sealed under a key, or all that have a value.

    Raises whatever the opening of one of them gave.
    """
    binding.codec.require_own(item)
    found: list[tuple[str, Any]] = [(name, item.get(name)) for name in binding.codec.encrypted]
    opened = [(name, plain) for name, plain in found if isinstance(plain, Plain)]
    for _, plain in opened:
        plain.reveal()
    return [name for name, plain in opened if every or plain.key != key]


class Reseal(SingleExchange[bool]):
    """Put new envelopes in the place of what was read; the result tells whether it was still there."""

    def __init__(self, binding: Binding, item: Item, names: Sequence[str]) -> None:
        """Build the request."""
        self._binding, self._names = binding, names
        key = {name: item[name] for name in binding.model.key_names}
        body: dict[str, Any] = {"TableName": binding.table, "Key": key}
        placeholders = Placeholders()
        read: list[Any] = [item[name] for name in names]
        same = [
            f"{placeholders.path((name,))} = {placeholders.value(plain.stored)}"
            for name, plain in zip(names, read, strict=True)
        ]
        add_guard(body, " AND ".join(same))
        # What was sealed keeps its spelling; what was not gets the codec's.
        fresh: list[Any] = [
            Plain(plain.reveal() if plain.key is not None else canonical_value(plain.reveal())) for plain in read
        ]
        self._slots = [placeholders.value(plain) for plain in fresh]
        sets = [f"{placeholders.path((name,))} = {slot}" for name, slot in zip(names, self._slots, strict=True)]
        body["UpdateExpression"] = f"SET {', '.join(sets)}"
        self._values = placeholders.values
        super().__init__(Request("UpdateItem", body | placeholders.members(), write=True))

    def seals(self) -> list[Seal]:
        """Give the values, in the order of their names."""
        key = self.request.body["Key"]
        return [
            Seal(self._binding, name, key, self._values, slot)
            for name, slot in zip(self._names, self._slots, strict=True)
        ]

    def read(self, response: Response) -> bool:
        """Tell whether it was written; what was changed meanwhile stays."""
        if isinstance(response.error, ConditionFailedError):
            return False
        if response.error is not None:
            raise response.error
        return True
