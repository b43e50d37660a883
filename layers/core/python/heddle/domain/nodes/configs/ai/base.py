"""What the node types that ask models have in common: who is asked, what is drawn on, what comes back."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from heddle.domain.engine.expressions import references
from heddle.domain.engine.plan import RetryPolicy
from heddle.domain.json_schema import schema_fault
from heddle.domain.models.settings import FUNCTIONS
from heddle.domain.nodes.configs.base import NodeConfig, field

ModelName = Annotated[str, Field(max_length=300, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$")]

# Rate limits and overload pass within seconds; each attempt goes on from the calls that are recorded.
RETRY = RetryPolicy(max_attempts=3, delay=1.0)


class Passage(NodeConfig):
    """A piece of context that the answer may draw on and cite."""

    model_config = NodeConfig.model_config | {"extra": "ignore"}

    text: str = Field(description="The passage.")
    id: str | int | None = Field(default=None, description="Your name for it; comes back with a citation.")
    source: str | None = Field(default=None, description="Where it is from, as readers should see it.")
    heading: str | None = Field(default=None, description="The section that it stands in.")
    page: int | None = Field(default=None, description="The page that it stands on.")


Context = str | list[str | Passage]


class ModelConfig(NodeConfig):
    """Fields of every node type that asks a model."""

    model: ModelName | None = Field(
        default=None,
        description="Who answers: `provider/model`, or one of the tenant's aliases; without it the alias `default`.",
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="0 for the most likely words; without it the model's own default."
    )
    timeout: float = Field(default=60.0, gt=0, le=840, description="Seconds to wait for one whole answer.")
    cache: Literal["auto", "off"] = Field(
        default="auto",
        description="auto: an equal request may be answered from the tenant's response cache, if it is on.",
    )


class PromptConfig(ModelConfig):
    """Fields of the node types whose prompt may be a registered one."""

    prompt: str | None = Field(
        default=None, min_length=1, max_length=1_000_000, description="What to do or to answer; or give `prompt_ref`."
    )
    prompt_ref: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="A registered prompt instead: `name`, `name@3` (a version) or `name@production` (a label).",
    )
    variables: dict[str, Any] = Field(default_factory=dict, description="What the registered prompt is filled in with.")

    @model_validator(mode="after")
    def _one_prompt(self) -> Self:
        if (self.prompt is None) == (self.prompt_ref is None):
            raise ValueError("give either `prompt` or `prompt_ref`")
        if self.variables and self.prompt_ref is None:
            raise ValueError("`variables` are for a registered prompt; give `prompt_ref` with them")
        return self


def json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema; ValueError if it is none. One with expressions in it is checked when the node runs."""
    if references(schema).names:
        return schema
    if (fault := schema_fault(schema)) is not None:
        raise ValueError(f"is not a valid JSON Schema: {fault}")
    return schema


Schema = Annotated[dict[str, Any], AfterValidator(json_schema)]


def function_of(config: Mapping[str, Any]) -> str:
    """Return the function that has the SDK of the provider which the config names; whatever else is `llm_default`."""
    provider = config.get("provider", "auto")
    if provider not in FUNCTIONS:
        model = config.get("model")
        provider = model.partition("/")[0] if isinstance(model, str) else ""
    return FUNCTIONS.get(str(provider), "llm_default")


def answered_by(**more: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that say who answered."""
    return {
        **more,
        "provider": field("string", "Who answered."),
        "model": field("string", "Which model."),
        "extractive": field("boolean", "True if no model was asked: what is there was chosen by rules."),
    }


CITATIONS = field("array", "The passages that it cites: {n, source, heading, page, id, text}.")
PROMPT = field(["object", "null"], "The registered prompt that was used, as {name, version, hash}.")
