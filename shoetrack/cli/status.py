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
from shoetrack.cli.text import clean, plural
from shoetrack.questions import load, standing
from shoetrack.units import Unit, metres, show_distance
from shoetrack.wear import State, Wear

if TYPE_CHECKING:
    from shoetrack.db.reader import Rows
    from shoetrack.load import Load
    from shoetrack.model import Alert
    from shoetrack.model.rules import Rule
    from shoetrack.questions.standing import Overview


# So many alerts are shown; `alerts list` has them all.
ALERTS_SHOWN = 5
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
        week = load.of_week(reader, app.today)
        alerts, given_up = _alerts(reader)
    if as_json:
        render.as_json(shapes.status(overview, week, app.unit, alerts))
    elif as_csv:
        shoes_csv(overview.wears)
    else:
        _show_status(overview, week, app, with_retired)
        _show_alerts([one for one in alerts if not one.is_snoozed(app.now)], given_up)


def _alerts(reader: Rows | None) -> tuple[list[Alert], int]:
    """The open alerts, the urgent first; and how many messages could not be sent."""
    if reader is None:
        return [], 0
    from shoetrack.db import alert_queries, delivery_queries

    found = alert_queries.open_alerts(reader)
    found.sort(key=lambda alert: (not alert.draft.urgent, -alert.id))
    return found, len(delivery_queries.given_up(reader))


def _show_alerts(alerts: list[Alert], given_up: int) -> None:
    if alerts or given_up:
        say("")
    for alert in alerts[:ALERTS_SHOWN]:
        style = "bold red" if alert.draft.urgent else "bold yellow"
        say(f"Alert {alert.id}: {clean(alert.draft.title)}", style)
    if len(alerts) > ALERTS_SHOWN:
        say(f"and {len(alerts) - ALERTS_SHOWN:,} more: shoetrack alerts list", "bold yellow")
    if alerts:
        ids = " ".join(str(alert.id) for alert in alerts[:ALERTS_SHOWN])
        what = "it" if len(alerts) == 1 else "them"
        say(f"Acknowledge {what}: shoetrack alerts ack {ids}", "dim")
    if given_up:
        say(f"{plural(given_up, 'alert')} could not be sent: shoetrack doctor", "yellow")


def shoes_csv(wears: tuple[Wear, ...] | list[Wear]) -> None:
    """Pairs as CSV."""
    render.as_csv(SHOE_CSV, [shoe_row(wear) for wear in wears])


def shoe_row(wear: Wear) -> tuple[object, ...]:
    """A pair under the headings of `SHOE_CSV`."""
    return (
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


def _show_status(overview: Overview, week: Load | None, app: App, with_retired: bool) -> None:
    unit = app.unit
    shown = [w for w in overview.wears if with_retired or w.state is not State.RETIRED]
    retired = len(overview.wears) - len(shown)
    if shown:
        wear_table(shown, unit)
    elif not overview.wears:
        say('No pairs yet. Add the first: shoetrack shoe add "Pegasus 41" --default-for run')
    notes = [*_load(week, unit), *_notes(overview, unit), *_faults(app.config.rules, overview)]
    if retired:
        notes.append((f"{plural(retired, 'retired pair')}: shoetrack status --all", "dim"))
    if notes and (shown or not overview.wears):
        say("")
    for note, style in notes:
        say(note, style)


def _load(week: Load | None, unit: Unit) -> list[tuple[str, str]]:
    """The last seven days against the weeks before, as lines with their styles."""
    if week is None:
        return []
    now = f"Last 7 days: {show_distance(week.week_mm, unit)}"
    if week.mean_mm is None:
        return [(f"{now}.", "")]
    was = show_distance(week.mean_mm, unit)
    if week.percent is None:
        return [(f"{now}; a mean of {was} in the four weeks before.", "")]
    mean = f"the mean of the four weeks before ({was})"
    if week.percent == 0:
        return [(f"{now}, as {mean}.", "")]
    side = "above" if week.percent > 0 else "below"
    lines = [(f"{now}, {abs(week.percent)} % {side} {mean}.", "")]
    if week.above_advised:
        advised = "That is a rise of more than 10 %, the most that runners are often advised."
        lines.append((advised, ""))
    return lines


def _notes(overview: Overview, unit: Unit) -> list[tuple[str, str]]:
    notes = []
    loose = overview.unassigned
    if loose.runs:
        distance = show_distance(loose.distance_mm, unit)
        are = "is" if loose.runs == 1 else "are"
        notes.append(
            (
                f"{plural(loose.runs, 'run')} ({distance}) {are} on no pair: shoetrack assign",
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


def _faults(rules: tuple[Rule, ...], overview: Overview) -> list[tuple[str, str]]:
    """What is wrong with the pairs that rules name."""
    if not rules:
        return []
    from shoetrack.rules import faults

    return [(clean(fault), "yellow") for fault in faults(rules, [w.shoe for w in overview.wears])]


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
