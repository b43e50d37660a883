"""The bodies about documents."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from heddle.runtime.api.bodies.body import Body

Tag = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Tags = Annotated[list[Tag], Field(max_length=50)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
MediaType = Annotated[str, StringConstraints(pattern=r"^[\w.+-]{1,64}/[\w.+-]{1,64}$")]


class DocumentBytesBody(Body):
    """A document: its text, or the `object` that POST /uploads answered, once the file is there."""

    text: str | None = Field(default=None, description="The document itself, if it is text and not long.")
    object: str | None = Field(
        default=None, max_length=1024, description="An upload of at most 100 MiB.", examples=["acme/uploads/3f9c/a.pdf"]
    )
    filename: str = Field(default="", max_length=255, examples=["report.pdf"])
    media_type: MediaType | None = Field(
        default=None, description="Of `text`; left out: what its name tells, else plain text. An upload has its own."
    )
    language: Language | None = Field(default=None, description="Two letters; left out: it is found out.")


class DocumentBody(DocumentBytesBody):
    """A document to be taken in."""

    title: str = Field(default="", max_length=500, description="Left out: what the document says.")
    source: str = Field(default="", max_length=2048, description="Where it is from, for example its address.")
    tags: Tags = Field(default_factory=list)


class DescribeDocumentBody(Body):
    """What people say of a document; what is left out stays."""

    title: str | None = Field(default=None, min_length=1, max_length=500)
    tags: Tags | None = None


class SearchFiltersBody(Body):
    """Which documents count. A document must have all `tags`, and one each of media types, languages and documents."""

    tags: list[Tag] = Field(default_factory=list, max_length=20)
    media_types: list[MediaType] = Field(default_factory=list, max_length=20)
    languages: list[Language] = Field(default_factory=list, max_length=20)
    documents: list[str] = Field(default_factory=list, max_length=100, description="Ids of documents.")
    min_quality: float | None = Field(default=None, ge=0, le=1)
    since: datetime | None = Field(default=None, strict=False, description="Changed at this time or later.")
    until: datetime | None = Field(default=None, strict=False, description="Changed before this time.")


class SearchBody(Body):
    """A question. With quotes, `-word` or `or` in it, words must be as it says."""

    query: str = Field(max_length=4_000, examples=["how is the warp threaded"])
    mode: Literal["hybrid", "words", "meaning"] = "hybrid"
    filters: SearchFiltersBody = Field(default_factory=SearchFiltersBody)
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=1_000)
    facets: bool = Field(default=False, description="Count documents by media type, language and tag.")


class EmbeddingModelBody(Body):
    """The model to make vectors by: `provider/model` or an alias; left out: the alias `embed`."""

    model: str | None = Field(default=None, min_length=1, max_length=200)


BODIES: dict[str, type[Body]] = {
    "add_document": DocumentBody,
    "add_document_version": DocumentBytesBody,
    "describe_document": DescribeDocumentBody,
    "search_documents": SearchBody,
    "change_embedding_model": EmbeddingModelBody,
}
