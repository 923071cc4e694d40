"""A table for those who make it otherwise: as a resource of CloudFormation, as a block of Terraform."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from .table import create_request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .table import TablePlan

_NO_LABEL = re.compile(r"[^A-Za-z0-9_-]")
_TEMPLATE = re.compile(r"([$%])\{")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_INDEXES = (("global_secondary_index", "GlobalSecondaryIndexes"), ("local_secondary_index", "LocalSecondaryIndexes"))
# A local index has the table's.
_IMPLIED = ("local_secondary_index", "hash_key")
Pairs = list[tuple[str, Any]]
"""The arguments of a block, in their order; None is left out."""


def cloudformation(plan: TablePlan) -> dict[str, Any]:
    """Give a resource of CloudFormation."""
    out = create_request(plan)
    if "StreamSpecification" in out:
        del out["StreamSpecification"]["StreamEnabled"]
    if "SSESpecification" in out:
        out["SSESpecification"]["SSEEnabled"] = out["SSESpecification"].pop("Enabled")
    if plan.settings.point_in_time_recovery:
        out["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": True}
    if plan.ttl is not None:
        out["TimeToLiveSpecification"] = {"AttributeName": plan.ttl, "Enabled": True}
    return {"Type": "AWS::DynamoDB::Table", "Properties": out}


def terraform(plan: TablePlan, label: str | None = None) -> str:
    """Give a block of Terraform, as `terraform fmt` formats it."""
    request = create_request(plan)
    parts = [_lines(_arguments(plan, request)), *(_block(name, pairs) for name, pairs in _blocks(plan, request))]
    if "Tags" in request:
        tags = _lines((_text(tag["Key"]), tag["Value"]) for tag in request["Tags"])
        parts.append(["tags = {", *_indented(tags), "}"])
    body = "\n\n".join("\n".join(_indented(part)) for part in parts)
    return f'resource "aws_dynamodb_table" {_text(_label(plan.name) if label is None else label)} {{\n{body}\n}}\n'


def _label(name: str) -> str:
    label = _NO_LABEL.sub("_", name)
    return f"_{label}" if label[0].isdigit() or label[0] == "-" else label


def _arguments(plan: TablePlan, request: dict[str, Any]) -> Pairs:
    stream = request.get("StreamSpecification", {})
    return [
        ("name", plan.name),
        ("billing_mode", plan.billing),
        *_units(request),
        *_keys(request),
        ("stream_enabled", stream.get("StreamEnabled")),
        ("stream_view_type", stream.get("StreamViewType")),
        ("table_class", request.get("TableClass")),
        ("deletion_protection_enabled", request.get("DeletionProtectionEnabled")),
    ]


def _blocks(plan: TablePlan, request: dict[str, Any]) -> list[tuple[str, Pairs]]:
    out: list[tuple[str, Pairs]] = [
        ("attribute", [("name", one["AttributeName"]), ("type", one["AttributeType"])])
        for one in request["AttributeDefinitions"]
    ]
    for block, member in _INDEXES:
        for index in request.get(member, ()):
            arguments = [("name", index["IndexName"]), *_keys(index), *_projection(index), *_units(index)]
            out.append((block, [pair for pair in arguments if (block, pair[0]) != _IMPLIED]))
    if plan.ttl is not None:
        out.append(("ttl", [("attribute_name", plan.ttl), ("enabled", True)]))
    if plan.settings.point_in_time_recovery:
        out.append(("point_in_time_recovery", [("enabled", True)]))
    if plan.settings.sse is not None:
        out.append(("server_side_encryption", [("enabled", True), ("kms_key_arn", plan.settings.sse.key)]))
    return out


def _keys(said: dict[str, Any]) -> Pairs:
    names = {"HASH": "hash_key", "RANGE": "range_key"}
    return [(names[key["KeyType"]], key["AttributeName"]) for key in said["KeySchema"]]


def _projection(said: dict[str, Any]) -> Pairs:
    projection = said["Projection"]
    return [
        ("projection_type", projection["ProjectionType"]),
        ("non_key_attributes", projection.get("NonKeyAttributes")),
    ]


def _units(said: dict[str, Any]) -> Pairs:
    units = said.get("ProvisionedThroughput", {})
    return [("read_capacity", units.get("ReadCapacityUnits")), ("write_capacity", units.get("WriteCapacityUnits"))]


def _block(name: str, pairs: Pairs) -> list[str]:
    return [f"{name} {{", *_indented(_lines(pairs)), "}"]


def _lines(pairs: Iterable[tuple[str, Any]]) -> list[str]:
    given = [(name, value) for name, value in pairs if value is not None]
    width = max(len(name) for name, _ in given)
    return [f"{name:<{width}} = {_value(value)}" for name, value in given]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _value(value: Any) -> str:  # noqa: ANN401 - a text, a number, a boolean or a list of texts
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(value) if isinstance(value, int) else _text(value)


def _text(value: str) -> str:
    r"""Quote a text.

    >>> print(_text('${a} "b"'))
    "$${a} \"b\""
    """
    escaped = _TEMPLATE.sub(r"\1\1{", "".join(map(_escaped, value)))
    return f'"{escaped}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\u{ord(character):04x}" if unicodedata.category(character) == "Cc" else character
