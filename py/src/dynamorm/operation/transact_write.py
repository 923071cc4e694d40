"""TransactWriteItems: up to a hundred actions, all or none, each the request of the single operation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..codec import says_too_large
from ..codec.json_text import JSONError, read_json, write_json
from ..errors import (
    ConditionFailedError,
    DynamORMError,
    ItemTooLargeError,
    ServiceError,
    TransactionCanceledError,
    ValidationFailedError,
)
from ..errors.catalogue import CODE_OF_REASON
from ..limits import TOKEN_MAX, TRANSACT_MAX, TRANSACT_MAX_BYTES
from .backoff import Attempts
from .chunk import identify
from .condition import failure
from .delete import Delete
from .exchange import Request, Response, Unsealed
from .put import Put, Stored
from .update import Update

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .backoff import Random, Retries
    from .binding import Binding
    from .condition import Guard
    from .seal import Seal, Visit

T = TypeVar("T")
MEMBER = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete", "ConditionCheck": "ConditionCheck"}


class Check(Delete):
    """A demand on an item that the transaction does not change: what a delete would demand of it."""

    def __init__(self, binding: Binding, key: Mapping[str, Any], guard: Guard) -> None:
        """Build the entry.

        Raises ValidationFailedError where nothing is demanded.
        """
        super().__init__(binding, key, guard)
        if guard.is_empty:
            raise ValidationFailedError(f"{binding.model.name}: a check needs a condition, must_exist or a version")
        self.request = Request("ConditionCheck", self.request.body)


Action = Put | Update | Delete


class Transaction(Unsealed, Generic[T]):
    """An exchange of one request, sent again while others are in its way."""

    def __init__(self, request: Request, retries: Retries, random: Random) -> None:
        """Take the built request."""
        self.request = request
        self._attempts = Attempts(retries, random)
        self._wanted = True
        # Whether any attempt so far may have been applied: a later answer does not take that back.
        self._doubtful = False
        self._result: T

    def next(self) -> Request | None:
        """Give the same request until it is answered for good."""
        if not self._wanted:
            return None
        self._wanted = False
        return Request(self.request.api, self.request.body, self._attempts.delay_ms(), self.request.write)

    def receive(self, response: Response) -> None:
        """Read the answer; raise what it means, unless the same may succeed now."""
        error = response.error
        self._doubtful |= error is not None and error.maybe_applied
        if isinstance(error, TransactionCanceledError):
            error = self._canceled(error, response.body)
            if error.retryable and not self._attempts.spent:
                self._wanted = True
                return
        if error is not None:
            error.maybe_applied = self._doubtful
            raise error
        self._result = self.read(response.body)

    def read(self, body: Mapping[str, Any]) -> T:
        """Turn the answer into the result."""
        raise NotImplementedError

    def reason(self, _index: int, error: DynamORMError, _item: Mapping[str, Any] | None) -> DynamORMError:
        """Tell what the reason of one action means."""
        return error

    def result(self) -> T:
        """Give the result."""
        return self._result

    def _canceled(self, error: TransactionCanceledError, body: Mapping[str, Any]) -> TransactionCanceledError:
        """Give the error with its reasons."""
        given = body.get("CancellationReasons")
        reasons = [self._reason(index, one) for index, one in enumerate(given if isinstance(given, list) else ())]
        failed = [f"reasons[{index}] is {one.kind or one.code}" for index, one in enumerate(reasons) if one is not None]
        out = TransactionCanceledError(
            f"the transaction was cancelled; {', '.join(failed) or 'no reason was given'}",
            origin=error.origin,
            retryable=bool(failed) and all(one is None or one.retryable for one in reasons),
            aws=error.aws,
            request_id=error.request_id,
            status=error.status,
            maybe_applied=error.maybe_applied,
        )
        out.__cause__ = error.__cause__
        return out.with_reasons(reasons)

    def _reason(self, index: int, given: Any) -> DynamORMError | None:  # noqa: ANN401 - DynamoDB JSON
        code = given.get("Code") if isinstance(given, dict) else None
        if not isinstance(code, str) or code == "None":
            return None
        kind = CODE_OF_REASON.get(code, ServiceError)
        if kind is ValidationFailedError and says_too_large(str(given.get("Message"))):
            kind = ItemTooLargeError
        return self.reason(index, kind(f"DynamoDB's reason is {code}", origin="service", aws=code), given.get("Item"))


class TransactWrite(Transaction[None]):
    """A transaction of actions; each is the built exchange of its single operation, whose request it takes in."""

    def __init__(self, actions: Sequence[Action], token: str, retries: Retries, random: Random) -> None:
        """Check the whole and build the request.

        Raises ValidationFailedError for the wrong number of actions, two of one item, too large a whole, a bad token.
        """
        check_number(len(actions))
        self.actions = actions
        bodies = [action.request.body for action in actions]
        names = [action.binding.model.key_names for action in actions]
        check_once(bodies, names)
        self._check_size()
        entries = [{MEMBER[action.request.api]: action.request.body} for action in actions]
        body = {"TransactItems": entries, "ClientRequestToken": check_token(token)}
        super().__init__(Request("TransactWriteItems", body, write=True), retries, random)

    def _check_size(self) -> None:
        parts = [(one.binding.codec, one.request.body) for one in self.actions]
        if sum(codec.size(body.get("Item") or body["Key"]) for codec, body in parts) > TRANSACT_MAX_BYTES:
            raise ValidationFailedError(f"a transaction of more than {TRANSACT_MAX_BYTES} bytes")

    def seals(self) -> list[Seal]:
        """Give what waits in the actions."""
        return [seal for action in self.actions for seal in action.seals()]

    def check_sealed(self) -> None:
        """Refuse an item, or a whole, that is too large with its envelopes."""
        for action in self.actions:
            action.check_sealed()
        self._check_size()

    def visit(self, response: Response, visit: Visit) -> Response:
        """Visit the items of failed conditions."""
        given = response.body.get("CancellationReasons")
        if not isinstance(given, list) or not any(action.binding.codec.encrypted for action in self.actions):
            return response
        reasons = [
            reason
            if not isinstance(reason, dict) or not isinstance(reason.get("Item"), dict)
            else reason | {"Item": visit(action.binding, reason["Item"])}
            for reason, action in zip(given, self.actions, strict=False)
        ]
        return replace(response, body={**response.body, "CancellationReasons": reasons + given[len(reasons) :]})

    def text(self) -> str:
        """Give the request's body as canonical JSON."""
        return write_json(self.request.body)

    def read(self, body: Mapping[str, Any]) -> None:
        """Nothing comes back."""

    def stored(self, action: Action) -> Stored | None:
        """Give what an action put; None where it puts nothing."""
        return Stored(action.binding.codec, action.item, action.stamped, None) if isinstance(action, Put) else None

    def reason(self, index: int, error: DynamORMError, item: Mapping[str, Any] | None) -> DynamORMError:
        """Tell failed conditions apart as the single operation does."""
        if index >= len(self.actions) or type(error) is not ConditionFailedError:
            return error
        action = self.actions[index]
        answer = Response({} if item is None else {"Item": item}, error)
        return failure(action.binding, action.guard, answer) or error


class TransactSend(Transaction[None]):
    """A transaction as it was prepared, sent as it is."""

    def __init__(self, text: str, retries: Retries, random: Random) -> None:
        """Read the text.

        Raises ValidationFailedError where it is no request of a transaction.
        """
        super().__init__(Request("TransactWriteItems", _prepared(text), write=True), retries, random)

    def read(self, body: Mapping[str, Any]) -> None:
        """Nothing comes back."""


def check_number(number: int) -> None:
    """Refuse an empty transaction, and one that DynamoDB does not take."""
    if not 1 <= number <= TRANSACT_MAX:
        raise ValidationFailedError(f"a transaction has 1 to {TRANSACT_MAX} actions")


def check_once(bodies: Sequence[Mapping[str, Any]], names: Sequence[tuple[str, ...]]) -> None:
    """Refuse two actions on one item."""
    pairs = zip(bodies, names, strict=True)
    items = {identify(body["TableName"], keys, body.get("Item") or body["Key"]) for body, keys in pairs}
    if len(items) < len(bodies):
        raise ValidationFailedError("two actions of a transaction on one item")


def check_token(token: Any) -> str:  # noqa: ANN401 - the caller's
    """Refuse what DynamoDB does not take as a token."""
    if not isinstance(token, str) or not 1 <= len(token) <= TOKEN_MAX:
        raise ValidationFailedError(f"a token has 1 to {TOKEN_MAX} characters")
    return token


def _prepared(text: str) -> dict[str, Any]:
    try:
        body = read_json(text)
    except (JSONError, TypeError):
        raise ValidationFailedError("not the text of a prepared transaction") from None
    items = body.get("TransactItems") if isinstance(body, dict) else None
    if not isinstance(items, list) or not all(_is_entry(one) for one in items):
        raise ValidationFailedError("not the text of a prepared transaction")
    check_number(len(items))
    check_token(body.get("ClientRequestToken"))
    found: dict[str, Any] = body
    return found


def _is_entry(given: Any) -> bool:  # noqa: ANN401 - any JSON value
    if not isinstance(given, dict) or len(given) != 1:
        return False
    ((member, body),) = given.items()
    return member in MEMBER.values() and isinstance(body, dict)
