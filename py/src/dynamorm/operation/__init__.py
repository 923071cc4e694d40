"""Operations: pure functions from a model and arguments to requests, and from answers to results."""

from .binding import Binding
from .condition import Guard
from .cursor import NONCE_BYTES, Bound, Cursor, Signer
from .delete import Delete
from .exchange import Exchange, Request, Response, SingleExchange
from .get import Exists, Found, Get
from .place import Place
from .put import Put, Stored, create, put, save
from .read import Keys, Options, Page, PageExchange, Read, Shape, check_segments
from .update import Update

__all__ = [
    "NONCE_BYTES",
    "Binding",
    "Bound",
    "Cursor",
    "Delete",
    "Exchange",
    "Exists",
    "Found",
    "Get",
    "Guard",
    "Keys",
    "Options",
    "Page",
    "PageExchange",
    "Place",
    "Put",
    "Read",
    "Request",
    "Response",
    "Shape",
    "Signer",
    "SingleExchange",
    "Stored",
    "Update",
    "check_segments",
    "create",
    "put",
    "save",
]
