"""Prompts for tests: checked and rendered without a store."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from heddle.domain.prompts.check import check
from heddle.domain.prompts.prompt import PromptVersion, RenderedPrompt
from heddle.domain.prompts.rendering import render
from heddle.errors import InvalidPrompt, PromptProblem

NOW = "2026-01-31T09:05:07+00:00"


def prompt_of(content: Any, *, name: str = "p", **fields: Any) -> PromptVersion:
    """Return version 1 of a checked document."""
    draft = check({"name": name, "content": content, **fields})
    return PromptVersion(
        prompt=name,
        number=1,
        content=draft.content,
        templates=draft.templates,
        content_hash=draft.content_hash,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        created_by="user:ada",
        syntax=draft.syntax,
        variables=draft.variables,
        output_format=draft.output_format,
        includes=draft.includes,
        tests=draft.tests,
    )


def rendered(
    version: PromptVersion, partials: Mapping[str, PromptVersion] | None = None, **variables: Any
) -> RenderedPrompt:
    """Render at NOW."""
    return render(version, variables, now=NOW, partials=partials or {})


def handlebars(template: str, data: Mapping[str, Any], **fields: Any) -> str:
    """Return what a Handlebars template gives; every variable of the data is declared."""
    variables = {name: {"required": False} for name in data}
    return rendered(prompt_of(template, syntax="handlebars", variables=variables, **fields), **data).text


def problems_of(document: Mapping[str, Any]) -> list[PromptProblem]:
    """Return the problems of a document."""
    try:
        check(document)
    except InvalidPrompt as error:
        return list(error.problems)
    return []
