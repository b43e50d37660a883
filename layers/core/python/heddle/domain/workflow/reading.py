"""Reading a document's text: JSON, or the part of YAML that JSON can say.

Aliases are refused because a few of them name a document of any size; keys that come twice because one of them would
be lost without a word. Dates stay text, as JSON has none.
"""

import json
from collections.abc import Mapping
from typing import Any

from heddle.errors import InvalidWorkflow, Problem

MAX_BYTES = 1_048_576
_MAX_NESTING = 100


def read_text(text: str | bytes) -> Mapping[str, Any]:
    """Return the document's mapping. Raises InvalidWorkflow: `WF_DOCUMENT_TOO_LARGE` or `WF_INVALID_DOCUMENT`."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise _refused("WF_DOCUMENT_TOO_LARGE", f"the document has {size:,} bytes, but may have {MAX_BYTES:,}")
    try:
        content = text.decode() if isinstance(text, bytes) else text
        content = content.removeprefix("\ufeff")
        value = _read_json(content) if content.lstrip()[:1] in ("{", "[") else None
        if value is None:
            value = _read_yaml(content)
    except UnicodeDecodeError:
        raise _refused("WF_INVALID_DOCUMENT", "the document is not UTF-8 text") from None
    except RecursionError:
        raise _refused("WF_INVALID_DOCUMENT", "the document is nested too deeply") from None
    except ValueError as error:
        raise _refused("WF_INVALID_DOCUMENT", str(error)) from None
    if not isinstance(value, dict):
        raise _refused("WF_INVALID_DOCUMENT", "the document must be an object with `name` and `nodes`")
    _check(value, 0)
    return value


def _refused(code: str, message: str) -> InvalidWorkflow:
    return InvalidWorkflow([Problem(code, message)])


def _read_json(content: str) -> Any:
    """Return the JSON value, or None if it is no JSON: YAML in its flow style also begins with a brace."""
    try:
        return json.loads(content, object_pairs_hook=_once)
    except json.JSONDecodeError:
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise ValueError(f"the key {twice!r} comes twice in the same object")
    return found


def _read_yaml(content: str) -> Any:
    import yaml

    from heddle.domain.workflow.yaml_subset import Loader

    try:
        return yaml.load(content, Loader=Loader)
    except yaml.YAMLError as error:
        raise ValueError(f"the document is not YAML: {' '.join(str(error).split())}") from None


def _check(value: Any, depth: int) -> None:
    if depth > _MAX_NESTING:
        raise _refused("WF_INVALID_DOCUMENT", f"the document is nested deeper than {_MAX_NESTING} levels")
    if isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str):
                raise _refused("WF_INVALID_DOCUMENT", f"the key {key!r} must be text; put it in quotes")
            _check(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check(each, depth + 1)
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise _refused("WF_INVALID_DOCUMENT", f"{value} is not a number that JSON can say")
    elif value is not None and not isinstance(value, str | int | bool):
        raise _refused("WF_INVALID_DOCUMENT", f"a {type(value).__name__} is not a value that JSON can say")
