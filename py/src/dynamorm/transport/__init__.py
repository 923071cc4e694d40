"""The transport: the one door to AWS, and a scripted stand-in for it."""

from .script import Script
from .sdk import SdkTransport
from .transport import Transport

__all__ = ["Script", "SdkTransport", "Transport"]
