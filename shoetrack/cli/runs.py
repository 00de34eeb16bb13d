"""`runs`: lists them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import App, Command, pass_app, run_filters, table_options
from shoetrack.cli.render import Cell, Column, say, table
from shoetrack.db import run_queries, shoe_queries, sighting_queries
from shoetrack.intake import DIFFERING
from shoetrack.ledger import divide
from shoetrack.model import UNASSIGNED, Run, Sighting, Status
from shoetrack.sport import Sport
from shoetrack.units import Unit, in_unit, metres, show_distance

# What fits on a screen or two; a pipe gets all.
ON_A_TERMINAL = 50


@click.command(cls=Command)
@run_filters
@click.option("--doubtful", is_flag=True, help="Perhaps another run's twin, or of doubtful length.")
@click.option("--unmeasured", is_flag=True, help="Of unknown distance.")
@click.option("--ignored", is_flag=True, help="Taken out of the totals, or deleted at Strava.")
@click.option("--limit", type=click.IntRange(min=0), help="So many at most, the newest first.")
@table_options
@pass_app
def runs(
    app: App,
    shoe_name: str | None,
    unassigned: bool,
    since: date | None,
    until: date | None,
    sport: Sport | None,
    doubtful: bool,
    unmeasured: bool,
    ignored: bool,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """List runs, the newest first.

    \b
    shoetrack runs --unassigned
    shoetrack runs --shoe pegasus --since 2026-05-01
    shoetrack runs --doubtful       then: run merge, run keep, or run edit
    shoetrack runs --unmeasured     then: run edit RUN --distance 5mi
    """
    for_people = not as_json and not as_csv
    if limit is None and for_people and sys.stdout.isatty():
        limit = ON_A_TERMINAL
    with app.reader() as reader:
        found: list[Run] = []
        names: dict[int, str] = {}
        sightings: dict[int, list[Sighting]] = {}
        if reader is not None:
            pairs = shoe_queries.shoes(reader)
            names = shapes.names_of(pairs)
            wanted = run_queries.RunFilter(
                shoe_id=app.shoe(shoe_name, pairs).id if shoe_name is not None else None,
                unassigned=unassigned,
                since=since,
                until=until,
                sport=sport,
                doubtful=doubtful,
                unmeasured=unmeasured,
                ignored=ignored,
                limit=None if limit is None else limit + for_people,
            )
            found = run_queries.runs(reader, wanted)
            if doubtful or not for_people:
                sightings = sighting_queries.sightings_of(reader, [run.id for run in found])
    if as_json:
        render.as_json([shapes.run(run, sightings.get(run.id, ()), names) for run in found])
    elif as_csv:
        _csv(found, sightings, names)
    else:
        more = limit is not None and len(found) > limit
        show_runs(found[:limit], names, app.unit, sightings)
        if more:
            say(f"… and older ones: --limit {limit * 2 if limit else 50}, or --since", "dim")


def show_runs(
    found: Sequence[Run],
    names: Mapping[int, str],
    unit: Unit,
    sightings: Mapping[int, Sequence[Sighting]],
) -> None:
    """Runs as a table; where `sightings` are given, with the distances that they say."""
    if not found:
        say("No runs.")
        return
    table(
        [
            Column("Run", right=True),
            Column("Date"),
            Column("Sport"),
            Column("Name", flexible=True),
            Column("Distance", right=True),
            Column("Pair", flexible=True),
        ],
        [
            [
                str(run.id),
                run.local_date.isoformat(),
                run.sport,
                run.name,
                _distance(run, sightings.get(run.id, ()), unit),
                _pair(run, names, unit),
            ]
            for run in found
        ],
    )


def _distance(run: Run, sightings: Sequence[Sighting], unit: Unit) -> Cell:
    if run.distance_mm is None:
        return Cell("unknown", "yellow")
    said = [s.distance_mm for s in sightings if s.distance_mm is not None] or [run.distance_mm]
    shown = show_distance(run.distance_mm, unit, 2)
    if max(said) - min(said) <= max(said) * DIFFERING:
        return Cell(shown)
    return Cell(
        f"{shown} of {in_unit(min(said), unit):.2f}–{in_unit(max(said), unit):.2f}", "yellow"
    )


def _pair(run: Run, names: Mapping[int, str], unit: Unit) -> Cell:
    if run.status is Status.DELETED:
        return Cell(f"{where(run, names, unit)}, deleted at Strava", "yellow")
    if run.twin_id is not None:
        on = f", on {where(run, names, unit)}" if run.shares else ""
        return Cell(f"is it run {run.twin_id}?{on}", "yellow")
    return Cell(where(run, names, unit), "" if run.shares else "yellow")


def where(run: Run, names: Mapping[int, str], unit: Unit | None = None) -> str:
    """The pair or pairs of a run in a word: `Pegasus 41`; of a split, with the distance of each
    where a `unit` is given and the run's is known: `3.73 mi Speedgoat + 2.48 mi Pegasus`; else
    with its percentage: `Speedgoat 60 % + Pegasus 40 %`.
    """
    if not run.shares:
        return UNASSIGNED
    if len(run.shares) == 1:
        return names[run.shares[0].shoe_id]
    weights = [share.weight for share in run.shares]
    called = [names[share.shoe_id] for share in run.shares]
    if unit is None or run.distance_mm is None:
        parts = divide(100, weights)
        return " + ".join(f"{name} {part} %" for name, part in zip(called, parts, strict=True))
    parts = divide(run.distance_mm, weights)
    return " + ".join(
        f"{show_distance(part, unit, 2)} {name}" for name, part in zip(called, parts, strict=True)
    )


def _csv(
    found: Sequence[Run],
    sightings: Mapping[int, Sequence[Sighting]],
    names: Mapping[int, str],
) -> None:
    render.as_csv(
        (
            "id",
            "started_at",
            "local_date",
            "sport",
            "name",
            "distance_m",
            "duration_s",
            "shoes",
            "assigned_by",
            "doubtful_twin",
            "sources",
        ),
        [
            (
                run.id,
                shapes.instant(run.started_at),
                run.local_date,
                run.sport,
                run.name,
                None if run.distance_mm is None else metres(run.distance_mm),
                run.duration_s,
                where(run, names) if run.shares else "",
                run.decided_by,
                run.twin_id,
                " ".join(sighting.source for sighting in sightings.get(run.id, ())),
            )
            for run in found
        ],
    )
