"""The schema: what a model is, how it is written down, and what makes it wrong."""

from .dms import canonical_dms, dump, load_dms, load_document
from .model import Composed, Discriminator, Field, Index, Key, Model, Role

__all__ = [
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
