"""What the operator of the local stage does: verify histories, rebuild rows, bring dead letters back, repair."""

from typing import Annotated

import typer

from heddle_cli.connect import local_stage
from heddle_cli.console import Exit, Json, err, fail, out, print_json
from heddle_cli.local_aws import DEAD_LETTERS, verify_run
from heddle_cli.local_aws import rebuild as rebuild_runs
from heddle_cli.local_aws import redrive as call_redrive
from heddle_cli.local_aws import repair_schedules as call_repair
from heddle_cli.tables import print_table


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(verify)
    app.command()(rebuild)
    app.command()(redrive)
    app.command()(repair_schedules)


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
        print_table(("commit", "code", "what is wrong"), [f.values() for f in report["findings"]])
    if not report["intact"] or not report["commits"]:
        raise typer.Exit(Exit.FAILED)


def rebuild(
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="A run's id; all runs without it.")] = None,
    json: Json = False,
) -> None:
    """Make what lists and summaries show of runs anew from their histories."""
    rebuilt = rebuild_runs(local_stage().tenant, run)
    if run is not None and not rebuilt:
        fail(f"there is no history of a run {run} in this tenant", code=Exit.FAILED)
    print_json({"rebuilt": rebuilt}) if json else out.print(f"{rebuilt} {'run' if rebuilt == 1 else 'runs'} rebuilt")


def redrive(
    source: Annotated[
        str | None, typer.Argument(help=f"Only those of {', '.join(DEAD_LETTERS)}; all without it.")
    ] = None,
    json: Json = False,
) -> None:
    """Send dead letters back to where they came from: events to the bus, messages to their queue."""
    if source is not None and source not in DEAD_LETTERS:
        raise typer.BadParameter(f"{source} is none of {', '.join(DEAD_LETTERS)}")
    answers = {name: call_redrive(name) for name in ([source] if source else DEAD_LETTERS)}
    if json:
        print_json(answers)
    else:
        columns = ("letters", "events", "refused", "unreadable")
        print_table(("of", *columns), [(name, *(found[key] for key in columns)) for name, found in answers.items()])


def repair_schedules(
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Only timers of this tenant.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what is wrong.")] = False,
    json: Json = False,
) -> None:
    """Compare timers with their schedules, and make right what is missing, surplus or different."""
    answer = call_repair(tenant, dry_run=dry_run)
    if json:
        print_json(answer)
        return
    if not answer["drifted"]:
        out.print("every schedule is as its timer says")
        return
    print_table(
        ("timer", "tenant", "schedule"),
        [(each["trigger_id"], each["tenant"], each["drift"]) for each in answer["drifted"]],
    )
    out.print("nothing was changed" if dry_run else "all of these were made right")
    if not answer["done"]:
        out.print("there was no time for all of them: once more, please")
