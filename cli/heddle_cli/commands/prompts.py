"""Prompts: list, save, check, compare, label, roll back, render."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Exit, Json, ago, err, out, print_json
from heddle_cli.inputs import parse_inputs
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_table
from heddle_sdk.prompts import Prompt

Name = Annotated[str, typer.Argument(metavar="PROMPT", help="A prompt's name.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="A prompt document, YAML or JSON.")]
Label = Annotated[str, typer.Argument(help="A label, such as production.")]

group = typer.Typer(help="Templates with versions, labels and tests.", no_args_is_help=True, rich_markup_mode="rich")


def register(app: typer.Typer) -> None:
    """Add these commands below `prompts`."""
    for command in (list_, save, show, diff, label, rollback, render, test, delete):
        group.command(command.__name__.rstrip("_"))(command)
    app.add_typer(group, name="prompts")


def list_(
    tag: Annotated[str | None, typer.Option(help="Only prompts that have this tag.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """List prompts, newest change first."""
    with connect(stage, key) as client:
        found = list(client.prompts.list(tag=tag))
    if json:
        print_json([dict(prompt.raw) for prompt in found])
    elif found:
        rows = [(p.name, p.description, p.version, _labels(p), ago(p.updated_at)) for p in found]
        print_table(("name", "description", "version", "labels", "changed"), rows, wrap=("description", "labels"))
    else:
        out.print(f"no prompts yet; save one with: [bold]{COMMAND} prompts save FILE[/]")


def save(
    file: File,
    name: Annotated[str | None, typer.Option(help="The prompt's name; without it the one in the document.")] = None,
    note: Annotated[str, typer.Option(help="What changed.")] = "",
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Save a document as a prompt, or as its next version if its content has changed. Its tests are run first."""
    with connect(stage, key) as client:
        saved = client.prompts.save(file, name=name, note=note)
    if json:
        print_json(dict(saved.raw))
    else:
        out.print(f"{saved.name} is at version {saved.version}; next: {COMMAND} prompts render {saved.name}")


def show(
    prompt: Name,
    version: Annotated[int | None, typer.Option(help="A version other than the newest.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Show a prompt: its texts, its variables, its versions and who moved its labels."""
    with connect(stage, key) as client:
        found = client.prompts.get(prompt)
        shown = client.prompts.version(prompt, version).raw if version else found.newest
        versions = list(client.prompts.versions(prompt))
        changes = list(client.prompts.changes(prompt))
    if json:
        facts = {"shown": dict(shown), "versions": [dict(v.raw) for v in versions], "changes": changes}
        print_json({**found.raw, **facts})
        return
    out.print(f"[bold]{found.name}[/] version {shown['version']} [dim]{escape(found.description)}[/]")
    for part, text in shown["content"].items():
        out.print(f"[dim]── {part}[/]")
        out.print(escape(text), soft_wrap=True)
    if shown["variables"]:
        names = [(name, v["type"], _default(v), v["description"]) for name, v in shown["variables"].items()]
        print_table(("variable", "type", "default", "what it is"), names, wrap=("default", "what it is"))
    saves = [(v.version, v.note, v.syntax, ago(v.created_at), v.created_by) for v in versions]
    print_table(("version", "note", "syntax", "saved", "by"), saves, wrap=("note", "by"))
    if changes:
        moves = [(c["label"], _move(c), c["action"], ago(c["at"]), c["by"]) for c in changes]
        print_table(("label", "moved", "how", "when", "by"), moves, wrap=("by",))


def diff(
    prompt: Name,
    before: Annotated[int | None, typer.Argument(help="The older version.")] = None,
    after: Annotated[int | None, typer.Argument(help="The newer version; left out: the newest.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Show what changed between two versions; without numbers, in the newest one."""
    with connect(stage, key) as client:
        found = client.prompts.diff(prompt, before, after)
    if json:
        print_json(found)
        return
    for text in found["texts"].values():
        for line in text.split("\n"):
            colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
            out.print(f"[{colour}]{escape(line)}[/]" if colour else escape(line), soft_wrap=True)
    for kind, variables in found["variables"].items():
        if variables:
            out.print(f"variables {kind}: {escape(', '.join(variables))}", soft_wrap=True)
    for name, change in found["other"].items():
        out.print(f"{name}: {change['from']} → {change['to']}")
    if found["same"]:
        out.print("nothing changed")


def label(
    prompt: Name,
    label: Label,
    version: Annotated[int, typer.Argument(help="The version that it shall mean.")],
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Point a label at a version: `heddle prompts label support production 3`."""
    with connect(stage, key) as client:
        _moved(client.prompts.set_label(prompt, label, version), label, json)


def rollback(
    prompt: Name,
    label: Annotated[str, typer.Argument(help="Which label goes back.")] = "production",
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Point a label back at the version that it meant before."""
    with connect(stage, key) as client:
        _moved(client.prompts.rollback(prompt, label), label, json)


def render(
    prompt: Name,
    variables: Annotated[
        list[str] | None, typer.Option("--var", "-v", help="key=value, @file.json or a JSON object; several times.")
    ] = None,
    version: Annotated[int | None, typer.Option(help="Which version; without one the label's.")] = None,
    label: Annotated[str | None, typer.Option(help="Which label; without one production, else the newest.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Fill in a prompt's variables and print the text."""
    with connect(stage, key) as client:
        number = version or client.prompts.get(prompt).version
        declared = client.prompts.version(prompt, number).variables
        given = parse_inputs(variables or [], {"properties": _schema(declared)}, _no_upload)
        made = client.prompts.render(prompt, given, version=version, label=label)
    if json:
        print_json(dict(made.raw))
        return
    if made.system:
        out.print("[dim]── system[/]")
        out.print(escape(made.system), soft_wrap=True)
        out.print("[dim]── user[/]" if made.text else "")
    out.print(escape(made.text), soft_wrap=True)
    err.print(f"[dim]{made.prompt}@{made.version}, about {made.estimated_tokens} tokens, sha256 {made.hash}[/]")


def test(file: File, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Check a document by every rule and run its tests, without saving it."""
    with connect(stage, key) as client:
        result = client.prompts.validate(file)
    if json:
        print_json(dict(result.raw))
    elif result.valid:
        out.print(f"[green]valid[/]: {result.tests} test{'' if result.tests == 1 else 's'} passed")
    for problem in () if json else result.problems:
        where = escape(str(problem.get("path") or ""))
        text = escape(str(problem.get("message")))
        err.print(f"[red]{problem.get('code')}[/] {text} [dim]{where}[/]", soft_wrap=True)
    if not result.valid:
        raise typer.Exit(Exit.FAILED)


def delete(prompt: Name, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Delete a prompt; the versions that runs name stay."""
    with connect(stage, key) as client:
        client.prompts.delete(prompt)
    print_json({"deleted": prompt}) if json else out.print(f"{escape(prompt)} is deleted")


def _moved(prompt: Prompt, label: str, json: bool) -> None:
    if json:
        print_json(dict(prompt.raw))
    else:
        out.print(f"{label} of {prompt.name} is version {prompt.labels[label]['version']}")


def _labels(prompt: Prompt) -> str:
    return ", ".join(f"{name} → {label['version']}" for name, label in prompt.labels.items())


def _move(change: Any) -> str:
    return f"{change['from'] or '–'} → {change['to'] or '–'}"


def _default(variable: Any) -> str:
    return "required" if variable["required"] else "" if variable["default"] is None else str(variable["default"])


def _schema(variables: Any) -> dict[str, Any]:
    """Return what `parse_inputs` reads values by: text stays text where the prompt wants text."""
    kinds = {"String": "string", "Array": "array"}
    return {name: {"type": kinds[v["type"]]} if v["type"] in kinds else {} for name, v in variables.items()}


def _no_upload(path: Any) -> dict[str, Any]:
    raise ValueError(f"{path} is no text that a prompt could take")
