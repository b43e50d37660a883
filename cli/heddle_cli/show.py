"""Showing runs: the result of one, and lists of them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.markdown import Markdown
from rich.markup import escape
from rich.rule import Rule
from rich.syntax import Syntax

from heddle_cli.console import coloured, cost, duration, is_mapping, one_line, out, swagger
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_table
from heddle_sdk import Client
from heddle_sdk.runs import Run

PROSE = ("report", "brief", "text", "answer", "summary", "markdown")
"""Outputs of these names are shown as the Markdown they usually are; other fields beside them as a line each."""


_TOKENS = ("input_tokens", "output_tokens")


def show_result(run: Run, client: Client) -> None:
    """Return the output of a run (or why it failed), its facts, and what to do next."""
    if run.status == "succeeded":
        _output(run.resolve(run.output))
    elif run.error:
        _error(run)
    show_facts(run, client)


def show_facts(run: Run, client: Client) -> None:
    """Status, time, cost, ids, and the next commands."""
    failed = [n.node_id for n in run.nodes if n.status == "failed"]
    facts = [
        ("status", coloured(run.status)),
        ("run", run.id),
        ("workflow", f"{run.workflow_id} version {run.workflow_version}"),
        ("time", " ".join(part for part in (duration(run.duration_ms), _mode(run)) if part)),
        ("cost", run_cost(run)),
        ("in the browser", swagger(client.base_url)),
    ]
    out.print(Rule(style="dim"))
    for name, value in facts:
        if value:
            out.print(f"  [dim]{name:<15}[/] {value}", soft_wrap=True)
    following = {
        "succeeded": [f"{COMMAND} tail {run.id}", f"{COMMAND} logs --run {run.id}", f"{COMMAND} runs"],
        "failed": [f"{COMMAND} logs --run {run.id}", f"{COMMAND} retry {run.id}", f"{COMMAND} tail {run.id}"],
        "cancelled": [f"{COMMAND} resume {run.id}"],
        "waiting": [f"{COMMAND} approve {run.id}", f"{COMMAND} tail {run.id}"],
    }.get(run.status, [f"{COMMAND} tail {run.id}", f"{COMMAND} cancel {run.id}"])
    out.print(f"  [dim]{'next':<15}[/] {'  ·  '.join(following)}", soft_wrap=True)
    if failed and run.status == "succeeded":
        out.print(f"  [dim]{'failed nodes':<15}[/] {', '.join(failed)} (their workflow went on)")


def _mode(run: Run) -> str:
    told = ": ".join(escape(part) for part in (run.mode, run.reason) if part)
    return f"[dim]({told})[/]" if told else ""


def total_cost(run: Run) -> Decimal:
    """Return what models and infrastructure cost together, in dollars."""
    return Decimal(run.cost_usd) + Decimal(run.infrastructure_usd)


def run_cost(run: Run) -> str:
    """Return the run's cost as one line: all of it, then models and infrastructure."""
    return (
        f"{cost(total_cost(run))}  [dim]models[/] {cost(run.cost_usd)}{_tokens(run)}"
        f"  [dim]infrastructure[/] {cost(run.infrastructure_usd)}"
    )


def show_nodes(run: Run) -> None:
    """Print each node with its time, and where models were asked, who answered for how much."""
    columns = ["node", "status", "attempt", "time"]
    rows: list[tuple[Any, ...]] = [(n.node_id, n.status, n.attempt or "", duration(n.duration_ms)) for n in run.nodes]
    if any(n.usage for n in run.nodes):
        columns += ["model", "read", "written", "cost"]
        used = [(_answered(n.usage), *(n.usage.get(name, "") for name in _TOKENS)) for n in run.nodes]
        costs = [cost(n.usage["cost_usd"]) if "cost_usd" in n.usage else "" for n in run.nodes]
        rows = [(*row, *tokens, paid) for row, tokens, paid in zip(rows, used, costs, strict=True)]
    if rows:
        print_table(columns, rows, wrap=("node", "model"))


def show_runs(runs: list[Run]) -> None:
    """Return a list of runs."""
    from heddle_cli.console import ago

    rows = [
        (r.id, r.workflow_id, r.status, duration(r.duration_ms), cost(total_cost(r)), r.mode, ago(r.requested_at))
        for r in runs
    ]
    print_table(("run", "workflow", "status", "time", "cost", "mode", "when"), rows, wrap=("workflow",))


def _output(output: Any) -> None:
    if not is_mapping(output):
        _json(output)
        return
    rest = dict(output)
    for name in PROSE:
        if isinstance(rest.get(name), str):
            out.print(Rule(name, style="dim"))
            out.print(Markdown(rest.pop(name)))
    if rest:
        out.print(Rule("output" if len(rest) == len(output) else "also", style="dim"))
        _fields(rest)


def _fields(values: Mapping[str, Any]) -> None:
    if all(not isinstance(v, dict | list) or len(one_line(v, 10_000)) < 100 for v in values.values()):
        for name, value in values.items():
            out.print(f"  [dim]{escape(name):<15}[/] {escape(one_line(value, 2_000))}", soft_wrap=True)
    else:
        _json(values)


def _json(value: Any) -> None:
    import json

    out.print(
        Syntax(
            json.dumps(value, indent=2, ensure_ascii=False, default=str),
            "json",
            background_color="default",
            word_wrap=True,
        )
    )


def _error(run: Run) -> None:
    error = run.error or {}
    at = f" at node [bold]{escape(str(error['node_id']))}[/]" if error.get("node_id") else ""
    out.print(
        f"[bold red]{run.status}[/]{at}: {escape(str(error.get('message', '')))} "
        f"[dim]({escape(str(error.get('code', '')))})[/]"
    )


def _tokens(run: Run) -> str:
    read, written = (sum(int(n.usage.get(name) or 0) for n in run.nodes) for name in _TOKENS)
    told = [f"{read:,} tokens read, {written:,} written"] if read or written else []
    told += sorted({answered for n in run.nodes for answered in _answered(n.usage).split(", ") if answered})
    return f" [dim]({escape(', '.join(told))})[/]" if told else ""


def _answered(usage: Mapping[str, Any]) -> str:
    """Return which models answered a node, as provider/model."""
    if usage.get("models"):
        return ", ".join(usage["models"])
    return "/".join(str(usage[name]) for name in ("provider", "model") if usage.get(name))
