"""The conductor's own envelopes, its KMS, scripted and real, and its search for leaks."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from dynamorm_contract import leaks
from dynamorm_contract.envelopes import additional_data, data_key, written_out
from dynamorm_contract.key_server import KeyServer
from dynamorm_contract.keys import KeyEndpoint
from dynamorm_contract.match import CaseError

MODELS = {"Secret": {"attributes": [{"attribute": "id"}, {"attribute": "note", "encryption": {}}]}, "Bare": {"attributes": [{"attribute": "note"}]}}
SAID = {"of": "Secret.note", "key": {"id": {"S": "a"}}, "plain": {"S": "x"}}
CONTEXT = {"dynamorm:model": "Secret", "dynamorm:attribute": "note"}


def made(**said: Any) -> dict[str, Any]:
    out: dict[str, Any] = written_out({"$$envelope": {**SAID, **said}})["M"]
    return out


def raw(members: dict[str, Any], name: str) -> bytes:
    return base64.b64decode(members[name]["B"])


def ask(endpoint: KeyEndpoint, op: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(endpoint.handle(op, json.dumps(body).encode(), {}).body)
    return answer


def test_every_part_of_the_additional_data_stands_behind_its_length() -> None:
    data = additional_data({"namespace": "n", "model": "ab", "attribute": "c", "key": [["k", {"B": "AP8="}]]})
    parts = [b"dynamorm.envelope.v1", b"1", b"n", b"ab", b"c", b"{}", b"k", b"B", b"\x00\xff"]
    assert data == b"".join(bytes([0, 0, 0, len(part)]) + part for part in parts)


def test_an_envelope_opens_with_its_own_context_and_no_other() -> None:
    members = made()
    key, nonce = data_key(raw(members, "edk")), raw(members, "nonce")
    context = {"model": "Secret", "attribute": "note", "key": [["id", {"S": "a"}]]}
    assert AESGCM(key).decrypt(nonce, raw(members, "ct"), additional_data(context)) == b'{"S":"x"}'
    with pytest.raises(InvalidTag):
        AESGCM(key).decrypt(nonce, raw(members, "ct"), additional_data({**context, "model": "Other"}))


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"flip": "ct"}, {"ct"}),
        ({"flip": "tag"}, {"ct"}),
        ({"flip": "nonce"}, {"nonce"}),
        ({"cut": ["nonce", 3]}, {"nonce"}),
        ({"set": {"v": {"N": "2"}}}, {"v"}),
        ({"drop": "v"}, {"v"}),
    ],
)
def test_a_change_spoils_what_it_names_and_nothing_else(change: dict[str, Any], differs: set[str]) -> None:
    honest, spoilt = made(), made(change=change)
    assert {name for name in honest if honest[name] != spoilt.get(name)} == differs


@pytest.mark.parametrize("said", [{"plain": None, "text": None}, {"colour": 1}, {"change": {"burn": "ct"}}])
def test_an_envelope_that_is_badly_said_is_the_fault_of_the_case(said: dict[str, Any]) -> None:
    with pytest.raises(CaseError):
        made(**said)


def test_the_scripted_kms_gives_back_what_it_wrapped_to_the_same_key_and_context_alone() -> None:
    endpoint = KeyEndpoint()
    try:
        given = ask(endpoint, "GenerateDataKey", KeyId="alias/main", KeySpec="AES_256", EncryptionContext=CONTEXT)
        wrapped = given["CiphertextBlob"]
        assert base64.b64decode(wrapped) == raw(made(), "edk")
        assert ask(endpoint, "Decrypt", KeyId="alias/main", CiphertextBlob=wrapped, EncryptionContext=CONTEXT)["Plaintext"] == given["Plaintext"]
        assert ask(endpoint, "Decrypt", KeyId="alias/old", CiphertextBlob=wrapped, EncryptionContext=CONTEXT)["__type"] == "IncorrectKeyException"
        assert ask(endpoint, "Decrypt", KeyId="alias/main", CiphertextBlob=wrapped, EncryptionContext={})["__type"] == "InvalidCiphertextException"
        assert ask(endpoint, "Decrypt", KeyId="alias/main", CiphertextBlob="AAAA", EncryptionContext={})["__type"] == "InvalidCiphertextException"
    finally:
        endpoint.close()


def test_calls_use_up_the_entries_they_fit_in_any_order() -> None:
    endpoint = KeyEndpoint()
    script: list[dict[str, Any]] = [
        {"op": "Decrypt", "request": {"$$partial": {"KeyId": "b"}}},
        {"op": "Decrypt", "request": {"$$partial": {"KeyId": "a"}}, "reply": {"error": {"type": "DisabledException"}}},
    ]
    try:
        endpoint.reset(script)
        assert ask(endpoint, "Decrypt", KeyId="a", CiphertextBlob="AAAA")["__type"] == "DisabledException"
        assert endpoint.finding(script, "/s", {}) is not None
        ask(endpoint, "Decrypt", KeyId="b", CiphertextBlob="AAAA")
        assert endpoint.finding(script, "/s", {}) is None
        ask(endpoint, "Decrypt", KeyId="b", CiphertextBlob="AAAA")
        found = endpoint.finding(script, "/s", {})
        assert found is not None
        assert (found.code, found.at) == ("WIRE_EXTRA", "/s/kms/2")
    finally:
        endpoint.close()


def test_the_real_server_has_a_key_behind_each_alias_and_holds_the_context_to_it() -> None:
    server = KeyServer()
    endpoint = KeyEndpoint(server)
    try:
        given = ask(endpoint, "GenerateDataKey", KeyId="alias/main", KeySpec="AES_256", EncryptionContext=CONTEXT)
        assert len(base64.b64decode(given["Plaintext"])) == 32
        assert endpoint.calls[0].plaintext == given["Plaintext"]
        assert ask(endpoint, "Decrypt", KeyId="alias/main", CiphertextBlob=given["CiphertextBlob"], EncryptionContext=CONTEXT)["Plaintext"] == given["Plaintext"]
        assert ask(endpoint, "Decrypt", KeyId="alias/main", CiphertextBlob=given["CiphertextBlob"], EncryptionContext={})["__type"] == "InvalidCiphertextException"
    finally:
        endpoint.close()
        server.close()


@pytest.mark.parametrize(
    ("do", "on", "arguments", "secrets"),
    [
        ("put", "Secret", {"item": {"id": {"S": "not secret"}, "note": {"S": "my secret"}}}, {"my secret"}),
        ("update", "Secret", {"set": [["note", {"value": {"S": "my secret"}}], ["hint", {"value": {"S": "not secret"}}]]}, {"my secret"}),
        ("transact_write", "", {"actions": [{"model": "Secret", "put": {"item": {"note": {"L": [{"S": "my secret"}]}}}}]}, {"my secret"}),
        ("put", "Bare", {"item": {"note": {"S": "not secret"}}}, set()),
        ("put", "Secret", {"item": {"note": {"S": "short"}}}, set()),
        ("fn.encrypt", "", {"value": {"S": "my secret"}}, set()),
    ],
)
def test_secrets_are_the_plain_values_of_encrypted_attributes(do: str, on: str, arguments: dict[str, Any], secrets: set[str]) -> None:
    assert leaks.secrets_of(MODELS, do, on, arguments) == secrets


@pytest.mark.parametrize(
    "body",
    [
        {"Item": {"note": {"S": "it is my secret, really"}}},
        {"Item": {"my secret": {"S": "x"}}},
        {"Item": {"note": {"B": base64.b64encode(b"it is my secret").decode()}}},
        {"Item": {"note": {"S": base64.b64encode(b"my secret").decode()}}},
        ["a line of a log with my secret in it"],
    ],
)
def test_a_secret_is_found_in_names_values_and_base64(body: Any) -> None:
    assert leaks.found_in({"my secret"}, body) == "my secret"


def test_nothing_is_found_where_no_secret_stands() -> None:
    assert leaks.found_in({"my secret"}, {"Item": {"note": {"M": made()}}}) is None
    assert leaks.found_in(set(), {"a": "b"}) is None
