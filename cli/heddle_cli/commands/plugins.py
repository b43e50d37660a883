"""Plugins: pack, upload, list, show, enable, configure, try out, reload, delete, and their logs."""

import json as json_
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from heddle_cli.connect import Key, Stage, connect
from heddle_cli.console import Exit, Json, ago, coloured, fail, out, print_json
from heddle_cli.names import COMMAND
from heddle_cli.tables import print_facts, print_table
from heddle_sdk.plugins import Plugin, packed

Name = Annotated[str, typer.Argument(metavar="PLUGIN", help="A plugin's name.")]
Module = Annotated[Path, typer.Argument(metavar="FILE", help="A module (.wasm), or its text (.wat).", exists=True)]
Manifest = Annotated[
    Path | None,
    typer.Option("--manifest", help="Left out: manifest.json beside the file, or the one inside.", exists=True),
]

group = typer.Typer(help="Code of your own in analyses.", no_args_is_help=True, rich_markup_mode="rich")


def register(app: typer.Typer) -> None:
    """Add these commands below `plugins`."""
    for command in (upload, list_, show, enable, disable, config, test, logs, reload, delete, pack):
        group.command(command.__name__.rstrip("_"))(command)
    app.add_typer(group, name="plugins")


def upload(
    file: Module,
    manifest: Manifest = None,
    use: Annotated[bool, typer.Option("--enable", help="Enable it at once.")] = False,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Hand in a plugin, or another version of one, which then takes its place."""
    wasm, document = _module(file), _manifest(file, manifest)
    with connect(stage, key) as client:
        plugin = client.plugins.upload(wasm, document)
        if use:
            plugin = client.plugins.enable(plugin.name)
    if json:
        print_json(dict(plugin.raw))
        return
    _say(plugin)
    verb = "test" if plugin.enabled else "enable"
    out.print(f"next: [bold]{COMMAND} plugins {verb} {escape(plugin.name)}[/]")


def list_(stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """List plugins."""
    with connect(stage, key) as client:
        found = client.plugins.list()
    if json:
        print_json([dict(plugin.raw) for plugin in found])
    elif found:
        rows = [
            (each.name, each.version, _state(each), each.description, ago(each.updated_at), each.updated_by)
            for each in found
        ]
        print_table(("name", "version", "state", "what it does", "changed", "by"), rows, wrap=("what it does",))
    else:
        out.print(f"no plugins yet; add one with: [bold]{COMMAND} plugins upload FILE[/]")


def show(plugin: Name, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Show a plugin, its versions, and how its last calls went."""
    with connect(stage, key) as client:
        found = client.plugins.get(plugin)
    if json:
        print_json(dict(found.raw))
        return
    manifest = found.current["manifest"]
    out.print(f"[bold]{escape(found.name)}[/] {escape(found.version)}  {coloured(_state(found))}")
    facts = [
        ("what it does", found.description),
        ("by", manifest["author"]),
        ("takes", ", ".join(manifest["input_types"]) or "anything"),
        ("permissions", ", ".join(manifest["permissions"]) or "none"),
        ("memory", f"{manifest['limits']['memory_mb']} MiB"),
        ("time", f"{manifest['limits']['seconds']:g} s"),
        ("config", json_.dumps(dict(found.config), ensure_ascii=False) if found.config else ""),
        ("health", found.health),
    ]
    print_facts([(name, value) for name, value in facts if value])
    rows = [(v["version"], v["bytes"], v["target"], ago(v["uploaded_at"]), v["uploaded_by"]) for v in found.versions]
    print_table(("version", "bytes", "compiled for", "from", "by"), rows)


def enable(plugin: Name, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Let a plugin take part in analyses, and nodes call it."""
    with connect(stage, key) as client:
        found = client.plugins.enable(plugin)
    print_json(dict(found.raw)) if json else _say(found)


def disable(plugin: Name, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Let a plugin rest."""
    with connect(stage, key) as client:
        found = client.plugins.enable(plugin, False)
    print_json(dict(found.raw)) if json else _say(found)


def config(
    plugin: Name,
    value: Annotated[str, typer.Argument(metavar="JSON", help="The whole configuration, or @FILE with it.")],
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Set a plugin's configuration."""
    document = _json(value)
    with connect(stage, key) as client:
        found = client.plugins.configure(plugin, document)
    print_json(dict(found.raw)) if json else _say(found)


def test(
    plugin: Name,
    text: Annotated[str | None, typer.Argument(help="A text to analyse, or @FILE with it.")] = None,
    given: Annotated[str | None, typer.Option("--input", help="Instead: the input of a code node, as JSON.")] = None,
    type_: Annotated[str, typer.Option("--type", help="What the text was: text, html, pdf, …")] = "text",
    version: Annotated[str | None, typer.Option(help="A version other than the current one.")] = None,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """Call a plugin, enabled or not, and see all that came of it."""
    if (text is None) == (given is None):
        raise typer.BadParameter("give either a text or --input", param_hint="TEXT")
    with connect(stage, key) as client:
        if text is not None:
            done = client.plugins.test(plugin, text=_text(text), content_type=type_, version=version)
        else:
            done = client.plugins.test(plugin, input=_json(given or ""), version=version)
    if json:
        print_json(dict(done.raw))
    else:
        if done.log:
            out.print(f"[dim]{escape(done.log.rstrip())}[/]", soft_wrap=True)
        if done.ok:
            print_json(done.output)
            out.print(f"[dim]{done.duration_ms} ms, {done.fuel} instructions, {done.memory_bytes} bytes of memory[/]")
    if done.error:
        fail(str(done.error["message"]), code=Exit.FAILED)


def logs(
    plugin: Name,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many calls.")] = 20,
    stage: Stage = None,
    key: Key = None,
    json: Json = False,
) -> None:
    """List a plugin's last calls, with what it wrote to its log."""
    with connect(stage, key) as client:
        calls = [call for call, _ in zip(client.plugins.logs(plugin), range(limit), strict=False)]
    if json:
        print_json([dict(call.raw) for call in calls])
    elif calls:
        rows = [
            (
                ago(call.at),
                call.version,
                call.source,
                "ok" if call.ok else call.code,
                f"{call.duration_ms:.1f} ms",
                (call.log or call.message).strip(),
            )
            for call in calls
        ]
        print_table(("when", "version", "for", "outcome", "took", "log"), rows, wrap=("for", "log"))
    else:
        out.print(f"{escape(plugin)} was not called in the last seven days")


def reload(plugin: Name, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Compile a plugin again, for the stage's runtime as it is now."""
    with connect(stage, key) as client:
        found = client.plugins.reload(plugin)
    if json:
        print_json(dict(found.raw))
    else:
        out.print(f"{escape(found.name)} {escape(found.version)} is compiled for {escape(found.current['target'])}")


def delete(plugin: Name, stage: Stage = None, key: Key = None, json: Json = False) -> None:
    """Delete a plugin with all its versions."""
    with connect(stage, key) as client:
        client.plugins.delete(plugin)
    print_json({"deleted": plugin}) if json else out.print(f"{escape(plugin)} is deleted")


def pack(
    file: Module,
    to: Annotated[Path, typer.Argument(help="The module to write.")],
    manifest: Manifest = None,
    json: Json = False,
) -> None:
    """Put the manifest into the module, so that one file says all; of text (.wat) the module is made first."""
    document = _manifest(file, manifest)
    if document is None:
        raise typer.BadParameter("there is no manifest.json beside the file: name one", param_hint="--manifest")
    data = packed(_module(file), document)
    to.write_bytes(data)
    if json:
        print_json({"file": str(to), "bytes": len(data)})
    else:
        out.print(f"{escape(str(to))}: {len(data)} bytes", soft_wrap=True)


def _module(file: Path) -> bytes:
    if file.suffix != ".wat":
        return file.read_bytes()
    try:
        import wasmtime
    except ImportError:
        raise typer.BadParameter("text needs the package wasmtime: pip install wasmtime", param_hint="FILE") from None
    try:
        return bytes(wasmtime.wat2wasm(file.read_text(encoding="utf-8")))
    except wasmtime.WasmtimeError as error:
        raise typer.BadParameter(str(error).strip(), param_hint="FILE") from None


def _manifest(file: Path, named: Path | None) -> dict[str, Any] | None:
    beside = file.with_name("manifest.json")
    path = named or (beside if beside.exists() else None)
    return _json(path.read_text(encoding="utf-8")) if path else None


def _text(value: str) -> str:
    return Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value


def _json(value: str) -> Any:
    try:
        return json_.loads(_text(value))
    except ValueError as error:
        raise typer.BadParameter(f"is not JSON: {error}") from None


def _state(plugin: Plugin) -> str:
    return "enabled" if plugin.enabled else "disabled"


def _say(plugin: Plugin) -> None:
    out.print(f"{escape(plugin.name)} {escape(plugin.version)}  {coloured(_state(plugin))}", soft_wrap=True)
