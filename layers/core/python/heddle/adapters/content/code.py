"""Source code: which language it is in, what it defines, and what in it is written for people."""

import posixpath
import re
from collections.abc import Iterable
from typing import Any

from heddle.adapters.nodes.documents.document import MAX_STRUCTURE, Document, Limits
from heddle.adapters.nodes.documents.plain import decode, links_in

_ENDINGS = {
    "python": "py pyi pyw",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts tsx mts",
    "java": "java",
    "kotlin": "kt kts",
    "c": "c h",
    "cpp": "cc cpp cxx hpp hh",
    "csharp": "cs",
    "go": "go",
    "rust": "rs",
    "ruby": "rb",
    "php": "php",
    "swift": "swift",
    "shell": "sh bash zsh",
    "sql": "sql",
}
_LANGUAGE_OF = {ending: language for language, endings in _ENDINGS.items() for ending in endings.split()}
_SHEBANG = re.compile(r"#!.*?\b(python|node|ruby|php|bash|zsh|sh)\b")
_INTERPRETERS = {"node": "javascript", "bash": "shell", "zsh": "shell", "sh": "shell"}
# Lines that stand in one language's programs and hardly in prose; the language with most of them wins.
_SIGNS = {
    "python": r"^\s*(?:def \w+\(.*|class \w+.*:|from [\w.]+ import .+|import \w[\w.]*|if __name__ ==.*)$",
    "typescript": r"^\s*(?:export )?(?:interface \w+ \{|type \w+ =|(?:const|let) \w+: .+|import type .+)",
    "javascript": r"^\s*(?:export |async )*(?:function\*? \w*\(|(?:const|let|var) [\w{[].* = |import .+ from ['\"])",
    "java": r"^\s*(?:public|private|protected) (?:static |final )*[\w<>\[\]]+ \w+|^import java|^package [\w.]+;",
    "csharp": r"^\s*(?:using [\w.]+;|namespace [\w.]+)",
    "c": r"^\s*(?:#include [<\"]|#define \w+|(?:int|void|char|static) \*?\w+\()",
    "go": r"^(?:package \w+$|func |import \()|^\s*\w+ := ",
    "rust": r"^\s*(?:pub )?(?:fn \w+|impl\b|use [\w:]+::|struct \w+ \{|let mut )",
    "php": r"^<\?php|^\s*\$\w+ = ",
    "ruby": r"^\s*(?:require ['\"]|def \w+$|end$|module [A-Z])",
    "sql": r"(?i)^\s*(?:select .+ from |create table |insert into |update \w+ set |alter table )",
}
_SIGN = {language: re.compile(pattern, re.MULTILINE) for language, pattern in _SIGNS.items()}
_ENOUGH = 0.12
"""Share of the lines that must be signs: prose about code quotes less."""
_HEAD = 20_000

_BRACES = re.compile(
    r"^(?P<indent>[ \t]*)(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub|unsafe|"
    r"override|sealed|data)(?:\([^)\n]*\))? +)*(?P<kind>class|interface|enum|struct|trait|impl|function|func|fun|fn|"
    r"module|namespace|type|record)\*? +(?:\([^)\n]{0,200}\) *)?(?P<name>[A-Za-z_$][\w$]*)",
    re.MULTILINE,
)
_DEFINITIONS = {
    "python": re.compile(r"^(?P<indent>[ \t]*)(?:async +)?(?P<kind>class|def) +(?P<name>\w+)", re.MULTILINE),
    "ruby": re.compile(r"^(?P<indent>[ \t]*)(?P<kind>class|module|def) +(?P<name>[\w.:?!]+)", re.MULTILINE),
    "sql": re.compile(
        r"^(?P<indent>[ \t]*)create +(?:or +replace +)?(?P<kind>table|view|function|index|procedure) +"
        r"(?:if +not +exists +)?(?P<name>[\w.\"]+)",
        re.MULTILINE | re.IGNORECASE,
    ),
    "shell": re.compile(r"^(?P<indent>[ \t]*)(?:function +)?(?P<kind>)(?P<name>[\w-]+) *\(\) *\{", re.MULTILINE),
}
_STRING = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
# Strings are matched too, so that what looks like a comment inside one is none.
_SLASHES = re.compile(rf"(?P<block>/\*.*?(?:\*/|\Z))|(?P<line>//[^\n]*)|{_STRING}|`(?:\\.|[^`\\])*`", re.DOTALL)
_HASHES = re.compile(rf"(?P<block>\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z))|(?P<line>#[^\n]*)|{_STRING}", re.DOTALL)
_DASHES = re.compile(rf"(?P<block>/\*.*?(?:\*/|\Z))|(?P<line>--[^\n]*)|{_STRING}", re.DOTALL)
_COMMENTS = {"python": _HASHES, "ruby": _HASHES, "shell": _HASHES, "sql": _DASHES}
_KINDS = {"def": "function", "func": "function", "fun": "function", "fn": "function", "": "function"}
_MARKS = re.compile(r"(?m)^[ \t]*(?:/\*+|\*+/|//[/!]?|\*|#+!?|--|\"{3}|'{3})|\*+/[ \t]*$|(?:\"{3}|'{3})[ \t]*$")
_BLANK = re.compile(r"[^\n]")


def language_of_name(name: str) -> str | None:
    """Return the programming language that a file's ending stands for."""
    return _LANGUAGE_OF.get(posixpath.splitext(name.lower())[1].lstrip("."))


def language_of_text(text: str) -> str | None:
    """Return the programming language that the text itself shows, None for what does not look like a program."""
    head = text[:_HEAD]
    if found := _SHEBANG.match(head):
        return _INTERPRETERS.get(found.group(1), found.group(1))
    lines = max(1, sum(1 for line in head.splitlines() if line.strip()))
    counts = {language: len(sign.findall(head)) for language, sign in _SIGN.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= 2 and counts[best] / lines >= _ENOUGH else None


def parse_code(data: bytes, limits: Limits, name: str = "", charset: str | None = None) -> tuple[Document, str]:
    """Read a program. Returns it, and its comments alone: blanks stand for the rest, so that offsets are the same."""
    text, encoding = decode(data, charset)
    text = text[: limits.max_chars + 1]
    language = language_of_name(name) or language_of_text(text) or "unknown"
    limits.check()
    comments = _comments(text, _COMMENTS.get(language, _SLASHES))
    limits.check()
    document = Document(
        text=text,
        title=posixpath.basename(name) or None,
        structure=list(_definitions(text, _DEFINITIONS.get(language, _BRACES))),
        links=links_in(text),
        metadata={
            "encoding": encoding,
            "programming_language": language,
            "lines": text.count("\n") + (not text.endswith("\n")),
            "code_lines": sum(1 for line in text.splitlines() if line.strip()),
            "comment_lines": sum(1 for line in comments.splitlines() if line.strip()),
        },
    )
    return document, comments


def _definitions(text: str, pattern: re.Pattern[str]) -> Iterable[dict[str, Any]]:
    """Yield headings: what stands further to the right is inside."""
    indents: list[int] = []
    for number, match in enumerate(pattern.finditer(text)):
        if number == MAX_STRUCTURE:
            return
        indent = len(match.group("indent").expandtabs(4))
        while indents and indents[-1] >= indent:
            indents.pop()
        indents.append(indent)
        kind = match.group("kind").lower()
        yield {
            "level": len(indents),
            "title": match.group("name"),
            "kind": _KINDS.get(kind, kind),
            "offset": match.start() + len(match.group("indent")),
        }


def _comments(text: str, pattern: re.Pattern[str]) -> str:
    parts: list[str] = []
    at = 0
    for match in pattern.finditer(text):
        if match.group("block") is None and match.group("line") is None:
            continue
        parts.append(_BLANK.sub(" ", text[at : match.start()]))
        parts.append(_MARKS.sub(lambda mark: " " * len(mark.group()), match.group()))
        at = match.end()
    parts.append(_BLANK.sub(" ", text[at:]))
    return "".join(parts)
