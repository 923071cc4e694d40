"""Rotation of keys: every envelope of a table that another key sealed is sealed anew."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .errors import DynamORMError
from .operation import Reseal, SealedPage, sealed_read, stale

if TYPE_CHECKING:
    from collections.abc import Callable

    from .client import Client
    from .codec import Item
    from .operation import Binding


@dataclass(frozen=True)
class Reencrypted:
    """What a re-encryption did: items read, rewritten, left since they were current, left since they were changed."""

    read: int = 0
    rewritten: int = 0
    current: int = 0
    changed: int = 0
    failed: int = 0


@dataclass(frozen=True)
class ReencryptFailure:
    """An item that was not re-encrypted: its key, as far as it can be read, and why."""

    key: dict[str, Any] = field(repr=False)
    error: DynamORMError


def reencrypt(
    client: Client,
    binding: Binding,
    *,
    every: bool,
    page_size: int | None,
    segment: tuple[int, int] | None,
    on_failure: Callable[[ReencryptFailure], object] | None,
) -> Reencrypted:
    """Re-encrypt a table or a segment of it."""
    now_ns = client.now_ns()
    read = sealed_read(binding, client.signer, now_ns, page_size=page_size, segment=segment)
    done, start = Reencrypted(), None
    while True:
        items, start = client.run(SealedPage(read.page(start, None), binding), now_ns)
        for item in items:
            try:
                outcome = _renew(client, binding, item, now_ns, every=every)
            except DynamORMError as error:
                if on_failure is None:
                    raise
                on_failure(ReencryptFailure(_key(binding, item), error))
                outcome = "failed"
            done = replace(done, read=done.read + 1, **{outcome: getattr(done, outcome) + 1})
        if start is None:
            return done
        now_ns = client.now_ns()  # anew, so that no data key of a cache grows too old on a long way


def _renew(client: Client, binding: Binding, item: Item, now_ns: int, *, every: bool) -> str:
    key = "" if client.encryption is None else client.encryption.key
    names = stale(binding, item, key, every=every)
    if not names:
        return "current"
    return "rewritten" if client.run(Reseal(binding, item, names), now_ns) else "changed"


def _key(binding: Binding, item: Item) -> dict[str, Any]:
    try:
        return binding.codec.key_values(item)
    except DynamORMError:
        return {}
