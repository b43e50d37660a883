"""Node types about the tenant's documents: search, ingest."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from heddle.domain.engine.plan import RetryPolicy
from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.spec import NodeType

Text = Annotated[str, Field(min_length=1, max_length=255)]


class SearchFilters(NodeConfig):
    """Which documents count. A document must have all `tags`, and one each of the others."""

    tags: list[Text] = Field(default_factory=list, max_length=20, description="Tags, all of which it must have.")
    media_types: list[Text] = Field(default_factory=list, max_length=20, description="Media types.")
    languages: list[Text] = Field(default_factory=list, max_length=20, description="Languages, two letters each.")
    documents: list[Text] = Field(default_factory=list, max_length=100, description="Ids of documents.")
    min_quality: float | None = Field(default=None, ge=0, le=1, description="The least quality.")


class SearchConfig(NodeConfig):
    """Searches the tenant's documents by words and by meaning."""

    query: str = Field(min_length=1, max_length=4_000, description="A question in plain words.")
    mode: Literal["hybrid", "words", "meaning"] = Field(
        default="hybrid", description="hybrid goes on by words alone if the question cannot be embedded."
    )
    filters: SearchFilters = Field(default_factory=SearchFilters, description="Which documents count.")
    limit: int = Field(default=8, ge=1, le=100, description="How many passages.")


class IngestSource(NodeConfig):
    """A document: exactly one of `text` and `object`."""

    text: str | None = Field(default=None, description="The document itself.")
    object: str | None = Field(default=None, max_length=1024, description="The key that an upload gave.")
    filename: str = Field(default="", max_length=255, description="A name whose ending tells what it is.")
    media_type: str = Field(
        default="", max_length=255, description="What `text` is; left out: what its name tells, else plain text."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.text is None) == (self.object is None):
            raise ValueError("give exactly one of `text` and `object`")
        return self


class IngestConfig(NodeConfig):
    """Takes a document into the tenant's library, where it is searched. The same bytes are one document."""

    document: IngestSource = Field(description="The document.")
    title: str = Field(default="", max_length=500, description="Left out: what the document says.")
    source: str = Field(default="", max_length=2048, description="Where it is from, for quoting it.")
    language: str = Field(default="", max_length=2, description="Two letters; left out: it is found out.")
    tags: list[Text] = Field(default_factory=list, max_length=50, description="Tags to filter searches by.")
    metadata: dict[str, Any] = Field(default_factory=dict, description="Facts to keep with it.")
    version_of: str | None = Field(default=None, max_length=64, description="Another version of this document.")
    wait: float = Field(
        default=60.0, ge=0, le=840, description="Seconds to wait until it can be searched; 0 does not wait."
    )


DOCUMENT_TYPES = (
    NodeType(
        name="search",
        category="documents",
        summary="Searches the tenant's documents.",
        config=SearchConfig,
        host="function",
        function="documents",
        timeout=60.0,
        retry=RetryPolicy(max_attempts=3, delay=0.5),
        output_schema=shape(
            "What was found, best first.",
            passages=field(
                "array", "Passages {index, text, offset, heading, page, source, document, title, score}, to be cited."
            ),
            count=field("integer", "How many there are."),
            exact=field("boolean", "True if every vector was compared, so that none was missed."),
            warnings=field("array", "What went less well than it could: {code, message}."),
        ),
    ),
    NodeType(
        name="ingest",
        category="documents",
        summary="Takes a document into the tenant's library.",
        config=IngestConfig,
        host="function",
        function="documents",
        timeout=120.0,
        retry=RetryPolicy(max_attempts=3, delay=1.0),
        output_schema=shape(
            "The document.",
            document=field("string", "Its id."),
            version=field("integer", "The version that these bytes are."),
            status=field("string", "`ready`, or `pending` if `wait` was over before.", enum=["ready", "pending"]),
            new=field("boolean", "False if the tenant had these bytes already."),
            title=field("string", "Its title."),
            media_type=field("string", "What it is."),
            language=field("string", "Two letters, or an empty text."),
            chunks=field("integer", "How many pieces are searched."),
        ),
    ),
)
