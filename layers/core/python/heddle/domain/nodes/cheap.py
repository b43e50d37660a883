"""The cheap node types: pure computing, done in process by whatever strand comes along (host "engine").

Each runner gets its config rendered, except the deferred fields of its type, which it renders element by element.
"""

import re
from collections.abc import Mapping
from typing import Any

from heddle.domain.nodes.aggregates import OPERATIONS
from heddle.domain.nodes.fields import (
    as_text,
    boolean_field,
    choice_field,
    holds,
    integer_field,
    invalid,
    kind,
    list_field,
    object_field,
    text_field,
)
from heddle.domain.nodes.spec import EngineRunner, Evaluate, NodeResult, NodeTask

_EMPTY_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
NO_LIMIT = 2**31


def run_template(task: NodeTask, evaluate: Evaluate) -> NodeResult:
    """Give {"text"}: the engine has rendered the template already."""
    text = as_text(task.config.get("template"))
    if boolean_field(task.config, "trim", False):
        text = _EMPTY_LINES.sub("\n\n", text).strip()
    return NodeResult({"text": text})


def run_set(task: NodeTask, evaluate: Evaluate) -> NodeResult:
    """Give the named values."""
    return NodeResult(dict(object_field(task.config, "values")))


def run_transform(task: NodeTask, evaluate: Evaluate) -> NodeResult:
    """Give `value`, or what `each` makes of every element of `items`."""
    if "items" not in task.config:
        return NodeResult(task.config.get("value"))
    return NodeResult(_each(task.config, "each", evaluate))


def run_filter(task: NodeTask, evaluate: Evaluate) -> NodeResult:
    """Give the elements that `where` holds for, ranked by `query` or sorted by `order_by`, cut to `limit`."""
    config = task.config
    items = list_field(config, "items")
    chosen = list(range(len(items)))
    if config.get("where") is not None:
        chosen = [index for index, verdict in enumerate(_each(config, "where", evaluate)) if holds(verdict)]
    if config.get("order_by") is not None:
        chosen = _sorted(config, items, chosen, evaluate)
    if config.get("query") is not None:
        chosen = _relevant(config, items, chosen, evaluate)
    offset = integer_field(config, "offset", 0, low=0, high=NO_LIMIT)
    limit = integer_field(config, "limit", NO_LIMIT, low=0, high=NO_LIMIT)
    return NodeResult([items[index] for index in chosen[offset : offset + limit]])


def run_aggregate(task: NodeTask, evaluate: Evaluate) -> NodeResult:
    """Give what the operation makes of the list."""
    config = task.config
    operation = choice_field(config, "operation", tuple(OPERATIONS))
    items = list_field(config, "items")
    values = items if config.get("value") is None else _each(config, "value", evaluate)
    keys = None if config.get("by") is None else _each(config, "by", evaluate)
    if operation == "group" and keys is None:
        raise invalid("by", "is needed to group")
    return NodeResult(OPERATIONS[operation](values, keys, config))


def run_router(task: NodeTask, evaluate: Evaluate) -> NodeResult:
    """Give {"branch", "branches"} and take those branches. After the first that holds, mode first tries no other."""
    config = task.config
    first_only = choice_field(config, "mode", ("first", "all"), "first") == "first"
    taken: list[str] = []
    for number, rule in enumerate(list_field(config, "rules")):
        if not isinstance(rule, Mapping):
            raise invalid(f"rules[{number}]", f"must be an object, but is {kind(rule)}")
        if holds(evaluate(rule.get("when"), {"value": config.get("value")})):
            taken.append(text_field(rule, "branch"))
            if first_only:
                break
    if not taken and config.get("default") is not None:
        taken.append(text_field(config, "default"))
    branches = list(dict.fromkeys(taken))
    return NodeResult({"branch": branches[0] if branches else None, "branches": branches}, route=tuple(branches))


def _each(config: Mapping[str, Any], name: str, evaluate: Evaluate) -> list[Any]:
    """Render a deferred field once per element."""
    template = config.get(name)
    return [
        evaluate(template, {"item": item, "index": index}) for index, item in enumerate(list_field(config, "items"))
    ]


def _sorted(config: Mapping[str, Any], items: Any, chosen: list[int], evaluate: Evaluate) -> list[int]:
    """Sort indexes by `order_by`, null last in either direction, equal ones in their order."""
    keys = {index: evaluate(config["order_by"], {"item": items[index], "index": index}) for index in chosen}
    known = [index for index in chosen if keys[index] is not None]
    try:
        known.sort(key=keys.__getitem__, reverse=boolean_field(config, "descending", False))
    except TypeError:
        kinds = sorted({kind(keys[index]) for index in known})
        raise invalid("order_by", f"gives values that have no order among them: {', '.join(kinds)}") from None
    return known + [index for index in chosen if keys[index] is None]


def _relevant(config: Mapping[str, Any], items: Any, chosen: list[int], evaluate: Evaluate) -> list[int]:
    """Keep indexes whose text shares a word with `query`, best first (or in `order_by`'s order, if that is given)."""
    from heddle.domain.nodes.relevance import relevance  # its words cost 2 ms of every cold start

    texts = [_text_of(config, items[index], index, evaluate) for index in chosen]
    scores = dict(zip(chosen, relevance(text_field(config, "query"), texts), strict=True))
    found = [index for index in chosen if scores[index] > 0]
    return found if config.get("order_by") is not None else sorted(found, key=lambda index: -scores[index])


def _text_of(config: Mapping[str, Any], item: Any, index: int, evaluate: Evaluate) -> str:
    if config.get("text") is not None:
        return as_text(evaluate(config["text"], {"item": item, "index": index}))
    if isinstance(item, Mapping) and isinstance(item.get("text"), str):
        return str(item["text"])
    return as_text(item)


ENGINE_RUNNERS: Mapping[str, EngineRunner] = {
    "template": run_template,
    "set": run_set,
    "transform": run_transform,
    "filter": run_filter,
    "aggregate": run_aggregate,
    "router": run_router,
}
"""Cheap node type to its runner."""

DEFERRED: Mapping[str, tuple[str, ...]] = {
    "transform": ("each",),
    "filter": ("where", "text", "order_by"),
    "aggregate": ("value", "by"),
    "router": ("rules",),
}
"""Cheap node type to the fields that it renders itself, as its declaration says: for who runs one without a plan."""
