"""Node types that ask models: llm."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from heddle.domain.engine.plan import RetryPolicy
from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.spec import NodeType

FUNCTIONS = {"extractive": "llm", "bedrock": "llm", "openai": "llm_openai", "anthropic": "llm_anthropic"}


class Passage(NodeConfig):
    """A piece of context that the answer may draw on and cite."""

    model_config = NodeConfig.model_config | {"extra": "ignore"}

    text: str = Field(description="The passage.")
    id: str | int | None = Field(default=None, description="Your name for it; comes back with a citation.")
    source: str | None = Field(default=None, description="Where it is from, as readers should see it.")


class LlmConfig(NodeConfig):
    """Asks a language model once. Passages of `context` are numbered, and the answer cites them as [1], [2], …"""

    prompt: str = Field(min_length=1, max_length=1_000_000, description="What to do or to answer.")
    system: str = Field(default="", max_length=100_000, description="Who the model is and what rules it keeps to.")
    context: str | list[str | Passage] = Field(
        default_factory=list,
        description="What the answer draws on: a text, or a list of texts or passages {text, id, source}.",
    )
    provider: Literal["auto", "extractive", "bedrock", "openai", "anthropic"] = Field(
        default="auto",
        description="Who answers. auto: the stage's default provider. extractive: no model; the best sentences of the "
        "context, chosen by rules and labelled as such.",
    )
    model: str | None = Field(
        default=None,
        max_length=200,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]*$",
        description="The provider's model id; without it the provider's default.",
    )
    max_tokens: int = Field(default=1024, ge=1, le=128_000, description="The longest answer, in tokens.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="0 for the most likely words; without it the model's own default."
    )
    max_sentences: int = Field(default=8, ge=1, le=200, description="The longest extractive answer, in sentences.")
    timeout: float = Field(default=60.0, gt=0, le=840, description="Seconds to wait for the whole answer.")


def _function(config: Mapping[str, Any]) -> str:
    """Return the function that hosts the provider; whatever is no provider is refused by the config model."""
    return FUNCTIONS.get(str(config.get("provider", "auto")), "llm_default")


AI_TYPES = (
    NodeType(
        name="llm",
        category="ai",
        summary="Asks a language model.",
        config=LlmConfig,
        host="function",
        function=_function,
        timeout=120.0,
        retry=RetryPolicy(max_attempts=3, delay=1.0),
        static_fields=("provider",),
        output_schema=shape(
            "The answer.",
            text=field("string", "What was answered."),
            citations=field("array", "The passages that it cites: {n, source, id, text}."),
            provider=field("string", "Who answered."),
            model=field("string", "Which model."),
            stop_reason=field("string", "Why it ended.", enum=["end", "max_tokens", "stop_sequence", "tool_use"]),
            extractive=field("boolean", "True if no model wrote it: these are sentences of the context."),
        ),
    ),
)
