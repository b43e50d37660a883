"""The body about analyses."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from heddle.runtime.api.bodies.body import Body

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
ContentType = Annotated[
    str, StringConstraints(pattern=r"^(html|pdf|markdown|json|xml|text|code|[\w.+-]{1,64}/[\w.+-]{1,64})$")
]


class AnalysisChoicesBody(Body):
    """Which analyses are wanted; all are, unless something else is said."""

    extract_concepts: bool = True
    extract_keywords: bool = True
    extract_entities: bool = True
    extract_objectives: bool = True
    assess_quality: bool = True
    analyze_difficulty: bool = True
    analyze_sentiment: bool = True
    detect_language: bool = True
    generate_summary: bool = True
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="An alias or `provider/model` that refines summary, concepts, entities, sentiment and objectives, "
        "under the caller's budget; left out: no model is asked.",
    )
    plugins: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(
        default=[],
        max_length=20,
        description="Plugins to ask, by name; `*`: all that are enabled and take the content.",
    )
    plugin_params: dict[str, dict[str, Any]] = Field(
        default={}, max_length=20, description="By plugin: settings over those that the tenant has given it."
    )


class AnalyzeOptionsBody(AnalysisChoicesBody):
    """Which analyses are wanted, and how long they may take."""

    timeout_seconds: float = Field(
        default=25, ge=1, le=25, strict=False, description="Analyses with no time left are named in `errors`."
    )


class AnalyzeBody(Body):
    """A document: exactly one of `content`, `base64` and `object` (an upload of at most 10 MiB)."""

    content: str | None = Field(default=None, description="The document itself, if it is text.")
    base64: str | None = Field(default=None, description="Its bytes; at most about 4 MiB fit a request.")
    object: str | None = Field(default=None, max_length=1024, examples=["acme/uploads/3f9c/a.pdf"])
    content_type: ContentType | None = Field(
        default=None,
        description="html, pdf, markdown, json, xml, text, code or a media type; left out: it is found out.",
        examples=["markdown"],
    )
    filename: str = Field(default="", max_length=255)
    language: Language | None = Field(default=None, description="Two letters; left out: it is found out.")
    options: AnalyzeOptionsBody = Field(default_factory=AnalyzeOptionsBody)


BODIES: dict[str, type[Body]] = {"analyze_content": AnalyzeBody}
