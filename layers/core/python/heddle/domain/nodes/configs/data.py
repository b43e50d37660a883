"""Node types that compute on data, in process, without leaving the engine: template, set, transform, filter, aggregate.

Their results are pleasant to refer to: `set`, `transform`, `filter` and `aggregate` give the value itself
(`nodes.pick.output[0]`), `template` gives `{"text": …}`.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.spec import NodeType

Text = Annotated[str, Field(max_length=1_000_000)]


class TemplateConfig(NodeConfig):
    """Renders text with the expression language: `{{ … }}`, `{% for %}`, `{% if %}`, filters."""

    template: Text = Field(description="The text, with `{{ … }}` and `{% … %}` wherever something is to be filled in.")
    trim: bool = Field(default=False, description="Take white space away at both ends, and runs of empty lines.")


class SetConfig(NodeConfig):
    """Names values, so that later nodes can say them shortly."""

    values: dict[str, Any] = Field(
        description="Name to value; any JSON, with expressions anywhere inside.", min_length=1, max_length=500
    )


class TransformConfig(NodeConfig):
    """Makes one value out of others: either one `value`, or `each` applied to every element of `items`."""

    value: Any = Field(default=None, description="The result: any JSON, with expressions anywhere inside.")
    items: list[Any] | None = Field(default=None, description="A list to go through; give `each` with it.")
    each: Any = Field(
        default=None,
        description="What becomes of an element: any JSON; its expressions also see `item` and `index` (from 0).",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = self.model_fields_set
        if "items" in given and ("each" not in given or "value" in given):
            raise ValueError("give `items` together with `each`, and no `value`")
        if "items" not in given and ("each" in given or "value" not in given):
            raise ValueError("give either `value`, or `items` together with `each`")
        return self


class FilterConfig(NodeConfig):
    """Keeps the elements of a list that matter: by condition, by relevance to a question, by order and number."""

    items: list[Any] = Field(description="The list to choose from.")
    where: Any = Field(
        default=True, description="A condition on `item` and `index`; elements for which it is false are left out."
    )
    query: str | None = Field(
        default=None,
        max_length=10_000,
        description="A question or key words: the elements are ranked by their relevance to it (BM25), best first, "
        "and those that share no word with it are left out.",
    )
    text: Any = Field(
        default=None,
        description="What of an element is compared with `query`, an expression on `item` and `index`; without it "
        "the element's `text` field, or the element itself if it is text, or else its JSON.",
    )
    order_by: Any = Field(
        default=None,
        description="An expression on `item` and `index` to sort by (numbers, texts or booleans; null comes last).",
    )
    descending: bool = Field(default=False, description="Sort the largest first (with `order_by`).")
    offset: int = Field(default=0, ge=0, description="How many of the chosen elements to pass over.")
    limit: int | None = Field(default=None, ge=0, description="The most elements to keep.")


Operation = Literal[
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "median",
    "group",
    "join",
    "merge",
    "flatten",
    "unique",
    "first",
    "last",
]


class AggregateConfig(NodeConfig):
    """Makes one value out of a list."""

    items: list[Any] = Field(description="The list.")
    operation: Operation = Field(
        description="count: how many · sum, avg, median, min, max: of the numbers (min and max of texts too) · "
        "group: an object of lists by `by` · join: one text · merge: one object, later ones win · "
        "flatten: one list of lists · unique: without repetitions by `by` · first, last: an element or null"
    )
    value: Any = Field(
        default=None,
        description="What of an element counts, an expression on `item` and `index`; without it the element itself.",
    )
    by: Any = Field(
        default=None,
        description="The key of an element for `group` and `unique`, an expression on `item` and `index`; with `count` "
        "it counts per key.",
    )
    separator: str = Field(default="\n", max_length=1000, description="What `join` puts between the texts.")
    depth: int = Field(default=1, ge=1, le=100, description="How many levels of lists `flatten` opens.")


DATA_TYPES = (
    NodeType(
        name="template",
        category="data",
        summary="Renders text.",
        config=TemplateConfig,
        host="engine",
        output_schema=shape("The text.", text=field("string", "The rendered text.")),
    ),
    NodeType(
        name="set",
        category="data",
        summary="Names values for later nodes.",
        config=SetConfig,
        host="engine",
        output_schema={"type": "object", "description": "The values, by name."},
    ),
    NodeType(
        name="transform",
        category="data",
        summary="Makes a value out of others, or maps a list.",
        config=TransformConfig,
        host="engine",
        deferred={"each": ("item", "index")},
        output_schema={"description": "The value itself; with `items`, the list of what `each` gave, in order."},
    ),
    NodeType(
        name="filter",
        category="data",
        summary="Keeps the elements of a list that matter.",
        config=FilterConfig,
        host="engine",
        deferred={"where": ("item", "index"), "text": ("item", "index"), "order_by": ("item", "index")},
        output_schema={
            "type": "array",
            "description": "The kept elements: ranked with `query`, sorted with `order_by`, else in their order.",
        },
    ),
    NodeType(
        name="aggregate",
        category="data",
        summary="Makes one value out of a list.",
        config=AggregateConfig,
        host="engine",
        deferred={"value": ("item", "index"), "by": ("item", "index")},
        static_fields=("operation",),
        output_schema={
            "description": "What the operation gives. Of an empty list: count and sum 0, avg, median, min, max, first "
            "and last null, join an empty text, group and merge {}, flatten and unique []."
        },
    ),
)
