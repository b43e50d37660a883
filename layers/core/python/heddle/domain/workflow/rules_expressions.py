"""Rules on expressions: they can be read, and everything they name exists and is known by then."""

from collections.abc import Iterator

from heddle.domain.workflow.analysis import PER_ITEM, Analysis, Field
from heddle.domain.workflow.rules_graph import available
from heddle.errors import Problem


def expression_problems(analysis: Analysis) -> Iterator[Problem]:
    """Give the problems of every expression in configs, conditions, lists, cache keys and outputs."""
    for field in analysis.fields:
        yield from _syntax(field)
        yield from _names(field)
        yield from _nodes(field, analysis)
    for node_id, referred in analysis.premature:
        message = f"`{node_id}` refers to `{referred}`, which runs after it; there is nothing to refer to yet"
        path = f"nodes[{analysis.places[node_id]}]"
        yield Problem("WF_REFERENCE_TO_LATER_NODE", message, path, (node_id, referred))


def _who(field: Field) -> tuple[str, tuple[str, ...]]:
    return (f"`{field.node}`: ", (field.node,)) if field.node else ("", ())


def _syntax(field: Field) -> Iterator[Problem]:
    who, nodes = _who(field)
    for line, message in field.references.problems:
        yield Problem("WF_INVALID_EXPRESSION", f"{who}`{field.path}`, line {line}: {message}", field.path, nodes)


def _names(field: Field) -> Iterator[Problem]:
    who, nodes = _who(field)
    for name in sorted(field.references.names - field.allowed):
        if name == "secrets":
            message = f"{who}`{field.path}` must not use secrets; only fields that keep them secret may"
            yield Problem("WF_SECRET_NOT_ALLOWED", message, field.path, nodes)
        elif name in PER_ITEM:
            message = f"{who}`{field.path}` uses `{name}`, which only exists with `for_each`"
            yield Problem("WF_UNDECLARED_NAME", message, field.path, nodes)
        else:
            there = ", ".join(sorted(field.allowed))
            message = f"{who}`{field.path}` uses `{name}`, which is not declared; there are {there}"
            yield Problem("WF_UNDECLARED_NAME", message, field.path, nodes)


def _nodes(field: Field, analysis: Analysis) -> Iterator[Problem]:
    who, nodes = _who(field)
    for root in sorted(field.references.dynamic & field.allowed):
        example = "nodes.<id>.output" if root == "nodes" else "secrets.<name>"
        message = f"{who}`{field.path}` uses `{root}` as a whole; write {example}, so that it is known what is needed"
        yield Problem("WF_DYNAMIC_REFERENCE", message, field.path, nodes)
    for referred in sorted(field.references.nodes):
        if referred not in analysis.nodes:
            message = f"{who}`{field.path}` refers to `nodes.{referred}`, which does not exist; {available(analysis)}"
            yield Problem("WF_UNKNOWN_REFERENCE", message, field.path, (*nodes, referred))
        elif referred == field.node:
            message = f"{who}`{field.path}` refers to the node's own output, which is not there yet"
            yield Problem("WF_CYCLE_DETECTED", message, field.path, nodes)
        elif referred in field.references.bare:
            message = f"{who}`{field.path}` refers to `nodes.{referred}`; of a node there is only `.output`"
            yield Problem("WF_UNKNOWN_REFERENCE", message, field.path, (*nodes, referred))
