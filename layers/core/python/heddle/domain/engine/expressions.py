"""Expressions: `{{ … }}` and `{% … %}` in JSON, evaluated with fuel, without IO, clock or chance.

A string that is exactly one `{{ … }}` gives its native value; any other string with expressions gives text, in which
null is nothing and objects and lists are JSON. Everything else stays as it is. Values that come out are plain JSON;
they may share parts with the roots, so nobody changes either.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from minijinja import Environment, TemplateError

from heddle.domain.engine.expression_language import OWN_FILTERS, as_text, plain
from heddle.domain.engine.expression_syntax import ROOTS, Expression, classify
from heddle.errors import NodeError
from heddle.records import dataclass

UNDEFINED = "expression_undefined"
FUEL_EXHAUSTED = "expression_fuel_exhausted"
FAILED = "expression_failed"
FUEL = 5_000_000
"""Instructions that one string may cost; about a tenth of a second of looping."""

_SHOWN = 160
_RANGE_TOO_LONG = "range has too many elements"
_UNDEFINED_TYPE = re.compile(r"types? (?:\w+ and )?undefined\b")
_JSON = (str, dict, list, int, float, type(None))


@dataclass(frozen=True, slots=True)
class References:
    """The names that a JSON tree of expressions uses.

    `names` are all free names, `roots` those that are roots, `undeclared` the others. `nodes` are the ids in
    `nodes.<id>`, `secrets` the names in `secrets.<name>`. `dynamic` holds `nodes` or `secrets` where a field of it is
    computed, so that nobody can know which. `bare` are node ids used without `.output`. `problems` are (line, message).
    """

    names: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    dynamic: frozenset[str] = frozenset()
    bare: frozenset[str] = frozenset()
    problems: tuple[tuple[int, str], ...] = ()

    @property
    def roots(self) -> frozenset[str]:
        """The roots among the names."""
        return self.names & ROOTS

    @property
    def undeclared(self) -> frozenset[str]:
        """The names that are no root; a field may still declare some of them (`value` in a router's rules)."""
        return self.names - ROOTS


def is_expression(value: Any) -> bool:
    """Tell whether a value is a string with something to evaluate."""
    return isinstance(value, str) and classify(value).kind != "text"


def references(value: Any) -> References:
    """Return what the strings in a JSON tree refer to. Never raises: syntax errors are `problems`."""
    if isinstance(value, str):
        return _references(classify(value))
    found = [classify(text) for text in _strings(value)]
    return _merged([_references(expression) for expression in found if expression.kind != "text"])


def render(value: Any, roots: Mapping[str, Any], *, fuel: int = FUEL) -> Any:
    """Return the JSON tree with its expressions evaluated; each string may cost so much `fuel`.

    Only the roots that an expression names are looked up in `roots`. Raises NodeError: `expression_undefined` if
    something used is missing (`default(…)` and `is defined` forgive that for the last step of a path),
    `expression_fuel_exhausted` if it computes for too long, `expression_failed` for anything else.
    """
    if isinstance(value, str):
        expression = classify(value)
        if expression.kind == "text":
            return value
        if expression.problems:
            line, reason = expression.problems[0]
            raise _error(FAILED, value, line, reason)
        return _RENDER[expression.kind](expression, roots, fuel)
    if isinstance(value, Mapping):
        return {key: render(each, roots, fuel=fuel) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [render(each, roots, fuel=fuel) for each in value]
    return value


def evaluator(roots: Mapping[str, Any]) -> Callable[[Any, Mapping[str, Any]], Any]:
    """Return the `Evaluate` that nodes with deferred fields get: it renders with extra names beside the roots."""

    def evaluate(value: Any, extra: Mapping[str, Any]) -> Any:
        return render(value, {**roots, **extra})

    return evaluate


@cache
def _environment(fuel: int) -> Environment:
    environment = Environment(
        undefined_behavior="strict",
        fuel=fuel,
        filters=OWN_FILTERS,
        finalizer=as_text,
        keep_trailing_newline=True,
    )
    environment.remove_filter("attr")  # would reach methods that the syntax check does not see
    environment.remove_global("debug")
    return environment


def _path(expression: Expression, roots: Mapping[str, Any], fuel: int) -> Any:
    """Walk a plain path without the evaluator: most expressions are one."""
    try:
        value = roots[expression.source]
        for step in expression.steps:
            # A text has characters and a list has numbers; only objects have names.
            if isinstance(step, str) != isinstance(value, Mapping) or isinstance(value, str):
                raise KeyError(step)
            value = value[step]
    except (KeyError, IndexError, TypeError):
        path = _written(expression)
        raise _error(UNDEFINED, path, 1, "it is undefined") from None
    return value if isinstance(value, _JSON) else plain(value)


def _native(expression: Expression, roots: Mapping[str, Any], fuel: int) -> Any:
    environment = _environment(fuel)
    context = {name: roots[name] for name in expression.names if name in roots}
    try:
        value = environment.eval_expr(expression.source, **context)
        if value is None or callable(value):
            # Undefined comes out as None, and a missing field named like a method as that method. Rendering to text
            # is strict about the first; the second is what a plain path would call undefined.
            if callable(value):
                raise _error(UNDEFINED, expression.source, 1, "it is undefined")
            environment.render_str("{{ (" + expression.source + ") }}", **context)
            return None
        return plain(value)
    except TemplateError as error:
        raise _translated(error, expression.source) from None
    except _FOREIGN as error:
        raise _error(FAILED, expression.source, 1, str(error)) from None


def _template(expression: Expression, roots: Mapping[str, Any], fuel: int) -> str:
    context = {name: roots[name] for name in expression.names if name in roots}
    try:
        return str(_environment(fuel).render_str(expression.source, **context))
    except TemplateError as error:
        raise _translated(error, expression.source) from None
    except _FOREIGN as error:
        raise _error(FAILED, expression.source, 1, str(error)) from None


_FOREIGN = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What filters and methods of Python values raise; it passes through the evaluator unchanged."""

_RENDER: dict[str, Callable[[Expression, Mapping[str, Any], int], Any]] = {
    "path": _path,
    "native": _native,
    "template": _template,
}


def _translated(error: TemplateError, source: str) -> NodeError:
    detail = error.detail or error.kind
    if error.kind == "OutOfFuel" or detail == _RANGE_TOO_LONG:
        return _error(FUEL_EXHAUSTED, source, error.line, "it computes for too long")
    if error.kind == "UndefinedError" or _UNDEFINED_TYPE.search(detail):
        return _error(UNDEFINED, source, error.line, error.detail or "something in it is undefined")
    return _error(FAILED, source, error.line, str(detail))


def _error(code: str, source: str, line: int | None, reason: str) -> NodeError:
    lines = source.splitlines() or [""]
    number = min(max(line or 1, 1), len(lines))
    shown = lines[number - 1].strip()
    if len(shown) > _SHOWN:
        shown = shown[: _SHOWN - 1] + "…"
    return NodeError(f"`{shown}`, line {number}: {reason}", code=code, expression=shown, line=number)


def _written(expression: Expression) -> str:
    steps = (f".{step}" if isinstance(step, str) else f"[{step}]" for step in expression.steps)
    return expression.source + "".join(steps)


def _references(expression: Expression) -> References:
    return References(
        expression.names,
        frozenset(node for node, _ in expression.nodes),
        expression.secrets,
        expression.whole,
        frozenset(node for node, with_output in expression.nodes if not with_output),
        expression.problems,
    )


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [text for child in children for text in _strings(child)]


def _merged(parts: list[References]) -> References:
    return References(
        frozenset().union(*(part.names for part in parts)),
        frozenset().union(*(part.nodes for part in parts)),
        frozenset().union(*(part.secrets for part in parts)),
        frozenset().union(*(part.dynamic for part in parts)),
        frozenset().union(*(part.bare for part in parts)),
        tuple(problem for part in parts for problem in part.problems),
    )
