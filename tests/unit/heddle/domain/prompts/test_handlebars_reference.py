"""Generated templates give what a small interpreter of Handlebars, written here and nowhere else, says they give."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.prompts import handlebars

NAMES = ("a", "b", "c")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("xyé<&", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)
DATA = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))
TEXTS = st.text("xy {}%#\n-~|\"'", min_size=1, max_size=6).filter(
    lambda text: "{{" not in text and not text.endswith("{") and "\n" not in text
)


@dataclass(frozen=True)
class Frame:
    """What a place in a template sees: its value, and of an `each` where it is."""

    value: Any
    each: bool = False
    key: Any = None
    index: int = 0
    last: bool = False


def walk(value: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def find(path: tuple[str, int, tuple[str, ...]], frames: list[Frame]) -> Any:
    kind, up, steps = path
    if kind == "@root":
        return walk(frames[0].value, steps)
    if kind.startswith("@"):
        frame = next(frame for frame in reversed(frames) if frame.each)
        return {"@index": frame.index, "@key": frame.key, "@first": frame.index == 0, "@last": frame.last}[kind]
    return walk(frames[-1 - up].value, steps)


def truth(value: Any) -> bool:
    return value not in (None, "", []) and value is not False and not (type(value) is int and value == 0)


def shown(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def evaluate(expression: Any, frames: list[Frame]) -> Any:
    kind, what = expression
    if kind == "path":
        return find(what, frames)
    if kind == "literal":
        return what
    name, *arguments = what
    values = [evaluate(argument, frames) for argument in arguments]
    if name == "json":
        return json.dumps(values[0], ensure_ascii=False)
    if name == "uppercase":
        return shown(values[0]).upper()
    if name == "lowercase":
        return shown(values[0]).lower()
    equal = json.dumps(values[0], sort_keys=True) == json.dumps(values[1], sort_keys=True)
    return equal if name == "eq" else not equal


def interpret(nodes: Any, frames: list[Frame]) -> str:
    return "".join(interpret_one(node, frames) for node in nodes)


def interpret_one(node: Any, frames: list[Frame]) -> str:
    kind = node[0]
    if kind == "text":
        return str(node[1])
    if kind in ("value", "raw"):
        return shown(evaluate(node[1], frames))
    _, expression, body, otherwise = node
    value = evaluate(expression, frames)
    if kind in ("if", "unless"):
        return interpret(body if truth(value) == (kind == "if") else otherwise, frames)
    if kind == "with":
        filled = value not in (None, "", []) and value is not False
        return interpret(body, [*frames, Frame(value)]) if filled else interpret(otherwise, frames)
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    parts = [
        interpret(body, [*frames, Frame(each, True, key, index, index == len(pairs) - 1)])
        for index, (key, each) in enumerate(pairs)
    ]
    return "".join(parts) if pairs else interpret(otherwise, frames)


def write(nodes: Any) -> str:
    return "".join(write_one(node) for node in nodes)


def write_one(node: Any) -> str:
    kind = node[0]
    if kind == "text":
        return str(node[1])
    if kind == "value":
        return "{{" + write_expression(node[1], top=True) + "}}"
    if kind == "raw":
        return "{{{" + write_expression(node[1], top=True) + "}}}"
    _, expression, body, otherwise = node
    inverse = "{{else}}" + write(otherwise) if otherwise else ""
    return f"{{{{#{kind} {write_expression(expression)}}}}}{write(body)}{inverse}{{{{/{kind}}}}}"


def write_expression(expression: Any, top: bool = False) -> str:
    kind: str = expression[0]
    what = expression[1]
    if kind == "literal":
        return json.dumps(what, ensure_ascii=False)
    if kind == "call":
        name, *arguments = what
        text = " ".join([name, *(write_expression(argument) for argument in arguments)])
        return text if top else f"({text})"
    root: str = what[0]
    up, steps = what[1:]
    if root.startswith("@"):
        return ".".join([root, *steps])
    start: str = "../" * up
    if root == "this":
        return start + ".".join(["this", *steps]) if not up else start + ".".join(steps or ("this",))
    return start + ".".join(steps)


@st.composite
def paths(draw: Any, depth: int, within_each: bool) -> Any:
    kinds = ["name", "@root"]
    kinds += ["this", "up"] if depth else []
    kinds += ["@index", "@key", "@first", "@last"] if within_each else []
    kind = draw(st.sampled_from(kinds))
    steps = tuple(draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)))
    if kind == "up":
        return "path", ("name", draw(st.integers(1, depth)), steps)
    if kind == "this":
        return "path", ("this", 0, draw(st.sampled_from([(), steps])))
    if kind in ("name", "@root"):
        return "path", (kind, 0, steps)
    return "path", (kind, 0, ())


@st.composite
def expressions(draw: Any, depth: int, within_each: bool) -> Any:
    path = paths(depth, within_each)
    literal = st.tuples(st.just("literal"), st.none() | st.booleans() | st.integers(-3, 3) | st.text("xy", max_size=2))
    kind = draw(st.sampled_from(["path", "path", "json", "uppercase", "lowercase", "eq", "ne"]))
    if kind == "path":
        return draw(path)
    arguments = [draw(path), draw(path | literal)] if kind in ("eq", "ne") else [draw(path)]
    return "call", (kind, *arguments)


@st.composite
def bodies(draw: Any, depth: int = 0, within_each: bool = False, left: int = 3) -> Any:
    nodes: list[Any] = []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["text", "value", "raw", *(["if", "unless", "each", "with"] if left else [])]))
        if kind == "text":
            nodes.append(("text", draw(TEXTS)))
            continue
        expression = draw(expressions(depth, within_each))
        if kind in ("value", "raw"):
            nodes.append((kind, expression))
            continue
        scoped = kind in ("each", "with")
        body = draw(bodies(depth + scoped, within_each or kind == "each", left - 1))
        nodes.append((kind, expression, body, draw(bodies(depth, within_each, left - 1))))
    return [
        node
        for number, node in enumerate(nodes)
        if not (node[0] == "text" and number and nodes[number - 1][0] == "text")
    ]


@settings(max_examples=200, deadline=None)
@given(bodies(), DATA)
def test_a_translated_template_gives_what_the_interpreter_gives(nodes: Any, data: dict[str, Any]) -> None:
    template = "." + write(nodes) + "."

    assert handlebars(template, data) == "." + interpret(nodes, [Frame(data)]) + "."
