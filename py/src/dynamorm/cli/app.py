"""The command's root: its options, its sub-commands (a file each), and how it ends."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .._version import __version__
from . import contract, dms, local, migrate, table
from .output import (
    BROKEN_PIPE,
    DEBUG,
    FINE,
    INTERRUPTED,
    close_quietly,
    examples,
    guarded,
    say,
    spell_what_cannot_be_printed,
)


class Guarded(TyperGroup):
    """A group of commands whose errors are sentences."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the parser's own types differ between its versions
        """Run the command that was asked for."""
        return guarded(lambda: super(Guarded, self).invoke(ctx))


app = typer.Typer(
    name="dynamorm",
    cls=Guarded,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("local start", "dms validate models.yaml", "dms diff old.yaml new.yaml --json"),
)
app.add_typer(local.app, name="local")
app.add_typer(dms.app, name="dms")
app.add_typer(contract.app, name="contract")
app.add_typer(table.app, name="table")
migrate.add_to(app)


def _version(wanted: bool) -> None:  # noqa: FBT001 - the parser calls it with the option's value
    if wanted:
        say(f"dynamorm {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks, too (or DYNAMORM_DEBUG=1).")] = False,
) -> None:
    """DynamoDB models, the same in Python, TypeScript and Go: a local DynamoDB, and tools for model documents."""
    DEBUG.on = debug


def main(arguments: list[str] | None = None) -> int:
    """Run the command and give its exit code."""
    code: object = FINE
    spell_what_cannot_be_printed()
    try:
        app(args=sys.argv[1:] if arguments is None else arguments, prog_name="dynamorm")
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:  # before or behind the work of a command
        code = INTERRUPTED
    except BrokenPipeError:  # of a help text
        code = BROKEN_PIPE
    close_quietly()
    return code if isinstance(code, int) else FINE
