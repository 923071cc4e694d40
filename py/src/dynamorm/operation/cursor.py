"""Cursors: where a read stopped, as text that every language reads; signed and hidden where secrets are set.

The text is the unpadded base64url of canonical JSON. It is read strictly: what is not byte for byte what would have
been written is refused, so that one place has one cursor (spec/60-query.md, DMS-CUR).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..codec import NumberError, canonical
from ..codec.json_text import JSONError, read_json, write_json
from ..encryption.field import aesgcm
from ..errors import InvalidCursorError, ValidationFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..codec import Item

LABEL, KEY_LABEL = b"dynamorm.cursor.v1", b"dynamorm.cursor.key.v1"
LENGTH_BYTES, NONCE_BYTES = 4, 12
ORDERS = {"asc": "ASC", "desc": "DESC"}


@dataclass(frozen=True, repr=False)
class Cursor:
    """A place in a read: the key to start behind, and what kind of read it belongs to.

    `key` is DynamoDB JSON; `order` is `asc` or `desc` of a query and None of a scan; `segment` is number and total.
    """

    key: Item
    index: str | None = None
    order: str | None = None
    segment: tuple[int, int] | None = None


@dataclass(frozen=True, repr=False)
class Bound:
    """What a signature binds a cursor to besides its own text; empty where there is nothing."""

    table: str = ""
    index: str = ""
    models: tuple[str, ...] = ()
    condition: str = ""
    filter: str = ""
    context: str = ""

    def message(self, payload: str) -> bytes:
        """Give the bytes that are signed: every part behind its length."""
        parts = (payload, self.table, self.index, write_json(self.models), self.condition, self.filter, self.context)
        encoded = [LABEL, *(part.encode() for part in parts)]
        return b"".join(len(part).to_bytes(LENGTH_BYTES, "big") + part for part in encoded)


@dataclass(frozen=True, repr=False)
class Signer:
    """How a client writes its cursors: in plain text, signed by the first of its secrets, or encrypted as well."""

    secrets: tuple[bytes, ...] = ()
    encrypt: bool = False
    nonce: Callable[[], bytes] | None = None

    @classmethod
    def of(cls, secrets: Sequence[str | bytes], *, encrypt: bool, nonce: Callable[[], bytes] | None = None) -> Signer:
        """Take secrets as text or bytes, the one that signs first; `nonce` gives 12 bytes that no two cursors share.

        Raises ValidationFailedError where encryption is asked for without secrets, or a secret is empty.
        """
        known = tuple(secret.encode() if isinstance(secret, str) else bytes(secret) for secret in secrets)
        if not all(known):
            raise ValidationFailedError("an empty cursor secret")
        if encrypt and not known:
            raise ValidationFailedError("encrypted cursors need cursor_secrets")
        if encrypt:
            aesgcm()
        return cls(known, encrypt, nonce)

    def write(self, cursor: Cursor, bound: Callable[[], Bound]) -> str:
        """Give a cursor's text."""
        text = _json(cursor)
        if not self.secrets:
            return _base64(text)
        secret = self.secrets[0]
        payload = _base64(_seal(text, secret, self._fresh()) if self.encrypt else text)
        return f"{payload}.{_base64(_signature(secret, bound().message(payload)))}"

    def _fresh(self) -> bytes:
        if self.nonce is None:
            raise ValidationFailedError("encrypted cursors need a source of nonces")
        return self.nonce()

    def read(self, text: Any, bound: Callable[[], Bound]) -> Cursor:  # noqa: ANN401 - whatever the caller was given
        """Read a cursor's text.

        Raises InvalidCursorError.
        """
        if not isinstance(text, str) or not text.isascii():
            raise InvalidCursorError("a cursor is text that this library wrote")
        if not self.secrets:
            return _parse(_bytes(text))
        payload, _, signature = text.partition(".")
        given, message = _bytes(signature), bound().message(payload)
        secret = next((one for one in self.secrets if hmac.compare_digest(_signature(one, message), given)), None)
        if secret is None:
            raise InvalidCursorError("the cursor has no signature of ours for this read")
        return _parse(_open(_bytes(payload), secret) if self.encrypt else _bytes(payload))


def _json(cursor: Cursor) -> bytes:
    members: dict[str, Any] = {"v": 1, "k": {name: _canonical(value) for name, value in cursor.key.items()}}
    if cursor.index is not None:
        members["i"] = cursor.index
    if cursor.order is not None:
        members["s"] = ORDERS[cursor.order]
    if cursor.segment is not None:
        members["g"] = cursor.segment
    return write_json(members).encode()


def _canonical(value: dict[str, Any]) -> dict[str, Any]:
    if "B" in value:
        return {"B": base64.b64encode(base64.b64decode(value["B"], validate=True)).decode()}
    return {"N": canonical(value["N"])} if "N" in value else value


def _parse(text: bytes) -> Cursor:
    """Read a cursor's JSON; whatever would have been written otherwise is refused."""
    try:
        members = read_json(text.decode())
        key = {name: dict(value) for name, value in members["k"].items()}
        if not all(len(value) == 1 and isinstance(next(iter(value.values())), str) for value in key.values()):
            raise InvalidCursorError("the cursor holds no key")
        segment = members.get("g")
        order = {written: order for order, written in ORDERS.items()}[members["s"]] if "s" in members else None
        cursor = Cursor(key, members.get("i"), order, None if segment is None else (segment[0], segment[1]))
        whole = all(type(number) is int for number in segment or ()) and isinstance(members.get("i", ""), str)
        if not whole or _json(cursor) != text:
            raise InvalidCursorError("the cursor is spelled otherwise than this library does")
    except (JSONError, NumberError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise InvalidCursorError("the cursor cannot be read") from None
    return cursor


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise InvalidCursorError("the cursor is no base64url") from None
    if not raw or _base64(raw) != text:
        raise InvalidCursorError("the cursor is no base64url")
    return raw


def _signature(secret: bytes, message: bytes) -> bytes:
    return hmac.digest(secret, message, "sha256")


def _seal(text: bytes, secret: bytes, nonce: bytes) -> bytes:
    sealed: bytes = aesgcm()(_signature(secret, KEY_LABEL)).encrypt(nonce, text, LABEL)
    return nonce + sealed


def _open(sealed: bytes, secret: bytes) -> bytes:
    try:
        text: bytes = aesgcm()(_signature(secret, KEY_LABEL)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], LABEL)
    except Exception:  # noqa: BLE001 - InvalidTag and ValueError of an extra that may not be there
        raise InvalidCursorError("the cursor cannot be opened") from None
    return text
