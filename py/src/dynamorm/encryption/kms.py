"""The door to AWS KMS: GenerateDataKey and Decrypt through a boto3 client, which alone asks again.

No answer is kept: what an unreadable one held is nobody's cause.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from botocore import exceptions as sdk

from ..transport.fault import NO_CREDENTIALS, NOT_SENT
from .cache import DataKey
from .keys import KeyRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

SUCCESS_BELOW, SERVER_ERROR = 300, 500
# An answer broke off: whatever there was of it may hold a data key, so that nobody keeps the error.
BROKEN = (sdk.ResponseStreamingError, sdk.IncompleteReadError)
_ours: ContextVar[bool] = ContextVar("dynamorm_kms", default=False)


class _UnreadableError(Exception):
    """An answer that is no JSON object; botocore would take it for an empty one."""


def _check(response_dict: dict[str, Any], **_: Any) -> None:  # noqa: ANN401 - botocore's own types
    """Let a call of ours end where its answer cannot be read."""
    if not _ours.get() or response_dict["status_code"] >= SUCCESS_BELOW:
        return
    try:
        readable = isinstance(json.loads(response_dict["body"]), dict)
    except ValueError:
        readable = False
    if not readable:
        raise _UnreadableError


class KmsKeys:
    """Data keys of AWS KMS."""

    def __init__(self, client: Any = None, *, region: str | None = None) -> None:  # noqa: ANN401 - boto3 makes its clients at run time
        """Take the caller's KMS client, or make one."""
        if client is None:
            import boto3  # noqa: PLC0415 - importing the SDK costs more than all of this package

            client = boto3.client("kms", region_name=region)
        self._client = client
        client.meta.events.register_first("before-parse.kms", _check, unique_id="dynamorm-kms-check")

    def generate(self, key: str, context: Mapping[str, str]) -> DataKey:
        """Ask GenerateDataKey."""
        answer = self._call(
            "generate_data_key", {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": dict(context)}
        )
        return DataKey(_bytes(answer, "Plaintext"), _bytes(answer, "CiphertextBlob"))

    def unwrap(self, key: str, wrapped: bytes, context: Mapping[str, str]) -> bytes:
        """Ask Decrypt."""
        given = {"CiphertextBlob": wrapped, "KeyId": key, "EncryptionContext": dict(context)}
        return _bytes(self._call("decrypt", given), "Plaintext")

    def _call(self, api: str, params: dict[str, Any]) -> dict[str, Any]:
        token = _ours.set(True)
        refusal: KeyRefusedError
        try:
            found: dict[str, Any] = getattr(self._client, api)(**params)
        except sdk.StubResponseError:  # the caller's own test says what it expected
            raise
        except sdk.ClientError as error:
            refusal = _refused(error)
        except sdk.BotoCoreError as error:
            refusal = _unreached(error)
        except Exception:  # noqa: BLE001 - what botocore's parser falls over may hold the answer
            refusal = KeyRefusedError(retryable=True)
        else:
            return found
        finally:
            _ours.reset(token)
        raise refusal  # outside, so that what an unreadable answer held is no context of it


def _bytes(answer: Mapping[str, Any], name: str) -> bytes:
    found = answer.get(name)
    return found if isinstance(found, bytes) else b""


def _refused(error: sdk.ClientError) -> KeyRefusedError:
    meta = error.response.get("ResponseMetadata", {})
    headers = meta.get("HTTPHeaders", {})
    status = int(meta.get("HTTPStatusCode", 0))
    name = str(error.response.get("Error", {}).get("Code", ""))
    if not name or name.isdigit():  # botocore reads the body alone, and names the status where that has no type
        name = str(headers.get("x-amzn-errortype", ""))
    return KeyRefusedError(
        name.partition(":")[0].rpartition("#")[2] or None,
        status=status or None,
        request_id=meta.get("RequestId") or headers.get("x-amzn-requestid"),
        retryable=status >= SERVER_ERROR,
        cause=error,
    )


def _unreached(error: sdk.BotoCoreError) -> KeyRefusedError:
    """Say that there was no answer; nothing was to be had without credentials, nor of wrong parameters."""
    ours = isinstance(error, (*NO_CREDENTIALS, sdk.ParamValidationError))
    return KeyRefusedError(
        retryable=not ours,
        origin="client" if ours or isinstance(error, NOT_SENT) else "service",
        cause=None if isinstance(error, BROKEN) else error,
    )
