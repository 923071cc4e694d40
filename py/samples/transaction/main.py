"""A shop: its stock arrives by a bulk write, and what is sold is taken from it and ordered at once, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import boto3

from dynamorm import Client, Model, PartitionKey, Version, errors, field

if TYPE_CHECKING:
    from dynamorm import Table


class Stock(Model, table="stock"):
    """How many of an article are left."""

    article: Annotated[str, PartitionKey()]
    left: int = 0


class Order(Model, table="sales"):
    """One sale."""

    order_id: Annotated[str, PartitionKey()]
    article: str
    count: int
    version: Annotated[int | None, Version()] = None


def fill(stock: Table[Stock]) -> None:
    """Write many articles, some requests at a time, and read some of them."""
    articles = (Stock(article=f"a-{number}", left=3) for number in range(1, 61))
    done = stock.bulk_put(articles, on_failure=lambda failure: print(failure.error))
    print("written:", done.written, "failed:", done.failed)

    found = stock.batch_get([{"article": "a-7"}, {"article": "a-61"}])
    print("found:", [one.article for one in found.items], "missing:", found.missing)


def sell(client: Client, order: Order) -> bool:
    """Take from the stock and note the order, both or none."""
    stock, orders = client.table(Stock), client.table(Order)
    take = stock.actions.update(
        {"article": order.article}, subtract={"left": order.count}, condition=field("left") >= order.count
    )
    try:
        client.transact_write([take, orders.actions.create(order)])
    except errors.TransactionCanceledError as canceled:
        taken, ordered = canceled.reasons
        if taken is not None:
            print("refused:", taken.code, "left:", taken.item and taken.item.left)
        if ordered is not None:
            print("refused:", ordered.kind)
        return False
    return True


def use(client: Client) -> None:
    """Fill the stock, sell, and see what is left."""
    fill(client.table(Stock))
    print("sold:", sell(client, Order(order_id="o-1", article="a-7", count=2)))
    print("sold:", sell(client, Order(order_id="o-2", article="a-7", count=2)))
    print("sold:", sell(client, Order(order_id="o-1", article="a-8", count=1)))

    stock, orders = client.table(Stock).actions, client.table(Order).actions
    left, order = client.transact_get((stock.get({"article": "a-7"}), orders.get({"order_id": "o-1"})))
    print("left:", left and left.left, "ordered:", order and order.count)

    # A prepared transaction is text: kept where a crash does not lose it, sent as often as it takes, it happens once.
    text = client.prepare([stock.update({"article": "a-9"}, subtract={"left": 1})])
    client.transact_send(text)
    client.transact_send(text)
    print("left:", client.table(Stock).get({"article": "a-9"}, consistent=True).left)


def main() -> None:
    """Make the tables, use them, and take them away again."""
    dynamodb = boto3.client("dynamodb")  # AWS_ENDPOINT_URL_DYNAMODB names another than AWS's
    for table, key in (("stock", "article"), ("sales", "order_id")):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.get_waiter("table_exists").wait(TableName=table)
    try:
        use(Client(dynamodb))
    finally:
        for table in ("stock", "sales"):
            dynamodb.delete_table(TableName=table)


if __name__ == "__main__":
    main()
