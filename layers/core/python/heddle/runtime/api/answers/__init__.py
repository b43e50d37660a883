"""The answers of the API as pydantic models: what the OpenAPI document promises, and what tests hold answers to.

Never imported while a request is answered (the OpenAPI document excepted): answers are plain dictionaries.
"""
