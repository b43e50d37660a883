"""Language models: what a call asks and what comes back, in shapes that no provider owns.

A conversation is a list of messages, each a role and parts. A model's tool calls are parts of its message; the results
go back as parts of the user's next message. Everything in a message is plain JSON, because runs keep conversations in
their history.
"""

from collections.abc import Iterator
from dataclasses import field
from typing import Any, Literal, NotRequired, Protocol, TypedDict

from heddle.records import dataclass


class TextPart(TypedDict):
    """Words."""

    type: Literal["text"]
    text: str


class ImagePart(TypedDict):
    """A picture; `data` is base64."""

    type: Literal["image"]
    media_type: str
    data: str


class ToolCallPart(TypedDict):
    """The model wants a tool to be called. `arguments` is the object it gave, None if what it wrote (`raw`) is none.

    `signature` is what the provider wants back with the call, exactly as it gave it (Gemini's thought signature).
    """

    type: Literal["tool_call"]
    id: str
    name: str
    arguments: dict[str, Any] | None
    raw: str
    signature: NotRequired[str]


class ToolResultPart(TypedDict):
    """What a tool gave, or why it could not."""

    type: Literal["tool_result"]
    id: str
    name: str
    content: str
    is_error: bool


Part = TextPart | ImagePart | ToolCallPart | ToolResultPart


class Message(TypedDict):
    """One turn."""

    role: Literal["user", "assistant"]
    content: list[Part]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the model may ask for; `parameters` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered: text, tool calls, why it stopped, and what it used.

    `stop_reason` is end, max_tokens, stop_sequence or tool_use. `input_tokens` are all of them; `cached_tokens` says
    how many of these the provider took from its own prompt cache, `cache_write_tokens` how many it put there at a price
    of their own; `output_tokens` include those of reasoning.
    `cost_usd` is decimal text, None if the provider does not know it (whoever asked prices the tokens).
    `usage_estimated`: the provider said nothing of usage, and the tokens are ours, rather too many than too few.
    """

    text: str
    model: str
    provider: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    cost_usd: str | None = None
    citations: tuple[dict[str, Any], ...] = ()
    tool_calls: tuple[ToolCallPart, ...] = ()
    cached_tokens: int = 0
    response_id: str = ""
    usage_estimated: bool = False
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One completion.

    The conversation is `history`, then a user message of `prompt` (behind the numbered passages of `context`) and
    `images`, then `messages`. `context` is passages ({"id", "text", "source"}) that the answer may draw on, by number.
    `max_sentences` is for the extractive provider, which counts in sentences rather than in tokens.
    With `output_schema` the text is to be JSON of that schema: adapters ask for it in the provider's own way where it
    has one, and nobody but the caller relies on it. Without `cache` no kept answer to an equal request will do.
    """

    prompt: str
    system: str = ""
    context: tuple[dict[str, Any], ...] = ()
    max_tokens: int = 1024
    temperature: float | None = None
    model: str | None = None
    timeout: float = 60.0
    correlation_id: str = ""
    max_sentences: int = 8
    images: tuple[ImagePart, ...] = ()
    history: tuple[Message, ...] = ()
    messages: tuple[Message, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: Literal["auto", "none", "required"] = "auto"
    output_schema: dict[str, Any] | None = None
    stop: tuple[str, ...] = ()
    cache: bool = True


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer's text, as it was written."""

    text: str


class ModelProvider(Protocol):
    """One completion from one model. Raises NodeError with the codes of `heddle.adapters.models.failures`.

    `request.timeout` is the deadline of the whole call. Adapters do not retry: the node's retry policy does.
    """

    def complete(self, request: CompletionRequest) -> Completion:
        """Ask once."""
        ...

    def stream(self, request: CompletionRequest) -> Iterator[Delta | Completion]:
        """Ask once and give the text as it comes; the last item, and only that, is the Completion.

        Reads no faster than it is read from, and ends the call if it is closed before its end. Raises what `complete`
        raises, and NodeError `llm_stream_broken` (retryable) if the provider broke off after the first piece. Errors
        after the first piece have `output_chars` in their details: so much was written, and is probably billed.
        """
        ...

    def input_tokens(self, request: CompletionRequest) -> int | None:
        """Return how many input tokens the provider itself counts, where it does so for free; else None.

        Never raises: that it cannot be counted is None too.
        """
        ...


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Texts to be embedded, at most as many as every provider takes at once (96); `dimensions` None: the model's own.

    `purpose`: some models embed what is searched in (`document`) and what is searched for (`query`) differently.
    """

    texts: tuple[str, ...]
    model: str | None = None
    dimensions: int | None = None
    timeout: float = 60.0
    correlation_id: str = ""
    purpose: Literal["document", "query"] = "document"


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One vector per text, in their order; all of the same length. `usage_estimated` as in a Completion.

    `model` is what has to be asked for to get vectors that can be compared with these.
    """

    vectors: tuple[tuple[float, ...], ...]
    model: str
    provider: str
    input_tokens: int
    cost_usd: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    usage_estimated: bool = False


class EmbeddingProvider(Protocol):
    """Vectors of texts. Raises the same errors as a ModelProvider, `llm_bad_request` where the provider has none."""

    def embed(self, request: EmbeddingRequest) -> Embeddings:
        """Embed all texts, in one call where the model takes several."""
        ...
