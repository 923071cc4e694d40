"""Streams: records to typed changes, and the store of what was handled."""

from .change import Record, changed_names, is_own, owner_of
from .record import RawRecord, event_of, parse_record, sequence_number_of
from .seen import Seen, SeenInMemory

__all__ = [
    "RawRecord",
    "Record",
    "Seen",
    "SeenInMemory",
    "changed_names",
    "event_of",
    "is_own",
    "owner_of",
    "parse_record",
    "sequence_number_of",
]
