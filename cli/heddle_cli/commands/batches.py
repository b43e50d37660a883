"""Batches: hand in, list, show, follow, pause, resume, cancel."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Json, ago, coloured, counted, err, out, print_json
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_facts, print_table
from heddle_sdk import Client
from heddle_sdk.batches import Batch, BatchFrame, BatchItem
from heddle_sdk.errors import ConnectionFailed
from heddle_sdk.realtime import SocketError

Id = Annotated[str, typer.Argument(metavar="BATCH", help="A batch's id.")]

group = typer.Typer(help="One operation over many items.", no_args_is_help=True, rich_markup_mode="rich")


def register(app: typer.Typer) -> None:
    """Add these commands below `batch`."""
    for command in (submit, list_, show, items, result, follow, pause, resume, cancel, delete):
        group.command(command.__name__.rstrip("_"))(command)
    app.add_typer(group, name="batch")


def submit(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE…]", help="Files, to be uploaded.", exists=True)
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="A folder of uploads instead of files.")] = None,
    urls: Annotated[Path | None, typer.Option(help="A file with one address per line.", exists=True)] = None,
    operation: Annotated[str, typer.Option(help="analyze or ingest.")] = "analyze",
    name: Annotated[str, typer.Option(help="What it is known by.")] = "",
    parallel: Annotated[int, typer.Option(min=1, max=50, help="How many items at a time.")] = 10,
    stop_on_error: Annotated[
        bool, typer.Option("--stop-on-error", help="End it at the first item that fails.")
    ] = False,
    timeout: Annotated[int, typer.Option(min=1, max=3600, help="Seconds that one item may take.")] = 300,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="Of the documents that `ingest` makes.")] = None,
    model: Annotated[str | None, typer.Option(help="A model that refines what `analyze` finds.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Hand in files, a folder of uploads, or addresses."""
    if sum([bool(files), prefix is not None, urls is not None]) != 1:
        raise typer.BadParameter("give files, or --prefix, or --urls")
    given: dict[str, Any] = {"files": files or None, "prefix": prefix}
    if urls is not None:
        given["urls"] = [line.strip() for line in urls.read_text().splitlines() if line.strip()]
    if tags:
        given["document"] = {"tags": tags}
    if model:
        given["analysis"] = {"model": model}
    options: dict[str, Any] = {
        "max_parallel": parallel,
        "continue_on_error": not stop_on_error,
        "timeout_seconds": timeout,
    }
    with connect(stage, key) as client:
        batch = client.batches.submit(operation, name=name, **given, **options)
    if json:
        print_json(dict(batch.raw))
    else:
        _say(batch)
        out.print(f"next: [bold]{COMMAND} batch follow {batch.id}[/]")


def list_(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List batches of the last thirty days, newest first."""
    with connect(stage, key) as client:
        found = list(client.batches.list())
    if json:
        print_json([dict(batch.raw) for batch in found])
    elif found:
        rows = [
            (b.id, b.name, b.operation, b.status, f"{b.progress_percent} %", b.total, b.failed, ago(b.created_at))
            for b in found
        ]
        print_table(("id", "name", "operation", "status", "done", "items", "failed", "from"), rows, wrap=("name",))
    else:
        out.print(f"no batches yet; hand one in with: [bold]{COMMAND} batch submit FILE…[/]")


def show(batch: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Show a batch and how far it is."""
    with connect(stage, key) as client:
        found = client.batches.get(batch)
    if json:
        print_json(dict(found.raw))
        return
    _say(found)
    facts = [
        ("operation", found.operation),
        ("from", ", ".join(f"{kind} {value}" for kind, value in found.source.items())),
        ("items", found.total),
        ("succeeded", found.succeeded),
        ("failed", found.failed),
        ("skipped", found.skipped),
        ("under way", found.in_flight),
        ("at a time", found.max_parallel),
        ("ends about", found.estimated_completion),
        ("error", (found.error or {}).get("message")),
        ("handed in", ago(found.created_at)),
    ]
    print_facts([(name, value) for name, value in facts if value is not None])
    if found.failed:
        out.print(f"next: [bold]{COMMAND} batch items {found.id} --status failed[/]")


def items(
    batch: Id,
    status: Annotated[str | None, typer.Option(help="Only those that succeeded or failed.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """List the items of a batch, with what became of each."""
    with connect(stage, key) as client:
        found = list(client.batches.items(batch, status=status))
    if json:
        print_json([dict(item.raw) for item in found])
    elif found:
        print_table(("item", "name", "status", "took", "what"), map(_row, found), wrap=("name", "what"))
    else:
        out.print("no items")


def result(
    batch: Id,
    item: Annotated[int, typer.Argument(min=1, metavar="ITEM", help="Its position in the batch.")],
    stage: Stage = None,
    key: Key = None,
    json: Json = True,
) -> None:
    """Show an item as JSON, with all that its operation gave."""
    with connect(stage, key) as client:
        print_json(dict(client.batches.item(batch, item).raw))


def follow(batch: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Watch a batch until it has ended."""
    with connect(stage, key) as client:
        for frame in _frames(client, batch):
            print_json(dict(frame.data)) if json else _tell(frame)
        found = client.batches.get(batch)
    if not json:
        _say(found)


def pause(batch: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Let no further item begin."""
    with connect(stage, key) as client:
        _answer(client.batches.pause(batch), json)


def resume(batch: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Let items begin again."""
    with connect(stage, key) as client:
        _answer(client.batches.resume(batch), json)


def cancel(batch: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """End it as soon as what is under way has ended."""
    with connect(stage, key) as client:
        _answer(client.batches.cancel(batch), json)


def delete(batch: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Delete a batch that has ended, with the results of its items."""
    with connect(stage, key) as client:
        client.batches.delete(batch)
    print_json({"deleted": batch}) if json else out.print(f"{escape(batch)} is deleted")


def _frames(client: Client, batch: str) -> Iterable[BatchFrame]:
    """Yield what is told of it; where no WebSocket can be had, what asking again and again shows."""
    try:
        with client.realtime(attempts=2) as live:
            yield from client.batches.follow(batch, live)
            return
    except ConnectionFailed as error:
        err.print(f"[dim]no WebSocket ({escape(str(error))}): going on by asking again and again[/]", soft_wrap=True)
    except SocketError as error:
        raise typer.BadParameter(str(error), param_hint="BATCH") from None
    yield from client.batches.poll(batch)


def _tell(frame: BatchFrame) -> None:
    data = frame.data
    if frame.event == "batch.item_failed":
        out.print(f"[red]failed[/]  {escape(data['name'])}: {data['code']}, {escape(data['message'])}", soft_wrap=True)
    else:
        out.print(f"{data['progress_percent']:3d} %  {data['current_step']}", markup=False)


def _answer(batch: Batch, json: bool) -> None:
    print_json(dict(batch.raw)) if json else _say(batch)


def _say(batch: Batch) -> None:
    done = f"{batch.succeeded + batch.failed} of {counted(batch.total, 'item')} done" if batch.total else ""
    failed = f", {batch.failed} failed" if batch.failed else ""
    out.print(f"{batch.id}  {escape(batch.name)}  {coloured(batch.status)}  [dim]{done}{failed}[/]", soft_wrap=True)


def _row(item: BatchItem) -> tuple[Any, ...]:
    if item.error is not None:
        what = f"{item.error['code']}: {item.error['message']}"
    else:
        facts = item.summary or {}
        shown = ("document", "title", "language", "words")
        what = ", ".join(f"{name} {facts[name]}" for name in shown if facts.get(name) is not None)
    took = "" if item.took_ms is None else f"{item.took_ms / 1000:.2f} s"
    return item.position, item.name, item.status, took, what
