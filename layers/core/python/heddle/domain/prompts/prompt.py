"""Prompts: named templates with immutable versions, and labels that say which version is meant.

support ── labels: production → 3, draft → 4
   ├─ 1, 2, 3, 4 (newest)          a version is content, variables and format; it never changes
   └─ label changes                who moved which label when, and from where
"""

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from heddle.errors import InvalidInput
from heddle.records import dataclass

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}")
RESERVED_PREFIX = "heddle."
"""Names of the prompts that are built in; nobody can save one."""

PRODUCTION = "production"
SYSTEM, USER = "system", "user"
PARTS = (SYSTEM, USER)
SYNTAXES = ("jinja", "handlebars")
TYPES = ("String", "Number", "Boolean", "Array", "Object", "Any")
FORMATS = ("Text", "Json", "Yaml", "Markdown", "Html")

MAX_CONTENT_BYTES = 128 * 1024
"""System and user text together. What is longer is data, and data comes in as a variable."""
MAX_DOCUMENT_BYTES = 192 * 1024
"""The whole document with its tests: a version and its translation then fit into one stored item."""
MAX_RENDERED_CHARS = 5 * 1024 * 1024
MAX_INCLUDE_DEPTH = 10
MAX_VARIABLES = 100
MAX_TAGS = 10
MAX_LABELS = 50
MAX_TESTS = 50


@dataclass(frozen=True, slots=True)
class Variable:
    """What a template may use: its type, and what stands for it when it is not given.

    One that is neither required nor has a default is null when it is not given.
    """

    type: str = "Any"
    required: bool = True
    default: Any = None
    description: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the variable as documents write it."""
        return {
            "type": self.type,
            "required": self.required,
            "default": self.default,
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class PromptTest:
    """A render that must come out so: `expect` is the whole text, `expect_contains` are parts of it."""

    variables: Mapping[str, Any]
    expect: str | None = None
    expect_contains: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the test as documents write it."""
        value: dict[str, Any] = {"variables": dict(self.variables)}
        if self.expect is not None:
            value["expect"] = self.expect
        if self.expect_contains:
            value["expect_contains"] = list(self.expect_contains)
        return value


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """One version. `content` and `templates` map `system` and `user` (one or both) to texts.

    `content` is what was written, `templates` what is rendered: the same for Jinja, the translation for Handlebars.
    `includes` are the references of the prompts that it includes, as written. `content_hash` is the SHA-256 of all that
    makes a render come out as it does, and of the tests; lists leave content, templates and tests empty.
    """

    prompt: str
    number: int
    content: Mapping[str, str]
    templates: Mapping[str, str]
    content_hash: str
    created_at: datetime
    created_by: str
    syntax: str = "jinja"
    variables: Mapping[str, Variable] = field(default_factory=dict)
    output_format: str = "Text"
    includes: tuple[str, ...] = ()
    tests: tuple[PromptTest, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """A version with its variables filled in: the user's `text` and the `system` text, empty where it has none.

    `hash` is the SHA-256 of the text, or of system, a zero byte and text where it has both. `includes` says which
    version each included prompt had.
    """

    name: str
    version: int
    hash: str
    text: str
    system: str = ""
    includes: tuple[tuple[str, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what a run writes down of it: {name, version, hash}, and `includes` by reference if there are any."""
        facts: dict[str, Any] = {"name": self.name, "version": self.version, "hash": self.hash}
        return facts | ({"includes": dict(self.includes)} if self.includes else {})


@dataclass(frozen=True, slots=True)
class Label:
    """Where a label points, since when and by whom; `earlier` are the versions before that a rollback goes back to."""

    version: int
    at: datetime
    by: str
    earlier: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelChange:
    """A line of the audit trail: a label was moved from `before` (None: it was new) to `version` (None: taken away).

    `action` is `set`, `rollback` or `delete`; `revision` is the prompt's revision that it made.
    """

    label: str
    action: str
    before: int | None
    version: int | None
    at: datetime
    by: str
    revision: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as lists show it. `revision` counts every change of the row, `version` is the newest version."""

    name: str
    version: int
    revision: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    description: str = ""
    tags: tuple[str, ...] = ()
    labels: Mapping[str, Label] = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class PromptRef:
    """Which version is meant: one number, one label, or neither (then `production`, else the newest)."""

    name: str
    number: int | None = None
    label: str | None = None


def parse_ref(text: str) -> PromptRef:
    """Return what `name`, `name@3` or `name@label` means; InvalidInput `prompt_ref_invalid` says how refs look."""
    name, at, rest = text.partition("@")
    if NAME.fullmatch(name):
        if not at:
            return PromptRef(name)
        if rest.isascii() and rest.isdigit() and 0 < len(rest) < 10 and int(rest):
            return PromptRef(name, number=int(rest))
        if LABEL.fullmatch(rest):
            return PromptRef(name, label=rest)
    raise InvalidInput(
        f"{text[:100]!r} is no reference to a prompt; write `name`, `name@3` or `name@production`",
        code="prompt_ref_invalid",
    )
