"""A runner that cannot open a client."""

from _bad import serve

serve(lambda _message: {"result": {}}, lambda _message: {"error": {"code": "ServiceError", "origin": "service", "retryable": False}})
