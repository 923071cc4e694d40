"""The conductor of the contract suite: cases in, judgements out.

It owns the cases, the endpoint that the libraries talk to, and every comparison; the runners only translate. See `contract-tests/README.md`.
"""
