"""A document of two models, one after the other, and the change between them."""

from __future__ import annotations

SHOP = """\
dms_version: "1.0"
models:
  - name: Order
    table: { name: orders }
    keys: { partition: { attribute: id, type: S } }
    attributes:
      - { attribute: id, type: S, required: true }
      - { attribute: total, type: N, format: int }
      - { attribute: note, type: S }
  - name: OrderV2
    table: { name: orders-v2 }
    keys: { partition: { attribute: id, type: S } }
    attributes:
      - { attribute: id, type: S, required: true }
      - { attribute: cents, type: N, format: int, required: true }
      - { attribute: note, type: S }
      - { attribute: gone_at, type: N, format: unix_seconds, roles: [ttl] }
    indexes:
      - { name: by-note, type: GSI, partition: { attribute: note, type: S } }
"""
CHANGES = """\
def to_v2(order):
    if order["note"] == "skip":
        return None
    return {"id": order["id"], "cents": order["total"] * 100, "note": order["note"]}


class Holder:
    same = staticmethod(lambda order: order)


nothing = 7
"""
