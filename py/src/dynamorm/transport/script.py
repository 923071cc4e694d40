"""A transport that plays given answers; for users' tests and ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..operation import Request, Response


class Script:
    """Answers in order, requests remembered in `sent`."""

    def __init__(self, responses: Iterable[Response]) -> None:
        """Take the answers."""
        self._responses = list(responses)
        self.sent: list[Request] = []

    def send(self, request: Request) -> Response:
        """Remember the request and give the next answer."""
        self.sent.append(request)
        if not self._responses:
            raise AssertionError(f"no answer left for {request.api}")
        return self._responses.pop(0)
