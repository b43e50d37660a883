"""JSON, by orjson: the texts in it with their paths, and the outline of its keys."""

from typing import Any

import orjson

from heddle.adapters.nodes.documents.document import MAX_STRUCTURE, Document, Limits, TextBuilder, corrupt
from heddle.adapters.nodes.documents.plain import decode, links_in

_TITLES = ("title", "name", "headline", "subject")
# A text of more words is prose: a paragraph of its own, without its path, so that it can be quoted.
_PROSE = 7
_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}


def parse_json(data: bytes, limits: Limits, charset: str | None = None) -> Document:
    """Read JSON: short values as lines `path: value`, prose as paragraphs; the outline folds lists to `[]`."""
    text, encoding = decode(data, charset)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise corrupt("JSON", f"line {error.lineno}, column {error.colno}") from None
    builder = TextBuilder(limits)
    outline: dict[str, str] = {}
    lines: list[str] = []
    for path, shape, leaf in _leaves(value, limits):
        outline.setdefault(shape, _TYPES.get(type(leaf), "null"))
        if not isinstance(leaf, dict | list) and leaf is not None and not builder.full:
            if isinstance(leaf, str) and leaf.count(" ") >= _PROSE:
                builder.add("\n".join(lines))
                builder.add(leaf.strip())
                lines = []
                continue
            lines.append(f"{path}: {leaf if isinstance(leaf, str) else orjson.dumps(leaf).decode()}")
        if len(lines) == 100 or isinstance(leaf, dict):
            builder.add("\n".join(lines))
            lines = []
    builder.add("\n".join(lines))
    return Document(
        text=builder.text(),
        title=_title(value),
        structure=[{"path": path, "type": type_} for path, type_ in list(outline.items())[:MAX_STRUCTURE]],
        links=links_in(builder.text()),
        metadata={"encoding": encoding, "type": _TYPES.get(type(value), "null"), "size": _size(value)},
    )


def _title(value: Any) -> str | None:
    fields = value if isinstance(value, dict) else {}
    return next((fields[key] for key in _TITLES if isinstance(fields.get(key), str)), None)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, dict | list) else 1


def _leaves(value: Any, limits: Limits) -> Any:
    """Yield (path, path with folded lists, value) of everything in it, in order, without recursion."""
    stack: list[tuple[str, str, Any]] = [("$", "$", value)]
    count = 0
    while stack:
        path, shape, current = stack.pop()
        count += 1
        if count % 1000 == 0:
            limits.check()
        yield path, shape, current
        if isinstance(current, dict):
            children = [(f"{path}.{key}", f"{shape}.{key}", inner) for key, inner in current.items()]
            stack.extend(reversed(children))
        elif isinstance(current, list):
            children = [(f"{path}[{index}]", f"{shape}[]", inner) for index, inner in enumerate(current)]
            stack.extend(reversed(children))
