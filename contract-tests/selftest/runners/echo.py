"""A runner that answers every call with its own arguments."""

from _bad import serve

serve(lambda message: {"result": message["args"]})
