"""What was used, what it cost, and what a run may cost."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Json, cost, counted, duration, err, out, print_json
from heddle_cli.inputs import parse_inputs
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_table
from heddle_sdk.usage import Forecast, UsageReport


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(usage)
    app.command()(forecast)


def usage(
    by: Annotated[
        str, typer.Option(help="Comma list of tenant, user, workflow, model, provider, day, week, month.")
    ] = "provider,model",
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day; 30 days ago.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day; today.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write every call of these days to this file.")] = None,
    advice: Annotated[bool, typer.Option("--advice", help="Show what could be done for less instead.")] = False,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Show what models were used and what they cost."""
    with connect(stage, key) as client:
        if csv is not None:
            lines = client.usage.save_csv(csv, first, last)
            print_json({"file": str(csv), "calls": lines}) if json else out.print(
                f"{counted(lines, 'call')} in {escape(str(csv))}", soft_wrap=True
            )
            return
        if advice:
            found = client.usage.recommendations()
            print_json(found) if json else show_advice(found)
            return
        report = client.usage.report(first, last, by=[name.strip() for name in by.split(",") if name.strip()])
    print_json(dict(report.raw)) if json else show_usage(report)


def forecast(
    workflow: Annotated[str, typer.Argument(metavar="ID", help="The id of a saved workflow.")],
    input: Annotated[
        list[str] | None, typer.Option("--input", "-i", help="As of run; files are not uploaded, but counted by name.")
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Another version than the newest.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Say what a run may cost, without starting one."""
    with connect(stage, key) as client:
        given = None
        if input:
            schema = dict(client.workflows.get(workflow, version).document).get("input") or {}
            given = parse_inputs(input, schema, named)
        found = client.usage.forecast(workflow, given, version)
    print_json(dict(found.raw)) if json else show_forecast(found)


def named(path: Path) -> dict[str, Any]:
    """Return what stands for a file in the input of a run that is not started."""
    return {"object": path.name, "filename": path.name}


def show_usage(report: UsageReport) -> None:
    """Print a report as a table, totals below it."""
    names = report.group_by
    rare = [name for name in ("cached", "failed") if any(group[f"{name}_calls"] for group in report.groups)]
    rows = [
        (
            *(group["group"][name] for name in names),
            group["calls"],
            group["input_tokens"],
            group["output_tokens"],
            cost(group["cost_usd"]),
            duration(group["average_latency_ms"]),
            *(group[f"{name}_calls"] or "" for name in rare),
        )
        for group in report.groups
    ]
    days, totals = f"[dim]{report.raw['from']} to {report.raw['to']}[/]", report.totals
    if not rows:
        out.print(f"{days}  no model was called", soft_wrap=True)
        return
    print_table((*names, "calls", "read", "written", "cost", "latency", *rare), rows, wrap=names)
    out.print(
        f"{days}  {counted(totals['calls'], 'call')}, {totals['input_tokens']:,} tokens read, "
        f"{totals['output_tokens']:,} written, [bold]{cost(totals['cost_usd'])}[/]",
        soft_wrap=True,
    )
    if report.groups_total > len(report.groups):
        err.print(f"[dim]{report.groups_total - len(report.groups)} groups more; the dearest are above[/]")


def show_advice(items: list[dict[str, Any]]) -> None:
    """Print advice, what saves most first."""
    for item in items:
        out.print(f"[bold]{item['kind']}[/] {escape(item['about'])}: {escape(item['advice'])}", soft_wrap=True)
        facts = ", ".join(f"{name} {value}" for name, value in item["figures"].items())
        saving = cost(item["monthly_saving_usd"])
        out.print(
            f"  [dim]saves {saving} a month, confidence {item['confidence']}, effort {item['effort']}, "
            f"risk {item['risk']} ({escape(facts)})[/]",
            soft_wrap=True,
        )
    if not items:
        out.print("nothing stands out")


def show_forecast(found: Forecast) -> None:
    """Print a forecast: the two figures, what they rest on, what was assumed."""
    history, estimate = found.history, found.estimate
    if found.basis == "history" and history is not None:
        out.print(f"a run costs about [bold]{cost(found.likely_usd)}[/], hardly more than {cost(found.high_usd)}")
        versions = ", ".join(f"{count} of version {version}" for version, count in history["versions"].items())
        took = history["duration_ms"]
        out.print(
            f"  [dim]{counted(history['runs'], 'ended run')} ({versions}), half within {duration(took['p50'])}, "
            f"95 % within {duration(took['p95'])}[/]",
            soft_wrap=True,
        )
        parts = (("models", "models_usd"), ("infrastructure", "infrastructure_usd"))
        for name, key in parts:
            out.print(f"  [dim]{name:<15}[/] {cost(history[key]['p50'])} to {cost(history[key]['p95'])}")
    else:
        out.print(f"a run costs between [bold]{cost(found.likely_usd)}[/] and [bold]{cost(found.high_usd)}[/]")
        runs = history["runs"] if history else 0
        out.print(
            f"  [dim]worked out from the plan, as {counted(runs, 'run') if runs else 'no run'} of it ended so far[/]",
            soft_wrap=True,
        )
        for node in estimate["nodes"]:
            each = "" if node["items"] is not None else " for each item"
            amounts = f"{cost(node['low_usd'])} to {cost(node['high_usd'])}"
            out.print(
                f"  [dim]{node['node_id']:<15}[/] {amounts}{each} [dim]{escape(node['model'])}[/]", soft_wrap=True
            )
        for note in estimate["assumptions"]:
            out.print(f"  [dim]· {escape(note)}[/]", soft_wrap=True)
    modes = ", ".join(f"{mode} {cost(amount)}" for mode, amount in estimate["infrastructure_usd"].items())
    out.print(f"  [dim]{'by mode':<15} {modes}; it would run {found.mode}: {escape(found.reason)}[/]", soft_wrap=True)
    out.print(f"next: [bold]{COMMAND} run {found.workflow_id}[/]")
