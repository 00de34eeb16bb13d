"""`shoe`: the pairs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import (
    DATE,
    DISTANCE,
    RANGE,
    SPORT,
    App,
    Group,
    pass_app,
    table_options,
)
from shoetrack.cli.feel import shoe_feel
from shoetrack.cli.render import STATE_STYLE, Cell, Column, say, table
from shoetrack.cli.shoe_show import show
from shoetrack.cli.status import shoes_csv
from shoetrack.cli.text import clean, plural
from shoetrack.db import run_queries, shoe_queries
from shoetrack.errors import UsageError
from shoetrack.model import Shoe
from shoetrack.questions import standing
from shoetrack.sport import Sport
from shoetrack.units import show_distance


@click.group(cls=Group)
def shoe() -> None:
    """Add, show, edit, retire and correct pairs.

    A pair is named by any part of its name that fits no other, without regard to case.
    """


def _percent(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """A given share in percent; 0 for an equal one, None where nothing was given."""
    if text is None:
        return None
    typed = text.strip().casefold()
    if typed in ("", "equal"):
        return 0
    number = typed.removesuffix("%").strip()
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= 100):
        raise click.BadParameter(
            f"{text!r} is not a share: write whole percents from 1% to 100%, or equal"
        )
    return int(number)


def _described(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--note", help="Anything worth keeping."),
        click.option("--strava-id", metavar="ID", help="The pair's id at Strava, as g123."),
        click.option(
            "--since", type=DATE, help="With --default-for: from this day on (else from the first)."
        ),
        click.option(
            "--default-for",
            type=SPORT,
            multiple=True,
            help="Runs of this sport go to this pair by themselves. May be repeated.",
        ),
        click.option(
            "--minimalist/--no-minimalist",
            default=None,
            help="Next to no drop: its part of a rotation begins small.",
        ),
        click.option(
            "--share",
            metavar="PERCENT",
            callback=_percent,
            help="Its part of its rotation's miles, as 40%; or equal.",
        ),
        click.option("--rotation", metavar="NAME", help="The pairs it takes turns with, as daily."),
        click.option(
            "--range", "range_mm", type=RANGE, help="When it is done: 300-500mi, 480-800km."
        ),
        click.option("--price", help="As 129.95 EUR."),
        click.option("--bought", type=DATE, help="The day it was bought."),
        click.option("--model", help="As Pegasus."),
        click.option("--brand", help="As Nike."),
    ):
        function = option(function)
    return function


@shoe.command()
@click.argument("name")
@_described
@click.option("--start", type=DISTANCE, default=0, help="What it has been worn before: 42mi.")
@pass_app
def add(app: App, /, name: str, start: int, since: date | None, **values: Any) -> None:
    """Add a pair.

    \b
    shoetrack shoe add "Pegasus 41" --default-for run
    shoetrack shoe add Speedgoat --start 42mi --range 250-400mi --rotation trail
    """
    if start < 0:
        raise UsageError("--start cannot be below 0")
    sports = values.pop("default_for")
    if since and not sports:
        raise UsageError("--since says from when --default-for holds: give that too")
    from shoetrack import hand

    pair = Shoe(
        id=0,
        name=name,
        brand=values["brand"] or "",
        model=values["model"] or "",
        bought_on=values["bought"],
        price=values["price"] or "",
        range_mm=values["range_mm"],
        rotation=values["rotation"] or "",
        strava_id=values["strava_id"],
        note=values["note"] or "",
        target=values["share"] or None,
        minimalist=bool(values["minimalist"]),
    )
    # A pair takes no runs from before it was bought.
    begins = since or values["bought"]
    with app.store() as store:
        added = hand.add_shoe(
            store, pair, start, hand.DefaultFor(sports, begins), app.now, app.today
        )
    worn = f" with {show_distance(start, app.unit)}" if start else ""
    say(f"Added {clean(added.name)}{worn}.")
    _hint_waiting(app, added, sports, begins)


@shoe.command()
@click.argument("name", metavar="SHOE")
@click.option("--name", "new_name", metavar="NAME", help="Call it so from now on.")
@_described
@click.option("--no-default-for", type=SPORT, multiple=True, help="No longer for this sport.")
@pass_app
def edit(
    app: App,
    /,
    name: str,
    new_name: str | None,
    since: date | None,
    default_for: tuple[Sport, ...],
    no_default_for: tuple[Sport, ...],
    **given: Any,
) -> None:
    """Change what is known of a pair; an empty word takes it away.

    \b
    shoetrack shoe edit pegasus --rotation daily
    shoetrack shoe edit pegasus --default-for run --since 2026-03-01
    shoetrack shoe edit pegasus --share 40%
    """
    pair = app.shoe(name)
    values: dict[str, Any] = {
        column: given[option]
        for option, column in (
            ("brand", "brand"),
            ("model", "model"),
            ("bought", "bought_on"),
            ("price", "price"),
            ("rotation", "rotation"),
            ("note", "note"),
        )
        if given[option] is not None
    }
    if given["strava_id"] is not None:
        values["strava_id"] = given["strava_id"] or None
    if given["share"] is not None:
        values["target"] = given["share"] or None
    if given["minimalist"] is not None:
        values["minimalist"] = int(given["minimalist"])
    if new_name is not None:
        values["name"] = new_name
    if given["range_mm"] is not None:
        values["range_low_mm"], values["range_high_mm"] = given["range_mm"]
    if not values and not default_for and not no_default_for:
        raise UsageError("nothing to change was given: see `shoetrack shoe edit --help`")
    if since and not default_for:
        raise UsageError("--since says from when --default-for holds: give that too")
    from shoetrack import hand

    with app.store() as store:
        hand.edit_shoe(
            store, pair, values, hand.DefaultFor(default_for, since), no_default_for, app.now
        )
    changed = app.shoe(new_name or pair.name)
    say(f"Changed {clean(changed.name)}.")
    _hint_waiting(app, changed, default_for, since)


def _hint_waiting(app: App, pair: Shoe, sports: tuple[Sport, ...], since: date | None) -> None:
    """A default takes runs that come; those that are there already are a person's to move."""
    for sport in sports:
        with app.reader() as reader:
            assert reader is not None
            wanted = run_queries.RunFilter(unassigned=True, sport=sport, since=since)
            waiting = len(run_queries.runs(reader, wanted))
        if waiting:
            from_day = f" --since {since}" if since else ""
            say(
                f"{plural(waiting, 'run')} imported before: shoetrack assign --unassigned"
                f' --sport {sport}{from_day} "{clean(pair.name)}"'
            )


@shoe.command(name="list")
@click.option("--all", "with_retired", is_flag=True, help="Retired pairs too.")
@table_options
@pass_app
def list_(app: App, with_retired: bool, as_json: bool, as_csv: bool) -> None:
    """The pairs, with what they are for."""
    with app.reader() as reader:
        overview = standing.overview(reader, app.config, app.today)
        defaults = shoe_queries.defaults(reader) if reader else []
    wears = [w for w in overview.wears if with_retired or w.shoe.retired_on is None]
    wears.sort(key=lambda w: w.shoe.id)
    if as_json:
        render.as_json([shapes.shoe(wear) for wear in wears])
        return
    if as_csv:
        shoes_csv(wears)
        return
    if not wears:
        say('No pairs yet. Add the first: shoetrack shoe add "Pegasus 41" --default-for run')
        return
    table(
        [
            Column("Pair", flexible=True),
            Column("Brand", flexible=True),
            Column("Model", flexible=True),
            Column("Worn", right=True),
            Column("State"),
            Column("Rotation", flexible=True),
            Column("Default for", flexible=True),
        ],
        [
            [
                wear.shoe.name,
                wear.shoe.brand,
                wear.shoe.model,
                show_distance(wear.total.distance_mm, app.unit),
                Cell(wear.state, STATE_STYLE[wear.state]),
                wear.shoe.rotation,
                ", ".join(str(d.sport) for d in defaults if d.shoe_id == wear.shoe.id),
            ]
            for wear in wears
        ],
    )


@shoe.command()
@click.argument("name", metavar="SHOE")
@click.option("--on", type=DATE, help="Its last day; today unless given.")
@pass_app
def retire(app: App, name: str, on: date | None) -> None:
    """Take a pair out of use. Its miles stay; it takes no run dated later by itself."""
    pair = app.shoe(name)
    from shoetrack import hand

    day = on or app.today
    with app.store() as store:
        hand.retire_shoe(store, pair, day, app.now)
    say(f"Retired {clean(pair.name)} on {day}.")


@shoe.command()
@click.argument("name", metavar="SHOE")
@pass_app
def restore(app: App, name: str) -> None:
    """Bring a retired pair back into use."""
    pair = app.shoe(name)
    from shoetrack import hand

    with app.store() as store:
        hand.restore_shoe(store, pair, app.now)
    say(f"{clean(pair.name)} is in use again.")


# A distance such as -5mi begins like an option.
@shoe.command(context_settings={"ignore_unknown_options": True})
@click.argument("name", metavar="SHOE")
@click.argument("distance", type=DISTANCE, required=False)
@click.option("--to", type=DISTANCE, help="Make its total this, instead of adding.")
@click.option("--note", default="", help="Why.")
@click.option("--on", type=DATE, help="The day it counts for; today unless given.")
@pass_app
def adjust(
    app: App, name: str, distance: int | None, to: int | None, note: str, on: date | None
) -> None:
    """Correct a pair's miles, by an entry of its own.

    \b
    shoetrack shoe adjust pegasus 12mi --note "races without a watch"
    shoetrack shoe adjust pegasus -5mi
    shoetrack shoe adjust pegasus --to 250mi
    """
    if (distance is None) == (to is None):
        raise UsageError("give either a distance to add, as 12mi or -5mi, or --to 250mi")
    pair = app.shoe(name)
    if to is not None:
        with app.reader() as reader:
            total = shoe_queries.totals(reader).get(pair.id) if reader else None
        distance = to - (total.distance_mm if total else 0)
    if not distance:
        say(f"{clean(pair.name)} stays as it is.")
        return
    from shoetrack import hand

    with app.store() as store:
        after = hand.adjust_shoe(store, pair, distance, note, app.now, on or app.today, app.unit)
    say(f"{clean(pair.name)} now has {show_distance(after, app.unit, 2)}.")


@shoe.command()
@click.argument("name", metavar="SHOE")
@pass_app
def delete(app: App, name: str) -> None:
    """Remove a pair that was added by mistake and never worn."""
    pair = app.shoe(name)
    from shoetrack import hand

    with app.store() as store:
        hand.delete_shoe(store, pair, app.now)
    say(f"Deleted {clean(pair.name)}.")


shoe.add_command(show)
shoe.add_command(shoe_feel)
