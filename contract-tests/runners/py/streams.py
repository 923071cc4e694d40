"""The operations of P3: records decoded one by one, handled as Lambda would have them handled, and read from a table's stream."""

# ruff: noqa: D102, D103, D107 - a program of small functions, each named for the line of the protocol it serves

from __future__ import annotations

import base64
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from dynamorm import SeenInMemory, StreamFailure, errors, on_record
from natives import MODELS
from reads import tagged
from values import EPOCH, Json, members_from_native

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamorm import Record

CAPABILITIES = ["streams.decode", "streams.handle", "streams.read"]
CLIENTS: dict[tuple[str, str], Any] = {}
SDK_NAMES = {"principalId": "PrincipalId", "type": "Type"}


def streams_client(endpoint: str, region: str) -> Any:
    if (endpoint, region) not in CLIENTS:
        config = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=10, connect_timeout=5)
        CLIENTS[endpoint, region] = boto3.Session("AKIDCONTRACT", "secret", region_name=region).client("dynamodbstreams", endpoint_url=endpoint, config=config)
    return CLIENTS[endpoint, region]


def of_sdk(record: Any) -> Any:
    """Give a record as boto3 has it: binary as bytes, the time as a datetime, the identity's members with capitals."""
    if not isinstance(record, dict):
        return record
    out = dict(record)
    if isinstance(out.get("userIdentity"), dict):
        out["userIdentity"] = {SDK_NAMES.get(name, name): value for name, value in out["userIdentity"].items()}
    if isinstance(out.get("dynamodb"), dict):
        change = out["dynamodb"] = dict(out["dynamodb"])
        for name in ("Keys", "OldImage", "NewImage"):
            if isinstance(change.get(name), dict):
                change[name] = {attribute: native(value) for attribute, value in change[name].items()}
        at = change.get("ApproximateCreationDateTime")
        if isinstance(at, (int, float)) and not isinstance(at, bool):
            change["ApproximateCreationDateTime"] = EPOCH + timedelta(microseconds=round(at * 1_000_000))
    return out


def native(value: Any) -> Any:
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((tag, body),) = value.items()
    if tag == "B" and isinstance(body, str):
        return {"B": base64.b64decode(body)}
    if tag == "BS" and isinstance(body, list):
        return {"BS": [base64.b64decode(member) for member in body]}
    if tag == "L" and isinstance(body, list):
        return {"L": [native(member) for member in body]}
    return {"M": {name: native(member) for name, member in body.items()}} if tag == "M" and isinstance(body, dict) else value


class Streaming:
    """One call over records: what was decoded, and what the handlers were given."""

    def __init__(self, case: Any, on: str | None, args: Json) -> None:
        self.case, self.on, self.args = case, on, args
        self.named = "models" in args
        self.names: list[str] = args["models"] if self.named else [str(on)]
        self.noted: dict[str, list[Any]] = {"handled": [], "failures": []}
        self.noted |= {note: [] for note, option in (("undecoded", "on_decode_error"), ("unknown", "on_unknown")) if args.get(option)}

    def models(self) -> list[Any]:
        """Give the models: classes where all have one that equals the document, else what was loaded."""
        tables = [self.case.table(name) for name in self.names]
        classes = [MODELS.get(name) if type(table).__name__ == "Table" else None for name, table in zip(self.names, tables, strict=True)]
        return classes if all(classes) else [self.case.schemas[name] for name in self.names]

    def stream(self) -> Any:
        models = self.models()
        return self.case.client.stream(models if self.named else models[0])

    def given(self, records: list[Any]) -> list[Any]:
        return [of_sdk(record) for record in records] if self.args.get("form") == "sdk" else records

    def told(self, record: Record[Any]) -> Json:
        schema = self.case.schemas[record.model]
        at = None if record.created_at is None else record.created_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        out: Json = {"kind": record.kind, "event_id": record.event_id, "sequence_number": record.sequence_number, "created_at": at, "expired": record.expired}
        out |= {"keys": members_from_native(schema.fields, record.keys), "old": tagged(schema, record.old), "new": tagged(schema, record.new)}
        out["changed"] = None if record.changed is None else list(record.changed)
        return {"model": record.model, **out} if self.named else out

    # The handlers of stream_handle.

    def handle(self, record: Record[Any]) -> None:
        self.noted["handled"].append(f"{record.model}:{record.sequence_number}" if self.named else record.sequence_number)
        if record.sequence_number in self.args.get("fail", ()):
            raise RuntimeError("the handler fails")

    def undecoded(self, record: Any, _error: errors.DynamORMError) -> None:
        self.noted["undecoded"].append(number_of(record))
        if self.args.get("fail_decode"):
            raise RuntimeError("the handler fails")

    def unknown(self, record: Any) -> None:
        self.noted["unknown"].append(number_of(record))

    def failed(self, failure: StreamFailure) -> None:
        code = {"code": failure.error.code} if isinstance(failure.error, errors.DynamORMError) else {}
        self.noted["failures"].append({"sequence_number": failure.sequence_number} | code)


def number_of(record: Any) -> Any:
    change = record.get("dynamodb") if isinstance(record, dict) else None
    number = change.get("SequenceNumber") if isinstance(change, dict) else None
    return number if isinstance(number, str) else None


def fn_stream(call: Streaming) -> Json:
    stream, out = call.stream(), {"records": list[Any]()}
    out |= {name: [] for name, option in (("failures", "on_decode_error"), ("unknown", "on_unknown")) if call.args.get(option)}
    for record in call.given(call.args["records"]):
        try:
            if "unknown" in out and not stream.knows(record):
                out["unknown"].append(number_of(record))
            else:
                out["records"].append(call.told(stream.decode(record)))
        except errors.DynamORMError as error:
            if "failures" not in out:
                raise
            path = {} if error.path is None else {"path": error.path}
            out["failures"].append({"sequence_number": number_of(record), "code": error.code} | path)
    return out


def stream_handle(call: Streaming) -> Json:
    args, options = call.args, Json(on_failure=call.failed)
    if args.get("on_decode_error"):
        options["on_decode_error"] = call.undecoded
    if args.get("on_unknown"):
        options["on_unknown"] = call.unknown
    if args.get("seen"):
        options["seen"] = SeenInMemory() if args["seen"] is True else SeenInMemory(args["seen"])
    try:
        handler = call.case.client.stream_handler(*(on_record(model, call.handle) for model in call.models()), **options)
        return {"responses": [handler({"Records": call.given(records)}) for records in args["events"]], **call.noted}
    except errors.DynamORMError as error:
        told: Any = error
        told.details = {"handled": call.noted["handled"]}
        raise


def stream_read(call: Streaming) -> Json:
    streams = streams_client(call.case.endpoint, call.case.region)
    read = call.stream().read(streams, start=call.args.get("from", "oldest"), until_end=True)
    return {"records": [call.told(record) for record in read]}


STREAMS: dict[str, Callable[[Streaming], Json]] = {"fn.stream": fn_stream, "stream_handle": stream_handle, "stream_read": stream_read}


def stream(case: Any, do: str, on: str | None, args: Json) -> Json:
    return STREAMS[do](Streaming(case, on, args))
