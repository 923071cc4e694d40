"""`dynamorm migrate`: the items of a table into that of another model, from where an earlier run ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..client import Client
from ..limits import SCAN_SEGMENTS_MAX
from ..migrate import SEGMENTS
from .connection import Connection, sdk_client
from .cursor_file import CursorFile
from .documents import DocumentFile, load, model_of
from .migration_run import Run, Wanted, loaded
from .options import grouped
from .output import Json, examples
from .settings import Settings

if TYPE_CHECKING:
    from ..schema import Model

PANEL = "How"
_CODES = (
    "Here 0 is: every item is in the target; 1: some failed, or are different there; 3: ended by an error; "
    "4: ended by --max-pages; 130: interrupted. After 3, 4 and 130 the same command goes on."
)
_PLAIN = "migrate -d models.yaml -m Order --target-model OrderV2"


class OnExisting(StrEnum):
    """What becomes of what the target holds under a key."""

    KEEP = "keep"
    OVERWRITE = "overwrite"


def _how(name: str, help: str, **more: Any) -> Any:  # noqa: A002, ANN401 - the parser's own words and types
    return typer.Option(name, help=help, rich_help_panel=PANEL, **more)


@dataclass(frozen=True)
class What:
    """What goes where."""

    document: DocumentFile
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME", help="The model of the source; else the only one.")
    ] = None
    target_document: Annotated[
        str | None,
        typer.Option("--target-document", metavar="FILE", help="The document of the target's model; else the same."),
    ] = None
    target_model: Annotated[
        str | None, typer.Option("--target-model", metavar="NAME", help="The model whose table gets the items.")
    ] = None
    transform: Annotated[
        str | None,
        typer.Option(
            "--transform",
            metavar="MODULE:FUNCTION",
            help="Takes an item as a dict, gives the target's, or None to leave it out; also found in this folder.",
        ),
    ] = None
    backup: Annotated[
        str | None, typer.Option("--backup", metavar="TABLE", help="The table that gets every item as it is, first.")
    ] = None


@dataclass(frozen=True)
class How:
    """How it goes about."""

    on_existing: Annotated[
        OnExisting, _how("--on-existing", "Keep what the target holds under a key, or overwrite it.")
    ] = OnExisting.KEEP
    segments: Annotated[
        int | None,
        _how(
            "--segments",
            f"In how many parts the table is read; else those of the cursor, or {SEGMENTS}.",
            min=1,
            max=SCAN_SEGMENTS_MAX,
            show_default=False,
        ),
    ] = None
    segment: Annotated[
        int | None, _how("--segment", "The one part to do, counted from 0.", min=0, show_default=False)
    ] = None
    concurrency: Annotated[int, _how("--concurrency", "How many segments are under way at a time.", min=1)] = SEGMENTS
    page_size: Annotated[int, _how("--page-size", "How many items are read at a time.", min=1)] = 100
    max_pages: Annotated[
        int | None,
        _how("--max-pages", "How many pages of each segment and phase this run does.", min=1, show_default=False),
    ] = None


@dataclass(frozen=True)
class Files:
    """What it reads and writes beside the tables."""

    cursor_file: Annotated[
        str | None,
        _how("--cursor-file", "Goes on from this file, and keeps it up to date.", metavar="FILE", show_default=False),
    ] = None
    failures: Annotated[
        str | None,
        _how(
            "--failures",
            "Appends what was not written: key, code and path, a line of JSON each.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None


def add_to(app: typer.Typer) -> None:
    """Add the command to the root."""
    closing = examples(
        f"{_PLAIN} --cursor-file order.cursor --local",
        f"{_PLAIN} --transform changes:to_v2 --backup orders-old --dry-run",
        f"{_PLAIN} --segments 64 --segment 3 --json",
    )
    app.command("migrate", epilog=f"{closing}\n\n{_CODES}")(migrate_command)


@grouped
def migrate_command(
    what: What,
    how: How,
    files: Files,
    connection: Connection,
    settings: Settings,
    *,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Read, transform and count; write nothing, and leave the cursor file alone."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on the way.")] = False,
    as_json: Json = False,
) -> None:
    """Copy the items of a table into that of another model, and before that into a backup.

    Whoever writes to the source has to be stopped before. The source stays as it is. What is written already is found
    as present, so that the same command can be run again; with --cursor-file it goes on where it was.
    """
    _check(what, how)
    source, target = _models(what)
    sdk = sdk_client(connection, pool=how.concurrency)
    client = Client(sdk, table_prefix=connection.table_prefix)
    wanted = Wanted(
        source,
        target,
        backup_table=what.backup,
        segments=how.segments,
        segment=how.segment,
        dry_run=dry_run,
        options={
            "transform": None if what.transform is None else loaded(what.transform),
            "on_existing": how.on_existing.value,
            "concurrency": how.concurrency,
            "page_size": how.page_size,
            "max_pages": how.max_pages,
            "settings": settings.made(),
        },
    )
    # A dry run writes nothing, and so it goes on from nowhere.
    file = None if dry_run or files.cursor_file is None else files.cursor_file
    cursor = None if file is None else CursorFile(file, wanted.migration(client) | {"region": sdk.meta.region_name})
    code = Run(client, wanted, cursor, failures=files.failures, quiet=quiet).run(as_json=as_json)
    if code:
        raise typer.Exit(code)


def _check(what: What, how: How) -> None:
    if what.target_model is None and what.backup is None and what.target_document is None:
        raise typer.BadParameter("it needs a --target-model, or at least a --backup")
    if what.transform is not None and what.target_model is None and what.target_document is None:
        raise typer.BadParameter("--transform needs a --target-model")
    if how.segment is not None and how.segments is None:
        raise typer.BadParameter("--segment needs --segments")


def _models(what: What) -> tuple[Model, Model | None]:
    """Give the models of source and target."""
    models = load(what.document)
    source = model_of(models, what.model, "--model")
    if what.target_document is not None:
        return source, model_of(load(what.target_document), what.target_model, "--target-model")
    return source, None if what.target_model is None else model_of(models, what.target_model, "--target-model")
