"""Tables: the caller's verbs over one model; typed by a model class, or dynamic over plain dicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import ValidationError

from .errors import DecodeFailedError, ItemNotFoundError, MissingPrimaryKeyError, ValidationFailedError
from .expression import Changes
from .operation import Delete, Exists, Get, Guard, Stored, Update, create, put, save
from .schema.declare import Model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .client import Client
    from .expression import Condition, PathLike
    from .operation import Binding

V = TypeVar("V")
M = TypeVar("M", bound=Model)
Returns = Literal["new", "old", "none", "updated_new", "updated_old"]
Pairs = "Mapping[str, Any] | Iterable[tuple[PathLike, Any]]"


class _Verbs(Generic[V]):
    """The operations; subclasses say what a value is."""

    def __init__(self, client: Client, binding: Binding) -> None:
        self._client, self._binding = client, binding

    @property
    def name(self) -> str:
        """Give the table's real name."""
        return self._binding.table

    def _values(self, value: Any) -> tuple[Mapping[str, Any], V | None]:  # noqa: ANN401 - a value or a mapping
        raise NotImplementedError

    def _value(self, values: Mapping[str, Any]) -> V:
        raise NotImplementedError

    def _stored(self, given: V | None, values: Mapping[str, Any], stored: Stored) -> V:
        raise NotImplementedError

    def _decode(self, item: Mapping[str, Any]) -> V:
        return self._value(self._binding.codec.unmarshal_item(item))

    def _key(self, key: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a key or a value
        return key.__dynamorm_attributes__() if isinstance(key, Model) else dict(key)

    def create(self, value: V | Mapping[str, Any]) -> V:
        """Store a new item; times and version are the library's.

        Raises AlreadyExistsError where an item with this key exists, MissingPrimaryKeyError, ValidationFailedError, ItemTooLargeError.
        """
        values, given = self._values(value)
        return self._stored(given, values, self._client.run(create(self._binding, values, self._client.now_ns(), self._decode)))

    def put(self, value: V | Mapping[str, Any], *, condition: Condition | None = None) -> V:
        """Replace the whole item; a value with a version checks it, one without writes 1.

        Raises ConditionFailedError, VersionConflictError, ItemNotFoundError (a version was given and there is no item).
        """
        return self.replace(value, condition=condition)[0]

    def replace(self, value: V | Mapping[str, Any], *, condition: Condition | None = None, return_old: bool = False) -> tuple[V, V | None]:
        """Do as `put`; give the new value and, with `return_old`, the one it replaced."""
        values, given = self._values(value)
        exchange = put(self._binding, values, self._client.now_ns(), self._decode, condition=condition, return_old=return_old)
        stored = self._client.run(exchange)
        return self._stored(given, values, stored), None if stored.old is None else self._value(stored.old)

    def save(self, value: V | Mapping[str, Any], *, adopt: bool = False) -> V:
        """Store a value whose version is still the stored one; one without a version is new; `adopt` takes over an item stored without one.

        Raises VersionConflictError, AlreadyExistsError, ItemNotFoundError.
        """
        values, given = self._values(value)
        return self._stored(given, values, self._client.run(save(self._binding, values, self._client.now_ns(), self._decode, adopt=adopt)))

    def get(self, key: Mapping[str, Any] | V, *, consistent: bool = False) -> V:
        """Read an item.

        Raises ItemNotFoundError where there is none, DecodeFailedError where it does not fit the model.
        """
        found = self.find(key, consistent=consistent)
        if found is None:
            raise self._missing()
        return found

    def find(self, key: Mapping[str, Any] | V, *, consistent: bool = False) -> V | None:
        """Read an item, or None."""
        values = self._client.run(Get(self._binding, self._key(key), consistent=consistent)).values
        return None if values is None else self._value(values)

    def select(
        self, key: Mapping[str, Any] | V, paths: Sequence[PathLike] | None = None, *, view: str | None = None, consistent: bool = False
    ) -> dict[str, Any] | None:
        """Read parts of an item, by paths or by a named view: a plain dict of what was selected and stored, or None where there is no item."""
        if paths is None and view is None:
            raise ValidationFailedError("select takes paths or a view")
        return self._client.run(Get(self._binding, self._key(key), consistent=consistent, select=paths, view=view)).values

    def exists(self, key: Mapping[str, Any] | V, *, consistent: bool = False) -> bool:
        """Tell whether an item is there; only its key is read."""
        return self._client.run(Exists(self._binding, self._key(key), consistent=consistent))

    def change(self, key: Mapping[str, Any] | V, *, returns: Returns, condition: Condition | None = None, expected_version: int | None = None, upsert: bool = False, **members: Any) -> dict[str, Any] | None:  # noqa: ANN401 - the members of update
        """Do as `update`; give what `returns` asks for as a plain dict, or None where nothing came back."""
        guard = Guard(condition=condition, must_exist=not upsert, expected_version=expected_version)
        changes = Changes.of(members)
        return self._client.run(Update(self._binding, self._key(key), changes, guard, self._client.now_ns(), self._decode, upsert=upsert, returns=returns))

    def update(
        self,
        key: Mapping[str, Any] | V,
        *,
        set: Any = None,  # noqa: A002, ANN401 - DynamoDB's own word; a map, or pairs of path and value
        set_if_absent: Any = None,  # noqa: ANN401 - as set
        add: Any = None,  # noqa: ANN401 - as set
        subtract: Any = None,  # noqa: ANN401 - as set
        append: Any = None,  # noqa: ANN401 - as set
        prepend: Any = None,  # noqa: ANN401 - as set
        copy: Any = None,  # noqa: ANN401 - a map, or pairs of path and source path
        remove: Sequence[PathLike] | None = None,
        add_to_set: Any = None,  # noqa: ANN401 - as set
        delete_from_set: Any = None,  # noqa: ANN401 - as set
        condition: Condition | None = None,
        expected_version: int | None = None,
        upsert: bool = False,
    ) -> V:
        """Change parts of an item and give the new item.

        Each member is a map of paths to values, or a list of pairs where a name holds a dot or the order matters. Setting None removes.
        The item has to exist unless `upsert`. `add` and `append` without an expected version happen at least once where an answer is lost.

        Raises ItemNotFoundError, ConditionFailedError, VersionConflictError, ValidationFailedError, InvalidOperatorError.
        """
        members = {"set": set, "set_if_absent": set_if_absent, "add": add, "subtract": subtract, "append": append, "prepend": prepend}
        members |= {"copy": copy, "remove": remove, "add_to_set": add_to_set, "delete_from_set": delete_from_set}
        values = self.change(key, returns="new", condition=condition, expected_version=expected_version, upsert=upsert, **members)
        return self._value(values or {})

    def delete(self, key: Mapping[str, Any] | V, *, condition: Condition | None = None, expected_version: int | None = None, must_exist: bool = False, return_old: bool = False) -> V | None:
        """Delete an item; without a condition it does not matter whether it is there. Gives the item it was, with `return_old`.

        Raises ItemNotFoundError (with `must_exist` or an expected version), ConditionFailedError, VersionConflictError.
        """
        guard = Guard(condition=condition, must_exist=must_exist, expected_version=expected_version)
        old = self._client.run(Delete(self._binding, self._key(key), guard, self._decode, return_old=return_old))
        return None if old is None else self._value(old)

    def _missing(self) -> ItemNotFoundError:
        return ItemNotFoundError(f"{self._binding.model.name}: there is no item with this key", origin="service")


class DynamicTable(_Verbs[dict[str, Any]]):
    """A table over plain dicts by attribute name, for a model that was loaded from a document."""

    def _values(self, value: Any) -> tuple[Mapping[str, Any], dict[str, Any] | None]:  # noqa: ANN401 - a mapping
        return value, value if isinstance(value, dict) else None

    def _value(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return dict(values)

    def _stored(self, given: dict[str, Any] | None, values: Mapping[str, Any], stored: Stored) -> dict[str, Any]:
        out = dict(values) if given is None else given
        out.update(stored.stamped)
        return out


class Table(_Verbs[M]):
    """A table of one model class. Values are its instances; a mapping by attribute name is validated on the way in."""

    def __init__(self, client: Client, binding: Binding, model: type[M]) -> None:
        """Bind a model class; got by `Client.table`."""
        super().__init__(client, binding)
        self._model = model
        self._names = {info.alias or name: name for name, info in model.model_fields.items()}

    def _values(self, value: Any) -> tuple[Mapping[str, Any], M | None]:  # noqa: ANN401 - an instance or a mapping
        if not isinstance(value, self._model):
            for name in self._binding.model.key_names:
                if isinstance(value, dict) and value.get(name) is None:
                    raise MissingPrimaryKeyError(f"{self._binding.model.name}: a part of the primary key is missing", path=name)
            value = self._validated(value)
        return value.__dynamorm_attributes__(), value

    def _validated(self, value: Any) -> M:  # noqa: ANN401 - a mapping
        try:
            return self._model.model_validate(value)
        except ValidationError as error:
            place, reason = _first(error)
            raise ValidationFailedError(f"{self._binding.model.name}: {reason}", path=place) from None

    def _value(self, values: Mapping[str, Any]) -> M:
        try:
            return self._model.model_validate(dict(values))
        except ValidationError as error:
            place, reason = _first(error)
            raise DecodeFailedError(f"{self._binding.model.name}: {reason}", path=place) from None

    def _stored(self, given: M | None, values: Mapping[str, Any], stored: Stored) -> M:
        if given is None:
            return self._value(dict(values) | stored.stamped)
        for name, value in stored.stamped.items():
            setattr(given, self._names[name], value)
        return given


def _first(error: ValidationError) -> tuple[str, str]:
    """Give the place and kind of the first thing pydantic refused; never the value."""
    found = error.errors(include_input=False, include_context=False, include_url=False)[0]
    place = ""
    for segment in found["loc"]:
        place += f"[{segment}]" if isinstance(segment, int) else f"{'.' if place else ''}{segment}"
    return place, str(found["type"]).replace("_", " ")
