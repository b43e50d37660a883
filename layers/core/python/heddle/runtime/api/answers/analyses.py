"""The answer about analyses."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class AnalysisNoteAnswer(Answer):
    """What went less well than it could, and in which analysis."""

    analysis: str
    code: str
    message: str


class AnalysisStructureAnswer(Answer):
    """Sections {level, title, start, end}, numbered contents, the outline as the format has it, what is not text."""

    sections: list[dict[str, Any]]
    contents: list[dict[str, Any]]
    outline: list[dict[str, Any]]
    media: list[dict[str, Any]] = Field(
        description="kind (image, video, audio, diagram, chart, code or table), start, page, url, text, language, "
        "rows, columns."
    )
    citations: list[dict[str, Any]] = Field(
        description="kind (doi, arxiv, isbn, author_year or number), text, start, end, url."
    )


class AnalysisAnswer(Answer):
    """An analysis. All offsets count characters of `text`. What was not asked for, or failed, is null."""

    status: Literal["completed", "partial"]
    media_type: str
    bytes: int
    sha256: str
    title: str | None
    text: str
    pages: int | None
    metadata: dict[str, Any]
    structure: AnalysisStructureAnswer
    links: list[dict[str, str]] = Field(description="url, text, kind: external, internal, email, phone or file.")
    language: dict[str, Any] | None
    statistics: dict[str, Any] | None
    readability: dict[str, Any] | None
    keywords: list[dict[str, Any]] | None
    concepts: list[dict[str, Any]] | None
    entities: list[dict[str, Any]] | None
    sentiment: dict[str, Any] | None
    difficulty: dict[str, Any] | None
    quality: dict[str, Any] | None
    objectives: list[dict[str, Any]] | None
    summary: dict[str, Any] | None
    timings_ms: dict[str, float] = Field(description="How long each part that ran took.")
    method: Literal["offline", "model"] = Field(
        description="`offline`: by rules and counts, the same for ever; `model`: a model refined what `refined` lists."
    )
    refined: dict[str, Any] | None = Field(description="analyses, provider, model, tokens and cost_usd of the call.")
    plugin_results: dict[str, Any] | None = Field(
        default=None,
        description="What each plugin gave; null if none was asked for. Those that failed are in `warnings`.",
    )
    warnings: list[AnalysisNoteAnswer]
    errors: list[AnalysisNoteAnswer] = Field(description="Analyses that gave nothing, and why.")
    processing_ms: float


ANSWERS: Answers = {"analyze_content": {200: AnalysisAnswer}}
