"""The conductor's own envelopes: made by the specification alone (`spec/86-encryption.md`), never by a library under test.

A case writes `{$$envelope: {of: Secret.note, key: {id: {S: a}}, plain: {S: x}, edk: 1, nonce: 1}}` for the one that a library makes with the first data key
of the scripted KMS and the first nonce; `change` spoils it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .match import CaseError

LABEL = "dynamorm.envelope.v1"
NONCE_BYTES = 12
KEY = "alias/main"
PARTS = {"v", "edk", "nonce", "ct"}
MEMBERS = {"of", "key", "plain", "edk", "nonce", "kms", "namespace", "client", "text", "change"}

Envelope = dict[str, Any]


def canonical(value: Any) -> str:
    """Give a JSON value's canonical text; the numbers in it are DynamoDB's, which are texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def additional_data(context: dict[str, Any]) -> bytes:
    """Give the additional data of DMS-CRY-003; `context` has namespace?, model, attribute, client?, key."""
    parts = [LABEL, "1", context.get("namespace", ""), context["model"], context["attribute"], canonical(context.get("client", {}))]
    encoded = [part.encode() for part in parts]
    for name, value in context["key"]:
        ((kind, text),) = value.items()
        encoded += [name.encode(), kind.encode(), base64.b64decode(text) if kind == "B" else text.encode()]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def wrapped_key(kms: str, number: int, context: dict[str, str]) -> bytes:
    """Give the wrapped form of the n-th data key of a case, as the scripted KMS makes it; it says for itself what it belongs to."""
    return f"{kms} {number} {hashlib.sha256(canonical(context).encode()).hexdigest()[:12]}".encode()


def data_key(wrapped: bytes) -> bytes:
    """Give the data key that the scripted KMS wrapped."""
    return hashlib.sha256(b"data key of " + wrapped).digest()


def kms_context(context: dict[str, Any]) -> dict[str, str]:
    """Give the encryption context of KMS."""
    namespace: dict[str, str] = {"dynamorm:namespace": context["namespace"]} if "namespace" in context else {}
    client: dict[str, str] = context.get("client", {})
    return namespace | {"dynamorm:model": context["model"], "dynamorm:attribute": context["attribute"]} | client


def seal(plaintext: bytes, key: bytes, nonce: bytes, wrapped: bytes, context: dict[str, Any]) -> Envelope:
    """Make an envelope."""
    sealed = AESGCM(key).encrypt(nonce, plaintext, additional_data(context))
    return {"M": {"v": {"N": "1"}, "edk": _binary(wrapped), "nonce": _binary(nonce), "ct": _binary(sealed)}}


def written_out(value: Any) -> Any:
    """Replace every `$$envelope` by the envelope it stands for."""
    if isinstance(value, dict):
        if set(value) == {"$$envelope"}:
            return _made(value["$$envelope"])
        return {key: written_out(member) for key, member in value.items()}
    return [written_out(member) for member in value] if isinstance(value, list) else value


def _made(said: Any) -> Envelope:
    if not isinstance(said, dict) or set(said) - MEMBERS or not {"of", "key"} <= set(said) or ("plain" in said) == ("text" in said):
        raise CaseError(f"an envelope says of, key, plain or text, and may say edk, nonce, kms, namespace, client, change: {said}")
    model, _, attribute = str(said["of"]).partition(".")
    context = {"model": model, "attribute": attribute, "key": list(said["key"].items())} | {name: said[name] for name in ("namespace", "client") if name in said}
    wrapped = wrapped_key(said.get("kms", KEY), said.get("edk", 1), kms_context(context))
    plaintext = said["text"] if "text" in said else canonical(said["plain"])
    out = seal(plaintext.encode(), data_key(wrapped), int(said.get("nonce", 1)).to_bytes(NONCE_BYTES, "big"), wrapped, context)
    return _changed(out, said.get("change", {}))


def _changed(envelope: Envelope, change: dict[str, Any]) -> Envelope:
    """Spoil an envelope: `flip` a bit of a member (`tag` is the end of ct), `cut` one to so many bytes, `set` and `drop` members."""
    members = dict(envelope["M"])
    for how, what in change.items():
        if how == "flip":
            name, place = ("ct", -1) if what == "tag" else (what, 0)
            spoilt = bytearray(base64.b64decode(members[name]["B"]))
            spoilt[place] ^= 1
            members[name] = _binary(bytes(spoilt))
        elif how == "cut":
            name, size = what
            members[name] = _binary(base64.b64decode(members[name]["B"])[:size])
        elif how == "set":
            members |= what
        elif how == "drop":
            del members[what]
        else:
            raise CaseError(f"unknown change of an envelope: {how}")
    return {"M": members}


def _binary(raw: bytes) -> dict[str, str]:
    return {"B": base64.b64encode(raw).decode()}
