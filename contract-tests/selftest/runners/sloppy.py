"""A runner that sends requests of its own making: with a value that nothing uses, and with a name that nobody defined."""

from __future__ import annotations

import http.client
import json
from typing import Any

from _bad import serve

BODIES: dict[str, dict[str, Any]] = {
    "put": {"TableName": "tickets", "Item": {"id": {"S": "t"}}, "ExpressionAttributeValues": {":v0": {"S": "x"}}},
    "delete": {"TableName": "tickets", "Key": {"id": {"S": "t"}}, "ConditionExpression": "attribute_exists(#n0)"},
}
OPERATIONS = {"put": "PutItem", "delete": "DeleteItem"}
seen: dict[str, str] = {}


def remember(message: dict[str, Any]) -> dict[str, Any]:
    """Keep the endpoint's address."""
    seen["host"] = str(message["endpoint"]).removeprefix("http://")
    return {"ok": {}}


def send(message: dict[str, Any]) -> dict[str, Any]:
    """Send the prepared request of the operation, if there is one."""
    if message["do"] in BODIES and ":" in seen["host"]:
        connection = http.client.HTTPConnection(seen["host"])
        headers = {"Content-Type": "application/x-amz-json-1.0", "Authorization": "none", "X-Amz-Target": f"DynamoDB_20120810.{OPERATIONS[message['do']]}"}
        connection.request("POST", "/", json.dumps(BODIES[message["do"]]), headers)
        connection.getresponse().read()
    return {"result": {}}


serve(send, remember)
