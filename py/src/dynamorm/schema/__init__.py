"""The schema: what a model is, how it is written down, and what makes it wrong."""

from .dms import canonical_dms, dump, load_dms, load_document
from .model import Composed, Discriminator, Field, Index, Key, Model, Role
from .versions import DMS_VERSIONS

__all__ = [
    "DMS_VERSIONS",
    "Composed",
    "Discriminator",
    "Field",
    "Index",
    "Key",
    "Model",
    "Role",
    "canonical_dms",
    "dump",
    "load_dms",
    "load_document",
]
