"""Node types that ask a model for one kind of thing: research, write, classify, extract, summarise."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from heddle.domain.nodes.configs.ai.base import (
    CITATIONS,
    RETRY,
    Context,
    ModelConfig,
    Schema,
    answered_by,
    function_of,
)
from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.spec import NodeType

Text = Annotated[str, Field(min_length=1, max_length=5_000_000)]
Depth = Literal["quick", "standard", "deep"]


class ResearchConfig(ModelConfig):
    """Answers a question from passages, with what the model is sure of and where it found it."""

    question: str = Field(min_length=1, max_length=100_000, description="What is to be found out.")
    context: Context = Field(
        default_factory=list,
        description="Where to look: a text, or a list of texts or passages {text, id, source}; those closest to the "
        "question are read. Without it the model answers from what it knows, without sources.",
    )
    depth: Depth = Field(
        default="standard",
        description="How much is read: quick 8 passages, standard 20, deep 40, for which the model first says what "
        "needs to be known.",
    )
    audience: str = Field(default="", max_length=500, description="For whom, such as beginners.")
    max_tokens: int = Field(default=2048, ge=1, le=128_000, description="The longest answer, in tokens.")
    max_sentences: int = Field(default=8, ge=1, le=200, description="The longest extractive answer, in sentences.")


class WriteConfig(ModelConfig):
    """Writes a text on a topic."""

    topic: str = Field(min_length=1, max_length=100_000, description="What to write about, or a brief for it.")
    kind: str = Field(
        default="article", min_length=1, max_length=200, description="What it is to be: blog post, tutorial, FAQ, …"
    )
    style: str = Field(default="", max_length=2000, description="How it should sound, such as plain and friendly.")
    audience: str = Field(default="", max_length=500, description="For whom it is.")
    format: Literal["markdown", "text", "html"] = Field(default="markdown", description="How it is set.")
    length: Literal["short", "medium", "long"] | Annotated[int, Field(ge=10, le=50_000)] = Field(
        default="medium", description="About 150, 500 or 1,200 words, or a number of words."
    )
    outline: str = Field(default="", max_length=100_000, description="What to cover, in which order.")
    context: Context = Field(
        default_factory=list, description="What it draws on and cites: a text, or texts or passages {text, id, source}."
    )
    max_tokens: int = Field(default=8192, ge=1, le=128_000, description="The longest text, in tokens.")


class Label(NodeConfig):
    """A label and when it fits."""

    name: str = Field(min_length=1, max_length=200, description="The label.")
    description: str = Field(default="", max_length=2000, description="When it fits.")


class ClassifyConfig(ModelConfig):
    """Says which of the given labels fit a text. Without a model it compares words, and says so."""

    text: Text = Field(description="What to classify.")
    labels: list[Annotated[str, Field(min_length=1, max_length=200)] | Label] = Field(
        min_length=2, max_length=500, description="The labels: names, or {name, description}."
    )
    multi: bool = Field(default=False, description="Whether several labels may fit, or none.")
    instructions: str = Field(default="", max_length=20_000, description="What else decides.")
    max_tokens: int = Field(default=1024, ge=1, le=128_000, description="The longest answer, in tokens.")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [label if isinstance(label, str) else label.name for label in self.labels]
        if len(set(names)) < len(names):
            raise ValueError("two labels have the same name")
        return self


class ExtractConfig(ModelConfig):
    """Reads an object of a given shape out of a text. Needs a model."""

    text: Text = Field(description="Where it is found.")
    output_schema: Schema = Field(
        alias="schema", description="JSON Schema of what to read; its descriptions tell the model what is meant."
    )
    instructions: str = Field(default="", max_length=20_000, description="What else to keep to.")
    max_tokens: int = Field(default=4096, ge=1, le=128_000, description="The longest answer, in tokens.")


class SummariseConfig(ModelConfig):
    """Says the same in fewer words. Long texts are summarised in parts, side by side, and then as a whole."""

    text: Text | list[str | dict[str, object]] = Field(
        description="The text, or a list of texts or passages {text, …}."
    )
    style: str = Field(default="", max_length=2000, description="How it should be, such as five bullet points.")
    focus: str = Field(default="", max_length=2000, description="What matters most in it.")
    length: Annotated[int, Field(ge=10, le=20_000)] = Field(default=150, description="About how many words.")
    part_tokens: int = Field(
        default=6000, ge=200, le=500_000, description="How much a model reads at once, in tokens; must fit its window."
    )
    max_tokens: int = Field(default=2048, ge=1, le=128_000, description="The longest summary of a part, in tokens.")
    max_sentences: int = Field(default=6, ge=1, le=200, description="The longest extractive summary, in sentences.")


TASK_TYPES = (
    NodeType(
        name="research",
        category="ai",
        summary="Answers a question from passages.",
        config=ResearchConfig,
        host="function",
        function=function_of,
        # Two calls at most.
        timeout=180.0,
        retry=RETRY,
        output_schema=shape(
            "What was found out.",
            required=("answer", "citations", "passages_read", "provider", "model", "extractive"),
            **answered_by(
                answer=field("string", "The answer."),
                citations=CITATIONS,
                passages_read=field("integer", "How many passages were read."),
                confidence=field("number", "How sure the model says it is, 0 to 1; absent if it did not say."),
                examples=field("array", "Examples, where the model gave some."),
                follow_up_questions=field("array", "Questions that remain, where the model gave some."),
                questions=field("array", "What needed to be known, of a deep research."),
            ),
        ),
    ),
    NodeType(
        name="write",
        category="ai",
        summary="Writes a text on a topic.",
        config=WriteConfig,
        host="function",
        function=function_of,
        timeout=180.0,
        retry=RETRY,
        output_schema=shape(
            "The text.",
            **answered_by(
                text=field("string", "The text."),
                words=field("integer", "How many words it has."),
                format=field("string", "How it is set.", enum=["markdown", "text", "html"]),
                citations=CITATIONS,
                stop_reason=field("string", "Why it ended; max_tokens: it was cut off."),
            ),
        ),
    ),
    NodeType(
        name="classify",
        category="ai",
        summary="Says which labels fit a text.",
        config=ClassifyConfig,
        host="function",
        function=function_of,
        # An answer, and a second one if the first is no use.
        timeout=120.0,
        retry=RETRY,
        output_schema=shape(
            "The labels.",
            **answered_by(
                label=field(["string", "null"], "The label that fits best; null if none does."),
                labels=field("array", "All labels that fit, best first.", items={"type": "string"}),
                confidence=field("number", "From 0 to 1: the model's own word, or how far ahead the words put it."),
                reason=field("string", "Why."),
            ),
        ),
    ),
    NodeType(
        name="extract",
        category="ai",
        summary="Reads an object of a given shape out of a text.",
        config=ExtractConfig,
        host="function",
        function=function_of,
        timeout=120.0,
        retry=RETRY,
        output_schema=shape(
            "What was read.", **answered_by(output=field(["object", "array"], "The value, valid under `schema`."))
        ),
    ),
    NodeType(
        name="summarise",
        category="ai",
        summary="Says the same in fewer words.",
        config=SummariseConfig,
        host="function",
        function=function_of,
        # Parts are read eight at a time; a book of a hundred parts takes two or three rounds of them.
        timeout=600.0,
        retry=RETRY,
        output_schema=shape(
            "The summary.",
            **answered_by(
                text=field("string", "The summary."),
                words=field("integer", "How many words it has."),
                parts=field("integer", "In how many parts the text was read."),
            ),
        ),
    ),
)
