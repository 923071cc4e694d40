"""DescribeTable, for the name of a table's stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ValidationFailedError
from .exchange import Request, Response, SingleExchange

if TYPE_CHECKING:
    from .binding import Binding


class FindStream(SingleExchange[str]):
    """Find the stream of a table; the result is its ARN."""

    def __init__(self, binding: Binding) -> None:
        """Build the request."""
        self._table = binding.table
        super().__init__(Request("DescribeTable", {"TableName": binding.table}))

    def read(self, response: Response) -> str:
        """Read the answer.

        Raises ValidationFailedError where the table has no stream.
        """
        if response.error is not None:
            raise response.error
        table: Any = response.body.get("Table")
        arn = table.get("LatestStreamArn") if isinstance(table, dict) else None
        if not isinstance(arn, str):
            raise ValidationFailedError(f"the table {self._table} has no stream")
        return arn
