"""What a model says about a path: its attribute, its type, and how a value there is marshalled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..codec import not_configured, write_any
from ..errors import EncryptedFieldNotQueryableError, ValidationFailedError
from .node import parse_path, path_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..codec import AttributeValue, ItemCodec
    from ..codec.item import FieldPlan
    from .node import Path, PathLike

PART_TYPE = {"S": "S", "B": "B", "SS": "S", "NS": "N", "BS": "B"}


def _child(plan: FieldPlan, segment: str | int) -> FieldPlan | None:
    """Give the declared member of a typed map, or the element of a typed list."""
    if plan.members is None or isinstance(segment, int) != (plan.field.type == "L"):
        return None
    return (
        plan.members[0]
        if isinstance(segment, int)
        else next((one for one in plan.members if one.field.name == segment), None)
    )


class Scope:
    """A model's view of document paths."""

    def __init__(self, codec: ItemCodec, *others: ItemCodec) -> None:
        """Take the model's compiled codec; of several models the first that declares a path types it."""
        self.codec = codec
        self.by_name = codec.by_name
        for other in others:
            self.by_name = other.by_name | self.by_name

    def plan(self, path: Path) -> FieldPlan | None:
        """Find the compiled attribute of a path; None where the model does not type it."""
        plan = self.by_name.get(str(path[0]))
        for segment in path[1:]:
            plan = None if plan is None else _child(plan, segment)
        return plan

    def type_of(self, path: Path) -> str | None:
        """Give the type of a path's attribute; None where the model does not type it."""
        plan = self.plan(path)
        return None if plan is None else plan.field.type

    def knows(self, path: Path) -> bool:
        """Tell whether a path leads to something the model declares, or inside an untyped list or map."""
        if self.is_discriminator(path):
            return True
        plan = self.by_name.get(str(path[0]))
        for segment in path[1:]:
            if plan is None:
                return False
            if plan.members is None:
                return plan.field.type == ("L" if isinstance(segment, int) else "M")
            plan = _child(plan, segment)
        return plan is not None

    def is_discriminator(self, path: Path) -> bool:
        """Tell whether a path is the model's discriminator, which may be selected and is no field."""
        mark = self.codec.model.discriminator
        return mark is not None and path == (mark.attribute,)

    def open(self, path: Path) -> Path:
        """Refuse an encrypted attribute where DynamoDB would have to look into it."""
        plan = self.by_name.get(str(path[0]))
        if plan is not None and plan.field.encryption is not None:
            raise EncryptedFieldNotQueryableError("an encrypted attribute cannot be compared", path=path_text(path[:1]))
        return path

    def readable(self, path: Path) -> None:
        """Refuse to select inside an encrypted attribute, and to select a whole one that nobody here can decrypt."""
        plan = self.by_name.get(str(path[0]))
        if plan is not None and plan.field.encryption is not None:
            if len(path) > 1:
                self.open(path)
            if not plan.has_key:
                raise not_configured(path_text(path))

    def selects_encrypted(self, paths: Iterable[PathLike]) -> bool:
        """Tell whether an encrypted attribute is selected."""
        encrypted = self.codec.encrypted
        return bool(encrypted) and any(str(parse_path(path)[0]) in encrypted for path in paths)

    def marshal(self, path: Path, value: Any) -> AttributeValue:  # noqa: ANN401 - the caller's value
        """Marshal a value by the attribute the path names, or by its own type."""
        plan = self.plan(path)
        text = path_text(path)
        if value is None:
            return {"NULL": True}
        return write_any(value, text, len(path)) if plan is None else plan.write(value, text, len(path))

    def marshal_part(self, path: Path, value: Any) -> AttributeValue:  # noqa: ANN401 - the caller's value
        """Marshal what begins_with and contains look for: plain text or bytes, or a member of a set or list."""
        plan = self.plan(path)
        text = path_text(path)
        if plan is not None and plan.field.type == "L":
            element = None if plan.members is None else plan.members[0]
            if value is None and element is not None and element.field.type != "NULL":
                raise ValidationFailedError(f"expected {element.field.type}, found null", path=text)
            if value is None or element is None:
                return write_any(value, text, len(path))
            return element.write(value, text, len(path))
        written = write_any(value, text, len(path))
        expected = None if plan is None else PART_TYPE.get(plan.field.type)
        if expected is not None and expected not in written:
            raise ValidationFailedError(f"expected {expected}", path=text)
        return written
