from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Annotated, Any

import pytest
import typer

from dynamorm import Client
from dynamorm.cli.documents import Chosen, load, model_of
from dynamorm.cli.options import grouped
from dynamorm.cli.output import CommandError
from dynamorm.cli.settings import Billing, Class, Settings, View
from dynamorm.operation import Sse, TableSettings, Throughput
from dynamorm.operation.table import CHOICES
from dynamorm.testing import Script

from .command import ran
from .shop import SHOP

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Pair:
    one: Annotated[str, typer.Option("--one")]
    two: Annotated[int, typer.Option("--two")] = 2


def test_a_group_is_its_members_for_the_parser_and_one_value_for_the_command() -> None:
    seen: list[Any] = []

    @grouped
    def command(pair: Pair, *, other: Annotated[bool, typer.Option("--other")] = False) -> None:
        """Say something."""
        seen.append((pair, other))

    assert [*signature(command).parameters] == ["one", "two", "other"]
    assert command.__doc__ == "Say something."
    command(one="a", two=3, other=True)
    assert seen == [(Pair("a", 3), True)]


def test_the_words_of_settings_are_the_librarys() -> None:
    words = {"billing": Billing, "stream": View, "table_class": Class}
    assert {name: tuple(kind) for name, kind in words.items()} == CHOICES


def test_settings_are_the_librarys() -> None:
    assert Settings().made() == TableSettings()
    given = Settings(
        billing=Billing.PROVISIONED,
        read_units=1,
        write_units=2,
        stream=View.BOTH,
        table_class=Class.INFREQUENT,
        deletion_protection=True,
        sse_key="arn",
        point_in_time_recovery=True,
        tag=["a=b=c", "d="],
        timeout=3,
    )
    assert given.made() == TableSettings(
        billing="PROVISIONED",
        throughput=Throughput(1, 2),
        stream="NEW_AND_OLD_IMAGES",
        table_class="STANDARD_INFREQUENT_ACCESS",
        deletion_protection=True,
        sse=Sse("arn"),
        point_in_time_recovery=True,
        tags={"a": "b=c", "d": ""},
        timeout_seconds=3,
    )
    assert Settings(sse=True).made().sse == Sse()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (Settings(read_units=1), "--read-units and --write-units go together"),
        (Settings(billing=Billing.PROVISIONED), "PROVISIONED needs a throughput"),
        (Settings(tag=["a"]), "'a' is not KEY=VALUE"),
        (Settings(tag=["=a"]), "the key of a tag is not empty"),
        (Settings(sse_key=""), "the key of sse has a name"),
    ],
    ids=str,
)
def test_settings_that_no_table_can_have_are_wrong_usage(settings: Settings, why: str) -> None:
    with pytest.raises(typer.BadParameter, match=why):
        settings.made()


def test_models_are_chosen_and_put_together_by_their_table(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP.replace("orders-v2", "orders"))
    client = Client(transport=Script([]), table_prefix="t-")

    def names(*chosen: str) -> dict[str, list[str]]:
        tables = Chosen(str(file), [*chosen]).tables(client)
        return {table: [model.name for model in models] for table, models in tables.items()}

    assert names() == {"t-orders": ["Order", "OrderV2"]}
    assert names("OrderV2", "OrderV2") == {"t-orders": ["OrderV2"]}
    with pytest.raises(typer.BadParameter, match="there is no model Nope: the document has Order, OrderV2"):
        names("Nope")
    with pytest.raises(typer.BadParameter, match="several models"):
        model_of(load(str(file)), None, "--model")


def test_a_document_that_is_invalid_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP.replace("attribute: note, type: S } }", "attribute: no, type: S } }"))
    done = ran(capsys, "table", "export", "-d", str(file))
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"dynamorm: {file}:19: InvalidModel at /models/1/indexes/0/partition/attribute")
    with pytest.raises(CommandError):
        load(str(file))
