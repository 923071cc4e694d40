"""The one door to AWS: the caller's boto3 client, with our body in its request and its parser passed by.

Only public hooks of botocore are used, so that credentials, retries, endpoints, Stubber and the caller's own handlers
stay in force: `before-parameter-build` (registered last: everybody else has seen the full parameters) leaves the least
that botocore has to serialise, `before-call` puts our body into the request, `before-parse` takes the body of a success
out before the recursive parser sees it, `before-send` and `needs-retry` tell which attempts may have arrived.
They act on calls of ours only, marked by a context variable and known by botocore's own context of the call: the
caller's own calls on the same client are untouched, also those that a handler makes in the middle of one of ours.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, StubResponseError
from botocore.parsers import ResponseParserError
from pydantic_core import from_json, to_json

from ..errors import DynamORMError, NetworkError
from ..operation import Response
from . import fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..operation import Request

SUCCESS_BELOW, SERVER_ERROR = 300, 500


def _one(**members: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:  # noqa: ANN401 - members of a request
    return lambda params: {"TableName": params.get("TableName"), **members}


def _by_table(empty: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:  # noqa: ANN401 - a member of a request
    return lambda params: {"RequestItems": dict.fromkeys(params.get("RequestItems", {}), empty)}


def _by_entry(member: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Keep one entry for each table, whatever it was."""

    def least(params: dict[str, Any]) -> dict[str, Any]:
        tables = {body.get("TableName"): None for entry in params.get("TransactItems", ()) for body in entry.values()}
        return {"TransactItems": [{member: {"TableName": table, "Key": {}}} for table in tables]}

    return least


# What botocore has to see, so that it can serialise at all and find the endpoint, which may go by the tables.
LEAST: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "GetItem": _one(Key={}),
    "PutItem": _one(Item={}),
    "UpdateItem": _one(Key={}),
    "DeleteItem": _one(Key={}),
    "Query": _one(),
    "Scan": _one(),
    "BatchGetItem": _by_table({"Keys": [{}]}),
    "BatchWriteItem": _by_table([{}]),
    "TransactWriteItems": _by_entry("Delete"),
    "TransactGetItems": _by_entry("Get"),
    "CreateTable": _one(AttributeDefinitions=[], KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}]),
    "UpdateTable": _one(),
    "DeleteTable": _one(),
    "DescribeTable": _one(),
    "ListTables": lambda _params: {},
    "DescribeTimeToLive": _one(),
    "UpdateTimeToLive": _one(TimeToLiveSpecification={"Enabled": True, "AttributeName": "a"}),
    "UpdateContinuousBackups": _one(PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}),
}
_CAMEL = re.compile(r"(?<!^)(?=[A-Z])")


class _Call:
    """One call of ours on its way through botocore."""

    __slots__ = ("attempting", "body", "context", "corrupt", "given", "raw", "reached", "sent", "unanswered")

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.body: bytes = b""
        # botocore's own, from the first event on; a call nested in this one has another.
        self.context: object = None
        # Whether the request made last is this call's.
        self.attempting = False
        # Whether the present attempt has reached the wire.
        self.sent = False
        # Whether any attempt has.
        self.reached = False
        self.raw: bytes | None = None
        self.corrupt = False
        # Attempts before the last one that got no readable answer.
        self.unanswered = 0


_current: ContextVar[_Call | None] = ContextVar("dynamorm_call", default=None)


def _ours(context: object) -> _Call | None:
    call = _current.get()
    return call if call is not None and call.context is context else None


def _begin(context: Any, **_: Any) -> None:  # noqa: ANN401 - botocore's own types
    call = _current.get()
    if call is not None and call.context is None:
        call.context = context


def _strip(params: dict[str, Any], model: Any, context: Any, **_: Any) -> None:  # noqa: ANN401 - botocore's own types
    call = _ours(context)
    if call is None or model.name not in LEAST:
        return
    if _transformed(params, call.given):
        params.update(call.given)
    call.body = to_json(params)
    least = LEAST[model.name](params)
    params.clear()
    params.update(least)


def _transformed(params: dict[str, Any], given: dict[str, Any]) -> bool:
    """Tell whether the client is a resource's own (`resource.meta.client`), which marshals what is marshalled already.

    It shows in a key, or in the value that a key is compared with: neither is a map.
    """
    pair = _first(params), _first(given)
    return any(
        "M" in pair[0][member].get(name, {}) and "M" not in value
        for member in ("Item", "Key", "ExpressionAttributeValues", "ExclusiveStartKey")
        for name, value in pair[1].get(member, {}).items()
    )


def _first(params: dict[str, Any]) -> dict[str, Any]:
    """Give the members of a request that hold attributes; of many entries those of the first."""
    for entry in params.get("TransactItems", ()):
        return dict(*entry.values())
    for rows in params.get("RequestItems", {}).values():
        return {"Key": rows["Keys"][0]} if isinstance(rows, dict) else next(iter(rows[0].values()))
    return params


def _attempt(request: Any, **_: Any) -> None:  # noqa: ANN401 - botocore's own types
    call = _current.get()
    if call is not None:
        call.attempting = request.context is call.context


def _mark(**_: Any) -> None:  # noqa: ANN401 - botocore's own types
    call = _current.get()
    if call is not None and call.attempting:
        call.sent = call.reached = True


def _fill(params: dict[str, Any], context: Any, **_: Any) -> None:  # noqa: ANN401 - botocore's own types
    call = _ours(context)
    if call is not None and call.body:
        params["body"] = call.body


def _take(response_dict: dict[str, Any], **_: Any) -> None:  # noqa: ANN401 - botocore's own types
    call = _current.get()
    # Where a nested call came between, botocore reads the answer itself: slower, and the same.
    if call is None or not call.attempting:
        return
    if response_dict["status_code"] >= SUCCESS_BELOW:
        # botocore's parser falls over JSON that is no error of DynamoDB's; of an empty body it keeps the status.
        response_dict["body"] = response_dict["body"] if _parseable(response_dict["body"]) else b""
    else:
        call.raw = response_dict["body"]
        checksum = response_dict["headers"].get("x-amz-crc32")
        # Not every retry mode of botocore looks at the checksum.
        call.corrupt = checksum is not None and int(checksum) != zlib.crc32(response_dict["body"])
        response_dict["body"] = b""


def _parseable(raw: bytes) -> bool:
    try:
        body = from_json(raw)
    except ValueError:
        return True
    return isinstance(body, dict) and all(
        isinstance(body.get(name, ""), str) for name in ("__type", "code", "message", "Message")
    )


def _count(
    request_dict: dict[str, Any],
    response: tuple[Any, dict[str, Any]] | None = None,
    caught_exception: Exception | None = None,
    **_: Any,  # noqa: ANN401 - botocore's own types
) -> None:
    call = _ours(request_dict["context"])
    if call is None:
        return
    sent, call.sent = call.sent, False
    if caught_exception is not None:
        call.unanswered += sent and not isinstance(caught_exception, fault.NOT_SENT)
    elif response is not None:
        http, _parsed = response
        torn = http.status_code < SUCCESS_BELOW and (call.corrupt or not _sound(call.raw))
        call.unanswered += http.status_code >= SERVER_ERROR or torn


def _sound(raw: bytes | None) -> bool:
    if raw is None:
        return True
    try:
        from_json(raw)
    except ValueError:
        return False
    return True


class SdkTransport:
    """Sends through a boto3 DynamoDB client."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 makes its clients at run time
        """Take the caller's client and register the handlers on it, once."""
        self.client = client
        events = client.meta.events
        for api in LEAST:  # handlers of one operation come before those of all
            events.register_first(f"provide-client-params.dynamodb.{api}", _begin, unique_id=f"dynamorm-begin-{api}")
        events.register_last("before-parameter-build.dynamodb", _strip, unique_id="dynamorm-strip")
        events.register_last("before-call.dynamodb", _fill, unique_id="dynamorm-fill")
        events.register_last("request-created.dynamodb", _attempt, unique_id="dynamorm-attempt")
        events.register_last("before-parse.dynamodb", _take, unique_id="dynamorm-take")
        events.register_first("before-send.dynamodb", _mark, unique_id="dynamorm-mark")
        events.register_first("needs-retry.dynamodb", _count, unique_id="dynamorm-count")

    def send(self, request: Request) -> Response:
        """Send one request; what the SDK throws becomes the response's error."""
        call = _Call(request.body)
        token = _current.set(call)
        try:
            parsed = getattr(self.client, _CAMEL.sub("_", request.api).lower())(**request.body)
        except ClientError as error:
            mapped, body = fault.of_client_error(error)
            return self._failed(request, call, mapped, body, lost=(mapped.status or 0) >= SERVER_ERROR)
        except StubResponseError:  # the caller's own test says what it expected
            raise
        except (BotoCoreError, ResponseParserError, binascii.Error) as error:  # the last one: base64 that is none
            # An attempt that went over to `needs-retry` was counted there.
            mapped = fault.of_sdk_error(error, reached=call.reached)
            return self._failed(request, call, mapped, {}, lost=call.sent)
        finally:
            _current.reset(token)
        return self._succeeded(request, call, parsed)

    def _succeeded(self, request: Request, call: _Call, parsed: dict[str, Any]) -> Response:
        if call.raw is None:  # a Stubber or a hook of the caller's answered in place of HTTP
            return Response(_plain(parsed))
        request_id = parsed.get("ResponseMetadata", {}).get("RequestId")
        try:
            body = from_json(call.raw) if call.raw else {}
            if call.corrupt or not isinstance(body, dict):
                raise ValueError("no object, or a wrong checksum")  # noqa: TRY301 - one way out for every unreadable body
        except ValueError as error:
            lost = NetworkError("the answer cannot be read", origin="service", request_id=request_id)
            lost.__cause__ = error
            return self._failed(request, call, lost, {}, lost=True)
        return Response(body, unanswered=call.unanswered > 0, request_id=request_id)

    def _failed(self, request: Request, call: _Call, error: DynamORMError, body: Any, *, lost: bool) -> Response:  # noqa: ANN401 - botocore's own types
        error.maybe_applied = request.write and (lost or call.unanswered > 0)
        return Response(_plain(body), error, unanswered=call.unanswered > 0)


def _plain(value: Any) -> Any:  # noqa: ANN401 - what botocore parsed
    """Give DynamoDB JSON of what botocore's own parser made: binary back to base64 text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value
