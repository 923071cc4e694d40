"""The command `dynamorm`. Only here are typer and rich imported, and nothing of the library imports this room."""

from .app import app, main

__all__ = ["app", "main"]
