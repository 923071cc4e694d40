"""The one error shape: what every failure of the library carries.

DynamORMError
  one class per code of spec/errors.yaml (catalogue.py, generated)
    one subclass per kind: AlreadyExistsError, VersionConflictError
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Origin = Literal["client", "service"]


class DynamORMError(Exception):
    """Any failure of this library.

    Messages name attributes and types, never values. `path` is the attribute path (or, for `InvalidModel`, the JSON
    pointer of the offending entry); `aws` is DynamoDB's own type name; `maybe_applied` is true for a write whose answer
    was lost; the SDK's own error is `__cause__`.
    """

    code: ClassVar[str] = ""
    kind: ClassVar[str | None] = None
    default_origin: ClassVar[Origin] = "client"
    default_retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        origin: Origin | None = None,
        retryable: bool | None = None,
        aws: str | None = None,
        request_id: str | None = None,
        status: int | None = None,
        maybe_applied: bool = False,
    ) -> None:
        """Make an error; what is not given takes the code's default."""
        super().__init__(message)
        self.fact = message
        self.path = path
        self.args = (self._message(),)
        self.origin: Origin = origin or self.default_origin
        self.retryable = self.default_retryable if retryable is None else retryable
        self.aws = aws
        self.request_id = request_id
        self.status = status
        self.maybe_applied = maybe_applied
        self._raw_item: Mapping[str, Any] | None = None
        self._decode: Callable[[Mapping[str, Any]], Any] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle without the stored item: its model may not exist elsewhere, and it holds values."""
        state = {**self.__dict__, "_raw_item": None, "_decode": None}
        return (type(self), (self.fact,), state)

    def __setstate__(self, state: Mapping[str, Any] | None) -> None:
        """Take the members over, and spell the message with them."""
        self.__dict__.update(state or {})
        self.args = (self._message(),)

    def _message(self) -> str:
        place = f" at {self.path}" if self.path else ""
        return f"{self.kind or self.code}{place}: {self.fact}"

    def with_item(self, item: Mapping[str, Any] | None, decode: Callable[[Mapping[str, Any]], Any]) -> DynamORMError:
        """Attach the item that a failed condition returned, as DynamoDB JSON; it is decoded when asked for."""
        self._raw_item, self._decode = item, decode
        return self

    @property
    def item(self) -> Any:  # noqa: ANN401 - a model of the caller's, or a dict
        """Give the stored item that made a condition fail, decoded by the model; None where DynamoDB returned none.

        Raises DecodeFailedError where that item does not fit the model.
        """
        return None if self._raw_item is None or self._decode is None else self._decode(self._raw_item)
