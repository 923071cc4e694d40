"""Conversations about tables: made, ensured, compared, described, deleted, listed. They wait by a request's delay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..errors import (
    CanceledError,
    DecodeFailedError,
    ServiceError,
    TableExistsError,
    TableMismatchError,
    TableNotFoundError,
    ValidationFailedError,
)
from .description import ACTIVE, DELETING, describe, differences, ttl_of
from .exchange import Request, Response, SingleExchange, Unsealed
from .table import PROVISIONED, create_request, definitions, index_request

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from ..errors.parts import TableDifference
    from .description import TableDescription
    from .table import TableIndex, TablePlan

T = TypeVar("T")
CREATING = "CREATING"
PASSING = {ACTIVE, CREATING, "UPDATING", DELETING}
FIRST_DELAY_MS, LONGEST_DELAY_MS = 1_000, 20_000
if TYPE_CHECKING:
    Steps = Generator[Request, Response, T]


class Conversation(Unsealed, Generic[T]):
    """An exchange whose steps are a generator: it yields requests, is sent their answers, and returns the result."""

    def __init__(self, steps: Steps[T]) -> None:
        """Begin with the first request."""
        self._steps = steps
        self._result: T
        self._request = self._advance(None)

    def next(self) -> Request | None:
        """Give the next request."""
        return self._request

    def receive(self, response: Response) -> None:
        """Go on with the answer."""
        self._request = self._advance(response)

    def result(self) -> T:
        """Give the result."""
        return self._result

    def _advance(self, response: Response | None) -> Request | None:
        try:
            return next(self._steps) if response is None else self._steps.send(response)
        except StopIteration as end:
            self._result = end.value
            return None


@dataclass(frozen=True)
class EnsuredTable:
    """A table that is there: whether it was created, which indexes were added, and whether TTL was enabled."""

    created: bool
    added: tuple[str, ...]
    ttl_enabled: bool
    description: TableDescription


class _Waits:
    """The waits of one operation, which together are no longer than its time."""

    def __init__(self, timeout_ms: int) -> None:
        self._left_ms = timeout_ms

    def delays(self) -> Iterator[int | None]:
        """Give the wait before each look at a table: none before the first.

        Raises CanceledError where the next would be too long.
        """
        yield None
        delay_ms = FIRST_DELAY_MS
        while True:
            if delay_ms > self._left_ms:
                raise CanceledError("the time is over", origin="service")
            self._left_ms -= delay_ms
            yield delay_ms
            delay_ms = min(2 * delay_ms, LONGEST_DELAY_MS)


def create_table(plan: TablePlan) -> Conversation[TableDescription]:
    """Create a table, and wait until it is ready."""
    return Conversation(_created(plan))


def ensure_table(plan: TablePlan, *, add_indexes: bool = False) -> Conversation[EnsuredTable]:
    """Create a table where there is none, or see whether it fits."""
    return Conversation(_ensured(plan, add_indexes=add_indexes))


def table_drift(plan: TablePlan) -> Conversation[list[TableDifference]]:
    """Compare a table with what is wanted."""
    return Conversation(_drift(plan))


def describe_table(plan: TablePlan) -> Conversation[TableDescription]:
    """Describe a table."""
    return Conversation(_described(plan))


def delete_table(name: str, timeout_ms: int, *, must_exist: bool) -> Conversation[bool]:
    """Delete a table, and wait until it is gone; the result tells whether there was one."""
    return Conversation(_deleted(name, timeout_ms, must_exist=must_exist))


def _call(api: str, body: dict[str, Any], *, write: bool = False) -> Steps[Mapping[str, Any]]:
    response = yield Request(api, body, write=write)
    if response.error is not None:
        raise response.error
    return response.body


def _created(plan: TablePlan) -> Steps[TableDescription]:
    yield from _call("CreateTable", create_request(plan), write=True)
    table = yield from _settled(plan, _Waits(plan.settings.timeout_ms), awaited=True)
    if table is None:
        raise _deleted_meanwhile(plan)
    table, _ = yield from _finished(plan, table)
    return table


def _finished(plan: TablePlan, table: TableDescription) -> Steps[tuple[TableDescription, bool]]:
    """Do what a new table needs besides; tell whether TTL was enabled."""
    enabled = yield from _ttl_enabled(plan)
    if plan.settings.point_in_time_recovery:
        recovery = {"PointInTimeRecoveryEnabled": True}
        body = {"TableName": plan.name, "PointInTimeRecoverySpecification": recovery}
        yield from _call("UpdateContinuousBackups", body, write=True)
    return replace(table, ttl=plan.ttl), enabled


def _ensured(plan: TablePlan, *, add_indexes: bool) -> Steps[EnsuredTable]:
    waits = _Waits(plan.settings.timeout_ms)
    table = yield from _settled(plan, waits)
    while table is None:
        made = yield Request("CreateTable", create_request(plan), write=True)
        if made.error is not None and not isinstance(made.error, TableExistsError):
            raise made.error
        table = yield from _settled(plan, waits, awaited=True)
        if made.error is None:
            if table is None:
                raise _deleted_meanwhile(plan)
            table, enabled = yield from _finished(plan, table)
            return EnsuredTable(created=True, added=(), ttl_enabled=enabled, description=table)
    table = yield from _with_ttl(plan, table)
    lacks_ttl = plan.ttl is not None and table.ttl is None
    added = _additions(plan, table, add_indexes=add_indexes)
    for index in added:
        table = replace((yield from _index_added(plan, waits, index, table)), ttl=table.ttl)
    enabled = False
    if lacks_ttl:
        enabled = yield from _ttl_enabled(plan)
        table = replace(table, ttl=plan.ttl)
    return EnsuredTable(
        created=False, added=tuple(index.name for index in added), ttl_enabled=enabled, description=table
    )


def _additions(plan: TablePlan, table: TableDescription, *, add_indexes: bool) -> list[TableIndex]:
    """Give the global indexes that are all that a table lacks.

    Raises TableMismatchError where it differs in anything else.
    """
    found = [one for one in differences(plan, table) if (one.what, one.kind) != ("ttl", "missing")]
    wrong = [one for one in found if one.kind != "extra"]
    missing = [one.expected for one in wrong if one.what == "index" and one.expected.type == "GSI"]
    if not wrong or (add_indexes and len(missing) == len(wrong)):
        return missing
    places = ", ".join(one.what if one.index is None else f"{one.what} {one.index}" for one in wrong)
    raise TableMismatchError(f"the table {plan.name} does not fit its models: {places}").with_differences(found)


def _index_added(plan: TablePlan, waits: _Waits, index: TableIndex, table: TableDescription) -> Steps[TableDescription]:
    """Add an index, and wait for it; in a table with provisioned throughput it has some as well."""
    create = index_request(index, plan.settings, table.throughput)
    if table.billing != PROVISIONED:
        create.pop("ProvisionedThroughput", None)
    body = {
        "TableName": plan.name,
        "AttributeDefinitions": definitions(index.keys),
        "GlobalSecondaryIndexUpdates": [{"Create": create}],
    }
    yield from _call("UpdateTable", body, write=True)
    grown = yield from _settled(plan, waits, with_index=index.name)
    if grown is None:
        raise _deleted_meanwhile(plan)
    return grown


def _drift(plan: TablePlan) -> Steps[list[TableDifference]]:
    table = yield from _described(plan)
    return differences(plan, table)


def _described(plan: TablePlan) -> Steps[TableDescription]:
    body = yield from _call("DescribeTable", {"TableName": plan.name})
    return (yield from _with_ttl(plan, describe(body, plan.name)))


def _with_ttl(plan: TablePlan, table: TableDescription) -> Steps[TableDescription]:
    """Ask for TTL where the models have such an attribute."""
    if plan.ttl is None:
        return table
    body = yield from _call("DescribeTimeToLive", {"TableName": plan.name})
    return replace(table, ttl=ttl_of(body))


def _ttl_enabled(plan: TablePlan) -> Steps[bool]:
    """Enable TTL; where somebody else did so meanwhile, all is well."""
    if plan.ttl is None:
        return False
    said = {"Enabled": True, "AttributeName": plan.ttl}
    body = {"TableName": plan.name, "TimeToLiveSpecification": said}
    response = yield Request("UpdateTimeToLive", body, write=True)
    if response.error is None:
        return True
    if isinstance(response.error, ValidationFailedError):
        found = yield from _call("DescribeTimeToLive", {"TableName": plan.name})
        if ttl_of(found) == plan.ttl:
            return False
    raise response.error


def _settled(
    plan: TablePlan, waits: _Waits, *, awaited: bool = False, with_index: str | None = None
) -> Steps[TableDescription | None]:
    """Wait until a table is ready, and has an index; give None where there is none, or none any more.

    One that is awaited, or being created, may not be found yet.
    Raises ServiceError for a status that does not pass by itself.
    """
    status: str | None = CREATING if awaited else None
    for delay_ms in waits.delays():
        response = yield Request("DescribeTable", {"TableName": plan.name}, delay_ms)
        if isinstance(response.error, TableNotFoundError):
            if status != CREATING:
                break
        elif response.error is not None:
            raise response.error
        else:
            table = _passing(describe(response.body, plan.name))
            if table.is_ready and (with_index is None or any(index.name == with_index for index in table.indexes)):
                return table
            status = table.status
    return None


def _passing(table: TableDescription) -> TableDescription:
    statuses = [table.status, *(index.status for index in table.indexes if index.type == "GSI")]
    stuck = [str(status) for status in statuses if status not in PASSING]
    if stuck:
        raise ServiceError(f"the table {table.name} stays {stuck[0]}", origin="service", retryable=False)
    return table


def _deleted_meanwhile(plan: TablePlan) -> TableNotFoundError:
    return TableNotFoundError(f"the table {plan.name} was deleted meanwhile", origin="service")


def _deleted(name: str, timeout_ms: int, *, must_exist: bool) -> Steps[bool]:
    response = yield Request("DeleteTable", {"TableName": name}, write=True)
    if isinstance(response.error, TableNotFoundError) and not must_exist:
        return False
    if response.error is not None:
        raise response.error
    for delay_ms in _Waits(timeout_ms).delays():
        response = yield Request("DescribeTable", {"TableName": name}, delay_ms)
        if isinstance(response.error, TableNotFoundError):
            break
        if response.error is not None:
            raise response.error
        _passing(describe(response.body, name))
    return True


class TablePage(SingleExchange["tuple[list[str], str | None]"]):
    """A page of the names of all tables, and where to go on."""

    def __init__(self, after: str | None) -> None:
        """Build the request."""
        super().__init__(Request("ListTables", {} if after is None else {"ExclusiveStartTableName": after}))

    def read(self, response: Response) -> tuple[list[str], str | None]:
        """Read the answer."""
        if response.error is not None:
            raise response.error
        names, last = response.body.get("TableNames", []), response.body.get("LastEvaluatedTableName")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in (*names, last or "")):
            raise DecodeFailedError("not an answer of ListTables")
        return names, last
