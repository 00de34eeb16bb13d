"""`shoe show`: one pair, whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import groupby

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import App, Command, json_option, pass_app
from shoetrack.cli.feel import observations_lines
from shoetrack.cli.render import Column, bar, say, table
from shoetrack.cli.status import when_done
from shoetrack.cli.text import clean, plural
from shoetrack.db import shoe_queries
from shoetrack.model import DefaultShoe, Shoe
from shoetrack.price import per_distance
from shoetrack.questions import notes, standing
from shoetrack.questions.notes import Noted
from shoetrack.soreness import trend
from shoetrack.units import Unit, show_distance, show_duration
from shoetrack.wear import Wear

# What fits on a screen beside the facts; `feel --list --shoe` has all.
MOST_NOTES = 12
# Of the unit shown: 100 mi or 100 km.
TREND_SPAN = 100


@click.command(cls=Command)
@click.argument("name", metavar="SHOE")
@json_option
@pass_app
def show(app: App, name: str, as_json: bool) -> None:
    """All that is known of a pair."""
    pair = app.shoe(name)
    with app.reader() as reader:
        assert reader is not None
        overview = standing.overview(reader, app.config, app.today)
        defaults = [d for d in shoe_queries.defaults(reader) if d.shoe_id == pair.id]
        noted = notes.of_pair(reader, pair.id)
    wear = next(w for w in overview.wears if w.shoe.id == pair.id)
    if as_json:
        names = shapes.names_of([w.shoe for w in overview.wears])
        render.as_json(
            shapes.shoe_in_full(
                wear, [_default_json(d) for d in defaults], _noted_json(noted, names)
            )
        )
    else:
        _show(wear, defaults, app.unit)
        if noted is not None:
            _show_noted(pair, noted, app.unit)


def _default_json(default: DefaultShoe) -> dict[str, str | None]:
    since = None if default.since == date.min else default.since.isoformat()
    return {"sport": str(default.sport), "since": since}


def _show(wear: Wear, defaults: list[DefaultShoe], unit: Unit) -> None:
    pair, total = wear.shoe, wear.total
    low, high = wear.range_mm
    say(clean(pair.name), "bold")
    drawn = dict.fromkeys([bar(wear.share, low / high).text, f"{wear.share:.0%}"])
    low_on = wear.forecast.low_on if wear.forecast else None
    cost = per_distance(pair.price, total.distance_mm, unit)
    facts = {
        "State": f"{wear.state}  {' '.join(drawn)}",
        "Worn": f"{show_distance(total.distance_mm, unit)} in {plural(total.runs, 'run')}"
        + (f", {show_duration(total.duration_s)} h" if total.duration_s else ""),
        "Range": f"{show_distance(low, unit, 0)} to {show_distance(high, unit, 0)}",
        "In range": f"about {low_on}" if low_on else "",
        "Done about": _done(wear),
        "Brand": pair.brand,
        "Model": pair.model,
        "Bought": pair.bought_on,
        "Added": pair.added_on if pair.bought_on is None else None,
        "Price": pair.price + (f" ({cost})" if cost else ""),
        "Rotation": pair.rotation,
        "Target": f"{pair.target} % of its rotation" if pair.target is not None else "",
        "Minimalist": "yes: begins with a small share" if pair.minimalist else "",
        "Default for": ", ".join(
            str(d.sport) + ("" if d.since == date.min else f" since {d.since}") for d in defaults
        ),
        "First worn": total.first_worn,
        "Last worn": total.last_worn,
        "Retired": pair.retired_on,
        "Strava": pair.strava_id,
        "Note": pair.note,
    }
    for label, value in facts.items():
        if value:
            say(f"  {label:<12}{clean(str(value))}")


def _done(wear: Wear) -> str:
    """The forecast with the days that eight of ten cases lie between."""
    if wear.forecast is None:
        return when_done(wear)
    return f"{when_done(wear)} ({wear.forecast.earliest} to {wear.forecast.latest or '–'})"


def _noted_json(noted: Noted | None, names: Mapping[int, str]) -> list[shapes.Json]:
    if noted is None:
        return []
    return [
        shapes.observation(one, noted.runs, names, noted.life.worn_on(one.noted_on))
        for one in noted.observations
    ]


def _show_noted(pair: Shoe, noted: Noted, unit: Unit) -> None:
    """What was noted, a line for each run and for the pair on each day, the newest first."""
    lines = [
        (day, run_id, "; ".join(observations_lines(some)))
        for (day, run_id), some in groupby(
            noted.observations, key=lambda one: (one.noted_on, one.run_id)
        )
    ]
    say("")
    table(
        [Column("Date"), Column("Worn", right=True), Column("Of"), Column("Noted", flexible=True)],
        [
            [
                day.isoformat(),
                show_distance(noted.life.worn_on(day), unit),
                "pair" if run_id is None else f"run {run_id}",
                what,
            ]
            for day, run_id, what in lines[:MOST_NOTES]
        ],
    )
    if len(lines) > MOST_NOTES:
        older = len(lines) - MOST_NOTES
        say(f'… and {older} older: shoetrack feel --list --shoe "{clean(pair.name)}"', "dim")
    found = trend(noted.observations, noted.life, TREND_SPAN * unit.mm)
    if found is not None:
        span = show_distance(found.span_mm, unit, 0)
        here = " here" if noted.life.opening_mm else ""  # nobody noted the miles it came with
        say(
            f"Runs that left something sore: {found.first} in its first {span}{here},"
            f" {found.last} in its last {span}."
        )
        if found.last > found.first:
            say("A pair may be done before its range.")
