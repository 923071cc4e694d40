"""Which models a command is about: those of a document, or some of them, by the tables they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from ..schema import load_dms
from .files import needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..client import Client
    from ..schema import Model

DocumentFile = Annotated[
    str, typer.Option("--document", "-d", metavar="FILE", help="A DMS document, YAML or JSON; - is standard input.")
]


@dataclass(frozen=True)
class Chosen:
    """A document, and the names of some of its models."""

    document: DocumentFile
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model", "-m", metavar="NAME", help="A model of the document; several times for several; else all."
        ),
    ] = None

    def tables(self, client: Client) -> dict[str, list[Model]]:
        """Give the models by the real name of their table, in the order of the document."""
        found = load(self.document)
        out: dict[str, list[Model]] = {}
        for name in self.models or found:
            model = model_of(found, name, "--model")
            together = out.setdefault(client.bound(model).table, [])
            if model not in together:
                together.append(model)
        return out


def load(file: str) -> dict[str, Model]:
    """Load a document."""
    return needed(file, load_dms)[1]


def model_of(models: dict[str, Model], name: str | None, option: str) -> Model:
    """Give the model of a name; a document of one model needs none."""
    if name is None:
        if len(models) > 1:
            raise typer.BadParameter(f"the document has several models: {_names(models)}", param_hint=option)
        return next(iter(models.values()))
    if name not in models:
        raise typer.BadParameter(f"there is no model {name}: the document has {_names(models)}", param_hint=option)
    return models[name]


def _names(models: dict[str, Model]) -> str:
    names: Sequence[str] = [*models]
    return ", ".join(names)
