"""Node type that says what documents are about: analyze."""

from typing import Annotated, Literal

from pydantic import Field

from heddle.domain.engine.plan import RetryPolicy
from heddle.domain.nodes.configs.ai.base import ModelName
from heddle.domain.nodes.configs.base import NodeConfig, field, shape
from heddle.domain.nodes.configs.io import DocumentSource
from heddle.domain.nodes.spec import NodeType

Analysis = Literal[
    "language",
    "statistics",
    "readability",
    "keywords",
    "concepts",
    "entities",
    "sentiment",
    "difficulty",
    "quality",
    "objectives",
    "summary",
]


class AnalyzeConfig(NodeConfig):
    """Says what a document is about, in which language, how well and for whom it is written.

    By rules and counts, without a model; one that is named refines what they found.
    """

    document: DocumentSource = Field(description="The document.")
    content_type: str = Field(
        default="",
        max_length=255,
        description="html, pdf, markdown, json, xml, text, code or a media type; left out: it is found out.",
    )
    language: Annotated[str, Field(pattern=r"^([a-z]{2})?$")] = Field(
        default="", description="Two letters; left out: it is found out."
    )
    analyses: list[Analysis] | None = Field(
        default=None, max_length=20, description="Which are wanted; left out: all of them."
    )
    model: ModelName | None = Field(
        default=None,
        description="An alias or `provider/model` that refines summary, concepts, entities, sentiment and objectives, "
        "under the run's budgets; left out: no model is asked.",
    )
    timeout: float = Field(default=60.0, gt=0, le=840, description="Seconds for getting, reading and analysing it.")


ANALYSIS_TYPES = (
    NodeType(
        name="analyze",
        category="documents",
        summary="Says what a document is about, in which language, and how well.",
        config=AnalyzeConfig,
        host="function",
        function="parse",
        timeout=120.0,
        retry=RetryPolicy(max_attempts=2, delay=0.5),
        output_schema=shape(
            "The analysis. Offsets count characters of `text`; what was not wanted, or failed, is null.",
            status=field("string", "`partial` if an analysis failed.", enum=["completed", "partial"]),
            media_type=field("string", "What it was read as."),
            bytes=field("integer", "Its length."),
            sha256=field("string", "The SHA-256 of its bytes, hex."),
            source=field(["string", "null"], "Its address, object key or file name; null if unnamed."),
            title=field(["string", "null"], "Its title, if it has one."),
            text=field("string", "Its text, 200,000 characters at most."),
            pages=field(["integer", "null"], "The number of pages of a PDF, else null."),
            metadata=field("object", "What it says of itself: author, created, …"),
            structure=field("object", "{sections, contents, outline, media, citations}."),
            links=field("array", "Links in it: {url, text, kind}."),
            language=field(["object", "null"], "{code, confidence, script, candidates, given}."),
            statistics=field(["object", "null"], "{characters, words, distinct_words, sentences, paragraphs}."),
            readability=field(["object", "null"], "{score, flesch, grade, lix, …}."),
            keywords=field(["array", "null"], "{keyword, score, count, start, end}, best first."),
            concepts=field(["array", "null"], "{name, category, relevance, mentions: {start, end, context}, …}."),
            entities=field(["array", "null"], "{name, type, confidence, count, mentions: {start, end}}."),
            sentiment=field(["object", "null"], "{label, score, positive, negative, neutral, confidence}."),
            difficulty=field(["object", "null"], "{level, score, target_audience, prerequisites, reading_minutes, …}."),
            quality=field(["object", "null"], "{overall, …, issues}."),
            objectives=field(["array", "null"], "{description, bloom_level, concepts, assessment, confidence}."),
            summary=field(["object", "null"], "{text, sentences: {start, end}, method}."),
            timings_ms=field("object", "Milliseconds of each part that ran."),
            method=field(
                "string", "`offline`: by rules and counts; `model`: a model refined it.", enum=["offline", "model"]
            ),
            refined=field(["object", "null"], "What a model refined, and what that cost: {analyses, model, …}."),
            warnings=field("array", "What went less well: {analysis, code, message}."),
            errors=field("array", "Analyses that gave nothing: {analysis, code, message}."),
            processing_ms=field("number", "How long all of it took."),
        ),
    ),
)
