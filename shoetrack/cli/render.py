"""Tables, bars and machine-readable output. rich is loaded only where a table is drawn."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import click

from shoetrack.cli.text import clean
from shoetrack.wear import State

if TYPE_CHECKING:
    from rich.console import Console

STATE_STYLE = {
    State.FRESH: "green",
    State.IN_RANGE: "cyan",
    State.NEAR_END: "bold yellow",
    State.WORN_OUT: "bold red",
    State.RETIRED: "dim",
}
BAR_CELLS = 20
# A column is not shortened to less.
_NARROWEST = 6


class Cell(NamedTuple):
    """Text with a style of rich's."""

    text: str
    style: str = ""


class Column(NamedTuple):
    """A column: its heading; `right` for numbers; `flexible` may be shortened to fit a terminal,
    with what is left over on further lines where it `wraps`.
    """

    heading: str
    right: bool = False
    flexible: bool = False
    wraps: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[Cell | str]]) -> None:
    """Draw a table: within the terminal's width there, as wide as it needs in a pipe."""
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(columns, cells)
    else:
        _write(columns, cells)


def _write(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """The same table without colour, for a pipe or a file: rich would only cost its start-up."""
    from unicodedata import east_asian_width

    def width(text: str) -> int:
        return sum(1 + (east_asian_width(char) in "WF") for char in text)

    lines = [[column.heading for column in columns]]
    lines += [[clean(cell.text) for cell in row] for row in rows]
    widths = [max(map(width, texts)) for texts in zip(*lines, strict=True)]
    for line in lines:
        padded = [
            " " * (wide - width(text)) + text if column.right else text + " " * (wide - width(text))
            for text, wide, column in zip(line, widths, columns, strict=True)
        ]
        click.echo("  ".join(padded).rstrip())


def _draw(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(
            column.heading,
            justify="right" if column.right else "left",
            no_wrap=not column.wraps,
            overflow="ellipsis",
        )
    for row in rows:
        drawn.add_row(*(Text(clean(cell.text), style=cell.style) for cell in row))
    # Wrapped lines are ugly, but columns that are left out are not seen to be.
    wide = console()
    wide.width = max(wide.width, _fit(drawn, columns, rows))
    wide.print(drawn)


def _fit(drawn: Any, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> int:
    """Shorten only the columns that may be, the widest first: rich would take from all of them
    alike. Gives the table's width, which is more than the terminal's where even that is too wide.
    """
    from rich.cells import cell_len

    widths = [
        max(cell_len(text) for text in [column.heading, *(clean(row[i].text) for row in rows)])
        for i, column in enumerate(columns)
    ]
    over = sum(widths) + 2 * (len(columns) - 1) - console().width
    flexible = [i for i, column in enumerate(columns) if column.flexible]
    while over > 0 and flexible:
        widest = max(flexible, key=lambda i: widths[i])
        if widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
        over -= 1
    for column, width in zip(drawn.columns, widths, strict=True):
        column.min_width = column.max_width = width
    return sum(widths) + 2 * (len(columns) - 1)


def console() -> Console:
    """rich over standard output; with NO_COLOR, plain text in the terminal's width."""
    from rich.console import Console

    if _colour(sys.stdout):
        return Console(highlight=False, markup=False, emoji=False)
    import shutil  # rich has it too; in a pipe it would only cost its start-up

    width = shutil.get_terminal_size().columns
    return Console(highlight=False, markup=False, emoji=False, force_terminal=False, width=width)


def _colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str, style: str = "", *, err: bool = False) -> None:
    """One line; styled on a terminal that wants it."""
    if style and _colour(sys.stderr if err else sys.stdout):
        dim = "dim" in style
        bold = "bold" in style
        colours = [word for word in style.split() if word not in ("dim", "bold")]
        text = click.style(text, fg=colours[0] if colours else None, bold=bold, dim=dim)
    click.echo(text, err=err)


def bar(used: float, low: float, style: str = "") -> Cell:
    """A pair's place in its range: filled from 0 to the high end, with a mark at the low end.

    `used` and `low` are parts of the high end. In a pipe, which is read by programs too, the
    number that the bar shows.
    """
    if not sys.stdout.isatty():
        return Cell(f"{used:.0%}")
    full, empty, mark = ("█", "░", "│") if can_show("█░│") else ("#", ".", "|")
    # Rounded down, so that only what is worn out looks it; what was worn at all shows.
    filled = min(max(int(used * BAR_CELLS), used > 0), BAR_CELLS)
    cells = [full] * filled + [empty] * (BAR_CELLS - filled)
    at = min(round(low * BAR_CELLS), BAR_CELLS - 1)
    if at >= filled:
        cells[at] = mark
    return Cell("".join(cells), style)


def can_show(text: str) -> bool:
    """Whether standard output has these letters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def as_json(value: object) -> None:
    """JSON on standard output, in plain ASCII where nothing else can be shown."""
    import json

    ascii_only = (sys.stdout.encoding or "").casefold().replace("-", "") != "utf8"
    text = json.dumps(value, indent=2, ensure_ascii=ascii_only)
    # A file's name may hold bytes that are no text, which JSON writes as escapes.
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def as_csv(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """CSV on standard output (RFC 4180, but with the platform's line ends)."""
    import csv
    import io

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    click.echo(buffer.getvalue(), nl=False)
