"""The errors: one base, a class for each code of spec/errors.yaml."""

from .base import DynamORMError, Origin
from .catalogue import *  # noqa: F403 - the catalogue is the list

__all__ = ["DynamORMError", "Origin"]
__all__ += [name for name in dir() if name.endswith("Error") and name != "DynamORMError"]
