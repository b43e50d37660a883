"""The helpers of Handlebars that templates may use, as they are written in Jinja, and what to write for some others."""

from collections.abc import Callable

from heddle.domain.prompts.template_syntax import NOW


def _filter(name: str) -> Callable[..., str]:
    def write(value: str, *others: str) -> str:
        return f"{value} | {name}" + (f"({', '.join(others)})" if others else "")

    return write


def _format_date(*arguments: str) -> str:
    value, pattern = arguments if len(arguments) == 2 else (NOW, arguments[0])
    return f"{value} | format_date({pattern})"


HELPERS: dict[str, tuple[tuple[int, ...], Callable[..., str]]] = {
    "json": ((1,), _filter("tojson")),
    "uppercase": ((1,), _filter("uppercase")),
    "lowercase": ((1,), _filter("lowercase")),
    "capitalize": ((1,), _filter("capitalized")),
    "eq": ((2,), _filter("same")),
    "ne": ((2,), _filter("different")),
    "gt": ((2,), _filter("greater")),
    "lt": ((2,), _filter("less")),
    "len": ((1,), _filter("size")),
    "contains": ((2,), _filter("contains")),
    "now": ((0,), lambda: NOW),
    "format_date": ((1, 2), _format_date),
}
"""Helper to (how many arguments it takes, how it is written in Jinja)."""

INSTEAD = {
    "lookup": "write a path, such as prices.[red apple], or {{#each}} with {{@key}}",
    "log": "leave it out; renders are recorded",
    "and": "put one {{#if}} into the other",
    "or": "write {{#if a}}…{{else if b}}…{{/if}}",
    "not": "write {{#unless a}}…{{/unless}}",
    "gte": "write {{#unless (lt a b)}}…{{/unless}}",
    "lte": "write {{#unless (gt a b)}}…{{/unless}}",
    "concat": "write the values one after the other",
}
"""A helper that there is not, and what does the same."""
