"""Definitions: list, save, check."""

from typing import Annotated

import typer
from rich.markup import escape

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Exit, Json, ago, err, out, print_json
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_table


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(workflows)
    app.command()(validate)
    app.command()(save)


def workflows(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List saved workflows, newest change first."""
    with connect(stage, key) as client:
        found = list(client.workflows.list())
    if json:
        print_json([dict(w.raw) for w in found])
    elif found:
        rows = [(w.id, w.version, w.name, ago(w.updated_at)) for w in found]
        print_table(("id", "version", "name", "changed"), rows, wrap=("name",))
    else:
        out.print(f"no workflows yet; save one with: [bold]{COMMAND} save examples/research_brief.yaml[/]")


def validate(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A workflow document, YAML or JSON.")],
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Check a document by every rule, without saving it."""
    with connect(stage, key) as client:
        result = client.validate(file)
    if json:
        print_json(dict(result.raw))
    elif result.valid:
        out.print(
            f"[green]valid[/]: runs {result.plan.get('mode')} ({escape(str(result.plan.get('reason', '')))})",
            soft_wrap=True,
        )
    else:
        for problem in result.problems:
            err.print(
                f"[red]{problem.get('code')}[/] {escape(str(problem.get('message')))} "
                f"[dim]{escape(str(problem.get('path', '')))}[/]",
                soft_wrap=True,
            )
    if not result.valid:
        raise typer.Exit(Exit.FAILED)


def save(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A workflow document, YAML or JSON.")],
    id: Annotated[
        str | None, typer.Option(help="The workflow's id; without it one made of the document's name.")
    ] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Save a document as a workflow, or as its next version if it has changed."""
    with connect(stage, key) as client:
        saved = client.workflows.save(file, id=id) if id else client.workflows.get(client.workflows.ensure(_path(file)))
    print_json(dict(saved.raw)) if json else out.print(
        f"saved {saved.id} version {saved.version}; next: {COMMAND} run {saved.id}"
    )


def _path(file: str) -> str:
    if not file.endswith((".yaml", ".yml", ".json")):
        raise ValueError(f"{file} is no workflow document: its name must end with .yaml, .yml or .json")
    return file
