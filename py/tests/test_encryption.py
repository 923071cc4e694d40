"""Encrypted attributes on their way: what is sealed when, what is opened by what, and what is asked of the keys."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from dynamorm import Client, Encryption, errors, load_dms
from dynamorm.encryption import EnvelopeContext, KeyRefusedError, open_envelope
from dynamorm.limits import ITEM_SIZE_MAX_BYTES
from dynamorm.testing import FixedClock, InMemoryKeys, Response, Script

from .sealed import HUSH, KEY, Locked, Safe, Secret, cache, context, envelope, stored

FAILED = errors.ConditionFailedError("no", aws="ConditionalCheckFailedException", origin="service")


class Refusing(InMemoryKeys):
    """Keys that refuse whatever they are asked, after so many calls."""

    def __init__(self, aws: str = "AccessDeniedException", *, after: int = 0) -> None:
        super().__init__()
        self.aws, self.after = aws, after

    def generate(self, key: str, context: Any) -> Any:
        fresh = super().generate(key, context)
        if len(self.asked) > self.after:
            raise KeyRefusedError(self.aws, status=400, request_id="r-1")
        return fresh

    def unwrap(self, key: str, wrapped: bytes, context: Any) -> bytes:
        plaintext = super().unwrap(key, wrapped, context)
        if len(self.asked) > self.after:
            raise KeyRefusedError(self.aws, status=400, request_id="r-1")
        return plaintext


def asked_of(safe: Safe) -> list[tuple[str, str, dict[str, str]]]:
    assert isinstance(safe.keys, InMemoryKeys)
    return safe.keys.asked


def opened(sealed: dict[str, Any], bound: EnvelopeContext, number: int, key: str = KEY) -> dict[str, Any]:
    """Open the envelope that has the n-th data key."""
    keys = InMemoryKeys()
    fresh = [keys.generate(key, bound.kms()) for _ in range(number)][-1]
    return open_envelope(sealed, fresh.plaintext, bound)


def test_a_put_seals_each_value_under_a_key_of_its_own_in_the_order_of_names() -> None:
    safe = Safe(Response({}))
    given = Secret(id="a", note=HUSH, codes={10, 9})
    assert safe.secrets.put(given) == Secret(id="a", note=HUSH, codes={9, 10})
    assert safe.asked == ["generate codes", "generate note"]
    item = safe.sent()["Item"]
    assert opened(item["codes"], context("codes"), 1) == {"NS": ["9", "10"]}
    assert opened(item["note"], context(), 2) == {"S": HUSH}


def test_what_an_item_has_not_is_not_sealed() -> None:
    safe = Safe(Response({}))
    safe.secrets.put(Secret(id="a", codes=set()))
    assert (safe.sent()["Item"], safe.asked) == ({"id": {"S": "a"}}, [])


def test_an_update_seals_what_it_sets_and_opens_what_comes_back_without_asking_for_it() -> None:
    back = {"codes": envelope({"NS": ["1"]}, "codes")}  # without a key: it is the call's
    safe = Safe(Response({"Attributes": back}))
    assert safe.secrets.change({"id": "a"}, returns="updated_new", set={"note": HUSH, "hint": "h"}) == {"codes": {1}}
    assert safe.asked == ["generate note", "unwrap codes"]
    values = safe.sent()["ExpressionAttributeValues"]
    assert opened(values[":v0"], context(), 1) == {"S": HUSH}
    assert values[":v1"] == {"S": "h"}


def test_an_update_opens_what_it_has_sealed_with_the_key_it_has() -> None:
    safe = Safe()

    class Echo(Script):
        def send(self, request: Any) -> Response:
            self.sent.append(request)
            return Response(
                {"Attributes": {"id": {"S": "a"}, "note": request.body["ExpressionAttributeValues"][":v0"]}}
            )

    client = Client(transport=Echo([]), encryption=safe.encryption)
    assert client.table(Secret).update({"id": "a"}, set={"note": HUSH}).note == HUSH
    assert safe.asked == ["generate note"]


def test_setting_null_removes_and_asks_nobody() -> None:
    safe = Safe(Response({}))
    safe.secrets.change({"id": "a"}, returns="none", set={"note": None, "codes": set()})
    assert (safe.sent()["UpdateExpression"], safe.asked) == ("REMOVE #n1, #n2", [])


def test_every_read_opens() -> None:
    item = stored(note={"S": HUSH})
    safe = Safe(
        Response({"Item": item}),
        Response({"Item": item}),
        Response({"Items": [item, {"id": {"S": "b"}}], "Count": 2}),
        Response({"Responses": {"secrets": [item]}}),
        Response({"Responses": [{"Item": item}]}),
        Response({"Attributes": item}),
        Response({"Attributes": item}),
    )
    table, actions = safe.secrets, safe.secrets.actions
    assert table.get({"id": "a"}).note == HUSH
    assert table.select({"id": "a"}, ["note"]) == {"note": HUSH}
    assert [one.note for one in table.scan()] == [HUSH, None]
    assert [one.note for one in table.batch_get([{"id": "a"}, {"id": "a"}]).items] == [HUSH, HUSH]
    assert safe.client.transact_get([actions.get({"id": "a"})])[0] == Secret(id="a", note=HUSH, codes=set())
    old = table.delete({"id": "a"}, return_old=True)
    assert old is not None
    assert old.note == HUSH
    assert table.update({"id": "a"}, set={"hint": "h"}).note == HUSH
    assert safe.asked == ["unwrap note"] * 7


def test_a_key_is_asked_for_once_for_an_answer_and_again_for_the_next() -> None:
    item = stored(note={"S": HUSH})
    page = Response({"Items": [item, item, item], "Count": 3, "LastEvaluatedKey": {"id": {"S": "a"}}})
    safe = Safe(page, Response({"Items": [item], "Count": 1}))
    assert [one.note for one in safe.secrets.scan()] == [HUSH] * 4
    assert safe.asked == ["unwrap note"] * 2


def test_items_behind_the_limit_are_not_opened() -> None:
    items = [stored("a", note={"S": HUSH}), stored("b", note={"S": HUSH})]
    safe = Safe(Response({"Items": items, "Count": 2}))
    assert [one.note for one in safe.secrets.scan(limit=1)] == [HUSH]
    assert safe.asked == ["unwrap note"]


def test_selecting_what_is_encrypted_fetches_the_key_and_hides_it() -> None:
    safe = Safe(Response({"Item": stored(note={"S": HUSH})}))
    assert safe.secrets.select({"id": "a"}, ["note", "hint"]) == {"note": HUSH}
    assert safe.sent()["ProjectionExpression"] == "#n0, #n1, #n2"
    assert safe.sent()["ExpressionAttributeNames"] == {"#n0": "note", "#n1": "hint", "#n2": "id"}


def test_selecting_what_is_not_encrypted_fetches_nothing_besides_and_needs_no_key() -> None:
    script = Script([Response({"Item": {"hint": {"S": "h"}}})])
    assert Client(transport=script).table(Secret).select({"id": "a"}, ["hint"]) == {"hint": "h"}
    assert script.sent[0].body["ProjectionExpression"] == "#n0"


def test_the_first_item_that_does_not_open_gives_the_error_whatever_comes_behind() -> None:
    moved = stored("b", note={"S": HUSH}) | {"id": {"S": "c"}}
    safe = Safe(Response({"Items": [stored(note={"S": HUSH}), moved, {"id": {"N": "1"}}], "Count": 3}))
    with pytest.raises(errors.InvalidEncryptedEnvelopeError) as caught:
        safe.secrets.scan().all()
    assert caught.value.path == "note"


def test_what_has_no_envelope_s_shape_asks_nobody() -> None:
    safe = Safe(Response({"Item": {"id": {"S": "a"}, "note": {"S": "plain"}, "codes": {"M": {}}}}))
    with pytest.raises(errors.InvalidEncryptedEnvelopeError) as caught:
        safe.secrets.get({"id": "a"})
    assert (caught.value.path, safe.asked) == ("note", [])


def test_an_item_without_its_key_cannot_be_opened() -> None:
    item = stored(note={"S": HUSH})
    del item["id"]
    safe = Safe(Response({"Items": [item], "Count": 1}))
    with pytest.raises(errors.DecodeFailedError) as caught:
        safe.secrets.scan().all()
    assert (caught.value.path, safe.asked) == ("id", [])


@pytest.mark.parametrize("number", ["1E+400", "1" * 39, "x"])
def test_an_envelope_in_an_item_whose_key_is_none_stays_shut(number: str) -> None:
    answer = Response({"Item": {"id": {"S": "a"}, "at": {"N": number}, "pin": envelope({"S": HUSH}, "note")}})
    safe = Safe(answer)
    with pytest.raises(errors.DecodeFailedError) as caught:
        safe.client.table(Locked).get({"id": "a", "at": 7})
    assert (caught.value.path, safe.asked) == ("at", [])


def test_a_selected_envelope_in_an_item_without_its_key_stays_shut() -> None:
    item = stored(note={"S": HUSH})
    del item["id"]
    safe = Safe(Response({"Item": item}))
    with pytest.raises(errors.InvalidEncryptedEnvelopeError) as caught:
        safe.secrets.select({"id": "a"}, ["note"])
    assert (caught.value.path, safe.asked) == ("note", [])


def test_null_is_null_and_asks_nobody() -> None:
    safe = Safe(Response({"Item": {"id": {"S": "a"}, "note": {"NULL": True}}}))
    assert (safe.secrets.get({"id": "a"}), safe.asked) == (Secret(id="a", codes=set()), [])


def test_pinned_names_stand_in_the_place_of_the_model_s() -> None:
    safe = Safe(Response({}))
    safe.client.table(Locked).create(Locked(id="a", at=7, pin="1234"))
    assert asked_of(safe) == [("generate", KEY, {"dynamorm:model": "Door", "dynamorm:attribute": "code"})]
    bound = EnvelopeContext("", "Door", "code", {}, [("id", {"S": "a"}), ("at", {"N": "7"})])
    assert opened(safe.sent()["Item"]["pin"], bound, 1) == {"S": "1234"}


def test_plain_values_are_read_where_that_is_allowed() -> None:
    item = {"id": {"S": "a"}, "note": {"S": "plain"}, "codes": {"NS": ["1"]}}
    safe = Safe(Response({"Item": item}), Response({"Item": item | {"note": {"N": "1"}}}), allow_plaintext_reads=True)
    assert safe.secrets.get({"id": "a"}) == Secret(id="a", note="plain", codes={1})
    with pytest.raises(errors.InvalidEncryptedEnvelopeError):
        safe.secrets.get({"id": "a"})
    assert safe.asked == []


def test_old_keys_open_in_their_turn_and_a_refusal_of_another_kind_ends_it() -> None:
    item = {"id": {"S": "a"}, "note": envelope({"S": HUSH}, key="alias/old")}
    safe = Safe(Response({"Item": item}), read_keys=("alias/older", "alias/old"))
    assert safe.secrets.get({"id": "a"}).note == HUSH
    assert [key for _, key, _ in asked_of(safe)] == [KEY, "alias/older", "alias/old"]
    strict = Safe(Response({"Item": item}), keys=Refusing(), read_keys=("alias/old",))
    with pytest.raises(errors.KeyUnavailableError) as caught:
        strict.secrets.get({"id": "a"})
    assert (caught.value.aws, caught.value.request_id, caught.value.path) == ("AccessDeniedException", "r-1", "note")


def test_without_its_old_key_an_envelope_stays_shut() -> None:
    safe = Safe(Response({"Item": {"id": {"S": "a"}, "note": envelope({"S": HUSH}, key="alias/old")}}))
    with pytest.raises(errors.KeyUnavailableError) as caught:
        safe.secrets.get({"id": "a"})
    assert (caught.value.aws, caught.value.retryable) == ("IncorrectKeyException", False)


def test_another_tenant_s_envelope_stays_shut() -> None:
    safe = Safe(
        Response({"Item": {"id": {"S": "a"}, "note": envelope({"S": HUSH}, tenant="t1")}}), context={"tenant": "t2"}
    )
    with pytest.raises(errors.InvalidEncryptedEnvelopeError):
        safe.secrets.get({"id": "a"})


def test_the_item_of_a_failed_condition_is_opened_when_it_is_read() -> None:
    safe = Safe(Response({"Item": stored(note={"S": HUSH})}, FAILED))
    with pytest.raises(errors.AlreadyExistsError) as caught:
        safe.secrets.create(Secret(id="a"))
    assert safe.asked == ["unwrap note"]
    assert caught.value.item == Secret(id="a", note=HUSH, codes=set())
    assert safe.asked == ["unwrap note"]


def test_a_failed_condition_stays_the_error_where_its_item_does_not_open() -> None:
    safe = Safe(Response({"Item": {"id": {"S": "a"}, "note": {"S": "plain"}}}, FAILED))
    with pytest.raises(errors.AlreadyExistsError) as caught:
        safe.secrets.create(Secret(id="a"))
    with pytest.raises(errors.InvalidEncryptedEnvelopeError):
        _ = caught.value.item


def test_the_reasons_of_a_transaction_have_opened_items() -> None:
    reasons = [{"Code": "ConditionalCheckFailed", "Item": stored(note={"S": HUSH})}, {"Code": "None"}]
    canceled = errors.TransactionCanceledError("no", aws="TransactionCanceledException", origin="service")
    safe = Safe(Response({"CancellationReasons": reasons}, canceled))
    actions = safe.secrets.actions
    with pytest.raises(errors.TransactionCanceledError) as caught:
        safe.client.transact_write([actions.create(Secret(id="a")), actions.put(Secret(id="b"))])
    reason = caught.value.reasons[0]
    assert reason is not None
    assert reason.item == Secret(id="a", note=HUSH, codes=set())


def test_a_write_that_was_taken_and_whose_answer_does_not_open_may_be_applied() -> None:
    safe = Safe(Response({"Attributes": {"id": {"S": "a"}, "note": {"S": "plain"}}}))
    with pytest.raises(errors.InvalidEncryptedEnvelopeError) as caught:
        safe.secrets.update({"id": "a"}, set={"hint": "h"})
    assert caught.value.maybe_applied
    shut = Safe(Response({"Item": stored(note={"S": HUSH})}), keys=Refusing())
    with pytest.raises(errors.KeyUnavailableError) as refusal:
        shut.secrets.get({"id": "a"})
    assert not refusal.value.maybe_applied


def test_a_lost_create_knows_its_own_envelopes() -> None:
    class Lossy(Script):
        def send(self, request: Any) -> Response:
            self.sent.append(request)
            return Response({"Item": request.body["Item"]}, FAILED, unanswered=True)

    safe = Safe()
    client = Client(transport=Lossy([]), encryption=safe.encryption)
    assert client.table(Secret).create(Secret(id="a", note=HUSH)).note == HUSH
    other = Safe(Response({"Item": stored(note={"S": HUSH})}, FAILED, unanswered=True))
    with pytest.raises(errors.AlreadyExistsError):
        other.secrets.create(Secret(id="a", note=HUSH))


def test_everything_is_refused_before_a_key_is_asked_for() -> None:
    safe = Safe()
    table, actions = safe.secrets, safe.secrets.actions
    large = Secret(id="a", note="x" * ITEM_SIZE_MAX_BYTES)
    with pytest.raises(errors.ItemTooLargeError):
        table.put(large)
    with pytest.raises(errors.ItemTooLargeError):
        table.batch_put([Secret(id="b", note=HUSH), large])
    with pytest.raises(errors.ValidationFailedError):
        table.batch_put([Secret(id="b", note=HUSH), Secret(id="b", note=HUSH)])
    with pytest.raises(errors.ValidationFailedError):
        safe.client.transact_write([actions.put(Secret(id="b", note=HUSH)), actions.delete({"id": "b"})])
    with pytest.raises(errors.EncryptedFieldNotQueryableError):
        table.update({"id": "a"}, set={"note": HUSH}, set_if_absent={"codes": {1}})
    assert (safe.asked, safe.script.sent) == ([], [])


def test_an_item_is_measured_with_its_envelopes_too() -> None:
    safe = Safe()
    with pytest.raises(errors.ItemTooLargeError):
        safe.secrets.put(Secret(id="a", note="x" * (ITEM_SIZE_MAX_BYTES - 20)))
    assert (safe.asked, safe.script.sent) == (["generate note"], [])


def test_a_refused_key_sends_nothing_and_leaves_the_caller_s_object() -> None:
    safe = Safe(keys=Refusing(after=1))
    given = Secret(id="a", note=HUSH, codes={1})
    with pytest.raises(errors.KeyUnavailableError) as caught:
        safe.secrets.put(given)
    assert (caught.value.path, given.note, safe.script.sent) == ("note", HUSH, [])


@pytest.mark.parametrize(
    "settings",
    [
        {"key": ""},
        {"key": "k", "read_keys": [""]},
        {"key": "k", "read_keys": "k2"},
        {"key": "k", "context": {"": "x"}},
        {"key": "k", "context": {"dynamorm:model": "x"}},
        {"key": "k", "context": {"aws:x": "x"}},
        {"key": "k", "context": {"tenant": 1}},
        {"key": "k", "context": {"tenant": "\ud800"}},
        {"key": "k", "context": ["tenant"]},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(errors.ValidationFailedError):
        Encryption(**settings, kms=InMemoryKeys())


def test_a_cache_spares_keys_and_is_bound_to_what_they_are_for() -> None:
    shared = cache(max_uses=2)
    safe = Safe(*[Response({})] * 3, cache=shared)
    for item in ("a", "b", "c"):
        safe.secrets.put(Secret(id=item, note=HUSH))
    assert safe.asked == ["generate note"] * 2
    other = Safe(Response({}), cache=shared, context={"tenant": "t1"})
    other.secrets.put(Secret(id="a", note=HUSH))
    assert other.asked == ["generate note"]
    sealed = [request.body["Item"] for request in safe.script.sent]
    reader = Safe(Response({"Items": sealed, "Count": 3}), cache=shared)
    assert [one.note for one in reader.secrets.scan()] == [HUSH] * 3
    assert reader.asked == []


def test_a_cached_key_gets_old_by_the_operation_s_clock() -> None:
    safe = Safe(*[Response({})] * 3, cache=cache(max_age=2), tick_ns=1_000_000_000)
    for item in ("a", "b", "c"):
        safe.secrets.put(Secret(id=item, note=HUSH))
    assert safe.asked == ["generate note"] * 2


def test_a_refusal_is_not_kept() -> None:
    shared = cache()
    item = stored(note={"S": HUSH})
    shut = Safe(Response({"Item": item}), keys=Refusing(), cache=shared)
    with pytest.raises(errors.KeyUnavailableError):
        shut.secrets.get({"id": "a"})
    assert Safe(Response({"Item": item}), cache=shared).secrets.get({"id": "a"}).note == HUSH


def test_dynamic_tables_give_plain_values_back() -> None:
    attributes = [
        {"attribute": "id", "type": "S", "required": True},
        {"attribute": "none", "type": "NULL", "required": True, "encryption": {}},
        {"attribute": "note", "type": "S", "encryption": {}},
    ]
    model = {"name": "S", "table": {"name": "sss"}, "keys": {"partition": {"attribute": "id", "type": "S"}}}
    document = json.dumps({"dms_version": "1.0", "models": [model | {"attributes": attributes}]})
    safe = Safe(Response({}))
    given: dict[str, Any] = {"id": "a", "note": HUSH, "none": None}
    assert safe.client.table(load_dms(document)["S"]).put(given) == {"id": "a", "note": HUSH, "none": None}
    assert safe.sent()["Item"].keys() == {"id", "none", "note"}
    assert safe.asked == ["generate none", "generate note"]


def test_without_a_key_nothing_encrypted_is_written_or_read() -> None:
    table = Client(transport=Script([]), clock=FixedClock(0)).table(Secret)
    for refuse in (
        lambda: table.put(Secret(id="a", note=HUSH)),
        lambda: table.get({"id": "a"}),
        lambda: table.update({"id": "a"}, set={"note": HUSH}),
        lambda: table.change({"id": "a"}, returns="updated_old", remove=["note"]),
        lambda: table.scan().all(),
        table.reencrypt,
    ):
        with pytest.raises(errors.EncryptionNotConfiguredError) as caught:
            refuse()
        assert HUSH not in str(caught.value)


def test_without_the_extra_the_setting_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(errors.ValidationFailedError, match=r"dynamorm-py\[crypto\]"):
        Encryption(KEY, kms=InMemoryKeys())
