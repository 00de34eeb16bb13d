"""`assign`: the hand's decision, on runs named or chosen by a filter."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import date

import click

from shoetrack.cli import shapes
from shoetrack.cli.app import App, Command, ask, pass_app, run_filters, yes_option
from shoetrack.cli.render import Column, say, table
from shoetrack.cli.run import MANY
from shoetrack.cli.runs import where
from shoetrack.cli.text import clean, plural
from shoetrack.db import run_queries
from shoetrack.errors import NotFoundError, UsageError
from shoetrack.model import UNASSIGNED, Run, Share, Shoe
from shoetrack.names import key, listed
from shoetrack.splits import parse, shares_of
from shoetrack.sport import Sport
from shoetrack.units import show_distance


@click.command(cls=Command)
@click.argument("words", metavar="[RUN...] [SHOE]", nargs=-1, required=False)
@run_filters
@click.option(
    "--split",
    metavar="A=60%,B=40%",
    help="Over several pairs, instead of SHOE: by percent, distance or time; one pair without an"
    " amount takes the rest.",
)
@click.option("--auto", is_flag=True, help="As rules and defaults now say; no hand's decision.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@yes_option
@pass_app
def assign(
    app: App,
    words: tuple[str, ...],
    shoe_name: str | None,
    unassigned: bool,
    since: date | None,
    until: date | None,
    sport: Sport | None,
    split: str | None,
    auto: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Put runs on a pair. What a hand decides holds until a hand changes it.

    RUN is a number of `shoetrack runs`, or a range as 12-20. SHOE is any part of a pair's name,
    or "unassigned". Without either, in a terminal, it walks the runs that wait for a decision,
    one key each.

    \b
    shoetrack assign
    shoetrack assign 12 13 pegasus
    shoetrack assign --since 2026-05-01 --sport trail-run speedgoat
    shoetrack assign --unassigned pegasus
    shoetrack assign 14 --split "speedgoat=60%,pegasus=40%"
    shoetrack assign 14 --split "speedgoat=6km,pegasus"
    shoetrack assign --auto --since 2026-01-01 --dry-run
    """
    if auto:
        if words or split is not None or shoe_name is not None or unassigned or sport:
            raise UsageError("--auto takes --since, --until, --dry-run and --yes alone")
        from shoetrack.cli.auto import auto as apply_rules

        apply_rules(app, since, until, dry_run, yes)
        return
    pairs = app.shoes()
    filters = run_queries.RunFilter(
        shoe_id=app.shoe(shoe_name, pairs).id if shoe_name is not None else None,
        unassigned=unassigned,
        since=since,
        until=until,
        sport=sport,
    )
    if not words and split is None and not dry_run and not yes:
        _walk(app, filters)
        return
    divided = None if split is None else parse(split, lambda name: app.shoe(name, pairs), app.unit)
    run_words, target = (words, "") if divided else (words[:-1], words[-1] if words else "")
    if divided is None and not target:
        raise UsageError("name a pair, as in `shoetrack assign 12 pegasus`")
    to_pair = () if divided else _target(app, target, pairs)
    if not run_words and not filters.narrows:
        raise UsageError("say which runs: numbers as 12 13, or a filter as --unassigned or --since")
    found = _find(app, run_words, filters)
    if not found:
        say("No runs fit; nothing was changed.")
        return
    one = found[0] if len(found) == 1 else None
    shares = shares_of(divided, one, app.unit) if divided else to_pair
    names = shapes.names_of(pairs)
    to = where(Run(0, app.today, Sport.RUN, shares=shares), names)
    if len(found) > MANY or dry_run:
        _preview(found, to, names, app)
    if dry_run:
        return
    if len(found) > MANY:
        ask(f"Put {len(found)} runs on {clean(to)}?", yes)
    from shoetrack import hand

    summary = f"{plural(len(found), 'run')} assigned to {to}"
    with app.store() as store:
        moved = hand.assign_runs(store, [run.id for run in found], shares, app.now, summary)
    already = len(found) - moved
    if one is not None:
        to = where(replace(one, shares=shares), names, app.unit)
    said = f"{plural(moved, 'run')} moved to {clean(to)}"
    say(f"{said}, {already:,} there already." if already else f"{said}.")


def _walk(app: App, filters: run_queries.RunFilter) -> None:
    """The inbox; where nobody can be asked, how to do without."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise UsageError(
            "name a pair, as in `shoetrack assign 12 pegasus`: only in a terminal does"
            " `shoetrack assign` walk the runs that wait"
        )
    from shoetrack.cli.inbox import walk

    walk(app, filters)


def _target(app: App, text: str, pairs: list[Shoe]) -> tuple[Share, ...]:
    if key(text) == UNASSIGNED:
        return ()
    if re.fullmatch(r"\d+(-\d+)?", text) and not any(key(text) in key(p.name) for p in pairs):
        raise UsageError(f"name a pair after the runs, as in `shoetrack assign {text} pegasus`")
    return (Share(app.shoe(text, pairs).id),)


def _find(app: App, words: tuple[str, ...], filters: run_queries.RunFilter) -> list[Run]:
    ids = [number for word in words for number in _numbers(word, app)]
    single = [int(word) for word in words if word.isdecimal()]
    with app.reader() as reader:
        if reader is None:
            raise NotFoundError("there are no runs yet: `shoetrack import` brings them in")
        found = run_queries.runs(reader, replace(filters, ids=tuple(dict.fromkeys(ids)) or None))
        if words and not filters.narrows:
            missing = [str(number) for number in single if number not in {r.id for r in found}]
            if missing:
                raise NotFoundError(
                    f"there is no run {' or '.join(missing)} that counts:"
                    " `shoetrack runs` lists them"
                )
    return found


def _numbers(word: str, app: App) -> range:
    match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", word)
    if match is None:
        pairs = listed(app.shoes())
        raise UsageError(
            f"{word!r} is not a run's number: the pair comes last, as one word or in quotes"
            + (f" (there are {pairs})" if pairs else "")
        )
    first, last = int(match[1]), int(match[2] or match[1])
    if last < first or last - first > 100_000:
        raise UsageError(f"{word!r} is not a range of runs: write it like 12-20")
    return range(first, last + 1)


def _preview(found: list[Run], to: str, names: dict[int, str], app: App) -> None:
    """How many runs, and how far, go from where."""
    count: dict[str, int] = defaultdict(int)
    distance: dict[str, int] = defaultdict(int)
    for run in found:
        count[where(run, names)] += 1
        distance[where(run, names)] += run.distance_mm or 0
    table(
        [
            Column("From", flexible=True),
            Column("To", flexible=True),
            Column("Runs", right=True),
            Column("Distance", right=True),
        ],
        [
            [
                place,
                to if place != to else "stays, by hand now",
                str(count[place]),
                show_distance(distance[place], app.unit),
            ]
            for place in sorted(count, key=lambda place: -count[place])
        ],
    )
    days = sorted(run.local_date for run in found)
    say(f"{plural(len(found), 'run')} from {days[0]} to {days[-1]}.")
