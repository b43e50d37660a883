"""What stands in a Handlebars tag: paths, literals, sub-expressions, and named arguments."""

import re
from typing import Any

from heddle.domain.prompts.handlebars_lexer import Token
from heddle.records import dataclass

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_SEGMENT = re.compile(r"\[([^\]]*)\]|([^./\[\]]+)")
_LITERALS = {"true": True, "false": False, "null": None, "undefined": None}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Refused(Exception):
    """Something that cannot be translated: what, and what to write instead."""

    def __init__(self, message: str, token: Token | None = None, code: str = "PROMPT_HANDLEBARS") -> None:
        super().__init__(message)
        self.token = token
        self.code = code


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number, true, false or null."""

    value: Any


@dataclass(frozen=True, slots=True)
class Path:
    """`../` × `up`, then `steps`; `data` is `@…`, `own` begins with `this` or `.` and so is never a helper."""

    token: Token
    steps: tuple[str, ...]
    up: int = 0
    data: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A helper with arguments."""

    token: Token
    name: str
    arguments: "tuple[Expression, ...]"


Expression = Literal | Path | Call


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a tag or sub-expression holds: expressions, `name=value` pairs, and the names of `as |a b|`."""

    values: tuple[Expression, ...]
    named: tuple[tuple[Token, Expression], ...] = ()
    block_names: tuple[str, ...] = ()


def parse(tokens: list[Token]) -> Arguments:
    """Return what the tokens of a tag say. Raises Refused."""
    arguments, rest = _arguments(tokens, 0)
    if rest < len(tokens):
        raise Refused(f"`{tokens[rest].text}` is not expected here", tokens[rest])
    return arguments


def as_call(arguments: Arguments, helpers: frozenset[str]) -> Expression:
    """Return the tag's expression: a call, if its first word is a helper or has arguments behind it."""
    if not arguments.values:
        raise Refused("the tag is empty")
    first, rest = arguments.values[0], arguments.values[1:]
    if arguments.named:
        raise Refused("named arguments are only for partials: {{> name key=value}}", arguments.named[0][0])
    if isinstance(first, Path) and _simple(first) and (rest or first.steps[0] in helpers):
        return Call(first.token, first.steps[0], rest)
    if rest:
        token = first.token if not isinstance(first, Literal) else None
        raise Refused("only a helper takes arguments", token)
    if isinstance(first, Literal):
        raise Refused("a literal alone gives nothing; write it as text, or name a variable")
    return first


def _simple(path: Path) -> bool:
    return len(path.steps) == 1 and not (path.up or path.data or path.own)


def _arguments(tokens: list[Token], at: int) -> tuple[Arguments, int]:
    values: list[Expression] = []
    named: list[tuple[Token, Expression]] = []
    names: list[str] = []
    while at < len(tokens) and tokens[at].text != ")":
        token = tokens[at]
        if token.text == "as" and at + 1 < len(tokens) and tokens[at + 1].text == "|":
            at += 2
            while at < len(tokens) and tokens[at].text != "|":
                names.append(tokens[at].text)
                at += 1
            if at == len(tokens):
                raise Refused("`as |…` has no second `|`", token)
            at += 1
        elif token.kind == "word" and at + 1 < len(tokens) and tokens[at + 1].text == "=":
            value, at = _value(tokens, at + 2, token)
            named.append((token, value))
        else:
            value, at = _value(tokens, at, token)
            values.append(value)
    return Arguments(tuple(values), tuple(named), tuple(names)), at


def _value(tokens: list[Token], at: int, before: Token) -> tuple[Expression, int]:
    if at >= len(tokens):
        raise Refused(f"nothing follows `{before.text}=`", before)
    token = tokens[at]
    if token.kind == "string":
        return Literal(_ESCAPE.sub(r"\1", token.text[1:-1])), at + 1
    if token.text == "(":
        inner, end = _arguments(tokens, at + 1)
        if end >= len(tokens):
            raise Refused("`(` has no `)`", token)
        first = inner.values[0] if inner.values else None
        if not isinstance(first, Path) or not _simple(first) or inner.named or inner.block_names:
            raise Refused("a sub-expression is a helper with arguments: (eq a b)", token)
        return Call(first.token, first.steps[0], inner.values[1:]), end + 1
    if token.kind != "word":
        raise Refused(f"`{token.text}` is not expected here", token)
    if token.text in _LITERALS:
        return Literal(_LITERALS[token.text]), at + 1
    if _NUMBER.fullmatch(token.text):
        return Literal(float(token.text) if "." in token.text else int(token.text)), at + 1
    return path(token), at + 1


def path(token: Token) -> Path:
    """Return the path that a word is: `a.b`, `this.a`, `../a`, `@index`, `a.[b c]`."""
    text = token.text
    data = text.startswith("@")
    text = text[1:] if data else text
    up = 0
    while text.startswith("../"):
        text, up = text[3:], up + 1
    if text == "..":
        text, up = "", up + 1
    own = text in ("this", ".") or text.startswith(("this.", "this/", "./"))
    text = re.sub(r"^(?:this|\.)(?:[./]|$)", "", text) if own else text
    steps = tuple(match[1] if match[1] is not None else match[2] for match in _SEGMENT.finditer(text))
    if ".." in steps or "/.." in text or (not steps and not own and not up):
        raise Refused(f"`{token.text}` is no path; `../` stands only at its beginning", token)
    return Path(token, steps, up, data, own)
