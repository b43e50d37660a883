"""Writes docs/reference/node-types.md from the catalogue: `python -m heddle.domain.nodes.reference`."""

import json
from pathlib import Path
from typing import Any

from heddle.domain.nodes.catalogue import NODE_TYPES
from heddle.domain.nodes.spec import NodeType

PAGE = Path("docs/reference/node-types.md")
"""Relative to the root of the repository, from where the command is run."""

_HOSTS = {
    "engine": "in process, at no extra cost",
    "function": "in a Lambda function of its own kind",
    "wait": "by the state machine, which waits at no cost",
    "callback": "outside; the run sleeps until it is woken",
}
_INTRO = """# Node types

<!-- Generated from heddle/domain/nodes/catalogue.py by `python -m heddle.domain.nodes.reference`. Do not edit. -->

Every value may be written as an expression (`{{ … }}`), unless its table says *fixed*. *Deferred* fields are rendered
by the node itself, once per element, and see the names given. A value that cannot be used fails the node with
`node_config_invalid`, and `details.field` names it.
"""


def render() -> str:
    """Return the page."""
    return "\n".join([_INTRO, *(_section(node_type) for node_type in NODE_TYPES.values())])


def _section(node_type: NodeType) -> str:
    schema = node_type.config.model_json_schema(by_alias=True)
    parts = [f"## {node_type.name}", "", " ".join((node_type.config.__doc__ or node_type.summary).split()), ""]
    parts += _facts(node_type)
    parts += ["", *_table(schema, node_type)]
    for name, definition in schema.get("$defs", {}).items():
        parts += ["", f"`{name}`: {definition.get('description', '')}".rstrip(": "), "", *_table(definition, None)]
    parts += ["", f"**Output**: {_output(node_type.output_schema)}", *_output_fields(node_type.output_schema), ""]
    return "\n".join(parts)


def _facts(node_type: NodeType) -> list[str]:
    retry = node_type.retry
    facts = [f"- Runs {_HOSTS[node_type.host]}."]
    if node_type.host == "function":
        attempts = "once" if retry.max_attempts == 1 else f"at most {retry.max_attempts} times"
        facts.append(f"- Unless the node says otherwise it is tried {attempts}, for {node_type.timeout:g} s each.")
        if callable(node_type.effects):
            facts.append("- After a crash it is repeated only if its config makes that harmless.")
        elif node_type.effects == "once":
            facts.append("- After a crash it is not repeated by itself (`node_interrupted`).")
    if node_type.secret_fields:
        facts.append(f"- `secrets.*` may be used in: {', '.join(f'`{name}`' for name in node_type.secret_fields)}.")
    return facts


def _table(schema: dict[str, Any], node_type: NodeType | None) -> list[str]:
    rows = ["| field | type | default | |", "|---|---|---|---|"]
    required = set(schema.get("required", []))
    for name, field in schema.get("properties", {}).items():
        default = "**required**" if name in required else _code(field.get("default"))
        text = _escape(field.get("description", "")) + _marks(name, node_type)
        rows.append(f"| `{name}` | {_type(field)} | {default} | {text} |")
    return rows


def _marks(name: str, node_type: NodeType | None) -> str:
    if node_type is None:
        return ""
    marks = ""
    if name in node_type.deferred:
        names = ", ".join(f"`{one}`" for one in node_type.deferred[name])
        marks += f" *Deferred*: sees {names}."
    fixed = [one for one in node_type.static_fields if one.partition(".")[0] == name]
    if fixed:
        inner = [f"`{one.partition('.')[2]}`" for one in fixed if "." in one]
        marks += f" *Fixed*: {', '.join(inner)}." if inner else " *Fixed*."
    return marks


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return " · ".join(_code(value) for value in field["enum"])
    if choices := field.get("anyOf", field.get("oneOf")):
        return " or ".join(dict.fromkeys(_type(one) for one in choices if one.get("type") != "null"))
    if "const" in field:
        return _code(field["const"])
    if "$ref" in field:
        return f"`{field['$ref'].rpartition('/')[2]}`"
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    kind = str(field.get("type", "any"))
    low, high = field.get("minimum", field.get("exclusiveMinimum")), field.get("maximum")
    if low is not None or high is not None:
        bounds = f"{'' if low is None else f'{low:,}'} … {'' if high is None else f'{high:,}'}".strip()
        return f"{kind}, {bounds}"
    return f"{kind}, at most {field['maxLength']:,} characters" if "maxLength" in field else kind


def _output(schema: dict[str, Any]) -> str:
    return _escape(str(schema.get("description", "")))


def _output_fields(schema: dict[str, Any]) -> list[str]:
    fields = schema.get("properties", {})
    if not fields:
        return []
    return [
        "",
        "| field | |",
        "|---|---|",
        *(f"| `{name}` | {_escape(one['description'])} |" for name, one in fields.items()),
    ]


def _code(value: Any) -> str:
    if value is None:
        return ""
    return f"`{value}`" if isinstance(value, str) and value.strip() else f"`{json.dumps(value)}`"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
