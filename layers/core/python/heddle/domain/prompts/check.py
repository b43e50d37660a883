"""Checking a prompt document: everything that is wrong with it, at once, before anything is written.

document ─► shape ─► dangerous text ─► syntax (Handlebars is translated here) ─► names, types, includes ─► Draft
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from heddle.domain.prompts import prompt as rules
from heddle.domain.prompts.handlebars import translate
from heddle.domain.prompts.prompt import PARTS, PromptTest, Variable
from heddle.domain.prompts.rendering import wrong_type
from heddle.domain.prompts.template_syntax import inspect, variable_problem
from heddle.errors import InvalidPrompt, PromptProblem
from heddle.records import dataclass

_FIELDS = frozenset(
    {"name", "description", "tags", "content", "syntax", "variables", "output_format", "tests", "note", "labels"}
)
_TAG = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_DANGEROUS = (
    ("PROMPT_SCRIPT_TAG", re.compile(r"</?\s*script\b", re.I), "a script tag"),
    ("PROMPT_JAVASCRIPT_URL", re.compile(r"javascript\s*:", re.I), "a `javascript:` address"),
    ("PROMPT_INLINE_HANDLER", re.compile(r"<[^<>]*\son[a-z]+\s*=", re.I), "an inline event handler"),
    ("PROMPT_PROTOTYPE", re.compile(r"__proto__|constructor\s*\[", re.I), "a way into the prototype of objects"),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A document without problems, as far as it can be seen without other prompts."""

    name: str
    content: Mapping[str, str]
    templates: Mapping[str, str]
    description: str = ""
    tags: tuple[str, ...] = ()
    syntax: str = "jinja"
    variables: Mapping[str, Variable] = field(default_factory=dict)
    output_format: str = "Text"
    includes: tuple[str, ...] = ()
    tests: tuple[PromptTest, ...] = ()
    note: str = ""
    labels: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        """Return the SHA-256 of what makes a version: not of its name, description, tags, labels and note."""
        facts = {
            "content": dict(self.content),
            "syntax": self.syntax,
            "variables": {name: variable.to_json() for name, variable in self.variables.items()},
            "output_format": self.output_format,
            "tests": [test.to_json() for test in self.tests],
        }
        text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class _Problems(list[PromptProblem]):
    def say(self, code: str, message: str, path: str = "", line: int | None = None) -> None:
        self.append(PromptProblem(code, message, path, line))


def check(document: Mapping[str, Any]) -> Draft:
    """Return the document's draft; InvalidPrompt with every problem otherwise.

    `content` is a text (the user's), or {system, user} with one or both.
    """
    found = _Problems()
    _check_size(document, found)
    if found:
        raise InvalidPrompt(found)
    for name in document:
        if name not in _FIELDS:
            found.say("PROMPT_UNKNOWN_FIELD", f"`{name}` is not known; there are {', '.join(sorted(_FIELDS))}", name)
    name = _name(document.get("name"), found)
    variables = _variables(document.get("variables"), found)
    content = _content(document.get("content"), found)
    syntax = _choice(document, "syntax", rules.SYNTAXES, "jinja", found)
    output_format = _choice(document, "output_format", rules.FORMATS, "Text", found)
    templates, includes = _templates(content, syntax, variables, found)
    draft = Draft(
        name=name,
        content=content,
        templates=templates,
        description=_text(document, "description", 2000, found),
        tags=_words(document, "tags", rules.MAX_TAGS, _TAG, found),
        syntax=syntax,
        variables=variables,
        output_format=output_format,
        includes=includes,
        tests=_tests(document.get("tests"), variables, found),
        note=_text(document, "note", 1000, found),
        labels=_words(document, "labels", rules.MAX_LABELS, rules.LABEL, found),
    )
    if found:
        raise InvalidPrompt(found)
    return draft


def _check_size(document: Mapping[str, Any], found: _Problems) -> None:
    try:
        size = len(json.dumps(document, ensure_ascii=False).encode("utf-8"))
    except (TypeError, ValueError, RecursionError):
        found.say("PROMPT_INVALID_FIELD", "the document is not JSON in UTF-8")
        return
    if size > rules.MAX_DOCUMENT_BYTES:
        limit = rules.MAX_DOCUMENT_BYTES
        found.say(
            "PROMPT_TOO_LARGE",
            f"the document has {size:,} bytes, but may have {limit:,}; pass long texts as variables",
        )


def _name(value: Any, found: _Problems) -> str:
    if not isinstance(value, str) or not rules.NAME.fullmatch(value):
        found.say(
            "PROMPT_INVALID_NAME", "`name` must be 1 to 63 of a-z, 0-9, _, . and -, a letter or digit first", "name"
        )
    elif value.startswith(rules.RESERVED_PREFIX):
        found.say("PROMPT_RESERVED_NAME", f"names that begin with `{rules.RESERVED_PREFIX}` are built in", "name")
    return str(value)


def _content(value: Any, found: _Problems) -> dict[str, str]:
    parts = {rules.USER: value} if isinstance(value, str) else value
    if not isinstance(parts, Mapping) or not parts or not set(parts) <= set(PARTS):
        found.say(
            "PROMPT_INVALID_FIELD", "`content` must be a text, or an object with `system`, `user` or both", "content"
        )
        return {}
    content: dict[str, str] = {}
    for part in PARTS:
        if part not in parts:
            continue
        text, path = parts[part], f"content.{part}"
        if not isinstance(text, str) or not text.strip():
            found.say("PROMPT_INVALID_FIELD", f"`{path}` must be a text that is not empty", path)
            continue
        content[part] = text
        for code, pattern, what in _DANGEROUS:
            if match := pattern.search(text):
                line = text.count("\n", 0, match.start()) + 1
                found.say(code, f"line {line}: {what} does not belong into a prompt", path, line)
    if sum(len(text.encode()) for text in content.values()) > rules.MAX_CONTENT_BYTES:
        limit = rules.MAX_CONTENT_BYTES
        found.say("PROMPT_TOO_LARGE", f"the texts may have {limit:,} bytes; pass long texts as variables", "content")
        return {}
    return content


def _templates(
    content: Mapping[str, str], syntax: str, variables: Mapping[str, Variable], found: _Problems
) -> tuple[dict[str, str], tuple[str, ...]]:
    templates: dict[str, str] = {}
    includes: dict[str, None] = {}
    for part, text in content.items():
        path = f"content.{part}"
        template = translate(text, path) if syntax == "handlebars" else inspect(text, path)
        templates[part] = template.source
        found += template.problems
        includes.update(dict.fromkeys(template.includes))
        for name, line in template.names.items():
            if name not in variables:
                declared = ", ".join(variables) or "none"
                message = f"line {line}: `{name}` is not declared in `variables`; declared are {declared}"
                found.say("PROMPT_UNDECLARED_VARIABLE", message, path, line)
    return templates, tuple(includes)


def _variables(value: Any, found: _Problems) -> dict[str, Variable]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > rules.MAX_VARIABLES:
        message = f"`variables` must be an object of at most {rules.MAX_VARIABLES}: name to {{type, required, default}}"
        found.say("PROMPT_INVALID_FIELD", message, "variables")
        return {}
    variables: dict[str, Variable] = {}
    for name, each in value.items():
        path = f"variables.{name}"
        if problem := variable_problem(name):
            found.say(*problem, path)
        variables[name] = _variable(each, path, found)
    return variables


def _variable(value: Any, path: str, found: _Problems) -> Variable:
    if isinstance(value, str):
        value = {"type": value}
    if not isinstance(value, Mapping) or not set(value) <= {"type", "required", "default", "description"}:
        found.say("PROMPT_INVALID_FIELD", f"`{path}` must have `type`, `required`, `default`, `description`", path)
        return Variable()
    kind = _choice(value, "type", rules.TYPES, "Any", found, path)
    default = value.get("default")
    required = default is None if value.get("required") is None else value["required"]
    if not isinstance(required, bool):
        found.say("PROMPT_INVALID_FIELD", f"`{path}.required` must be true or false", f"{path}.required")
        required = True
    description = _text(value, "description", 1000, found, path)
    if default is not None and (complaint := wrong_type(Variable(kind), default)):
        found.say("PROMPT_INVALID_DEFAULT", f"the default of `{path}` {complaint}", f"{path}.default")
    return Variable(kind, required and default is None, default, description)


def _tests(value: Any, variables: Mapping[str, Variable], found: _Problems) -> tuple[PromptTest, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or len(value) > rules.MAX_TESTS:
        found.say("PROMPT_INVALID_FIELD", f"`tests` must be a list of at most {rules.MAX_TESTS}", "tests")
        return ()
    return tuple(_test(each, f"tests[{number}]", found) for number, each in enumerate(value))


def _test(value: Any, path: str, found: _Problems) -> PromptTest:
    if isinstance(value, Mapping) and set(value) <= {"variables", "expect", "expect_contains"}:
        given, expect, parts = value.get("variables", {}), value.get("expect"), value.get("expect_contains") or []
        parts = [parts] if isinstance(parts, str) else parts
        if (
            isinstance(given, Mapping)
            and (expect is None or isinstance(expect, str))
            and isinstance(parts, list | tuple)
            and all(isinstance(part, str) for part in parts)
            and (expect is not None or parts)
        ):
            return PromptTest(dict(given), expect, tuple(parts))
    message = f"`{path}` must have `variables` (an object), and `expect` (a text) or `expect_contains` (texts)"
    found.say("PROMPT_INVALID_FIELD", message, path)
    return PromptTest({})


def _choice(
    values: Mapping[str, Any], name: str, choices: tuple[str, ...], default: str, found: _Problems, within: str = ""
) -> str:
    value = values.get(name, default)
    if value in choices:
        return str(value)
    path = f"{within}.{name}" if within else name
    found.say("PROMPT_INVALID_FIELD", f"`{path}` must be one of {', '.join(choices)}", path)
    return default


def _text(values: Mapping[str, Any], name: str, longest: int, found: _Problems, within: str = "") -> str:
    value = values.get(name) or ""
    if isinstance(value, str) and len(value) <= longest:
        return value
    path = f"{within}.{name}" if within else name
    found.say("PROMPT_INVALID_FIELD", f"`{path}` must be a text of at most {longest} characters", path)
    return ""


def _words(
    values: Mapping[str, Any], name: str, most: int, pattern: re.Pattern[str], found: _Problems
) -> tuple[str, ...]:
    value = values.get(name) or ()
    if (
        isinstance(value, list | tuple)
        and len(value) <= most
        and all(isinstance(each, str) and pattern.fullmatch(each) for each in value)
    ):
        return tuple(dict.fromkeys(value))
    found.say("PROMPT_INVALID_FIELD", f"`{name}` must be at most {most} words of a-z, 0-9, _ and -", name)
    return ()
