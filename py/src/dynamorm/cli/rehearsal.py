"""A transport for `--dry-run`: it reads, notes what would change something, and answers as if it had happened."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ..errors import TableExistsError, TableNotFoundError, ValidationFailedError
from ..operation import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..operation import Request
    from ..transport import Transport

ACTIVE = "ACTIVE"
GLOBAL = "GlobalSecondaryIndexes"
_KEPT = ("TableName", "KeySchema", "AttributeDefinitions", "LocalSecondaryIndexes")


class Rehearsal:
    """What would be sent stands in `requests`; of a table it has changed it tells what would be there."""

    def __init__(self, transport: Transport) -> None:
        """Take what reads."""
        self._transport = transport
        self._imagined: dict[str, dict[str, Any] | None] = {}
        self._changes: dict[str, Callable[[Request], Response]] = {
            "CreateTable": self._create,
            "UpdateTable": self._update,
            "DeleteTable": self._delete,
        }
        self.requests: list[Request] = []

    def send(self, request: Request) -> Response:
        """Answer a request."""
        if not request.write:
            return self._look(request)
        change = self._changes.get(request.api)
        answer = Response() if change is None else change(request)
        if answer.error is None:
            self.requests.append(request)
        return answer

    def told(self) -> list[dict[str, Any]]:
        """Give what was noted since this was asked last."""
        told = [{"api": request.api, "body": request.body} for request in self.requests]
        self.requests.clear()
        return told

    def _look(self, request: Request) -> Response:
        name = request.body.get("TableName")
        if name not in self._imagined:
            return self._transport.send(request)
        if self._imagined[name] is None:
            return Response(error=TableNotFoundError(f"{name} would not be there", origin="service"))
        return Response({"Table": self._imagined[name]} if request.api == "DescribeTable" else {})

    def _table(self, request: Request) -> Response:
        name = request.body["TableName"]
        return self._look(type(request)("DescribeTable", {"TableName": name}))

    def _create(self, request: Request) -> Response:
        there = self._table(request)
        if there.error is None:
            return Response(error=TableExistsError("the table exists", origin="service"))
        if not isinstance(there.error, TableNotFoundError):
            return there
        table: dict[str, Any] = {name: request.body[name] for name in _KEPT if name in request.body}
        indexes = [_active(index) for index in request.body.get(GLOBAL, ())]
        self._imagined[request.body["TableName"]] = {**table, GLOBAL: indexes, "TableStatus": ACTIVE}
        return Response()

    def _update(self, request: Request) -> Response:
        there = self._table(request)
        if there.error is not None:
            return there
        table = copy.deepcopy(dict(there.body["Table"]))
        for update in request.body["GlobalSecondaryIndexUpdates"]:
            table.setdefault(GLOBAL, []).append(_active(update["Create"]))
        table.setdefault("AttributeDefinitions", []).extend(request.body["AttributeDefinitions"])
        self._imagined[request.body["TableName"]] = table
        return Response()

    def _delete(self, request: Request) -> Response:
        there = self._table(request)
        if there.error is not None:
            return there
        if there.body["Table"].get("DeletionProtectionEnabled"):
            return Response(error=ValidationFailedError("the table is protected from deletion", origin="service"))
        self._imagined[request.body["TableName"]] = None
        return Response()


def _active(index: Mapping[str, Any]) -> dict[str, Any]:
    return {**index, "IndexStatus": ACTIVE}
