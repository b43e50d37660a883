"""A text with its words, sentences and phrases found once, for all analyses to share.

Chinese characters and Japanese kana count as a word each, as word processors count them: those scripts write no
spaces. Vowel signs of Hindi, Thai or pointed Arabic belong to the word they stand in.
"""

import re
from functools import cached_property

from heddle.domain.content.function_words import FUNCTION_WORDS, WEAK_WORDS

SPACELESS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u200c\u200d"
)
_LETTER = rf"(?:[^\W_{SPACELESS}]|[{_MARKS}])"
_ANY_WORD = re.compile(rf"[{SPACELESS}]|{_LETTER}+(?:['’\-]{_LETTER}+)*")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*")
_SPACELESS = re.compile(f"[{SPACELESS}]")
_END = re.compile(r"[.!?…؟۔।]+[\"'”’)\]]*(?=\s|$)|[。！？]+[」』”]*|\n[^\S\n]*\n")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|vs|etc|e\.g|i\.e|cf|Fig|No|Inc|Ltd|Corp|Co|approx|bzw|z\.B"
    r"|Nr|usw|Sra?|Sig)$"
)
_LONGEST_GRAM = 3

Span = tuple[int, int]


class Text:
    """A text. Offsets count its characters; `words` are as written, `lower` in lower case, in the same order."""

    def __init__(self, text: str, language: str = "en") -> None:
        self.text = text
        self.language = language

    @cached_property
    def spans(self) -> list[Span]:
        """Where each word is."""
        pattern = _ASCII_WORD if self.text.isascii() else _ANY_WORD
        return [match.span() for match in pattern.finditer(self.text)]

    @cached_property
    def words(self) -> list[str]:
        """The words as they are written."""
        text = self.text
        return [text[start:end] for start, end in self.spans]

    @cached_property
    def lower(self) -> list[str]:
        """The words in lower case."""
        return [word.lower() for word in self.words]

    @cached_property
    def spaceless(self) -> int:
        """How many words are single characters of a script without spaces."""
        return 0 if self.text.isascii() else len(_SPACELESS.findall(self.text))

    @cached_property
    def sentences(self) -> list[Span]:
        """Where each sentence is, without the spaces around it. An empty line ends one as a full stop does."""
        text, found, begin = self.text, [], 0
        for match in _END.finditer(text):
            end = match.end()
            if text[match.start()] == "." and _ABBREVIATION.search(text, max(begin, match.start() - 8), match.start()):
                continue
            found.append((begin, end))
            begin = end
        found.append((begin, len(text)))
        return [span for start, end in found if (span := _trimmed(text, start, end))]

    @cached_property
    def grams(self) -> dict[str, list[Span]]:
        """Phrases of one to three words without function words, in lower case, and where each stands.

        None reaches over punctuation. In scripts without spaces a single character says too little: two to four.
        """
        text, lower, spans = self.text, self.lower, self.spans
        weak = WEAK_WORDS.get(self.language, frozenset())
        function_words = FUNCTION_WORDS.get(self.language, frozenset())
        found: dict[str, list[Span]] = {}
        run: list[int] = []
        for index, word in enumerate(lower):
            single = word > "\u3040" and len(word) == 1
            if word in function_words or (len(word) < 3 and not single) or word[0].isdigit():
                run.clear()
                continue
            if run and not _joined(text[spans[run[-1]][1] : spans[index][0]], single):
                run.clear()
            run.append(index)
            if single:
                for length in (2, 3, 4):
                    if len(run) >= length:
                        _add(found, "".join([lower[at] for at in run[-length:]]), spans[run[-length]][0], spans[index])
                continue
            if word in weak:
                continue
            _add(found, word, spans[index][0], spans[index])
            for length in range(2, min(len(run), _LONGEST_GRAM) + 1):
                if lower[run[-length]] in weak:
                    continue
                _add(found, " ".join([lower[at] for at in run[-length:]]), spans[run[-length]][0], spans[index])
        return found


def _add(found: dict[str, list[Span]], gram: str, start: int, last: Span) -> None:
    if gram in found:
        found[gram].append((start, last[1]))
    else:
        found[gram] = [(start, last[1])]


def _joined(gap: str, single: bool) -> bool:
    """Whether what is between two words lets them be one phrase."""
    if gap == " " or not gap:
        return True
    return not single and gap.isspace() and gap.count("\n") < 2


def _trimmed(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    stripped = piece.strip()
    if not stripped:
        return None
    begin = start + piece.index(stripped[0])
    return begin, begin + len(stripped)


def size_of(gram: str) -> int:
    """Return how many words a gram has; one of a script without spaces counts its characters halved."""
    return max(1, len(gram) // 2) if gram[0] > "\u3040" else gram.count(" ") + 1
