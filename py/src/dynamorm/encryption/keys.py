"""Where data keys come from: the caller's settings, the key service behind them, and what it may answer."""

from __future__ import annotations

import secrets
from copy import copy
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..codec.value import check_text
from ..errors import ValidationFailedError
from ..errors.refusal import Refusal
from ..limits import ENVELOPE_NONCE_BYTES
from .field import aesgcm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..errors import Origin
    from .cache import DataKey, DataKeyCache

RESERVED = ("dynamorm:", "aws:")


class KeyRefusedError(Exception):
    """What a key service raises instead of a data key; operations make KeyUnavailableError of it, or what it means.

    `aws` is KMS's name for the reason; without one the service could not be reached, or its answer not be read.
    """

    def __init__(
        self,
        aws: str | None = None,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retryable: bool | None = None,
        origin: Origin = "service",
        cause: Exception | None = None,
    ) -> None:
        """Say why; `retryable` where the name does not tell it."""
        super().__init__(aws or "no answer")
        self.aws, self.status, self.request_id, self.retryable = aws, status, request_id, retryable
        self.origin: Origin = origin
        self.cause = cause


@runtime_checkable
class KeyService(Protocol):
    """What data keys are asked for; `KmsKeys` is AWS KMS. Threads call it side by side."""

    def generate(self, key: str, context: Mapping[str, str]) -> DataKey:
        """Give a fresh data key of 32 bytes, and its form wrapped under a key and bound to an encryption context.

        Raises KeyRefusedError.
        """
        ...

    def unwrap(self, key: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Give the data key of a wrapped one.

        Raises KeyRefusedError, with `IncorrectKeyException` where another key wrapped it.
        """
        ...


class Encryption:
    """A client's setting: which KMS key seals its encrypted attributes, and which open them.

    `key` is the KMS key's id, ARN or alias; `kms` a boto3 KMS client (one is made for the client's region unless given)
    or any `KeyService`. `read_keys` are older keys, for reading. `context` binds every envelope to what it says, a
    tenant, say. `allow_plaintext_reads` is for the time in which an attribute becomes an encrypted one: what was stored
    before is read as it is. Without a `cache` every value has a data key of its own.
    """

    def __init__(
        self,
        key: str,
        *,
        kms: Any = None,  # noqa: ANN401 - boto3 makes its clients at run time
        read_keys: Sequence[str] = (),
        context: Mapping[str, str] | None = None,
        allow_plaintext_reads: bool = False,
        cache: DataKeyCache | None = None,
    ) -> None:
        """Take the settings.

        Raises ValidationFailedError.
        """
        given: list[Any] = [key, *read_keys]
        if isinstance(read_keys, str) or not all(isinstance(one, str) and one for one in given):
            raise ValidationFailedError("the key of an encryption, and each of its read_keys, is text and not empty")
        aesgcm()
        self.key, self.read_keys = key, tuple(read_keys)
        self.context = _checked(context or {})
        self.allow_plaintext_reads, self.cache = allow_plaintext_reads, cache
        self._kms = kms
        self._service: KeyService | None = None
        self._lock = Lock()
        self._region: str | None = None
        self._nonce: Callable[[], bytes] = partial(secrets.token_bytes, ENVELOPE_NONCE_BYTES)

    def __repr__(self) -> str:
        """Name the key."""
        return f"Encryption({self.key!r})"

    @property
    def keys(self) -> tuple[str, ...]:
        """Give the keys that open envelopes, in the order in which they are asked."""
        return (self.key, *self.read_keys)

    @property
    def service(self) -> KeyService:
        """Give the key service; it is made when it is asked for the first time."""
        with self._lock:
            if self._service is None:
                from .kms import KmsKeys  # noqa: PLC0415 - the SDK, only where it is used

                given = self._kms
                self._service = given if isinstance(given, KeyService) else KmsKeys(given, region=self._region)
            return self._service

    def nonce(self) -> bytes:
        """Give 12 bytes that no two envelopes share."""
        return self._nonce()

    def of(self, region: str | None) -> Encryption:
        """Give the same for a client in a region."""
        return self._with(region, self._nonce)

    def __dynamorm_nonces__(self, nonce: Callable[[], bytes]) -> Encryption:
        """Give the same with another source of nonces: for the library's testing part alone."""
        return self._with(self._region, nonce)

    def _with(self, region: str | None, nonce: Callable[[], bytes]) -> Encryption:
        out = copy(self)
        out._service, out._lock = None, Lock()  # noqa: SLF001 - of the same class
        out._region, out._nonce = region, nonce  # noqa: SLF001 - of the same class
        return out


def _checked(context: Mapping[str, str]) -> dict[str, str]:
    """Refuse a context with names that are not the caller's to give."""
    try:
        out = {check_text(name): check_text(value) for name, value in dict(context).items()}
    except (Refusal, TypeError, ValueError):
        raise ValidationFailedError("the context of an encryption is a map of texts") from None
    if any(not name or name.startswith(RESERVED) for name in out):
        raise ValidationFailedError(f"a name in the context of an encryption is not empty, nor begins with {RESERVED}")
    return out
