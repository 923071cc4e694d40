"""What type checkers tell of streams and encryption; this module is checked, not run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, assert_type

from dynamorm import Client, Encryption, Model, Record, Reencrypted, Stream, StreamHandler, load_dms, on_record
from dynamorm.encryption import KeyService
from dynamorm.testing import InMemoryKeys

from ..models import Order
from ..sealed import Secret


def one(client: Client, raw: dict[str, Any]) -> None:
    record = client.stream(Order).decode(raw)
    assert_type(record, Record[Order])
    assert_type(record.new, Order | None)
    assert_type(record.changed, tuple[str, ...] | None)
    assert_type(client.stream(Order).read(until_end=True), Iterator[Record[Order]])


def several(client: Client) -> None:
    assert_type(client.stream((Order, Secret)), Stream[Order | Secret])
    assert_type(client.stream(load_dms("")["Order"]), Stream[dict[str, Any]])


def ship(record: Record[Order]) -> None:
    assert_type(record.kind, Literal["insert", "modify", "remove"])


def keep(record: Record[Secret]) -> None:
    assert_type(record.kind, Literal["insert", "modify", "remove"])


def handlers(client: Client) -> None:
    assert_type(client.stream_handler(on_record(Order, ship), on_record(Secret, keep)), StreamHandler)
    on_record(Order, keep)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue]


def keys(client: Client, model: type[Model]) -> None:
    assert_type(Encryption("alias/app", kms=InMemoryKeys()).service, KeyService)
    assert_type(client.table(model).reencrypt(all=True), Reencrypted)
    assert_type(client.table(Order).project(Order(customer="c", number=1), by="number"), bool)
