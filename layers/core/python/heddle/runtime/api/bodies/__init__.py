"""The bodies that the API accepts, as pydantic models: unknown fields are refused, types are not guessed.

One module per noun, each imported when a route that takes such a body is called.
"""
