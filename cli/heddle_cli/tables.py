"""Tables that lose nothing: on a terminal that is too narrow for one, each row becomes a block of its own."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from heddle_cli.console import COLOURS, out

GAP = 2
NARROWEST = 12
"""A column that may wrap keeps at least so much; less could not be read."""
PIPED = 4096
"""What is piped has no width: programs and `grep` get whole lines."""

_NUMBER = re.compile(r"[$–-]?[\d.,]*( (ms|s|min|%))?")


def print_table(columns: Sequence[str], rows: Iterable[Iterable[Any]], *, wrap: Sequence[str] = ()) -> None:
    """Print rows below the names of their columns; of a table that is too wide the columns in `wrap` do.

    Cells are texts (shown as they are; statuses in their colour), numbers, None, or rich's Text.
    """
    lines = [[cell if isinstance(cell, Text) else _cell(cell) for cell in row] for row in rows]
    widths = [max([len(name), *(line[at].cell_len for line in lines)]) for at, name in enumerate(columns)]
    room = out.width if out.is_terminal else PIPED
    widths = _fitted(columns, widths, room, wrap)
    if sum(widths) + GAP * (len(widths) - 1) <= room:
        out.print(_table(columns, lines, widths), soft_wrap=True)
    else:
        for line in lines:
            _print_block(columns, line)


def print_facts(facts: Iterable[tuple[str, Any]]) -> None:
    """Print names with their values, one below the other."""
    grid = Table.grid(padding=(0, GAP, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(name, value if isinstance(value, Text) else _cell(value))
    out.print(grid)


def _fitted(columns: Sequence[str], widths: list[int], room: int, wrap: Sequence[str]) -> list[int]:
    over = sum(widths) + GAP * (len(widths) - 1) - room
    fitted = list(widths)
    while over > 0:
        wide = [at for at, name in enumerate(columns) if name in wrap and fitted[at] > max(NARROWEST, len(name))]
        if not wide:
            return widths
        fitted[max(wide, key=lambda at: fitted[at])] -= 1
        over -= 1
    return fitted


def _table(columns: Sequence[str], lines: list[list[Text]], widths: list[int]) -> Table:
    made = Table(
        box=None,
        padding=(0, GAP, 0, 0),
        pad_edge=False,
        header_style="dim",
        width=sum(widths) + GAP * (len(widths) - 1),
    )
    for at, name in enumerate(columns):
        numbers = all(_NUMBER.fullmatch(line[at].plain) for line in lines)
        made.add_column(name, width=widths[at], overflow="fold", justify="right" if numbers and lines else "left")
    for line in lines:
        made.add_row(*line)
    return made


def _print_block(columns: Sequence[str], line: list[Text]) -> None:
    out.print(Text.assemble(("", "bold"), line[0]), style="bold", soft_wrap=True)
    told = [(f"  {name}", cell) for name, cell in zip(columns[1:], line[1:], strict=True) if cell.plain]
    print_facts(told)


def _cell(value: Any) -> Text:
    text = "" if value is None else str(value)
    return Text(text, style=COLOURS.get(text, ""))
