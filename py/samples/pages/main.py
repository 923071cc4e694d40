"""The messages of a room: by key, page by page, in part, counted, and all of them at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import boto3

from dynamorm import Client, Model, PartitionKey, Projection, SortKey, field, sort_key

if TYPE_CHECKING:
    from dynamorm import Page, Table


class Message(Model, table="messages"):
    """One message in a room."""

    room: Annotated[str, PartitionKey()]
    number: Annotated[int, SortKey()]
    author: str
    text: str | None = None


class Headline(Projection):
    """What a list shows of a message."""

    number: int
    author: str


def newest(messages: Table[Message], cursor: str | None) -> Page[Headline]:
    """Give three messages for one request of your own API; their cursor comes back with the next request."""
    return messages.query("garden", order="desc", limit=3, cursor=cursor).into(Headline).all()


def read(messages: Table[Message]) -> None:
    """Read some messages, count some, and read all of every room."""
    for message in messages.query("garden", sort_key.between(2, 4)):
        print("message", message.number, "by", message.author)

    print("by ada:", messages.query("garden", filter=field("author") == "ada").count())

    rooms = Counter(message.room for message in messages.scan().parallel(4, concurrency=2))
    print("scanned:", sorted(rooms.items()))


def use(messages: Table[Message]) -> None:
    """Write messages into two rooms, and read them."""
    for number in range(1, 8):
        for room in ("garden", "kitchen"):
            messages.put(Message(room=room, number=number, author=("eve", "ada", "bob")[number % 3], text="hello"))
    read(messages)
    page = newest(messages, None)
    print("page:", *page.items)
    while page.cursor is not None:
        page = newest(messages, page.cursor)
        print("page:", *page.items)


def main() -> None:
    """Make the table, use it, and take it away again."""
    dynamodb = boto3.client("dynamodb")  # AWS_ENDPOINT_URL_DYNAMODB names another than AWS's
    dynamodb.create_table(
        TableName="messages",
        KeySchema=[{"AttributeName": "room", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "room", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName="messages")
    try:
        # Signed cursors: whoever gets one can neither change it nor use it for another list.
        use(Client(dynamodb, cursor_secrets=["from where you keep secrets"]).table(Message))
    finally:
        dynamodb.delete_table(TableName="messages")


if __name__ == "__main__":
    main()
