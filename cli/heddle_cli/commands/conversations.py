"""What a node asked of models and tools."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Json, cost, duration, one_line, out, print_json
from heddle_cli.names import COMMAND

SHOWN_CHARS = 400


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(conversation)


def conversation(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id.")],
    node: Annotated[str, typer.Argument(metavar="NODE", help="A node that asks models, such as an agent.")],
    item: Annotated[int | None, typer.Option(min=0, help="Which item, of a node with for_each.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Show every call of a node to models and tools, as it was recorded."""
    with connect(stage, key) as client:
        events = list(client.runs.get(run).conversation(node, item=item))
    if json:
        print_json([dict(event.raw) for event in events])
        return
    if not events:
        out.print(f"nothing is recorded of {escape(node)}; next: [bold]{COMMAND} show {escape(run)}[/]", soft_wrap=True)
    for event in events:
        _show(event.type, event.data)


def _show(kind: str, data: Mapping[str, Any]) -> None:
    if kind == "ModelCalled":
        usage, answer = data.get("usage") or {}, data.get("answer") or {}
        prompt = data.get("prompt") or {}
        named = f"  [dim]prompt {prompt['name']}@{prompt['version']}[/]" if prompt.get("name") else ""
        out.print(
            f"[bold]{data['step']}[/]  {escape(str(data['provider']))}/{escape(str(data['model']))}  "
            f"[dim]{usage.get('input_tokens', 0)} read, {usage.get('output_tokens', 0)} written, "
            f"{cost(usage.get('cost_usd', '0'))}, {duration(data.get('duration_ms'))}[/]{named}",
            soft_wrap=True,
        )
        if isinstance(answer, Mapping) and answer.get("text"):
            out.print(f"   {escape(one_line(answer['text'], SHOWN_CHARS))}", soft_wrap=True)
    elif kind == "ToolCalled":
        mark = "[red]✘[/]" if data.get("is_error") else "[green]✔[/]"
        out.print(
            f"   {mark} {escape(str(data['tool']))}({escape(one_line(data.get('arguments'), 120))}) "
            f"[dim]{duration(data.get('duration_ms'))}[/]",
            soft_wrap=True,
        )
        out.print(f"     [dim]{escape(one_line(data.get('result'), SHOWN_CHARS))}[/]", soft_wrap=True)
    elif kind == "ConversationEnded":
        out.print(f"[dim]ended: {escape(str(data.get('outcome')))}; a further attempt began anew[/]")
