"""Transactions: actions of any models that happen together or not at all, and reads of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .actions import Action
from .batch import listed, wanted
from .errors import ValidationFailedError
from .operation import TransactGet, TransactSend, TransactWrite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .actions import GetAction
    from .client import Client


def write(client: Client, actions: Iterable[Action], token: str | None) -> None:
    """Do the actions; the callers' values then hold what was stored."""
    now_ns = client.now_ns()
    given, exchange = _built(client, actions, token, now_ns)
    client.run(exchange, now_ns)
    for action, built in zip(given, exchange.actions, strict=True):
        stored = exchange.stored(built)
        if stored is not None:
            action.accept(stored)


def prepare(client: Client, actions: Iterable[Action], token: str | None) -> str:
    """Give the request as text."""
    now_ns = client.now_ns()
    _, exchange = _built(client, actions, token, now_ns)
    client.seal(exchange, now_ns)
    return exchange.text()


def send(client: Client, text: str) -> None:
    """Send such a text."""
    now_ns = client.now_ns()
    client.run(TransactSend(text, client.retries, client.random), now_ns)


def read(client: Client, gets: Iterable[GetAction[Any]]) -> list[Any] | tuple[Any, ...]:
    """Read what actions say."""
    now_ns = client.now_ns()
    found = client.run(TransactGet(wanted(gets, consistency=False), client.retries, client.random), now_ns)
    return tuple(found) if isinstance(gets, tuple) else found


def _built(
    client: Client, actions: Iterable[Action], token: str | None, now_ns: int
) -> tuple[list[Action], TransactWrite]:
    token = client.tokens() if token is None else token
    given = listed(actions)
    for action in given:
        if not isinstance(action, Action):
            raise ValidationFailedError(f"expected an action, found {type(action).__name__}")
    built = [action.build(now_ns) for action in given]
    return given, TransactWrite(built, token, client.retries, client.random)
