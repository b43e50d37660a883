"""The built-in provider: no model, no network; the best sentences of the context, with their sources.

    context ── sentences ── relevance to the prompt (BM25) ─┐
                        └── centrality among them (LexRank) ┴─ score ── choose, without repeating ── in reading order

It is deterministic, and says of itself that it is extractive: nothing in its answer was written by anyone but the
authors of the context. It calls no tools, sees no images, and answers no schema.
"""

import re
from collections.abc import Iterator
from typing import Any

from heddle.adapters.models.hashed import embed
from heddle.adapters.models.passages import citation
from heddle.adapters.models.sentences import centrality, sentences, similarity, vectors
from heddle.application.ports.models import Completion, CompletionRequest, Delta, EmbeddingRequest, Embeddings
from heddle.domain.nodes.relevance import relevance_of_words, words
from heddle.records import dataclass

MODEL = "extractive-1"
_NAME = "extractive"
_PIECE = re.compile(r"(?<=[.!?…。！？\]])\s+")
_CHARS_PER_TOKEN = 4
_RELEVANCE_SHARE = 0.7
# Central among the best is central enough; comparing all with all costs the square of their number.
_CANDIDATES = 400
_SHORTEST, _LONGEST = 25, 700
_ALIKE = 0.6
_WEAK = 0.12
# A line without a full stop is a heading, a list entry or a table row: rarely a statement. They are left out if there
# are this many others, and count less otherwise.
_ENOUGH = 3
_FRAGMENT = 0.5
_ENDS = (".", "!", "?", "…", "。", "！", "？", ".”", '."', ".)")


@dataclass(frozen=True, slots=True)
class _Sentence:
    passage: int
    text: str
    words: tuple[str, ...]


class ExtractiveProvider:
    """Answers with sentences of the context; without context, with sentences of the prompt."""

    def __init__(self, name: str = _NAME) -> None:
        self._name = name

    def complete(self, request: CompletionRequest) -> Completion:
        """Never fails. The answer is empty only if there is no sentence to take."""
        context: tuple[dict[str, Any], ...] = request.context or ({"text": request.prompt},)
        pool = _pool(context)
        chosen = _choose(pool, words(request.prompt) if request.context else [], request.max_sentences)
        text, citations, complete = _write(chosen, context, request)
        read = len(request.prompt) + sum(len(str(passage["text"])) for passage in request.context)
        return Completion(
            text=text,
            model=MODEL,
            provider=self._name,
            stop_reason="end" if complete else "max_tokens",
            input_tokens=read // _CHARS_PER_TOKEN,
            output_tokens=len(text) // _CHARS_PER_TOKEN,
            cost_usd="0",
            citations=citations,
        )

    def stream(self, request: CompletionRequest) -> Iterator[Delta | Completion]:
        """Give the answer sentence by sentence."""
        completion = self.complete(request)
        begin = 0
        for space in _PIECE.finditer(completion.text):
            yield Delta(completion.text[begin : space.end()])
            begin = space.end()
        if begin < len(completion.text):
            yield Delta(completion.text[begin:])
        yield completion

    def input_tokens(self, request: CompletionRequest) -> int | None:
        """Return None: there is nothing to pay for."""
        return None

    def embed(self, request: EmbeddingRequest) -> Embeddings:
        """Embed by hashing, see `heddle.adapters.models.hashed`."""
        return embed(request, self._name)


def _pool(context: tuple[dict[str, Any], ...]) -> list[_Sentence]:
    """Return the sentences worth considering, each once; all of them, if none is."""
    everything = [
        _Sentence(index, sentence, tuple(words(sentence)))
        for index, passage in enumerate(context)
        for sentence in sentences(str(passage["text"]))
    ]
    seen: set[tuple[str, ...]] = set()
    pool: list[_Sentence] = []
    for sentence in everything:
        fits = _SHORTEST <= len(sentence.text) <= _LONGEST and len(sentence.words) >= 3
        if fits and sentence.words not in seen:
            seen.add(sentence.words)
            pool.append(sentence)
    statements = [sentence for sentence in pool if sentence.text.endswith(_ENDS)]
    return statements if len(statements) >= _ENOUGH else pool or everything


def _choose(pool: list[_Sentence], query: list[str], most: int) -> list[_Sentence]:
    """Return the best sentences in reading order, none much like another."""
    relevance = relevance_of_words(query, [sentence.words for sentence in pool])
    if any(relevance):
        least = _WEAK * max(relevance)
        candidates = [index for index, score in enumerate(relevance) if score > least]
        candidates = sorted(sorted(candidates, key=lambda index: (-relevance[index], index))[:_CANDIDATES])
    else:
        candidates = list(range(len(pool)))[:_CANDIDATES]
    weights = vectors([pool[index].words for index in candidates])
    central = centrality(weights)
    highest = max((relevance[index] for index in candidates), default=0.0) or 1.0
    share = _RELEVANCE_SHARE if any(relevance) else 0.0
    scored = []
    for place, index in enumerate(candidates):
        score = share * relevance[index] / highest + (1 - share) * central[place]
        scored.append((score if pool[index].text.endswith(_ENDS) else score * _FRAGMENT, place))
    chosen: list[int] = []
    for _, place in sorted(scored, key=lambda entry: (-entry[0], entry[1])):
        if len(chosen) == most:
            break
        if all(similarity(weights[place], weights[other]) < _ALIKE for other in chosen):
            chosen.append(place)
    return [pool[candidates[place]] for place in sorted(chosen)]


def _write(
    chosen: list[_Sentence], context: tuple[dict[str, Any], ...], request: CompletionRequest
) -> tuple[str, tuple[dict[str, Any], ...], bool]:
    """Return text, citations, and whether everything chosen had room. Each section of a source has a number."""
    room = request.max_tokens * _CHARS_PER_TOKEN
    numbers: dict[Any, int] = {}
    quoted: dict[int, list[_Sentence]] = {}
    complete = True
    for sentence in chosen:
        room -= len(sentence.text) + 5
        if room < 0 and quoted:
            complete = False
            break
        passage = context[sentence.passage]
        # A section is quoted under a number of its own, as readers have to find it again.
        key = passage.get("source") or passage.get("id") or sentence.passage, passage.get("heading")
        quoted.setdefault(numbers.setdefault(key, len(numbers) + 1), []).append(sentence)
    if not request.context:
        return " ".join(sentence.text for group in quoted.values() for sentence in group), (), complete
    paragraphs = [
        " ".join(f"{sentence.text} [{number}]" for sentence in group) for number, group in sorted(quoted.items())
    ]
    citations = tuple(
        citation(number, context[group[0].passage], " … ".join(sentence.text for sentence in group))
        for number, group in sorted(quoted.items())
    )
    return "\n\n".join(paragraphs), citations, complete
