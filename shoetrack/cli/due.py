"""`due`: which pairs to replace, and when."""

from __future__ import annotations

from datetime import date, timedelta

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import SPAN, App, Command, pass_app, table_options
from shoetrack.cli.render import STATE_STYLE, Cell, Column, say, table
from shoetrack.cli.status import shoes_csv, when_done
from shoetrack.cli.text import clean, plural
from shoetrack.questions import standing
from shoetrack.units import Unit, show_distance
from shoetrack.wear import Wear

DUE_FOUND = 3


@click.command(cls=Command)
@click.option("--within", type=SPAN, help="Also what is forecast to be done by then, as 4w.")
@click.option("--exit-code", is_flag=True, help="End with status 3 if a pair is due.")
@table_options
@pass_app
def due(app: App, within: timedelta | None, exit_code: bool, as_json: bool, as_csv: bool) -> int:
    """Which pairs to replace, and when: those at their end, or near it.

    \b
    shoetrack due
    shoetrack due --within 8w
    shoetrack due --exit-code || echo "time to buy shoes"
    """
    with app.reader() as reader:
        now, later = standing.due(reader, app.config, app.today, within)
    if as_json:
        render.as_json([shapes.shoe(wear) for wear in now])
    elif as_csv:
        shoes_csv(now)
    else:
        _show_due(now, later, app.unit, app.today)
    return DUE_FOUND if now and exit_code else 0


def _show_due(now: list[Wear], later: list[Wear], unit: Unit, today: date) -> None:
    if not now:
        say("No pair is due.")
    else:
        table(
            [
                Column("Pair", flexible=True),
                Column("Worn", right=True),
                Column("Left", right=True),
                Column("State"),
                Column("Replace"),
                Column("In"),
            ],
            [
                [
                    wear.shoe.name,
                    show_distance(wear.total.distance_mm, unit),
                    show_distance(wear.left_mm, unit),
                    Cell(wear.state, STATE_STYLE[wear.state]),
                    when_done(wear),
                    _in_days(wear, today),
                ]
                for wear in now
            ],
        )
    known = [wear for wear in later if wear.forecast]
    if known:
        say("")
        say(f"Next: {clean(known[0].shoe.name)}, about {when_done(known[0])}.")
    quiet = len(later) - len(known)
    if quiet:
        say(f"{plural(quiet, 'pair')} with too few recent runs to tell.")


def _in_days(wear: Wear, today: date) -> str:
    """The forecast with its interval: `9 days (8–12)`, `40 days (35–)` where it has no end."""
    if wear.forecast is None:
        return ""
    earliest = (wear.forecast.earliest - today).days
    latest = "" if wear.forecast.latest is None else (wear.forecast.latest - today).days
    interval = "" if earliest == latest else f" ({earliest}–{latest})"
    return f"{plural((wear.forecast.on - today).days, 'day')}{interval}"
