"""Starting, watching and steering runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from heddle_cli.commands.usage import named, show_forecast
from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Exit, Json, ago, coloured, err, fail, one_line, out, print_json
from heddle_cli.inputs import parse_inputs
from heddle_cli.live import watch
from heddle_cli.names import COMMAND
from heddle_cli.show import show_facts, show_nodes, show_result, show_runs
from heddle_cli.tables import print_table
from heddle_cli.tokens import write_json, write_line, write_text
from heddle_sdk import Client
from heddle_sdk.documents import looks_like_file, read_document
from heddle_sdk.runs import Run

T = TypeVar("T")
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id.")]
Watch = Annotated[bool, typer.Option("--watch/--no-watch", help="Show the run until it ends, or return at once.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(run)
    app.command()(runs)
    app.command()(tail)
    app.command()(show)
    app.command()(cancel)
    app.command()(retry)
    app.command()(resume)
    app.command()(approve)
    app.command()(approvals)


def run(
    workflow: Annotated[
        str, typer.Argument(metavar="FILE|ID", help="A workflow document, or the id of a saved workflow.")
    ],
    input: Annotated[
        list[str] | None,
        typer.Option(
            "--input", "-i", help="key=value, key=@file, @file.json or a JSON object; may be given several times."
        ),
    ] = None,
    watch_it: Watch = True,
    mode: Annotated[str | None, typer.Option(help="auto, inline, express or standard.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="key=value, shown with the run.")] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="USD", help="What its models may cost at most, such as 0.50.")
    ] = None,
    live: Annotated[
        bool | None,
        typer.Option(
            "--live/--no-live",
            help="Show what models write while they write it; so by default, unless with --json or --no-watch. With "
            "--json, each piece is a line, and the run the last one.",
        ),
    ] = None,
    forecast: Annotated[
        bool, typer.Option("--forecast", help="Say what the run may cost, and do not start it. A document is saved.")
    ] = False,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Run a workflow, show its progress, and print its result, cost and time."""
    with connect(stage, key) as client:
        document = (
            read_document(workflow) if looks_like_file(workflow) else dict(client.workflows.get(workflow).document)
        )
        schema = document.get("input") or {}
        if forecast:
            workflow_id = client.workflows.ensure(document if looks_like_file(workflow) else workflow)
            found = client.usage.forecast(workflow_id, parse_inputs(input, schema, named) if input else None)
            print_json(dict(found.raw)) if json else show_forecast(found)
            return
        given = parse_inputs(input or [], schema, lambda path: _upload(client, path))
        labels = dict(pair.split("=", 1) for pair in label or [] if "=" in pair)
        workflow_id = client.workflows.ensure(document if looks_like_file(workflow) else workflow)
        shown = live if live is not None else watch_it and not json
        started = client.runs.start(
            workflow_id, given, mode=mode, labels=labels or None, live=shown or None, budget_usd=budget
        )
        if not json:
            reason = f" [dim]({started.mode}: {started.reason})[/]" if started.mode else ""
            err.print(f"run [bold]{started.id}[/] of {workflow_id}{reason}", soft_wrap=True)
        if not watch_it:
            print_json(dict(started.raw)) if json else out.print(f"next: [bold]{COMMAND} tail {started.id}[/]")
            return
        if json and shown:
            _uninterrupted(started, lambda: write_json(started.stream()))
        _finish(client, _watched(client, started, json, texts=bool(live)), json, line=bool(shown))


def runs(
    workflow: Annotated[str | None, typer.Option(help="Only runs of this workflow.")] = None,
    status: Annotated[
        str | None, typer.Option(help="queued, running, waiting, succeeded, failed, cancelling, cancelled.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """List runs, newest first."""
    with connect(stage, key) as client:
        found: list[Run] = []
        for item in client.runs.list(workflow_id=workflow, status=status, limit=min(limit, 100)):
            found.append(item)
            if len(found) == limit:
                break
    if json:
        print_json([dict(r.raw) for r in found])
    elif found:
        show_runs(found)
    else:
        out.print(f"no runs yet; start one with: [bold]{COMMAND} run examples/research_brief.yaml[/]")


def tail(
    run: RunId,
    tokens: Annotated[
        bool,
        typer.Option("--tokens", help="Only what models write, as they write it; with --json, a line for each piece."),
    ] = False,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Watch a run until it ends, then print its result; of an ended run, show how it went."""
    with connect(stage, key) as client:
        found = client.runs.get(run)
        if tokens:
            frames = found.stream()
            _uninterrupted(found, lambda: write_json(frames) if json else write_text(frames, out))
            return
        _finish(client, _watched(client, found, json), json)


def show(run: RunId, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Show a run as it is now, with its nodes."""
    with connect(stage, key) as client:
        found = client.runs.get(run)
        if json:
            print_json(dict(found.raw))
            return
        show_nodes(found)
        show_facts(found, client)


def cancel(
    run: RunId, reason: Annotated[str, typer.Option()] = "", stage: Stage = None, key: Key = None, json: Json = False
) -> None:
    """Ask a run to stop."""
    with connect(stage, key) as client:
        _say(client.runs.get(run).cancel(reason), json)


def retry(
    run: RunId,
    from_start: Annotated[bool, typer.Option("--from-start", help="A new run of the same version and input.")] = False,
    watch_it: Watch = True,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Go on with a failed run where it failed, or run it again from the start."""
    with connect(stage, key) as client:
        again = client.runs.get(run).retry(from_start=from_start)
        if watch_it:
            _finish(client, _watched(client, again, json), json)
        else:
            _say(again, json)


def resume(run: RunId, watch_it: Watch = True, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Go on with a run that failed, was cancelled or lost its execution from where it stopped."""
    with connect(stage, key) as client:
        again = client.runs.get(run).resume()
        if watch_it:
            _finish(client, _watched(client, again, json), json)
        else:
            _say(again, json)


def approve(
    run: RunId,
    node: Annotated[str | None, typer.Option(help="The node, if more than one waits.")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="Reject instead of approving.")] = False,
    comment: Annotated[str, typer.Option()] = "",
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Decide for a run that waits for approval."""
    with connect(stage, key) as client:
        waiting = [a for a in client.approvals.list() if a.run_id == run and node in (None, a.node_id)]
        if not waiting:
            fail(f"nothing in run {run} waits for a decision", code=Exit.FAILED, hint=f"{COMMAND} approvals")
        if len(waiting) > 1:
            fail(
                f"several nodes wait: {', '.join(a.node_id for a in waiting)}",
                code=Exit.USAGE,
                hint=f"{COMMAND} approve {run} --node …",
            )
        decision = client.approvals.decide(waiting[0].id, "reject" if reject else "approve", comment)
        print_json(decision) if json else out.print(
            f"{'rejected' if reject else 'approved'} {waiting[0].node_id}; next: {COMMAND} tail {run}"
        )


def approvals(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List what waits for a decision."""
    with connect(stage, key) as client:
        found = list(client.approvals.list())
    if json:
        print_json([dict(a.raw) for a in found])
    elif found:
        rows = [(a.run_id, a.node_id, ago(a.created_at), one_line(a.message, 200)) for a in found]
        print_table(("run", "node", "since", "question"), rows, wrap=("question",))
        out.print(f"next: [bold]{COMMAND} approve RUN[/] [dim](or with --reject)[/]")
    else:
        out.print("nothing waits for a decision")


def _upload(client: Client, path: Path) -> dict[str, Any]:
    err.print(f"[dim]uploading {path.name}[/]")
    return client.uploads.file(path).as_input() | {"filename": path.name}


def _watched(client: Client, run: Run, quiet: bool, *, texts: bool = True) -> Run:
    return _uninterrupted(run, lambda: watch(client, run, quiet=quiet, texts=texts))


def _uninterrupted(run: Run, look: Callable[[], T]) -> T:
    try:
        return look()
    except KeyboardInterrupt:
        err.print(f"\nstopped watching; the run goes on. next: {COMMAND} tail {run.id}  ·  {COMMAND} cancel {run.id}")
        raise typer.Exit(Exit.INTERRUPTED) from None


def _finish(client: Client, run: Run, json: bool, *, line: bool = False) -> None:
    if json:
        value = dict(run.raw)
        if run.status == "succeeded":
            value["output"] = run.resolve(run.output)
        write_line(value) if line else print_json(value)
    else:
        show_result(run, client)
    if run.status in ("failed", "cancelled"):
        raise typer.Exit(Exit.FAILED)


def _say(run: Run, json: bool) -> None:
    print_json(dict(run.raw)) if json else out.print(
        f"run {run.id} is {coloured(run.status)}; next: {COMMAND} tail {run.id}"
    )
