"""Re-encryption item by item, and projections that leave what is newer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pytest

from dynamorm import Attribute, Client, Encrypted, Model, PartitionKey, Reencrypted, Version, errors
from dynamorm.testing import FixedClock, Response, Script

from .models import Order
from .sealed import HUSH, KEY, Safe, context, envelope, stored
from .test_encryption import FAILED, Refusing, asked_of, opened

if TYPE_CHECKING:
    from dynamorm import ReencryptFailure

OLD = "alias/old"


def old(item: str, value: str = HUSH, attribute: str = "note") -> dict[str, Any]:
    return envelope({"S": value}, attribute, item, key=OLD)


def page(*items: dict[str, Any], last: str | None = None) -> Response:
    more = {} if last is None else {"LastEvaluatedKey": {"id": {"S": last}}}
    return Response({"Items": list(items), "Count": len(items), **more})


def test_what_an_old_key_sealed_is_sealed_anew_and_the_rest_is_left() -> None:
    was = old("a")
    first = page({"id": {"S": "a"}, "note": was}, {"id": {"S": "n"}}, last="n")
    second = page(stored("b", note={"S": HUSH}), {"id": {"S": "c"}, "note": old("c")})
    safe = Safe(first, Response({}), second, Response({}, FAILED), read_keys=(OLD,))
    assert safe.secrets.reencrypt(page_size=2, segment=(0, 3)) == Reencrypted(read=4, rewritten=1, current=2, changed=1)
    assert [request.api for request in safe.script.sent] == ["Scan", "UpdateItem", "Scan", "UpdateItem"]
    scan, update = safe.sent(0), safe.sent(1)
    assert scan == {
        "TableName": "secrets",
        "ProjectionExpression": "#n0, #n1, #n2",
        "ExpressionAttributeNames": {"#n0": "id", "#n1": "codes", "#n2": "note"},
        "Limit": 2,
        "Segment": 0,
        "TotalSegments": 3,
    }
    fresh = update["ExpressionAttributeValues"].pop(":v1")
    assert opened(fresh, context(item="a"), 1) == {"S": HUSH}
    assert update == {
        "TableName": "secrets",
        "Key": {"id": {"S": "a"}},
        "ConditionExpression": "#n0 = :v0",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "UpdateExpression": "SET #n0 = :v1",
        "ExpressionAttributeNames": {"#n0": "note"},
        "ExpressionAttributeValues": {":v0": was},
    }
    assert safe.sent(2)["ExclusiveStartKey"] == {"id": {"S": "n"}}


def test_all_rewrites_what_is_current_too_several_values_in_the_order_of_their_names() -> None:
    safe = Safe(page(stored("a", note={"S": HUSH}, codes={"NS": ["1"]})), Response({}))
    assert safe.secrets.reencrypt(all=True) == Reencrypted(read=1, rewritten=1)
    assert safe.sent()["ConditionExpression"] == "#n0 = :v0 AND #n1 = :v1"
    assert safe.sent()["UpdateExpression"] == "SET #n0 = :v2, #n1 = :v3"
    assert safe.asked == ["unwrap codes", "unwrap note", "generate codes", "generate note"]


def test_plain_values_are_sealed_where_they_may_be_read() -> None:
    item = {"id": {"S": "a"}, "note": {"S": HUSH}, "codes": {"NS": ["10", "9"]}}
    safe = Safe(page(item), Response({}), allow_plaintext_reads=True)
    assert safe.secrets.reencrypt() == Reencrypted(read=1, rewritten=1)
    values = safe.sent()["ExpressionAttributeValues"]
    assert [values[":v0"], values[":v1"]] == [{"NS": ["10", "9"]}, {"S": HUSH}]
    assert opened(values[":v2"], context("codes"), 1) == {"NS": ["9", "10"]}


def test_the_first_item_that_fails_ends_it() -> None:
    safe = Safe(page({"id": {"S": "a"}, "note": {"S": HUSH}}, {"id": {"S": "b"}, "note": old("b")}), read_keys=(OLD,))
    with pytest.raises(errors.InvalidEncryptedEnvelopeError) as caught:
        safe.secrets.reencrypt()
    assert (caught.value.path, len(safe.script.sent)) == ("note", 1)


def test_failures_are_told_with_their_keys_and_the_work_goes_on() -> None:
    told: list[ReencryptFailure] = []
    items = [{"id": {"S": "a"}, "note": {"S": HUSH}}, {"id": {"S": "b"}, "note": old("b")}, {"note": old("c")}]
    safe = Safe(page(*items), Response({}), read_keys=(OLD,))
    done = safe.secrets.reencrypt(on_failure=told.append)
    assert done == Reencrypted(read=3, rewritten=1, failed=2)
    assert [(one.key, one.error.code) for one in told] == [
        ({"id": "a"}, "InvalidEncryptedEnvelope"),
        ({}, "InvalidEncryptedEnvelope"),
    ]
    assert HUSH not in repr(told)


def test_a_refused_key_or_write_is_the_item_s_failure() -> None:
    safe = Safe(page(stored("a", note={"S": HUSH})), keys=Refusing(after=1))
    with pytest.raises(errors.KeyUnavailableError):
        safe.secrets.reencrypt(all=True)
    broken = Safe(page(stored("a", note={"S": HUSH})), Response({}, errors.ServiceError("no")))
    with pytest.raises(errors.ServiceError):
        broken.secrets.reencrypt(all=True)


def test_a_model_without_encrypted_attributes_has_nothing_to_seal_anew() -> None:
    with pytest.raises(errors.ValidationFailedError):
        Safe().client.table(Order).reencrypt()


def test_writes_use_the_key_alone() -> None:
    safe = Safe(Response({}), read_keys=(OLD,))
    safe.secrets.put({"id": "a", "note": HUSH})
    assert [key for _, key, _ in asked_of(safe)] == [KEY]


class Total(Model, table="totals"):
    day: Annotated[str, PartitionKey()]
    sum: int = 0
    upto: Annotated[int | None, Attribute(name="up_to")] = None
    hidden: Annotated[int | None, Encrypted()] = None


class Counted(Total, table="counted"):
    version: Annotated[int | None, Version()] = None


def table(*answers: Response, model: type[Any] = Total) -> tuple[Any, Script]:
    script = Script(answers)
    return Client(transport=script, clock=FixedClock(0)).table(model), script


def test_a_projection_is_put_where_there_is_nothing_or_something_older() -> None:
    totals, script = table(Response({}))
    assert totals.project(Total(day="d", sum=3, upto=7), by="upto") is True
    assert script.sent[0].body == {
        "TableName": "totals",
        "Item": {"day": {"S": "d"}, "sum": {"N": "3"}, "up_to": {"N": "7"}},
        "ConditionExpression": "attribute_not_exists(#n0) OR #n1 < :v0",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ExpressionAttributeNames": {"#n0": "day", "#n1": "up_to"},
        "ExpressionAttributeValues": {":v0": {"N": "7"}},
    }


def test_what_is_as_new_stays() -> None:
    totals, _ = table(Response({}, FAILED))
    assert totals.project(Total(day="d", upto=7), by="up_to") is False


def test_a_version_that_does_not_fit_is_a_conflict_all_the_same() -> None:
    stored_item = {"day": {"S": "d"}, "sum": {"N": "0"}, "version": {"N": "9"}}
    totals, script = table(Response({"Item": stored_item}, FAILED), model=Counted)
    with pytest.raises(errors.VersionConflictError):
        totals.project(Counted(day="d", upto=7, version=2), by="upto")
    assert script.sent[0].body["ConditionExpression"] == "(attribute_not_exists(#n0) OR #n1 < :v0) AND #n2 = :v1"


@pytest.mark.parametrize(
    ("by", "kind"),
    [
        ("nothing", errors.ValidationFailedError),
        ("upto", errors.ValidationFailedError),
        ("hidden", errors.EncryptedFieldNotQueryableError),
    ],
)
def test_what_cannot_order_projections_is_refused(by: str, kind: type[Exception]) -> None:
    totals, script = table()
    with pytest.raises(kind):
        totals.project(Total(day="d"), by=by)
    assert script.sent == []
