"""The seam for encryption: what stands in an item for the value of an encrypted attribute on this side of the wire.

The codec writes and reads plain values; whoever drives a request seals them before it is sent, and opens what came back
before it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import EncryptionNotConfiguredError, InvalidEncryptedEnvelopeError

if TYPE_CHECKING:
    from ..errors import DynamORMError
    from .value import AttributeValue


class Plain:
    """The plain value of an encrypted attribute, or why it could not be opened; and what is stored of it.

    It has no JSON, no copy and no representation of its value, so that it cannot be sent, logged or kept by mistake.
    """

    __slots__ = ("_error", "_value", "key", "stored")

    def __init__(
        self,
        value: AttributeValue | None,
        stored: Any = None,  # noqa: ANN401 - DynamoDB JSON
        error: DynamORMError | None = None,
        *,
        key: str | None = None,
    ) -> None:
        """Take the value as DynamoDB JSON, or the error in its place; and the KMS key that opened it."""
        self._value, self.stored, self._error, self.key = value, stored, error, key

    def reveal(self) -> AttributeValue:
        """Give the value, or raise why there is none."""
        if self._error is not None:
            raise self._error
        return self._value or {}

    def __repr__(self) -> str:
        """Say what it is, and nothing of it."""
        return "<a plain value>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled."""
        raise TypeError("a plain value is not copied")


def revealed(stored: Any, path: str, *, has_key: bool) -> AttributeValue:  # noqa: ANN401 - DynamoDB JSON, or what was opened of it
    """Give the value of an encrypted attribute.

    Raises EncryptionNotConfiguredError without a key, and whatever its opening gave.
    """
    if not has_key:
        raise not_configured(path)
    if not isinstance(stored, Plain):
        raise InvalidEncryptedEnvelopeError("the envelope was not opened", path=path)
    return stored.reveal()


def not_configured(path: str) -> EncryptionNotConfiguredError:
    """Make the error of a client without a key."""
    return EncryptionNotConfiguredError("the attribute is encrypted and the client has no key", path=path)
