"""Reading expressions without evaluating them: what a string is, which names it uses, and what in it is not allowed.

MiniJinja evaluates; this module only splits the text into tokens, to answer three questions that it leaves open:
whether a string is one `{{ … }}` (and so gives its native value), which nodes it refers to, and whether it calls
something that is not part of the language. Calling methods of the values themselves is what the last one is about:
the values are Python's, and `input.list.append(1)` would change them.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from minijinja import Environment, TemplateError

from heddle.domain.engine.expression_language import (
    FILTERS,
    FUNCTIONS,
    KEYWORDS,
    METHODS,
    STATEMENTS,
    TESTS,
)
from heddle.records import dataclass

ROOTS = frozenset({"input", "nodes", "item", "index", "run", "tenant", "secrets"})
"""Every root there is; which of them an expression may use depends on where it stands."""

_TOKEN = re.compile(
    r"""\s+|(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<number>\d[\w]*(?:\.\d+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>.)""",
    re.DOTALL,
)
_OPEN = re.compile(r"\{\{|\{%|\{\#")
_RAW = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}")
_END_RAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_PATH = re.compile(r"""([^\W\d]\w*)((?:\.[^\W\d]\w*|\[\d{1,9}\]|\['[^'\\]*'\]|\["[^"\\]*"\])*)""")
_STEP = re.compile(r"""\.(\w+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]""")
_SUBSCRIPT = re.compile(r"""(?<=[\w\]])\[\s*(?:'([^\W\d]\w*)'|"([^\W\d]\w*)")\s*\]""")
_MACRO = re.compile(r"\bmacro\s+(\w+)")
PARSER = Environment(debug=True)


@dataclass(frozen=True, slots=True)
class Expression:
    """A string, classified. `kind` says how it is rendered:

    text      as it is, there is nothing to evaluate
    path      one `{{ a.b[0].c }}`: `steps` from the root `source`
    native    one `{{ … }}`: evaluate `source`
    template  text with expressions and statements: render `source`

    `names` are the free names; `nodes` and `secrets` the fields used of these roots, as (id, whether `.output` follows)
    and name; `whole` those of the two roots that are used without a constant field. `problems` are (line, message).
    """

    kind: str
    source: str
    steps: tuple[str | int, ...] = ()
    names: frozenset[str] = frozenset()
    nodes: frozenset[tuple[str, bool]] = frozenset()
    secrets: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    problems: tuple[tuple[int, str], ...] = ()


@lru_cache(maxsize=8192)
def classify(text: str) -> Expression:
    """Return what the string is. Never raises: what is wrong is listed in `problems`."""
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return Expression("text", text)
    blocks, problems = blocks_of(text)
    native = _only_expression(text, blocks)
    if native is not None and (match := _PATH.fullmatch(native)) and match[1] not in KEYWORDS:
        steps = tuple(_step(step) for step in _STEP.finditer(match[2]))
        return _analysed("path", match[1], text, problems, steps)
    macros = set(_MACRO.findall(text))
    for block in blocks:
        problems.extend((line_of(text, block.start), message) for message in forbidden(block, macros))
    kind, source = ("template", text) if native is None else ("native", native)
    return _analysed(kind, source, without_slices(text, blocks), problems)


def _step(match: re.Match[str]) -> str | int:
    return int(match[2]) if match[2] is not None else next(part for part in (match[1], match[3], match[4]) if part)


def _analysed(
    kind: str, source: str, text: str, problems: list[tuple[int, str]], steps: tuple[str | int, ...] = ()
) -> Expression:
    # `nodes['a']` and `nodes.a` are the same; the analysis of names only sees the latter.
    dotted = _SUBSCRIPT.sub(lambda match: f".{match[1] or match[2]}", text)
    try:
        paths = PARSER.undeclared_variables_in_str(dotted, nested=True)
    except TemplateError as error:
        return Expression(kind, source, problems=((error.line or 1, str(error.detail or error.kind)), *problems))
    names, nodes, secrets, whole = set(), set(), set(), set()
    for path in paths:
        root, _, rest = path.partition(".")
        names.add(root)
        parts = rest.split(".") if rest else []
        if root in ("nodes", "secrets") and not parts:
            whole.add(root)
        elif root == "nodes":
            nodes.add((parts[0], parts[1:2] == ["output"]))
        elif root == "secrets":
            secrets.add(parts[0])
    return Expression(
        kind,
        source,
        steps,
        frozenset(names - FUNCTIONS),
        frozenset(nodes),
        frozenset(secrets),
        frozenset(whole),
        tuple(problems),
    )


@dataclass(frozen=True, slots=True)
class Block:
    """A `{{ … }}` or `{% … %}`: `kind` is how it opens, `tokens` are (kind, text), `places` where each begins."""

    kind: str
    start: int
    stop: int
    tokens: tuple[tuple[str, str], ...]
    places: tuple[int, ...]


def blocks_of(text: str) -> tuple[list[Block], list[tuple[int, str]]]:
    """Return the `{{ }}` and `{% %}` of a text, without those in comments and raw blocks."""
    blocks: list[Block] = []
    place = 0
    while opening := _OPEN.search(text, place):
        start = opening.start()
        if opening[0] == "{#":
            end = text.find("#}", start)
            if end < 0:
                return blocks, [(line_of(text, start), "the comment has no end, #}")]
            place = end + 2
            continue
        if raw := _RAW.match(text, start):
            end_raw = _END_RAW.search(text, raw.end())
            if end_raw is None:
                return blocks, [(line_of(text, start), "the raw block has no {% endraw %}")]
            place = end_raw.end()
            continue
        closing = "}}" if opening[0] == "{{" else "%}"
        block = _block(text, start, closing)
        if block is None:
            return blocks, [(line_of(text, start), f"`{opening[0]}` has no `{closing}`")]
        blocks.append(block)
        place = block.stop
    return blocks, []


def _block(text: str, start: int, end: str) -> Block | None:
    depth = 0
    place = start + 2
    tokens: list[tuple[str, str]] = []
    places: list[int] = []
    while place < len(text):
        if depth == 0 and text.startswith(end, place):
            return Block(text[start : start + 2], start, place + 2, tuple(tokens), tuple(places))
        match = _TOKEN.match(text, place)
        if match is None:
            return None
        place = match.end()
        if match.lastgroup is not None:
            value = match[0]
            tokens.append((match.lastgroup, value))
            places.append(match.start())
            depth += (value in "([{") - (value in ")]}") if match.lastgroup == "sign" else 0
    return None


def without_slices(text: str, blocks: list[Block]) -> str:
    """Return the text with `x[a:b]` written `x[a~b]`: MiniJinja's analysis does not see what is sliced."""
    pieces: list[str] = []
    copied = 0
    for block in blocks:
        opened: list[str] = []
        last = ""
        for number, (kind, value) in enumerate(block.tokens):
            if kind == "sign" and value in "([{":
                opened.append(value)
            elif kind == "sign" and value in ")]}" and opened:
                opened.pop()
            if (kind, value) != ("sign", ":") or opened[-1:] != ["["]:
                last = value
                continue
            after = block.tokens[number + 1][1] if number + 1 < len(block.tokens) else ""
            instead = ("0" if last == "[" else "") if after == "]" else "" if last == "[" or after == ":" else "~"
            pieces += [text[copied : block.places[number]], instead]
            copied = block.places[number] + 1
    return "".join([*pieces, text[copied:]])


def _only_expression(text: str, blocks: list[Block]) -> str | None:
    """Return the expression, if the text is exactly one `{{ … }}` with at most white space around it."""
    stripped = text.strip()
    if len(blocks) != 1 or blocks[0].kind != "{{" or text[blocks[0].start : blocks[0].stop] != stripped:
        return None
    return stripped[2:-2].strip().removeprefix("-").removesuffix("-").strip()


def line_of(text: str, place: int) -> int:
    """Return the line of a place in a text, from 1."""
    return text.count("\n", 0, place) + 1


def forbidden(
    block: Block,
    macros: set[str],
    *,
    statements: frozenset[str] = STATEMENTS,
    functions: frozenset[str] = FUNCTIONS,
    filters: frozenset[str] = FILTERS,
) -> Iterator[str]:
    """Give what the block uses that is not part of the language: that of expressions, unless another one is given."""
    tokens = [("sign", ""), *(token for token in block.tokens if token != ("sign", "-") or block.kind == "{{")]
    if block.kind == "{%":
        word = next((value for kind, value in tokens if kind == "name"), "")
        if word not in statements:
            yield f"there is no statement `{word}`; there are {', '.join(sorted(statements))}"
            return
        own = {"set", "for", "with", "macro", "call"}
        for (kind, value), after in pairwise([*tokens, ("sign", "")]):
            # A value under the name of a function could be called by that name.
            if word in own and kind == "name" and value in (functions - {"loop"}) | macros and after != ("sign", "("):
                yield f"`{value}` is a function, its name cannot be used for values"
        if word == "macro":
            return
    for number in range(1, len(tokens)):
        kind, value = tokens[number]
        before = tokens[number - 1]
        if kind == "sign" and value == "(" and before in (("sign", ")"), ("sign", "]")):
            yield "values cannot be called"
        if kind != "name":
            continue
        called = tokens[number + 1 : number + 2] == [("sign", "(")]
        if before == ("sign", "|"):
            if value not in filters:
                yield f"there is no filter `{value}`; there are {', '.join(sorted(filters))}"
        elif before == ("name", "is") or (before == ("name", "not") and tokens[number - 2] == ("name", "is")):
            if value not in TESTS and value != "not":
                yield f"there is no test `{value}`; there are {', '.join(sorted(TESTS))}"
        elif before == ("sign", "."):
            if called and value not in METHODS:
                yield f"there is no method `{value}()`; there are {', '.join(sorted(METHODS))}"
        elif called and value not in functions and value not in KEYWORDS and value not in macros:
            yield f"there is no function `{value}()`; there are {', '.join(sorted(functions))}"
