"""One encrypted value: the bytes it is bound to, and what becomes of it when anything is changed."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from cryptography_vectors import open_vector_file
from hypothesis import given, strategies

from dynamorm import errors
from dynamorm.encryption import EnvelopeContext, additional_data, open_envelope, seal_value
from dynamorm.encryption.field import aesgcm, parse_envelope
from dynamorm.limits import KMS_CIPHERTEXT_MAX_BYTES, NESTING_DEPTH_MAX
from dynamorm.testing import open_gcm

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA_KEY, NONCE, WRAPPED = bytes(range(32)), bytes(range(12)), b"wrapped"
CONTEXT = EnvelopeContext("acme", "Secret", "note", {"tenant": "t1"}, [("id", {"S": "é"}), ("at", {"N": "7.0"})])


def sealed(value: dict[str, Any] | None = None) -> dict[str, Any]:
    return seal_value(value or {"S": "hush"}, DATA_KEY, NONCE, WRAPPED, CONTEXT)


def binary(raw: bytes) -> dict[str, str]:
    return {"B": base64.b64encode(raw).decode()}


def raw(envelope: dict[str, Any], name: str) -> bytes:
    return base64.b64decode(envelope["M"][name]["B"])


def changed(**members: Any) -> dict[str, Any]:
    return {"M": sealed()["M"] | members}


def test_additional_data_has_every_part_behind_its_length() -> None:
    parts = [b"dynamorm.envelope.v1", b"1", b"acme", b"Secret", b"note", b'{"tenant":"t1"}']
    parts += [b"id", b"S", "é".encode(), b"at", b"N", b"7"]
    assert additional_data(CONTEXT) == b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_additional_data_without_namespace_context_and_sort_key_has_empty_parts() -> None:
    bound = EnvelopeContext("", "M", "a", key=[("id", binary(b"\x00\xff"))])
    parts = [b"dynamorm.envelope.v1", b"1", b"", b"M", b"a", b"{}", b"id", b"B", b"\x00\xff"]
    assert additional_data(bound) == b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_an_envelope_has_four_members_and_a_tag_of_sixteen_bytes() -> None:
    members = sealed({"S": "hush"})["M"]
    assert members.keys() == {"v", "edk", "nonce", "ct"}
    assert (members["v"], members["edk"], members["nonce"]) == ({"N": "1"}, binary(WRAPPED), binary(NONCE))
    assert len(raw(sealed(), "ct")) == len('{"S":"hush"}') + 16


VALUES = strategies.recursive(
    strategies.one_of(
        strategies.builds(lambda text: {"S": text}, strategies.text(max_size=9)),
        strategies.builds(lambda number: {"N": str(number)}, strategies.integers(-(10**30), 10**30)),
        strategies.builds(binary, strategies.binary(max_size=9)),
        strategies.booleans().map(lambda flag: {"BOOL": flag}),
        strategies.just({"NULL": True}),
        strategies.just({"SS": ["b", "a"]}),
    ),
    lambda inner: strategies.one_of(
        strategies.lists(inner, max_size=3).map(lambda members: {"L": members}),
        strategies.dictionaries(strategies.text(max_size=3), inner, max_size=3).map(lambda members: {"M": members}),
    ),
    max_leaves=6,
)


@given(VALUES)
def test_what_was_sealed_opens_as_it_was(value: dict[str, Any]) -> None:
    assert open_envelope(sealed(value), DATA_KEY, CONTEXT) == value


@pytest.mark.parametrize("member", ["edk", "nonce", "ct"])
def test_a_changed_byte_opens_nothing(member: str) -> None:
    """The wrapped key is KMS's to check; here it is the data key that would be another one."""
    key = DATA_KEY if member != "edk" else bytes(32)
    was = raw(sealed(), member)
    for place in range(len(was)):
        spoilt = bytearray(was)
        spoilt[place] ^= 1
        with pytest.raises(errors.InvalidEncryptedEnvelopeError) as caught:
            open_envelope(changed(**{member: binary(bytes(spoilt))}), key, CONTEXT)
        assert (caught.value.path, "hush" in str(caught.value)) == ("note", False)


@pytest.mark.parametrize(
    "other",
    [
        EnvelopeContext("acme.b", "Secret", "note", {"tenant": "t1"}, CONTEXT.key),
        EnvelopeContext("acme", "Secret2", "note", {"tenant": "t1"}, CONTEXT.key),
        EnvelopeContext("acme", "Secret", "notes", {"tenant": "t1"}, CONTEXT.key),
        EnvelopeContext("acme", "Secret", "note", {"tenant": "t2"}, CONTEXT.key),
        EnvelopeContext("acme", "Secret", "note", {}, CONTEXT.key),
        EnvelopeContext("acme", "Secret", "note", {"tenant": "t1"}, [("id", {"S": "e"}), ("at", {"N": "7"})]),
        EnvelopeContext("acme", "Secret", "note", {"tenant": "t1"}, [("id", {"S": "é"}), ("at", {"N": "70"})]),
        EnvelopeContext("acme", "Secret", "note", {"tenant": "t1"}, [("id", {"S": "é"}), ("at", {"S": "7"})]),
        EnvelopeContext("acme", "Secret", "note", {"tenant": "t1"}, [("id", {"S": "é"})]),
    ],
)
def test_an_envelope_of_another_place_opens_nothing(other: EnvelopeContext) -> None:
    with pytest.raises(errors.InvalidEncryptedEnvelopeError):
        open_envelope(sealed(), DATA_KEY, other)


@pytest.mark.parametrize(
    "value",
    [
        {"S": "plain"},
        {"M": {}},
        {"M": {name: value for name, value in sealed()["M"].items() if name != "v"}},
        changed(more={"S": "x"}),
        changed(v={"N": "2"}),
        changed(v={"S": "1"}),
        changed(v={"N": "one"}),
        changed(nonce=binary(b"short")),
        changed(nonce={"S": "x"}),
        changed(nonce={"B": "no base64"}),
        changed(ct=binary(bytes(15))),
        changed(edk=binary(b"")),
        changed(edk=binary(bytes(KMS_CIPHERTEXT_MAX_BYTES + 1))),
        changed(edk=None),
        {"M": sealed()["M"], "S": "x"},
        {"M": "text"},
        "text",
        None,
    ],
)
def test_what_has_not_the_shape_of_an_envelope_is_refused(value: Any) -> None:
    with pytest.raises(errors.InvalidEncryptedEnvelopeError) as caught:
        parse_envelope(value, "note")
    assert caught.value.path == "note"


def test_the_version_is_compared_by_value_and_limits_are_within() -> None:
    spelled = changed(v={"N": "1.0"}, edk=binary(bytes(KMS_CIPHERTEXT_MAX_BYTES)))
    assert len(parse_envelope(spelled, "note").wrapped_key) == KMS_CIPHERTEXT_MAX_BYTES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "1",
        "[]",
        "{}",
        '{"S":1}',
        '{"S":"a","N":"1"}',
        '{"N":"x"}',
        '{"NULL":false}',
        '{"SS":[]}',
        '{"X":"a"}',
    ],
)
def test_a_plaintext_that_is_not_one_attribute_value_is_refused(text: str) -> None:
    made = aesgcm()(DATA_KEY).encrypt(NONCE, text.encode(), additional_data(CONTEXT))
    with pytest.raises(errors.InvalidEncryptedEnvelopeError):
        open_envelope(changed(ct=binary(made)), DATA_KEY, CONTEXT)


def test_a_plaintext_that_nests_without_end_is_refused() -> None:
    text = '{"L":[' * 50_000 + "]}" * 50_000
    made = aesgcm()(DATA_KEY).encrypt(NONCE, text.encode(), additional_data(CONTEXT))
    with pytest.raises(errors.InvalidEncryptedEnvelopeError):
        open_envelope(changed(ct=binary(made)), DATA_KEY, CONTEXT)


@pytest.mark.parametrize(
    ("data_key", "nonce", "wrapped"),
    [
        (bytes(16), NONCE, WRAPPED),
        (DATA_KEY, bytes(8), WRAPPED),
        (DATA_KEY, NONCE, b""),
        (DATA_KEY, NONCE, bytes(6_145)),
    ],
)
def test_what_makes_no_envelope_is_refused(data_key: bytes, nonce: bytes, wrapped: bytes) -> None:
    with pytest.raises(errors.ValidationFailedError):
        seal_value({"S": "a"}, data_key, nonce, wrapped, CONTEXT)


def test_what_nests_deeper_than_dynamodb_is_no_attribute_value() -> None:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(NESTING_DEPTH_MAX):
        value = {"L": [value]}
    assert open_envelope(sealed(value), DATA_KEY, CONTEXT) == value
    with pytest.raises(errors.ValidationFailedError):
        sealed({"M": {"a": value}})


def test_what_is_no_attribute_value_is_not_sealed_and_not_told() -> None:
    with pytest.raises(errors.ValidationFailedError) as caught:
        seal_value({"S": "hush", "N": "1"}, DATA_KEY, NONCE, WRAPPED, CONTEXT)
    assert "hush" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_data_key_of_another_length_opens_nothing() -> None:
    with pytest.raises(errors.InvalidEncryptedEnvelopeError):
        open_envelope(sealed(), bytes(16), CONTEXT)


def vectors(name: str) -> Iterator[dict[str, str]]:
    """Give NIST's CAVS vectors with a nonce of 96 bits and a tag of 128."""
    section: dict[str, str] = {}
    vector: dict[str, str] = {}
    with open_vector_file(f"ciphers/AES/GCM/{name}", "r") as lines:
        for line in map(str.strip, lines):
            if line.startswith("["):
                key, _, value = line.strip("[]").partition(" = ")
                section[key] = value
            elif line == "" and vector:
                if (section["IVlen"], section["Taglen"]) == ("96", "128"):
                    yield vector
                vector = {}
            elif line and not line.startswith("#"):
                key, _, value = line.partition("=")
                vector[key.strip()] = value.strip()


def test_the_cipher_is_nist_s() -> None:
    tried = 0
    for vector in vectors("gcmDecrypt256.rsp"):
        key, nonce, text, data, tag = (bytes.fromhex(vector[name]) for name in ("Key", "IV", "CT", "AAD", "Tag"))
        tried += 1
        if "FAIL" in vector:
            with pytest.raises(errors.InvalidEncryptedEnvelopeError):
                open_gcm(key, nonce, data, text + tag)
        else:
            assert open_gcm(key, nonce, data, text + tag) == bytes.fromhex(vector["PT"])
            assert aesgcm()(key).encrypt(nonce, bytes.fromhex(vector["PT"]), data) == text + tag
    assert tried > 300
