"""`heddle analyze`: what a file says, about what, in which language, how well and for whom."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Json, coloured, out, print_json
from heddle_cli.tables import print_facts
from heddle_sdk.analyses import Analysis


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(analyze)


def analyze(
    file: Annotated[Path, typer.Argument(help="A file of at most 10 MiB.", exists=True, dir_okay=False)],
    content_type: Annotated[
        str | None,
        typer.Option("--type", help="html, pdf, markdown, json, xml, text, code; left out: it is found out."),
    ] = None,
    language: Annotated[str | None, typer.Option(help="Two letters; left out: it is found out.")] = None,
    model: Annotated[str | None, typer.Option(help="A model that refines it: an alias or provider/model.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Analyse a file."""
    options = {} if model is None else {"model": model}
    with connect(stage, key) as client:
        found = client.analyze(file, content_type=content_type, language=language, **options)
    print_json(dict(found.raw)) if json else _show(found)


def _show(found: Analysis) -> None:
    out.print(f"[bold]{escape(found.title or 'untitled')}[/]  {coloured(found.status)}", soft_wrap=True)
    if found.summary:
        out.print(escape(found.summary["text"]), soft_wrap=True)
    language, sizes = found.language or {}, found.statistics or {}
    difficulty, quality, mood = found.difficulty or {}, found.quality or {}, found.sentiment or {}
    facts = [
        ("type", found.media_type),
        ("language", language.get("code")),
        ("words", sizes.get("words")),
        ("minutes to read", difficulty.get("reading_minutes")),
        ("difficulty", difficulty.get("level")),
        ("for", difficulty.get("target_audience")),
        ("to know before", ", ".join(difficulty.get("prerequisites", ()))),
        ("quality", quality.get("overall")),
        ("sentiment", mood.get("label")),
        ("about", ", ".join(concept["name"] for concept in (found.concepts or ())[:8])),
        ("keywords", ", ".join(keyword["keyword"] for keyword in (found.keywords or ())[:8])),
        ("refined by", (found.refined or {}).get("model")),
        ("names", ", ".join(entity["name"] for entity in (found.entities or ())[:8])),
    ]
    print_facts([(name, value) for name, value in facts if value not in ("", None)])
    for note in (*found.errors, *found.warnings):
        out.print(f"[yellow]{escape(note['analysis'])}: {escape(note['message'])}[/]", soft_wrap=True)
