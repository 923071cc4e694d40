"""Plain values of a case file to the tagged values of the pipe, by the model; and paths, operands, conditions and update members with them."""

from __future__ import annotations

import json
import re
from typing import Any

from .durations import milliseconds
from .match import CaseError, is_operator

TAGS = {"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"}
SAFE_INTEGER = 2**53
VALUE_OPERATORS = {"$$absent_or", "$$one_of", "$$unordered"}
MEMBERS_TAG = {"SS": "S", "NS": "N", "BS": "B"}
PAIR_MEMBERS = ("set", "set_if_absent", "add", "subtract", "append", "prepend", "add_to_set", "delete_from_set")
UPDATE_MEMBERS = (*PAIR_MEMBERS, "remove", "copy")
COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}

Attribute = dict[str, Any]
Path = list[Any]


def is_tagged(value: Any) -> bool:
    """Tell whether a value is written as DynamoDB JSON."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in TAGS


def number_text(value: Any) -> str:
    """Give the text of a plain number; large integers have to be quoted, so that no YAML reader rounds them."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise CaseError(f"not a number: {value!r}")
    if isinstance(value, int) and abs(value) > SAFE_INTEGER:
        raise CaseError(f"quote numbers above 2^53: {value}")
    return str(value)


def tag_untyped(value: Any) -> Any:
    """Tag a value by its JSON type."""
    if is_operator(value) or is_tagged(value):
        return value
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": number_text(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [tag_untyped(member) for member in value]}
    return {"M": {key: tag_untyped(member) for key, member in value.items()}}


def tag(attribute: Attribute | None, value: Any, *, expected: bool = False) -> Any:
    """Tag a plain value by its attribute; `expected` values of json attributes compare as JSON values."""
    if is_operator(value):
        ((name, argument),) = value.items()
        if name in VALUE_OPERATORS:
            many = isinstance(argument, list)
            return {name: [tag(attribute, member, expected=expected) for member in argument] if many else tag(attribute, argument, expected=expected)}
        if name == "$$partial":
            return {"M": {name: tag_members(attribute or {}, argument, expected=expected)}}
        return value
    if attribute is None:
        return tag_untyped(value)
    if attribute.get("json"):
        return _tag_json(value, expected=expected)
    if value is None:
        return {"NULL": True}
    if is_tagged(value) and not _declares(attribute, next(iter(value))):
        return value
    return _tag_typed(attribute, value, expected=expected)


def _declares(attribute: Attribute, name: str) -> bool:
    return any(nested["attribute"] == name for nested in attribute.get("attributes", []))


def _tag_json(value: Any, *, expected: bool) -> Any:
    if is_tagged(value) and "S" in value:
        text = value["S"]
    elif value is None:
        return {"NULL": True}
    else:
        text = json.dumps(value, ensure_ascii=False)
    return {"$$json": text} if expected else {"S": text}


def _tag_typed(attribute: Attribute, value: Any, *, expected: bool) -> Any:
    kind = attribute["type"]
    if kind == "N":
        return {"N": number_text(value)}
    if kind == "S" and attribute.get("format") == "bool_string" and isinstance(value, bool):
        return {"S": "true" if value else "false"}
    if kind == "M" and isinstance(value, dict):
        return {"M": tag_members(attribute, value, expected=expected)}
    if kind == "L" and isinstance(value, list):
        return {"L": [tag(attribute.get("items"), member, expected=expected) for member in value]}
    if kind == "NS" and isinstance(value, list):
        return {"NS": [number_text(member) for member in value]}
    if kind in {"SS", "BS"} and isinstance(value, list):
        return {kind: value}
    fits = {"S": str, "B": str, "BOOL": bool}.get(kind)
    return {kind: value} if fits is not None and isinstance(value, fits) else tag_untyped(value)


def tag_members(owner: Attribute, members: dict[str, Any], *, expected: bool = False) -> dict[str, Any]:
    """Tag the members of a map or an item; `owner` is a model or an attribute with `attributes`."""
    if is_operator(members):
        ((name, argument),) = members.items()
        return {name: tag_members(owner, argument, expected=expected)} if name == "$$partial" else members
    known = {nested["attribute"]: nested for nested in owner.get("attributes", [])}
    return {key: tag(known.get(key), value, expected=expected) for key, value in members.items()}


def split_path(path: str | Path) -> Path:
    """Split a path's text into segments; a list is taken as it is, malformed text is one name (the library has to refuse it)."""
    if isinstance(path, list):
        return path
    out: Path = []
    for part in path.split("."):
        found = re.fullmatch(r"([^\[\]]+)((?:\[[0-9]+\])*)", part)
        if found is None:
            return [path]
        out += [found[1], *(int(index) for index in re.findall(r"[0-9]+", found[2]))]
    return out


def attribute_at(model: Attribute, path: str | Path) -> Attribute | None:
    """Find the attribute a path leads to; None where the model does not type it."""
    current: Attribute | None = model
    for segment in split_path(path):
        if current is None:
            return None
        nested = current.get("attributes", [])
        current = current.get("items") if isinstance(segment, int) else next((one for one in nested if one["attribute"] == segment), None)
    return current


def tag_operand(attribute: Attribute | None, operand: Any) -> dict[str, Any]:
    """Turn a case's operand (a value, `{attr: path}` or `{size: path}`) into the pipe's."""
    if isinstance(operand, dict) and set(operand) in ({"attr"}, {"size"}):
        return operand
    return {"value": tag(attribute, operand)}


def _member_attribute(attribute: Attribute | None) -> Attribute | None:
    """Give the attribute of one member of a set, list or string, for contains."""
    if attribute is None:
        return None
    if attribute["type"] in MEMBERS_TAG:
        return {"type": MEMBERS_TAG[attribute["type"]]}
    return attribute.get("items") if attribute["type"] == "L" else attribute


def tag_condition(model: Attribute, condition: list[Any]) -> list[Any]:
    """Tag every operand of a condition by the attribute its path names."""
    name, *rest = condition
    if name in {"and", "or", "not"}:
        return [name, *(tag_condition(model, child) for child in rest)]
    left = rest[0]
    sized = isinstance(left, dict)
    attribute = {"type": "N"} if sized else attribute_at(model, left)
    if name in COMPARISONS or name == "between":
        return [name, left, *(tag_operand(attribute, operand) for operand in rest[1:])]
    if name == "in":
        return [name, left, [tag_operand(attribute, operand) for operand in rest[1]]]
    if name == "begins_with":
        return [name, left, tag_operand(attribute, rest[1])]
    if name == "contains":
        return [name, left, tag_operand(_member_attribute(attribute), rest[1])]
    if name in {"exists", "not_exists", "type"}:
        return condition
    raise CaseError(f"unknown condition {name}")


def tag_update(model: Attribute, members: dict[str, Any]) -> dict[str, Any]:
    """Turn the update members of a case into lists of pairs with tagged operands."""
    out: dict[str, Any] = {}
    for name, value in members.items():
        if name == "remove":
            out[name] = value
        elif name == "copy":
            out[name] = [list(pair) for pair in (value.items() if isinstance(value, dict) else value)]
        else:
            pairs = value.items() if isinstance(value, dict) else value
            out[name] = [[path, tag_operand(attribute_at(model, path), operand)] for path, operand in pairs]
    return out


READS = {"query", "scan", "count", "first", "one"}


def queried_keys(model: Attribute, arguments: dict[str, Any]) -> dict[str, Any]:
    """Give the keys that a read goes by: those of its index, or of the first place that has the partition's attributes."""
    table = model["keys"]
    places = [table, *({"partition": table["partition"]} | index for index in model.get("indexes", []))]
    if "index" in arguments:
        return next((place for place in places if place.get("name") == arguments["index"]), table)
    partition = arguments.get("partition")
    if isinstance(partition, dict) and not is_tagged(partition):
        return next((place for place in places if place["partition"]["attribute"] in partition), table)
    return dict(table)


def tag_read(models: list[Attribute], arguments: dict[str, Any]) -> dict[str, Any]:
    """Tag partition, sort condition and filter of a read; a filter over several models by the first that declares its path."""
    model, out = models[0], dict(arguments)
    keys = queried_keys(model, arguments)
    by_name = {attribute["attribute"]: attribute for attribute in model["attributes"]}
    if "partition" in out:
        given = out["partition"]
        whole = isinstance(given, dict) and not is_tagged(given)
        out["partition"] = {"map": tag_members(model, given)} if whole else {"value": tag(by_name.get(keys["partition"]["attribute"]), given)}
    if isinstance(out.get("sort"), dict):
        out["sort"] = {"parts": tag_members(model, out["sort"]["parts"])}
    elif "sort" in out:
        name, *operands = out["sort"]
        attribute = by_name.get(keys["sort"]["attribute"]) if "sort" in keys else None
        out["sort"] = [name, *(tag(attribute, operand) for operand in operands)]
    if "filter" in out:
        merged = {attribute["attribute"]: attribute for one in reversed(models) for attribute in one["attributes"]}
        out["filter"] = tag_condition({"attributes": list(merged.values())}, out["filter"])
    return out


# Operations whose arguments and results are DynamoDB JSON already, or hold no value of a model.
RAW = {"fn.unmarshal", "fn.cursor.encode", "fn.cursor.decode", "fn.encrypt", "fn.decrypt", "fn.aad", "fn.gcm", "fn.stream", "stream_handle", "stream_read", "reencrypt"}
STREAMS = {"fn.stream", "stream_read"}
TABLES = {"create_table", "ensure_table", "table_drift", "delete_table", "fn.table", "auto_migrate"}
RECORDS = {"fn.stream", "stream_handle"}
TIME = "ApproximateCreationDateTime"


def tag_arguments(models: dict[str, Attribute], on: str, do: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Turn the arguments of a step into those of the pipe."""
    model = models.get(on)
    if do in RECORDS:
        return {name: _with_times(value) for name, value in arguments.items()}
    if model is None or do in RAW:
        return arguments
    if do in TABLES:
        return tag_table(models, on, arguments)
    if do in READS:
        return tag_read([models[name] for name in arguments.get("models") or [on]], arguments)
    out = dict(arguments)
    for name in ("item", "key"):
        if name in out:
            out[name] = tag_members(model, out[name])
    if "condition" in out:
        out["condition"] = tag_condition(model, out["condition"])
    if "expected_version" in out:
        version = out["expected_version"]
        out["expected_version"] = version if is_tagged(version) else {"N": number_text(version)}
    if do == "fn.expression" and "update" in out:
        out["update"] = tag_update(model, out["update"])
    return out | tag_update(model, {name: out[name] for name in UPDATE_MEMBERS if name in out})


def tag_table(models: dict[str, Attribute], on: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Give times in milliseconds, and tag what the transform of a migration compares and sets."""
    out = dict(arguments)
    if "timeout" in out:
        out["timeout_ms"] = _milliseconds(out.pop("timeout"))
    if "timeout" in out.get("settings", {}):
        settings = dict(out["settings"])
        timeout = settings.pop("timeout")
        out["settings"] = settings | {"timeout_ms": _milliseconds(timeout)}
    if "transform" in out:
        given, target = out["transform"], models[out["target"]]
        members = [[name, value if _is_from(value) else {"value": tag(attribute_at(target, [name]), value)}] for name, value in given["set"].items()]
        compared = {name: [given[name][0], tag(attribute_at(models[on], [given[name][0]]), given[name][1])] for name in ("skip", "fail") if name in given}
        out["transform"] = {"set": members} | compared
    return out


def _is_from(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"from"}


def _milliseconds(text: str) -> int:
    """Turn a time-out into milliseconds, one that the library has to refuse, too."""
    return -milliseconds(text[1:]) if text.startswith("-") else milliseconds(text)


def _with_times(value: Any) -> Any:
    """Make numbers of the times of records; a fraction has to be quoted in a case, as every number with one."""
    if isinstance(value, list):
        return [_with_times(member) for member in value]
    if isinstance(value, dict):
        return {key: float(member) if key == TIME and isinstance(member, str) else _with_times(member) for key, member in value.items()}
    return value


def tag_expected(models: dict[str, Attribute], on: str, do: str, result: Any) -> Any:
    """Tag the items in an expected result; the results of fn.marshal and fn.expression are DynamoDB JSON already."""
    model = models.get(on)
    if do == "auto_migrate" and isinstance(result, dict) and set(result) == {"$$partial"}:
        return {"$$partial": tag_expected(models, on, do, result["$$partial"])}
    if model is None or do in {"fn.marshal", "fn.expression", "fn.cursor.decode"} or not isinstance(result, dict) or is_operator(result):
        return result
    out = dict(result)
    if do in STREAMS and isinstance(out.get("records"), list):
        return {**out, "records": [_tag_record(models, model, record) for record in out["records"]]}
    if do in {"reencrypt", "auto_migrate"} and isinstance(out.get("failures"), list):
        return {**out, "failures": [tag_failure(model, one) for one in out["failures"]]}
    for name in ("item", "old"):
        if isinstance(out.get(name), dict):
            out[name] = tag_members(model, out[name], expected=True) if not is_operator(out[name]) or "$$partial" in out[name] else out[name]
    if "items" in out:
        out["items"] = _tag_items(models, model, out["items"])
    return out


def tag_failure(model: Attribute, failure: Any) -> Any:
    """Tag the key of an expected failure, which may be open in its other members."""
    if isinstance(failure, dict) and set(failure) == {"$$partial"}:
        return {"$$partial": tag_failure(model, failure["$$partial"])}
    return {**failure, "key": tag_members(model, failure["key"], expected=True)} if isinstance(failure, dict) and "key" in failure else failure


def _tag_record(models: dict[str, Attribute], model: Attribute, record: Any) -> Any:
    """Tag the keys and images of a record, which may be open in others of its members."""
    if not isinstance(record, dict):
        return record
    if is_operator(record):
        ((name, argument),) = record.items()
        return {name: _tag_record(models, model, argument)} if name == "$$partial" else record
    owner = models.get(record["model"], model) if isinstance(record.get("model"), str) else model
    return {name: tag_members(owner, value, expected=True) if name in {"keys", "old", "new"} and isinstance(value, dict) else value for name, value in record.items()}


def _tag_items(models: dict[str, Attribute], model: Attribute, items: Any) -> Any:
    if is_operator(items):
        ((name, argument),) = items.items()
        return {name: _tag_items(models, model, argument)} if name == "$$unordered" else items
    return [_tag_element(models, model, element) for element in items]


def _tag_element(models: dict[str, Attribute], model: Attribute, element: Any) -> Any:
    """Tag an item of a list; of a read over several models it stands beside its model's name."""
    if isinstance(element, dict) and set(element) == {"model", "item"} and element["model"] in models:
        return {"model": element["model"], "item": tag_members(models[element["model"]], element["item"], expected=True)}
    if is_operator(element) and "$$partial" not in element:
        return element
    return tag_members(model, element, expected=True)
