"""A plugin's manifest: who it is, what it takes, and what it needs.

{"name": "word-count", "version": "1.2.0", "description": …, "author": …, "input_types": ["text", "html"],
 "permissions": ["clock"], "config_schema": {JSON Schema}, "limits": {"memory_mb": 64, "seconds": 2}}

It comes with the module, or in its custom section `heddle.manifest`; if in both, they must be the same.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from heddle.domain.plugins.limits import MAX_MEMORY_MB, MAX_SECONDS, Limits
from heddle.domain.plugins.module import Module, check_command
from heddle.domain.plugins.permissions import PERMISSIONS, needed_permissions
from heddle.errors import InvalidInput
from heddle.records import dataclass

SECTION = "heddle.manifest"
INPUT_TYPES = ("text", "html", "pdf", "markdown", "json", "xml", "code")
MAX_MANIFEST_BYTES = 64 * 1024

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}[a-z0-9]")
# https://semver.org, without build metadata: two versions that differ in nothing else would be the same version.
_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})(-[0-9A-Za-z.-]{1,40})?")
_TEXTS = {"description": 1000, "author": 200, "homepage": 500}
_FIELDS = ("name", "version", *_TEXTS, "input_types", "permissions", "config_schema", "limits")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A checked manifest. `input_types` empty: any; `config_schema` empty: it takes no configuration."""

    name: str
    version: str
    description: str = ""
    author: str = ""
    homepage: str = ""
    input_types: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    config_schema: dict[str, Any] = field(default_factory=dict)
    limits: Limits = Limits()

    def takes(self, content_type: str) -> bool:
        """Whether the plugin wants content of this type."""
        return not self.input_types or content_type in self.input_types

    def to_json(self) -> dict[str, Any]:
        """Return the document that `read_manifest` makes the same manifest of."""
        return {
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "author": self.author,
            "homepage": self.homepage,
            "input_types": list(self.input_types),
            "permissions": list(self.permissions),
            "config_schema": self.config_schema,
            "limits": {"memory_mb": self.limits.memory_mb, "seconds": self.limits.seconds},
        }


def manifest_of(module: Module, given: Mapping[str, Any] | None) -> Manifest:
    """Return the manifest of a module, which came beside it, in it, or both.

    Raises InvalidInput: `plugin_manifest_invalid`, `plugin_manifest_missing`, `plugin_manifest_mismatch` if the two
    differ, `plugin_permissions_mismatch` if it names other permissions than the imports need,
    `plugin_import_forbidden`, `plugin_entry_missing` if there is nothing to run.
    """
    inside = _embedded(module)
    if given is None and inside is None:
        raise _broken(
            "plugin_manifest_missing", [("manifest", f"is needed: beside the module, or in its section {SECTION}")]
        )
    said = read_manifest(inside) if inside is not None else None
    manifest = said if given is None else read_manifest(given)
    assert manifest is not None
    if said is not None and said != manifest:
        mine, other = manifest.to_json(), said.to_json()
        differing = [name for name in mine if mine[name] != other[name]]
        raise _broken(
            "plugin_manifest_mismatch",
            [(f"manifest.{name}", f"is {mine[name]!r}, but the module says {other[name]!r}") for name in differing],
        )
    needed = needed_permissions(module.imports)
    if needed != manifest.permissions:
        says, needs = ", ".join(manifest.permissions) or "none", ", ".join(needed) or "none"
        raise _broken(
            "plugin_permissions_mismatch", [("manifest.permissions", f"names {says}, but the imports need {needs}")]
        )
    check_command(module)
    return manifest


def read_manifest(document: Mapping[str, Any]) -> Manifest:
    """Return the manifest; InvalidInput `plugin_manifest_invalid` lists every field that is wrong."""
    wrong = [(f"manifest.{name}", "is not a field of a manifest") for name in document if name not in _FIELDS]
    name, version = document.get("name"), document.get("version")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        wrong.append(("manifest.name", "must be 2 to 64 lower-case letters, digits and hyphens, a letter first"))
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        wrong.append(("manifest.version", "must be a semantic version such as 1.2.0"))
    for text, longest in _TEXTS.items():
        value = document.get(text, "")
        if not isinstance(value, str) or len(value) > longest:
            wrong.append((f"manifest.{text}", f"must be text of at most {longest} characters"))
    types = _choices(document, "input_types", INPUT_TYPES, wrong)
    permissions = _choices(document, "permissions", tuple(PERMISSIONS), wrong)
    schema = document.get("config_schema", {})
    if not isinstance(schema, dict):
        wrong.append(("manifest.config_schema", "must be a JSON Schema"))
    elif schema and schema.get("type") != "object":
        wrong.append(("manifest.config_schema.type", 'must be "object"'))
    limits = _limits(document.get("limits", {}), wrong)
    if wrong:
        raise _broken("plugin_manifest_invalid", wrong)
    return Manifest(
        name=str(name),
        version=str(version),
        description=document.get("description", ""),
        author=document.get("author", ""),
        homepage=document.get("homepage", ""),
        input_types=types,
        permissions=permissions,
        config_schema=schema,
        limits=limits,
    )


def _embedded(module: Module) -> Mapping[str, Any] | None:
    section = module.custom.get(SECTION)
    if section is None:
        return None
    try:
        if len(section) > MAX_MANIFEST_BYTES:
            raise ValueError(len(section))
        document = json.loads(section)
        if not isinstance(document, dict):
            raise TypeError(type(document))
    except (ValueError, TypeError, RecursionError):
        raise _broken("plugin_manifest_invalid", [("wasm", f"its section {SECTION} is no JSON object")]) from None
    return document


def _choices(
    document: Mapping[str, Any], name: str, choices: tuple[str, ...], wrong: list[tuple[str, str]]
) -> tuple[str, ...]:
    value = document.get(name, [])
    if not isinstance(value, list) or any(each not in choices for each in value):
        wrong.append((f"manifest.{name}", f"must be a list of {', '.join(choices)}"))
        return ()
    return tuple(sorted(set(value)))


def _limits(document: Any, wrong: list[tuple[str, str]]) -> Limits:
    if not isinstance(document, dict) or document.keys() - {"memory_mb", "seconds"}:
        wrong.append(("manifest.limits", "must be an object of memory_mb and seconds"))
        return Limits()
    memory, seconds = document.get("memory_mb", Limits().memory_mb), document.get("seconds", MAX_SECONDS)
    if not isinstance(memory, int) or isinstance(memory, bool) or not 1 <= memory <= MAX_MEMORY_MB:
        wrong.append(("manifest.limits.memory_mb", f"must be a whole number from 1 to {MAX_MEMORY_MB}"))
        return Limits()
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= MAX_SECONDS:
        wrong.append(("manifest.limits.seconds", f"must be above 0 and at most {MAX_SECONDS:g}"))
        return Limits()
    return Limits(memory_mb=memory, seconds=float(seconds))


def _broken(code: str, wrong: Sequence[tuple[str, str]]) -> InvalidInput:
    errors = [{"field": name, "message": message} for name, message in wrong]
    return InvalidInput("; ".join(f"{name} {message}" for name, message in wrong[:3]), code=code, errors=errors)
