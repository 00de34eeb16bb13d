"""`demo`: the main job, on a simulated season, in a store of its own."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import click

from shoetrack.cli.app import App, Command, pass_app
from shoetrack.cli.check import check
from shoetrack.cli.due import due
from shoetrack.cli.next import next_
from shoetrack.cli.render import say
from shoetrack.cli.rotation import rotation
from shoetrack.cli.status import status
from shoetrack.cli.text import clean, plural
from shoetrack.errors import UsageError
from shoetrack.model import Share, Shoe
from shoetrack.sport import Sport
from shoetrack.units import MM_PER_MILE

# What is asked of the season, with options.
_QUESTIONS = ((status,), (due,), (rotation,), (next_,), (check, "--dry-run"))


@click.command(cls=Command)
@click.option(
    "--keep",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Make it in this empty folder and leave it there, to try things on.",
)
@pass_app
def demo(app: App, keep: Path | None) -> None:
    """Simulate a season, import its GPX files, and ask the questions.

    It has a store of its own, which is gone afterwards; yours is not touched.
    """
    with ExitStack() as stack:
        if keep is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shoetrack-")))
        else:
            if keep.exists() and any(keep.iterdir()):
                raise UsageError(f"{keep} is not empty: name a folder that is, or a new one")
            keep.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = keep
        demo_app = App(database=str(folder / "shoetrack.db"), unit_given=app.unit_given)
        _fill(demo_app, folder / "watch")
        for question, *words in _QUESTIONS:
            say("")
            say(f"$ shoetrack {' '.join([question.name or '', *words])}", "bold")
            question.main(words, prog_name="shoetrack", standalone_mode=False, obj=demo_app)
    say("")
    if keep is not None:
        say(f"Try things on it: export SHOETRACK_HOME={clean(str(keep))}")
    say("Now your own: `shoetrack init` asks a few questions. Or, by hand, name the pair")
    say("that you run in, and bring in what your watch wrote:")
    say('  shoetrack shoe add "Pegasus 41" --start 120mi --default-for run')
    say("  shoetrack import FOLDER-WITH-GPX-FILES")
    say("  shoetrack")


def _fill(app: App, watch: Path) -> None:
    """Four pairs and sixteen weeks: one pair past its range, one close to it, one fresh."""
    from shoetrack import demo as simulation
    from shoetrack import hand
    from shoetrack.db import run_queries
    from shoetrack.importers import find_sources
    from shoetrack.pipeline import ImportSettings, Summary, import_runs

    begun = app.today - timedelta(weeks=simulation.WEEKS)
    turned = app.today - timedelta(weeks=8)
    new = app.today - timedelta(weeks=3)
    watch.mkdir()
    runs = list(simulation.season(app.today))
    for run in runs:
        simulation.write(run, watch)
    say(f"Simulated {plural(len(runs), 'run')} over {simulation.WEEKS} weeks as GPX files.")
    with app.store() as store:

        def add(name: str, start_mi: int, rotation: str, sport: Sport | None, since: date) -> Shoe:
            pair = Shoe(id=0, name=name, rotation=rotation, bought_on=since)
            default = hand.DefaultFor((sport,) if sport else (), since)
            return hand.add_shoe(store, pair, start_mi * MM_PER_MILE, default, app.now, app.today)

        add("Ghost 15", 283, "", Sport.RUN, begun)
        add("Pegasus 41", 265, "daily", Sport.RUN, turned)
        fresh = add("Novablast 5", 60, "daily", None, turned)
        add("Speedgoat 6", 210, "trail", Sport.TRAIL_RUN, begun)
        summary = Summary()
        sources = list(find_sources([watch]))
        settings = ImportSettings(sport=app.config.sport, zone=app.config.timezone)
        import_runs(store, app.location, sources, settings, app.now, summary)
        say(f"Imported {plural(summary.new, 'run')}; {summary.placed[None]} are on no pair yet.")
        with app.reader() as reader:
            assert reader is not None
            recent = run_queries.runs(reader, run_queries.RunFilter(since=new, sport=Sport.RUN))
        intervals = [run.id for run in recent if run.name == "Intervals"]
        hand.assign_runs(
            store,
            intervals,
            (Share(fresh.id),),
            app.now,
            f"{plural(len(intervals), 'run')} assigned to {fresh.name}",
        )
        say(f"Assigned {plural(len(intervals), 'run')} to {fresh.name} by hand.")
