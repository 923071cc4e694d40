"""The transport: the one door to AWS, and a scripted stand-in for it."""

from .script import Script
from .sdk import SdkTransport
from .streams import StreamsDoor
from .transport import Transport

__all__ = ["Script", "SdkTransport", "StreamsDoor", "Transport"]
