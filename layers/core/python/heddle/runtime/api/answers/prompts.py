"""The answers about prompts."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class PromptLabelAnswer(Answer):
    """Where a label points, since when and by whom."""

    version: int
    at: str
    by: str


class PromptAnswer(Answer):
    """A prompt as lists show it; `version` is the newest."""

    name: str
    version: int
    description: str
    tags: list[str]
    labels: dict[str, PromptLabelAnswer]
    built_in: bool
    created_at: str
    updated_at: str
    updated_by: str


class PromptPage(Answer):
    """Prompts, newest change first."""

    items: list[PromptAnswer]
    cursor: str | None


class PromptVersionAnswer(Answer):
    """A version of a prompt; the same `content_hash` is the same content."""

    prompt: str
    version: int
    syntax: str
    output_format: str
    content_hash: str
    created_at: str
    created_by: str
    note: str


class PromptVersionPage(Answer):
    """Versions, newest first."""

    items: list[PromptVersionAnswer]
    cursor: str | None


class WholePromptVersionAnswer(PromptVersionAnswer):
    """A version with its texts. `templates` are the texts as they are rendered: in Jinja."""

    content: dict[str, str]
    templates: dict[str, str]
    variables: dict[str, Any]
    includes: list[str]
    tests: list[dict[str, Any]]


class WholePromptAnswer(PromptAnswer):
    """A prompt with its newest version."""

    newest: WholePromptVersionAnswer


class PromptProblemAnswer(Answer):
    """A rule that a prompt breaks, and where."""

    code: str = Field(examples=["PROMPT_UNDECLARED_VARIABLE"])
    message: str
    path: str
    line: int | None
    column: int | None


class PromptValidationAnswer(Answer):
    """Whether a prompt could be saved; `tests` is how many passed, `templates` what would be rendered."""

    valid: bool
    problems: list[PromptProblemAnswer]
    tests: int
    includes: list[str]
    templates: dict[str, str]


class PromptDiffAnswer(Answer):
    """What changed: a unified diff for each text, variables by added, removed and changed, and the rest."""

    prompt: str
    from_: int = Field(alias="from")
    to: int
    same: bool
    texts: dict[str, str]
    variables: dict[str, Any]
    other: dict[str, Any]


class PromptChangeAnswer(Answer):
    """Who moved a label, from which version to which."""

    label: str
    action: Literal["set", "rollback", "delete"]
    from_: int | None = Field(alias="from")
    to: int | None
    at: str
    by: str


class PromptChangePage(Answer):
    """Changes of labels, newest first."""

    items: list[PromptChangeAnswer]
    cursor: str | None


class RenderedAnswer(Answer):
    """A rendered prompt; `hash` is the SHA-256 of the text (of system, a zero byte and text, if it has both)."""

    prompt: str
    version: int
    hash: str
    text: str
    system: str
    includes: dict[str, int]
    estimated_tokens: int = Field(description="Four characters a token; a model's own count is a little other.")


ANSWERS: Answers = {
    "list_prompts": {200: PromptPage},
    "create_prompt": {201: WholePromptAnswer},
    "validate_prompt": {200: PromptValidationAnswer},
    "get_prompt": {200: WholePromptAnswer},
    "save_prompt": {200: WholePromptAnswer, 201: WholePromptAnswer},
    "delete_prompt": {204: None},
    "list_prompt_versions": {200: PromptVersionPage},
    "get_prompt_version": {200: WholePromptVersionAnswer},
    "compare_prompt_versions": {200: PromptDiffAnswer},
    "list_prompt_labels": {200: PromptChangePage},
    "set_prompt_label": {200: PromptAnswer},
    "rollback_prompt": {200: PromptAnswer},
    "render_prompt": {200: RenderedAnswer},
}
