"""What the type checkers make of tables and migrations; `move` is what the README shows, and a test runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, assert_type

from dynamorm import (
    Client,
    EnsuredTable,
    MigrationReport,
    Model,
    PartitionKey,
    TableDescription,
    TableDifference,
    TableSettings,
    load_dms,
)


class Guest(Model, table="guests"):
    """A guest, as the house knew them."""

    id: Annotated[str, PartitionKey()]
    name: str


class Visitor(Model, table="visitors"):
    """The same, as it knows them from now on."""

    id: Annotated[str, PartitionKey()]
    full_name: str


def log(*told: object) -> None:
    """Keep what a migration tells, its cursor above all: with it another run goes on."""


def to_visitor(guest: Guest) -> Visitor | None:
    """Make a visitor of a guest; one without a name is left behind."""
    return Visitor(id=guest.id, full_name=guest.name) if guest.name else None


def move(client: Client) -> MigrationReport:
    """Make the new table, keep a copy of the old one, and take everybody over."""
    client.ensure_table(Visitor, TableSettings(deletion_protection=True))
    return client.auto_migrate(
        Guest,
        target_model=Visitor,
        backup_table="guests-2026",
        data_copy=True,
        transform=to_visitor,
        progress=lambda told: log(told.phase, told.counts.read, told.cursor),
        on_failure=lambda failure: log("left:", failure.key, failure.reason),
    )


def never(client: Client, text: str) -> None:
    """Say what each call gives; a wrong one has the error it has to be."""
    plain = load_dms(text)["Guest"]
    assert_type(client.create_table(Guest), TableDescription)
    assert_type(client.create_table([Guest, plain], TableSettings(stream="NEW_IMAGE")), TableDescription)
    assert_type(client.ensure_table(plain, add_indexes=True), EnsuredTable)
    assert_type(client.table_drift(Guest), list[TableDifference])
    assert_type(client.delete_table(Guest, must_exist=True), bool)
    assert_type(client.list_tables(), Iterator[str])
    assert_type(client.table_request(Guest), dict[str, Any])
    assert_type(client.terraform(Guest, label="guests"), str)
    assert_type(client.auto_migrate(Guest, backup_table="x", dry_run=True), MigrationReport)
    client.auto_migrate(plain, target_model=plain, transform=lambda values: {**values, "a": 1})
    client.auto_migrate(Guest, target_model=plain, transform=lambda guest: {"id": guest.id})
    client.auto_migrate(plain, target_model=Visitor, transform=lambda values: Visitor(**values))

    TableSettings(stream="ALL")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.auto_migrate(Guest, on_existing="replace")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    client.auto_migrate(Guest, transform=to_visitor)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    client.auto_migrate(Visitor, target_model=Guest, transform=to_visitor)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]
