"""Workflow documents and files as they lie on disk."""

import json
import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def looks_like_file(text: str) -> bool:
    """Whether a string names a document on disk rather than a saved workflow."""
    return text.endswith((".yaml", ".yml", ".json"))


def read_document(source: "str | Path | Mapping[str, Any]") -> dict[str, Any]:
    """Return the document in a YAML or JSON file, or the one given; ValueError names the file and the place.

    YAML needs the package pyyaml.
    """
    if isinstance(source, Mapping):
        return dict(source)
    try:
        text = Path(source).read_text(encoding="utf-8")
        value = json.loads(text) if str(source).endswith(".json") else read_yaml(text)
    except ValueError as error:
        raise ValueError(f"{source} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"{source} holds no document: it must be one object, such as `name: …` and what else it needs")
    return value


def read_yaml(text: str) -> Any:
    """Return what a YAML text holds; ValueError says where it breaks.

    Only true and false are booleans (YAML 1.2), so `on:` stays a key named on.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """SafeLoader with the booleans of YAML 1.2."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    pattern = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", pattern, list("tTfF"))
    try:
        return yaml.load(text, Loader=Loader)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).replace('in "<unicode string>", ', "").split())) from error


def id_from_name(name: str) -> str:
    """Return a workflow id made of its name: lower case, digits and hyphens."""
    text = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
    return "-".join(part for part in text.split("-") if part)[:60] or "workflow"


def media_type_of(filename: str) -> str:
    """Return the media type that a file's name suggests."""
    known = {
        ".md": "text/markdown",
        ".markdown": "text/markdown",
        ".yaml": "application/yaml",
        ".yml": "application/yaml",
    }
    suffix = Path(filename).suffix.lower()
    return known.get(suffix) or mimetypes.guess_type(filename)[0] or "application/octet-stream"
