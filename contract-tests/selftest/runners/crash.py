"""A runner that dies at every call."""

import os

from _bad import serve

serve(lambda _message: os._exit(3))
