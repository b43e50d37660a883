"""What may be spent: budgets, and the switch that stops all calls to models."""

from typing import Annotated

import typer

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Exit, Json, ago, fail, out, print_json, table
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
        out.print(table(columns, [_row(budget) for budget in found]))
    else:
        out.print("there are no budgets; make one with: heddle budgets set ID --scope tenant --period month --limit 25")


@budgets.command("set")
def set_budget(
    budget: Id,
    limit: Annotated[
        str | None, typer.Option("--limit", "-l", help="Dollars, such as 25 or 0.50; 0 blocks all that costs.")
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
    print_json(dict(made.raw)) if json else out.print(f"[green]{made.id}[/]: {_for(made)}, {_limit(made)}")


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
    facts = {"for": _for(found), "limit": _limit(found), **(found.status or {})}
    out.print(table(("", ""), [(name, value) for name, value in facts.items() if value is not None]))


@budgets.command()
def delete(budget: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Delete a budget; calls under way end in it."""
    with connect(stage, key) as client:
        client.budgets.delete(budget)
    print_json({"deleted": budget}) if json else out.print(f"{budget} is deleted")


@budgets.command()
def alerts(budget: Id, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Show what a budget has announced, newest first."""
    with connect(stage, key) as client:
        found = list(client.budgets.alerts(budget))
    if json:
        print_json([dict(alert.raw) for alert in found])
    else:
        rows = [(each.window, each.subject, f"{each.percent} %", each.kind, each.spent_usd, each.at) for each in found]
        out.print(table(("window", "of", "passed", "kind", "spent", "at"), rows))


@ai.command()
def stop(
    workflow: Workflow = None, reason: Reason = "", stage: Stage = None, key: Key = None, json: Json = False
) -> None:
    """Begin no more calls to models; those under way are still paid."""
    with connect(stage, key) as client:
        _show(client.ai.stop(workflow, reason=reason), json)


@ai.command()
def resume(
    workflow: Workflow = None, reason: Reason = "", stage: Stage = None, key: Key = None, json: Json = False
) -> None:
    """Let calls to models begin again."""
    with connect(stage, key) as client:
        _show(client.ai.resume(workflow, reason=reason), json)


@ai.command()
def status(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Say what is stopped, by whom and why."""
    with connect(stage, key) as client:
        _show(client.ai.status(), json)


def _show(found: AiStatus, json: bool) -> None:
    if json:
        print_json(dict(found.raw))
        return
    stops = [("the tenant", found.stop)] if found.stop else []
    stops += [(stop["workflow_id"], stop) for stop in found.workflows]
    if not stops:
        out.print("[green]nothing is stopped[/]")
        return
    rows = [(what, stop["by"], ago(stop["at"]), stop["reason"]) for what, stop in stops]
    out.print(table(("stopped", "by", "when", "why"), rows))


def _row(budget: Budget) -> tuple[str, ...]:
    status = budget.status or {}
    spent = f"{status['spent_usd']} ({status['percentage_used']} %)" if status else ""
    head = (budget.id, _for(budget), f"{budget.limit_usd}/{budget.period}", budget.action)
    return (*head, spent, status.get("left_usd", ""), status.get("health", ""))


def _for(budget: Budget) -> str:
    if budget.scope == "tenant":
        return "the tenant"
    return f"each {budget.scope}" if budget.subject == "*" else f"{budget.scope} {budget.subject}"


def _limit(budget: Budget) -> str:
    then = f"downgrade to {budget.downgrade_to}" if budget.action == "downgrade" else budget.action
    return f"{budget.limit_usd} USD for the {budget.period}, then {then}"
