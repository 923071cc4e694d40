"""The door: send one request, get one response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..operation import Request, Response


class Transport(Protocol):
    """Sends DynamoDB JSON and gives DynamoDB JSON; errors come back as `Response.error`, never raised."""

    def send(self, request: Request) -> Response:
        """Send one request."""
        ...
