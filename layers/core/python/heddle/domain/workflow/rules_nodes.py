"""Rules on single nodes: their type, their config against the type's model, and what their host allows."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from heddle.domain.engine.expression_syntax import classify
from heddle.domain.engine.expressions import is_expression, references
from heddle.domain.nodes.spec import NodeType
from heddle.domain.workflow.analysis import Analysis
from heddle.domain.workflow.definition import NodeDefinition
from heddle.domain.workflow.problems import field_names, message_of, path_of
from heddle.errors import Problem

MAX_FUNCTION_SECONDS = 840.0
"""What one attempt may take in a function: the 15 minutes of the service, less a minute to record the result."""


def node_problems(analysis: Analysis) -> Iterator[Problem]:
    """Give the problems of every node."""
    for place, node in enumerate(analysis.definition.nodes):
        path = f"nodes[{place}]"
        node_type = analysis.node_types.get(node.type)
        if node_type is None:
            known = ", ".join(sorted(analysis.node_types))
            message = f"`{node.id}` has the type {node.type!r}, which does not exist; there are {known}"
            yield Problem("WF_UNKNOWN_NODE_TYPE", message, f"{path}.type", (node.id,))
        else:
            yield from config_problems(node, node_type, f"{path}.config")
            yield from _inner(node, node_type, analysis.node_types, f"{path}.config")
            yield from _host(node, node_type, path)
        yield from _policies(node, path)


def config_problems(node: NodeDefinition, node_type: NodeType, path: str) -> Iterator[Problem]:
    """Give what the type's model says against the config, except where an expression will give the value."""
    yield from _config(node, node.config, node_type, path)


def _inner(
    node: NodeDefinition, node_type: NodeType, node_types: Mapping[str, NodeType], path: str
) -> Iterator[Problem]:
    """Give what the models of other types say against the configs that this one holds, and secrets out of place."""
    if node_type.inner is None:
        return
    keeping: list[str] = []
    for inside, name, config in node_type.inner(node.config):
        inner_type = node_types[name]
        keeping += [f"{inside}.{field}" for field in inner_type.secret_fields]
        yield from _config(node, config, inner_type, f"{path}.{inside}")
    for field in node_type.secret_fields:
        for place, text in _texts(node.config.get(field), (field,)):
            where = path_of(place)
            if references(text).secrets and not any(where == one or where.startswith(f"{one}.") for one in keeping):
                message = f"`{node.id}`: `{where}` must not use secrets; only fields that keep them secret may"
                yield Problem("WF_SECRET_NOT_ALLOWED", message, f"{path}.{where}", (node.id,))


def _texts(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Give every text in a JSON value, and where it is."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, (*place, str(key)))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _texts(each, (*place, number))


def _config(node: NodeDefinition, config: Mapping[str, Any], node_type: NodeType, path: str) -> Iterator[Problem]:
    for dotted in node_type.static_fields:
        for field, value in _at(config, dotted.split("."), ()):
            if is_expression(value):
                message = f"`{node.id}`: `{path_of(field)}` must be written out, it cannot be an expression"
                yield Problem("WF_EXPRESSION_NOT_ALLOWED", message, f"{path}.{path_of(field)}", (node.id,))
    try:
        node_type.config.model_validate(config)
    except ValidationError as error:
        told: set[tuple[str, str]] = set()
        for each in error.errors(include_url=False):
            location, value = _real_place(config, each["loc"], each["type"] == "missing")
            if is_expression(value):
                continue
            known = field_names(node_type.config) if len(location) == 1 else ()
            message = message_of(each["type"], each["msg"], location, each.get("ctx", {}), value, known)
            where = f"{path}.{path_of(location)}" if location else path
            if (where, message) not in told:
                told.add((where, message))
                message = f"`{node.id}` ({node_type.name}): {message}"
                yield Problem("WF_INVALID_CONFIG", message, where, (node.id,))


def _at(value: Any, names: list[str], path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Give the values at a dotted field; lists on the way are gone through."""
    if isinstance(value, list) and names:
        for number, each in enumerate(value):
            yield from _at(each, names, (*path, number))
    elif not names:
        yield path, value
    elif isinstance(value, Mapping) and names[0] in value:
        yield from _at(value[names[0]], names[1:], (*path, names[0]))


def _real_place(config: Any, location: tuple[str | int, ...], missing: bool) -> tuple[tuple[str | int, ...], Any]:
    """Return where in the config an error is, and what is there; of a field that is `missing` where it should be.

    Locations also hold the names of union members, which are not in the document; and where an expression stands for
    an object, the error is about fields that the object will have.
    """
    place: list[str | int] = []
    value = config
    for number, part in enumerate(location):
        absent = missing and number == len(location) - 1
        if isinstance(value, Mapping) and (part in value or (absent and isinstance(part, str))):
            place.append(part)
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            place.append(part)
            value = value[part]
    return tuple(place), value


def _host(node: NodeDefinition, node_type: NodeType, path: str) -> Iterator[Problem]:
    waits = node_type.host in ("wait", "callback")
    if node.for_each is not None:
        if node_type.routes is not None:
            yield _for_each(node, path, "a router chooses branches once, so it cannot have `for_each`")
        elif waits and node.type != "workflow":
            yield _for_each(
                node, path, f"a `{node.type}` node waits, so it cannot have `for_each`; put it in a workflow"
            )
    if node.cache is not None and (waits or node_type.routes is not None):
        message = f"`{node.id}`: what a `{node.type}` node does cannot be reused, remove `cache`"
        yield Problem("WF_INVALID_CACHE", message, f"{path}.cache", (node.id,))
    if node_type.host == "function" and (node.timeout or 0) > MAX_FUNCTION_SECONDS:
        message = f"`{node.id}`: `timeout` is {node.timeout:g} s, but one attempt may take {MAX_FUNCTION_SECONDS:g} s"
        yield Problem("WF_INVALID_TIMEOUT", message, f"{path}.timeout", (node.id,))


def _policies(node: NodeDefinition, path: str) -> Iterator[Problem]:
    if node.for_each is not None and classify(node.for_each.items).kind not in ("path", "native"):
        yield _for_each(node, path, "`items` must be exactly one expression, such as {{ input.documents }}")
    if node.when is not None and classify(node.when).kind not in ("path", "native"):
        message = f"`{node.id}`: `when` must be exactly one expression, such as {{{{ input.urgent }}}}"
        yield Problem("WF_INVALID_CONDITION", message, f"{path}.when", (node.id,))
    retry = node.retry
    if retry is not None and retry.delay is not None and retry.max_delay is not None and retry.max_delay < retry.delay:
        message = f"`{node.id}`: `max_delay` ({retry.max_delay:g}) is less than `delay` ({retry.delay:g})"
        yield Problem("WF_INVALID_RETRY", message, f"{path}.retry.max_delay", (node.id,))
    if "fallback" in node.model_fields_set:
        if node.failure_handling != "continue":
            message = f"`{node.id}`: `fallback` is only used with `on_error: continue`, not {node.on_error}"
            yield Problem("WF_INVALID_FALLBACK", message, f"{path}.fallback", (node.id,))
        found = references(node.fallback)
        if found.names or found.problems:
            message = f"`{node.id}`: `fallback` is taken as it is, it cannot hold expressions"
            yield Problem("WF_EXPRESSION_NOT_ALLOWED", message, f"{path}.fallback", (node.id,))


def _for_each(node: NodeDefinition, path: str, message: str) -> Problem:
    return Problem("WF_INVALID_FOR_EACH", f"`{node.id}`: {message}", f"{path}.for_each", (node.id,))
