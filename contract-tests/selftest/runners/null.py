"""A runner that answers every call with an empty result."""

from _bad import serve

serve(lambda _message: {"result": {}})
