"""`dynamorm dms`: model documents checked, put into one style, compared, and taken over from DMS 0.1."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..documents.compare import diff_dms
from ..documents.format import format_dms
from ..documents.upgrade import upgrade_dms
from ..schema import canonical_dms
from .files import STDIN, Fault, needed, tried, write
from .output import FOUND, Json, examples, say, say_json, say_text, styled, visible

if TYPE_CHECKING:
    from rich.text import Text

    from ..documents.compare import Change
    from ..documents.upgrade import Notice

app = typer.Typer(
    help="Model documents (DMS): validate, format, compare, upgrade.",
    no_args_is_help=True,
    epilog=examples("dms validate models.yaml", "dms format --check *.yaml", "dms diff old.yaml new.yaml"),
)
Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Documents, YAML or JSON; - is standard input.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="A document, YAML or JSON; - is standard input.")]


@app.command(
    "validate", epilog=examples("dms validate models.yaml", "cat models.yaml | dynamorm dms validate - --json")
)
def validate_command(files: Files, *, as_json: Json = False) -> None:
    """Load documents, and tell of each invalid one its first fault: code, JSON Pointer, fact and line."""
    found = [(file, tried(file, canonical_dms)[1]) for file in files]
    faults = {file: fault for file, fault in found if isinstance(fault, Fault)}
    if as_json:
        say_json([_verdict(file, faults.get(file)) for file, _ in found])
    else:
        for file, _ in found:
            fault = faults.get(file)
            say(f"{file}: valid" if fault is None else _fault_line(fault))
    if faults:
        raise typer.Exit(FOUND)


def _verdict(file: str, fault: Fault | None) -> dict[str, Any]:
    error = None if fault is None else {name: one for name, one in fault.as_dict().items() if name != "file"}
    return {"file": file, "valid": fault is None, "error": error}


def _fault_line(fault: Fault) -> Text:
    place, _, rest = str(fault).partition(f": {fault.code} ")
    return styled(place, "bold").append(f": {fault.code} ", "bold red").append(visible(rest), "not bold")


@app.command(
    "format", epilog=examples("dms format --write models.yaml", "dms format --check *.yaml", "dms format - < a.yaml")
)
def format_command(
    files: Files,
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 where a file would change.")] = False,
    in_place: Annotated[bool, typer.Option("--write", help="Write the files anew.")] = False,
    as_json: Json = False,
) -> None:
    """Put documents into one style: indentation, quotes, the order of known members.

    Comments stay, and so does the order of models and attributes. Nothing is written whose meaning would change.
    """
    if check and in_place:
        raise typer.BadParameter("--check and --write exclude each other")
    if len(files) > 1 and not (check or in_place or as_json):
        raise typer.BadParameter("several files need --check, --write or --json")
    _no_stdin(files, in_place=in_place)
    results = [(file, *tried(file, format_dms)) for file in files]
    facts = [_formatted(file, text, out) for file, text, out in results]
    for file, text, out in results:
        if in_place and isinstance(out, str) and out != text:
            write(file, out)
    if as_json:
        say_json([{name: one for name, one in fact.items() if one is not None or name == "error"} for fact in facts])
    else:
        _show_formatted(results, check=check, in_place=in_place)
    if any(fact["error"] is not None or (check and fact["changed"]) for fact in facts):
        raise typer.Exit(FOUND)


def _formatted(file: str, text: str, out: str | Fault) -> dict[str, Any]:
    if isinstance(out, Fault):
        return _verdict(file, out) | {"changed": False}
    return {"file": file, "changed": out != text, "text": out, "error": None}


def _show_formatted(results: list[tuple[str, str, str | Fault]], *, check: bool, in_place: bool) -> None:
    for file, text, out in results:
        if isinstance(out, Fault):
            say(_fault_line(out), stderr=True)
        elif not (check or in_place):
            say_text(out)
        elif out != text:
            say(f"{file}: {'would change' if check else 'written'}")


def _no_stdin(files: list[str], *, in_place: bool) -> None:
    if in_place and STDIN in files:
        raise typer.BadParameter("--write needs a file")
    if files.count(STDIN) > 1:
        raise typer.BadParameter("standard input is read once")


@app.command(
    "diff", epilog=examples("dms diff old.yaml new.yaml", "git show main:m.yaml | dynamorm dms diff - m.yaml --json")
)
def diff_command(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="The document that items are stored by; - is standard input.")
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The document that takes its place.")],
    *,
    as_json: Json = False,
) -> None:
    """Name every change between two documents by its rule; exit 1 where one breaks.

    The rules, and why each one breaks or does not, are in the specification's page 92-compatibility.md.
    """
    _no_stdin([old, new], in_place=False)
    # Each is loaded by itself first, so that a fault is told of the document that has it.
    before, after = (needed(file, canonical_dms)[1] for file in (old, new))
    changes = diff_dms(before, after)
    breaking = sum(change.breaking for change in changes)
    if as_json:
        say_json({"breaking": breaking > 0, "changes": [change.as_dict() for change in changes]})
    else:
        for change in changes:
            say(_change_line(change))
        number = "1 change" if len(changes) == 1 else f"{len(changes)} changes"
        say(f"{number}, {breaking} breaking" if changes else "no change of meaning")
    if breaking:
        raise typer.Exit(FOUND)


def _change_line(change: Change) -> Text:
    line = styled("breaking  " if change.breaking else "fine      ", "bold red" if change.breaking else "green")
    line.append(f"{visible(change.path)}: ", "bold default").append(change.rule, "not bold cyan")
    shown = " -> ".join("none" if one is None else _short(one) for one in (change.old, change.new))
    return line.append(visible(f" ({shown})"), "not bold default").append(f"\n          {change.why}", "not bold dim")


def _short(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and (named := value.get("attribute") or value.get("name")):
        return str(named)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - what fits on a line beside the rest


@app.command("upgrade", epilog=examples("dms upgrade old.yaml > new.yaml", "dms upgrade --write models.yaml"))
def upgrade_command(
    file: File,
    *,
    in_place: Annotated[bool, typer.Option("--write", help="Write the file anew.")] = False,
    as_json: Json = False,
) -> None:
    """Turn a document of DMS 0.1 into one of 1.0, and name each change of its text and of what values mean.

    The text goes to standard output and the changes to standard error. What cannot be upgraded is refused.
    """
    _no_stdin([file], in_place=in_place)
    text, upgraded = needed(file, upgrade_dms)
    if in_place and upgraded.text != text:
        write(file, upgraded.text)
    if as_json:
        notices = [notice.as_dict() for notice in upgraded.notices]
        say_json({"file": file, "changed": upgraded.text != text, "text": upgraded.text, "changes": notices})
        return
    if not in_place:
        say_text(upgraded.text)
    _show_notices(file, upgraded.notices)


def _show_notices(file: str, notices: list[Notice]) -> None:
    if not notices:
        say(f"{file} is of DMS 1.0 already", stderr=True)
    for (kind, name, what), group in groupby(
        sorted(notices, key=_order), key=lambda one: (one.kind, one.name, one.what)
    ):
        paths = [path for notice in group for path in notice.paths]
        line = styled(f"{kind:<8}", "bold yellow" if kind == "meaning" else "green").append(name, "not bold cyan")
        line.append(visible(f": {what}"), "not bold default").append(
            visible(f"\n        {', '.join(paths)}"), "not bold dim"
        )
        say(line, stderr=True)


def _order(notice: Notice) -> tuple[str, str, str]:
    return notice.kind, notice.name, notice.what
