"""`run`: shows and changes single runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import (
    DATE,
    DISTANCE,
    DURATION,
    RUN,
    SPORT,
    App,
    Group,
    ask,
    json_option,
    pass_app,
)
from shoetrack.cli.feel import observations_lines
from shoetrack.cli.render import say
from shoetrack.cli.runs import where
from shoetrack.cli.text import clean, plural
from shoetrack.db import observation_queries, run_queries, shoe_queries, sighting_queries
from shoetrack.errors import NotFoundError, UsageError
from shoetrack.model import Run, Sighting, Status
from shoetrack.sport import Sport
from shoetrack.units import Unit, show_distance, show_duration

# Above this a change is shown and asked for first.
MANY = 10


@click.group(cls=Group)
def run() -> None:
    """Show, add, edit, ignore and merge single runs, by their numbers in `shoetrack runs`."""


@run.command()
@click.argument("run_id", metavar="RUN", type=RUN)
@json_option
@pass_app
def show(app: App, run_id: int, as_json: bool) -> None:
    """All that is known of a run: where it was seen, where its miles are, and who says so.

    \b
    shoetrack run show 12
    """
    with app.reader() as reader:
        found = run_queries.run(reader, run_id) if reader else None
        if reader is None or found is None or found.status is Status.UNDONE:
            raise NotFoundError(f"there is no run {run_id}: `shoetrack runs` lists them")
        seen = sighting_queries.sightings_of(reader, [run_id]).get(run_id, [])
        names = shapes.names_of(shoe_queries.shoes(reader))
        noted = observation_queries.observations_of_run(reader, run_id)
    if as_json:
        felt = [shapes.observation(one, {found.id: found}, names) for one in noted]
        render.as_json({**shapes.run(found, seen, names), "observations": felt})
        return
    show_facts(found, seen, names, app.unit)
    for number, line in enumerate(observations_lines(noted)):
        say(f"  {'' if number else 'Felt':<12}{clean(line)}")


def show_facts(found: Run, seen: Sequence[Sighting], names: Mapping[int, str], unit: Unit) -> None:
    """All that is known of a run, for a person."""
    say(f"Run {found.id}: {clean(found.name) or found.sport}", "bold")
    by = f" (by {found.decided_by})" if found.decided_by else ""
    facts = {
        "Date": found.local_date,
        "Started": shapes.instant(found.started_at),
        "Sport": found.sport,
        "Distance": _distance(found, unit),
        "Duration": show_duration(found.duration_s),
        "Pair": where(found, names, unit) + by,
        "Status": _status(found),
        "By hand": ", ".join(sorted(found.set_by_hand)),
    }
    for label, value in facts.items():
        if value:
            say(f"  {label:<12}{clean(str(value))}")
    for number, sighting in enumerate(seen):
        say(f"  {'' if number else 'Seen in':<12}{clean(_sighting(sighting, unit))}")


def _distance(found: Run, unit: Unit) -> str:
    if found.distance_mm is None:
        return f"unknown: shoetrack run edit {found.id} --distance 5{unit}"
    return f"{show_distance(found.distance_mm, unit, 2)} ({found.distance_from})"


def _status(found: Run) -> str:
    if found.status is Status.MERGED:
        return f"merged into run {found.merged_into_id}: shoetrack run unmerge {found.id}"
    if found.status is Status.IGNORED:
        return f"ignored: shoetrack run restore {found.id}"
    if found.status is Status.DELETED:
        return f"deleted at Strava: shoetrack run restore {found.id}"
    if found.twin_id is not None:
        return (
            f"perhaps run {found.twin_id}: shoetrack run merge {found.twin_id} {found.id},"
            f" or shoetrack run keep {found.id}"
        )
    return ""


def _sighting(sighting: Sighting, unit: Unit) -> str:
    distance = (
        "no distance"
        if sighting.distance_mm is None
        else f"{show_distance(sighting.distance_mm, unit, 2)} {sighting.distance_from}"
    )
    by = sighting.device or sighting.creator
    return f"{sighting.source} ({distance}{f', {by}' if by else ''})"


@run.command()
@click.argument("distance", type=DISTANCE)
@click.option("--date", "on", type=DATE, help="Its day; today unless given.")
@click.option("--sport", type=SPORT, help="run unless given or configured.")
@click.option("--duration", type=DURATION, help="As 45:10 or 1h5m.")
@click.option("--name", default="", help="What to call it.")
@click.option("--shoe", "shoe_name", metavar="SHOE", help="Its pair, else the default one.")
@pass_app
def add(
    app: App,
    distance: int,
    on: date | None,
    sport: Sport | None,
    duration: int | None,
    name: str,
    shoe_name: str | None,
) -> None:
    """Add a run that no watch recorded.

    \b
    shoetrack run add 5mi --date yesterday --shoe pegasus
    """
    if distance <= 0:
        raise UsageError("a run has a distance above 0")
    shoe_id = app.shoe(shoe_name).id if shoe_name is not None else None
    day = on or app.today
    if day > app.today:
        raise UsageError(f"{day} is yet to come")
    from shoetrack import hand
    from shoetrack.cli.auto import warn_of_rules

    warn_of_rules(app)
    with app.store() as store:
        added = hand.new_run(
            store,
            on=day,
            sport=sport or app.config.sport,
            distance_mm=distance,
            duration_s=duration,
            name=name,
            shoe_id=shoe_id,
            now=app.now,
            guide=app.config.guide,
        )
    names = shapes.names_of(app.shoes())
    shown = show_distance(distance, app.unit, 2)
    say(f"Added run {added.id}: {shown} on {clean(where(added, names))}.")


@run.command()
@click.argument("run_id", metavar="RUN", type=RUN)
@click.option("--distance", type=DISTANCE, help="As 5mi.")
@click.option("--date", "on", type=DATE, help="Its day.")
@click.option("--sport", type=SPORT, help="As trail-run.")
@click.option("--duration", type=DURATION, help="As 45:10 or 1h5m.")
@click.option("--name", help="What to call it.")
@pass_app
def edit(
    app: App,
    run_id: int,
    distance: int | None,
    on: date | None,
    sport: Sport | None,
    duration: int | None,
    name: str | None,
) -> None:
    """Set facts of a run. They hold, whatever a later file of the same run says.

    \b
    shoetrack run edit 12 --distance 5mi
    shoetrack run edit 12 --sport trail-run --name "Forest loop"
    """
    if distance is not None and distance <= 0:
        raise UsageError("a run has a distance above 0: to take it out, use `run ignore`")
    if on is not None and on > app.today:
        raise UsageError(f"{on} is yet to come")
    given: dict[str, Any] = {
        "distance_mm": distance,
        "local_date": on,
        "sport": sport,
        "duration_s": duration,
        "name": name,
    }
    values = {field: value for field, value in given.items() if value is not None}
    if not values:
        raise UsageError("nothing to change was given: see `shoetrack run edit --help`")
    from shoetrack import hand
    from shoetrack.cli.auto import warn_of_rules

    warn_of_rules(app)
    with app.store() as store:
        changed = hand.edit_run(store, run_id, values, app.now, guide=app.config.guide)
    names = shapes.names_of(app.shoes())
    shown = (
        "distance unknown"
        if changed.distance_mm is None
        else show_distance(changed.distance_mm, app.unit, 2)
    )
    say(
        f"Run {run_id}: {changed.local_date}, {changed.sport}, {shown},"
        f" {clean(where(changed, names, app.unit))}."
    )


@run.command()
@click.argument("run_ids", metavar="RUN...", type=RUN, nargs=-1, required=True)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_app
def ignore(app: App, run_ids: tuple[int, ...], yes: bool) -> None:
    """Take runs out of the totals. `run restore` brings them back, `runs --ignored` lists them.

    \b
    shoetrack run ignore 12 13
    """
    if len(run_ids) > MANY:
        ask(f"Take {len(run_ids)} runs out of the totals?", yes)
    from shoetrack import hand

    with app.store() as store:
        hand.ignore_runs(store, unique(run_ids), app.now)
    say(f"Ignored {plural(len(unique(run_ids)), 'run')}.")


@run.command()
@click.argument("run_ids", metavar="RUN...", type=RUN, nargs=-1, required=True)
@pass_app
def restore(app: App, run_ids: tuple[int, ...]) -> None:
    """Bring ignored runs back, each to the pair it was on.

    \b
    shoetrack run restore 12
    """
    from shoetrack import hand

    with app.store() as store:
        hand.restore_runs(store, unique(run_ids), app.now)
    say(f"Restored {plural(len(unique(run_ids)), 'run')}.")


@run.command()
@click.argument("keep_id", metavar="RUN", type=RUN)
@click.argument("other_ids", metavar="TWIN...", type=RUN, nargs=-1, required=True)
@pass_app
def merge(app: App, keep_id: int, other_ids: tuple[int, ...]) -> None:
    """Say that runs are one and the same. RUN stays, with the best distance of them all.

    \b
    shoetrack run merge 12 13
    """
    from shoetrack import hand

    with app.store() as store:
        merged = hand.merge_runs(
            store, keep_id, unique(other_ids), app.now, app.config.order, guide=app.config.guide
        )
    names = shapes.names_of(app.shoes())
    say(f"Run {keep_id}: {_distance(merged, app.unit)}, {clean(where(merged, names, app.unit))}.")


@run.command()
@click.argument("run_id", metavar="RUN", type=RUN)
@pass_app
def unmerge(app: App, run_id: int) -> None:
    """Take a merged run out again: it is a run of its own, with what it was seen in.

    \b
    shoetrack run merge 12 13
    shoetrack run unmerge 13
    """
    from shoetrack import hand

    with app.store() as store:
        out, kept = hand.unmerge_run(
            store, run_id, app.now, app.config.order, guide=app.config.guide
        )
    names = shapes.names_of(app.shoes())
    for one in (out, kept):
        say(f"Run {one.id}: {_distance(one, app.unit)}, {clean(where(one, names, app.unit))}.")


@run.command()
@click.argument("run_ids", metavar="RUN...", type=RUN, nargs=-1, required=True)
@pass_app
def keep(app: App, run_ids: tuple[int, ...]) -> None:
    """Say that runs in doubt are right: no other run's twin, and as far as shown.

    \b
    shoetrack run keep 13
    """
    from shoetrack import hand

    with app.store() as store:
        hand.keep_runs(store, unique(run_ids), app.now, guide=app.config.guide)
    say(f"Kept {plural(len(unique(run_ids)), 'run')}.")


def unique(run_ids: tuple[int, ...]) -> tuple[int, ...]:
    """Each number once, in the order they were typed."""
    return tuple(dict.fromkeys(run_ids))
