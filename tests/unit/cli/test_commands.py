"""What holds for every command."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from heddle_cli.app import app


def commands(group: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    for part, command in getattr(group, "commands", {}).items():
        whole = f"{name} {part}".strip()
        yield whole, command
        yield from commands(command, whole)


ALL = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("name", ALL)
def test_it_says_what_it_does(name: str) -> None:
    assert ALL[name].help


@pytest.mark.parametrize("name", [name for name, command in ALL.items() if not hasattr(command, "commands")])
def test_a_program_can_read_what_it_prints(name: str) -> None:
    options = {option for parameter in ALL[name].params for option in parameter.opts}

    assert "--json" in options
