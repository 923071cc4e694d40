"""Streams: the shape of a record, and the change it tells of."""

from .change import Record, changed_names, is_own, owner_of
from .record import RawRecord, event_of, parse_record, sequence_number_of

__all__ = [
    "RawRecord",
    "Record",
    "changed_names",
    "event_of",
    "is_own",
    "owner_of",
    "parse_record",
    "sequence_number_of",
]
