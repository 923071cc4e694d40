"""A runner that answers an open as if it were a call."""

from _bad import serve

serve(lambda _message: {"result": {}}, lambda _message: {"result": {}})
