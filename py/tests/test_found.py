"""What bugs that were planted blind have shown to be held by nothing else, where only this language can say it."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest

from dynamorm import Client, Model, Nested, PartitionKey, errors, load_dms
from dynamorm.testing import FixedClock, Request, Response, Script

from .conftest import NOW_NS
from .models import Order


class Inner(Nested):
    a: str | None = "said when made, never when read"
    b: str | None = None


class Outer(Nested):
    inner: Inner | None = None
    rows: list[Inner] | None = None


class Boxed(Model, table="boxes"):
    id: Annotated[str, PartitionKey()]
    outer: Outer | None = None


def client(*responses: Response) -> tuple[Client, list[Request]]:
    script = Script(responses)
    return Client(transport=script, clock=FixedClock(NOW_NS)), script.sent


def test_what_is_absent_in_a_nested_value_reads_as_none_whatever_its_default() -> None:
    stored = {"id": {"S": "b"}, "outer": {"M": {"inner": {"M": {}}, "rows": {"L": [{"M": {"b": {"S": "x"}}}]}}}}
    db, _ = client(Response({"Item": stored}))
    outer = db.table(Boxed).get({"id": "b"}).outer
    assert outer is not None
    assert outer.inner is not None
    assert outer.rows is not None
    assert (outer.inner.a, outer.rows[0].a, outer.rows[0].b) == (None, None, "x")


@pytest.mark.parametrize("do", ["put", "save"])
def test_version_zero_is_a_version(do: str) -> None:
    db, sent = client(Response())
    getattr(db.table(Order), do)(Order(customer="c", number=1, version=0))
    body = sent[0].body
    assert body["Item"]["version"] == {"N": "1"}
    assert (body["ConditionExpression"], body["ExpressionAttributeNames"]) == ("#n0 = :v0", {"#n0": "version"})
    assert body["ExpressionAttributeValues"] == {":v0": {"N": "0"}}


def test_a_value_with_version_zero_is_not_adopted() -> None:
    db, sent = client()
    with pytest.raises(errors.ValidationFailedError):
        db.table(Order).save(Order(customer="c", number=1, version=0), adopt=True)
    assert sent == []


def document(attribute: str) -> str:
    attributes: list[Any] = [
        {"attribute": "id", "type": "S", "required": True},
        {"attribute": attribute, "type": "S"},
    ]
    keys = {"partition": {"attribute": "id", "type": "S"}}
    model = {"name": "Thing", "table": {"name": "things"}, "keys": keys, "attributes": attributes}
    return json.dumps({"dms_version": "1.0", "models": [model]})


def test_two_documents_may_have_models_of_one_name_on_one_client() -> None:
    old, new = (load_dms(document(name))["Thing"] for name in ("old", "new"))
    db, sent = client(Response(), Response(), Response({"Item": {"id": {"S": "1"}, "new": {"S": "x"}}}))
    db.table(old).put({"id": "1", "old": "x"})
    db.table(new).put({"id": "1", "new": "x"})
    assert [request.body["Item"] for request in sent] == [
        {"id": {"S": "1"}, "old": {"S": "x"}},
        {"id": {"S": "1"}, "new": {"S": "x"}},
    ]
    assert db.table(new).get({"id": "1"}) == {"id": "1", "new": "x"}
