"""Operations on what a client without keys must not touch, and on answers that DynamoDB never gives."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import pytest

from dynamorm import Client, DynamicTable, errors, load_dms
from dynamorm.testing import FixedClock, Request, Response, Script

if TYPE_CHECKING:
    from collections.abc import Callable

ENCRYPTED = """
dms_version: "1.0"
models:
  - name: Secret
    table: { name: secrets }
    keys: { partition: { attribute: id, type: S } }
    attributes:
      - { attribute: id, type: S, required: true }
      - { attribute: hint, type: S }
      - { attribute: note, type: M, encryption: {} }
"""
LOOSE = """
dms_version: "1.0"
models:
  - name: Loose
    table: { name: loose }
    keys: { partition: { attribute: id, type: S } }
    attributes:
      - { attribute: id, type: S, required: true }
      - { attribute: ratio, type: N, format: float }
      - { attribute: num, type: N }
      - { attribute: doc, type: M }
      - { attribute: version, type: N, roles: [version] }
"""
KEY = {"id": "a"}


def table(document: str, *answers: Response) -> tuple[DynamicTable, list[Request]]:
    script = Script(answers)
    ((_name, model),) = load_dms(document).items()
    return Client(transport=script, clock=FixedClock(0)).table(model), script.sent


TOUCHES: list[tuple[str, Callable[[DynamicTable], Any], type[errors.DynamORMError], str]] = [
    ("get", lambda secrets: secrets.get(KEY), errors.EncryptionNotConfiguredError, "note"),
    ("find", lambda secrets: secrets.find(KEY), errors.EncryptionNotConfiguredError, "note"),
    ("select", lambda secrets: secrets.select(KEY, ["note"]), errors.EncryptionNotConfiguredError, "note"),
    ("select-in", lambda secrets: secrets.select(KEY, ["note.x"]), errors.EncryptedFieldNotQueryableError, "note"),
    ("put", lambda secrets: secrets.put({**KEY, "note": {}}), errors.EncryptionNotConfiguredError, "note"),
    ("replace", lambda secrets: secrets.replace(KEY, return_old=True), errors.EncryptionNotConfiguredError, "note"),
    ("update", lambda secrets: secrets.update(KEY, set={"hint": "x"}), errors.EncryptionNotConfiguredError, "note"),
    (
        "remove-in",
        lambda secrets: secrets.update(KEY, remove=["note.x"]),
        errors.EncryptedFieldNotQueryableError,
        "note",
    ),
    (
        "add-in",
        lambda secrets: secrets.update(KEY, add={"note.x": 1}),
        errors.EncryptedFieldNotQueryableError,
        "note",
    ),
    ("delete", lambda secrets: secrets.delete(KEY, return_old=True), errors.EncryptionNotConfiguredError, "note"),
]


@pytest.mark.parametrize(("touch", "error", "path"), [row[1:] for row in TOUCHES], ids=[row[0] for row in TOUCHES])
def test_what_touches_an_encrypted_attribute_without_a_key_sends_nothing(
    touch: Callable[[DynamicTable], Any], error: type[errors.DynamORMError], path: str
) -> None:
    secrets, sent = table(ENCRYPTED)
    with pytest.raises(error) as caught:
        touch(secrets)
    assert (caught.value.path, caught.value.origin, sent) == (path, "client", [])


def test_what_does_not_touch_it_goes_through() -> None:
    secrets, sent = table(ENCRYPTED, Response(), Response({"Item": {"hint": {"S": "x"}}}), Response(), Response())
    secrets.put({**KEY, "hint": "x"})
    assert secrets.select(KEY, ["hint"]) == {"hint": "x"}
    assert secrets.change(KEY, set={"hint": "y"}, remove=["note"], returns="none") is None
    secrets.delete(KEY)
    assert [request.api for request in sent] == ["PutItem", "GetItem", "UpdateItem", "DeleteItem"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1E+500", "", " 1"])
def test_a_stored_float_that_dynamodb_never_holds_is_decode_failed(number: str) -> None:
    loose, _ = table(LOOSE, Response({"Item": {"id": {"S": "a"}, "ratio": {"N": number}}}))
    with pytest.raises(errors.DecodeFailedError) as caught:
        loose.get(KEY)
    assert caught.value.path == "ratio"


@pytest.mark.parametrize("stored", [5, "NULL", [], True, {}, {"S": "x"}], ids=repr)
def test_what_is_no_tagged_value_is_decode_failed(stored: Any) -> None:
    loose, _ = table(LOOSE, Response({"Item": {"id": {"S": "a"}, "num": stored}}))
    with pytest.raises(errors.DecodeFailedError) as caught:
        loose.get(KEY)
    assert caught.value.path == "num"


class Spelled(float):
    """As numpy's: a float with a spelling of its own."""

    def __repr__(self) -> str:
        return "np.float64(1.5)"


class Level(IntEnum):
    HIGH = 3

    def __str__(self) -> str:
        return "high"


@pytest.mark.parametrize(("number", "text"), [(Spelled(1.5), "1.5"), (Level.HIGH, "3"), (Decimal("1.50"), "1.5")])
def test_a_number_with_a_spelling_of_its_own_is_written_by_its_value(number: Any, text: str) -> None:
    loose, sent = table(LOOSE, Response())
    loose.put({**KEY, "num": number, "doc": {"deep": [number]}})
    item = sent[0].body["Item"]
    assert (item["num"], item["doc"]) == ({"N": text}, {"M": {"deep": {"L": [{"N": text}]}}})


@pytest.mark.parametrize("version", [None, {"N": "abc"}, {"S": "1"}, 5, {"N": "2"}], ids=repr)
def test_a_stored_version_that_is_not_the_expected_one_is_a_conflict(version: Any) -> None:
    item = {"id": {"S": "a"}} | ({} if version is None else {"version": version})
    loose, _ = table(LOOSE, Response({"Item": item}, errors.ConditionFailedError("false")))
    with pytest.raises(errors.VersionConflictError):
        loose.update(KEY, set={"num": 1}, expected_version=1)


def test_a_condition_that_fails_at_the_expected_version_is_no_conflict() -> None:
    answer = Response({"Item": {"id": {"S": "a"}, "version": {"N": "1.0"}}}, errors.ConditionFailedError("false"))
    loose, _ = table(LOOSE, answer)
    with pytest.raises(errors.ConditionFailedError) as caught:
        loose.update(KEY, set={"num": 1}, expected_version=1)
    assert type(caught.value) is errors.ConditionFailedError


WRONG_OPERANDS: list[dict[str, Any]] = [
    {"add": {"doc.x": "text"}},
    {"subtract": {"doc.x": "text"}},
    {"append": {"doc.x": "text"}},
    {"prepend": {"doc.x": 1}},
    {"add_to_set": {"doc.x": [1]}},
    {"delete_from_set": {"doc.x": 1}},
    {"set": 5},
    {"remove": 5},
    {"add": "doc"},
]


@pytest.mark.parametrize("members", WRONG_OPERANDS, ids=repr)
def test_an_operand_of_another_type_is_refused_where_the_model_types_nothing(members: dict[str, Any]) -> None:
    loose, sent = table(LOOSE)
    with pytest.raises(errors.ValidationFailedError):
        loose.update(KEY, **members)
    assert sent == []


@pytest.mark.parametrize(("levels", "fits"), [(30, True), (31, False)])
def test_depth_counts_from_the_top_of_the_item_also_inside_a_path(levels: int, fits: bool) -> None:  # noqa: FBT001 - a row of the table
    loose, sent = table(LOOSE, Response())
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    if not fits:
        with pytest.raises(errors.ValidationFailedError):
            loose.change(KEY, set={"doc.x": value}, returns="none")
    else:
        loose.change(KEY, set={"doc.x": value}, returns="none")
    assert len(sent) == int(fits)
