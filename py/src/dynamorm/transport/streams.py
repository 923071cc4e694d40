"""The door to DynamoDB Streams: a boto3 client of `dynamodbstreams`, for reading a stream in development and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from . import fault

if TYPE_CHECKING:
    from ..errors import DynamORMError


class StreamsDoor:
    """Calls DynamoDB Streams."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto3 makes its clients at run time
        """Take the caller's client."""
        self._client = client

    def describe(self, arn: str, after: str | None) -> dict[str, Any]:
        """Give a page of a stream's description."""
        more = {} if after is None else {"ExclusiveStartShardId": after}
        found: dict[str, Any] = self._call("describe_stream", StreamArn=arn, **more)["StreamDescription"]
        return found

    def iterator(self, arn: str, shard: str, kind: str) -> str:
        """Give an iterator of a shard: from its oldest record (TRIM_HORIZON) or from now on (LATEST)."""
        found: str = self._call("get_shard_iterator", StreamArn=arn, ShardId=shard, ShardIteratorType=kind)[
            "ShardIterator"
        ]
        return found

    def records(self, iterator: str) -> tuple[list[dict[str, Any]], str | None]:
        """Give the next records of a shard, and the iterator behind them; None at the shard's end."""
        answer = self._call("get_records", ShardIterator=iterator)
        return answer.get("Records", []), answer.get("NextShardIterator")

    def _call(self, api: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a request
        error: DynamORMError
        try:
            found: dict[str, Any] = getattr(self._client, api)(**params)
        except ClientError as answered:
            error, _ = fault.of_client_error(answered)
        except BotoCoreError as failed:
            error = fault.of_sdk_error(failed, reached=True)
        else:
            return found
        raise error
