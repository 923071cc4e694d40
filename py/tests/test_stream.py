"""Records of streams: both forms, every view type, what they changed, and whose they are."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import pytest

from dynamorm import (
    Attribute,
    Client,
    Json,
    Model,
    Number,
    OmitEmpty,
    PartitionKey,
    Record,
    SortKey,
    Template,
    errors,
    load_dms,
)
from dynamorm.testing import Script

from .sealed import HUSH, Safe, Secret, envelope, stored


class Event(Model, table="events"):
    id: Annotated[str, PartitionKey()]
    at: Annotated[bytes, SortKey()]
    count: Annotated[Number | None, Attribute(name="n")] = None
    tags: set[str] | None = None
    doc: Annotated[Any, Json] = None
    word: Annotated[str | None, OmitEmpty] = None


CUSTOMER = Template("pk", "CUSTOMER#{customer}")


class Person(
    Model, table="shop", partition_key=CUSTOMER, sort_key=Template("sk", "PERSON"), discriminator=("kind", "Person")
):
    customer: str
    name: str | None = None


class Sale(
    Model,
    table="shop",
    partition_key=CUSTOMER,
    sort_key=Template("sk", "SALE#{number:04d}"),
    discriminator=("kind", "Sale"),
):
    customer: str
    number: int


CLIENT = Client(transport=Script([]))
AT = base64.b64encode(b"\x00\xff").decode()
KEYS = {"id": {"S": "e"}, "at": {"B": AT}}


def record(name: str = "INSERT", keys: Any = KEYS, **change: Any) -> dict[str, Any]:
    return {"eventID": "e-1", "eventName": name, "dynamodb": {"Keys": keys, "SequenceNumber": "100", **change}}


def sale(number: int = 7) -> dict[str, Any]:
    key = {"pk": {"S": "CUSTOMER#c"}, "sk": {"S": f"SALE#{number:04d}"}}
    return {**key, "customer": {"S": "c"}, "number": {"N": str(number)}, "kind": {"S": "Sale"}}


def person() -> dict[str, Any]:
    key = {"pk": {"S": "CUSTOMER#c"}, "sk": {"S": "PERSON"}}
    return {**key, "customer": {"S": "c"}, "name": {"S": "Ada"}, "kind": {"S": "Person"}}


def key_of(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": item["pk"], "sk": item["sk"]}


def test_a_record_has_everything_typed() -> None:
    old = KEYS | {"n": {"N": "1"}, "other": {"S": "unknown"}}
    new = KEYS | {"n": {"N": "2.5"}, "tags": {"SS": ["b", "a"]}}
    given = record("MODIFY", OldImage=old, NewImage=new, ApproximateCreationDateTime=1767323045.1234)
    assert CLIENT.stream(Event).decode(given) == Record(
        model="Event",
        kind="modify",
        event_id="e-1",
        sequence_number="100",
        created_at=datetime(2026, 1, 2, 3, 4, 5, 123_000, UTC),
        expired=False,
        keys={"id": "e", "at": b"\x00\xff"},
        old=Event(id="e", at=b"\x00\xff", count=1, tags=set()),
        new=Event(id="e", at=b"\x00\xff", count=Decimal("2.5"), tags={"a", "b"}),
        changed=("n", "tags"),
    )


def test_boto3_s_record_is_the_same() -> None:
    image = KEYS | {"n": {"N": "1"}, "tags": {"SS": ["a"]}}
    given = record(NewImage=image, ApproximateCreationDateTime=1767323045.5)
    native = record(
        keys={"id": {"S": "e"}, "at": {"B": b"\x00\xff"}},
        NewImage=image | {"at": {"B": b"\x00\xff"}},
        ApproximateCreationDateTime=datetime(2026, 1, 2, 4, 4, 5, 500_400, UTC).astimezone() - timedelta(hours=1),
    )
    assert CLIENT.stream(Event).decode(native) == CLIENT.stream(Event).decode(given)


@pytest.mark.parametrize(
    ("images", "old", "new", "changed"),
    [
        ({}, None, None, None),
        ({"NewImage": KEYS}, None, Event(id="e", at=b"\x00\xff", tags=set()), None),
        ({"OldImage": KEYS}, Event(id="e", at=b"\x00\xff", tags=set()), None, None),
        ({"NewImage": None, "OldImage": None}, None, None, None),
    ],
)
def test_every_view_type_is_read(images: dict[str, Any], old: Any, new: Any, changed: Any) -> None:
    read = CLIENT.stream(Event).decode(record("MODIFY", **images))
    assert (read.old, read.new, read.changed, read.created_at) == (old, new, changed, None)


def test_an_insert_changed_all_it_has_and_a_removal_all_it_had() -> None:
    image = KEYS | {"n": {"N": "1"}, "doc": {"NULL": True}}
    stream = CLIENT.stream(Event)
    assert stream.decode(record("INSERT", NewImage=image)).changed == ("at", "id", "n")
    assert stream.decode(record("REMOVE", OldImage=image)).changed == ("at", "id", "n")
    assert stream.decode(record("REMOVE")).changed is None
    assert stream.decode(record("INSERT", OldImage=image)).changed is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"tags": {"SS": ["a", "b"]}}, {"tags": {"SS": ["b", "a"]}}),
        ({"n": {"N": "1"}}, {"n": {"N": "1.0"}}),
        ({"doc": {"S": '{"a":1,"b":2}'}}, {"doc": {"S": '{ "b": 2.0, "a": 1 }'}}),
        ({"doc": {"NULL": True}}, {}),
        ({"word": {"S": ""}}, {}),
        ({"other": {"S": "x"}}, {"other": {"S": "y"}}),
    ],
)
def test_what_the_codec_would_write_alike_is_no_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    given = record("MODIFY", OldImage=KEYS | old, NewImage=KEYS | new)
    assert CLIENT.stream(Event).decode(given).changed == ()


@pytest.mark.parametrize(
    ("name", "identity", "expired"),
    [
        ("REMOVE", {"type": "Service", "principalId": "dynamodb.amazonaws.com"}, True),
        ("REMOVE", {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}, True),
        ("REMOVE", {"type": "Service", "principalId": "other.amazonaws.com"}, False),
        ("REMOVE", {"type": "User", "principalId": "dynamodb.amazonaws.com"}, False),
        ("REMOVE", None, False),
        ("MODIFY", {"type": "Service", "principalId": "dynamodb.amazonaws.com"}, False),
    ],
)
def test_a_removal_by_dynamodb_is_an_expiry(name: str, identity: Any, expired: bool) -> None:  # noqa: FBT001 - a column
    assert CLIENT.stream(Event).decode({**record(name), "userIdentity": identity}).expired is expired


@pytest.mark.parametrize(
    ("seconds", "millis"),
    [(0, 0), (1.0004, 1_000), (1.0006, 1_001), (Decimal("1.25"), 1_250), (1767323045.9996, 1_767_323_046_000)],
)
def test_the_time_is_rounded_to_milliseconds(seconds: Any, millis: int) -> None:
    at = CLIENT.stream(Event).decode(record(ApproximateCreationDateTime=seconds)).created_at
    assert at == datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=millis)


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {},
        {"eventName": "INSERT"},
        {"eventName": "INSERT", "dynamodb": []},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "1"}},
        {"eventName": "INSERT", "dynamodb": {"SequenceNumber": 1, "Keys": KEYS}},
        {"eventName": "INSERT", "dynamodb": {"Keys": KEYS}},
        {"eventName": "DROP", "dynamodb": {"SequenceNumber": "1", "Keys": KEYS}},
        {"dynamodb": {"SequenceNumber": "1", "Keys": KEYS}},
        {**record(), "eventID": 7},
        record(NewImage="text"),
        record(NewImage={"id": "e"}),
        record(NewImage={"id": {"S": "e", "N": "1"}}),
        record(keys=[]),
        record(keys={"id": {"S": "e"}}),
        record(keys={"id": {"N": "1"}, "at": {"B": AT}}),
        record(ApproximateCreationDateTime="soon"),
        record(ApproximateCreationDateTime=True),
        record(ApproximateCreationDateTime=1e300),
        record(NewImage={"id": {"S": "e"}}),
    ],
)
def test_a_record_of_another_shape_is_refused(given: Any) -> None:
    with pytest.raises(errors.DecodeFailedError):
        CLIENT.stream(Event).decode(given)


def test_records_go_to_the_model_of_their_image() -> None:
    stream = CLIENT.stream((Person, Sale))
    sold = stream.decode(record(keys=key_of(sale()), NewImage=sale()))
    assert (sold.model, sold.new, sold.keys) == (
        "Sale",
        Sale(customer="c", number=7),
        {"pk": "CUSTOMER#c", "sk": "SALE#0007"},
    )
    assert sold.changed == ("customer", "number")
    gone = stream.decode(record("REMOVE", key_of(person()), OldImage=person()))
    assert (gone.model, gone.old) == ("Person", Person(customer="c", name="Ada"))


def test_an_old_image_of_another_model_is_not_given() -> None:
    moved = record("MODIFY", key_of(sale()), OldImage=sale() | {"kind": {"S": "Person"}}, NewImage=sale())
    read = CLIENT.stream((Person, Sale)).decode(moved)
    assert (read.model, read.old, read.changed) == ("Sale", None, None)


def test_a_record_of_nobody_s_is_refused_and_known_as_such() -> None:
    several, one = CLIENT.stream((Person, Sale)), CLIENT.stream(Sale)
    strange = record(keys=key_of(sale()), NewImage=sale() | {"kind": {"S": "Refund"}})
    bare = record(keys=key_of(sale()))
    assert [several.knows(strange), several.knows(bare), one.knows(strange), one.knows(bare)] == [
        False,
        False,
        False,
        True,
    ]
    for stream in (several, one):
        with pytest.raises(errors.DecodeFailedError) as caught:
            stream.decode(strange)
        assert caught.value.path == "kind"


@pytest.mark.parametrize("models", [[], [Event, Sale], [Sale, Sale]])
def test_models_that_nothing_tells_apart_are_refused(models: list[Any]) -> None:
    with pytest.raises(errors.ValidationFailedError):
        CLIENT.stream(models)


def test_models_of_documents_give_plain_dicts() -> None:
    model = {
        "name": "Tick",
        "table": {"name": "ticks"},
        "keys": {"partition": {"attribute": "id", "type": "S"}},
        "attributes": [{"attribute": "id", "type": "S", "required": True}],
    }
    document = json.dumps({"dms_version": "1.0", "models": [model]})
    read = CLIENT.stream(load_dms(document)["Tick"]).decode(
        record(keys={"id": {"S": "t"}}, NewImage={"id": {"S": "t"}})
    )
    assert (read.new, read.changed) == ({"id": "t"}, ("id",))


def test_images_are_opened_and_another_envelope_of_one_value_is_no_change() -> None:
    safe = Safe()
    new = stored(note={"S": HUSH}, codes={"NS": ["1"]})
    given = record("MODIFY", {"id": {"S": "a"}}, OldImage=stored(note={"S": HUSH}), NewImage=new)
    read = safe.client.stream(Secret).decode(given)
    assert read.new == Secret(id="a", note=HUSH, codes={1})
    assert read.changed == ("codes",)
    assert safe.asked == ["unwrap note", "unwrap codes"]


def test_an_image_that_does_not_open_does_not_decode() -> None:
    image = {"id": {"S": "a"}, "note": envelope({"S": HUSH}, item="b")}
    given = record(keys={"id": {"S": "a"}}, NewImage=image)
    with pytest.raises(errors.InvalidEncryptedEnvelopeError):
        Safe().client.stream(Secret).decode(given)
    with pytest.raises(errors.EncryptionNotConfiguredError):
        CLIENT.stream(Secret).decode(given)
    assert CLIENT.stream(Secret).decode(record(keys={"id": {"S": "a"}})).keys == {"id": "a"}
