"""What the operator of the local stage does: verify histories, bring dead letters back."""

from typing import Annotated

import typer

from heddle_cli.connect import local_stage
from heddle_cli.console import Exit, Json, err, out, print_json, table
from heddle_cli.local_aws import redrive as call_redrive
from heddle_cli.local_aws import verify_run


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(verify)
    app.command()(redrive)


def verify(run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id.")], json: Json = False) -> None:
    """Check the hash chain of a run's history in the local event store: nothing changed, nothing missing."""
    report = verify_run(run, local_stage().tenant)
    if json:
        print_json(report)
    elif not report["commits"]:
        err.print(f"there is no history of a run {run} in this tenant")
    elif report["intact"]:
        out.print(
            f"[green]intact[/]: {report['commits']} commits, {report['events']} events; seal {report['head_hash']}"
        )
    else:
        out.print(table(("commit", "code", "what is wrong"), [f.values() for f in report["findings"]]))
    if not report["intact"] or not report["commits"]:
        raise typer.Exit(Exit.FAILED)


def redrive(
    source: Annotated[
        str | None, typer.Argument(help="Only these dead letters, for example relay; all without it.")
    ] = None,
    json: Json = False,
) -> None:
    """Send dead letters back to where they came from: events to the bus, messages to their queue."""
    answer = call_redrive({"source": source} if source else {})
    print_json(answer) if json else out.print(table(("what", "how many"), answer.items()))
