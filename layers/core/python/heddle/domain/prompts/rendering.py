"""Rendering a prompt: variables in, texts and their hash out. No clock, no IO; partials and the time are handed in.

variables ─► declared? of the right type? ─► defaults ─► MiniJinja with fuel ─► parses as its format ─► RenderedPrompt
"""

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from minijinja import Environment, TemplateError

from heddle.domain.engine.expression_language import OWN_FILTERS, as_text
from heddle.domain.engine.expressions import FUEL
from heddle.domain.prompts.prompt import (
    MAX_RENDERED_CHARS,
    PARTS,
    SYSTEM,
    USER,
    PromptVersion,
    RenderedPrompt,
    Variable,
)
from heddle.domain.prompts.template_syntax import NOW, metered
from heddle.domain.prompts.words import JINJA_FILTERS, TRANSLATED
from heddle.errors import InvalidCommand, InvalidInput

METER = "__written"
_KEPT = 256
_CAUSE = re.compile(r"^caused by: (.*) \(in (.*):(\d+)\)$", re.MULTILINE)
_NO_FUEL = "engine ran out of fuel"
_UNDEFINED = "undefined value: "
_FOREIGN = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
_TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Number": (int, float),
    "Boolean": (bool,),
    "Array": (list, tuple),
    "Object": (dict,),
}


def render(
    version: PromptVersion, variables: Mapping[str, Any], *, now: str, partials: Mapping[str, PromptVersion]
) -> RenderedPrompt:
    """Render a version. `now` is the time (ISO 8601), `partials` has every included prompt by reference as written.

    Raises InvalidInput `prompt_variables_invalid` that names each wrong variable, and InvalidCommand:
    `prompt_undefined` something used is missing · `prompt_fuel_exhausted` · `prompt_too_large` · `prompt_render_failed`
    · `prompt_output_invalid` the text is not what `output_format` says.
    """
    context = {**_values(version, variables, partials), NOW: now}
    texts = {part: _text(version, part, context, partials) for part in PARTS if part in version.templates}
    checked = texts[USER] if USER in texts else texts[SYSTEM]
    _check_format(version, checked)
    digest = hashlib.sha256("\0".join(texts.values()).encode("utf-8", "surrogatepass")).hexdigest()
    includes = tuple(sorted((reference, partial.number) for reference, partial in partials.items()))
    return RenderedPrompt(version.prompt, version.number, digest, texts.get(USER, ""), texts.get(SYSTEM, ""), includes)


def _values(version: PromptVersion, given: Mapping[str, Any], partials: Mapping[str, PromptVersion]) -> dict[str, Any]:
    """Return every declared variable: as given, else its default."""
    declared = version.variables
    errors = [
        {"field": name, "message": f"is not declared; declared are {', '.join(declared) or 'none'}"}
        for name in given
        if name not in declared
    ]
    values: dict[str, Any] = {}
    # What partials declare counts where the prompt itself is silent.
    for partial in partials.values():
        values.update({name: each.default for name, each in partial.variables.items() if not each.required})
    for name, variable in declared.items():
        values.pop(name, None)
        if name in given:
            if complaint := wrong_type(variable, given[name]):
                errors.append({"field": name, "message": complaint})
            values[name] = given[name]
        elif variable.required and variable.default is None:
            errors.append({"field": name, "message": f"is required ({variable.type})"})
        else:
            values[name] = variable.default
    if errors:
        raise InvalidInput(
            f"prompt {version.prompt!r} version {version.number}: "
            + "; ".join(f"{error['field']} {error['message']}" for error in errors[:5]),
            code="prompt_variables_invalid",
            errors=errors,
        )
    return values


def wrong_type(variable: Variable, value: Any) -> str | None:
    """Return what is wrong with a value; null is taken where the variable need not be given."""
    if variable.type == "Any" or (value is None and not variable.required):
        return None
    fits = isinstance(value, _TYPES[variable.type]) and (variable.type == "Boolean" or not isinstance(value, bool))
    return None if fits else f"must be {variable.type}, not {_type_of(value)}"


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    return next((name for name in ("Boolean", *_TYPES) if isinstance(value, _TYPES[name])), type(value).__name__)


def _text(version: PromptVersion, part: str, context: Mapping[str, Any], partials: Mapping[str, PromptVersion]) -> str:
    sources = {reference: _part_of(partial, part) for reference, partial in partials.items()}
    whole = part == USER or USER not in version.templates
    escaped = whole and version.output_format == "Html"
    environment = _environment(version.templates[part], tuple(sorted(sources.items())), escaped)
    _written.count = 0
    try:
        text = environment.render_template("", **context)
    except TemplateError as error:
        raise _translated(error, version, part) from None
    except _FOREIGN as error:
        raise _failed(version, "prompt_render_failed", str(error)) from None
    if len(text) > MAX_RENDERED_CHARS:
        raise _too_large(version)
    return text


def _part_of(partial: PromptVersion, part: str) -> str:
    """Return the text that is included: that of the same part, or the only one."""
    return partial.templates.get(part) or next(iter(partial.templates.values()))


class _Written(threading.local):
    count = 0


_written = _Written()


class _TooMuch(InvalidCommand):
    code = "prompt_too_large"


def _count(characters: int) -> None:
    _written.count += characters
    if _written.count > MAX_RENDERED_CHARS:
        raise _TooMuch(f"the rendered prompt has more than {MAX_RENDERED_CHARS:,} characters")


def _shown(value: Any) -> Any:
    text = as_text(value)
    _count(len(text))
    return text


def _meter(characters: int) -> str:
    _count(characters)
    return ""


@lru_cache(maxsize=_KEPT)
def _environment(source: str, partials: tuple[tuple[str, str], ...], escaped: bool) -> Environment:
    """Return an environment with one prompt, called "", and its partials, parsed once for many renders."""
    environment = Environment(
        templates={name: metered(text, METER) for name, text in (*partials, ("", source))},
        undefined_behavior="strict",
        fuel=FUEL,
        filters={**OWN_FILTERS, **JINJA_FILTERS, **TRANSLATED, METER: _meter},
        finalizer=_shown,
        auto_escape_callback=_html if escaped else _plain,
        keep_trailing_newline=True,
    )
    environment.remove_filter("attr")
    environment.remove_global("debug")
    return environment


def _html(name: str) -> str:
    return "html"


def _plain(name: str) -> bool:
    return False


def _translated(error: TemplateError, version: PromptVersion, part: str) -> InvalidCommand:
    kind, detail, name, line = error.kind, str(error.detail or error.kind), error.name, error.line
    # An error within a partial comes as a text that ends with its cause.
    if kind == "BadInclude" and (causes := _CAUSE.findall(str(error))):
        detail, name, line = causes[-1]
        kind = "OutOfFuel" if detail == _NO_FUEL else "UndefinedError" if detail.startswith(_UNDEFINED) else kind
        detail = detail.removeprefix(_UNDEFINED)
    where = f"{part} text{f' of {name}' if name else ''}, line {line or 1}"
    if kind == "OutOfFuel" or detail == "range has too many elements":
        return _failed(version, "prompt_fuel_exhausted", f"{where}: it computes for too long")
    if kind == "UndefinedError" or "undefined" in detail:
        return _failed(version, "prompt_undefined", f"{where}: {detail}")
    return _failed(version, "prompt_render_failed", f"{where}: {detail}")


def _failed(version: PromptVersion, code: str, reason: str) -> InvalidCommand:
    return InvalidCommand(f"prompt {version.prompt!r} version {version.number}: {reason}", code=code)


def _too_large(version: PromptVersion) -> InvalidCommand:
    return _failed(version, "prompt_too_large", f"the text has more than {MAX_RENDERED_CHARS:,} characters")


def _check_format(version: PromptVersion, text: str) -> None:
    try:
        if version.output_format == "Json":
            json.loads(text)
        elif version.output_format == "Yaml":
            _read_yaml(text)
    except (ValueError, RecursionError) as error:
        reason = f"the text is not {version.output_format}: {' '.join(str(error).split())}"
        raise _failed(version, "prompt_output_invalid", reason) from None


def _read_yaml(text: str) -> None:
    import yaml

    from heddle.domain.workflow.yaml_subset import Loader

    try:
        yaml.load(text, Loader=Loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
