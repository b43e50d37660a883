"""The routes: what exists, who may use it, and which query parameters it knows. One module per noun, one table of all.

The handler enforces it, the infrastructure stack reads it (public routes have no authorizer), and
docs/reference/routes.md and the OpenAPI document are made from it. An endpoint that is not here cannot be registered.
Nothing but the standard library is imported, so that the stacks can read it.
"""
