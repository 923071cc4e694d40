"""What every command says and how: facts for people or as JSON, errors in a sentence, and how the command ends.

Results go to stdout, everything else to stderr; colours only to a terminal and not where NO_COLOR is set.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ..errors import DynamORMError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

FINE, FOUND, USAGE, FAILED, BROKEN_PIPE, INTERRUPTED = 0, 1, 2, 3, 141, 130
EXIT_CODES = "Exit codes: 0 fine, 1 found something (invalid, different, not running), 2 wrong usage, 3 failed."
Json = Annotated[bool, typer.Option("--json", help="Print facts as JSON, for programs.")]


class CommandError(Exception):
    """A command cannot do what it is asked; the message is the sentence its user sees."""


def examples(*lines: str) -> str:
    """Give the closing lines of a command's help."""
    return "\n\n".join(
        [
            "[bold]Examples[/bold]",
            *(f"  $ {line if 'dynamorm' in line else f'dynamorm {line}'}" for line in lines),
            EXIT_CODES,
        ]
    )


class _Console(Console):
    """A console that leaves it to the command how it ends where its reader went away."""

    def on_broken_pipe(self) -> None:
        """Say so."""
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """Give a console for what is said now; it finds out itself whether a terminal reads it."""
    stream = sys.stderr if stderr else sys.stdout
    # A pipe gets lines as they are: nothing is wrapped for a width that nobody has.
    width = None if stream.isatty() else 1_000_000
    plain = bool(os.environ.get("NO_COLOR"))
    colours: Literal["auto"] | None = None if plain else "auto"
    return _Console(
        file=stream, color_system=colours, width=width, highlight=False, soft_wrap=True, emoji=False, markup=False
    )


def say(line: str | Text, *, stderr: bool = False) -> None:
    """Print for people."""
    console(stderr=stderr).print(line if isinstance(line, Text) else visible(line))


def styled(text: str, style: str) -> Text:
    """Give a piece of text in a style, where there are styles."""
    return Text(visible(text), style=style)


def visible(text: str) -> str:
    r"""Spell the characters that a terminal would obey.

    >>> print(visible("a" + chr(27) + "[2J"))
    a\x1b[2J
    """
    kept = (one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode() for one in text)
    return "".join(kept)


def say_rows(header: Sequence[str], rows: Sequence[Sequence[str]], *, stderr: bool = False, indent: str = "") -> None:
    """Print columns; without a header its line is left out."""
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*([header] if header else []), *shown, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
        return indent + "  ".join(padded).rstrip()

    if header:
        say(styled(line(header), "bold"), stderr=stderr)
    for row in shown:
        say(Text(line(row)), stderr=stderr)


@contextlib.contextmanager
def waiting(what: str) -> Generator[None]:
    """Show on a terminal that something takes its time; a pipe is told nothing."""
    if not sys.stderr.isatty():
        yield
        return
    with console(stderr=True).status(styled(what, "dim")):
        yield


def say_json(facts: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print for programs."""
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    print(text)  # noqa: T201 - a command prints


def say_text(text: str) -> None:
    """Print a document's text as it is, whatever the terminal's encoding."""
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
    else:
        buffer.write(text.encode())
        buffer.flush()


def sentence_of(error: BaseException) -> str:
    """Give what a user is told of an error: of the library's own its code, place and fact."""
    if isinstance(error, DynamORMError):
        return str(error)
    if isinstance(error, CommandError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@dataclass
class Debug:
    """Whether errors are shown with their traceback."""

    on: bool = False


DEBUG = Debug()


def tell(error: BaseException) -> None:
    """Tell an error on stderr."""
    if DEBUG.on or os.environ.get("DYNAMORM_DEBUG", "") not in {"", "0"}:
        traceback.print_exception(error)
    say(styled("dynamorm: ", "bold red").append(visible(sentence_of(error)), "not bold default"), stderr=True)


def guarded(work: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the command gives
    """Do a command's work; what goes wrong becomes a sentence and an exit code."""
    try:
        return work()
    except BrokenPipeError:
        raise typer.Exit(BROKEN_PIPE) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        if _is_typers(error):
            raise
        tell(error)
        raise typer.Exit(FAILED) from None


def _is_typers(error: Exception) -> bool:
    """Say whether an error is the parser's own: wrong usage, or a wanted end."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, (typer.Exit, typer.Abort)) or "ClickException" in names


def spell_what_cannot_be_printed() -> None:
    """Let a terminal that knows few characters get the others spelled, and not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def close_quietly() -> None:
    """Write out what waits; a reader that went away is no error, and Python says nothing about it as it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
