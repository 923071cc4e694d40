"""The conductor's own way to DynamoDB: raw calls, tables made from documents, items in and out. Never through a library under test."""

from __future__ import annotations

import http.client
import json
import threading
from typing import Any
from urllib.parse import urlsplit

from .key_server import KeyServer
from .match import CaseError

TIMEOUT_SECONDS = 30
STREAM_CALLS = {"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"}


class EngineError(Exception):
    """The engine refused one of the conductor's own calls, or cannot be reached."""


class Engine:
    """A DynamoDB at an endpoint; a namespace is an access key, which DynamoDB Local gives a database of its own."""

    def __init__(self, endpoint: str, region: str = "us-east-1") -> None:
        """Take the endpoint's URL."""
        parts = urlsplit(endpoint)
        self.endpoint, self.region = endpoint, region
        self.host, self.port, self.secure = parts.hostname or "", parts.port, parts.scheme == "https"
        self.local = threading.local()
        self.connections: list[http.client.HTTPConnection] = []
        self.keys = KeyServer()

    def call(self, namespace: str, op: str, body: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        """Send one request; give status, body and the headers that matter to a client."""
        scope = f"20260101/{self.region}/dynamodb/aws4_request"
        headers = {
            "X-Amz-Target": f"{'DynamoDBStreams_20120810' if op in STREAM_CALLS else 'DynamoDB_20120810'}.{op}",
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={namespace}/{scope}, SignedHeaders=host, Signature=0",
        }
        payload = json.dumps(body).encode()
        for attempt in (1, 2):
            connection = self._connection(fresh=attempt > 1)
            try:
                connection.request("POST", "/", payload, headers)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException) as error:
                if attempt > 1:
                    raise EngineError(f"no answer from {self.endpoint}: {error}") from error
                continue
            request_id = response.headers.get("x-amzn-RequestId")
            return response.status, answer, {"x-amzn-RequestId": request_id} if request_id else {}
        raise AssertionError

    def _connection(self, *, fresh: bool) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self.local, "connection", None)
        if connection is None or fresh:
            kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
            connection = kind(self.host, self.port, timeout=TIMEOUT_SECONDS)
            self.local.connection = connection
            self.connections.append(connection)
        return connection

    def close(self) -> None:
        """Close the connections of all threads, and the key server beside it."""
        self.keys.close()
        for connection in self.connections:
            connection.close()

    def must(self, namespace: str, op: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send one request of the conductor's own; anything but success is an error of the run."""
        status, answer, _headers = self.call(namespace, op, body)
        parsed: dict[str, Any] = json.loads(answer or b"{}")
        if status != 200:  # noqa: PLR2004
            raise EngineError(f"{op}: {parsed}")
        return parsed


class Tables:
    """The tables of one namespace: made once per document, emptied between cases."""

    def __init__(self, engine: Engine, namespace: str) -> None:
        """Begin with no table known."""
        self.engine, self.namespace = engine, namespace
        self.made: dict[str, str] = {}

    def prepare(self, models: dict[str, dict[str, Any]], given: dict[str, Any]) -> None:
        """Make the models' tables empty, remove the absent ones, give some a new stream, and write the given items."""
        absent, items, streams = given.get("absent", []), given.get("items", {}), given.get("streams", {})
        views = {models[name]["table"]["name"]: view for name, view in streams.items()}
        missing = {models[name]["table"]["name"] for name in absent}
        wanted: dict[str, list[dict[str, Any]]] = {}
        for model in models.values():
            wanted.setdefault(model["table"]["name"], []).append(model)
        for table, owners in wanted.items():
            if table in missing:
                self._drop(table)
            else:
                self._fresh(table, owners, views.get(table))
        for name, rows in items.items():
            if name not in models:
                raise CaseError(f"items for the unknown model {name}")
            for row in rows:
                self.engine.must(self.namespace, "PutItem", {"TableName": models[name]["table"]["name"], "Item": row})

    def scan(self, model: dict[str, Any]) -> list[dict[str, Any]]:
        """Read a whole table."""
        out: list[dict[str, Any]] = []
        request: dict[str, Any] = {"TableName": model["table"]["name"], "ConsistentRead": True}
        while True:
            page = self.engine.must(self.namespace, "Scan", request)
            out += page["Items"]
            if "LastEvaluatedKey" not in page:
                return out
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _drop(self, table: str) -> None:
        self.made.pop(table, None)
        status, _body, _headers = self.engine.call(self.namespace, "DeleteTable", {"TableName": table})
        if status != 200:  # noqa: PLR2004 - it is not there, or a case protected it
            self.engine.call(self.namespace, "UpdateTable", {"TableName": table, "DeletionProtectionEnabled": False})
            self.engine.call(self.namespace, "DeleteTable", {"TableName": table})

    def _fresh(self, table: str, owners: list[dict[str, Any]], view: str | None) -> None:
        request = create_request(table, owners)
        if view is not None:
            request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
        shape = json.dumps(request, sort_keys=True)
        # A stream remembers what earlier cases did.
        if self.made.get(table) != shape or view is not None:
            self._drop(table)
            self.engine.must(self.namespace, "CreateTable", request)
            self.made[table] = shape
            return
        keys = [element["AttributeName"] for element in request["KeySchema"]]
        for row in self.scan(owners[0]):
            self.engine.must(self.namespace, "DeleteItem", {"TableName": table, "Key": {key: row[key] for key in keys}})


def create_request(table: str, owners: list[dict[str, Any]]) -> dict[str, Any]:
    """Make the CreateTable request for the models that share a table."""
    types: dict[str, str] = {}

    def schema(keys: dict[str, Any]) -> list[dict[str, str]]:
        out = []
        for name, kind in (("partition", "HASH"), ("sort", "RANGE")):
            if name in keys:
                types[keys[name]["attribute"]] = keys[name]["type"]
                out.append({"AttributeName": keys[name]["attribute"], "KeyType": kind})
        return out

    request: dict[str, Any] = {"TableName": table, "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema(owners[0]["keys"])}
    indexes = {index["name"]: index for owner in owners for index in owner.get("indexes", [])}
    for kind, member in (("GSI", "GlobalSecondaryIndexes"), ("LSI", "LocalSecondaryIndexes")):
        rows = []
        for index in indexes.values():
            if index["type"] == kind:
                partition = {"partition": owners[0]["keys"]["partition"]} if kind == "LSI" else {}
                projection = index.get("projection", {"type": "ALL"})
                fields = {"NonKeyAttributes": projection["fields"]} if "fields" in projection else {}
                rows.append({"IndexName": index["name"], "KeySchema": schema(partition | index), "Projection": {"ProjectionType": projection["type"], **fields}})
        if rows:
            request[member] = rows
    request["AttributeDefinitions"] = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    return request
