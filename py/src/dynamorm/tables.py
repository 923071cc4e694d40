"""Tables of models: created, ensured, compared, described, deleted, listed; and given to those who make them otherwise.

Nothing is recorded, and nothing undone: each is a thin wrapper over DynamoDB's own calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .errors import ValidationFailedError
from .operation import (
    TablePage,
    TableSettings,
    check_name,
    check_timeout,
    cloudformation,
    create_request,
    create_table,
    delete_table,
    describe_table,
    ensure_table,
    plan_table,
    table_drift,
    terraform,
)
from .schema import Model as Schema
from .schema.declare import Model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .errors.parts import TableDifference
    from .operation import Binding, EnsuredTable, Exchange, TableDescription, TablePlan

T = TypeVar("T")
Modelled = type[Model] | Schema
"""A model class, or a model that was loaded from a document."""
_DEFAULTS = TableSettings()


class Tables:
    """The table operations of a client; where a model stands, several that share one table may stand as a sequence."""

    def now_ns(self) -> int:
        """Read the clock."""
        raise NotImplementedError

    def run(self, exchange: Exchange[T], now_ns: int) -> T:
        """Drive an exchange to its result."""
        raise NotImplementedError

    def bound(self, model: Modelled) -> Binding:
        """Give what operations know of a model's table."""
        raise NotImplementedError

    def create_table(
        self, models: Modelled | Sequence[Modelled], settings: TableSettings = _DEFAULTS
    ) -> TableDescription:
        """Create the table of a model, wait until it is ready, and enable its TTL: `client.create_table(Order)`.

        Raises TableExistsError, CanceledError after the time of the settings, ServiceError where the table stays as it
        is, ValidationFailedError where the models do not go together.
        """
        return self.run(create_table(self._plan(models, settings)), self.now_ns())

    def ensure_table(
        self,
        models: Modelled | Sequence[Modelled],
        settings: TableSettings = _DEFAULTS,
        *,
        add_indexes: bool = False,
    ) -> EnsuredTable:
        """Create the table where there is none; one that is there has to fit, and only its TTL is enabled.

        `add_indexes` adds global indexes where these are all that is missing.
        Raises TableMismatchError, whose `differences` say in what it does not fit, and as `create_table`.
        """
        return self.run(ensure_table(self._plan(models, settings), add_indexes=add_indexes), self.now_ns())

    def table_drift(
        self, models: Modelled | Sequence[Modelled], settings: TableSettings = _DEFAULTS
    ) -> list[TableDifference]:
        """Tell in what the table differs from its models, and from the settings that are given; change nothing.

        Raises TableNotFoundError, ValidationFailedError.
        """
        return self.run(table_drift(self._plan(models, settings)), self.now_ns())

    def describe_table(self, models: Modelled | Sequence[Modelled]) -> TableDescription:
        """Give what DynamoDB tells of the table.

        Raises TableNotFoundError, DecodeFailedError.
        """
        return self.run(describe_table(self._plan(models)), self.now_ns())

    def delete_table(self, model: Modelled, *, must_exist: bool = False, timeout_seconds: float = 600) -> bool:
        """Delete the table, wait until it is gone, and tell whether there was one.

        Raises TableNotFoundError with `must_exist`, ValidationFailedError where it is protected, CanceledError.
        """
        check_timeout(timeout_seconds)
        name, timeout_ms = check_name(self.bound(model).table), round(timeout_seconds * 1000)
        return self.run(delete_table(name, timeout_ms, must_exist=must_exist), self.now_ns())

    def list_tables(self) -> Iterator[str]:
        """Give the names of all tables there are, page by page as they are asked for."""
        after = None
        while True:
            names, after = self.run(TablePage(after), self.now_ns())
            yield from names
            if after is None:
                return

    def table_request(
        self, models: Modelled | Sequence[Modelled], settings: TableSettings = _DEFAULTS
    ) -> dict[str, Any]:
        """Give what CreateTable would be sent; nothing is sent.

        Raises ValidationFailedError.
        """
        return create_request(self._plan(models, settings))

    def cloudformation(
        self, models: Modelled | Sequence[Modelled], settings: TableSettings = _DEFAULTS
    ) -> dict[str, Any]:
        """Give the table as a resource of CloudFormation, for CDK as well; nothing is sent.

        Raises ValidationFailedError.
        """
        return cloudformation(self._plan(models, settings))

    def terraform(
        self,
        models: Modelled | Sequence[Modelled],
        settings: TableSettings = _DEFAULTS,
        *,
        label: str | None = None,
    ) -> str:
        """Give the table as a block of Terraform; the label is made of the table's name unless given.

        Raises ValidationFailedError.
        """
        return terraform(self._plan(models, settings), label)

    def _plan(self, models: Modelled | Sequence[Modelled], settings: TableSettings = _DEFAULTS) -> TablePlan:
        given: list[Modelled] = [models] if isinstance(models, (type, Schema)) else [*models]
        if not given:
            raise ValidationFailedError("a table of no model")
        return plan_table([self.bound(model) for model in given], settings)
