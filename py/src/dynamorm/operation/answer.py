"""The shape of DynamoDB's answers: a member that is null is left out, one of another shape is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import DecodeFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .exchange import Response


def _is_map(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, dict)


def _is_list_of_maps(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, list) and all(isinstance(member, dict) for member in value)


def _is_count(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, int) and not isinstance(value, bool)


def _is_map_of_lists(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, dict) and all(map(_is_list_of_maps, value.values()))


def _is_absent_or(fits: Callable[[Any], bool], value: Any) -> bool:  # noqa: ANN401 - JSON
    return value is None or fits(value)


def _are_responses(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether they are of a batch, by table, or of a transaction, in its order."""
    if isinstance(value, dict):
        return _is_map_of_lists(value)
    return _is_list_of_maps(value) and all(_is_absent_or(_is_map, entry.get("Item")) for entry in value)


def _are_keys(value: Any) -> bool:  # noqa: ANN401 - JSON
    return _is_map(value) and all(
        _is_map(part) and _is_absent_or(_is_list_of_maps, part.get("Keys")) for part in value.values()
    )


SHAPES: dict[str, Callable[[Any], bool]] = {
    "Item": _is_map,
    "Attributes": _is_map,
    "Items": _is_list_of_maps,
    "Count": _is_count,
    "LastEvaluatedKey": _is_map,
    "Responses": _are_responses,
    "UnprocessedItems": _is_map_of_lists,
    "UnprocessedKeys": _are_keys,
}


def shaped(response: Response) -> Response:
    """Give an answer without members that are null; of one that DynamoDB would not give, DecodeFailedError."""
    if response.error is not None:
        return response
    body = {name: value for name, value in response.body.items() if value is not None}
    for name, value in body.items():
        fits = SHAPES.get(name)
        if fits is not None and not fits(value):
            return replace(response, body={}, error=DecodeFailedError(f"the answer's {name} has not DynamoDB's shape"))
    return replace(response, body=body) if len(body) < len(response.body) else response
