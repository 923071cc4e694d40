"""The codec: values of the language to DynamoDB JSON and back, compiled per model."""

from .converter import Plain, not_configured
from .item import ItemCodec, check_key
from .number import INT64_MAX, NumberError, canonical
from .size import item_size, says_too_large, value_size
from .time import clock_text
from .value import AttributeValue, Item, canonical_value, is_empty, path_name, read_any, write_any

__all__ = [
    "INT64_MAX",
    "AttributeValue",
    "Item",
    "ItemCodec",
    "NumberError",
    "Plain",
    "canonical",
    "canonical_value",
    "check_key",
    "clock_text",
    "is_empty",
    "item_size",
    "not_configured",
    "path_name",
    "read_any",
    "says_too_large",
    "value_size",
    "write_any",
]
