"""The settings of a table as options (spec/88-tables.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from ..errors import ValidationFailedError
from ..operation import Sse, TableSettings, Throughput

PANEL = "Settings of the table"
_WORD: dict[str, Any] = {"case_sensitive": False, "metavar": "WORD"}


class Billing(StrEnum):
    """How a table is paid for."""

    ON_DEMAND = "PAY_PER_REQUEST"
    PROVISIONED = "PROVISIONED"


class View(StrEnum):
    """What a stream shows of a change."""

    KEYS_ONLY = "KEYS_ONLY"
    NEW_IMAGE = "NEW_IMAGE"
    OLD_IMAGE = "OLD_IMAGE"
    BOTH = "NEW_AND_OLD_IMAGES"


class Class(StrEnum):
    """What storage costs against requests."""

    STANDARD = "STANDARD"
    INFREQUENT = "STANDARD_INFREQUENT_ACCESS"


def _option(name: str, help: str, **more: Any) -> Any:  # noqa: A002, ANN401 - the parser's own words and types
    return typer.Option(name, help=help, show_default=False, rich_help_panel=PANEL, **more)


Timeout = Annotated[
    float, typer.Option("--timeout", min=0, metavar="SECONDS", help="How long to wait in all.", rich_help_panel=PANEL)
]


@dataclass(frozen=True)
class Settings:
    """What a document does not say of a table."""

    billing: Annotated[
        Billing | None,
        _option("--billing", "PAY_PER_REQUEST, or PROVISIONED, which it is where units are given.", **_WORD),
    ] = None
    read_units: Annotated[
        int | None, _option("--read-units", "Provisioned read capacity, of each global index, too.", min=1)
    ] = None
    write_units: Annotated[
        int | None, _option("--write-units", "Provisioned write capacity, of each global index, too.", min=1)
    ] = None
    stream: Annotated[
        View | None, _option("--stream", f"What the table's stream shows: {', '.join(View)}.", **_WORD)
    ] = None
    table_class: Annotated[
        Class | None, _option("--table-class", f"The storage class: {', '.join(Class)}.", **_WORD)
    ] = None
    deletion_protection: Annotated[bool, _option("--deletion-protection", "DynamoDB refuses to delete the table.")] = (
        False
    )
    sse: Annotated[bool, _option("--sse", "Encrypt at rest with the AWS managed key of KMS.")] = False
    sse_key: Annotated[str | None, _option("--sse-key", "Encrypt at rest with a key of your own.", metavar="ARN")] = (
        None
    )
    point_in_time_recovery: Annotated[
        bool, _option("--point-in-time-recovery", "Enable it where the table is created.")
    ] = False
    tag: Annotated[list[str] | None, _option("--tag", "A tag; several times for several.", metavar="KEY=VALUE")] = None
    timeout: Timeout = 600

    def made(self) -> TableSettings:
        """Give the library's settings; what no table can have is wrong usage."""
        billing: Any = None if self.billing is None else self.billing.value
        stream: Any = None if self.stream is None else self.stream.value
        table_class: Any = None if self.table_class is None else self.table_class.value
        try:
            return TableSettings(
                billing=billing,
                throughput=self._throughput(),
                stream=stream,
                table_class=table_class,
                deletion_protection=self.deletion_protection or None,
                sse=Sse(self.sse_key) if self.sse or self.sse_key is not None else None,
                point_in_time_recovery=self.point_in_time_recovery,
                tags=dict(map(_tag, self.tag or ())),
                timeout_seconds=self.timeout,
            )
        except ValidationFailedError as error:
            raise typer.BadParameter(error.fact) from None

    def _throughput(self) -> Throughput | None:
        if self.read_units is None and self.write_units is None:
            return None
        if self.read_units is None or self.write_units is None:
            raise typer.BadParameter("--read-units and --write-units go together")
        return Throughput(self.read_units, self.write_units)


def _tag(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--tag")
    return key, value
