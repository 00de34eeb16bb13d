"""`due`: which pairs to replace, and when."""

from __future__ import annotations

from datetime import date, timedelta

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import SPAN, App, Command, pass_app, table_options
from shoetrack.cli.render import STATE_STYLE, Cell, Column, say, table
from shoetrack.cli.status import SHOE_CSV, shoe_row, when_done
from shoetrack.cli.text import clean, plural
from shoetrack.price import per_distance
from shoetrack.questions import standing
from shoetrack.units import Unit, metres, show_distance
from shoetrack.wear import State, Wear, buy_by, buying, why_unknown

DUE_FOUND = 3
CSV = (*SHOE_CSV, "forecast_earliest", "forecast_latest", "left_m", "buy_by", "price", "cost")
# So many pairs are named of those that are not due.
UPCOMING = 3


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
        render.as_json([_json(wear, app.unit, app.today) for wear in now])
    elif as_csv:
        _csv(now, app.unit, app.today)
    else:
        _show_due(now, later, app.unit, app.today)
    return DUE_FOUND if now and exit_code else 0


def _json(wear: Wear, unit: Unit, today: date) -> shapes.Json:
    by = buy_by(wear, today)
    return {
        **shapes.shoe(wear),
        "left_m": metres(wear.left_mm),
        "buy_by": None if by is None else by.isoformat(),
        "price": wear.shoe.price or None,
        "cost": _cost(wear, unit) or None,
    }


def _csv(now: list[Wear], unit: Unit, today: date) -> None:
    render.as_csv(
        CSV,
        [
            (
                *shoe_row(wear),
                wear.forecast.earliest if wear.forecast else None,
                wear.forecast.latest if wear.forecast else None,
                metres(wear.left_mm),
                buy_by(wear, today),
                wear.shoe.price,
                _cost(wear, unit),
            )
            for wear in now
        ],
    )


def _show_due(now: list[Wear], later: list[Wear], unit: Unit, today: date) -> None:
    if not now:
        say("No pair is due.")
    else:
        _table(now, unit, today)
        say("")
        for wear in now:
            say(f"{clean(wear.shoe.name)}: {buying(wear, today)}{_if_unknown(wear, today)}.")
    known = [wear for wear in later if wear.forecast]
    if known:
        say("")
    for wear in known[:UPCOMING]:
        left = show_distance(wear.left_mm, unit)
        say(
            f"Next: {clean(wear.shoe.name)}, {left} left, about {when_done(wear)}"
            f" (in {_in_days(wear, today)} days)."
        )
        say(f"      {buying(wear, today)}.")
    if len(known) > UPCOMING:
        say(f"{plural(len(known) - UPCOMING, 'more pair')} later: shoetrack status")
    quiet = [wear for wear in later if not wear.forecast]
    if quiet:
        say("")
    for wear in quiet[:UPCOMING]:
        say(f"{clean(wear.shoe.name)}: {why_unknown(wear, today)}.")
    if len(quiet) > UPCOMING:
        say(f"{plural(len(quiet) - UPCOMING, 'more pair')} with no forecast.")


def _table(now: list[Wear], unit: Unit, today: date) -> None:
    costs = [_cost(wear, unit) for wear in now]
    columns = [
        Column("Pair", flexible=True),
        Column("Worn", right=True),
        Column("Left", right=True),
        Column("State"),
        Column("Done about"),
        Column("In days"),
    ]
    rows: list[list[Cell | str]] = [
        [
            wear.shoe.name,
            show_distance(wear.total.distance_mm, unit),
            show_distance(wear.left_mm, unit),
            Cell(wear.state, STATE_STYLE[wear.state]),
            when_done(wear),
            _in_days(wear, today),
        ]
        for wear in now
    ]
    if any(costs):
        columns.append(Column("Cost"))
        rows = [[*row, cost] for row, cost in zip(rows, costs, strict=True)]
    table(columns, rows)


def _cost(wear: Wear, unit: Unit) -> str:
    """What the pair has cost so far for each mile or kilometre; empty where nobody can tell."""
    return per_distance(wear.shoe.price, wear.total.distance_mm, unit) or ""


def _in_days(wear: Wear, today: date) -> str:
    """The forecast with its interval: `9 (8–12)`, `40 (35–)` where it has no end."""
    if wear.forecast is None:
        return ""
    earliest = (wear.forecast.earliest - today).days
    latest = "" if wear.forecast.latest is None else (wear.forecast.latest - today).days
    interval = "" if earliest == latest else f" ({earliest}–{latest})"
    return f"{(wear.forecast.on - today).days}{interval}"


def _if_unknown(wear: Wear, today: date) -> str:
    if wear.forecast is not None or wear.state is State.WORN_OUT:
        return ""
    return f" (its last day is not known: {why_unknown(wear, today)})"
