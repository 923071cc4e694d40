"""The version of this library; `scripts/version.py set` writes it from the file VERSION."""

__version__ = "0.1.0"
