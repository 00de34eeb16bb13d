"""`assign --auto`: rules and defaults applied to the runs that are here, and what they move."""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import click

from shoetrack.cli import shapes
from shoetrack.cli.app import App, ask
from shoetrack.cli.render import Column, say, table
from shoetrack.cli.runs import where
from shoetrack.cli.text import clean, plural
from shoetrack.db import shoe_queries
from shoetrack.model import Run, Share
from shoetrack.questions import automatic
from shoetrack.questions.automatic import Count, Move, Plan
from shoetrack.sport import Sport
from shoetrack.units import Unit, show_distance

# Above this a change is asked for first, as for `assign`.
_MANY = 10
# Fewer are placed sooner than a bar is drawn.
_WORTH_A_BAR = 5000


def auto(app: App, since: date | None, until: date | None, dry_run: bool, yes: bool) -> None:
    """Decide again, by the rules and defaults of today, what no hand has decided: one change."""
    warn_of_rules(app)
    # What is read stays until the end, and has no circles: to look for some in ten thousand runs
    # again and again took a seventh of the time.
    gc.disable()
    try:
        _auto(app, since, until, dry_run, yes)
    finally:
        gc.enable()


def _auto(app: App, since: date | None, until: date | None, dry_run: bool, yes: bool) -> None:
    with app.reader() as reader:
        plan = automatic.plan(reader, app.config.guide, since, until) if reader else None
        names = shapes.names_of(shoe_queries.shoes(reader)) if reader else {}
    if plan is None or not plan.moves:
        say("Every run is where rules and defaults put it; nothing was changed.")
        return
    show_moves(plan, names, app.unit)
    if dry_run:
        return
    moved = plural(len(plan.moved), "run")
    if len(plan.moved) > _MANY:
        ask(f"Move {moved}?", yes)
    from shoetrack.hand.auto import assign_auto

    with app.store() as store, _bar(len(plan.moves)) as step:
        assign_auto(store, plan, app.now, f"{moved} moved by rules and defaults", step)
    say(f"{moved} moved. To take it back: shoetrack undo")


def warn_of_rules(app: App, *, of_all: bool = False) -> None:
    """Say on standard error what is wrong with the pairs that rules name; of many, of the first."""
    if app.config.rules:
        from shoetrack import rules

        most = len(app.config.rules) if of_all else rules.FAULTS_SAID
        for fault in rules.faults(app.config.rules, app.shoes(), most):
            say(f"shoetrack: {clean(fault)}", err=True)


def show_moves(plan: Plan, names: Mapping[int, str], unit: Unit) -> None:
    """How many runs, and how far, go from where to where."""
    if plan.moved:
        table(
            [
                Column("From", flexible=True),
                Column("To", flexible=True),
                Column("Runs", right=True),
                Column("Distance", right=True),
            ],
            [
                [before, after, f"{count.runs:,}", show_distance(count.distance_mm, unit)]
                for before, after, count in ways(plan.moved, names)
            ],
        )
    stays = len(plan.moves) - len(plan.moved)
    if stays:
        runs = "1 run stays on its pair" if stays == 1 else f"{stays:,} runs stay on their pairs"
        say(f"{runs}, by another rule or default than before.")


def ways(moves: Sequence[Move], names: Mapping[int, str]) -> list[tuple[str, str, Count]]:
    """From where to where runs move, with how many and how far; the most runs first."""
    found: dict[tuple[tuple[Share, ...], tuple[Share, ...]], Count] = defaultdict(Count)
    for move in moves:
        found[move.run.shares, move.decision.shares].add(move.run)
    somewhere = Run(0, date.min, Sport.RUN)
    return sorted(
        (
            (
                where(replace(somewhere, shares=before), names),
                where(replace(somewhere, shares=after), names),
                count,
            )
            for (before, after), count in found.items()
        ),
        key=lambda way: (-way[2].runs, way[0], way[1]),
    )


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    if total < _WORTH_A_BAR or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=total, label="Moving", file=sys.stderr) as bar:
        yield bar.update
