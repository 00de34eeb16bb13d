"""`status`: each pair at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import (
    App,
    Command,
    pass_app,
    table_options,
)
from shoetrack.cli.render import STATE_STYLE, Cell, Column, bar, say, table
from shoetrack.cli.text import plural
from shoetrack.questions import standing
from shoetrack.units import Unit, metres, show_distance
from shoetrack.wear import State, Wear

if TYPE_CHECKING:
    from shoetrack.questions.standing import Overview


SHOE_CSV = (
    "id",
    "name",
    "state",
    "distance_m",
    "duration_s",
    "runs",
    "range_low_m",
    "range_high_m",
    "wear",
    "first_worn",
    "last_worn",
    "retired_on",
    "rotation",
    "forecast_on",
)


@click.command(cls=Command)
@click.option("--all", "with_retired", is_flag=True, help="Retired pairs too.")
@table_options
@pass_app
def status(app: App, with_retired: bool, as_json: bool, as_csv: bool) -> None:
    """Each pair at a glance: its bar in the range, miles, state, forecast.

    \b
    shoetrack                  the same
    shoetrack status --json    for other programs
    """
    with app.reader() as reader:
        overview = standing.overview(reader, app.config, app.today)
    if as_json:
        render.as_json(shapes.status(overview, app.unit))
    elif as_csv:
        shoes_csv(overview.wears)
    else:
        _show_status(overview, app.unit, with_retired)


def shoes_csv(wears: tuple[Wear, ...] | list[Wear]) -> None:
    """Pairs as CSV."""
    render.as_csv(
        SHOE_CSV,
        [
            (
                wear.shoe.id,
                wear.shoe.name,
                wear.state,
                metres(wear.total.distance_mm),
                wear.total.duration_s,
                wear.total.runs,
                metres(wear.range_mm[0]),
                metres(wear.range_mm[1]),
                round(wear.share, 4),
                wear.total.first_worn,
                wear.total.last_worn,
                wear.shoe.retired_on,
                wear.shoe.rotation,
                wear.forecast.on if wear.forecast else None,
            )
            for wear in wears
        ],
    )


def _show_status(overview: Overview, unit: Unit, with_retired: bool) -> None:
    shown = [w for w in overview.wears if with_retired or w.state is not State.RETIRED]
    retired = len(overview.wears) - len(shown)
    if shown:
        wear_table(shown, unit)
    elif not overview.wears:
        say('No pairs yet. Add the first: shoetrack shoe add "Pegasus 41" --default-for run')
    notes = _notes(overview, unit)
    if retired:
        notes.append((f"{plural(retired, 'retired pair')}: shoetrack status --all", "dim"))
    if notes:
        say("")
    for note, style in notes:
        say(note, style)


def _notes(overview: Overview, unit: Unit) -> list[tuple[str, str]]:
    notes = []
    loose = overview.unassigned
    if loose.runs:
        distance = show_distance(loose.distance_mm, unit)
        are = "is" if loose.runs == 1 else "are"
        notes.append(
            (
                f"{plural(loose.runs, 'run')} ({distance}) {are} on no pair:"
                " shoetrack runs --unassigned",
                "yellow",
            )
        )
    if count := overview.waiting.doubtful:
        notes.append(
            (
                f"{plural(count, 'run')} may be counted already: shoetrack runs --doubtful",
                "yellow",
            )
        )
    if count := overview.waiting.unmeasured:
        notes.append(
            (f"{plural(count, 'run')} without a distance: shoetrack runs --unmeasured", "yellow")
        )
    return notes


def wear_table(wears: list[Wear], unit: Unit) -> None:
    """Pairs with their bars."""
    table(
        [
            Column("Pair", flexible=True),
            Column("Wear"),
            Column("Worn", right=True),
            Column("Range", right=True),
            Column("State"),
            Column("Done about"),
        ],
        [
            [
                wear.shoe.name,
                bar(wear.share, wear.range_mm[0] / wear.range_mm[1], STATE_STYLE[wear.state]),
                show_distance(wear.total.distance_mm, unit),
                f"{wear.range_mm[0] / unit.mm:.0f}-{wear.range_mm[1] / unit.mm:.0f}",
                Cell(wear.state, STATE_STYLE[wear.state]),
                when_done(wear),
            ]
            for wear in wears
        ],
    )


def when_done(wear: Wear) -> str:
    """The forecast in a word."""
    if wear.state is State.WORN_OUT:
        return "now"
    return wear.forecast.on.isoformat() if wear.forecast else "–"
