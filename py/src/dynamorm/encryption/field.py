"""One encrypted value: what it is bound to, how it is sealed under a data key, how an envelope is opened, what one is.

Pure: the data key and the nonce come from outside. What is not said here is said in spec/86-encryption.md.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..codec import canonical, canonical_value, path_name
from ..codec.json_text import read_json, write_json
from ..codec.value import decode_binary
from ..errors import InvalidEncryptedEnvelopeError, ValidationFailedError
from ..errors.refusal import Refusal
from ..limits import DATA_KEY_BYTES, ENVELOPE_NONCE_BYTES, ENVELOPE_TAG_BYTES, KMS_CIPHERTEXT_MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..codec import AttributeValue

LABEL, VERSION = b"dynamorm.envelope.v1", b"1"
LENGTH_BYTES = 4
MEMBERS = {"v", "edk", "nonce", "ct"}


@dataclass(frozen=True)
class EnvelopeContext:
    """What an envelope is bound to: the attribute, the caller's own context, and the key of its item.

    `model` and `attribute` are the names that `encryption: {context: ...}` pins, where it does; `key` has the partition
    key first, as pairs of a name and DynamoDB JSON.
    """

    namespace: str
    model: str
    attribute: str
    client: Mapping[str, str] = field(default_factory=dict[str, str])
    key: Sequence[tuple[str, AttributeValue]] = field(default=(), repr=False)

    def kms(self) -> dict[str, str]:
        """Give the encryption context of KMS, which knows nothing of the item.

        >>> EnvelopeContext("", "Order", "note", {"tenant": "t1"}).kms()
        {'dynamorm:model': 'Order', 'dynamorm:attribute': 'note', 'tenant': 't1'}
        """
        namespace = {"dynamorm:namespace": self.namespace} if self.namespace else {}
        return namespace | {"dynamorm:model": self.model, "dynamorm:attribute": self.attribute} | dict(self.client)


@dataclass(frozen=True, repr=False)
class Envelope:
    """The parts of an envelope."""

    wrapped_key: bytes
    nonce: bytes
    sealed: bytes


def additional_data(context: EnvelopeContext) -> bytes:
    r"""Give the bytes that an envelope's tag covers besides its value: every part behind its length.

    >>> additional_data(EnvelopeContext("", "M", "a", key=[("id", {"N": "1.0"})]))[-10:]
    b'\x00\x00\x00\x01N\x00\x00\x00\x011'
    """
    names = (context.namespace, context.model, context.attribute, write_json(dict(context.client)))
    parts = [LABEL, VERSION, *(name.encode() for name in names)]
    for name, value in context.key:
        ((tag, body),) = value.items()
        parts += [name.encode(), tag.encode(), _KEY_BYTES[tag](body)]
    return b"".join(len(part).to_bytes(LENGTH_BYTES, "big") + part for part in parts)


_KEY_BYTES: dict[str, Callable[[str], bytes]] = {
    "S": str.encode,
    "N": lambda text: canonical(text).encode(),
    "B": decode_binary,
}


def seal_value(
    value: AttributeValue, data_key: bytes, nonce: bytes, wrapped_key: bytes, context: EnvelopeContext
) -> AttributeValue:
    """Give the envelope of a value (DynamoDB JSON); the nonce is one that this data key has never seen.

    Raises ValidationFailedError for what makes no envelope.
    """
    if len(data_key) != DATA_KEY_BYTES or len(nonce) != ENVELOPE_NONCE_BYTES:
        raise ValidationFailedError(f"a data key has {DATA_KEY_BYTES} bytes, a nonce {ENVELOPE_NONCE_BYTES}")
    if not 1 <= len(wrapped_key) <= KMS_CIPHERTEXT_MAX_BYTES:
        raise ValidationFailedError(f"a wrapped key has 1 to {KMS_CIPHERTEXT_MAX_BYTES} bytes")
    if not _is_value(value):  # raised here, so that no context of the error holds the value
        raise ValidationFailedError("no attribute value", path=path_name(context.attribute))
    return sealed(value, data_key, nonce, wrapped_key, context)


def sealed(
    value: AttributeValue, data_key: bytes, nonce: bytes, wrapped_key: bytes, context: EnvelopeContext
) -> AttributeValue:
    """Do so with what is known to fit."""
    text = write_json(value).encode()
    ciphertext: bytes = aesgcm()(data_key).encrypt(nonce, text, additional_data(context))
    members = {"edk": wrapped_key, "nonce": nonce, "ct": ciphertext}
    return {"M": {"v": {"N": "1"}} | {name: {"B": base64.b64encode(raw).decode()} for name, raw in members.items()}}


def open_envelope(envelope: AttributeValue, data_key: bytes, context: EnvelopeContext) -> AttributeValue:
    """Give the value (DynamoDB JSON) that an envelope was made of.

    Raises InvalidEncryptedEnvelopeError.
    """
    path = path_name(context.attribute)
    value = opened_value(parse_envelope(envelope, path), data_key, context)
    if value is None:
        raise misplaced(path)
    return value


def misplaced(path: str) -> InvalidEncryptedEnvelopeError:
    """Make the error of an envelope that does not open; it is raised where no key is at hand."""
    return InvalidEncryptedEnvelopeError("the envelope was changed, or was made for another place", path=path)


def opened_value(envelope: Envelope, data_key: bytes, context: EnvelopeContext) -> AttributeValue | None:
    """Open an envelope; None where the key or the tag does not fit, or what comes out is not one attribute value."""
    return opened_with(envelope, data_key, additional_data(context))


def opened_with(envelope: Envelope, data_key: bytes, data: bytes) -> AttributeValue | None:
    """Do so with the additional data at hand."""
    if len(data_key) != DATA_KEY_BYTES:
        return None
    text = decrypted(data_key, envelope.nonce, data, envelope.sealed)
    if text is None:
        return None
    try:
        value = read_json(text.decode())
    except (Refusal, UnicodeDecodeError):
        return None
    return value if _is_value(value) else None


def decrypted(data_key: bytes, nonce: bytes, data: bytes, ciphertext: bytes) -> bytes | None:
    """Give what AES-GCM makes of a ciphertext with its tag behind; None where the tag does not fit."""
    cipher = aesgcm()(data_key)
    try:
        found: bytes = cipher.decrypt(nonce, ciphertext, data)
    except Exception:  # noqa: BLE001 - InvalidTag of an extra that may not be there
        return None
    return found


def _is_value(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    try:
        canonical_value(value)
    except (Refusal, RecursionError):
        return False
    return True


def is_named_as_envelope(value: Any) -> bool:  # noqa: ANN401 - DynamoDB JSON
    """Tell whether a value is a map of the four names of an envelope."""
    return isinstance(value, dict) and isinstance(value.get("M"), dict) and value["M"].keys() == MEMBERS


def parse_envelope(value: Any, path: str) -> Envelope:  # noqa: ANN401 - DynamoDB JSON
    """Read the parts of an envelope.

    Raises InvalidEncryptedEnvelopeError for what has not its shape.
    """
    try:
        return _parts(value)
    except Refusal as error:
        raise InvalidEncryptedEnvelopeError(str(error), path=path) from None


def _parts(value: Any) -> Envelope:  # noqa: ANN401 - DynamoDB JSON
    if not isinstance(value, dict) or len(value) != 1 or not is_named_as_envelope(value):
        raise Refusal("not the shape of an envelope")
    members = value["M"]
    version = members["v"]
    if not isinstance(version, dict) or version.keys() != {"N"} or not isinstance(version["N"], str):
        raise Refusal("not the shape of an envelope")
    if canonical(version["N"]).encode() != VERSION:
        raise Refusal("an envelope of a version that is not known")
    wrapped_key, nonce, sealed = (_binary(members[name]) for name in ("edk", "nonce", "ct"))
    if len(nonce) != ENVELOPE_NONCE_BYTES or len(sealed) < ENVELOPE_TAG_BYTES:
        raise Refusal("not the shape of an envelope")
    if not 1 <= len(wrapped_key) <= KMS_CIPHERTEXT_MAX_BYTES:
        raise Refusal("not the shape of an envelope")
    return Envelope(wrapped_key, nonce, sealed)


def _binary(value: Any) -> bytes:  # noqa: ANN401 - DynamoDB JSON
    if not isinstance(value, dict) or value.keys() != {"B"}:
        raise Refusal("not the shape of an envelope")
    return decode_binary(value["B"])


def aesgcm() -> Any:  # noqa: ANN401 - a class of an extra
    """Give AES-GCM.

    Raises ValidationFailedError where the extra is not installed.
    """
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra, imported where used
    except ImportError:
        raise ValidationFailedError("encryption needs the extra dynamorm-py[crypto]") from None
    return AESGCM
