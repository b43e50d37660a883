"""Splitting a Handlebars template into texts and tags, with the white space that tags take away already gone.

A tag that stands alone on its line (a block, an `else`, a comment or a partial) takes the whole line away; `~` takes
all white space on its side.
"""

import re
from bisect import bisect_right
from functools import lru_cache

from heddle.records import dataclass

_OPEN = re.compile(r"\{\{\{\{|\{\{(~?)(!--|[#/^>!&{]?)")
_TOKEN = re.compile(
    r"""\s+
    |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<close>\}~\}\}|~?\}\}\}?)
    |(?P<word>@?(?:\.\.?(?:/|(?=[\s)}~|]))|\[[^\]]*\]|[./]|[^\s!"\#%&'()*+,./;<=>@\[\\\]^`{|}~])+)
    |(?P<sign>.)""",
    re.DOTALL | re.VERBOSE,
)
_COMMENT_END = re.compile(r"--(~?)\}\}")
_LINE_BEFORE = re.compile(r"\n[ \t\r]*\Z")
_LINE_AFTER = re.compile(r"[ \t]*\r?\n")
_BLANK = re.compile(r"[ \t]*\Z")
_KINDS = {
    "#": "open",
    "/": "close",
    "^": "else",
    ">": "partial",
    "!": "comment",
    "!--": "comment",
    "&": "raw",
    "{": "raw",
}
_STANDALONE = frozenset({"open", "close", "else", "comment", "partial"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a tag: `kind` is string, word or sign; `column` and `line` count from 1."""

    kind: str
    text: str
    line: int
    column: int


@dataclass(slots=True)
class Tag:
    """A tag: `kind` is value, raw, open, else, close, partial or comment. `indent` is what a lone partial stands in."""

    kind: str
    tokens: list[Token]
    line: int
    column: int
    strip_before: bool = False
    strip_after: bool = False
    indent: str = ""


@dataclass(slots=True)
class Text:
    """What stands between tags."""

    text: str


class Broken(Exception):
    """The template cannot be split into tags; says why and where."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def split(source: str) -> list[Text | Tag]:
    """Return texts and tags in turn, beginning and ending with a text. Raises Broken."""
    parts = _split(source)
    _strip(parts)
    return parts


def place(source: str, offset: int) -> tuple[int, int]:
    """Return line and column, from 1."""
    starts = _line_starts(source)
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


@lru_cache(maxsize=2)
def _line_starts(source: str) -> tuple[int, ...]:
    return (0, *(match.end() for match in re.finditer("\n", source)))


def _split(source: str) -> list[Text | Tag]:
    parts: list[Text | Tag] = []
    text: list[str] = []
    at = 0
    while opening := _OPEN.search(source, at):
        start = opening.start()
        if start > at and source[start - 1] == "\\" and source[start - 2 : start - 1] != "\\":
            # `\{{` is text up to the next tag.
            after = source.find("{{", start + 2)
            end = after if after >= 0 else len(source)
            end -= 1 if after > start + 2 and source[after - 1] == "\\" else 0
            text += [source[at : start - 1], source[start:end]]
            at = end
            continue
        text.append(source[at:start])
        parts.append(Text("".join(text)))
        text = []
        tag, at = _tag(source, opening)
        parts.append(tag)
    text.append(source[at:])
    parts.append(Text("".join(text)))
    return parts


def _tag(source: str, opening: re.Match[str]) -> tuple[Tag, int]:
    line, column = place(source, opening.start())
    if opening[0] == "{{{{":
        raise Broken("raw blocks {{{{…}}}} are not known; write \\{{ where braces are meant as text", line, column)
    kind = _KINDS.get(opening[2], "value")
    tag = Tag(kind, [], line, column, strip_before=bool(opening[1]))
    if opening[2] == "!--":
        end = _COMMENT_END.search(source, opening.end())
        if end is None:
            raise Broken("the comment has no end; write --}}", line, column)
        tag.strip_after = bool(end[1])
        return tag, end.end()
    if opening[2] == "!":
        end_at = source.find("}}", opening.end())
        if end_at < 0:
            raise Broken("the comment has no end; write }}", line, column)
        tag.strip_after = source[end_at - 1] == "~"
        return tag, end_at + 2
    at = opening.end()
    closing = "}}}" if opening[2] == "{" else "}}"
    while match := _TOKEN.match(source, at):
        at = match.end()
        if match.lastgroup == "close":
            found = match[0].replace("~", "")
            if found == "}}}" and closing == "}}" and not match[0].startswith("}~"):
                at, found = at - 1, "}}"
            if found != closing:
                break
            tag.strip_after = "~" in match[0]
            return tag, at
        if match.lastgroup is not None:
            tag.tokens.append(Token(match.lastgroup, match[0], *place(source, match.start())))
    raise Broken(f"the tag has no end; write {closing}", line, column)


def _strip(parts: list[Text | Tag]) -> None:
    original = [part.text if isinstance(part, Text) else "" for part in parts]
    last = len(parts) - 1
    for number in range(1, last, 2):
        tag, before, after = parts[number], parts[number - 1], parts[number + 1]
        assert isinstance(tag, Tag)
        assert isinstance(before, Text)
        assert isinstance(after, Text)
        was, comes = original[number - 1], original[number + 1]
        alone = tag.kind in _STANDALONE or (tag.kind == "value" and _is_else(tag))
        alone = alone and bool(_LINE_BEFORE.search(was) or (number == 1 and _BLANK.match(was)))
        alone = alone and bool(_LINE_AFTER.match(comes) or (number + 1 == last and _BLANK.match(comes)))
        if alone:
            kept = before.text.rstrip(" \t")
            tag.indent = before.text[len(kept) :] if tag.kind == "partial" else ""
            before.text = kept
            line = _LINE_AFTER.match(after.text) or _BLANK.match(after.text)
            after.text = after.text[line.end() :] if line else after.text
        if tag.strip_before:
            before.text, tag.indent = before.text.rstrip(), ""
        if tag.strip_after:
            after.text = after.text.lstrip()


def _is_else(tag: Tag) -> bool:
    return bool(tag.tokens) and tag.tokens[0].text == "else"
