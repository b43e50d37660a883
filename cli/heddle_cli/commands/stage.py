"""The local stage: up, down, status."""

import os
from typing import Annotated

import typer
from rich.markup import escape

from heddle_cli.console import Exit, Json, err, out, print_json, swagger
from heddle_cli.names import COMMAND
from heddle_cli.stage import lifecycle, providers
from heddle_cli.stage.home import Home
from heddle_cli.stage.stage_file import StageFile
from heddle_cli.tables import print_facts


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(up)
    app.command()(down)
    app.command()(status)


def steps(quiet: bool) -> lifecycle.Steps:
    """Step-by-step output on standard error: what is being done, and each step's time when it is done."""

    def started(name: str) -> None:
        if err.is_terminal and not quiet:
            err.print(f"  [cyan]▸[/] {name} …", end="\r")

    def finished(name: str, seconds: float, note: str) -> None:
        if not quiet:
            err.print(f"  [green]✔[/] {name:<16} [dim]{seconds:5.1f} s[/]  {escape(note)}", soft_wrap=True)

    def detail(text: str) -> None:
        if not quiet:
            err.print(f"    [dim]{escape(text)}[/]          ", soft_wrap=True)

    return lifecycle.Steps(started, finished, detail)


def up(
    redeploy: Annotated[bool, typer.Option("--redeploy", help="Deploy even if nothing changed.")] = False,
    json: Json = False,
) -> None:
    """Bring the local stage up: emulator, PostgreSQL, edge proxy, a real cdk deploy, a demo tenant."""
    watched = steps(quiet=json)
    stage = lifecycle.bring_up(Home.find(), watched, redeploy=redeploy)
    if json:
        print_json(
            {
                "api_url": stage.api_url,
                "app_url": stage.app_url,
                "seconds": sum(watched.times.values()),
                "steps": watched.times,
            }
        )
        return
    out.print(
        f"[bold green]up[/] in {sum(watched.times.values()):.1f} s at [bold]{stage.app_url}[/]  "
        f"(in the browser: {swagger(stage.api_url)})",
        soft_wrap=True,
    )
    out.print(f"models: [bold]{providers.default_provider(os.environ)}[/] [dim]({providers.why(os.environ)})[/]")
    out.print(
        f"next: [bold]{COMMAND} run examples/research_brief.yaml[/]  ·  {COMMAND} status  ·  {COMMAND} down",
        soft_wrap=True,
    )


def down(
    delete: Annotated[bool, typer.Option("--delete", help="Also forget all data: tables, files, users, runs.")] = False,
    json: Json = False,
) -> None:
    """Stop everything that `up` started. Data is kept, unless told otherwise."""
    said = lifecycle.bring_down(Home.find(), delete=delete)
    print_json({"done": said}) if json else out.print("; ".join(said))


def status(json: Json = False) -> None:
    """Say whether the local stage runs and is well, and where it is."""
    import httpx

    home = Home.find()
    facts = lifecycle.facts(home)
    stage = StageFile.read(home.stage_file)
    health: dict[str, object] = {}
    if facts["state"] == "ready" and stage is not None:
        try:
            health = httpx.get(f"{stage.api_url}/health/detailed", timeout=30).json()
        except (httpx.HTTPError, ValueError) as error:
            health = {"status": "unreachable", "reason": str(error)}
    if json:
        where = {"app_url": stage.app_url, "api_url": stage.api_url, "tenant": stage.tenant} if stage else {}
        print_json({**facts, **where, "health": health})
    else:
        _print_status(facts, stage, health)
    if facts["state"] != "ready":
        raise typer.Exit(Exit.STAGE)


def _print_status(facts: dict[str, object], stage: StageFile | None, health: dict[str, object]) -> None:
    state = str(facts["state"])
    colour = {"ready": "green", "failed": "red", "crashed": "red"}.get(state, "yellow")
    out.print(
        f"the local stage is [{colour}]{state}[/]"
        + (f": {escape(str(facts['reason']))}" if facts.get("reason") else ""),
        soft_wrap=True,
    )
    if state != "ready":
        out.print(f"next: [bold]{COMMAND} up[/]")
        return
    if stage is not None:
        rows = [("app", stage.app_url), ("API", stage.api_url), ("in the browser", swagger(stage.api_url))]
        rows += [("tenant", stage.tenant), ("user", stage.user)]
        print_facts(rows)
    checks = health.get("checks") or health.get("dependencies") or {}
    if isinstance(checks, dict):
        print_facts((name, _state(value)) for name, value in checks.items())
    out.print(f"health: {health.get('status', 'unknown')}")


def _state(value: object) -> str:
    return str(value.get("status", value)) if isinstance(value, dict) else str(value)
