"""`dynamorm table`: the tables of a document created, ensured, described, compared, deleted, listed and exported."""

from __future__ import annotations

import contextlib
import re
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import DynamORMError, TableMismatchError, TableNotFoundError
from .connection import Connection, Prefix, connected, rehearsing, unconnected
from .documents import Chosen
from .options import grouped
from .output import FOUND, CommandError, Json, examples, say, say_json, say_rows, say_text, styled, visible, waiting
from .settings import Settings, Timeout
from .table_facts import amount, difference_facts, show_differences, show_table, table_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from ..client import Client
    from ..operation import TableDescription
    from ..schema import Model
    from .rehearsal import Rehearsal
    from .table_facts import Facts

_FILE = "--document models.yaml"
app = typer.Typer(
    help="Tables of a model document: create, ensure, describe, drift, delete, list, export.",
    no_args_is_help=True,
    epilog=examples(
        f"table ensure {_FILE} --local", f"table drift {_FILE} --json", f"table export {_FILE} --as terraform"
    ),
)
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be sent; send nothing that changes.")]
MISSING: Facts = {"what": "table", "kind": "missing"}


@dataclass
class _Said:
    """What a command has to tell: of each table a row of JSON; and whether it found something."""

    as_json: bool
    rows: list[Facts] = field(default_factory=list["Facts"])
    differences: list[tuple[str, Facts]] = field(default_factory=list["tuple[str, Facts]"])
    found: bool = False

    def tell(self, table: str, facts: Facts, show: Callable[[], object]) -> None:
        """Take what there is of a table; people see it at once."""
        self.rows.append({"table": table, **facts})
        if not self.as_json:
            show()


@contextlib.contextmanager
def _said(*, as_json: bool) -> Generator[_Said]:
    """Tell programs, in the end, what was done until then: also where the next table fails."""
    out = _Said(as_json)
    try:
        yield out
    finally:
        if as_json:
            say_json(out.rows)
        elif out.differences:
            show_differences(out.differences)
    if out.found:
        raise typer.Exit(FOUND)


@app.command("create", epilog=examples(f"table create {_FILE} --local", f"table create {_FILE} --dry-run"))
@grouped
def create_command(
    chosen: Chosen, connection: Connection, settings: Settings, *, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Create the tables of a document, wait until they are ready, and enable their TTL.

    A table that exists is an error and stays as it is: `ensure` takes it.
    """
    made = settings.made()
    client, rehearsal = _opened(connection, dry_run=dry_run)
    with _said(as_json=as_json) as said:
        for name, models in chosen.tables(client).items():
            with _working("creating", name):
                table = client.create_table(models, made)
            if rehearsal is not None:
                _tell_requests(said, name, rehearsal.told())
            else:
                said.tell(name, {"description": table_facts(table)}, partial(say, f"{name}: created"))


@app.command(
    "ensure", epilog=examples(f"table ensure {_FILE} --local", f"table ensure {_FILE} --add-indexes --dry-run")
)
@grouped
def ensure_command(
    chosen: Chosen,
    connection: Connection,
    settings: Settings,
    *,
    add_indexes: Annotated[
        bool, typer.Option("--add-indexes", help="Add global indexes, where these are all that is missing.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Create the tables that are not there; one that is has to fit, and only its TTL is enabled.

    A table that does not fit stays as it is; in what it differs is told, and the exit code is 1.
    """
    made = settings.made()
    client, rehearsal = _opened(connection, dry_run=dry_run)
    with _said(as_json=as_json) as said:
        for name, models in chosen.tables(client).items():
            try:
                with _working("ensuring", name):
                    ensured = client.ensure_table(models, made, add_indexes=add_indexes)
            except TableMismatchError as error:
                _tell_differences(said, name, [difference_facts(one) for one in error.differences])
                continue
            if rehearsal is not None:
                _tell_requests(said, name, rehearsal.told())
                continue
            facts = {
                "created": ensured.created,
                "added": [*ensured.added],
                "ttl_enabled": ensured.ttl_enabled,
                "description": table_facts(ensured.description),
            }
            did = [] if ensured.created else [f"index {index} added" for index in ensured.added]
            did += ["TTL enabled"] if ensured.ttl_enabled and not ensured.created else []
            said.tell(
                name, facts, partial(say, f"{name}: {'created' if ensured.created else ', '.join(did) or 'is there'}")
            )


@app.command("describe", epilog=examples(f"table describe {_FILE} --local", f"table describe {_FILE} -m Order --json"))
@grouped
def describe_command(chosen: Chosen, connection: Connection, *, as_json: Json = False) -> None:
    """Show what DynamoDB tells of the tables; exit 1 where one does not exist."""
    client = connected(connection)
    with _said(as_json=as_json) as said:
        for name, models in chosen.tables(client).items():
            table = _found(client, models)
            if table is None:
                said.found = True
                said.tell(name, {"description": None}, partial(say, f"{name}: does not exist"))
            else:
                said.tell(name, {"description": table_facts(table)}, partial(show_table, table))


@app.command("drift", epilog=examples(f"table drift {_FILE} --local", f"table drift {_FILE} --stream NEW_IMAGE --json"))
@grouped
def drift_command(chosen: Chosen, connection: Connection, settings: Settings, *, as_json: Json = False) -> None:
    """Tell in what the tables differ from the document, and from the settings that are given; exit 1 where they do.

    Capacity units, tags and point-in-time recovery are not compared.
    """
    made = settings.made()
    client = connected(connection)
    with _said(as_json=as_json) as said:
        for name, models in chosen.tables(client).items():
            try:
                differences = [difference_facts(one) for one in client.table_drift(models, made)]
            except TableNotFoundError:
                differences = [MISSING]
            _tell_differences(said, name, differences)


@app.command("delete", epilog=examples(f"table delete {_FILE} -m Order", f"table delete {_FILE} --local --yes"))
@grouped
def delete_command(
    chosen: Chosen,
    connection: Connection,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; needed where there is no terminal.")] = False,
    timeout: Timeout = 600,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Delete the tables and all that is in them, after their names were typed; one that is not there is no error."""
    if not (yes or dry_run or sys.stdin.isatty()):
        raise typer.BadParameter("there is no terminal to ask on: --yes deletes without asking")
    client, rehearsal = _opened(connection, dry_run=dry_run)
    tables = chosen.tables(client)
    _confirm([table for models in tables.values() if (table := _found(client, models))], ask=not (yes or dry_run))
    with _said(as_json=as_json) as said:
        for name, models in tables.items():
            with _working("deleting", name):
                deleted = client.delete_table(models[0], timeout_seconds=timeout)
            if rehearsal is not None:
                _tell_requests(said, name, rehearsal.told())
            else:
                line = f"{name}: {'deleted' if deleted else 'does not exist'}"
                said.tell(name, {"deleted": deleted}, partial(say, line))


def _confirm(tables: Sequence[TableDescription], *, ask: bool) -> None:
    """Say what goes, and have each name typed before anything goes."""
    for table in tables:
        counted = f"about {table.item_count or 0:,} items, {amount(table.size_bytes or 0)}"
        line = styled(table.name, "bold red").append(f" has {counted}, as DynamoDB counted last", "not bold default")
        say(line, stderr=True)
    for table in tables if ask else ():
        sys.stderr.write(f"Type the name {visible(table.name)} to delete it and all that is in it: ")
        sys.stderr.flush()
        if sys.stdin.readline().rstrip("\n") != table.name:
            raise CommandError("that is not the name: nothing was deleted")


@app.command("list", epilog=examples("table list --local", "table list --table-prefix prod- --json"))
@grouped
def list_command(connection: Connection, *, as_json: Json = False) -> None:
    """List the tables there are; with a prefix those whose names begin with it."""
    names = [name for name in connected(connection).list_tables() if name.startswith(connection.table_prefix)]
    if as_json:
        say_json({"tables": names})
    else:
        say_rows((), [[name] for name in names])


class Form(StrEnum):
    """What an export is for."""

    REQUEST = "request"
    CLOUDFORMATION = "cloudformation"
    TERRAFORM = "terraform"


@app.command(
    "export",
    epilog=examples(f"table export {_FILE} --as cloudformation > tables.json", f"table export {_FILE} --as terraform"),
)
@grouped
def export_command(
    chosen: Chosen,
    settings: Settings,
    prefix: Prefix,
    *,
    form: Annotated[
        Form, typer.Option("--as", help="CreateTable's input, a template, or blocks of Terraform.")
    ] = Form.REQUEST,
    label: Annotated[
        str | None,
        typer.Option(help="The name of the resource; else made of the table's.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the tables for those who make them otherwise; nothing is sent."""
    client, made = unconnected(prefix), settings.made()
    tables = chosen.tables(client)
    if label is not None and (len(tables) > 1 or form is Form.REQUEST):
        raise typer.BadParameter("--label is of one resource; several tables, or a request, have none")

    def exported(models: list[Model]) -> Any:  # noqa: ANN401 - JSON, or a text
        if form is Form.TERRAFORM:
            return client.terraform(models, made, label=label)
        return (
            client.cloudformation(models, made) if form is Form.CLOUDFORMATION else client.table_request(models, made)
        )

    out = {name: exported(models) for name, models in tables.items()}
    if as_json:
        say_json([{"table": name, "export": one} for name, one in out.items()])
    elif form is Form.TERRAFORM:
        say_text("\n".join(out.values()))
    elif form is Form.CLOUDFORMATION:
        say_json({"Resources": _resources(out, label)})
    else:
        for one in out.values():
            say_json(one)


def _resources(exported: dict[str, Any], label: str | None) -> Facts:
    """Give the resources of a template by their logical names, which have letters and digits alone."""
    out: Facts = {}
    for name, resource in exported.items():
        logical = label or "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))
        if logical in out:
            raise CommandError(f"two tables would be the resource {logical}: export them one by one, with --label")
        out[logical] = resource
    return out


@contextlib.contextmanager
def _working(doing: str, name: str) -> Generator[None]:
    """Show that it takes its time, and say of which table a failure is."""
    try:
        with waiting(f"{doing} {name}"):
            yield
    except TableMismatchError:
        raise
    except DynamORMError as error:
        raise CommandError(f"{name}: {error}") from error


def _opened(connection: Connection, *, dry_run: bool) -> tuple[Client, Rehearsal | None]:
    return rehearsing(connection) if dry_run else (connected(connection), None)


def _found(client: Client, models: list[Model]) -> TableDescription | None:
    try:
        return client.describe_table(models)
    except TableNotFoundError:
        return None


def _tell_differences(said: _Said, name: str, differences: list[Facts]) -> None:
    said.found = said.found or bool(differences)
    said.differences += [(name, one) for one in differences]

    def show() -> None:
        if not differences:
            say(f"{name}: no difference")

    said.tell(name, {"differences": differences}, show)


def _tell_requests(said: _Said, name: str, requests: list[Facts]) -> None:
    def show() -> None:
        if not requests:
            say(f"{name}: nothing would be sent")
        for one in requests:
            say(styled("would send ", "dim").append(one["api"], "not dim bold"))
            say_json(one["body"])

    said.tell(name, {"requests": requests}, show)
