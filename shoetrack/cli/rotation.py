"""`rotation`: whether pairs take turns."""

from __future__ import annotations

from typing import Any

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import App, Command, pass_app, table_options
from shoetrack.cli.render import Cell, Column, say, table
from shoetrack.cli.text import clean, plural
from shoetrack.cli.turn_words import findings, span
from shoetrack.names import listed
from shoetrack.questions import turns
from shoetrack.rotation.judge import Rotation, Turn
from shoetrack.units import Unit, show_distance

CSV = (
    "rotation",
    "verdict",
    "name",
    "distance_m",
    "runs",
    "share",
    "target",
    "behind_m",
    "last_worn",
    "uneven",
    "unused",
    "retired",
    "short_rests",
    "from",
    "life_distance_m",
    "life_runs",
    "life_share",
    "life_target",
)


@click.command(cls=Command)
@click.argument("name", required=False)
@table_options
@pass_app
def rotation(app: App, name: str | None, as_json: bool, as_csv: bool) -> None:
    """Whether the pairs of a rotation take turns, over the last 28 days and since each began.

    Pairs get into a rotation by `shoe add --rotation daily` or `shoe edit`. Each should have an
    equal part of its miles, or the part that `--share 40%` gives it; a new pair's part rises over
    its first 50 miles. Rest is what a pair had before its runs: usually, at the least, and how
    often it was under a day.

    \b
    shoetrack rotation
    shoetrack rotation daily --json
    """
    with app.reader() as reader:
        found, loose = turns.rotations(reader, app.config, app.today)
    known = found
    if name is not None:
        found = [one for one in known if one.name.casefold() == name.casefold()]
        if known and not found:
            from shoetrack.errors import NotFoundError

            names = ", ".join(one.name for one in known)
            raise NotFoundError(f"no rotation is called {name!r}: there are {names}")
    if as_json:
        render.as_json([shapes.rotation(one, findings(one, app.unit)) for one in found])
        return
    if as_csv:
        _csv(found)
        return
    if not found:
        say("No pair is in a rotation: shoetrack shoe edit NAME --rotation daily")
    for number, one in enumerate(found):
        if number:
            say("")
        _show(one, app.unit)
    if found and loose and name is None:
        say("")
        say(f"In no rotation: {clean(listed(loose))}.", "dim")


def _csv(found: list[Rotation]) -> None:
    rows = []
    for one in found:
        for turn in shapes.rotation(one, ())["shoes"]:
            life = turn.pop("since_start")
            rests = turn.pop("rests")
            flat: dict[str, Any] = {
                "rotation": one.name,
                "verdict": one.verdict,
                **turn,
                "short_rests": sum(rest["short"] for rest in rests),
                "from": life.pop("from"),
                **{f"life_{key}": value for key, value in life.items()},
            }
            rows.append([flat[heading] for heading in CSV])
    render.as_csv(CSV, rows)


def _show(found: Rotation, unit: Unit) -> None:
    style = {"uneven": "bold yellow", "even": "green"}.get(found.verdict, "")
    runs = plural(found.runs, "run")
    span_of_days = plural(found.window.days, "day")
    say(f"{clean(found.name)}: {found.verdict} ({runs} in {span_of_days})", style)
    for sentence in findings(found, unit):
        say(f"  {sentence}")
    table(
        [
            Column("Pair", flexible=True),
            Column("Since"),
            Column("Worn", right=True),
            Column("Share", right=True),
            Column("Target", right=True),
            Column("Runs", right=True),
            Column("Rest", right=True),
            Column("Least", right=True),
            Column("<1 d", right=True),
        ],
        [row for turn in found.turns for row in _rows(found, turn, unit)],
    )


def _rows(found: Rotation, turn: Turn, unit: Unit) -> list[list[Cell | str]]:
    """A pair over the window, with its rests; and since it began, where that is another span."""
    short = turn.short_rests
    retired = " (retired)" if turn.shoe.retired_on else ""
    rows: list[list[Cell | str]] = [
        [
            f"{turn.shoe.name}{retired}",
            plural(found.window.days, "day"),
            show_distance(turn.distance_mm, unit),
            Cell(f"{turn.share:.0%}", "bold yellow" if turn in found.uneven else ""),
            f"{turn.target:.0%}",
            str(turn.runs),
            span(turn.usual_rest),
            Cell(span(turn.shortest_rest), "yellow" if short else ""),
            Cell(str(short), "yellow") if short else "",
        ]
    ]
    if (turn.life.distance_mm, turn.life.whole_mm) != (turn.distance_mm, found.distance_mm):
        rows.append(
            [
                "",
                turn.since.isoformat(),
                show_distance(turn.life.distance_mm, unit),
                f"{turn.life_share:.0%}",
                f"{turn.life_target:.0%}",
                str(turn.life.runs),
                "",
                "",
                "",
            ]
        )
    return rows
