"""For tests: what a client is given from outside, standing still, and a transport that plays given answers."""

from __future__ import annotations

import itertools
import typing
from hashlib import sha256 as _sha256

from ..encryption import DataKey as _DataKey
from ..encryption import KeyRefusedError as _KeyRefusedError
from ..encryption.field import decrypted as _decrypted
from ..errors import InvalidEncryptedEnvelopeError as _InvalidEncryptedEnvelopeError
from ..limits import ENVELOPE_NONCE_BYTES as _NONCE_BYTES
from ..operation import Request, Response
from ..transport import Script

if typing.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..encryption import Encryption


class FixedClock:
    """A clock that gives `now_ns`, and `tick_ns` more at each further reading.

    >>> clock = FixedClock(10, tick_ns=5)
    >>> clock(), clock()
    (10, 15)
    """

    def __init__(self, now_ns: int, *, tick_ns: int = 0) -> None:
        """Take the first reading, in nanoseconds since the epoch."""
        self._next, self._tick = now_ns, tick_ns

    def __call__(self) -> int:
        """Read the clock."""
        now, self._next = self._next, self._next + self._tick
        return now


class FixedTokens:
    """A token source that gives `tokens` in order, then `token-1`, `token-2` and so on, by the number of readings.

    >>> tokens = FixedTokens(["a"])
    >>> tokens(), tokens()
    ('a', 'token-2')
    """

    def __init__(self, tokens: Iterable[str] = ()) -> None:
        """Take the first tokens."""
        given = list(tokens)
        following = (f"token-{number}" for number in itertools.count(len(given) + 1))
        self._tokens = itertools.chain(given, following)

    def __call__(self) -> str:
        """Give the next token."""
        return next(self._tokens)


class FixedRandom:
    """A random source that gives `numbers` in order, then 0.5 for ever.

    >>> random = FixedRandom([0.25])
    >>> random(), random()
    (0.25, 0.5)
    """

    def __init__(self, numbers: Iterable[float] = ()) -> None:
        """Take the first numbers."""
        self._numbers = itertools.chain(list(numbers), itertools.repeat(0.5))

    def __call__(self) -> float:
        """Give the next number."""
        return next(self._numbers)


class RecordingSleeper:
    """A sleeper that waits for nothing and remembers in `slept_ms` what it was asked for.

    >>> sleeper = RecordingSleeper()
    >>> sleeper(0.025); sleeper.slept_ms
    [25]
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.slept_ms: list[int] = []

    def __call__(self, seconds: float) -> None:
        """Remember how long the wait would have been."""
        self.slept_ms.append(round(seconds * 1000))


class CountingNonces:
    """A source of nonces that gives the number of the reading: for tests alone, for it begins anew each time.

    >>> CountingNonces()().hex()
    '000000000000000000000001'
    """

    def __init__(self) -> None:
        """Begin before the first."""
        self._numbers = itertools.count(1)

    def __call__(self) -> bytes:
        """Give the next nonce."""
        return next(self._numbers).to_bytes(_NONCE_BYTES, "big")


def with_nonces(encryption: Encryption, nonces: Callable[[], bytes]) -> Encryption:
    """Give an encryption whose nonces are given; never outside of tests: a nonce that comes twice gives values away."""
    return encryption.__dynamorm_nonces__(nonces)


class InMemoryKeys:
    """A key service for tests and samples, NOT FOR PRODUCTION: its data keys are no secret, for they can be counted.

    It knows every key by its name; a wrapped key opens in any other of these, with the same key and context.

    >>> keys = InMemoryKeys()
    >>> fresh = keys.generate("alias/app", {"a": "b"})
    >>> keys.unwrap("alias/app", fresh.wrapped, {"a": "b"}) == fresh.plaintext
    True
    """

    def __init__(self) -> None:
        """Begin with none; `asked` remembers the calls."""
        self._numbers = itertools.count(1)
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def generate(self, key: str, context: Mapping[str, str]) -> _DataKey:
        """Give the next data key."""
        self.asked.append(("generate", key, dict(context)))
        wrapped = _wrapped(next(self._numbers), key, context)
        return _DataKey(_sha256(wrapped).digest(), wrapped)

    def unwrap(self, key: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Give the data key of a wrapped one."""
        self.asked.append(("unwrap", key, dict(context)))
        number, _, rest = wrapped.partition(b" ")
        name, _, _bound = rest.rpartition(b" ")
        if not number.isdigit() or not name:
            raise _KeyRefusedError("InvalidCiphertextException")
        if name != key.encode():
            raise _KeyRefusedError("IncorrectKeyException")
        if wrapped != _wrapped(int(number), key, context):
            raise _KeyRefusedError("InvalidCiphertextException")
        return _sha256(wrapped).digest()


def open_gcm(data_key: bytes, nonce: bytes, data: bytes, ciphertext: bytes) -> bytes:
    """Open with AES-GCM alone, as envelopes are opened; the tag stands behind the ciphertext.

    Raises InvalidEncryptedEnvelopeError.
    """
    found = _decrypted(data_key, nonce, data, ciphertext)
    if found is None:
        raise _InvalidEncryptedEnvelopeError("the tag does not fit")
    return found


def _wrapped(number: int, key: str, context: Mapping[str, str]) -> bytes:
    bound = _sha256(repr(sorted(context.items())).encode()).hexdigest()[:16]
    return f"{number} {key} {bound}".encode()


__all__ = [
    "CountingNonces",
    "FixedClock",
    "FixedRandom",
    "FixedTokens",
    "InMemoryKeys",
    "RecordingSleeper",
    "Request",
    "Response",
    "Script",
    "open_gcm",
    "with_nonces",
]
