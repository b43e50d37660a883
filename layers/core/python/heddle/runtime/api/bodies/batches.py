"""The bodies about batches."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from heddle.domain.batches.batch import DEFAULT_PARALLEL, MAX_ITEMS, MAX_PARALLEL
from heddle.runtime.api.bodies.analyses import AnalysisChoicesBody, ContentType, Language
from heddle.runtime.api.bodies.body import Body
from heddle.runtime.api.bodies.documents import Tags
from heddle.runtime.api.bodies.uploads import Folder

Url = Annotated[str, StringConstraints(pattern=r"^https?://", max_length=2048)]
SOURCES = ("items", "prefix", "urls")


class BatchItemBody(Body):
    """An item: exactly one of `content`, `object` and `url`."""

    name: str = Field(default="", max_length=255, description="What it is known by, such as the name of a file.")
    content: str | None = Field(default=None, description="The document itself, if it is text and not long.")
    object: str | None = Field(default=None, max_length=1024, examples=["acme/uploads/3f9c/a.pdf"])
    url: Url | None = Field(default=None, description="Where it is fetched from, once its turn has come.")
    content_type: ContentType | None = Field(default=None, description="As of POST /analyze; of `content` only.")

    @model_validator(mode="after")
    def one_source(self) -> "BatchItemBody":
        """Refuse an item that is nothing, or two things."""
        given = [name for name in ("content", "object", "url") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("must have exactly one of content, object and url")
        return self


class BatchAnalysisBody(AnalysisChoicesBody):
    """What each item is analysed for, as of POST /analyze."""

    language: Language | None = Field(default=None, description="Of all items; left out: it is found out.")


class BatchDocumentBody(Body):
    """What each document is given that an item becomes."""

    tags: Tags = Field(default_factory=list)
    language: Language | None = Field(default=None, description="Of all items; left out: it is found out.")


class BatchOptionsBody(Body):
    """How the batch is done."""

    max_parallel: int = Field(
        default=DEFAULT_PARALLEL, ge=1, le=MAX_PARALLEL, description="How many items are under way at a time, at most."
    )
    continue_on_error: bool = Field(
        default=True, description="false: the first item that fails ends the batch as failed, and the rest is skipped."
    )
    timeout_seconds: int = Field(
        default=300, ge=1, le=3600, description="How long one item may take; an analysis has a minute at most."
    )
    webhook_url: str | None = Field(
        default=None,
        min_length=1,
        max_length=2048,
        description="Where it is told, once and signed, that the batch has ended: batch.completed, "
        "batch.partially_completed, batch.failed or batch.cancelled.",
        examples=["https://hooks.acme.example/batches"],
    )


class BatchBody(Body):
    """One operation over many items: exactly one of `items`, `prefix` and `urls` says which."""

    operation: Literal["analyze", "ingest"]
    name: str = Field(default="", max_length=200, examples=["autumn archive"])
    items: list[BatchItemBody] | None = Field(default=None, min_length=1, max_length=MAX_ITEMS)
    prefix: Folder | None = Field(
        default=None,
        description="A folder of the tenant's own uploads, as of `folder` of POST /uploads: all that lies below it.",
        examples=["archive/2026"],
    )
    urls: list[Url] | None = Field(default=None, min_length=1, max_length=MAX_ITEMS)
    analysis: BatchAnalysisBody | None = Field(default=None, description="Of operation `analyze` only.")
    document: BatchDocumentBody | None = Field(default=None, description="Of operation `ingest` only.")
    options: BatchOptionsBody = Field(default_factory=BatchOptionsBody)


BODIES: dict[str, type[Body]] = {"submit_batch": BatchBody}
