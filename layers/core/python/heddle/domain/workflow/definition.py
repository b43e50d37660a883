"""The workflow document: what a user writes in YAML or JSON, as pydantic models that refuse unknown fields.

The models say what a document may look like; `rules` says which documents make sense.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from heddle.domain.workflow.problems import shape_problems
from heddle.domain.workflow.reading import read_text
from heddle.errors import InvalidWorkflow

YEAR_SECONDS = 31_536_000

NodeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
BranchName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Expression = Annotated[str, Field(min_length=1, max_length=100_000)]
Labels = dict[str, str]
Metadata = dict[str, Any]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ForEachDefinition(_Part):
    """Runs the node once per element of a list; its output is the list of outputs, in order."""

    items: Expression = Field(description="An expression that gives a list.")
    concurrency: int = Field(default=10, ge=1, le=1000, description="How many elements at a time, at most.")


class RetryDefinition(_Part):
    """When and how often to try again. What is left out is as the node type has it."""

    max_attempts: int | None = Field(default=None, ge=1, le=100, description="Attempts, counting the first one.")
    backoff: Literal["fixed", "linear", "exponential"] | None = Field(
        default=None, description="How the delay grows from attempt to attempt."
    )
    delay: float | None = Field(default=None, ge=0, le=86_400, description="Seconds before the second attempt.")
    max_delay: float | None = Field(default=None, ge=0, le=86_400, description="The longest delay, in seconds.")
    jitter: float | None = Field(default=None, ge=0, le=1, description="How much of the delay is left to chance.")
    on: list[Annotated[str, Field(min_length=1, max_length=100)]] | None = Field(
        default=None, max_length=100, description="The error codes worth another attempt; none: all retryable errors."
    )


class CacheDefinition(_Part):
    """Reuses the node's output for a while."""

    ttl: int = Field(ge=1, le=YEAR_SECONDS, description="For how many seconds.")
    key: Expression | None = Field(default=None, description="What must be equal; without it the rendered config.")


class NodeDefinition(_Part):
    """A step."""

    id: NodeId = Field(description="Its name within the workflow: small letters, digits and underscores.")
    type: Annotated[str, Field(min_length=1, max_length=100)] = Field(description="Which node type; see node types.")
    description: str = Field(default="", max_length=4000, description="What it is for.")
    labels: Labels = Field(default_factory=dict, description="Your own marks, shown with runs.")
    metadata: Metadata = Field(default_factory=dict, description="Any JSON; the platform only keeps it.")
    config: dict[str, Any] = Field(default_factory=dict, description="As its type wants it; values may be expressions.")
    after: list[NodeId] = Field(default_factory=list, description="Nodes that must be done before.")
    when: Expression | None = Field(default=None, description="A condition; if it does not hold the node is skipped.")
    for_each: ForEachDefinition | None = None
    retry: RetryDefinition | None = None
    timeout: float | None = Field(default=None, gt=0, le=YEAR_SECONDS, description="Seconds that one attempt may take.")
    on_error: Literal["fail", "continue", "route"] = Field(
        default="fail",
        description="When the last attempt failed: fail the run, go on with `fallback`, or take the `error` edges.",
    )
    fallback: Any = Field(default=None, description="The output instead, when the node failed and the run goes on.")
    cache: CacheDefinition | None = None

    @property
    def failure_handling(self) -> str:
        """`on_error`, where a fallback without it means `continue`."""
        if "fallback" in self.model_fields_set and "on_error" not in self.model_fields_set:
            return "continue"
        return self.on_error


class EdgeDefinition(_Part):
    """An order between two nodes."""

    model_config = _Part.model_config | {"populate_by_name": True}

    source: NodeId = Field(alias="from", description="The node before.")
    target: NodeId = Field(alias="to", description="The node after.")
    branch: BranchName | None = Field(
        default=None, description="Only if the router chose this branch, or `error`: only if the node failed."
    )


class WorkflowDefinition(_Part):
    """A workflow."""

    name: str = Field(min_length=1, max_length=255, description="What people call it.")
    description: str = Field(default="", max_length=4000, description="What it is for.")
    labels: Labels = Field(default_factory=dict, description="Your own marks, to find it by.")
    metadata: Metadata = Field(default_factory=dict, description="Any JSON; the platform only keeps it.")
    input: dict[str, Any] = Field(
        default_factory=dict, description="The JSON Schema of the run's input, an object; defaults are filled in."
    )
    nodes: list[NodeDefinition] = Field(description="The steps.")
    edges: list[EdgeDefinition] = Field(default_factory=list, description="Order beyond `after` and references.")
    outputs: dict[str, Any] = Field(default_factory=dict, description="The run's output: names and expressions.")
    timeout: float = Field(default=3600, gt=0, le=YEAR_SECONDS, description="Seconds that a run may take.")
    mode: Literal["auto", "inline", "express", "standard"] = Field(
        default="auto", description="How runs are carried out; auto takes the cheapest way that the graph allows."
    )

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Return the definition; InvalidWorkflow lists every field that is wrong."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise InvalidWorkflow(shape_problems(error, document)) from None

    def to_document(self) -> dict[str, Any]:
        """Return the document as JSON, without what was left to its default."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def parse_document(text_or_mapping: str | bytes | Mapping[str, Any]) -> WorkflowDefinition:
    """Return the definition that YAML, JSON or a mapping describes.

    Raises InvalidWorkflow with every problem found: `WF_DOCUMENT_TOO_LARGE` above 1 MiB, `WF_INVALID_DOCUMENT` for
    text that is neither YAML nor JSON, `WF_UNKNOWN_FIELD` and the codes of fields for the rest.
    """
    document = text_or_mapping if isinstance(text_or_mapping, Mapping) else read_text(text_or_mapping)
    return WorkflowDefinition.from_document(document)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of documents, for editors and other programs."""
    schema = WorkflowDefinition.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
