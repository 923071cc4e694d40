"""Tables: the caller's verbs over one model; typed by a model class, or dynamic over plain dicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import ValidationError

from .actions import Actions, Members, Seam
from .batch import Batches
from .errors import ConditionFailedError, DecodeFailedError, ItemNotFoundError, ValidationFailedError
from .expression import Changes, PathLike
from .operation import Delete, Exists, Found, Get, Guard, Keys, Options, Stored, Update, create, project, put, save
from .reading import Reading, Scan
from .rotation import reencrypt
from .schema.declare import Model
from .schema.misfit import misfit

if TYPE_CHECKING:
    from .client import Client
    from .expression import Condition, SortCondition
    from .operation import Binding, Put
    from .rotation import Reencrypted, ReencryptFailure
    from .schema.model import Field

V = TypeVar("V")
M = TypeVar("M", bound=Model)
Returns = Literal["new", "old", "none", "updated_new", "updated_old"]


class _Verbs(Batches[V]):
    """The operations; subclasses say what a value is."""

    _tells_model = False

    def __init__(self, client: Client, binding: Binding) -> None:
        self._client = client
        self._binding = replace(binding, decode=self._decode)

    @property
    def binding(self) -> Binding:
        """Give what operations know of the table."""
        return self._binding

    @property
    def name(self) -> str:
        """Give the table's real name."""
        return self._binding.table

    @property
    def seam(self) -> Seam[V]:
        """Give how values and keys go in and come out."""
        return Seam(self._binding, self._values, self._key, self._accept, self._value, self._tells_model)

    @property
    def actions(self) -> Actions[V]:
        """Give the maker of actions, for the batches and transactions of the client."""
        return Actions(self.seam)

    def _values(self, value: Any) -> tuple[Mapping[str, Any], V | None]:  # noqa: ANN401 - a value or a mapping
        raise NotImplementedError

    def _accept(self, value: Any, stored: Stored) -> None:  # noqa: ANN401 - a value or a mapping
        """Let the caller's value, where it is an object of the table's, take over what was stored."""
        raise NotImplementedError

    def _value(self, values: Mapping[str, Any]) -> V:
        raise NotImplementedError

    def _stored(self, given: V | None, stored: Stored) -> V:
        raise NotImplementedError

    def _decode(self, item: Mapping[str, Any]) -> V:
        return self._value(self._binding.codec.unmarshal_item(item))

    def _key(self, key: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a key or a value
        if not isinstance(key, Mapping):
            raise ValidationFailedError(f"a key is a map of its attributes, not {type(key).__name__}")
        return key

    def _write(self, value: V | Mapping[str, Any], verb: Callable[[Mapping[str, Any], int], Put]) -> tuple[V, Stored]:
        now_ns = self._client.now_ns()
        values, given = self._values(value)
        stored = self._client.run(verb(values, now_ns), now_ns)
        return self._stored(given, stored), stored

    def create(self, value: V | Mapping[str, Any]) -> V:
        """Store a new item; times and version are the library's.

        Raises AlreadyExistsError where an item with this key exists, MissingPrimaryKeyError, ValidationFailedError,
        ItemTooLargeError.
        """
        return self._write(value, lambda values, now_ns: create(self._binding, values, now_ns))[0]

    def put(self, value: V | Mapping[str, Any], *, condition: Condition | None = None) -> V:
        """Replace the whole item; a value with a version checks it, one without writes 1.

        Raises ConditionFailedError, VersionConflictError, ItemNotFoundError (a version was given and there is no item).
        """
        return self.replace(value, condition=condition)[0]

    def replace(
        self, value: V | Mapping[str, Any], *, condition: Condition | None = None, return_old: bool = False
    ) -> tuple[V, V | None]:
        """Do as `put`; give the new value and, with `return_old`, the one it replaced."""
        new, stored = self._write(
            value,
            lambda values, now_ns: put(self._binding, values, now_ns, condition=condition, return_old=return_old),
        )
        return new, None if stored.old is None else self._value(stored.old)

    def save(self, value: V | Mapping[str, Any], *, adopt: bool = False) -> V:
        """Store a value whose version is still the stored one; one without a version is new.

        `adopt` takes over an item that was stored without a version.
        Raises VersionConflictError, AlreadyExistsError, ItemNotFoundError.
        """
        return self._write(value, lambda values, now_ns: save(self._binding, values, now_ns, adopt=adopt))[0]

    def project(self, value: V | Mapping[str, Any], by: str) -> bool:
        """Put a value made of a stream's record, unless the stored item has the same or a greater `by`.

        `by` is an attribute that grows with each change of the source, so that records that come again or late do
        nothing. Tells whether it was written. Raises as `put`.
        """
        try:
            self._write(value, lambda values, now_ns: project(self._binding, values, now_ns, self._attribute(by)))
        except ConditionFailedError as error:
            if error.kind is not None:
                raise
            return False
        return True

    def reencrypt(
        self,
        *,
        all: bool = False,  # noqa: A002 - every envelope, not those of other keys alone
        page_size: int | None = None,
        segment: tuple[int, int] | None = None,
        on_failure: Callable[[ReencryptFailure], object] | None = None,
    ) -> Reencrypted:
        """Seal anew, item by item, what is not sealed under the client's `key`; with `all` whatever is encrypted.

        What others change meanwhile is left to them, with versions and times. The first item that fails ends it;
        with `on_failure` it is told there, and the work goes on.
        """
        return reencrypt(
            self._client, self._binding, every=all, page_size=page_size, segment=segment, on_failure=on_failure
        )

    def _attribute(self, name: str) -> str:
        """Give the attribute that a name stands for."""
        return name

    def get(self, key: Mapping[str, Any] | V, *, consistent: bool = False) -> V:
        """Read an item.

        Raises ItemNotFoundError where there is none, DecodeFailedError where it does not fit the model.
        """
        found = self._found(key, consistent=consistent)
        if found.values is None:
            sentence = f"{self._binding.model.name}: there is no item with this key"
            raise ItemNotFoundError(sentence, request_id=found.request_id)
        return self._value(found.values)

    def find(self, key: Mapping[str, Any] | V, *, consistent: bool = False) -> V | None:
        """Read an item, or None."""
        values = self._found(key, consistent=consistent).values
        return None if values is None else self._value(values)

    def _found(self, key: Mapping[str, Any] | V, *, consistent: bool) -> Found:
        now_ns = self._client.now_ns()
        return self._client.run(Get(self._binding, self._key(key), consistent=consistent), now_ns)

    def select(
        self,
        key: Mapping[str, Any] | V,
        paths: Sequence[PathLike] | None = None,
        *,
        view: str | None = None,
        consistent: bool = False,
    ) -> dict[str, Any] | None:
        """Read parts of an item, by paths or by a named view; None where there is no item.

        The result is a plain dict by attribute name of what was selected and stored.
        """
        now_ns = self._client.now_ns()
        if paths is None and view is None:
            raise ValidationFailedError("select takes paths or a view")
        exchange = Get(self._binding, self._key(key), consistent=consistent, select=paths, view=view)
        return self._client.run(exchange, now_ns).values

    def query(
        self,
        partition: Any = None,  # noqa: ANN401 - a key's value, or a map of its parts
        sort: SortCondition | Mapping[str, Any] | None = None,
        *,
        index: str | None = None,
        filter: Condition | None = None,  # noqa: A002 - DynamoDB's own word
        order: Literal["asc", "desc"] = "asc",
        limit: int | None = None,
        page_size: int | None = None,
        consistent: bool = False,
        hide_expired: bool = False,
        cursor: str | None = None,
        cursor_context: str | None = None,
    ) -> Reading[V]:
        """Read the items of one partition, in the order of the sort key, lazily.

        `partition` is the key's value, or a map of attributes: of a composed key its parts. A map without `index` goes
        to the table, or to the one index that it fits. `sort` is `sort_key >= 5` and the like, or a map of the leading
        parts of a composed sort key. `limit` counts the items given in all, `page_size` is DynamoDB's Limit.
        `cursor_context` (a tenant, say) binds signed cursors to whom they were given.

        Raises, when it is read, MissingPrimaryKeyError, InvalidOperatorError, ValidationFailedError,
        InvalidCursorError, DecodeFailedError.
        """
        options = Options(index, filter, order, limit, page_size, consistent, hide_expired, cursor, cursor_context)
        keys = Keys(self._named(partition), self._named(sort))
        return Reading(self._client, [self._binding], keys, options, lambda _binding, values: self.made(values))

    def scan(
        self,
        *,
        index: str | None = None,
        filter: Condition | None = None,  # noqa: A002 - DynamoDB's own word
        limit: int | None = None,
        page_size: int | None = None,
        consistent: bool = False,
        hide_expired: bool = False,
        cursor: str | None = None,
        cursor_context: str | None = None,
        segment: tuple[int, int] | None = None,
    ) -> Scan[V]:
        """Read every item of the table or of an index, lazily; `segment` (number, total) reads a part of it.

        Raises, when it is read, as `query`.
        """
        options = Options(
            index, filter, "asc", limit, page_size, consistent, hide_expired, cursor, cursor_context, segment
        )
        return Scan(self._client, [self._binding], None, options, lambda _binding, values: self.made(values))

    def made(self, values: dict[str, Any]) -> V:
        """Make of an item's values what the table gives to its caller."""
        return self._value(values)

    def _named(self, given: Any) -> Any:  # noqa: ANN401 - a key's value, a condition, or a map
        """Give a map by attribute name, of the reading's own; anything else as it is."""
        return dict(given) if isinstance(given, Mapping) else given

    def exists(self, key: Mapping[str, Any] | V, *, consistent: bool = False) -> bool:
        """Tell whether an item is there; only its key is read."""
        now_ns = self._client.now_ns()
        return self._client.run(Exists(self._binding, self._key(key), consistent=consistent), now_ns)

    def change(
        self,
        key: Mapping[str, Any] | V,
        *,
        returns: Returns,
        condition: Condition | None = None,
        expected_version: int | None = None,
        upsert: bool = False,
        **members: Members | Iterable[PathLike],
    ) -> dict[str, Any] | None:
        """Do as `update`; give what `returns` asks for as a plain dict, or None where nothing came back."""
        guard = Guard(condition=condition, must_exist=not upsert, expected_version=expected_version)
        now_ns = self._client.now_ns()
        key = self._key(key)
        changes = Changes.of(members)
        exchange = Update(self._binding, key, changes, guard, now_ns=now_ns, upsert=upsert, returns=returns)
        return self._client.run(exchange, now_ns)

    def update(
        self,
        key: Mapping[str, Any] | V,
        *,
        set: Members = None,  # noqa: A002 - DynamoDB's own word
        set_if_absent: Members = None,
        add: Members = None,
        subtract: Members = None,
        append: Members = None,
        prepend: Members = None,
        copy: Members = None,
        remove: Iterable[PathLike] | None = None,
        add_to_set: Members = None,
        delete_from_set: Members = None,
        condition: Condition | None = None,
        expected_version: int | None = None,
        upsert: bool = False,
    ) -> V:
        """Change parts of an item and give the new item.

        Each member is a map of paths to values, or a list of pairs where a name holds a dot. Setting None removes.
        The item has to exist unless `upsert`. `add` and `append` without an expected version happen at least once
        where an answer is lost.

        Raises ItemNotFoundError, ConditionFailedError, VersionConflictError, ValidationFailedError,
        InvalidOperatorError.
        """
        members: dict[str, Any] = {
            "set": set,
            "set_if_absent": set_if_absent,
            "add": add,
            "subtract": subtract,
            "append": append,
            "prepend": prepend,
            "copy": copy,
            "remove": remove,
            "add_to_set": add_to_set,
            "delete_from_set": delete_from_set,
        }
        guards: dict[str, Any] = {"condition": condition, "expected_version": expected_version, "upsert": upsert}
        return self._value(self.change(key, returns="new", **guards, **members) or {})

    def delete(
        self,
        key: Mapping[str, Any] | V,
        *,
        condition: Condition | None = None,
        expected_version: int | None = None,
        must_exist: bool = False,
        return_old: bool = False,
    ) -> V | None:
        """Delete an item; without a condition it does not matter whether it is there.

        Gives the item it was, with `return_old`.
        Raises ItemNotFoundError (with `must_exist` or an expected version), ConditionFailedError, VersionConflictError.
        """
        now_ns = self._client.now_ns()
        guard = Guard(condition=condition, must_exist=must_exist, expected_version=expected_version)
        old = self._client.run(Delete(self._binding, self._key(key), guard, return_old=return_old), now_ns)
        return None if old is None else self._value(old)


class DynamicTable(_Verbs[dict[str, Any]]):
    """A table over plain dicts by attribute name, for a model that was loaded from a document."""

    def _values(self, value: Any) -> tuple[Mapping[str, Any], dict[str, Any] | None]:  # noqa: ANN401 - a mapping
        if not isinstance(value, Mapping):
            raise ValidationFailedError(f"{self._binding.model.name}: expected a map, found {type(value).__name__}")
        return value, value if isinstance(value, dict) else None

    def _accept(self, value: Any, stored: Stored) -> None:  # noqa: ANN401 - a mapping
        if isinstance(value, dict):
            self._stored(value, stored)

    def _value(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return dict(values)

    def _stored(self, given: dict[str, Any] | None, stored: Stored) -> dict[str, Any]:
        out: dict[str, Any] = {} if given is None else given
        out.update(stored.values())
        return out


class Table(_Verbs[M]):
    """A table of one model class. Values are its instances; a mapping by attribute name is validated on the way in."""

    _tells_model = True

    def __init__(self, client: Client, binding: Binding, model: type[M]) -> None:
        """Bind a model class; got by `Client.table`."""
        super().__init__(client, binding)
        self._model = model
        # A text of nine digits is the one value of an instance that is stored in another spelling than it may be given.
        self._respelled = [field.name for field in binding.model.fields if field.format == "rfc3339nano"]
        self._remade = [field.name for field in binding.model.fields if _holds_nano(field)]

    def _key(self, key: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a key or a value
        return self._model.__dynamorm_named__(
            super()._key(key.__dynamorm_attributes__() if isinstance(key, Model) else key)
        )

    def _attribute(self, name: str) -> str:
        return next(iter(self._model.__dynamorm_named__({name: None})))

    def _named(self, given: Any) -> Any:  # noqa: ANN401 - a key's value, a condition, or a map
        return self._model.__dynamorm_named__(given) if isinstance(given, Mapping) else given

    def _values(self, value: Any) -> tuple[Mapping[str, Any], M | None]:  # noqa: ANN401 - an instance or a mapping
        if isinstance(value, self._model):
            return value.__dynamorm_attributes__(), value
        if isinstance(value, Mapping):
            named = self._model.__dynamorm_named__(value)
            self._binding.codec.require_key(named)
        return self._validated(value).__dynamorm_attributes__(), None

    def _accept(self, value: Any, stored: Stored) -> None:  # noqa: ANN401 - an instance or a mapping
        if isinstance(value, self._model):
            self._stored(value, stored)

    def _validated(self, value: Any) -> M:  # noqa: ANN401 - a mapping
        try:
            return self._model.model_validate(value)
        except ValidationError as error:
            place, reason = misfit(self._model, error)
            raise ValidationFailedError(f"{self._binding.model.name}: {reason}", path=place) from None

    def _value(self, values: Mapping[str, Any]) -> M:
        try:
            return self._model.__dynamorm_read__(values)
        except ValidationError as error:
            place, reason = misfit(self._model, error)
            raise DecodeFailedError(f"{self._binding.model.name}: {reason}", path=place) from None

    def _stored(self, given: M | None, stored: Stored) -> M:
        if given is None:
            return self._value(stored.values())
        values = stored.only({*stored.stamped, *self._respelled})
        if self._remade:
            read = self._value(stored.values()).__dynamorm_attributes__()
            values |= {name: read[name] for name in self._remade if name in stored.item}
        return given.__dynamorm_stamp__(values)


def _holds_nano(field: Field) -> bool:
    """Tell whether there is a text of nine digits inside a map or a list."""
    inside = (*(field.fields or ()), *(() if field.items is None else (field.items,)))
    return any(one.format == "rfc3339nano" or _holds_nano(one) for one in inside)
