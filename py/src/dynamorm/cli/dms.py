"""`dynamorm dms`."""
from __future__ import annotations
import typer
app = typer.Typer(help="x")
@app.command()
def validate() -> None:
    """X."""
