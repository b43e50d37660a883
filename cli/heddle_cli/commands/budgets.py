"""What may be spent: budgets, and the switch that stops all calls to models."""

from decimal import Decimal
from typing import Annotated

import typer
from rich.markup import escape

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Exit, Json, ago, cost, fail, out, print_json
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_facts, print_table
from heddle_sdk.budgets import AiStatus, Budget

budgets = typer.Typer(help="What may be spent by whom, in which time.", invoke_without_command=True)
ai = typer.Typer(help="Stop and resume calls to models.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="BUDGET", help="A budget's id.")]
Workflow = Annotated[str | None, typer.Option("--workflow", "-w", help="Only this workflow; the tenant without it.")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; it is kept, and shown to whoever is refused.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(budgets, name="budgets")
    app.add_typer(ai, name="ai")


@budgets.callback()
def listed(context: typer.Context, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List budgets and how they stand."""
    if context.invoked_subcommand is not None:
        return
    with connect(stage, key) as client:
        found = list(client.budgets.list())
    if json:
        print_json([dict(budget.raw) for budget in found])
    elif found:
        columns = ("budget", "for", "limit", "then", "spent", "left", "health")
        print_table(columns, [_row(budget) for budget in found], wrap=("for", "budget"))
    else:
        example = f"{COMMAND} budgets set ID --scope tenant --period month --limit 25"
        out.print(f"no budgets yet; make one with: [bold]{example}[/]", soft_wrap=True)


@budgets.command("set")
def set_budget(
    budget: Id,
    limit: Annotated[
        str | None, typer.Option("--limit", "-l", help="Dollars, such as 25 or 0.50; 0 lets only free calls pass.")
    ] = None,
    scope: Annotated[str | None, typer.Option(help="tenant, user, api_key, workflow or run.")] = None,
    subject: Annotated[str | None, typer.Option(help="Whose it is, or * for one of each.")] = None,
    period: Annotated[str | None, typer.Option(help="run, hour, day, month or total.")] = None,
    action: Annotated[str | None, typer.Option(help="block, approve, downgrade or warn.")] = None,
    downgrade_to: Annotated[str | None, typer.Option(help="The alias to take instead.")] = None,
    warn_at: Annotated[list[int] | None, typer.Option(help="A percentage to announce; may be repeated.")] = None,
    shards: Annotated[int | None, typer.Option(help="Among how many counters it is divided.")] = None,
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Make a budget, or change one: what is not given stays as it is."""
    given = {
        "limit_usd": limit,
        "scope": scope,
        "subject": subject,
        "period": period,
        "action": action,
        "downgrade_to": downgrade_to,
        "warn_at": warn_at,
        "shards": shards,
        "name": name,
    }
    values = {name: value for name, value in given.items() if value is not None}
    with connect(stage, key) as client:
        known = {each.id for each in client.budgets.list()}
        missing = [
            f"--{option}" for option, value in (("scope", scope), ("period", period), ("limit", limit)) if not value
        ]
        if budget not in known and missing:
            fail(f"a new budget needs {', '.join(missing)}", code=Exit.USAGE)
        made = client.budgets.set(budget, **values)
    if json:
        print_json(dict(made.raw))
        return
    done = "changed" if budget in known else "made"
    out.print(f"{done} [bold]{escape(made.id)}[/] for {escape(_for(made))}: {escape(_limit(made))}", soft_wrap=True)
    out.print(f"next: [bold]{COMMAND} budgets show {escape(made.id)}[/]")


@budgets.command()
def show(
    budget: Id,
    subject: Annotated[str | None, typer.Option(help="Of whom, for a budget that each has for itself.")] = None,
    window: Annotated[str | None, typer.Option(help="When, such as 2026-11-20 or 2026-11; now without it.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Show a budget and how it stands."""
    with connect(stage, key) as client:
        found = client.budgets.get(budget, subject=subject, window=window)
    if json:
        print_json(dict(found.raw))
        return
    print_facts(_facts(found))


@budgets.command()
def delete(budget: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Delete a budget; calls under way end in it."""
    with connect(stage, key) as client:
        client.budgets.delete(budget)
    print_json({"deleted": budget}) if json else out.print(f"{escape(budget)} is deleted")


@budgets.command()
def alerts(budget: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Show what a budget has announced, newest first."""
    with connect(stage, key) as client:
        found = list(client.budgets.alerts(budget))
    if json:
        print_json([dict(alert.raw) for alert in found])
    elif found:
        rows = [
            (each.window, each.subject, f"{each.percent} %", each.kind, cost(each.spent_usd), ago(each.at))
            for each in found
        ]
        print_table(("window", "of", "passed", "kind", "spent", "when"), rows, wrap=("of",))
    else:
        out.print("it has announced nothing so far")


@ai.command()
def stop(
    workflow: Workflow = None, reason: Reason = "", stage: Stage = None, key: Key = None, json: Json = False
) -> None:
    """Begin no more calls to models; those under way are still paid."""
    with connect(stage, key) as client:
        found = client.ai.stop(workflow, reason=reason)
    if json:
        print_json(dict(found.raw))
        return
    of = f" --workflow {workflow}" if workflow else ""
    out.print(
        f"[red]stopped[/]: {_whose(workflow)} begins no more calls to models; those under way are still paid",
        soft_wrap=True,
    )
    out.print(f"next: [bold]{COMMAND} ai resume{escape(of)}[/] [dim](lets them begin again)[/]", soft_wrap=True)


@ai.command()
def resume(
    workflow: Workflow = None, reason: Reason = "", stage: Stage = None, key: Key = None, json: Json = False
) -> None:
    """Let calls to models begin again."""
    with connect(stage, key) as client:
        found = client.ai.resume(workflow, reason=reason)
    if json:
        print_json(dict(found.raw))
        return
    out.print(f"[green]resumed[/]: {_whose(workflow)} may call models")
    if found.stop or found.workflows:
        out.print("still stopped:")
        _show(found)


@ai.command()
def status(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Say what is stopped, by whom and why."""
    with connect(stage, key) as client:
        found = client.ai.status()
    print_json(dict(found.raw)) if json else _show(found)


def _show(found: AiStatus) -> None:
    stops = [("the tenant", found.stop)] if found.stop else []
    stops += [(stop["workflow_id"], stop) for stop in found.workflows]
    if not stops:
        out.print("[green]nothing is stopped[/]")
        return
    rows = [(what, stop["by"], ago(stop["at"]), stop["reason"]) for what, stop in stops]
    print_table(("stopped", "by", "when", "why"), rows, wrap=("why",))


def _whose(workflow: str | None) -> str:
    return f"workflow {escape(workflow)}" if workflow else "the tenant"


def _row(budget: Budget) -> tuple[str, ...]:
    status = budget.status or {}
    spent = f"{cost(status['spent_usd'])} ({status['percentage_used']} %)" if status else ""
    left = cost(status["left_usd"]) if status else ""
    return budget.id, _for(budget), _amount(budget), budget.action, spent, left, status.get("health", "")


def _facts(budget: Budget) -> list[tuple[str, str]]:
    status = budget.status or {}
    facts = [("for", _for(budget)), ("limit", _limit(budget))]
    if not status:
        return [*facts, ("standing", "each has its own: name one with --subject")]
    facts += [("of", status["subject"])] if budget.subject == "*" and budget.scope != "tenant" else []
    facts += [("window", status["window"]), ("health", status["health"])]
    facts += [("spent", f"{cost(status['spent_usd'])} ({status['percentage_used']} %)")]
    facts += [("reserved", f"{cost(status['reserved_usd'])} for calls under way")]
    facts += [("left", cost(status["left_usd"]))]
    facts += [("granted", f"{cost(status['extra_usd'])} on top")] if status["extra_usd"] != "0" else []
    projected = status.get("projected_usd")
    return facts + ([("projected", f"{cost(projected)} at the end of the window")] if projected is not None else [])


def _for(budget: Budget) -> str:
    if budget.scope == "tenant":
        return "the tenant"
    return f"each {budget.scope}" if budget.subject == "*" else f"{budget.scope} {budget.subject}"


def _amount(budget: Budget) -> str:
    return cost(budget.limit_usd) + {"run": " a run", "total": " in total"}.get(budget.period, f" per {budget.period}")


def _limit(budget: Budget) -> str:
    then = {
        "warn": "then alerts only",
        "block": "then calls are refused",
        "approve": "then calls wait for an approval",
        "downgrade": f"then calls go to {budget.downgrade_to}",
    }[budget.action]
    if Decimal(budget.limit_usd) == 0:
        return f"$0, no call that costs something fits: {then.removeprefix('then ')}"
    return f"{_amount(budget)}, {then}"
