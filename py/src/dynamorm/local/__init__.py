"""DynamoDB Local for developers and tests: a container or the machine's own Java, started once and found again."""

from .jvm import EngineError
from .service import DEFAULT, ENGINES, Wanted, find, start, stop
from .state import State

__all__ = ["DEFAULT", "ENGINES", "EngineError", "State", "Wanted", "find", "start", "stop"]
