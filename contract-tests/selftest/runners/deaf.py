"""A runner that says ok to a call, which is neither a result nor an error."""

from _bad import serve

serve(lambda _message: {"ok": {}})
