"""`rotation`: whether pairs take turns."""

from __future__ import annotations

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import App, Command, pass_app, table_options
from shoetrack.cli.render import Cell, Column, say, table
from shoetrack.cli.text import clean, plural
from shoetrack.questions import turns
from shoetrack.rotation import Rotation
from shoetrack.units import Unit, show_distance


@click.command(cls=Command)
@table_options
@pass_app
def rotation(app: App, as_json: bool, as_csv: bool) -> None:
    """Whether the pairs of a rotation take turns, over the last 28 days.

    Pairs get into a rotation by `shoe add --rotation daily` or `shoe edit`. Worn in turn, two or
    three pairs last longer and load the body more evenly.
    """
    with app.reader() as reader:
        found = turns.rotations(reader, app.config, app.today)
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
