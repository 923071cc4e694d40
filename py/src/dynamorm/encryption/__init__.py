"""Encryption: values that are sealed before they leave the process, under data keys that a key service wraps."""

from .cache import DataKey, DataKeyCache
from .field import EnvelopeContext, additional_data, open_envelope, seal_value
from .keys import Encryption, KeyRefusedError, KeyService

__all__ = [
    "DataKey",
    "DataKeyCache",
    "Encryption",
    "EnvelopeContext",
    "KeyRefusedError",
    "KeyService",
    "additional_data",
    "open_envelope",
    "seal_value",
]
