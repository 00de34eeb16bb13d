"""`import`: files, folders and archives."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from shoetrack.cli import render
from shoetrack.cli.app import (
    DATE,
    SPORT,
    App,
    Command,
    can_ask,
    json_option,
    pass_app,
)
from shoetrack.cli.auto import warn_of_rules
from shoetrack.cli.render import Column, say, table
from shoetrack.cli.shapes import Json, names_of
from shoetrack.cli.text import clean, plural
from shoetrack.errors import StoreError
from shoetrack.export_pairs import meet_pairs, place_runs
from shoetrack.model import UNASSIGNED
from shoetrack.pipeline import ImportSettings, Summary, import_runs
from shoetrack.sport import Sport
from shoetrack.units import Unit, show_distance

# A terminal shows so many of a kind; all are in --json.
_SHOWN = 20


@click.command(name="import", cls=Command)
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--date", "on", type=DATE, help="The day of files that do not say when they were.")
@click.option("--sport", type=SPORT, help="The sport of files that do not say theirs.")
@click.option("--shoe", "shoe_name", metavar="SHOE", help="Put every new run on this pair.")
@click.option("--lenient", is_flag=True, help="Take what is whole of a damaged FIT file.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="Processes that read; as many as there are cores unless given.",
)
@click.option("--verbose", "-v", is_flag=True, help="Name every file that was skipped.")
@json_option
@pass_app
def import_(
    app: App,
    paths: tuple[Path, ...],
    on: date | None,
    sport: Sport | None,
    shoe_name: str | None,
    lenient: bool,
    jobs: int | None,
    verbose: bool,
    as_json: bool,
) -> int:
    """Bring runs in from files, folders and archives.

    Reads FIT, GPX and TCX, also .gz and .zip archives of them, and the exports of Garmin, Strava,
    Runkeeper and Apple Health, all told by content, not by name. A run that is known already, by
    whatever file, adds no miles: importing a folder again is safe. One bad file never stops the
    others; each is named at the end with its reason.

    \b
    shoetrack import ~/Garmin/Activities
    shoetrack import morning.gpx --shoe pegasus
    shoetrack import treadmill.gpx --date 2026-05-01
    """
    from shoetrack.importers import find_sources

    summary = Summary()
    settings = ImportSettings(
        sport=sport or app.config.sport,
        zone=app.config.timezone,
        on=on,
        shoe_id=app.shoe(shoe_name).id if shoe_name is not None else None,
        jobs=jobs or os.cpu_count() or 1,
        lenient=lenient,
        order=app.config.order,
        guide=app.config.guide,
    )
    warn_of_rules(app)
    sources = list(find_sources(paths))
    may_ask = can_ask() and not as_json
    trusted = app.config.trust_gear
    try:
        with app.store() as store:
            linked = meet_pairs(store, sources, app.shoes(), summary, app.now, _adder(may_ask))
            with _progress(len(sources)) as (step, pause):
                import_runs(
                    store,
                    app.location,
                    sources,
                    replace(settings, decided=linked.decisions() if trusted else {}),
                    app.now,
                    summary,
                    ask_date=_asker(pause) if may_ask else lambda _: None,
                    on_read=step,
                )
            moved = place_runs(store, linked, app.now) if trusted else 0
    except (StoreError, KeyboardInterrupt):
        if summary.new or summary.doubtful:
            kept = plural(summary.new + summary.doubtful, "run")
            say(f"{kept} of this import are kept; the same command goes on.", err=True)
        raise
    names = names_of(app.shoes())
    if as_json:
        render.as_json(_json(summary))
    else:
        if linked.added:
            say(f"{plural(linked.added, 'pair')} of the export added.")
        _show(summary, names, app.unit, verbose, len(sources))
        if moved:
            say(f"{plural(moved, 'run')} moved to the pair that the export has for them.")
    for path, reason in summary.failed:
        say(f"shoetrack: {clean(path)}: {clean(reason)}", err=True)
    return 1 if summary.failed else 0


def _adder(may_ask: bool) -> Callable[[Sequence[str]], bool]:
    """Whether pairs of an export are added here: asked, where there is somebody to ask."""

    def may_add(names: Sequence[str]) -> bool:
        listed = clean(", ".join(names))
        return not may_ask or click.confirm(
            f"Add the pairs of this export: {listed}?", default=True
        )

    return may_add


@contextmanager
def _progress(total: int) -> Iterator[tuple[Callable[[], None], Callable[[bool], None]]]:
    """A bar on standard error where that is a terminal and the work is not over at once."""
    if not sys.stderr.isatty() or total < 2:
        yield (lambda: None), (lambda _: None)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f} files/s" if speed else "")

    progress = Progress(
        TextColumn("Reading"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with progress:
        task = progress.add_task("", total=total)

        def pause(paused: bool) -> None:
            if paused:
                progress.stop()
            else:
                progress.start()

        yield (lambda: progress.advance(task)), pause


def _asker(pause: Callable[[bool], None]) -> Callable[[str], date | None]:
    """Asks for the day of a file that says none; an empty answer leaves the file out."""

    def ask_date(source: str) -> date | None:
        pause(True)
        try:
            while True:
                answer = click.prompt(
                    f"{clean(source)} does not say when it was."
                    " Date (YYYY-MM-DD, empty: leave out)",
                    default="",
                    show_default=False,
                    err=True,
                )
                if not answer:
                    return None
                try:
                    return date.fromisoformat(answer.strip())
                except ValueError:
                    say(f"{clean(answer)!r} is not a date.", err=True)
        finally:
            pause(False)

    return ask_date


def _json(summary: Summary) -> Json:
    return {
        "new": summary.new,
        "known": summary.known,
        "doubtful": summary.doubtful,
        "skipped": len(summary.skipped),
        "failed": [{"path": path, "reason": reason} for path, reason in summary.failed],
        "further": summary.further,
        "differing": summary.differing,
        "unmeasured": summary.unmeasured,
        "skips": [{"path": path, "reason": reason} for path, reason in summary.skipped],
        "remarks": [{"path": path, "remark": remark} for path, remark in summary.remarks],
    }


def _show(summary: Summary, names: dict[int, str], unit: Unit, verbose: bool, files: int) -> None:
    if not files:
        say("There is no file to read there.")
        return
    parts = [plural(summary.new, "new run"), f"{summary.known:,} known"]
    if summary.doubtful:
        parts.append(f"{summary.doubtful:,} in doubt")
    if summary.skipped:
        parts.append(f"{len(summary.skipped):,} skipped")
    if summary.failed:
        parts.append(f"{len(summary.failed):,} failed")
    # Counted are runs and what is none: a file may hold several of both.
    say(f"From {plural(files, 'file')}: {', '.join(parts)}.", "bold")
    if summary.placed:
        show_placed(summary, names, unit)
    if summary.further:
        runs = plural(summary.further, "run")
        say(f"{runs} of the known came in another file of the same run: no miles were added.")
    if summary.differing:
        runs = plural(summary.differing, "run")
        say(f"{runs} of these differ by more than 3 %: shoetrack runs --doubtful")
    if summary.doubtful:
        say(f"{plural(summary.doubtful, 'run')} may be counted already: shoetrack runs --doubtful")
    if summary.unmeasured:
        say(f"{plural(summary.unmeasured, 'run')} without a distance: shoetrack runs --unmeasured")
    _show_listed("Skipped", summary.skipped, verbose)
    _show_listed("Read, but", summary.remarks, verbose=True)


def show_placed(summary: Summary, names: dict[int, str], unit: Unit) -> None:
    table(
        [Column("Pair", flexible=True), Column("New runs", right=True), Column("New", right=True)],
        [
            [
                UNASSIGNED if shoe_id is None else names[shoe_id],
                f"{count:,}",
                show_distance(summary.placed_mm[shoe_id], unit),
            ]
            for shoe_id, count in summary.placed.most_common()
        ],
    )


def _show_listed(heading: str, found: list[tuple[str, str]], verbose: bool) -> None:
    if not found:
        return
    if verbose:
        for path, reason in found[:_SHOWN] if heading != "Skipped" else found:
            say(f"{heading}: {clean(path)}: {clean(reason)}", "dim")
        return
    reasons = Counter(reason for _, reason in found)
    listed = ", ".join(f"{count:,} × {clean(reason)}" for reason, count in reasons.most_common(6))
    more = len(reasons) - 6
    rest = f", and {plural(more, 'other reason')}" if more > 0 else ""
    say(f"{heading}: {listed}{rest}.", "dim")
