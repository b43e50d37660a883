"""Analyses of documents: what a text says, about what, in which language, how well and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heddle_sdk.models import Answer
from heddle_sdk.resources import Uploads
from heddle_sdk.transport import Transport


@dataclass(frozen=True, kw_only=True)
class Analysis(Answer):
    """An analysis. Offsets count characters of `text`; what was not asked for, or failed, is None."""

    status: str
    media_type: str
    text: str
    title: str | None = None
    bytes: int = 0
    pages: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    structure: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[Mapping[str, str], ...] = ()
    language: Mapping[str, Any] | None = None
    statistics: Mapping[str, Any] | None = None
    readability: Mapping[str, Any] | None = None
    keywords: tuple[Mapping[str, Any], ...] | None = None
    concepts: tuple[Mapping[str, Any], ...] | None = None
    entities: tuple[Mapping[str, Any], ...] | None = None
    sentiment: Mapping[str, Any] | None = None
    difficulty: Mapping[str, Any] | None = None
    quality: Mapping[str, Any] | None = None
    objectives: tuple[Mapping[str, Any], ...] | None = None
    summary: Mapping[str, Any] | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    method: str = "offline"
    refined: Mapping[str, Any] | None = None
    plugin_results: Mapping[str, Any] | None = None
    warnings: tuple[Mapping[str, str], ...] = ()
    errors: tuple[Mapping[str, str], ...] = ()


def analyze(
    transport: Transport,
    file: "str | Path | None" = None,
    *,
    text: str | None = None,
    content_type: str | None = None,
    language: str | None = None,
    **options: Any,
) -> Analysis:
    """Analyse a file of at most 10 MiB (which is uploaded), or a text.

    `options`: timeout_seconds, model (an alias or `provider/model` that refines it), plugins (names, or `["*"]`),
    plugin_params, and which analyses are wanted, for example `extract_concepts=False`.
    """
    if (file is None) == (text is None):
        raise ValueError("give either a file or a text")
    body: dict[str, Any] = {"options": options}
    if file is None:
        body["content"] = text
    else:
        body |= {"object": Uploads(transport).file(file).object, "filename": Path(file).name}
    given = {"content_type": content_type, "language": language}
    body |= {name: value for name, value in given.items() if value is not None}
    return Analysis.from_json(transport.json("POST", "/analyze", body=body))
