"""What pydantic refused, as a place and a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel

from .native import unwrap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError


def misfit(model: type[BaseModel], error: ValidationError) -> tuple[str, str]:
    """Give the place and kind of the first thing pydantic refused; never the value."""
    found = error.errors(include_input=False, include_context=False, include_url=False)[0]
    place = ""
    for segment in _declared(model, found["loc"]):
        place += f"[{segment}]" if isinstance(segment, int) else f"{'.' if place else ''}{segment}"
    return place, str(found["type"]).replace("_", " ")


def _declared(model: Any, location: tuple[int | str, ...]) -> Iterable[int | str]:  # noqa: ANN401 - a type expression
    """Give the segments that lead to a field or a list's element.

    Behind them pydantic counts the members of sets, which have no order, and names those of unions.
    """
    plain: Any = model
    for segment in location:
        if isinstance(segment, int) and get_origin(plain) is list:
            plain = unwrap(get_args(plain)[0])[0]
        elif isinstance(plain, type) and issubclass(plain, BaseModel):
            info = next((one for name, one in plain.model_fields.items() if segment in {name, one.alias}), None)
            plain = None if info is None else unwrap(info.annotation)[0]
        else:
            return
        yield segment
