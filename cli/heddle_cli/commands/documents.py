"""Documents: add, list, show, download, delete; and search in them."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Json, ago, coloured, cost, counted, out, print_json
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_facts, print_table
from heddle_sdk.library import Document

Id = Annotated[str, typer.Argument(metavar="DOCUMENT", help="A document's id.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be given several times.")]

group = typer.Typer(help="Documents that can be searched.", no_args_is_help=True, rich_markup_mode="rich")


def register(app: typer.Typer) -> None:
    """Add these commands below `documents`, and `search`."""
    for command in (add, list_, show, describe, ingest, download, delete, model):
        group.command(command.__name__.rstrip("_"))(command)
    app.add_typer(group, name="documents")
    app.command()(search)


def add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files of at most 100 MiB each.", exists=True)],
    title: Annotated[str, typer.Option(help="Left out: what the document says.")] = "",
    tags: Tags = None,
    language: Annotated[str | None, typer.Option(help="Two letters; left out: it is found out.")] = None,
    version_of: Annotated[str | None, typer.Option("--version-of", help="Another version of this document.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait until each can be searched; 0 does not wait.")] = 60.0,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Hand in files, to be read and made searchable."""
    if version_of and len(files) > 1:
        raise typer.BadParameter("a version is one file", param_hint="--version-of")
    added = []
    with connect(stage, key) as client:
        for file in files:
            if version_of:
                document = client.documents.add_version(version_of, file, language=language)
            else:
                document = client.documents.add(file, title=title, tags=tags or (), language=language)
            if wait:
                document = client.documents.wait(document.id, wait)
            added.append(document)
            if not json:
                _say(document)
    if json:
        print_json([dict(document.raw) for document in added])
    else:
        out.print(f'next: [bold]{COMMAND} search "…"[/]')


def list_(
    tag: Annotated[str | None, typer.Option(help="Only documents that have this tag.")] = None,
    language: Annotated[str | None, typer.Option(help="Only documents in this language, such as en.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """List documents, newest change first."""
    with connect(stage, key) as client:
        found = list(client.documents.list(tag=tag, language=language))
    if json:
        print_json([dict(document.raw) for document in found])
    elif found:
        columns = ("id", "title", "status", "language", "chunks", "size", "tags", "changed")
        print_table(columns, map(_row, found), wrap=("title", "tags"))
    else:
        out.print(f"no documents yet; add one with: [bold]{COMMAND} documents add FILE[/]")


def show(document: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Show a document and its versions."""
    with connect(stage, key) as client:
        found = client.documents.get(document)
        versions = list(client.documents.versions(document))
    if json:
        print_json({**found.raw, "versions": [dict(version.raw) for version in versions]})
        return
    out.print(f"[bold]{escape(found.title or found.id)}[/]  {coloured(found.status)}")
    facts = [
        ("id", found.id),
        ("from", found.source or found.filename),
        ("type", found.media_type),
        ("language", found.language),
        ("tags", ", ".join(found.tags)),
        ("chunks", found.chunks),
        *((f"its {name}", value) for name, value in found.metadata.items() if isinstance(value, str)),
    ]
    print_facts([(name, value) for name, value in facts if value not in ("", None)])
    rows = [
        (
            v.version,
            v.status,
            _size(v.bytes),
            (v.facts.get("embedding") or {}).get("model") or "",
            (v.error or {}).get("message", ""),
            ago(v.created_at),
            v.created_by,
        )
        for v in versions
    ]
    print_table(("version", "status", "size", "embedded by", "why not", "from", "by"), rows, wrap=("why not", "by"))


def describe(
    document: Id,
    title: Annotated[str | None, typer.Option(help="The new title.")] = None,
    tags: Tags = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Change a document's title, or its tags (all of them)."""
    with connect(stage, key) as client:
        found = client.documents.describe(document, title=title, tags=tags)
    print_json(dict(found.raw)) if json else _say(found)


def ingest(document: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Read a document's newest version again."""
    with connect(stage, key) as client:
        version = client.documents.ingest(document)
    if json:
        print_json(dict(version.raw))
    else:
        out.print(f"version {version.version} is being read; next: {COMMAND} documents show {escape(document)}")


def download(
    document: Id,
    to: Annotated[Path, typer.Argument(help="A file, or a folder.")] = Path(),
    version: Annotated[int | None, typer.Option(help="A version other than the newest.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Get the original."""
    with connect(stage, key) as client:
        written = client.documents.download(document, to, version)
    print_json({"file": str(written)}) if json else out.print(f"written to {escape(str(written))}", soft_wrap=True)


def delete(document: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Delete a document everywhere: original, versions, chunks and vectors."""
    with connect(stage, key) as client:
        client.documents.delete(document)
    print_json({"deleted": document}) if json else out.print(f"{escape(document)} is deleted")


def model(
    change_to: Annotated[str | None, typer.Option(help="Make all vectors anew by this model or alias.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Show the model that vectors are from; or change it, in the background."""
    with connect(stage, key) as client:
        found = client.documents.change_embedding_model(change_to) if change_to else client.documents.embedding_model()
    if json:
        print_json(found)
        return
    if found["model"] is None:
        out.print(f"no document has been embedded yet; add one with: [bold]{COMMAND} documents add FILE[/]")
        return
    out.print(f"{found['model']}, {found['dimensions']} dimensions, since {ago(found['since'])}")
    if change := found["change"]:
        if change["error"]:
            out.print(f"a change stopped: {escape(change['error']['message'])}", soft_wrap=True)
        else:
            done = counted(change["done"], "chunk")
            out.print(f"changing to {change['model']}: {done} done, {cost(change['cost_usd'])}")


def search(
    query: Annotated[str, typer.Argument(help='A question; "quotes", -word and or are understood.')],
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many chunks.")] = 5,
    mode: Annotated[str, typer.Option(help="hybrid, words or meaning.")] = "hybrid",
    tags: Tags = None,
    language: Annotated[str | None, typer.Option(help="Only documents in this language.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Search in the tenant's documents by words and by meaning."""
    filters: dict[str, Any] = {"tags": tags or [], "languages": [language] if language else []}
    with connect(stage, key) as client:
        page = client.documents.search_page(query, mode=mode, limit=limit, filters=filters, facets=True)
    if json:
        print_json(dict(page.raw))
        return
    for warning in page.warnings:
        out.print(f"[yellow]{escape(warning['message'])}[/]", soft_wrap=True)
    if not page.items:
        out.print("nothing was found")
        return
    for hit in page.hits:
        where = " · ".join(
            part
            for part in (
                hit.document["title"] or hit.document["id"],
                hit.heading if hit.heading != hit.document["title"] else "",
                f"page {hit.page}" if hit.page else "",
            )
            if part
        )
        ranks = ", ".join(f"{name} {rank}" for name, rank in hit.ranks.items())
        out.print(f"[bold]{escape(where)}[/]  [dim]{hit.score:.4f} ({ranks})[/]", soft_wrap=True)
        out.print(f"  {_marked(hit.highlight)}", soft_wrap=True)
    if page.cursor:
        out.print(f"[dim]{counted(page.reached, 'chunk')} in all; --limit shows more[/]")


def _say(document: Document) -> None:
    known = "" if document.new or document.status != "pending" else "  [dim](known already)[/]"
    out.print(
        f"{document.id}  {escape(document.title or document.filename)}  {coloured(document.status)}  "
        f"[dim]{counted(document.chunks, 'chunk')}[/]{known}",
        soft_wrap=True,
    )


def _row(document: Document) -> tuple[Any, ...]:
    return (
        document.id,
        document.title or document.filename,
        document.status,
        document.language,
        document.chunks,
        _size(document.bytes),
        ", ".join(document.tags),
        ago(document.updated_at),
    )


def _size(number: float) -> str:
    for unit in ("B", "KB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def _marked(highlight: str) -> str:
    """Return HTML with `<mark>` as text for a terminal, in which what matched is bold."""
    import html

    parts = re.split(r"<mark>(.*?)</mark>", " ".join(highlight.split()))
    shown = [escape(html.unescape(part)) for part in parts]
    return "".join(f"[bold yellow]{part}[/]" if number % 2 else part for number, part in enumerate(shown))
