"""How many tokens a prompt has, before it is sent and without asking anybody.

    bound   never too little, and costs next to nothing: what a budget reserves by
    counted_bound   never too little either, and near: what it reserves by where the bound is too much
    count   as near as can be, exact for OpenAI where its tokenizer is at hand: what people are shown

Families: `o200k` and `cl100k` (OpenAI's encodings), `claude`, `titan`, and `plain` for all others.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from heddle.domain.models.catalogue import facts
from heddle.domain.models.prices import priced_as
from heddle.domain.models.settings import ProviderConfig
from heddle.domain.nodes.citations import place_of
from heddle.records import dataclass

REQUEST_TOKENS = 64
"""What a request has around its messages: special tokens, the opening of the answer, a date line of some templates."""

MESSAGE_TOKENS = 16
"""Role, delimiters and separators of a message; OpenAI's chats take 4, the longest published template 11."""

PASSAGE_BYTES = 32
"""Number, brackets, parentheses and line breaks around a passage of the context."""

CITING_BYTES = 512
"""The rules of citing and the rulers around the passages (a test holds the adapters to it)."""

TOOLS_TOKENS = 1_024
"""What a provider adds to the system prompt once there are tools; the most that Anthropic documents is 530."""

TOOL_TOKENS = 64
"""Wrapping of one tool, one tool call or one result."""

SCHEMA_FACTOR = 2
"""A schema is rendered again by the provider, with other quotes, indents and key words: at most twice as long."""

IMAGE_TOKENS: Mapping[str, int] = {"claude": 5_000, "titan": 5_000, "plain": 10_000}
"""The most that an image of any size takes: Claude's largest is 4,784, Gemini's tiles of a 4K picture 3,870."""

OPENAI_IMAGE_TOKENS = 50_000
"""gpt-4o-mini takes 2,833 for an image and 5,667 for each of at most 8 tiles: 48,169. All others take far less."""

_TYPICAL_IMAGE: Mapping[str, int] = {"o200k": 1_105, "cl100k": 1_105, "claude": 1_600, "titan": 1_600, "plain": 1_290}
_CHAT_MESSAGE, _CHAT_REQUEST = 3, 3  # OpenAI's own account of its chats
_CL100K = ("gpt-4-", "gpt-3.5-", "gpt-35-", "text-embedding-", "davinci-", "babbage-")

Exact = Callable[[str, str], int | None]
"""(encoding, text) → its tokens, or None where the tokenizer is not at hand or the text is too long for it."""


class Tool(Protocol):
    """A tool as `ToolSpec` has it."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def parameters(self) -> dict[str, Any]: ...


class Countable(Protocol):
    """What is counted of a `CompletionRequest`."""

    @property
    def prompt(self) -> str: ...
    @property
    def system(self) -> str: ...
    @property
    def context(self) -> tuple[dict[str, Any], ...]: ...
    @property
    def images(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def history(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def messages(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def tools(self) -> Sequence[Tool]: ...
    @property
    def output_schema(self) -> dict[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class Count:
    """So many tokens, how they were counted, and whether that is what the provider will count.

    `method` is the encoding (o200k, cl100k), or the rule that it was estimated by: claude, chars/3.5, chars/4.
    """

    tokens: int
    method: str
    exact: bool

    def __add__(self, other: "Count") -> "Count":
        return Count(self.tokens + other.tokens, self.method, self.exact and other.exact)


@dataclass(frozen=True, slots=True)
class Window:
    """How much fits a model: prompt and answer together, and the answer. None where nobody says."""

    context: int | None
    max_output: int | None


def window(provider: ProviderConfig, model: str) -> Window:
    """Return what is known of a model's limits."""
    known = facts(provider.kind, priced_as(provider, model))
    return Window(known.context_window, known.max_output) if known is not None else Window(None, None)


def family(kind: str, model: str) -> str:
    """Return the family whose way of counting is nearest to a model's."""
    name = model.lower().rpartition("/")[2]
    if kind in ("openai", "azure-openai") or "openai.gpt" in name:
        return "cl100k" if f"{name.removeprefix('ft:')}-".startswith(_CL100K) else "o200k"
    if "claude" in name:
        return "claude"
    return "titan" if "titan" in name else "plain"


def count(family: str, text: str, exact: Exact | None = None) -> Count:
    """Count one text. Without `exact`, OpenAI's families are estimated like all others."""
    if family in ("o200k", "cl100k"):
        tokens = exact(family, text) if exact is not None else None
        return Count(math.ceil(len(text) / 4), "chars/4", False) if tokens is None else Count(tokens, family, True)
    if family == "claude":
        return Count(_claude(text), "claude", False)
    if family == "titan":
        return Count(math.ceil(len(text) * 2 / 7), "chars/3.5", False)
    return Count(math.ceil(len(text) / 4), "chars/4", False)


def count_batch(family: str, texts: Sequence[str], exact: Exact | None = None) -> list[Count]:
    """Count several texts, each for itself."""
    return [count(family, text, exact) for text in texts]


def count_messages(family: str, messages: Sequence[Mapping[str, str]], exact: Exact | None = None) -> Count:
    """Count a chat of {"role", "content"}, with what the chat's own marks take."""
    total = _nothing(family, exact, _CHAT_REQUEST)
    for message in messages:
        for text in (message.get("role", ""), message.get("content", "")):
            total += count(family, text, exact)
        total += Count(_CHAT_MESSAGE, total.method, total.exact)
    return total


def count_request(family: str, request: Countable, exact: Exact | None = None) -> Count:
    """Count a whole request: texts, tools, and images by their usual size. Never exact if it has tools or images."""
    total = _nothing(family, exact, _CHAT_REQUEST)
    for text in _texts(request):
        total += count(family, text, exact)
    images = _images(request)
    schemas = [*_schemas(request)]
    for text in schemas:
        total += count(family, text, exact)
    marks = _CHAT_MESSAGE * _turns(request) + TOOL_TOKENS * len(schemas) + _TYPICAL_IMAGE[family] * images
    return Count(total.tokens + marks, total.method, total.exact and not (images or schemas))


def difference_percent(first: int, second: int) -> Decimal:
    """Return by how many percent the second count is off the first, with two decimals; 100 if the first is 0."""
    if first == second:
        return Decimal(0)
    return Decimal(100) if not first else (Decimal(second - first) * 100 / first).quantize(Decimal("0.01"))


def bound(request: Countable, family: str = "") -> int:
    """Return a number of tokens that the request cannot exceed, whatever the model's tokenizer is.

    Each token of a tokenizer stands for at least one byte of the UTF-8 text that it is given. Some normalise the text
    first (NFKC), which can make it longer: the longer of the two is what counts. The rest is fixed marks, as above.
    """
    total = _marks(request) + sum(map(text_bound, _texts(request)))
    schemas = [*_schemas(request)]
    if request.tools:
        total += TOOLS_TOKENS
    total += sum(SCHEMA_FACTOR * text_bound(text) + TOOL_TOKENS for text in schemas)
    total += TOOL_TOKENS * sum(1 for part in _parts(request) if part.get("type") in ("tool_call", "tool_result"))
    return total + _images(request) * IMAGE_TOKENS.get(family, OPENAI_IMAGE_TOKENS)


def counted_bound(request: Countable, family: str, exact: Exact | None) -> int | None:
    """Return a bound that is near: the texts counted exactly, what stands around them by its bound.

    None where texts are not all of it (tools, images, schemas), or cannot be counted exactly here.
    """
    extra = {part.get("type") for part in _parts(request)} - {"text"}
    if exact is None or extra or request.tools or request.images or request.output_schema is not None:
        return None
    total = _marks(request)
    for text in _texts(request):
        counted = count(family, text, exact)
        if not counted.exact:
            return None
        total += counted.tokens
    return total


def text_bound(text: str) -> int:
    """Return how many tokens a text can have at most, in any tokenizer."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if text.isascii():
        return size
    from unicodedata import normalize

    return max(size, len(normalize("NFKC", text).encode("utf-8", "surrogatepass")))


def _marks(request: Countable) -> int:
    """Return a bound of what adapters and providers put around the texts."""
    passages = CITING_BYTES + PASSAGE_BYTES * len(request.context) if request.context else 0
    return REQUEST_TOKENS + MESSAGE_TOKENS * _turns(request) + passages


def _nothing(family: str, exact: Exact | None, tokens: int) -> Count:
    empty = count(family, "", exact)
    return Count(tokens, empty.method, empty.exact)


def _claude(text: str) -> int:
    """Apply the rule for Claude: graphemes / 4 + words × 0.1 + lines × 0.05, rounded up (in twentieths)."""
    twentieths = 5 * _graphemes(text) + 2 * len(text.split()) + len(text.splitlines())
    return -(-twentieths // 20)


def _graphemes(text: str) -> int:
    """Count what a reader sees as one character: marks, joiners and what they join do not begin one."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    from unicodedata import category

    number, joined, flags = 0, False, 0
    for before, char in zip(" " + text, text, strict=False):
        flag = "\U0001f1e6" <= char <= "\U0001f1ff"
        flags = flags + 1 if flag else 0
        continues = (
            joined
            or (before == "\r" and char == "\n")
            or (flag and flags % 2 == 0)
            or "\U0001f3fb" <= char <= "\U0001f3ff"
            or char == "\u200d"
            or category(char) in ("Mn", "Me", "Mc")
        )
        number += not continues
        joined = char == "\u200d"
    return number


def _texts(request: Countable) -> Iterator[str]:
    """Give every text of the conversation."""
    yield request.system
    yield request.prompt
    for passage in request.context:
        yield str(passage["text"])
        place = place_of(passage)
        if place:
            yield place
    for part in _parts(request):
        arguments = part.get("arguments")
        written = part.get("raw") if arguments is None else json.dumps(arguments)
        for value in (*(part.get(name) for name in ("text", "content", "name", "id", "signature")), written):
            if isinstance(value, str):
                yield value


def _schemas(request: Countable) -> Iterator[str]:
    """Give tools and schemas as JSON with its escapes: the longer of the two ways in which adapters send them."""
    for tool in request.tools:
        yield tool.name + tool.description + json.dumps(tool.parameters)
    if request.output_schema is not None:
        yield json.dumps(request.output_schema)


def _parts(request: Countable) -> Iterator[Mapping[str, Any]]:
    for message in (*request.history, *request.messages):
        content = message["content"]
        if isinstance(content, list):
            yield from content


def _turns(request: Countable) -> int:
    return 2 + len(request.history) + len(request.messages)


def _images(request: Countable) -> int:
    return len(request.images) + sum(1 for part in _parts(request) if part.get("type") == "image")
