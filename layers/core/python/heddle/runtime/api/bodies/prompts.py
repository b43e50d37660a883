"""The bodies about prompts."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.bodies.body import Body


class PromptContentBody(Body):
    """The texts of a prompt: one or both."""

    system: str | None = Field(default=None, description="Who the model is and how it behaves.")
    user: str | None = Field(default=None, description="What it is asked.")


class PromptVariableBody(Body):
    """A variable that a prompt may use."""

    type: Literal["String", "Number", "Boolean", "Array", "Object", "Any"] = "Any"
    required: bool | None = Field(default=None, description="Left out: it is, unless there is a default.")
    default: Any = None
    description: str = ""


class PromptTestBody(Body):
    """A render that must come out so; with system and user text, both are looked at, one below the other."""

    variables: dict[str, Any] = Field(default_factory=dict)
    expect: str | None = Field(default=None, description="The whole text, but for line breaks around it.")
    expect_contains: list[str] | str | None = Field(default=None, description="What must be in it.")


class PromptBody(Body):
    """A prompt, as JSON or YAML."""

    name: str | None = Field(default=None, description="a-z, 0-9, _, . and -; PUT takes it from the path.")
    content: PromptContentBody | str | None = Field(default=None, description="The user's text alone, or both texts.")
    syntax: Literal["jinja", "handlebars"] = "jinja"
    variables: dict[str, PromptVariableBody | str] = Field(
        default_factory=dict, description="All that the texts use, by name; a text alone is the type."
    )
    output_format: Literal["Text", "Json", "Yaml", "Markdown", "Html"] = Field(
        default="Text", description="Json and Yaml must parse when rendered, Html is escaped."
    )
    tests: list[PromptTestBody] = Field(
        default_factory=list, description="Run at each save; one that fails refuses it."
    )
    description: str = ""
    tags: list[str] = Field(default_factory=list)
    labels: list[str] = Field(default_factory=list, description="Labels to point at this version.")
    note: str = Field(default="", description="What changed.")
    expected_version: int | None = Field(
        default=None, ge=0, description="Save only behind this version; 0 is: only if new."
    )


class PromptLabelBody(Body):
    """Where a label points."""

    version: int = Field(ge=1, le=999_999_999)


class PromptRollbackBody(Body):
    """Which label goes back."""

    label: str = Field(default="production", min_length=1, max_length=63)


class RenderBody(Body):
    """Values for a prompt's variables, and which version; left out: `production`, else the newest."""

    variables: dict[str, Any] = Field(default_factory=dict)
    version: int | None = Field(default=None, ge=1, le=999_999_999)
    label: str | None = Field(default=None, min_length=1, max_length=63)


BODIES: dict[str, type[Body]] = {
    "create_prompt": PromptBody,
    "save_prompt": PromptBody,
    "validate_prompt": PromptBody,
    "set_prompt_label": PromptLabelBody,
    "rollback_prompt": PromptRollbackBody,
    "render_prompt": RenderBody,
}
