"""Nothing plain and no data key comes out: in no message, representation, JSON, copy or log of anything."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from dynamorm import Model, SeenInMemory, errors, on_record
from dynamorm.codec import Plain
from dynamorm.encryption.ring import Ring
from dynamorm.operation import create
from dynamorm.testing import InMemoryKeys, Response

from .sealed import HUSH, KEY, Locked, Safe, Secret, cache, context, envelope, stored
from .test_encryption import FAILED, Refusing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA_KEYS = [InMemoryKeys().generate(KEY, context(name).kms()).plaintext for name in ("note", "codes")]


def spellings() -> list[str]:
    """Give what must not be seen: the plain value, and each data key in every spelling."""
    keys = [spelling for key in DATA_KEYS for spelling in (repr(key)[2:14], key.hex()[:12])]
    return [HUSH, *keys]


def faces(value: object) -> Iterator[str]:
    yield repr(value)
    yield str(value)
    yield f"{value!r:.2000}"
    dumps: list[Callable[[], str]] = [
        lambda: json.dumps(value, default=repr),
        lambda: pickle.dumps(value).decode("latin-1"),
    ]
    for dump in dumps:
        try:
            yield dump()
        except Exception as refused:  # noqa: BLE001 - what cannot be dumped says why, and that is looked at
            yield str(refused)
    if isinstance(value, BaseException):
        yield "".join(traceback.format_exception(value))
        yield repr(copy.copy(value))
        yield repr(getattr(value, "__notes__", ()))


def leaks(value: object, depth: int = 0, seen: set[int] | None = None) -> list[str]:
    """Look at a value and at everything it holds, but at the caller's own models."""
    seen = set() if seen is None else seen
    if id(value) in seen or depth > 7 or isinstance(value, (Model, str, bytes, int, type)):
        return []
    seen.add(id(value))
    found = [f"{type(value).__name__}: {face[:80]}" for face in faces(value) for word in spellings() if word in face]
    members: list[object] = list(getattr(value, "__dict__", {}).values())
    if isinstance(value, BaseException):
        members += [value.__cause__, value.__context__]
    if isinstance(value, dict):
        members += value.values()
    if isinstance(value, (list, tuple, set)):
        members += value
    return found + [leak for member in members for leak in leaks(member, depth + 1, seen)]


def shut(act: Callable[[], Any]) -> errors.DynamORMError:
    with pytest.raises(errors.DynamORMError) as caught:
        act()
    return caught.value


def test_the_search_finds_what_is_there() -> None:
    assert leaks({"a": [RuntimeError(HUSH)]})
    assert leaks(ValueError(DATA_KEYS[0]))


def test_errors_of_every_path_hold_nothing() -> None:
    moved = stored("b", note={"S": HUSH}) | {"id": {"S": "a"}}
    given = Secret(id="a", note=HUSH)
    told = [
        shut(lambda: Safe(keys=Refusing()).secrets.put(given)),
        shut(lambda: Safe(Response({"Item": moved})).secrets.get({"id": "a"})),
        shut(lambda: Safe(Response({"Item": {"id": {"S": "a"}, "note": {"S": HUSH}}})).secrets.get({"id": "a"})),
        shut(lambda: Safe(Response({"Item": stored(note={"N": "1"})})).secrets.get({"id": "a"})),
        shut(lambda: Safe(Response({"Item": stored(note={"S": HUSH})}, FAILED)).secrets.create(given)),
        shut(lambda: Safe(Response({"Item": moved}, FAILED)).secrets.create(given)),
        shut(lambda: Safe(Response({}, errors.ServiceError("no"))).secrets.put(given)),
        shut(lambda: Safe(Response({}, errors.ServiceError("no"))).secrets.batch_put([given])),
        shut(lambda: Safe(keys=Refusing()).secrets.bulk_put([given])),
        shut(lambda: Safe().secrets.put(Secret(id="a", note=HUSH + "x" * 409_600))),
        shut(lambda: Safe().secrets.update({"id": "a"}, set={"note": {HUSH}})),
        shut(lambda: Safe().secrets.update({"id": "a"}, append={"note": HUSH})),
        shut(lambda: Safe().secrets.put({"id": "a", "note": [HUSH]})),
    ]
    assert [leaks(error) for error in told] == [[]] * len(told)


def test_the_reasons_of_a_transaction_hold_nothing() -> None:
    reasons = [{"Code": "ConditionalCheckFailed", "Item": stored(note={"S": HUSH})}]
    canceled = errors.TransactionCanceledError("no", aws="TransactionCanceledException", origin="service")
    safe = Safe(Response({"CancellationReasons": reasons}, canceled))
    error = shut(lambda: safe.client.transact_write([safe.secrets.actions.create(Secret(id="a", note=HUSH))]))
    assert leaks(error) == []


def test_what_was_made_on_the_way_holds_nothing() -> None:
    safe = Safe(Response({}), Response({"Item": stored(note={"S": HUSH})}), cache=cache())
    exchange = create(safe.secrets.binding, {"id": "a", "note": HUSH}, 0)
    ring = Ring(safe.encryption, 0)
    assert leaks([exchange, exchange.seals()]) == []
    ring.seal(exchange.seals())
    safe.secrets.put(Secret(id="a", note=HUSH))
    safe.secrets.get({"id": "a"})
    held = [exchange, ring, safe.encryption, safe.encryption.cache, safe.client, safe.secrets, safe.script.sent]
    # A data key has to be somewhere; it is no part of how anything shows itself.
    shown = [face for one in [*held, *vars(ring).values()] for face in (repr(one), str(one))]
    assert [word for word in spellings() if any(word in face for face in shown)] == []
    assert HUSH not in pickle.dumps([request.body for request in safe.script.sent]).decode("latin-1")


def test_a_plain_value_has_no_form() -> None:
    plain = Plain({"S": HUSH})
    assert repr(plain) == str(plain) == "<a plain value>"
    forms: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, pickle.dumps, json.dumps]
    for form in forms:
        with pytest.raises(TypeError):
            form(plain)


def test_a_model_does_not_show_its_encrypted_fields() -> None:
    assert repr(Secret(id="a", hint="h", note=HUSH, codes={4711})) == "Secret(id='a', hint='h')"
    assert HUSH not in str(Locked(id="a", at=1, pin=HUSH))
    assert Secret(id="a", note=HUSH).model_dump()["note"] == HUSH


def test_records_and_handlers_show_and_log_nothing(caplog: pytest.LogCaptureFixture) -> None:
    safe = Safe()

    def handle(_record: object) -> None:
        raise ValueError(HUSH)

    change = {"Keys": {"id": {"S": "a"}}, "SequenceNumber": "1", "NewImage": stored(note={"S": HUSH})}
    record = {"eventName": "INSERT", "dynamodb": change}
    decoded = safe.client.stream(Secret).decode(record)
    assert decoded.new == Secret(id="a", note=HUSH, codes=set())
    assert HUSH not in repr(decoded)
    handler = safe.client.stream_handler(on_record(Secret, handle), seen=SeenInMemory())
    with caplog.at_level(logging.DEBUG):
        assert handler({"Records": [record]}) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
        moved = change | {"NewImage": stored("b", note={"S": HUSH}) | {"id": {"S": "a"}}}
        handler({"Records": [record | {"dynamodb": moved}]})
    assert "ValueError" in caplog.text
    assert "InvalidEncryptedEnvelope" in caplog.text
    assert [word for word in spellings() if word in caplog.text] == []


def test_requests_hold_nothing_plain() -> None:
    safe = Safe(
        Response({}),
        Response({}),
        Response({"Items": [{"id": {"S": "a"}, "note": envelope({"S": HUSH})}], "Count": 1}),
        Response({}),
    )
    safe.secrets.put(Secret(id="a", note=HUSH))
    safe.secrets.change({"id": "a"}, returns="none", set={"note": HUSH})
    safe.secrets.reencrypt(all=True)
    assert HUSH not in json.dumps([request.body for request in safe.script.sent])
    assert HUSH not in repr(safe.keys)
