"""A table loses no column and no letter, however narrow the terminal is."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from heddle_cli import tables
from heddle_cli.tables import print_facts, print_table

COLUMNS = ("run", "question", "cost")
ROWS = [("01JJX6Z0000000000000000000", "Shall we publish the brief about the weavers' guild?", "$0.5")]

Printed = Callable[..., list[str]]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Printed:
    def run(width: int | None, show: Callable[[], None]) -> list[str]:
        console = Console(file=io.StringIO(), width=width or 80, force_terminal=width is not None, color_system=None)
        monkeypatch.setattr(tables, "out", console)
        show()
        return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]

    return run


def words(lines: list[str]) -> set[str]:
    return set(" ".join(lines).split())


def test_on_a_wide_terminal_a_row_is_a_line(printed: Printed) -> None:
    lines = printed(120, lambda: print_table(COLUMNS, ROWS))

    assert [line.split()[0] for line in lines] == ["run", ROWS[0][0]]
    assert lines[1].endswith("guild?  $0.5")


def test_on_a_narrower_one_the_texts_wrap_and_the_ids_stay_whole(printed: Printed) -> None:
    lines = printed(60, lambda: print_table(COLUMNS, ROWS, wrap=("question",)))

    assert len(lines) > 2
    assert max(map(len, lines)) <= 60
    assert words([" ".join(ROWS[0])]) <= words(lines)


def test_on_one_too_narrow_each_row_becomes_a_block(printed: Printed) -> None:
    lines = printed(30, lambda: print_table(COLUMNS, [*ROWS, ("r2", None, 3)], wrap=("question",)))

    assert (lines[0], lines[-2:]) == (ROWS[0][0], ["r2", "  cost  3"])
    assert max(map(len, lines)) <= 30
    assert words([" ".join(ROWS[0])]) <= words(lines)


def test_what_is_piped_is_never_wrapped(printed: Printed) -> None:
    lines = printed(None, lambda: print_table(COLUMNS, [("r" * 300, "a question", 1)], wrap=("run",)))

    assert lines[1] == "r" * 300 + "  a question     1"


def test_numbers_stand_below_each_other(printed: Printed) -> None:
    lines = printed(80, lambda: print_table(("calls", "cost"), [(5, "$0.5"), (1200, "$12")]))

    assert lines == ["calls  cost", "    5  $0.5", " 1200   $12"]


@pytest.mark.parametrize("cell", ["[red]not markup[/]", Text("[red]not markup[/]", "green")])
def test_brackets_are_text_and_not_markup(printed: Printed, cell: Any) -> None:
    assert "[red]not markup[/]" in printed(80, lambda: print_table(("a", "b"), [("x", cell)]))[1]
    assert printed(80, lambda: print_facts([("b", cell)])) == ["b  [red]not markup[/]"]
