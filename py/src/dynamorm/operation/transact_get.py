"""TransactGetItems: up to a hundred items, read as they were at one moment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import DecodeFailedError
from .exchange import Request
from .transact_write import Transaction, check_number, check_once

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .backoff import Random, Retries
    from .batch_get import Wanted
    from .exchange import Response
    from .seal import Visit

T = TypeVar("T")


class TransactGet(Transaction["list[T | None]"], Generic[T]):
    """Read the items; the result has one for each key, None where there is none."""

    def __init__(self, wanted: Sequence[Wanted[T]], retries: Retries, random: Random) -> None:
        """Check and build the request.

        Raises ValidationFailedError for the wrong number of keys or two equal ones, MissingPrimaryKeyError.
        """
        check_number(len(wanted))
        self._wanted_items = wanted
        bindings = [one.selection.binding for one in wanted]
        bodies: list[dict[str, Any]] = [
            {"TableName": binding.table, "Key": binding.codec.marshal_key(one.key)}
            for binding, one in zip(bindings, wanted, strict=True)
        ]
        check_once(bodies, [binding.model.key_names for binding in bindings])
        entries = [{"Get": body | one.selection.members} for body, one in zip(bodies, wanted, strict=True)]
        super().__init__(Request("TransactGetItems", {"TransactItems": entries}), retries, random)

    def visit(self, response: Response, visit: Visit) -> Response:
        """Visit the items."""
        given = response.body.get("Responses")
        if not isinstance(given, list) or not any(one.selection.binding.codec.encrypted for one in self._wanted_items):
            return response
        rows = [
            row if not isinstance(row.get("Item"), dict) else row | {"Item": visit(one.selection.binding, row["Item"])}
            for row, one in zip(given, self._wanted_items, strict=False)
        ]
        return replace(response, body={**response.body, "Responses": rows + given[len(rows) :]})

    def read(self, body: Mapping[str, Any]) -> list[T | None]:
        """Read the items.

        Raises DecodeFailedError where one does not fit its model, or the answer has not one for each key.
        """
        given = body.get("Responses")
        if not isinstance(given, list) or len(given) != len(self._wanted_items):
            raise DecodeFailedError("an answer that has not one entry for each key")
        items = [one.get("Item") if isinstance(one, dict) else None for one in given]
        return [
            None if item is None else one.make(one.selection.values(item))
            for one, item in zip(self._wanted_items, items, strict=True)
        ]
