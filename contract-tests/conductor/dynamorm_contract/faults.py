"""The planted faults, by the requirement family that forbids each: every family has two or more, and every one has to die in every language."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import tampering as t
from .group_faults import GROUP_FAULTS
from .secret_faults import SECRET_FAULTS
from .table_faults import TABLE_FAULTS

if TYPE_CHECKING:
    from .tampering import Body, Change


@dataclass(frozen=True)
class Mutant:
    """One fault: the family of requirements that forbids it, where it acts (`call`, `request`, `response`, `key_request`, `key_response`, `answer`), and what it does."""

    family: str
    name: str
    where: str
    change: Change


def _later(text: str) -> str:
    return re.sub(r"T(\d\d:\d\d):\d\d", r"T\1:59", text)


def _second_reading(item: Body) -> Body:
    """Stamp updated_at by a second reading of the clock."""
    return {key: {"S": _later(value["S"])} if key in {"updatedAt", "updated_at", "touched"} else value for key, value in item.items()}


def _yaml_1_1(value: Any) -> Any:
    words = {"no": False, "on": True, "YES": True, "1_000": 1000, "1:30": 90}
    return words.get(value, value) if isinstance(value, str) else value


def _reversed_lists(value: Any) -> Any:
    return list(reversed(value)) if isinstance(value, list) else value


def _without_defaults(value: Any) -> Any:
    return {key: member for key, member in value.items() if member is not False} if isinstance(value, dict) else value


def _spaced_json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False) if text[:1] in "{[" else text
    except ValueError:
        return text


def _escaped_html(text: str) -> str:
    return re.sub(r"[&<>]", lambda found: f"\\u{ord(found[0]):04x}", text) if text[:1] in '{["' else text


def _trimmed_fraction(text: str) -> str:
    return re.sub(r"(\.\d*?)0+Z$", lambda found: "Z" if found[1] == "." else found[1] + "Z", text)


def _first_member(tag: str, member: list[str]) -> Any:
    return {tag: member[:1]}


def _lost_member(tag: str, member: Any) -> Any:
    return {"M": dict(list(member.items())[:-1])} if tag == "M" and member else {tag: member}


def _lost_null(tag: str, member: Any) -> Any:
    return {"L": [element for element in member if element != {"NULL": True}]} if tag == "L" else {tag: member}


def _without_empty(item: Body) -> Body:
    return {key: value for key, value in item.items() if value not in ({"S": ""}, {"N": "0"}, {"BOOL": False}, {"B": ""}, {"L": []}, {"M": {}})}


def _without_times(item: Body) -> Body:
    return {key: value for key, value in item.items() if key.replace("_", "").lower() not in {"createdat", "updatedat"}}


def _version_from_zero(item: Body) -> Body:
    return item | {key: {"N": "0"} for key in ("version", "revision") if item.get(key) == {"N": "1"}}


def _seconds_as_millis(item: Body) -> Body:
    return item | ({"expires_at": {"N": item["expires_at"]["N"] + "000"}} if "expires_at" in item else {})


def _lost_null_set(_do: str, arguments: Body) -> Body:
    pairs = [pair for pair in arguments.get("set", []) if pair[1] != {"value": {"NULL": True}}]
    return arguments | {"set": pairs} if "set" in arguments else arguments


def _whole_value_as_key(op: str, body: Body) -> Body:
    return body | {"Key": {**body["Key"], "ghost": {"S": "x"}}} if "Key" in body and op != "PutItem" else body


def _renamed_placeholders(_op: str, body: Body) -> Body:
    return dict(json.loads(re.sub(r"#n(\d)", r"#a\1", json.dumps(body))))


def _bare_names(_op: str, body: Body) -> Body:
    """Write names that look harmless as they are."""
    plain = {key: name for key, name in body.get("ExpressionAttributeNames", {}).items() if re.fullmatch(r"[a-z]+", name)}
    out = dict(body)
    for member in t.EXPRESSIONS:
        if member in out:
            out[member] = re.sub(r"#n\d+", lambda found: plain.get(found[0], found[0]), out[member])
    return t.tidy(out)


def _unused_value(_op: str, body: Body) -> Body:
    return body | {"ExpressionAttributeValues": {**body.get("ExpressionAttributeValues", {}), ":v99": {"S": "x"}}} if "ConditionExpression" in body else body


def _created_on_update(text: str) -> str:
    return re.sub(r"if_not_exists\([^()]*, (:v\d+)\)(?=, #n\d+ = )", r"\1", text)


def _lost_zero(text: str) -> str:
    return re.sub(r"if_not_exists\((#[^,]*), :v\d+\) \+", r"\1 +", text)


def _turned_append(text: str) -> str:
    return re.sub(r"list_append\((if_not_exists\([^)]*\)), ([^)]*)\)", r"list_append(\2, \1)", text)


def _turned_projection(text: str) -> str:
    return ", ".join(reversed(text.split(", ")))


def _no_version_bump(text: str) -> str:
    return text.split(" ADD ", 1)[0]


def _error_to_ok(_do: str, answer: Body) -> Body:
    return {"id": answer["id"], "result": {}} if "error" in answer else answer


def _other_code(error: Body) -> Body:
    return error | {"code": "ServiceError" if error["code"] != "ServiceError" else "ValidationFailed"}


def _other_origin(error: Body) -> Body:
    return error | {"origin": "client" if error["origin"] == "service" else "service"}


def _coarse_pointer(error: Body) -> Body:
    return error | {"path": re.sub(r"^(/models/\d+/indexes/\d+)/.*", r"\1", error.get("path", ""))}


def _without_last(item: Body) -> Body:
    return dict(list(item.items())[:-1])


def _expired_hidden(_do: str, answer: Body) -> Body:
    item = answer.get("result", {}).get("item") or {}
    if int(item.get("expires_at", {}).get("N", "9999999999")) > 1_000_000:  # noqa: PLR2004 - long before any clock of a case
        return answer
    return {"id": answer["id"], "error": {"code": "ItemNotFound", "origin": "service", "retryable": False}}


def _empty_as_missing(_op: str, body: Body) -> Body:
    return {key: value for key, value in body.items() if not (key == "Item" and value == {})}


def _leaky(error: Body) -> Body:
    return error | {"message": str(error.get("message", "")) + " secret lost hush1 hush3 424242"}


def _whole_prefix(text: str) -> str:
    """Query by leading parts without the literal behind them."""
    return text.rstrip("#") if text[-1:] == "#" else text


def _caller_alone(text: str) -> str:
    """Lose the discriminator, which stands last in a filter."""
    return text.rpartition(" AND ")[0]


def _first_page_alone(_op: str, body: Body) -> Body:
    return {key: value for key, value in body.items() if key != "LastEvaluatedKey"}


def _empty_page_as_end(_op: str, body: Body) -> Body:
    return _first_page_alone("", body) if body.get("Items") == [] else body


def _cursor_ends(_do: str, answer: Body) -> Body:
    result = answer.get("result")
    return answer | {"result": result | {"cursor": None}} if isinstance(result, dict) and result.get("cursor") else answer


def _other_model(items: list[Any]) -> list[Any]:
    return [item | {"model": "Purchase"} if isinstance(item, dict) and "model" in item else item for item in items]


def _other_segment(_op: str, body: Body) -> Body:
    return body | {"Segment": body["TotalSegments"] - 1 - body["Segment"]} if "Segment" in body else body


FAULTS: dict[str, tuple[tuple[str, str, Change], ...]] = {
    "GEN": (
        ("default-sent", "request", t.add("GetItem", ConsistentRead=False)),
        ("clock-read-twice", "request", t.on_item(_second_reading)),
        ("wrong-table", "request", lambda _op, body: body | {"TableName": body.get("TableName", "") + "x"}),
    ),
    "DOC": (
        ("yaml-1.1-words", "answer", t.on_document(lambda value: t.walk(value, _yaml_1_1))),
        ("document-pointer-lost", "answer", t.on_error(lambda error: error | {"path": ""})),
        ("unreadable-document-accepted", "answer", t.swallow("InvalidModel", "^$")),
        ("any-version-accepted", "answer", t.swallow("InvalidModel", "^/dms_version$")),
    ),
    "MOD": (
        ("key-rules-unchecked", "answer", t.swallow("InvalidModel", "^/models/0/keys")),
        ("role-rules-unchecked", "answer", t.swallow("InvalidModel", "/roles")),
        ("format-rules-unchecked", "answer", t.swallow("InvalidModel", "/(format|json|enum)")),
    ),
    "TPL": (
        ("number-unpadded", "request", t.on_text(lambda text: re.sub(r"^(ORDER#)0+", r"\1", text))),
        ("composed-index-key-lost", "request", t.on_item(lambda item: {key: value for key, value in item.items() if key != "gsi1pk"})),
        ("sparse-key-sent-empty", "request", t.on_item(lambda item: {"gsi1pk": {"S": "EMAIL#"}} | item)),
        ("part-lost", "request", t.on_item(lambda item: {key: value for key, value in item.items() if key != "customer_id"})),
        ("bad-part-accepted", "answer", t.swallow("ValidationFailed")),
        ("bad-template-accepted", "answer", t.swallow("InvalidModel", "/template$")),
    ),
    "DSC": (
        ("discriminator-unwritten", "request", t.on_item(lambda item: {key: value for key, value in item.items() if key != "_type"})),
        ("other-model-read", "answer", t.swallow("DecodeFailed", "^_type$")),
        ("discriminator-shown", "answer", t.on_result("item", lambda item: {"_type": {"S": "Customer"}} | item)),
        ("other-model-deleted", "request", t.drop("ConditionExpression", op="DeleteItem")),
    ),
    "IDX": (
        ("index-rules-unchecked", "answer", t.swallow("InvalidModel", "^/models/0/indexes/0/partition")),
        ("projection-unchecked", "answer", t.swallow("InvalidModel", "/projection")),
        ("coarse-index-pointer", "answer", t.on_error(_coarse_pointer)),
    ),
    "CAN": (
        ("canonical-unsorted", "answer", t.on_document(lambda value: t.walk(value, _reversed_lists))),
        ("canonical-spaced", "answer", t.on_result("dms", lambda text: text.replace('":', '": '))),
        ("canonical-without-defaults", "answer", t.on_document(lambda value: t.walk(value, _without_defaults))),
    ),
    "ENC": (
        ("bytes-as-text", "request", t.on_values(lambda tag, member: {"S": member} if tag == "B" else {tag: member})),
        ("lost-nested-member", "request", t.on_values(_lost_member)),
        ("null-element-lost", "request", t.on_values(_lost_null)),
        ("extra-attribute", "answer", t.on_result("item", lambda item: item | {"ghost": {"S": "x"}})),
        ("lost-attribute", "answer", t.on_result("item", _without_last)),
        ("bad-value-accepted", "answer", t.swallow("ValidationFailed")),
        ("bad-stored-value-accepted", "answer", t.swallow("DecodeFailed")),
    ),
    "NUM": (
        ("number-as-float", "request", t.on_numbers(lambda text: repr(float(text)))),
        ("exponent-spelling", "request", t.on_numbers(lambda text: f"{Decimal(text):E}")),
        ("float-decode", "answer", t.on_result("item", lambda item: t.on_numbers(lambda text: repr(float(text)))("", item))),
    ),
    "TIM": (
        ("trimmed-fraction", "request", t.on_text(_trimmed_fraction)),
        ("offset-instead-of-z", "request", t.on_text(lambda text: re.sub(r"(T\d\d:\d\d:\d\d\.\d{6})Z$", r"\1+00:00", text))),
    ),
    "SET": (
        ("set-as-list", "request", t.on_sets(lambda tag, member: {"L": [{tag[0]: one} for one in member]})),
        ("set-unsorted", "request", t.on_sets(lambda tag, member: {tag: list(reversed(member))})),
        ("lost-set-members", "response", t.on_sets(_first_member)),
    ),
    "JSN": (
        ("json-with-spaces", "request", t.on_text(_spaced_json)),
        ("html-escapes", "request", t.on_text(_escaped_html)),
    ),
    "NUL": (
        ("null-sent", "request", t.on_item(lambda item: item | {"ghost": {"NULL": True}})),
        ("null-in-set-ignored", "call", _lost_null_set),
        ("empty-never-stored", "request", t.on_item(_without_empty)),
    ),
    "KEY": (
        ("missing-key-accepted", "answer", t.swallow("MissingPrimaryKey")),
        ("missing-key-recoded", "answer", t.recode("MissingPrimaryKey", "ValidationFailed")),
        ("whole-value-as-key", "request", _whole_value_as_key),
    ),
    "SIZ": (
        ("size-off-by-one", "answer", t.on_result("bytes", lambda size: size + 1)),
        ("size-unchecked", "answer", t.swallow("ItemTooLarge")),
    ),
    "CRE": (
        ("create-unguarded", "request", t.drop("ConditionExpression", op="PutItem")),
        ("create-unstamped", "request", t.on_item(_without_times)),
        ("create-guard-turned", "request", t.on_expression("ConditionExpression", lambda text: text.replace("attribute_not_exists", "attribute_exists"))),
    ),
    "PUT": (
        ("put-condition-ignored", "call", t.ignore("condition")),
        ("put-old-not-asked", "request", t.drop("ReturnValues", op="PutItem")),
    ),
    "SAV": (
        ("adopt-ignored", "call", t.ignore("adopt")),
        ("save-unguarded", "request", t.drop("ConditionExpression", op="PutItem")),
    ),
    "GET": (
        ("consistency-forced", "request", t.add("GetItem", ConsistentRead=True)),
        ("consistency-forgotten", "request", t.drop("ConsistentRead")),
        ("select-ignored", "call", t.ignore("select")),
        ("found-as-null", "answer", t.on_result("item", lambda _item: None)),
        ("empty-as-missing", "response", _empty_as_missing),
    ),
    "UPD": (
        ("upsert-ignored", "call", t.ignore("upsert")),
        ("return-ignored", "call", t.ignore("return")),
        ("existence-turned", "request", t.on_expression("ConditionExpression", lambda text: text.replace("attribute_exists", "attribute_not_exists"), "UpdateItem")),
        ("update-refusal-swallowed", "answer", t.swallow("ValidationFailed")),
    ),
    "DEL": (
        ("must-exist-ignored", "call", t.ignore("must_exist")),
        ("deleted-not-asked", "request", t.drop("ReturnValues", op="DeleteItem")),
    ),
    "CCF": (
        ("kind-lost", "answer", t.on_error(t.lose("kind"))),
        ("failed-item-lost", "answer", t.on_error(t.lose("details"))),
        ("failed-item-not-asked", "request", t.drop("ReturnValuesOnConditionCheckFailure")),
    ),
    "EXP": (
        ("placeholders-renamed", "request", _renamed_placeholders),
        ("names-not-aliased", "request", _bare_names),
        ("unused-value", "request", _unused_value),
        ("bad-path-accepted", "answer", t.swallow("ValidationFailed")),
    ),
    "CND": (
        ("or-as-and", "request", t.on_expression("ConditionExpression", lambda text: text.replace(" OR ", " AND "))),
        ("not-lost", "request", t.on_expression("ConditionExpression", lambda text: text.replace("NOT ", ""))),
        ("less-or-equal-as-less", "request", t.on_expression("ConditionExpression", lambda text: text.replace(" <= ", " < "))),
        ("bad-operator-accepted", "answer", t.swallow("InvalidOperator")),
    ),
    "UXP": (
        ("append-turned", "request", t.on_expression("UpdateExpression", _turned_append)),
        ("nested-add-without-zero", "request", t.on_expression("UpdateExpression", _lost_zero)),
    ),
    "PRJ": (
        ("projection-lost", "request", t.drop("ProjectionExpression")),
        ("projection-turned", "request", t.on_expression("ProjectionExpression", _turned_projection)),
    ),
    "QRY": (
        ("sort-condition-lost", "request", t.on_expression("KeyConditionExpression", lambda text: text.split(" AND ")[0])),
        ("order-lost", "request", t.drop("ScanIndexForward")),
        ("index-lost", "request", t.drop("IndexName")),
        ("literal-behind-lost", "request", t.on_text(_whole_prefix)),
        ("at-least-as-more", "request", t.on_expression("KeyConditionExpression", lambda text: text.replace(" >= ", " > "))),
        ("no-partition-accepted", "answer", t.swallow("MissingPrimaryKey")),
        ("ambiguity-accepted", "answer", t.swallow("InvalidOperator")),
    ),
    "FLT": (
        ("filter-lost", "request", t.drop("FilterExpression")),
        ("discriminator-unfiltered", "request", t.on_expression("FilterExpression", _caller_alone)),
        ("filter-on-keys-accepted", "answer", t.swallow("InvalidOperator")),
        ("filter-or-as-and", "request", t.on_expression("FilterExpression", lambda text: text.replace(" OR ", " AND "))),
    ),
    "PAG": (
        ("first-page-alone", "response", _first_page_alone),
        ("empty-page-as-end", "response", _empty_page_as_end),
        ("limit-unsent", "request", t.drop("Limit")),
        ("cursor-ends", "answer", _cursor_ends),
        ("last-item-lost", "answer", t.on_result("items", lambda items: items[:-1])),
        ("items-counted-by-reading", "request", t.drop("Select")),
        ("limit-ignored", "call", t.ignore("limit")),
        ("count-of-a-page", "answer", t.on_result("count", lambda count: count - 1)),
    ),
    "SCN": (
        ("segment-turned", "request", _other_segment),
        ("segment-unsent", "request", t.drop("Segment", "TotalSegments")),
        ("bad-segment-accepted", "answer", t.swallow("ValidationFailed")),
    ),
    "CUR": (
        ("start-forgotten", "request", t.drop("ExclusiveStartKey")),
        ("bad-cursor-accepted", "answer", t.swallow("InvalidCursor")),
        ("cursor-padded", "answer", t.on_result("cursor", lambda text: text + "=" * (-len(text) % 4))),
        ("signature-shortened", "answer", t.on_result("cursor", lambda text: text[:-2] if "." in text else text)),
        ("context-ignored", "call", t.ignore("cursor_context", "context")),
    ),
    "MUL": (
        ("model-mistaken", "answer", t.on_result("items", _other_model)),
        ("unlike-models-accepted", "answer", t.swallow("ValidationFailed")),
        ("models-unfiltered", "request", t.drop("FilterExpression")),
    ),
    "LIF": (
        ("times-lost", "request", t.on_item(_without_times)),
        ("created-overwritten-by-upsert", "request", t.on_expression("UpdateExpression", _created_on_update)),
    ),
    "TTL": (
        ("ttl-in-millis", "request", t.on_item(_seconds_as_millis)),
        ("expired-hidden", "answer", _expired_hidden),
        ("ttl-before-1970-accepted", "answer", t.swallow("ValidationFailed")),
    ),
    "LCK": (
        ("no-version-bump", "request", t.on_expression("UpdateExpression", _no_version_bump)),
        ("expected-version-ignored", "call", t.ignore("expected_version")),
        ("version-from-zero", "request", t.on_item(_version_from_zero)),
    ),
    "ERR": (
        ("error-to-ok", "answer", _error_to_ok),
        ("error-recoded", "answer", t.on_error(_other_code)),
        ("retryable-flipped", "answer", t.on_error(lambda error: error | {"retryable": not error["retryable"]})),
        ("origin-swapped", "answer", t.on_error(_other_origin)),
        ("error-path-lost", "answer", t.on_error(t.lose("path"))),
        ("request-id-lost", "answer", t.on_error(t.lose("request_id"))),
        ("cause-lost", "answer", t.on_error(lambda error: error | {"cause": False})),
        ("symbol-lost", "answer", t.on_error(lambda error: error | {"symbol": False})),
        ("value-in-message", "answer", t.on_error(_leaky)),
    ),
    "NET": (
        ("maybe-applied-lost", "answer", t.on_error(t.lose("maybe_applied"))),
        ("maybe-applied-always", "answer", t.on_error(lambda error: error | {"maybe_applied": True})),
        ("network-error-final", "answer", t.on_error(lambda error: error | {"retryable": False} if error["code"] == "NetworkError" else error)),
    ),
    **GROUP_FAULTS,
    **SECRET_FAULTS,
    **TABLE_FAULTS,
}

MUTANTS = tuple(Mutant(family, *fault) for family, faults in FAULTS.items() for fault in faults)
