"""A real server of KMS's protocol, for the live target."""

from __future__ import annotations

import http.client
import json
import logging
import threading
from typing import Any

SERVICE, CONTENT_TYPE = "TrentService", "application/x-amz-json-1.1"
ALIASES = ("alias/main", "alias/old", "alias/other")
TIMEOUT_SECONDS = 30


class KeyServer:
    """A server of KMS's protocol (moto's) on a free port of the loopback, with a key behind each alias; started when it is first needed."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.lock = threading.Lock()
        self.server: Any = None
        self.place: tuple[str, int] = ("", 0)

    def call(self, op: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """Send one request; give status and body."""
        self._start()
        return self._post(op, body)

    def _start(self) -> None:
        with self.lock:
            if self.server is not None:
                return
            from moto.server import ThreadedMotoServer  # noqa: PLC0415 - a second of imports, for the live target alone

            logging.getLogger("werkzeug").setLevel(logging.ERROR)
            self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
            self.server.start()
            self.place = self.server.get_host_and_port()
            for alias in ALIASES:
                _status, answer = self._post("CreateKey", {})
                self._post("CreateAlias", {"AliasName": alias, "TargetKeyId": json.loads(answer)["KeyMetadata"]["KeyId"]})

    def _post(self, op: str, body: dict[str, Any]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(*self.place, timeout=TIMEOUT_SECONDS)
        scope = "20260101/us-east-1/kms/aws4_request"
        headers = {
            "X-Amz-Target": f"{SERVICE}.{op}",
            "Content-Type": CONTENT_TYPE,
            "Authorization": f"AWS4-HMAC-SHA256 Credential=contract/{scope}, SignedHeaders=host, Signature=0",
        }
        try:
            connection.request("POST", "/", json.dumps(body).encode(), headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def close(self) -> None:
        """Stop it, where it was started."""
        with self.lock:
            if self.server is not None:
                self.server.stop()
                self.server = None
