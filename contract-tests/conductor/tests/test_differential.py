"""The differential: what the specification leaves open is equal, everything else is a difference until it is waived."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dynamorm_contract.differential import Waiver, compare, judge, load_waivers
from dynamorm_contract.load import Case, LoadError

MODEL: dict[str, Any] = {
    "name": "Thing",
    "table": {"name": "things"},
    "keys": {"partition": {"attribute": "id", "type": "S"}},
    "attributes": [
        {"attribute": "id", "type": "S", "required": True},
        {"attribute": "note", "type": "S", "omit_empty": True},
        {"attribute": "price", "type": "N", "format": "decimal"},
        {"attribute": "data", "type": "S", "json": True},
        {"attribute": "marks", "type": "NS"},
    ],
}
NEVER = dt.date(9999, 1, 1)

if TYPE_CHECKING:
    from collections.abc import Callable


def case(do: str = "put", **client: Any) -> Case:
    body = {"id": "x-case", "targets": ["wire"], "client": client, "steps": [{"do": do, "on": "Thing", "expect": {"result": {}}}]}
    return Case("x-case", "x-case", "P0", body, {"Thing": MODEL}, [], Path())


def step(answer: dict[str, Any], do: str = "put", body: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [{"do": do, "wire": [] if body is None else [{"op": "PutItem", "body": body}], "answer": answer}]


def paths(left: list[dict[str, Any]], right: list[dict[str, Any]], of: Case | None = None, target: str = "wire") -> list[str]:
    return [difference.path for difference in compare(of or case(left[0]["do"]), target, {"py": left, "go": right})]


def item(**members: Any) -> dict[str, Any]:
    return {"result": {"item": {"id": {"S": "a"}, **members}}}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (item(price={"N": "10.50"}), item(price={"N": "10.5"})),
        (item(price={"N": "-0"}), item(price={"N": "0"})),
        (item(marks={"NS": ["2", "1.0"]}), item(marks={"NS": ["1", "2"]})),
        (item(data={"S": '{"b":1.0,"a":"<"}'}), item(data={"S": '{"a":"\\u003c","b":1}'})),
        (item(note={"S": ""}), item()),
        ({"error": {"code": "InvalidModel", "origin": "client", "cause": True}}, {"error": {"code": "InvalidModel", "origin": "client", "cause": False}}),
        ({"error": {"code": "X", "after": {"price": {"N": "abc"}}}}, {"error": {"code": "X", "after": {"price": {"S": "abc"}}}}),
    ],
)
def test_what_the_specification_leaves_open_is_equal(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert paths(step(left), step(right)) == []


@pytest.mark.parametrize(
    ("left", "right", "path"),
    [
        (item(price={"N": "1"}), item(price={"N": "1.00000000000000000000000000000000001"}), "/steps/0/answer/result/item/price/N"),
        (item(marks={"NS": ["1"]}), item(marks={"NS": ["1", "2"]}), "/steps/0/answer/result/item/marks/NS"),
        (item(data={"S": "[true]"}), item(data={"S": "[1]"}), "/steps/0/answer/result/item/data/JSON/0"),
        (item(extra={"S": ""}), item(), "/steps/0/answer/result/item/extra"),
        ({"error": {"code": "A", "origin": "client"}}, {"error": {"code": "A", "origin": "client", "path": "x"}}, "/steps/0/answer/error/path"),
        ({"error": {"code": "A", "origin": "service", "cause": True}}, {"error": {"code": "A", "origin": "service", "cause": False}}, "/steps/0/answer/error/cause"),
        ({"result": {"exists": True}}, {"result": {"exists": 1}}, "/steps/0/answer/result/exists"),
    ],
)
def test_everything_else_is_a_difference_with_its_path(left: dict[str, Any], right: dict[str, Any], path: str) -> None:
    assert paths(step(left), step(right)) == [path]


def test_an_empty_value_read_is_not_the_same_as_none() -> None:
    assert paths(step(item(note={"S": ""}), "get"), step(item(), "get")) == ["/steps/0/answer/result/item/note"]


def test_requests_compare_as_they_stand() -> None:
    number: Callable[[str], Any] = lambda text: step({"result": {}}, body={"Item": {"price": {"N": text}}})  # noqa: E731 - a short name for a long literal
    assert paths(number("1"), number("1.0")) == ["/steps/0/wire/0/body/Item/price/N"]
    assert paths(step({"result": {}}), step({"result": {}}, body={})) == ["/steps/0/wire"]


def test_tokens_compare_only_where_they_were_given() -> None:
    token: Callable[[str], Any] = lambda text: step({"result": {}}, body={"ClientRequestToken": text})  # noqa: E731 - as above
    assert paths(token("a"), token("b")) == []
    assert paths(token("a"), token("b"), case(ids=["a"])) == ["/steps/0/wire/0/body/ClientRequestToken"]
    assert paths(token("a"), token("b"), case(ids=["a"]), "live") == []


def test_a_difference_names_the_languages_and_both_values() -> None:
    found = judge({("x-case", "wire"): {"py": step({"result": {"item": None}}), "ts": step({"result": {"item": None}}), "go": step(item())}}, {"x-case": case()}, [], whole=True)
    assert found.figures == {"compared": 1, "different": 1, "waived": 0}
    assert found.problems == ['difference x-case [wire] at /steps/0/answer/result/item: py, ts: null | go: {"id": {"S": "a"}}']


def test_a_waived_difference_is_counted_and_an_unused_waiver_fails() -> None:
    executions = {("x-case", "wire"): {"py": step({"result": {"item": None}}), "go": step(item())}}
    used = Waiver("x-*", "wire", "/steps/*/answer/result/item", "a reason", NEVER)
    unused = Waiver("y-*", "*", "*", "a reason", NEVER)
    assert judge(executions, {"x-case": case()}, [used], whole=True).figures == {"compared": 1, "different": 0, "waived": 1}
    assert judge(executions, {"x-case": case()}, [used], whole=True).problems == []
    assert judge(executions, {"x-case": case()}, [used, unused], whole=True).problems == ["the waiver of y-* at * covers nothing: remove it"]
    assert judge(executions, {"x-case": case()}, [used, unused], whole=False).problems == []


@pytest.mark.parametrize(
    "row",
    [
        "{id: a, target: wire, path: /x, expires: 2999-01-01}",
        '{id: a, target: wire, path: /x, reason: "", expires: 2999-01-01}',
        "{id: a, target: wire, path: /x, reason: r, expires: 2020-01-01}",
    ],
)
def test_a_waiver_has_a_reason_and_a_day_to_come(tmp_path: Path, row: str) -> None:
    (tmp_path / "waivers.yaml").write_text(f"waivers:\n  - {row}\n")
    with pytest.raises(LoadError):
        load_waivers(tmp_path / "waivers.yaml")


def test_the_suites_own_waivers_are_sound() -> None:
    assert isinstance(load_waivers(), list)
