"""`shoe show`: one pair, whole."""

from __future__ import annotations

from datetime import date

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import App, Command, json_option, pass_app
from shoetrack.cli.render import bar, say
from shoetrack.cli.status import when_done
from shoetrack.cli.text import clean, plural
from shoetrack.db import shoe_queries
from shoetrack.model import DefaultShoe
from shoetrack.questions import standing
from shoetrack.units import Unit, show_distance, show_duration
from shoetrack.wear import Wear


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
    wear = next(w for w in overview.wears if w.shoe.id == pair.id)
    if as_json:
        render.as_json(shapes.shoe_in_full(wear, [_default_json(d) for d in defaults]))
    else:
        _show(wear, defaults, app.unit)


def _default_json(default: DefaultShoe) -> dict[str, str | None]:
    since = None if default.since == date.min else default.since.isoformat()
    return {"sport": str(default.sport), "since": since}


def _show(wear: Wear, defaults: list[DefaultShoe], unit: Unit) -> None:
    pair, total = wear.shoe, wear.total
    low, high = wear.range_mm
    say(clean(pair.name), "bold")
    drawn = dict.fromkeys([bar(wear.share, low / high).text, f"{wear.share:.0%}"])
    facts = {
        "State": f"{wear.state}  {' '.join(drawn)}",
        "Worn": f"{show_distance(total.distance_mm, unit)} in {plural(total.runs, 'run')},"
        f" {show_duration(total.duration_s)} h",
        "Range": f"{show_distance(low, unit, 0)} to {show_distance(high, unit, 0)}",
        "Done about": when_done(wear),
        "Brand": pair.brand,
        "Model": pair.model,
        "Bought": pair.bought_on,
        "Price": pair.price,
        "Rotation": pair.rotation,
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
