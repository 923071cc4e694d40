"""Orders whose changes a Lambda function handles: it keeps what others read of them in a table of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import boto3

from dynamorm import Client, Model, PartitionKey, SeenInMemory, Version, on_record

if TYPE_CHECKING:
    from dynamorm import Record, StreamFailure, StreamHandler


class Order(Model, table="stream-orders"):
    """An order."""

    order_id: Annotated[str, PartitionKey()]
    total: Decimal = Decimal(0)
    status: str = "open"
    version: Annotated[int | None, Version()] = None


class Summary(Model, table="stream-summaries"):
    """What others read of an order: the latest, whatever comes late or twice."""

    order_id: Annotated[str, PartitionKey()]
    status: str
    order_version: int


def handler_of(client: Client) -> StreamHandler:
    """Make the Lambda function, once in a process; its event source has ReportBatchItemFailures."""
    summaries = client.table(Summary)

    def summarise(record: Record[Order]) -> None:
        order = record.new
        if order is None:
            print(record.kind, record.keys["order_id"], "expired" if record.expired else "by somebody")
        elif record.kind == "insert" or "status" in (record.changed or ()):
            summary = Summary(order_id=order.order_id, status=order.status, order_version=order.version or 0)
            print(record.kind, order.order_id, order.status, "written:", summaries.project(summary, by="order_version"))

    def failed(failure: StreamFailure) -> None:
        print("failed:", failure.sequence_number, type(failure.error).__name__)

    return client.stream_handler(on_record(Order, summarise), on_failure=failed, seen=SeenInMemory())


def use(client: Client) -> None:
    """Change orders, and let the handler have the records that the table's stream gives of it."""
    orders = client.table(Order)
    order = orders.create(Order(order_id="o-1", total=Decimal("19.90")))
    order.total = Decimal("21.00")
    order = orders.save(order)
    order.status = "paid"
    orders.save(order)
    orders.delete({"order_id": "o-1"})


def main() -> None:
    """Make the tables, use them, and take them away again."""
    dynamodb = boto3.client("dynamodb")  # AWS_ENDPOINT_URL_DYNAMODB names another than AWS's
    for table in ("stream-orders", "stream-summaries"):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        dynamodb.get_waiter("table_exists").wait(TableName=table)
    try:
        client = Client(dynamodb)
        use(client)
        # What Lambda does: it gives the handler batches of records, and again what the handler says has failed.
        handler, records = handler_of(client), list(client.stream(Order).records(until_end=True))
        print("answer:", handler({"Records": records}))
        print("again:", handler({"Records": records}))
        print("summary:", client.table(Summary).get({"order_id": "o-1"}, consistent=True).status)
    finally:
        for table in ("stream-orders", "stream-summaries"):
            dynamodb.delete_table(TableName=table)


if __name__ == "__main__":
    main()
