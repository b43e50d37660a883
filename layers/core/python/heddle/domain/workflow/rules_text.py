"""Rules on what people write into names, descriptions, labels and metadata: sizes, control characters, attacks.

These texts end up in logs, pages, file names and other people's tools, so shapes that are an attack on any of those
are refused where they come in. Prompts and templates are not looked at: they are data.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from heddle.domain.workflow.definition import NodeDefinition, WorkflowDefinition
from heddle.domain.workflow.problems import shown
from heddle.errors import Problem

MAX_LABELS = 50
MAX_LABEL_NAME = 63
MAX_LABEL_VALUE = 255
MAX_METADATA_KEYS = 100
MAX_METADATA_BYTES = 16_384
RESERVED_KEYS = (
    "__system__",
    "_internal_",
    "NODE_TYPE",
    "_secret_",
    "__admin__",
    "password",
    "token",
    "key",
    "credential",
    "__proto__",
    "constructor",
    "prototype",
    "__defineGetter__",
    "__defineSetter__",
)
_SUSPICIOUS = {
    "a script": re.compile(r"<\s*/?\s*script\b|javascript\s*:|vbscript\s*:|\bon(?:load|error|click)\s*=", re.I),
    "SQL": re.compile(r"['\"]\s*;?\s*drop\s+table\b|\bunion\s+(?:all\s+)?select\b", re.I),
    "a shell command": re.compile(r"\brm\s+-rf\b|\bdel\s+/|\bformat\s+c:", re.I),
    "a path out of its folder": re.compile(r"\.\.[/\\]"),
    "code": re.compile(r"\b(?:eval|exec|system)\s*\(|__import__|\bsubprocess\b"),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def text_problems(definition: WorkflowDefinition) -> Iterator[Problem]:
    """Give the problems of the workflow's own texts and of its nodes'."""
    name = definition.name
    if not name.strip():
        yield Problem("WF_INVALID_NAME", "`name` must not be blank", "name")
    if _CONTROL.search(name) or "\n" in name or "\r" in name or "\t" in name:
        yield Problem(
            "WF_CONTROL_CHARACTER", f"`name` must be one line without control characters: {shown(name)}", "name"
        )
    yield from _suspicious(name, "name", ())
    yield from _part(definition, "", ())
    for place, node in enumerate(definition.nodes):
        for problem in _part(node, f"nodes[{place}].", (node.id,)):
            yield replace(problem, message=f"`{node.id}`: {problem.message}")


def _part(part: WorkflowDefinition | NodeDefinition, path: str, nodes: tuple[str, ...]) -> Iterator[Problem]:
    yield from _text(part.description, f"{path}description", nodes)
    yield from _labels(part.labels, f"{path}labels", nodes)
    yield from _metadata(part.metadata, f"{path}metadata", nodes)


def _text(text: str, path: str, nodes: tuple[str, ...]) -> Iterator[Problem]:
    if _CONTROL.search(text):
        yield Problem("WF_CONTROL_CHARACTER", f"`{path}` holds a control character: {shown(text)}", path, nodes)
    yield from _suspicious(text, path, nodes)


def _suspicious(text: str, path: str, nodes: tuple[str, ...]) -> Iterator[Problem]:
    for what, pattern in _SUSPICIOUS.items():
        if match := pattern.search(text):
            message = f"`{path}` looks like {what} ({shown(match[0])}); write it differently"
            yield Problem("WF_SUSPICIOUS_VALUE", message, path, nodes)


def _labels(labels: Mapping[str, str], path: str, nodes: tuple[str, ...]) -> Iterator[Problem]:
    if len(labels) > MAX_LABELS:
        yield Problem("WF_INVALID_LABELS", f"`{path}` has {len(labels)} labels, but may have {MAX_LABELS}", path, nodes)
    for name, value in labels.items():
        if not name.strip() or len(name) > MAX_LABEL_NAME:
            message = f"`{path}`: the name {shown(name)} must have 1 to {MAX_LABEL_NAME} characters"
            yield Problem("WF_INVALID_LABELS", message, path, nodes)
        if len(value) > MAX_LABEL_VALUE:
            message = f"`{path}.{name}` has {len(value)} characters, but may have {MAX_LABEL_VALUE}"
            yield Problem("WF_INVALID_LABELS", message, path, nodes)
        yield from _text(name, path, nodes)
        yield from _text(value, f"{path}.{name}", nodes)


def _metadata(metadata: Mapping[str, Any], path: str, nodes: tuple[str, ...]) -> Iterator[Problem]:
    size = len(json.dumps(metadata, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > MAX_METADATA_BYTES:
        message = f"`{path}` has {size:,} bytes as JSON, but may have {MAX_METADATA_BYTES:,}"
        yield Problem("WF_METADATA_TOO_LARGE", message, path, nodes)
        return
    if len(metadata) > MAX_METADATA_KEYS:
        message = f"`{path}` has {len(metadata)} keys, but may have {MAX_METADATA_KEYS}"
        yield Problem("WF_METADATA_TOO_LARGE", message, path, nodes)
    yield from _values(metadata, path, nodes)


def _values(value: Any, path: str, nodes: tuple[str, ...]) -> Iterator[Problem]:
    if isinstance(value, str):
        yield from _text(value, path, nodes)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _key(key, path, nodes)
            yield from _values(each, f"{path}.{key}", nodes)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _values(each, f"{path}[{number}]", nodes)


def _key(key: str, path: str, nodes: tuple[str, ...]) -> Iterator[Problem]:
    reserved = next((word for word in RESERVED_KEYS if word.lower() in key.lower()), None)
    if reserved is not None:
        message = f"`{path}`: the key {shown(key)} is refused, because it holds the reserved word {reserved!r}"
        yield Problem("WF_RESERVED_METADATA_KEY", message, path, nodes)
    if not key.strip() or len(key) > 255:
        yield Problem("WF_INVALID_METADATA", f"`{path}`: a key must have 1 to 255 characters", path, nodes)
    yield from _text(key, path, nodes)
