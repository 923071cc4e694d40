"""The door to KMS, through boto3 to a server on a local port: what is asked, and what each answer means."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from dynamorm import Client, Encryption, errors
from dynamorm.encryption import DataKey, KeyRefusedError
from dynamorm.encryption.kms import KmsKeys
from dynamorm.encryption.ring import refused
from dynamorm.errors.catalogue import RETRYABLE_OF_KMS_TYPE
from dynamorm.testing import Response, Script

from .sealed import Secret
from .stub import Answer, fault, serving

if TYPE_CHECKING:
    from .stub import Stub

PLAIN = b"0123456789abcdef0123456789abcdef"
CONTEXT = {"dynamorm:model": "Secret"}


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def client(url: str, attempts: int = 1) -> Any:
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(retries=retries, read_timeout=5, connect_timeout=1)
    return boto3.Session("key", "secret", region_name="eu-central-1").client("kms", endpoint_url=url, config=config)


def keys(stub: Stub) -> KmsKeys:
    return KmsKeys(client(stub.url))


def test_a_data_key_is_asked_for_with_exactly_three_members() -> None:
    with serving(Answer({"KeyId": "arn", "Plaintext": text(PLAIN), "CiphertextBlob": text(b"wrapped")})) as stub:
        assert keys(stub).generate("alias/app", CONTEXT) == DataKey(PLAIN, b"wrapped")
    assert stub.asked() == [{"KeyId": "alias/app", "KeySpec": "AES_256", "EncryptionContext": CONTEXT}]
    assert stub.headers[0]["X-Amz-Target"] == "TrentService.GenerateDataKey"


def test_a_data_key_is_got_back_with_exactly_three_members() -> None:
    with serving(Answer({"KeyId": "arn", "Plaintext": text(PLAIN)})) as stub:
        assert keys(stub).unwrap("alias/app", b"wrapped", CONTEXT) == PLAIN
    assert stub.asked() == [{"KeyId": "alias/app", "CiphertextBlob": text(b"wrapped"), "EncryptionContext": CONTEXT}]
    assert stub.headers[0]["X-Amz-Target"] == "TrentService.Decrypt"


@pytest.mark.parametrize("name", [*RETRYABLE_OF_KMS_TYPE, "SomethingNewException"])
def test_a_refusal_keeps_its_name_status_and_request(name: str) -> None:
    with serving(fault(name)) as stub, pytest.raises(KeyRefusedError) as caught:
        keys(stub).generate("alias/app", CONTEXT)
    error = refused(caught.value, "note")
    assert isinstance(error, errors.KeyUnavailableError)
    assert (error.aws, error.status, error.request_id, error.path) == (name, 400, "REQUEST1", "note")
    assert error.retryable is RETRYABLE_OF_KMS_TYPE.get(name, False)
    assert (error.origin, error.__cause__ is not None) == ("service", True)


def test_an_error_that_nobody_knows_is_retryable_by_its_status() -> None:
    with serving(fault("SomethingNewException", 500)) as stub, pytest.raises(KeyRefusedError) as caught:
        keys(stub).unwrap("alias/app", b"wrapped", CONTEXT)
    error = refused(caught.value, "note", opening=True)
    assert (type(error), error.retryable, error.status) == (errors.KeyUnavailableError, True, 500)


def test_a_wrapped_key_that_is_none_is_no_envelope_when_it_is_opened() -> None:
    refusal = KeyRefusedError("InvalidCiphertextException", status=400)
    assert type(refused(refusal, "note", opening=True)) is errors.InvalidEncryptedEnvelopeError
    assert type(refused(refusal, "note")) is errors.KeyUnavailableError


@pytest.mark.parametrize(
    "answer",
    [
        Answer(close=True),
        Answer({"KeyId": "arn", "Plaintext": text(PLAIN), "CiphertextBlob": text(b"w")}, torn=True),
        Answer(b"<html>" + text(PLAIN).encode()),
        Answer(f'["{text(PLAIN)}"]'.encode()),
        Answer(b'{"Plaintext": "' + text(PLAIN).encode() + b"\xff"),
        Answer({"Plaintext": text(PLAIN)[1:] + "*", "CiphertextBlob": text(b"w")}),
        Answer({"Plaintext": [text(PLAIN)], "CiphertextBlob": text(b"w")}),
    ],
)
def test_an_answer_that_cannot_be_read_is_retryable_and_nowhere_kept(answer: Answer) -> None:
    with serving(answer) as stub, pytest.raises(KeyRefusedError) as caught:
        keys(stub).generate("alias/app", CONTEXT)
    error = refused(caught.value, "note")
    assert (type(error), error.retryable, error.aws, error.status) == (errors.KeyUnavailableError, True, None, None)
    assert (error.__cause__ is None) is not answer.close
    for held in chain_of(caught.value):
        assert text(PLAIN)[:12] not in f"{held!r} {vars(held)} {getattr(held, 'object', '')} {getattr(held, 'obj', '')}"


def chain_of(error: BaseException | None) -> list[BaseException]:
    out: list[BaseException] = []
    todo = [error]
    while todo:
        one = todo.pop()
        if one is not None and one not in out:
            out.append(one)
            todo += [one.__cause__, one.__context__, getattr(one, "cause", None)]
    return out


def test_a_service_that_cannot_be_reached_is_retryable() -> None:
    with pytest.raises(KeyRefusedError) as caught:
        KmsKeys(client("http://127.0.0.1:9")).generate("alias/app", CONTEXT)
    error = refused(caught.value, "note")
    assert (error.retryable, error.origin, error.aws, error.__cause__ is not None) == (True, "client", None, True)


def test_wrong_parameters_are_not_retryable_and_not_sent() -> None:
    wrong: Any = {"a": 1}
    with serving(Answer()) as stub, pytest.raises(KeyRefusedError) as caught:
        keys(stub).unwrap("alias/app", b"", wrong)
    assert (refused(caught.value, "note").retryable, stub.bodies) == (False, [])


def test_the_sdk_asks_again_by_its_own_settings() -> None:
    given = Answer({"KeyId": "arn", "Plaintext": text(PLAIN), "CiphertextBlob": text(b"w")})
    with serving(fault("KMSInternalException", 500), given) as stub:
        assert KmsKeys(client(stub.url, attempts=2)).generate("alias/app", CONTEXT).plaintext == PLAIN
        assert len(stub.bodies) == 2


def test_the_caller_s_own_calls_on_the_client_are_left_alone() -> None:
    with serving(Answer(b"no json")) as stub:
        kms = client(stub.url)
        KmsKeys(kms)
        assert "Plaintext" not in kms.generate_data_key(KeyId="k", KeySpec="AES_256")


def test_a_stubber_stands_in_for_kms() -> None:
    kms = client("http://127.0.0.1:9")
    with Stubber(kms) as stubber:
        stubber.add_response("generate_data_key", {"KeyId": "k", "Plaintext": PLAIN, "CiphertextBlob": b"w"})
        assert KmsKeys(kms).generate("k", CONTEXT) == DataKey(PLAIN, b"w")


@pytest.mark.parametrize("plaintext", [b"", PLAIN[:16], PLAIN + b"x"])
def test_a_data_key_of_another_length_writes_nothing(plaintext: bytes) -> None:
    script = Script([])
    given = Answer({"KeyId": "arn", "Plaintext": text(plaintext), "CiphertextBlob": text(b"w")})
    with serving(given) as stub:
        table = Client(transport=script, encryption=Encryption("k", kms=client(stub.url))).table(Secret)
        with pytest.raises(errors.KeyUnavailableError) as caught:
            table.create(Secret(id="a", note="hush"))
    assert (caught.value.retryable, caught.value.path, script.sent) == (False, "note", [])


def test_a_data_key_without_its_wrapped_form_writes_nothing() -> None:
    with serving(Answer({"KeyId": "arn", "Plaintext": text(PLAIN)})) as stub:
        table = Client(transport=Script([]), encryption=Encryption("k", kms=client(stub.url))).table(Secret)
        with pytest.raises(errors.KeyUnavailableError) as caught:
            table.create(Secret(id="a", note="hush"))
    assert caught.value.retryable is False


def test_the_client_s_region_is_where_keys_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, Any]] = []

    def make(service: str, **options: Any) -> Any:
        made.append((service, options.get("region_name")))
        return client("http://127.0.0.1:9")

    dynamodb = boto3.Session("key", "secret", region_name="eu-west-3").client("dynamodb")
    monkeypatch.setattr(boto3, "client", make)
    table = Client(dynamodb, encryption=Encryption("k")).table(Secret)
    assert made == []  # KMS is not needed before something is sealed
    with pytest.raises(errors.KeyUnavailableError):
        table.create(Secret(id="a", note="hush"))
    assert made == [("kms", "eu-west-3")]


def test_a_plain_item_is_written_without_kms() -> None:
    script = Script([Response({})])
    Client(transport=script, encryption=Encryption("k", kms=client("http://127.0.0.1:9"))).table(Secret).put(
        Secret(id="a", hint="h")
    )
    assert script.sent[0].body["Item"] == {"id": {"S": "a"}, "hint": {"S": "h"}}
