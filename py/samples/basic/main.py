"""A model, and the first things one does with it, on the DynamoDB that the SDK's own settings name."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations at run time
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import boto3

from dynamorm import Client, CreatedAt, Model, PartitionKey, SortKey, UpdatedAt, Version, errors, field

if TYPE_CHECKING:
    from dynamorm import Table


class Order(Model, table="orders"):
    """One order of a customer."""

    customer_id: Annotated[str, PartitionKey()]
    order_id: Annotated[str, SortKey()]
    status: str = "open"
    total: Decimal | None = None
    created_at: Annotated[datetime | None, CreatedAt()] = None
    updated_at: Annotated[datetime | None, UpdatedAt()] = None
    version: Annotated[int | None, Version()] = None


def use(orders: Table[Order]) -> None:
    """Create an order, read it, pay it, be refused, delete it."""
    created = orders.create(Order(customer_id="c-1", order_id="o-1", total=Decimal("19.90")))
    print("created", created.order_id, "version", created.version)

    key = {"customer_id": "c-1", "order_id": "o-1"}
    order = orders.get(key, consistent=True)
    print("read", order.total, order == created)

    paid = orders.update(key, set={"status": "paid"}, condition=field("total") > 0, expected_version=order.version)
    print("updated", paid.status, "version", paid.version)

    try:
        order.total = Decimal("21.00")
        orders.save(order)
    except errors.VersionConflictError as conflict:
        print("refused", conflict.kind, "stored", conflict.item.version, "ours", order.version)

    orders.delete(key, must_exist=True)
    print("deleted", orders.find(key) is None)


def main() -> None:
    """Make the table, use it, and take it away again."""
    dynamodb = boto3.client("dynamodb")  # AWS_ENDPOINT_URL_DYNAMODB names another than AWS's
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[
            {"AttributeName": "customer_id", "KeyType": "HASH"},
            {"AttributeName": "order_id", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "customer_id", "AttributeType": "S"},
            {"AttributeName": "order_id", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName="orders")
    try:
        use(Client(dynamodb).table(Order))
    finally:
        dynamodb.delete_table(TableName="orders")


if __name__ == "__main__":
    main()
