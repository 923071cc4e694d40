"""Laws of cursors over generated keys: what is written is read back, and nothing else is read."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from functools import partial
from secrets import token_bytes
from string import ascii_letters, digits
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamorm import errors
from dynamorm.operation.cursor import Bound, Cursor, Signer

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
values = st.one_of(
    texts.map(lambda text: {"S": text}),
    st.integers(-(10**37), 10**37).map(lambda number: {"N": str(number)}),
    st.binary(min_size=1, max_size=8).map(lambda raw: {"B": base64.b64encode(raw).decode()}),
)
segments = st.integers(1, 1_000_000).flatmap(lambda total: st.tuples(st.integers(0, total - 1), st.just(total)))
cursors = st.builds(
    Cursor,
    key=st.dictionaries(texts, values, min_size=1, max_size=4),
    index=st.none() | texts,
    order=st.sampled_from([None, "asc", "desc"]),
    segment=st.none() | segments,
)
BOUND = Bound("orders", "by-total", ("Order", "Customer"), '"id" = {"S":"a"}', '"total" > {"N":"1"}', "tenant")
NONCE = partial(token_bytes, 12)
SIGNERS = {
    "plain": Signer(),
    "signed": Signer((b"new", b"old")),
    "encrypted": Signer((b"new", b"old"), encrypt=True, nonce=NONCE),
}
ALPHABET = f"{ascii_letters}{digits}-_+/=."
SECRET = ["signed", "encrypted"]


def bound() -> Bound:
    return BOUND


def accepts(signer: Signer, text: Any, where: Bound = BOUND) -> bool:
    try:
        signer.read(text, lambda: where)
    except errors.InvalidCursorError:
        return False
    return True


def broken(text: str, data: st.DataObject) -> str:
    """Change one character of a text, or cut the text at it."""
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.sampled_from(["", text[:at], chr(ord(text[at]) ^ 1), "A", "_", ".", "=", " ", "é"]))
    out = put if put == text[:at] else text[:at] + put + text[at + 1 :]
    return out if out != text else text[:-1]


@pytest.mark.parametrize("name", SIGNERS)
@given(cursor=cursors)
def test_what_is_written_is_read_back(name: str, cursor: Cursor) -> None:
    signer = SIGNERS[name]
    assert signer.read(signer.write(cursor, bound), bound) == cursor


@given(cursor=cursors, data=st.data())
def test_a_changed_plain_cursor_is_refused_or_the_cursor_of_another_place(cursor: Cursor, data: st.DataObject) -> None:
    signer = SIGNERS["plain"]
    text = broken(signer.write(cursor, bound), data)
    try:
        read = signer.read(text, bound)
    except errors.InvalidCursorError:
        return
    assert read != cursor
    assert signer.write(read, bound) == text


@pytest.mark.parametrize("name", SECRET)
@given(cursor=cursors, data=st.data())
def test_a_changed_signed_cursor_is_refused(name: str, cursor: Cursor, data: st.DataObject) -> None:
    signer = SIGNERS[name]
    assert not accepts(signer, broken(signer.write(cursor, bound), data))


@pytest.mark.parametrize("name", SIGNERS)
@pytest.mark.parametrize("value", ["a", "ab", "abc"])
def test_no_character_can_be_replaced_by_one_that_means_the_same(name: str, value: str) -> None:
    signer, cursor = SIGNERS[name], Cursor({"id": {"S": value}})
    text = signer.write(cursor, bound)
    changed = {text[:at] + put + text[at + 1 :] for at in range(len(text)) for put in ALPHABET} - {text}
    taken = [other for other in changed if accepts(signer, other)]
    assert not [other for other in taken if name != "plain" or signer.read(other, bound) == cursor]


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()))
def test_what_nobody_wrote_is_refused(text: str) -> None:
    assert not any(accepts(signer, text) for signer in SIGNERS.values())


GOOD: dict[str, Any] = {"k": {"id": {"S": "a"}}, "v": 1}
STRANGE: dict[str, Any] = {
    "no object": [],
    "no version": {"k": {"id": {"S": "a"}}},
    "another version": {**GOOD, "v": 2},
    "a version that is true": {**GOOD, "v": True},
    "no key": {"v": 1},
    "a key that is text": {**GOOD, "k": "id"},
    "a key that is a list": {**GOOD, "k": {"id": []}},
    "a key of two types": {**GOOD, "k": {"id": {"N": "1", "S": "a"}}},
    "a key of no type": {**GOOD, "k": {"id": {}}},
    "a key that is no text": {**GOOD, "k": {"id": {"N": 1}}},
    "a number spelled otherwise": {**GOOD, "k": {"id": {"N": "1.0"}}},
    "a number that is none": {**GOOD, "k": {"id": {"N": "x"}}},
    "a number out of range": {**GOOD, "k": {"id": {"N": "1e999999999"}}},
    "bytes that are none": {**GOOD, "k": {"id": {"B": "?"}}},
    "an index that is null": {**GOOD, "i": None},
    "an index that is a list": {**GOOD, "i": [["x"]]},
    "an order of no kind": {**GOOD, "s": "UP"},
    "an order that is a list": {**GOOD, "s": []},
    "half a segment": {**GOOD, "g": [1]},
    "a segment of three": {**GOOD, "g": [0, 1, 2]},
    "a segment of text": {**GOOD, "g": ["0", "1"]},
    "a segment that is true": {**GOOD, "g": [False, True]},
    "a segment that is a map": {**GOOD, "g": {"0": 1}},
    "more than it needs": {**GOOD, "x": 1},
}


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def test_the_strange_members_differ_from_good_ones() -> None:
    assert accepts(SIGNERS["plain"], encoded(json.dumps(GOOD, separators=(",", ":"))))


@pytest.mark.parametrize("members", STRANGE.values(), ids=STRANGE)
def test_json_that_this_library_does_not_write_is_refused(members: Any) -> None:
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    assert not accepts(SIGNERS["plain"], encoded(text))


def test_json_of_any_depth_and_length_is_refused() -> None:
    for text in ("[" * 100_000, '{"a":' * 100_000, '{"v":' + "9" * 10_000 + "}"):
        assert not accepts(SIGNERS["plain"], encoded(text))


@pytest.mark.parametrize("text", [None, 5, b"e30", "", ".", "e30=", "e30.e30"], ids=repr)
def test_what_is_no_cursor_at_all_is_refused(text: Any) -> None:
    assert not any(accepts(signer, text) for signer in SIGNERS.values())


OTHERS = {
    "table": replace(BOUND, table="others"),
    "index": replace(BOUND, index=""),
    "models": replace(BOUND, models=("Order",)),
    "condition": replace(BOUND, condition='"id" = {"S":"b"}'),
    "filter": replace(BOUND, filter=""),
    "context": replace(BOUND, context="another"),
    "parts moved over their border": replace(BOUND, table="orde", index="rsby-total"),
}


@pytest.mark.parametrize("name", SECRET)
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_signature_binds_a_cursor_to_its_read(name: str, other: Bound) -> None:
    signer = SIGNERS[name]
    text = signer.write(Cursor({"id": {"S": "a"}}), bound)
    assert (accepts(signer, text), accepts(signer, text, other)) == (True, False)


@pytest.mark.parametrize("encrypt", [False, True], ids=SECRET)
def test_every_secret_is_accepted_and_no_other(*, encrypt: bool) -> None:
    cursor = Cursor({"id": {"S": "a"}})
    old = Signer((b"old",), encrypt=encrypt, nonce=NONCE).write(cursor, bound)
    assert accepts(Signer((b"new", b"old"), encrypt=encrypt, nonce=NONCE), old)
    assert not accepts(Signer((b"new",), encrypt=encrypt, nonce=NONCE), old)


def test_no_kind_of_cursor_is_taken_for_another() -> None:
    texts = {name: signer.write(Cursor({"id": {"S": "a"}}), bound) for name, signer in SIGNERS.items()}
    taken = {(name, reader) for name, text in texts.items() for reader in SIGNERS if accepts(SIGNERS[reader], text)}
    assert taken == {(name, name) for name in SIGNERS}


def test_an_encrypted_cursor_shows_no_key_and_is_another_each_time() -> None:
    signer, cursor = SIGNERS["encrypted"], Cursor({"id": {"S": "a customer's name"}})
    first, second = signer.write(cursor, bound), signer.write(cursor, bound)
    assert first != second
    assert b"customer" not in base64.urlsafe_b64decode(first.partition(".")[0] + "==")


@pytest.mark.parametrize(("secrets", "encrypt"), [([], True), ([""], False), (["new", b""], False)], ids=repr)
def test_secrets_that_protect_nothing_are_refused(secrets: list[str | bytes], *, encrypt: bool) -> None:
    with pytest.raises(errors.ValidationFailedError):
        Signer.of(secrets, encrypt=encrypt, nonce=NONCE)


def test_text_and_bytes_are_the_same_secret() -> None:
    assert Signer.of(["secret"], encrypt=False).secrets == Signer.of([b"secret"], encrypt=False).secrets
