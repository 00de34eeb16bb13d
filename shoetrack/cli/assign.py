"""`assign`: the hand's decision."""

from __future__ import annotations

import re
from collections import defaultdict
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
from shoetrack.sport import Sport
from shoetrack.units import show_distance


@click.command(cls=Command)
@click.argument("words", metavar="[RUN...] SHOE", nargs=-1, required=False)
@run_filters
@click.option("--split", metavar="A=60%,B=40%", help="Over several pairs, instead of SHOE.")
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
    dry_run: bool,
    yes: bool,
) -> None:
    """Put runs on a pair. What a hand decides holds until a hand changes it.

    RUN is a number of `shoetrack runs`, or a range as 12-20. SHOE is any part of a pair's name,
    or "unassigned".

    \b
    shoetrack assign 12 13 pegasus
    shoetrack assign --since 2026-05-01 --sport trail-run speedgoat
    shoetrack assign --unassigned pegasus
    shoetrack assign 14 --split "speedgoat=60%,pegasus=40%"
    """
    pairs = app.shoes()
    run_words, target = (words, "") if split else (words[:-1], words[-1] if words else "")
    if not split and not target:
        raise UsageError("name a pair, as in `shoetrack assign 12 pegasus`")
    shares = _split(app, split, pairs) if split else _target(app, target, pairs)
    filters = run_queries.RunFilter(
        shoe_id=app.shoe(shoe_name, pairs).id if shoe_name is not None else None,
        unassigned=unassigned,
        since=since,
        until=until,
        sport=sport,
    )
    if not run_words and not filters.narrows:
        raise UsageError("say which runs: numbers as 12 13, or a filter as --unassigned or --since")
    found = _find(app, run_words, filters)
    names = shapes.names_of(pairs)
    to = where(Run(0, app.today, Sport.RUN, shares=shares), names)
    if not found:
        say("No runs fit; nothing was changed.")
        return
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
    said = f"{plural(moved, 'run')} moved to {clean(to)}"
    say(f"{said}, {already:,} there already." if already else f"{said}.")


def _target(app: App, text: str, pairs: list[Shoe]) -> tuple[Share, ...]:
    if key(text) == UNASSIGNED:
        return ()
    if re.fullmatch(r"\d+(-\d+)?", text) and not any(key(text) in key(p.name) for p in pairs):
        raise UsageError(f"name a pair after the runs, as in `shoetrack assign {text} pegasus`")
    return (Share(app.shoe(text, pairs).id),)


def _split(app: App, text: str, pairs: list[Shoe]) -> tuple[Share, ...]:
    """`A=60%,B=40%`: parts of 100, with at most two decimals."""
    shares: list[Share] = []
    for part in text.split(","):
        name, _, percent = part.rpartition("=")
        match = re.fullmatch(r"\s*(\d{1,3})(?:\.(\d{1,2}))?\s*%\s*", percent)
        if not name.strip() or match is None:
            raise UsageError(f'{part.strip()!r} is no part: write --split "A=60%,B=40%"')
        weight = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
        if weight == 0:
            raise UsageError(f"{part.strip()!r} is no part: it must be above 0 %")
        shares.append(Share(app.shoe(name, pairs).id, weight))
    if len({share.shoe_id for share in shares}) < len(shares):
        raise UsageError("a split names each pair once")
    if sum(share.weight for share in shares) != 100_00:
        total = sum(share.weight for share in shares) / 100
        raise UsageError(f"the parts of a split sum to 100 %; these sum to {total:g} %")
    return tuple(shares)


def _find(app: App, words: tuple[str, ...], filters: run_queries.RunFilter) -> list[Run]:
    ids = [number for word in words for number in _numbers(word, app)]
    single = [int(word) for word in words if word.isdecimal()]
    with app.reader() as reader:
        if reader is None:
            raise NotFoundError("there are no runs yet: `shoetrack import` brings them in")
        from dataclasses import replace

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
