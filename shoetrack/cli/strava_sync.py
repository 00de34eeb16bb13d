"""`strava sync`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import click

from shoetrack.cli import render
from shoetrack.cli.app import (
    DATE,
    App,
    Command,
    can_ask,
    json_option,
    pass_app,
    yes_option,
)
from shoetrack.cli.imports import show_placed
from shoetrack.cli.render import say
from shoetrack.cli.shapes import Json, instant, names_of
from shoetrack.cli.strava import local_time, open_account
from shoetrack.cli.text import clean, plural
from shoetrack.errors import ShoetrackError
from shoetrack.units import MM_PER_METRE, Unit, show_distance

if TYPE_CHECKING:
    from shoetrack.importers.strava.protocol import Gear
    from shoetrack.model import Shoe
    from shoetrack.syncing.gears import Answer
    from shoetrack.syncing.summary import SyncSummary
    from shoetrack.syncing.sync import Progress

# A terminal shows so many of a kind; all are in --json.
_SHOWN = 10


@click.command(cls=Command)
@click.option("--full", is_flag=True, help="All of the history anew, also for what was deleted.")
@click.option("--since", type=DATE, help="Only back to this day.")
@click.option(
    "--allow-deletions", is_flag=True, help="Follow deletions however many there are at once."
)
@yes_option
@json_option
@pass_app
def sync(
    app: App, full: bool, since: date | None, allow_deletions: bool, yes: bool, as_json: bool
) -> int:
    """Bring runs and pairs in step with Strava.

    The first time everything is read, the newest first; later what is new, and what was edited,
    put on another pair, uploaded late or deleted there in the last weeks. A pair that a hand has
    given a run here stays. Stopped anywhere, also by Strava's limit of calls, the same command
    goes on.

    \b
    shoetrack strava sync
    shoetrack strava sync --full
    """
    from shoetrack.syncing import sync as syncing
    from shoetrack.syncing.gears import create
    from shoetrack.syncing.summary import SyncSummary

    summary = SyncSummary()
    settings = syncing.SyncSettings(
        window=app.config.strava_window,
        full=full,
        since=None if since is None else _midnight(app, since),
        allow_deletions=allow_deletions,
        sport=app.config.sport,
        order=app.config.order,
        guide=app.config.guide,
    )
    strava = open_account(app)
    may_ask = can_ask() and not as_json and not yes
    try:
        with app.store() as store, _progress() as (on_page, pause):
            syncing.sync(
                store,
                app.location,
                strava,
                settings,
                app.now,
                summary,
                ask_pair=_asker(app.unit, pause) if may_ask else create,
                on_page=on_page,
            )
    except (ShoetrackError, KeyboardInterrupt):
        if summary.did_anything:
            say("What was read is kept; the same command goes on from there.", err=True)
        raise
    if as_json:
        render.as_json(_sync_json(summary))
    else:
        _show_sync(summary, names_of(app.shoes()), app.unit)
    return _complain(summary, full=full)


def _midnight(app: App, day: date) -> datetime:
    """When a day begins, in the home zone."""
    zone = app.config.timezone
    if zone is None:
        return datetime.combine(day, time()).astimezone()
    return datetime.combine(day, time(), tzinfo=zone)


@contextmanager
def _progress() -> Iterator[tuple[Callable[[Progress], None], Callable[[bool], None]]]:
    """A bar on standard error where that is a terminal: of the runs that Strava counts, else of
    the years that the account is old.
    """
    if not sys.stderr.isatty():
        yield (lambda _: None), (lambda _: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("Reading Strava"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[runs]:,} runs{task.fields[back]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None, runs=0, back="")

        def on_page(found: Progress) -> None:
            back = f", back to {found.oldest:%Y-%m-%d}" if found.oldest else ""
            # Strava counts neither walks nor what is private: an end that is passed moves on.
            total = None if found.total is None else max(found.total, found.runs)
            bar.update(task, completed=found.runs, total=total, runs=found.runs, back=back)

        def pause(paused: bool) -> None:
            if paused:
                bar.stop()
            else:
                bar.start()

        yield on_page, pause


def _asker(
    unit: Unit, pause: Callable[[bool], None]
) -> Callable[[Gear, Sequence[Shoe]], Answer | int]:
    """Asks which pair here a shoe at Strava is."""
    from shoetrack.syncing.gears import Answer

    def ask_pair(gear: Gear, shoes: Sequence[Shoe]) -> Answer | int:
        pause(True)
        try:
            worn = show_distance(round(gear.distance_m * MM_PER_METRE), unit)
            yours = ", ".join(f"{i} {clean(shoe.name)}" for i, shoe in enumerate(shoes, 1))
            say(f"Strava has {clean(gear.name)}, {worn}.", err=True)
            choice = f"[c]reate it{f', or one of yours: {yours}' if yours else ''}, [n]ever"
            while True:
                answer = click.prompt(choice, default="c", err=True).strip().casefold()
                if answer in ("c", "create"):
                    return Answer.CREATE
                if answer in ("n", "never"):
                    return Answer.NEVER
                if answer.isdecimal() and 1 <= int(answer) <= len(shoes):
                    return shoes[int(answer) - 1].id
                say(f"{clean(answer)!r} is none of these.", err=True)
        finally:
            pause(False)

    return ask_pair


def _show_sync(summary: SyncSummary, names: dict[int, str], unit: Unit) -> None:
    runs = summary.runs
    parts = [plural(runs.new, "new run"), f"{runs.known:,} known"]
    for count, word in (
        (summary.changed, "changed"),
        (summary.moved, "moved to another pair"),
        (summary.deleted, "deleted"),
        (runs.doubtful, "in doubt"),
    ):
        if count:
            parts.append(f"{count:,} {word}")
    say(f"From Strava: {', '.join(parts)}.", "bold")
    for found, what in (
        (summary.pairs_added, "added"),
        (summary.pairs_linked, "linked"),
        (summary.pairs_retired, "retired, as at Strava"),
    ):
        if found:
            say(f"{plural(len(found), 'pair')} {what}: {clean(', '.join(found))}.")
    if runs.placed:
        show_placed(runs, names, unit)
    if runs.further:
        say(f"{plural(runs.further, 'run')} of the known came from files: no miles were added.")
    if runs.doubtful:
        say(f"{plural(runs.doubtful, 'run')} may be counted already: shoetrack runs --doubtful")
    if runs.unmeasured:
        say(f"{plural(runs.unmeasured, 'run')} without a distance: shoetrack runs --unmeasured")
    if summary.deleted:
        say(f"{plural(summary.deleted, 'run')} deleted at Strava: shoetrack runs --ignored")
    if summary.stayed:
        say(f"{plural(summary.stayed, 'run')} deleted at Strava stay, as files tell them too.")
    for gone in summary.by_hand[:_SHOWN]:
        say(
            f"Run {gone.run_id} of {gone.on} ({clean(gone.name)}), on which a hand had decided, was"
            f" deleted at Strava: shoetrack run restore {gone.run_id} brings it back"
        )
    if not summary.looks_for_deletions:
        say("Deletions are not looked for without activity:read_all.", "dim")
    if summary.goes_on is not None:
        say(
            "Strava's limit of calls is reached: what was read is kept, and it goes on at"
            f" {local_time(summary.goes_on)}: run the same command then."
        )


def _complain(summary: SyncSummary, *, full: bool) -> int:
    """What a person should look at, on standard error; gives the exit status."""
    for what, reason in summary.runs.failed:
        say(f"shoetrack: Strava {clean(what)}: {clean(reason)}", err=True)
    if summary.held_back:
        say(
            f"shoetrack: {plural(summary.held_back, 'run')} cannot be found at Strava any more, too"
            " many at once to be believed, so they were left as they are: if you deleted them, run"
            f" `shoetrack strava sync{' --full' if full else ''} --allow-deletions`",
            err=True,
        )
    return 1 if summary.runs.failed or summary.held_back else 0


def _sync_json(summary: SyncSummary) -> Json:
    runs = summary.runs
    return {
        "new": runs.new,
        "known": runs.known,
        "further": runs.further,
        "doubtful": runs.doubtful,
        "unmeasured": runs.unmeasured,
        "changed": summary.changed,
        "moved": summary.moved,
        "deleted": summary.deleted,
        "deleted_by_hand": [gone.run_id for gone in summary.by_hand],
        "stayed": summary.stayed,
        "held_back": summary.held_back,
        "off_foot": summary.off_foot,
        "failed": [{"path": path, "reason": reason} for path, reason in runs.failed],
        "pairs": {
            "added": summary.pairs_added,
            "linked": summary.pairs_linked,
            "retired": summary.pairs_retired,
        },
        "whole": summary.whole,
        "goes_on": instant(summary.goes_on),
    }
