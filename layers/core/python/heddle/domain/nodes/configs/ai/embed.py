"""The `embed` node type: vectors of texts."""

from typing import Annotated

from pydantic import Field

from heddle.domain.nodes.configs.ai.base import RETRY, ModelName, function_of
from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.spec import NodeType

EmbedText = Annotated[str, Field(min_length=1, max_length=100_000)]


class EmbedConfig(NodeConfig):
    """Gives a vector for each text. Many texts are sent in batches of 96; batches that are done are not paid again."""

    text: EmbedText | list[EmbedText] = Field(description="A text, or a list of at most 10,000.")
    model: ModelName | None = Field(
        default=None,
        description="Who embeds: `provider/model`, or one of the tenant's aliases; without it the alias `embed`.",
    )
    dimensions: int | None = Field(
        default=None, ge=1, le=65_536, description="The length of the vectors, where the model can choose."
    )
    timeout: float = Field(default=60.0, gt=0, le=840, description="Seconds to wait for one batch.")


EMBED_TYPES = (
    NodeType(
        name="embed",
        category="ai",
        summary="Gives vectors of texts.",
        config=EmbedConfig,
        host="function",
        function=function_of,
        # A hundred batches, one after the other, within rate limits.
        timeout=300.0,
        retry=RETRY,
        output_schema=shape(
            "The vectors.",
            vectors=field("array", "One list of numbers per text, in their order."),
            model=field("string", "Which model."),
            provider=field("string", "Whose."),
            dimensions=field("integer", "How long each vector is."),
            count=field("integer", "How many vectors there are."),
            lexical=field("boolean", "True if no model made them: only texts that share words are near each other."),
        ),
    ),
)
