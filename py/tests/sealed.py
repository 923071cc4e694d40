"""What the tests of encryption share: models with encrypted attributes, and a client over given answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from dynamorm import Client, DataKeyCache, Encrypted, Encryption, Model, PartitionKey, Retries, SortKey, Version
from dynamorm.encryption import EnvelopeContext, seal_value
from dynamorm.testing import (
    CountingNonces,
    FixedClock,
    FixedRandom,
    FixedTokens,
    InMemoryKeys,
    RecordingSleeper,
    Response,
    Script,
    with_nonces,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamorm import Table
    from dynamorm.encryption import KeyService

HUSH = "hush-hush-4711"
KEY = "alias/app"


class Secret(Model, table="secrets", dms_namespace="acme"):
    id: Annotated[str, PartitionKey()]
    hint: str | None = None
    note: Annotated[str | None, Encrypted()] = None
    codes: Annotated[set[int] | None, Encrypted()] = None


class Locked(Model, table="locked"):
    id: Annotated[str, PartitionKey()]
    at: Annotated[int, SortKey()]
    pin: Annotated[str, Encrypted((("model", "Door"), ("attribute", "code")))]
    version: Annotated[int | None, Version()] = None


class Safe:
    """A client that encrypts, over given answers; and what its key service was asked."""

    def __init__(self, *answers: Response, keys: KeyService | None = None, tick_ns: int = 0, **options: Any) -> None:
        self.script, self.keys = Script(answers), keys or InMemoryKeys()
        self.encryption = with_nonces(Encryption(KEY, kms=self.keys, **options), CountingNonces())
        self.client = Client(
            transport=self.script,
            encryption=self.encryption,
            clock=FixedClock(0, tick_ns=tick_ns),
            retries=Retries(max_attempts=3),
            random=FixedRandom(),
            sleeper=RecordingSleeper(),
            tokens=FixedTokens(),
        )
        self.secrets: Table[Secret] = self.client.table(Secret)

    @property
    def asked(self) -> list[str]:
        assert isinstance(self.keys, InMemoryKeys)
        return [f"{call} {context['dynamorm:attribute']}" for call, _, context in self.keys.asked]

    def sent(self, place: int = -1) -> dict[str, Any]:
        return self.script.sent[place].body


def context(attribute: str = "note", item: str = "a", **client: str) -> EnvelopeContext:
    return EnvelopeContext("acme", "Secret", attribute, client, [("id", {"S": item})])


def envelope(
    value: Mapping[str, Any], attribute: str = "note", item: str = "a", *, key: str = KEY, **client: str
) -> dict[str, Any]:
    """Make the envelope of a secret as another process would have made it."""
    bound = context(attribute, item, **client)
    fresh = InMemoryKeys().generate(key, bound.kms())
    return seal_value(dict(value), fresh.plaintext, b"another one.", fresh.wrapped, bound)


def stored(item: str = "a", **attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": {"S": item}, **{name: envelope(value, name, item) for name, value in attributes.items()}}


def cache(max_age: float = 60, max_uses: int = 100, max_entries: int = 10) -> DataKeyCache:
    return DataKeyCache(max_age, max_uses, max_entries)
