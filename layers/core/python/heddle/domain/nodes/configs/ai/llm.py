"""The `llm` node type: one question to a model."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from heddle.domain.models.settings import KINDS
from heddle.domain.nodes.configs.ai.base import (
    CITATIONS,
    PROMPT,
    RETRY,
    Context,
    PromptConfig,
    Schema,
    answered_by,
    function_of,
)
from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.spec import NodeType

Provider = Literal[("auto", *KINDS)]  # type: ignore[valid-type]
MediaType = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]


class ChatMessage(NodeConfig):
    """One turn of an earlier conversation."""

    role: Literal["user", "assistant"] = Field(description="Who said it.")
    content: str = Field(max_length=1_000_000, description="What was said.")


class Image(NodeConfig):
    """A picture: exactly one of `base64` and `object`."""

    base64: str | None = Field(default=None, description="The picture's bytes in base64.")
    object: str | None = Field(default=None, max_length=1024, description="The key that an upload gave.")
    media_type: MediaType = Field(default="image/png", description="What kind of picture it is.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.base64 is None) == (self.object is None):
            raise ValueError("give exactly one of `base64` and `object`")
        return self


class LlmConfig(PromptConfig):
    """Asks a language model once. Passages of `context` are numbered, and the answer cites them as [1], [2], …"""

    system: str = Field(default="", max_length=100_000, description="Who the model is and what rules it keeps to.")
    context: Context = Field(
        default_factory=list,
        description="What the answer draws on: a text, or a list of texts or passages {text, id, source}.",
    )
    messages: list[ChatMessage] = Field(
        default_factory=list, max_length=1000, description="What was said before, oldest first."
    )
    images: list[Image] = Field(default_factory=list, max_length=20, description="Pictures that go with the prompt.")
    provider: Provider = Field(
        default="auto",
        description="Earlier way to say who answers; `provider: openai` with `model: x` is `model: openai/x`. "
        "extractive: no model; the best sentences of the context, chosen by rules and labelled as such.",
    )
    max_tokens: int = Field(default=1024, ge=1, le=128_000, description="The longest answer, in tokens.")
    max_sentences: int = Field(default=8, ge=1, le=200, description="The longest extractive answer, in sentences.")
    output_schema: Schema | None = Field(
        default=None,
        description="A JSON Schema: the answer is JSON of that shape, in `output`. An answer that does not fit is "
        "asked for once more; then the node fails with `llm_output_invalid`.",
    )
    stop: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list, max_length=4, description="Texts at which the answer ends."
    )


LLM_TYPES = (
    NodeType(
        name="llm",
        category="ai",
        summary="Asks a language model.",
        config=LlmConfig,
        host="function",
        function=function_of,
        timeout=120.0,
        retry=RETRY,
        static_fields=("provider",),
        output_schema=shape(
            "The answer.",
            **answered_by(
                text=field("string", "What was answered."),
                output=field(
                    ["object", "array", "string", "number", "boolean", "null"], "The value of `output_schema`, or null."
                ),
                citations=CITATIONS,
                stop_reason=field("string", "Why it ended.", enum=["end", "max_tokens", "stop_sequence", "tool_use"]),
                prompt=PROMPT,
            ),
        ),
    ),
)
