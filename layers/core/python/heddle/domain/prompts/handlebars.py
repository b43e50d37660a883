"""Handlebars to Jinja: done once, when a version is saved. What has no translation is refused, with what to write.

Each `each` and `with` opens a scope whose value has a name of its own in Jinja, so `this`, `../` and `@index` are
settled here and cost nothing later. Paths go through filters of heddle.domain.prompts.words that keep the rules of
Handlebars: a path that leads nowhere is null.
"""

import json
import re
from dataclasses import dataclass, field

from heddle.domain.prompts.handlebars_helpers import HELPERS, INSTEAD
from heddle.domain.prompts.handlebars_lexer import Broken, Tag, Text, Token, split
from heddle.domain.prompts.handlebars_syntax import (
    Arguments,
    Call,
    Expression,
    Literal,
    Path,
    Refused,
    as_call,
    parse,
)
from heddle.domain.prompts.template_syntax import (
    MAX_NESTING,
    Template,
    reference_problem,
    variable_problem,
)
from heddle.errors import PromptProblem

_BRACE = re.compile(r"\{(?=[{%#]|\Z)")

BLOCKS = ("if", "unless", "each", "with")
_NAMES = frozenset(HELPERS)


@dataclass
class _Scope:
    """What `this` is: a name in Jinja (empty at the root), and of an `each` those of key, index, first and last."""

    value: str = ""
    number: int = 0
    each: bool = False
    block_names: dict[str, str] = field(default_factory=dict)


@dataclass
class _Block:
    """An open block: its tag, what closes it (for `else if` several), and whether it had its `else`."""

    name: str
    tag: Tag
    ends: list[str]
    scoped: list[bool]
    has_else: bool = False


def translate(source: str, path: str) -> Template:
    """Return the template in Jinja, with what it uses and every problem in it; `path` is where it stands."""
    try:
        parts = split(source)
    except Broken as error:
        problem = PromptProblem(
            "PROMPT_SYNTAX", f"line {error.line}, column {error.column}: {error}", path, error.line, error.column
        )
        return Template("", {}, {}, (problem,))
    return _Translation(path).run(parts)


class _Translation:
    def __init__(self, path: str) -> None:
        self._path = path
        self._out: list[str] = []
        self._scopes = [_Scope()]
        self._blocks: list[_Block] = []
        self._names: dict[str, int] = {}
        self._includes: dict[str, int] = {}
        self._problems: list[PromptProblem] = []
        self._count = 0

    def run(self, parts: list[Text | Tag]) -> Template:
        for part in parts:
            if isinstance(part, Text):
                self._out.append(_BRACE.sub('{{ "{" }}', part.text))
            else:
                self._tag(part)
        for block in self._blocks:
            self._say(f"`{{{{#{block.name}}}}}` is not closed; write {{{{/{block.name}}}}}", block.tag)
        return Template("".join(self._out), self._names, self._includes, tuple(self._problems))

    def _say(self, message: str, at: Tag | Token, code: str = "PROMPT_HANDLEBARS") -> None:
        text = f"line {at.line}, column {at.column}: {message}"
        self._problems.append(PromptProblem(code, text, self._path, at.line, at.column))

    def _tag(self, tag: Tag) -> None:
        kinds = {
            "value": self._value,
            "raw": self._raw,
            "open": self._open,
            "else": self._else,
            "close": self._close,
            "partial": self._partial,
        }
        try:
            if tag.kind == "value" and tag.tokens and tag.tokens[0].text == "else":
                tag.tokens.pop(0)
                self._else(tag)
            elif tag.kind != "comment":
                kinds[tag.kind](tag)
        except Refused as error:
            self._say(str(error), error.token or tag, error.code)

    def _value(self, tag: Tag) -> None:
        if tag.tokens and tag.tokens[0].text in ("*", "^"):
            raise Refused("decorators are not known; leave it out")
        self._out.append("{{ " + self._written(as_call(parse(tag.tokens), _NAMES)) + " }}")

    def _raw(self, tag: Tag) -> None:
        self._out.append("{{ " + self._written(as_call(parse(tag.tokens), _NAMES)) + " | shown | safe }}")

    # --- blocks

    def _open(self, tag: Tag) -> None:
        name = tag.tokens[0].text if tag.tokens else ""
        block = _Block(name, tag, [], [])
        self._blocks.append(block)
        if len(self._blocks) > MAX_NESTING:
            self._say(f"blocks are nested more than {MAX_NESTING} deep", tag, "PROMPT_TOO_DEEP")
        self._begin(block, tag.tokens, tag)

    def _begin(self, block: _Block, tokens: list[Token], tag: Tag) -> None:
        """Write the beginning of a block; for a broken one too something that `else` and the end fit to."""
        name = tokens[0].text if tokens else ""
        try:
            if name not in BLOCKS:
                raise _not_a_block(name, tokens[0] if tokens else None)
            arguments = parse(tokens[1:])
            if len(arguments.values) != 1 or arguments.named:
                raise Refused(f"`{name}` takes one value: {{{{#{name} x}}}}", tokens[0])
            value = self._written(arguments.values[0])
            if name in ("if", "unless"):
                if arguments.block_names:
                    raise Refused(f"`{name}` gives no names; leave `as |…|` out", tokens[0])
                self._out.append(f"{{% if {'not ' if name == 'unless' else ''}({value} | holds) %}}")
                self._opened(block, "{% endif %}")
            else:
                self._scope(block, name, value, arguments)
        except Refused as error:
            self._say(str(error), error.token or tag, error.code)
            # What stands within is still looked through for problems; what it means is not known.
            if name not in ("if", "unless"):
                self._scopes.append(_Scope("__v0", 0, True))
            self._opened(block, "", scoped=name not in ("if", "unless"))

    def _scope(self, block: _Block, name: str, value: str, arguments: Arguments) -> None:
        self._count += 1
        number = self._count
        scope = _Scope(f"__v{number}", number, name == "each")
        names = [f"__v{number}", f"__k{number}"] if name == "each" else [f"__v{number}"]
        if len(arguments.block_names) > len(names):
            raise Refused(f"`{name}` gives at most {len(names)} name{'s' if len(names) > 1 else ''}")
        scope.block_names = dict(zip(arguments.block_names, names, strict=False))
        self._scopes.append(scope)
        if name == "each":
            targets = ", ".join(f"__{letter}{number}" for letter in "vkifl")
            self._out.append(f"{{% for {targets} in {value} | entries %}}")
            self._opened(block, "{% endfor %}", scoped=True)
        else:
            self._out.append(f"{{% with __v{number} = {value} %}}{{% if __v{number} | present %}}")
            self._opened(block, "{% endif %}{% endwith %}", scoped=True)

    def _opened(self, block: _Block, end: str, scoped: bool = False) -> None:
        block.ends.append(end)
        block.scoped.append(scoped)

    def _else(self, tag: Tag) -> None:
        if tag.kind == "else" and tag.tokens:
            name = tag.tokens[0].text
            self._blocks.append(_Block(name, tag, [""], [False]))
            raise Refused(f"inverse blocks are not known; write {{{{#unless {name}}}}}…{{{{/unless}}}}", tag.tokens[0])
        if not self._blocks:
            raise Refused("`else` stands in no block", None)
        block = self._blocks[-1]
        if block.has_else:
            raise Refused("the block had its `else` already")
        if block.scoped and block.scoped[-1]:
            self._scopes.pop()
            block.scoped[-1] = False
        self._out.append("{% else %}" if block.ends[-1] else "")
        if not tag.tokens:
            block.has_else = True
        else:
            self._begin(block, tag.tokens, tag)

    def _close(self, tag: Tag) -> None:
        name = "".join(token.text for token in tag.tokens)
        if not self._blocks:
            raise Refused(f"`{{{{/{name}}}}}` closes nothing; no block is open")
        block = self._blocks[-1]
        if name != block.name:
            where = f"line {block.tag.line}"
            raise Refused(
                f"`{{{{/{name}}}}}` does not close `{{{{#{block.name}}}}}` of {where}; write {{{{/{block.name}}}}}"
            )
        self._blocks.pop()
        for end, scoped in zip(reversed(block.ends), reversed(block.scoped), strict=True):
            if scoped:
                self._scopes.pop()
            self._out.append(end)

    # --- partials

    def _partial(self, tag: Tag) -> None:
        if not tag.tokens:
            raise Refused("`{{>}}` names no prompt; write {{> name}}")
        first = tag.tokens[0]
        if first.text == "(":
            raise Refused("the name of a partial is not computed; write {{#if}} around {{> name}}", first)
        # A reference such as `footer@3` comes as more than one word.
        length = 1
        while (
            length < len(tag.tokens)
            and first.kind == "word"
            and tag.tokens[length].text.startswith("@")
            and tag.tokens[length].line == first.line
            and tag.tokens[length].column == first.column + len(first.text)
        ):
            length += 1
        reference = "".join(token.text for token in tag.tokens[:length])
        reference = reference[1:-1] if first.kind == "string" else reference
        if complaint := reference_problem(reference):
            raise Refused(complaint, first, "PROMPT_INCLUDE_INVALID")
        arguments = parse(tag.tokens[length:])
        if arguments.values:
            raise Refused(f"a partial takes named arguments: {{{{> {reference} key=value}}}}", first)
        if self._scopes[-1].value and not arguments.named:
            raise Refused(
                f"within `each` and `with` say what the partial gets: {{{{> {reference} key=this.key}}}}", first
            )
        self._includes.setdefault(reference, first.line)
        include = f"{{% include {json.dumps(reference)} %}}"
        if tag.indent:
            self._count += 1
            name = f"__p{self._count}"
            indent = json.dumps(tag.indent)
            include = f"{{% set {name} %}}{include}{{% endset %}}{{{{ {name} | indented({indent}) | safe }}}}"
        if arguments.named:
            include = self._with(arguments, include)
        self._out.append(include)

    def _with(self, arguments: Arguments, inner: str) -> str:
        """Return what gives a partial its values: all read before the first is set, so `a=b b=a` exchanges them."""
        names = [self._variable(token) for token, _ in arguments.named]
        self._count += 1
        read = [
            f"__a{self._count}_{number} = {self._written(value)}" for number, (_, value) in enumerate(arguments.named)
        ]
        given = [f"{name} = __a{self._count}_{number}" for number, name in enumerate(names)]
        return f"{{% with {', '.join(read)} %}}{{% with {', '.join(given)} %}}{inner}{{% endwith %}}{{% endwith %}}"

    def _variable(self, token: Token) -> str:
        if problem := variable_problem(token.text):
            raise Refused(problem[1], token, problem[0])
        return token.text

    # --- expressions

    def _written(self, expression: Expression) -> str:
        if isinstance(expression, Literal):
            return json.dumps(expression.value, ensure_ascii=False)
        if isinstance(expression, Path):
            return self._path_written(expression)
        return self._call_written(expression)

    def _call_written(self, call: Call) -> str:
        if call.name not in HELPERS:
            instead = INSTEAD.get(call.name) or f"there are {', '.join(HELPERS)}"
            raise Refused(f"there is no helper `{call.name}`; {instead}", call.token)
        counts, write = HELPERS[call.name]
        if len(call.arguments) not in counts:
            wanted = " or ".join(map(str, counts))
            raise Refused(f"`{call.name}` takes {wanted} arguments, not {len(call.arguments)}", call.token)
        return "(" + write(*(self._written(argument) for argument in call.arguments)) + ")"

    def _path_written(self, path: Path) -> str:
        for step in path.steps:
            if "__" in step or step in ("prototype", "constructor"):
                raise Refused(f"`{step}` reaches into the machinery of values", path.token, "PROMPT_DUNDER")
        if path.data:
            return self._data(path)
        if not path.up and not path.own:
            for scope in reversed(self._scopes):
                if path.steps[0] in scope.block_names:
                    return _at(scope.block_names[path.steps[0]], path.steps[1:])
        if path.up >= len(self._scopes):
            raise Refused(f"`{path.token.text}` goes up further than there are `each` and `with`", path.token)
        scope = self._scopes[-1 - path.up]
        return _at(scope.value, path.steps) if scope.value else self._root(path.steps, path.token)

    def _data(self, path: Path) -> str:
        name = path.steps[0] if path.steps else ""
        if name == "root":
            return self._root(path.steps[1:], path.token)
        if name not in ("index", "key", "first", "last") or len(path.steps) > 1:
            raise Refused(f"there is no `{path.token.text}`; there are @index, @key, @first, @last, @root", path.token)
        scopes = self._scopes[: len(self._scopes) - path.up]
        scope = next((each for each in reversed(scopes) if each.each), None)
        if scope is None:
            raise Refused(f"`{path.token.text}` is known only within `each`", path.token)
        return f"__{name[0]}{scope.number}"

    def _root(self, steps: tuple[str, ...], token: Token) -> str:
        if not steps:
            raise Refused("outside of `each` and `with` there is no `this`; name a variable", token)
        if problem := variable_problem(steps[0]):
            raise Refused(problem[1], token, problem[0])
        self._names.setdefault(steps[0], token.line)
        return _at(steps[0], steps[1:])


def _at(name: str, steps: tuple[str, ...]) -> str:
    return f"({name} | at({', '.join(json.dumps(step, ensure_ascii=False) for step in steps)}))" if steps else name


def _not_a_block(name: str, token: Token | None) -> Refused:
    if name in HELPERS:
        return Refused(f"`{name}` is no block; write {{{{#if ({name} …)}}}}", token)
    if name in (">", "*"):
        return Refused("inline partials and partial blocks are not known; save the partial as a prompt", token)
    if not name:
        return Refused("the block has no name; there are if, unless, each, with", token)
    known = "write {{#if x}}, {{#unless x}}, {{#each x}} or {{#with x}}"
    return Refused(f"there is no block `{name}`; {known}", token)
