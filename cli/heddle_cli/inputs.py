"""The input of a run from the command line: JSON, key=value, and files."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from heddle_sdk.documents import media_type_of

INLINE_BYTES = 48 * 1024
"""Text up to this size travels in the request; anything larger, or not text, is uploaded first."""


class BadInput(ValueError):
    """An --input cannot be understood; the message says which and how it should look."""


Upload = Callable[[Path], dict[str, Any]]


def parse_inputs(given: Sequence[str], schema: Mapping[str, Any], upload: Upload) -> dict[str, Any]:
    """Return the input object.

    Each of `given` is `{"json": "object"}`, `@file.json` with one, or `key=value`. A value is JSON if it reads as JSON
    and text otherwise; `key=@file` is the file: its text where the schema wants text, else a document for `parse`.
    A key that is given again, or that the schema says is a list, makes a list.
    """
    whole: dict[str, Any] = {}
    keyed: dict[str, list[Any]] = {}
    for text in given:
        if text.startswith(("{", "@")):
            whole |= _object(text)
            continue
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise BadInput(f"--input {text!r}: write key=value, key=@file, @file.json or a JSON object")
        keyed.setdefault(key.strip(), []).append((value, _property(schema, key.strip())))
    for key, values in keyed.items():
        wanted = values[0][1]
        is_list = wanted.get("type") == "array"
        item = wanted.get("items") if is_list and isinstance(wanted.get("items"), Mapping) else wanted
        read = [_value(value, item or {}, upload) for value, _ in values]
        if len(read) == 1 and is_list and isinstance(read[0], list):
            whole[key] = read[0]
        else:
            whole[key] = read if is_list or len(read) > 1 else read[0]
    return whole


def _property(schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    properties = schema.get("properties")
    found = properties.get(key) if isinstance(properties, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _object(text: str) -> dict[str, Any]:
    source = _file(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
    try:
        value = json.loads(source)
    except ValueError as error:
        raise BadInput(f"--input {text[:60]!r} is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadInput(f"--input {text[:60]!r} must be a JSON object")
    return value


def _value(text: str, wanted: Mapping[str, Any], upload: Upload) -> Any:
    if text.startswith("@"):
        path = _file(text[1:])
        if wanted.get("type") == "string":
            return path.read_text(encoding="utf-8")
        return document(path, upload)
    if wanted.get("type") == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _file(name: str) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        raise BadInput(f"there is no file {name}")
    return path


def document(path: Path, upload: Upload) -> dict[str, Any]:
    """Return the file as the `parse` node takes it: small text inline, everything else as an uploaded object."""
    media_type = media_type_of(path.name)
    if path.stat().st_size <= INLINE_BYTES and (
        media_type.startswith("text/") or media_type in ("application/json", "application/xml")
    ):
        try:
            return {"text": path.read_text(encoding="utf-8"), "media_type": media_type, "filename": path.name}
        except UnicodeDecodeError:
            pass
    return upload(path)
