"""The `agent` node type: a model that works with tools until it has an answer."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from heddle.domain.engine.expressions import references
from heddle.domain.nodes.configs.ai.base import (
    CITATIONS,
    PROMPT,
    RETRY,
    Context,
    PromptConfig,
    Schema,
    answered_by,
    function_of,
)
from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.spec import NodeType
from heddle.domain.nodes.tool_hosts import fixed_host

_MARKERS = ("${", "<%")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
ToolName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
CHEAP_TOOLS = ("template", "set", "transform", "filter", "aggregate")
"""Node types that compute in process and can be tools; a router chooses a way through the workflow, so it cannot."""


def screened(text: str) -> str:
    """Return the text; ValueError for marks of other template languages and for characters that hide something."""
    for marker in _MARKERS:
        if marker in text:
            raise ValueError(
                f"must not hold {marker!r}, the mark of another template language; expressions are {{{{ }}}}"
            )
    if _CONTROL.search(text):
        raise ValueError("must not hold control characters or marks that turn the direction of writing")
    return text


Screened = Annotated[str, AfterValidator(screened)]


class _Tool(NodeConfig):
    """Fields of every tool."""

    name: ToolName = Field(description="What the model calls it.")
    description: str = Field(
        min_length=1, max_length=2000, description="What it is good for and when to use it, for the model."
    )
    parameters: Schema = Field(
        default_factory=lambda: {"type": "object"},
        description="JSON Schema of the arguments, an object. Expressions see them as `args`.",
    )

    @field_validator("parameters")
    @classmethod
    def _object(cls, value: dict[str, Any]) -> dict[str, Any]:
        if value.get("type", "object") != "object":
            raise ValueError("must describe an object")
        return value


class HttpTool(_Tool):
    """One HTTP request, as of the node type `http`, with `{{ args.… }}` where the model may choose."""

    type: Literal["http"] = Field(description="http")
    config: dict[str, Any] = Field(description="Config of an `http` node. The model chooses only what `args` fills in.")
    hosts: list[Annotated[str, Field(min_length=1, max_length=260)]] | None = Field(
        default=None,
        max_length=50,
        description="Hosts (`api.example.com`, `*.example.com`, `host:port`) that may be called. Needed where the "
        "arguments could choose the host; without it that is the host which `url` begins with.",
    )

    @model_validator(mode="after")
    def _known_host(self) -> Self:
        url = self.config.get("url")
        if not isinstance(url, str) or self.hosts is not None or "args" not in references(url).names:
            return self
        if fixed_host(url) is None:
            raise ValueError(
                "the arguments could choose the host: begin `url` with a fixed one and a /, or list `hosts`"
            )
        return self


class CheapTool(_Tool):
    """A node type that computes in process."""

    type: Literal[CHEAP_TOOLS] = Field(description="The node type.")  # type: ignore[valid-type]
    config: dict[str, Any] = Field(description="Config of a node of that type, with `{{ args.… }}`.")


class WorkflowTool(_Tool):
    """Runs another workflow, waits for it as long as the tool may take, and gives its output."""

    type: Literal["workflow"] = Field(description="workflow")
    workflow_id: str = Field(min_length=1, max_length=200, description="Which workflow; the model cannot choose it.")
    version: int | None = Field(default=None, ge=1, description="Which version; without it the newest.")
    input: Any = Field(
        default="{{ args }}", description="The run's input; without it the arguments as the model gave them."
    )


class SearchTool(NodeConfig):
    """Finds passages of the node's `context`, which is then not put into the prompt."""

    type: Literal["search"] = Field(description="search")
    name: ToolName = Field(default="search", description="What the model calls it.")
    description: str = Field(
        default="Finds the passages that bear most on a question, among the documents of this task.",
        min_length=1,
        max_length=2000,
        description="What it is good for, for the model.",
    )
    limit: int = Field(default=8, ge=1, le=50, description="The most passages that one call gives.")


AgentTool = Annotated[HttpTool | CheapTool | WorkflowTool | SearchTool, Field(discriminator="type")]


class Memory(NodeConfig):
    """What was said under the same session key before, by this or another run of the tenant."""

    session: str = Field(min_length=1, max_length=500, description="The key, for example a chat's id.")
    messages: int = Field(default=20, ge=1, le=200, description="How many of the last messages are recalled and kept.")
    days: float = Field(default=30, gt=0, le=365, description="After how many days without a word all is forgotten.")


class AgentConfig(PromptConfig):
    """Works on a task in steps: the model is asked, calls tools, sees their results, until it gives an answer.

    Every model and tool call is recorded; after a crash the work goes on from there, and nothing is paid for twice.
    """

    system: Annotated[Screened, Field(min_length=1, max_length=100_000)] = Field(
        default="You are a careful assistant. You work on the task step by step, and answer it when you are done.",
        description="Who the model is and what rules it keeps to.",
    )
    instructions: Annotated[Screened, Field(max_length=100_000)] = Field(
        default="", description="How to go about the task; added to `system`."
    )
    context: Context = Field(
        default_factory=list,
        description="What the answer draws on and cites. With a `search` tool the model looks it through instead of "
        "reading all of it.",
    )
    tools: list[AgentTool] = Field(default_factory=list, max_length=64, description="What the model can call.")
    max_tokens: int = Field(default=4096, ge=1, le=128_000, description="The longest answer of one step, in tokens.")
    max_steps: int = Field(
        default=10, ge=1, le=100, description="How often the model is asked at most; then `agent_step_limit`."
    )
    max_cost_usd: Decimal | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="When the calls so far have cost this many USD, no other is made: `agent_cost_limit`. The run's "
        "budget is stricter: it is reserved before each call.",
    )
    tool_timeout: float = Field(
        default=60.0,
        gt=0,
        le=800,
        description="Seconds that a tool may take; then the model is told that it did not end.",
    )
    tool_result_chars: int = Field(
        default=20_000, ge=100, le=1_000_000, description="How much of a tool's result the model sees, in characters."
    )
    max_sentences: int = Field(default=8, ge=1, le=200, description="The longest extractive answer, in sentences.")
    output_schema: Schema | None = Field(
        default=None,
        description="A JSON Schema: the final answer is JSON of that shape, in `output`. One that does not fit is "
        "asked for once more; then `llm_output_invalid`.",
    )
    memory: Memory | None = Field(default=None, description="Recall and keep what is said under a session key.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [tool.name for tool in self.tools]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two tools are called {', '.join(twice)}; give each a name of its own")
        if any(tool.type == "search" for tool in self.tools) and not self.context:
            raise ValueError("the `search` tool looks through `context`, which is empty")
        return self


def inner_configs(config: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Give the configs of other node types in an agent's tools: path, type, config."""
    tools = config.get("tools")
    for number, tool in enumerate(tools if isinstance(tools, list) else ()):
        if isinstance(tool, Mapping) and isinstance(tool.get("config"), Mapping):
            kind = tool.get("type")
            if kind == "http" or kind in CHEAP_TOOLS:
                yield f"tools[{number}].config", str(kind), tool["config"]


AGENT_TYPES = (
    NodeType(
        name="agent",
        category="ai",
        summary="Lets a model work on a task with tools.",
        config=AgentConfig,
        host="function",
        function=function_of,
        # Ten steps of up to a minute each; within what a function may take, with time left to record.
        timeout=600.0,
        retry=RETRY,
        # Tools fill in what the model chose, call by call; items and values are of the cheap types' own fields.
        deferred={"tools": ("args", "item", "index", "value")},
        secret_fields=("tools",),
        # What a tool is stays as it was checked; only inside of configs and inputs is anything filled in.
        static_fields=("tools", *(f"tools.{name}" for name in ("type", "name", "description", "parameters", "config"))),
        inner=inner_configs,
        output_schema=shape(
            "The answer, and what was done for it.",
            **answered_by(
                text=field("string", "What was answered."),
                output=field(
                    ["object", "array", "string", "number", "boolean", "null"], "The value of `output_schema`, or null."
                ),
                citations=CITATIONS,
                steps=field("integer", "How often the model was asked."),
                tool_calls=field("array", "The tools that were called, in order: {step, tool, is_error}."),
                stop_reason=field("string", "Why the last answer ended."),
                prompt=PROMPT,
            ),
        ),
    ),
)
