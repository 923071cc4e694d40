"""What the type checkers make of a migration on a cluster: its options are those of the client's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

from dynamorm import MigrationReport, load_dms
from dynamorm.ray import migrate

from .migrations import Guest, Visitor, to_visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamorm import Client


def never(connect: Callable[[], Client], text: str) -> None:
    """Say what each call gives; a wrong one has the error it has to be."""
    plain = load_dms(text)["Guest"]
    report = migrate(connect, Guest, target_model=Visitor, data_copy=True, transform=to_visitor, segments=64, workers=8)
    assert_type(report, MigrationReport)
    assert_type(migrate(connect, Guest, backup_table="x", max_attempts=2), MigrationReport)
    migrate(connect, plain, target_model=plain, data_copy=True, transform=lambda values: {**values, "a": 1})
    migrate(connect, Guest, target_model=plain, data_copy=True, transform=lambda guest: {"id": guest.id})
    migrate(connect, plain, target_model=Visitor, data_copy=True, transform=lambda values: Visitor(**values))

    migrate(connect, Guest, segment=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    migrate(connect, Guest, transform=to_visitor)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
