"""`next`: which pair to wear, and why."""

from __future__ import annotations

from datetime import date, timedelta

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import DATE, DISTANCE, SPORT, App, Command, pass_app, table_options
from shoetrack.cli.render import STATE_STYLE, Cell, Column, say, table
from shoetrack.cli.text import clean
from shoetrack.cli.turn_words import rested, span
from shoetrack.errors import UsageError
from shoetrack.names import listed
from shoetrack.questions import turns
from shoetrack.rotation.nextpair import Choice, Known, Offer
from shoetrack.sport import Sport
from shoetrack.units import Unit, show_distance
from shoetrack.wear import State

CSV = ("id", "name", "rotation", "state", "owed_m", "rest_days", "rest_h", "limit_m", "reason")
FARTHEST = timedelta(days=366)
_SPORTS = {
    Sport.RUN: "run",
    Sport.TRAIL_RUN: "trail run",
    Sport.TREADMILL: "treadmill run",
    Sport.WALK: "walk",
    Sport.HIKE: "hike",
}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@click.command("next", cls=Command)
@click.option("--sport", type=SPORT, help="What the run is: run, trail-run, walk, …")
@click.option("--distance", type=DISTANCE, help="How far it will be; else what is usual.")
@click.option("--date", "on", type=DATE, help="The day; today unless given.")
@click.option("--race", is_flag=True, help="For a race: the pairs of the rotation race come first.")
@table_options
@pass_app
def next_(
    app: App,
    sport: Sport | None,
    distance: int | None,
    on: date | None,
    race: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Which pair to wear, and why; then the others.

    It is the pair that is owed the most miles in its rotation, unless it had less than a day of
    rest. A pair near its end, or new, is for short runs; one in a rotation called race is kept for
    races.

    \b
    shoetrack next
    shoetrack next --sport trail-run --distance 12km
    shoetrack next --date 2026-05-31 --race
    """
    if distance is not None and distance <= 0:
        raise UsageError("--distance must be above 0")
    if on is not None and abs(on - app.today) > FARTHEST:
        raise UsageError(f"--date {on} is more than a year away: nobody knows the pairs of then")
    with app.reader() as reader:
        found = turns.next_pair(
            reader,
            app.config,
            on=on or app.today,
            sport=sport or app.config.sport,
            distance_mm=distance,
            race=race,
            now=app.now,
            today=app.today,
        )
    if found is None or not found.offers:
        _nothing(found, as_json, as_csv)
        return
    reasons = [reason(offer, found, app.unit) for offer in found.offers]
    if as_json:
        render.as_json(shapes.choice(found, reasons))
    elif as_csv:
        shape = shapes.choice(found, reasons)
        rows = [{**shape, **shape["shoe"]}, *shape["others"]]
        render.as_csv(CSV, [[row[heading] for heading in CSV] for row in rows])
    else:
        _show(found, reasons, app.unit)


def _nothing(found: Choice | None, as_json: bool, as_csv: bool) -> None:
    if as_json:
        render.as_json(None)
    elif as_csv:
        render.as_csv(CSV, [])
    elif found is None:
        say('No pairs yet. Add the first: shoetrack shoe add "Pegasus 41" --default-for run')
    elif found.kept:
        say(f"Kept for races: {clean(listed(found.kept))}. For a race: shoetrack next --race")
    else:
        say(f"No pair is in use on {found.outing.on}: shoetrack shoe list --all")


def _show(found: Choice, reasons: list[str], unit: Unit) -> None:
    first = found.offers[0]
    say(f"Wear {clean(first.shoe.name)}: {reasons[0]}.", "bold")
    if assumed := _assumed(found, unit):
        say(assumed, "dim")
    if len(found.offers) > 1:
        say("")
        table(
            [
                Column("Others", flexible=True),
                Column("Owed", right=True),
                Column("Rest", right=True),
                Column("State"),
                Column("Why", flexible=True),
            ],
            [
                [
                    offer.shoe.name,
                    "–" if offer.owed_mm is None else show_distance(offer.owed_mm, unit),
                    Cell(
                        span(None if offer.rest is None else offer.rest.length),
                        "yellow" if offer.tired else "",
                    ),
                    Cell(offer.state, STATE_STYLE[State(offer.state)]),
                    why,
                ]
                for offer, why in zip(found.offers[1:], reasons[1:], strict=True)
            ],
        )
    if found.kept:
        say("")
        say(f"Kept for races: {clean(listed(found.kept))}.", "dim")


def _assumed(found: Choice, unit: Unit) -> str:
    outing = found.outing
    if outing.known is Known.GIVEN:
        return ""
    if outing.distance_mm is None:
        return (
            f"How far is not known, with no {_SPORTS[outing.sport]} in the last 8 weeks:"
            " say it with --distance"
        )
    day = f" on a {_WEEKDAYS[outing.on.weekday()]}" if outing.known is Known.WEEKDAY else ""
    length = show_distance(outing.distance_mm, unit)
    sport = _SPORTS[outing.sport]
    return f"Assumed {length}: what a {sport}{day} usually is (median of 8 weeks)."


def reason(offer: Offer, found: Choice, unit: Unit) -> str:
    """Why a pair is to be worn; or why another comes before it."""
    if offer is found.offers[0]:
        return _why(offer, unit, alone=len(found.offers) == 1)
    return _why_later(offer, found.outing.sport, unit)


def _why(offer: Offer, unit: Unit, *, alone: bool) -> str:
    said = [
        "kept for races" if offer.for_races else "",
        "worn out" if offer.worn_out else "",
        _short_runs(offer, unit, chosen=True) if offer.near_end or offer.starting else "",
        _owed(offer, unit),
        rested(offer.rest),
        "none is better" if not (alone or offer.for_races) and _doubtful(offer) else "",
    ]
    return ", ".join(words for words in said if words)


def _why_later(offer: Offer, sport: Sport, unit: Unit) -> str:
    verb = {Sport.WALK: "walk", Sport.HIKE: "hike"}.get(sport, "run")
    said = [
        "worn out" if offer.worn_out else "",
        _short_runs(offer, unit) if offer.held_back else "",
        "" if offer.usual_for_sport or offer.for_races else f"not what you usually {verb} in",
        rested(offer.rest) if offer.tired else "",
    ]
    against = ", ".join(words for words in said if words)
    return against or _owed(offer, unit) or rested(offer.rest)


def _doubtful(offer: Offer) -> bool:
    return offer.worn_out or offer.held_back or offer.tired


def _owed(offer: Offer, unit: Unit) -> str:
    name = clean(offer.shoe.rotation)
    if offer.owed_mm is None:
        return f"the only pair of {name}" if name else ""
    length = show_distance(abs(offer.owed_mm), unit)
    if length == show_distance(0, unit):
        return f"even in {name}"
    return f"owed {length} in {name}" if offer.owed_mm > 0 else f"{length} ahead in {name}"


def _short_runs(offer: Offer, unit: Unit, *, chosen: bool = False) -> str:
    why = "near its end" if offer.near_end else "starting gently"
    if not offer.held_back:
        return f"{why}, and the run is short" if offer.near_end else why
    if not offer.limit_mm:
        if offer.near_end:
            return f"{why}: for short runs"
        return why if chosen else f"{why}: not its turn yet"
    return f"{why}: up to {show_distance(offer.limit_mm, unit)}"
