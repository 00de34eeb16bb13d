"""`status`, `due` and `rotation`: the questions that people ask."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from shoetrack import questions
from shoetrack.cli import render, shapes
from shoetrack.cli.app import (
    SPAN,
    App,
    Command,
    pass_app,
    table_options,
)
from shoetrack.cli.render import STATE_STYLE, Cell, Column, bar, say, table
from shoetrack.cli.text import clean, plural
from shoetrack.units import Unit, metres, show_distance
from shoetrack.wear import State, Wear

if TYPE_CHECKING:
    from shoetrack.questions import Overview
    from shoetrack.rotation import Rotation

DUE_FOUND = 3

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
        overview = questions.overview(reader, app.config, app.today)
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
        now, later = questions.due(reader, app.config, app.today, within)
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


@click.command(cls=Command)
@table_options
@pass_app
def rotation(app: App, as_json: bool, as_csv: bool) -> None:
    """Whether the pairs of a rotation take turns, over the last 28 days.

    Pairs get into a rotation by `shoe add --rotation daily` or `shoe edit`. Worn in turn, two or
    three pairs last longer and load the body more evenly.
    """
    with app.reader() as reader:
        found = questions.rotations(reader, app.config, app.today)
    if as_json:
        render.as_json([shapes.rotation(one) for one in found])
        return
    if as_csv:
        _rotations_csv(found)
        return
    if not found:
        say("No pair is in a rotation: shoetrack shoe edit NAME --rotation daily")
    for number, one in enumerate(found):
        if number:
            say("")
        _show_rotation(one, app.unit, app.config.window.days)


def _rotations_csv(found: list[Rotation]) -> None:
    rows = [
        {"rotation": one["name"], "verdict": one["verdict"], **turn}
        for one in map(shapes.rotation, found)
        for turn in one["shoes"]
    ]
    headings = (
        "rotation",
        "verdict",
        "name",
        "distance_m",
        "runs",
        "share",
        "target",
        "last_worn",
        "uneven",
    )
    render.as_csv(headings, [[row[heading] for heading in headings] for row in rows])


def _show_rotation(found: Rotation, unit: Unit, days: int) -> None:
    style = {"uneven": "bold yellow", "even": "green"}.get(found.verdict, "")
    runs = plural(found.runs, "run")
    say(f"{clean(found.name)}: {found.verdict} ({runs} in {days} days)", style)
    table(
        [
            Column("Pair", flexible=True),
            Column("Share", right=True),
            Column("Target", right=True),
            Column("Worn", right=True),
            Column("Runs", right=True),
            Column("Last worn"),
        ],
        [
            [
                turn.shoe.name,
                Cell(f"{turn.share:.0%}", "bold yellow" if turn in found.uneven else ""),
                f"{turn.target:.0%}",
                show_distance(turn.distance_mm, unit),
                str(turn.runs),
                turn.last_worn.isoformat() if turn.last_worn else "–",
            ]
            for turn in found.turns
        ],
    )
