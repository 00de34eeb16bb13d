"""`export`: everything as JSON, or runs as GPX."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from shoetrack import audit
from shoetrack.cli import render, shapes
from shoetrack.cli.app import App, Command, json_option, pass_app, run_filters
from shoetrack.cli.render import say
from shoetrack.cli.text import clean, plural
from shoetrack.db import (
    entry_queries,
    observation_queries,
    run_queries,
    shoe_queries,
    sighting_queries,
)
from shoetrack.errors import ShoetrackError, UsageError
from shoetrack.questions import standing
from shoetrack.sport import Sport


@click.command(cls=Command)
@click.option(
    "--gpx",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write each run as a GPX file into this folder.",
)
@json_option
@run_filters
@pass_app
def export(
    app: App,
    folder: Path | None,
    as_json: bool,
    shoe_name: str | None,
    unassigned: bool,
    since: date | None,
    until: date | None,
    sport: Sport | None,
) -> int:
    """Write everything as JSON to standard output, or runs as GPX files into a folder.

    A GPX file has the track of the file that the run came from, where that is still there; else
    its name, time and distance alone.

    \b
    shoetrack export > shoetrack.json
    shoetrack export --gpx runs --since 2026-01-01
    """
    if folder is not None and as_json:
        raise UsageError("choose either --json or --gpx FOLDER")
    with app.reader() as reader:
        pairs = shoe_queries.shoes(reader) if reader else []
        wanted = run_queries.RunFilter(
            shoe_id=app.shoe(shoe_name, pairs).id if shoe_name is not None else None,
            unassigned=unassigned,
            since=since,
            until=until,
            sport=sport,
        )
        runs = run_queries.runs(reader, wanted) if reader else []
        seen = sighting_queries.sightings_of(reader, [run.id for run in runs]) if reader else {}
        if folder is None:
            names = shapes.names_of(pairs)
            entries = list(entry_queries.entries(reader)) if reader else []
            gone = {e.posting.shoe_id for e in entries} - set(names)
            names |= {i: f"deleted pair {i}" for i in gone if i is not None}
            overview = standing.overview(reader, app.config, app.today)
            kept = {run.id for run in runs} if wanted.narrows else None
            by_id = {run.id: run for run in runs}
            noted = observation_queries.observations(reader) if reader else []
            render.as_json(
                {
                    "unit": str(app.unit),
                    "shoes": [shapes.shoe(wear) for wear in overview.wears],
                    "runs": [shapes.run(run, seen.get(run.id, ()), names) for run in runs],
                    "entries": [
                        shapes.entry(line, names)
                        for line in audit.statement(entries)
                        if kept is None or line.entry.posting.run_id in kept
                    ],
                    "observations": [
                        shapes.observation(one, by_id, names)
                        for one in noted
                        if kept is None or one.run_id in kept
                    ],
                }
            )
            return 0
    from shoetrack.gpx_export import write_gpx

    written = bare = 0
    failed = []
    for run in reversed(runs):
        try:
            has_track = write_gpx(folder, run, seen.get(run.id, []))
        except ShoetrackError as error:
            failed.append(f"run {run.id}: {error}")
            continue
        written += 1
        bare += not has_track
    say(f"Wrote {plural(written, 'GPX file')} into {clean(str(folder))}.")
    if bare:
        say(f"{plural(bare, 'run')} without a track: the file it came from is not there any more.")
    for failure in failed:
        say(f"shoetrack: {clean(failure)}", err=True)
    return 1 if failed else 0
