"""A conversation without a wire: requests out, responses in, a result at the end. Nothing here waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..errors import DynamORMError
    from .seal import Seal, Visit

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Request:
    """One DynamoDB call: the API's name, its body as DynamoDB JSON, and how long to wait before sending it again."""

    api: str
    body: dict[str, Any]
    delay_ms: int | None = None
    write: bool = False


@dataclass(frozen=True)
class Response:
    """One answer: a body, or the error it became (`body` then holds the error's own members)."""

    body: Mapping[str, Any] = field(default_factory=dict)
    error: DynamORMError | None = None
    unanswered: bool = False
    """Whether an attempt before the last one got no readable answer, so that it may have been applied."""
    request_id: str | None = None
    """The service's id of the request, of a success; an error has its own."""


class Sealable(Protocol):
    """What has values that are sealed before anything is sent."""

    def seals(self) -> Sequence[Seal]:
        """Give the values that wait to be sealed."""
        ...

    def check_sealed(self) -> None:
        """Refuse what is too large with its envelopes."""
        ...


class Exchange(Sealable, Protocol[T_co]):
    """The steps of an operation; a driver sends what `next` gives and hands the answer to `receive`."""

    def next(self) -> Request | None:
        """Give the next request; None when there is none left."""
        ...

    def visit(self, response: Response, visit: Visit) -> Response:
        """Give the answer with what a visit makes of the items in it that will be read."""
        ...

    def receive(self, response: Response) -> None:
        """Take the answer to the last request. Raises what the answer means."""
        ...

    def result(self) -> T_co:
        """Give the result, after the last answer."""
        ...


class Unsealed:
    """An exchange that sends nothing encrypted, and gets nothing encrypted back: what the others override."""

    def seals(self) -> Sequence[Seal]:
        """Give nothing to seal."""
        return ()

    def check_sealed(self) -> None:
        """Find nothing too large."""

    def visit(self, response: Response, visit: Visit) -> Response:  # noqa: ARG002 - there is nothing to visit
        """Give the answer as it is."""
        return response


class SingleExchange(Unsealed, Generic[T]):
    """An operation of one call: subclasses read the answer."""

    def __init__(self, request: Request) -> None:
        """Take the built request; a transaction has its body among others."""
        self.request = request
        self._given = False
        self._result: T

    def next(self) -> Request | None:
        """Give the request once."""
        given, self._given = self._given, True
        return None if given else self.request

    def receive(self, response: Response) -> None:
        """Read the answer."""
        self._result = self.read(response)

    def read(self, response: Response) -> T:
        """Turn the answer into the result, or raise."""
        raise NotImplementedError

    def result(self) -> T:
        """Give the result."""
        return self._result
