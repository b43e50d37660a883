"""Prompts: save, find, compare, label, roll back, render.

heddle.prompts.save("support.yaml")
heddle.prompts.set_label("support", "production", 3)
heddle.prompts.render("support", {"question": "…"}).text
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from heddle_sdk.documents import read_document
from heddle_sdk.models import Answer
from heddle_sdk.pages import pages
from heddle_sdk.transport import Transport


@dataclass(frozen=True, kw_only=True)
class PromptVersion(Answer):
    """A version of a prompt; lists leave content, variables and tests empty. `templates` are the texts in Jinja."""

    prompt: str
    version: int
    content: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    includes: tuple[str, ...] = ()
    tests: tuple[Mapping[str, Any], ...] = ()
    syntax: str = "jinja"
    output_format: str = "Text"
    content_hash: str = ""
    created_at: str = ""
    created_by: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Prompt(Answer):
    """A prompt; `labels` are {version, at, by} by name. Lists leave `newest` empty."""

    name: str
    version: int
    description: str = ""
    tags: tuple[str, ...] = ()
    labels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    built_in: bool = False
    created_at: str = ""
    updated_at: str = ""
    updated_by: str = ""
    newest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PromptValidation(Answer):
    """Whether a prompt could be saved; if not, every rule that it breaks and every test that fails."""

    valid: bool
    problems: tuple[Mapping[str, Any], ...] = ()
    tests: int = 0
    includes: tuple[str, ...] = ()
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rendered(Answer):
    """A prompt with its variables filled in; `text` is the user's, `system` empty if there is none."""

    prompt: str
    version: int
    hash: str
    text: str
    system: str = ""
    includes: Mapping[str, int] = field(default_factory=dict)
    estimated_tokens: int = 0


@dataclass(frozen=True)
class Prompts:
    """Registered prompts and their versions."""

    _transport: Transport

    def list(self, *, tag: str | None = None, limit: int = 50) -> Iterator[Prompt]:
        """All prompts, or those with a tag, newest change first, `limit` per request."""
        return pages(self._transport, "/prompts", Prompt.from_json, tag=tag, limit=limit)

    def get(self, name: str) -> Prompt:
        """One prompt with its newest version."""
        return Prompt.from_json(self._transport.json("GET", _path(name)))

    def version(self, name: str, number: int) -> PromptVersion:
        """One version."""
        return PromptVersion.from_json(self._transport.json("GET", _path(name, "versions", number)))

    def versions(self, name: str, *, limit: int = 50) -> Iterator[PromptVersion]:
        """Return the versions, newest first."""
        return pages(self._transport, _path(name, "versions"), PromptVersion.from_json, limit=limit)

    def save(
        self,
        document: "str | Path | Mapping[str, Any]",
        *,
        name: str | None = None,
        note: str = "",
        expected_version: int | None = None,
    ) -> Prompt:
        """Save a document, or the YAML or JSON file that holds it, under its name or the one given.

        The same content as the newest version is that version.
        """
        body = read_document(document)
        name = name or body.get("name")
        if not isinstance(name, str) or not name:
            raise ValueError("the prompt has no name; give one, or write `name` into the document")
        body |= {"name": name} | ({"note": note} if note else {})
        body |= {"expected_version": expected_version} if expected_version is not None else {}
        return Prompt.from_json(self._transport.json("PUT", _path(name), body=body))

    def validate(self, document: "str | Path | Mapping[str, Any]") -> PromptValidation:
        """Check a document and run its tests, without saving it."""
        answer = self._transport.json("POST", "/prompts/validate", body=read_document(document))
        return PromptValidation.from_json(answer)

    def diff(self, name: str, before: int | None = None, after: int | None = None) -> dict[str, Any]:
        """Return what changed: `texts` (unified diffs), `variables`, `other`; left out, from the version before."""
        value: dict[str, Any] = self._transport.json("GET", _path(name, "diff"), params={"from": before, "to": after})
        return value

    def changes(self, name: str, *, limit: int = 50) -> Iterator[dict[str, Any]]:
        """Return who moved which label when, newest first."""
        return pages(self._transport, _path(name, "labels"), dict, limit=limit)

    def set_label(self, name: str, label: str, version: int) -> Prompt:
        """Point a label at a version."""
        answer = self._transport.json("PUT", _path(name, "labels", label), body={"version": version})
        return Prompt.from_json(answer)

    def rollback(self, name: str, label: str = "production") -> Prompt:
        """Point a label back at the version that it meant before."""
        return Prompt.from_json(self._transport.json("POST", _path(name, "rollback"), body={"label": label}))

    def render(
        self,
        name: str,
        variables: Mapping[str, Any] | None = None,
        *,
        version: int | None = None,
        label: str | None = None,
    ) -> Rendered:
        """Fill in a prompt: of the version or label given, else of `production`, else of the newest version."""
        body: dict[str, Any] = {"variables": dict(variables or {})}
        body |= {"version": version} if version is not None else {}
        body |= {"label": label} if label is not None else {}
        return Rendered.from_json(self._transport.json("POST", _path(name, "render"), body=body))

    def delete(self, name: str) -> None:
        """Delete it; versions that runs name stay."""
        self._transport.json("DELETE", _path(name))


def _path(name: str, *more: str | int) -> str:
    return "/".join(["/prompts", *(quote(str(part), safe="") for part in (name, *more))])
