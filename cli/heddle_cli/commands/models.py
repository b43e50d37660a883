"""Models and providers: what there is, what it costs, who answers."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.text import Text

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Json, counted, out, print_json
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_table
from heddle_sdk.ai_models import Alias, Model

_models = typer.Typer(help="Models and aliases: price, window, who answers; compare, cheapest, count, alias.")
InputTokens = Annotated[int, typer.Option("--input-tokens", min=0, help="Tokens of the prompt.")]
OutputTokens = Annotated[int, typer.Option("--output-tokens", min=0, help="Tokens of the answer.")]

_UNIT = "prices are USD for a million tokens"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(_models, name="models")
    app.command()(providers)


@_models.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    provider: Annotated[str | None, typer.Option(help="Every known model of this provider.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """List aliases and models with price, window and who answers."""
    if context.invoked_subcommand is not None:
        return
    with connect(stage, key) as client:
        aliases, listed = client.models.aliases(), client.models.list(provider=provider)
    if json:
        shown = {"aliases": [dict(each.raw) for each in aliases], "models": [dict(each.raw) for each in listed]}
        print_json(shown)
        return
    if not provider:
        columns = ("alias", "asked in this order", "price in / out", "window", "answers")
        print_table(columns, map(_alias_row, aliases), wrap=("asked in this order", "answers"))
        more = f"all of a provider: {COMMAND} models --provider NAME"
        out.print(f"[dim]{_UNIT} · {more}[/]", soft_wrap=True)
        return
    columns = ("model", "price in / out", "window", "most output", "source")
    print_table(columns, map(_model_row, listed), wrap=("source", "model"))
    out.print(f"[dim]{_UNIT}[/]")


@_models.command()
def compare(
    a: Annotated[str, typer.Argument(help="Alias or provider/model.")],
    b: Annotated[str, typer.Argument(help="Alias or provider/model.")],
    input_tokens: InputTokens = 1000,
    output_tokens: OutputTokens = 100,
    calls_per_day: Annotated[int, typer.Option(min=0, help="For what a month of 30 days costs.")] = 1,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Compare what two models cost for a usage."""
    with connect(stage, key) as client:
        found = client.models.compare(
            a, b, input_tokens=input_tokens, output_tokens=output_tokens, calls_per_day=calls_per_day
        )
    if json:
        print_json(_plain(found.raw))
        return
    sides = [
        (each.ref, f"${each.cost_usd}", f"${each.raw['monthly_cost_usd']}", _price(each)) for each in (found.a, found.b)
    ]
    print_table(("model", "a call", "a month", "price in / out"), sides, wrap=("model",))
    if found.cheaper == "same":
        out.print("both cost the same")
        return
    cheaper = found.a if found.cheaper == "a" else found.b
    out.print(
        f"[green]{escape(cheaper.ref)}[/] saves {found.saving_percent} %: "
        f"${found.saving_usd} a call, ${found.monthly_saving_usd} a month"
    )


@_models.command()
def cheapest(
    models: Annotated[list[str] | None, typer.Argument(help="Only these; else all that can be used.")] = None,
    input_tokens: InputTokens = 1000,
    output_tokens: OutputTokens = 100,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """List models by what a usage costs with them, cheapest first."""
    with connect(stage, key) as client:
        found = client.models.cheapest(*(models or []), input_tokens=input_tokens, output_tokens=output_tokens)
    if json:
        print_json([dict(each.raw) for each in found])
        return
    rows = [(each.ref, f"${each.cost_usd}", _price(each), _tokens(each.context_window)) for each in found]
    print_table(("model", "costs", "price in / out", "window"), rows, wrap=("model",))
    out.print(f"[dim]{_UNIT}[/]")


@_models.command()
def alias(
    name: Annotated[str, typer.Argument(help="The alias, such as best.")],
    models: Annotated[list[str] | None, typer.Argument(help="provider/model, tried in this order.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove the alias.")] = False,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Let an alias stand for models: heddle models alias best openai/gpt-5 anthropic/claude-opus-4-5."""
    if delete == bool(models):
        raise typer.BadParameter("give the models that it stands for, or --delete")
    with connect(stage, key) as client:
        if delete:
            client.models.delete_alias(name)
        else:
            client.models.set_alias(name, *(models or []))
        found = next((each for each in client.models.aliases() if each.name == name), None)
    if json:
        print_json({"alias": name, "chain": [link.ref for link in found.chain] if found else []})
        return
    if found is None:
        out.print(f"{escape(name)} is gone")
    else:
        out.print(Text.assemble(name, " → ", _chain(found)), soft_wrap=True)


@_models.command()
def count(
    text: Annotated[str, typer.Argument(help="The text.")],
    model: Annotated[str | None, typer.Option("--model", help="Alias or provider/model.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Count the tokens of a text, without asking a provider."""
    with connect(stage, key) as client:
        found = client.models.count(text, model)
    if json:
        print_json(dict(found.raw))
        return
    how = f"exactly, with {found.method}" if found.exact else f"estimated by {found.method}"
    cost = "" if found.input_cost_usd is None else f" · ${found.input_cost_usd} to read"
    out.print(f"{counted(found.tokens, 'token')} for {escape(found.model)} ({how}){cost}")


def providers(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List who answers prompts, and whether they are well."""
    with connect(stage, key) as client:
        found = client.providers.list()
    if json:
        print_json([dict(each.raw) for each in found])
        return
    rows = [
        (
            each.name,
            each.kind,
            "yours" if each.own else "the stage's",
            _standing(each.enabled, each.circuit),
            each.default_model or "",
            each.secret or "",
            ", ".join(each.aliases),
        )
        for each in found
    ]
    columns = ("provider", "kind", "whose", "state", "default model", "secret", "aliases")
    print_table(columns, rows, wrap=("aliases", "default model"))


def _alias_row(alias: Alias) -> tuple[str | Text, ...]:
    first = next((link for link in alias.chain if link.ref == alias.answers), None)
    price: str | Text = "" if first is None else _price(first)
    window = "" if first is None else _tokens(first.context_window)
    return alias.name, _chain(alias), price, window, alias.answers or "nobody"


def _model_row(model: Model) -> tuple[str | Text, ...]:
    source = (model.price or {}).get("source", "")
    limits = _tokens(model.context_window), _tokens(model.max_output_tokens)
    return model.ref, _price(model), *limits, str(source)


def _chain(alias: Alias) -> Text:
    links = [Text(link.ref) if link.enabled else Text(f"{link.ref} (off)", "dim") for link in alias.chain]
    return Text(" → ").join(links)


def _price(model: Model) -> str | Text:
    if model.price is None:
        return Text("unknown", "red")
    return f"{model.price['input_per_million']} / {model.price['output_per_million']}"


def _tokens(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _standing(enabled: bool, circuit: str) -> Text:
    if not enabled:
        return Text("off", "dim")
    return {"closed": Text("well", "green"), "open": Text("left alone", "red")}.get(
        circuit, Text("being tried", "yellow")
    )


def _plain(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(value.raw) if isinstance(value, Model) else value for name, value in raw.items()}
