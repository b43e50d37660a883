"""Reading Jinja templates of prompts without rendering them: names, includes, and what is not allowed in them.

The language is that of expressions (heddle.domain.engine.expression_syntax) with `include`, `extends` and `block` over
registered prompts, the name `now`, and the filter `format_date`.
"""

import re
from collections.abc import Iterator, Mapping

from minijinja import TemplateError

from heddle.domain.engine.expression_language import FILTERS, FUNCTIONS, KEYWORDS, STATEMENTS
from heddle.domain.engine.expression_syntax import PARSER, Block, blocks_of, forbidden, line_of, without_slices
from heddle.domain.prompts.prompt import NAME
from heddle.domain.prompts.words import JINJA_FILTERS
from heddle.errors import HeddleError, PromptProblem
from heddle.records import dataclass

MAX_NESTING = 10
NOW = "now"

_FUNCTIONS = FUNCTIONS | {"super"}
_STATEMENTS = STATEMENTS | {"include", "extends", "block", "endblock"}
_FILTERS = FILTERS | JINJA_FILTERS.keys()
_OPENERS = frozenset({"for", "if", "with", "macro", "call", "block"})
_MACRO = re.compile(r"\bmacro\s+(\w+)")
_DANGEROUS = frozenset({"exec", "system", "eval", "popen", "spawn", "compile", "open", "import"})
_SECRETS = frozenset({"secrets", "env", "environ"})
_PROTOTYPES = frozenset({"prototype", "constructor"})
_OUTSIDE = re.compile(
    r"\{#.*?#\}|(\{%[-+]?\s*raw\s*[-+]?%\})(.*?)(\{%[-+]?\s*endraw\s*[-+]?%\})",
    re.DOTALL,
)
_METERED = 64
"""Literals of at least so many characters are counted when they are written; fuel bounds shorter ones well enough."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it is rendered (`source`), with its free `names` and `includes` and the line of their first use."""

    source: str
    names: Mapping[str, int]
    includes: Mapping[str, int]
    problems: tuple[PromptProblem, ...]


def inspect(text: str, path: str) -> Template:
    """Return what the template uses and every problem in it; `path` is where in the document it stands."""
    blocks, broken = blocks_of(text)
    problems = [PromptProblem("PROMPT_SYNTAX", f"line {line}: {message}", path, line) for line, message in broken]
    macros = set(_MACRO.findall(text))
    includes: dict[str, int] = {}
    depth = 0
    for block in blocks:
        line = line_of(text, block.start)
        found = [*_dangers(block), *_inclusion(block, includes, line)]
        if not found:
            found = [
                ("PROMPT_NOT_ALLOWED", message)
                for message in forbidden(block, macros, statements=_STATEMENTS, functions=_FUNCTIONS, filters=_FILTERS)
            ]
        depth += _deeper(block)
        if depth > MAX_NESTING and _deeper(block) > 0:
            found.append(("PROMPT_TOO_DEEP", f"blocks are nested more than {MAX_NESTING} deep"))
        problems += [PromptProblem(code, f"line {line}: {message}", path, line) for code, message in found]
    names: set[str] = set()
    try:
        names = PARSER.undeclared_variables_in_str(without_slices(text, blocks))
    except TemplateError as error:
        if not problems:
            at, detail = error.line or 1, str(error.detail or error.kind)
            problems.append(PromptProblem("PROMPT_SYNTAX", f"line {at}: {detail}", path, at))
    lines = _lines(text, blocks)
    free = {name: lines.get(name, 1) for name in sorted(names - _FUNCTIONS - {NOW}) if name not in _SECRETS}
    return Template(text, free, includes, tuple(problems))


def _dangers(block: Block) -> Iterator[tuple[str, str]]:
    """Give what no template may touch, whatever it is declared as."""
    tokens = block.tokens
    for number, (kind, value) in enumerate(tokens):
        before = tokens[number - 1] if number else ("", "")
        after = tokens[number + 1] if number + 1 < len(tokens) else ("", "")
        word = value.strip("'\"") if kind == "string" and before == ("sign", "[") else value
        if kind == "string" and word is value:
            continue
        if "__" in word:
            yield "PROMPT_DUNDER", f"`{word}` reaches into the machinery of values: names have no double underscore"
        elif word in _PROTOTYPES and before[1] in (".", "["):
            yield "PROMPT_PROTOTYPE", f"`{word}` reaches into the machinery of values"
        elif kind == "name" and word in _SECRETS and before != ("sign", "."):
            yield (
                "PROMPT_SECRET",
                f"`{word}` is not for prompts: what is rendered is sent to a model and recorded. "
                "Give secrets to the node that needs them, in a field that keeps them",
            )
        elif kind == "name" and word in _DANGEROUS and after == ("sign", "(") and before != ("sign", "|"):
            yield "PROMPT_DANGEROUS_FUNCTION", f"`{word}()` does not exist here: templates compute nothing but text"


def _inclusion(block: Block, includes: dict[str, int], line: int) -> Iterator[tuple[str, str]]:
    tokens = [token for token in block.tokens if token != ("sign", "-")]
    if block.kind != "{%" or not tokens or tokens[0] not in (("name", "include"), ("name", "extends")):
        return
    word = tokens[0][1]
    if len(tokens) != 2 or tokens[1][0] != "string":
        yield "PROMPT_INCLUDE_INVALID", f'`{word}` takes one name in quotes, such as {{% {word} "footer" %}}'
        return
    reference = tokens[1][1][1:-1]
    if complaint := reference_problem(reference):
        yield "PROMPT_INCLUDE_INVALID", complaint
    else:
        includes.setdefault(reference, line)


def reference_problem(reference: str) -> str | None:
    """Return what is wrong with a reference to an included prompt."""
    from heddle.domain.prompts.prompt import parse_ref

    try:
        parse_ref(reference)
    except HeddleError as error:
        return error.message
    return None


def _deeper(block: Block) -> int:
    if block.kind != "{%":
        return 0
    names = [value for kind, value in block.tokens if kind == "name"]
    word = names[0] if names else ""
    if word == "set":
        return 0 if ("sign", "=") in block.tokens else 1
    return (word in _OPENERS) - word.startswith("end")


def _lines(text: str, blocks: list[Block]) -> dict[str, int]:
    """Return where each name is first used as a name of its own."""
    lines: dict[str, int] = {}
    for block in blocks:
        before = ("", "")
        for (kind, value), place in zip(block.tokens, block.places, strict=True):
            if kind == "name" and before not in (("sign", "."), ("sign", "|")) and value not in lines:
                lines[value] = line_of(text, place)
            before = (kind, value)
    return lines


def variable_problem(name: str) -> tuple[str, str] | None:
    """Return (code, reason) if a variable cannot have this name."""
    if "$" in name or "__" in name or name.lower() in _PROTOTYPES:
        return "PROMPT_DANGEROUS_NAME", f"{name!r} may not have a double underscore, `$`, `prototype` or `constructor`"
    if "prototype" in name.lower() or "constructor" in name.lower():
        return "PROMPT_DANGEROUS_NAME", f"{name!r} may not have `prototype` or `constructor` in it"
    if name in _SECRETS:
        return "PROMPT_SECRET", f"{name!r} cannot be a variable: what is rendered is sent to a model and recorded"
    if not name.isidentifier() or len(name) > 64:
        return "PROMPT_INVALID_NAME", f"{name[:80]!r} must be letters, digits and _ (at most 64), no digit first"
    if name in FUNCTIONS | KEYWORDS | {NOW, "super", "self"}:
        return "PROMPT_INVALID_NAME", f"{name!r} has a meaning of its own in templates; take another name"
    return None


def metered(text: str, meter: str) -> str:
    """Return the template with `{{ n | meter }}` in each long literal, so that what it writes can be counted."""
    blocks, _ = blocks_of(text)
    pieces: list[str] = []
    place = 0
    for block in [*blocks, None]:
        gap = text[place : block.start if block else len(text)]
        pieces.append(_metered_gap(gap, meter, text[:place], text[place + len(gap) :]))
        if block:
            pieces.append(text[block.start : block.stop])
            place = block.stop
    return "".join(pieces)


def _metered_gap(gap: str, meter: str, before: str, after: str) -> str:
    if len(gap) < _METERED:
        return gap
    pieces: list[str] = []
    place = 0
    for match in _OUTSIDE.finditer(gap):
        pieces.append(_metered_literal(gap[place : match.start()], "{{ %d | " + meter + " }}", "x", "x"))
        if match[1]:
            mark = "{% endraw %}{{ %d | " + meter + " }}{% raw %}"
            pieces += [match[1], _metered_literal(match[2], mark, "x", "x"), match[3]]
        else:
            pieces.append(match[0])
        place = match.end()
    pieces.append(_metered_literal(gap[place:], "{{ %d | " + meter + " }}", before, after))
    return "".join(pieces)


def _metered_literal(literal: str, mark: str, before: str, after: str) -> str:
    if len(literal) < _METERED:
        return literal
    mark = mark.replace("%d", str(len(literal)))
    # Not at an edge: a `-` of the neighbouring block takes white space away only as far as it can see.
    for number, character in enumerate(literal):
        if not character.isspace() and character != "{":
            return literal[: number + 1] + mark + literal[number + 1 :]
    if before[-3:-2] == "-" or after[2:3] == "-":
        return literal
    return literal[: len(literal) // 2] + mark + literal[len(literal) // 2 :]


def valid_name(name: str) -> bool:
    """Tell whether a prompt can have this name."""
    return bool(NAME.fullmatch(name))
