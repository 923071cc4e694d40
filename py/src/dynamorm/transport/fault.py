"""What the SDK threw, to the error it means: a table by DynamoDB's type, the rest by what is left to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import exceptions as sdk

from ..codec import says_too_large
from ..errors import (
    AccessDeniedError,
    DynamORMError,
    ItemTooLargeError,
    NetworkError,
    ServiceError,
    ValidationFailedError,
)
from ..errors.catalogue import CODE_OF_FAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER_ERROR = 500
# Nothing was sent: the connection could not even be made.
NOT_SENT = (sdk.EndpointConnectionError, sdk.ConnectTimeoutError, sdk.ProxyConnectionError, sdk.SSLError)
NO_CREDENTIALS = (
    sdk.NoCredentialsError,
    sdk.PartialCredentialsError,
    sdk.CredentialRetrievalError,
    sdk.TokenRetrievalError,
)


def of_client_error(error: sdk.ClientError) -> tuple[DynamORMError, Mapping[str, Any]]:
    """Map an answer of the service; give the error and the answer's own members."""
    response: Mapping[str, Any] = error.response
    meta = response.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode", 0))
    name = str(response.get("Error", {}).get("Code", ""))
    if not name or name.isdigit():  # botocore reads the body alone, and names the status where that has no type
        name = meta.get("HTTPHeaders", {}).get("x-amzn-errortype", "")
    aws = name.partition(":")[0].rpartition("#")[2] or None
    kind, retryable = CODE_OF_FAULT.get(aws or "", (ServiceError, status >= SERVER_ERROR))
    if aws == "ValidationException" and says_too_large(str(response.get("Error", {}).get("Message", ""))):
        kind, retryable = ItemTooLargeError, False
    out = kind(
        f"DynamoDB answered {aws or f'with status {status}'}",
        origin="service",
        retryable=retryable,
        aws=aws,
        # Of an answer that it cannot read botocore keeps only the headers.
        request_id=meta.get("RequestId") or meta.get("HTTPHeaders", {}).get("x-amzn-requestid"),
        status=status or None,
    )
    out.__cause__ = error
    return out, response


def of_sdk_error(error: Exception, *, reached: bool) -> DynamORMError:
    """Map an error of the SDK or of its connection; `reached` tells whether an attempt went on the wire."""
    if isinstance(error, NO_CREDENTIALS):
        out: DynamORMError = AccessDeniedError("no usable credentials", origin="client")
    elif isinstance(error, sdk.ParamValidationError):
        out = ValidationFailedError("the SDK refuses the parameters", origin="client")
    elif isinstance(error, NOT_SENT) or not reached:
        out = NetworkError("the service could not be reached", origin="client")
    else:
        out = NetworkError("no whole answer from the service", origin="service")
    out.__cause__ = error
    return out
