"""Operations: pure functions from a model and arguments to requests, and from answers to results."""

from .binding import Binding
from .condition import Guard
from .delete import Delete
from .exchange import Exchange, Request, Response, SingleExchange
from .get import Exists, Found, Get
from .put import Put, Stored, create, put, save
from .update import Update

__all__ = [
    "Binding",
    "Delete",
    "Exchange",
    "Exists",
    "Found",
    "Get",
    "Guard",
    "Put",
    "Request",
    "Response",
    "SingleExchange",
    "Stored",
    "Update",
    "create",
    "put",
    "save",
]
