"""`feel` and `shoe feel`: what a person notes of runs and pairs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import DATE, App, Command, pass_app, table_options
from shoetrack.cli.render import Column, say, table
from shoetrack.cli.runs import where
from shoetrack.cli.text import clean
from shoetrack.db import observation_queries, run_queries, shoe_queries
from shoetrack.db.reader import Reader
from shoetrack.errors import NotFoundError, UsageError
from shoetrack.model import Observation, Run
from shoetrack.questions.notes import newest_first
from shoetrack.soreness import LEVELS

LAST = "last"
# No store has a run of more digits, and SQLite counts no further.
_NUMBER = re.compile(r"[0-9]{1,18}")
CARE = (
    "Pain that is sharp or lasting, or that comes with numbness or swelling, is for a doctor or a"
    " physiotherapist to see."
)
_LEVEL = click.IntRange(LEVELS[0], LEVELS[-1])


@click.command(cls=Command)
@click.argument("run", metavar="[RUN]", required=False)
@click.option(
    "--sore",
    metavar="PART=LEVEL",
    multiple=True,
    help="How sore a part was: 0 not at all, 10 as bad as can be. May be repeated.",
)
@click.option("--note", metavar="TEXT", help='Anything worth keeping; "" takes it away.')
@click.option("--clear", is_flag=True, help="Take away what was noted of the run before.")
@click.option("--list", "only_list", is_flag=True, help="Show what was noted, the newest first.")
@click.option("--shoe", "shoe_name", metavar="SHOE", help="Of this pair and the runs in it.")
@click.option("--since", type=DATE, help="From this day on.")
@table_options
@pass_app
def feel(
    app: App,
    run: str | None,
    sore: tuple[str, ...],
    note: str | None,
    clear: bool,
    only_list: bool,
    shoe_name: str | None,
    since: date | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Note how a run felt, or show what was noted. RUN is its number, or `last`.

    The same part of the same run again replaces what was noted. `shoetrack shoe feel` notes what
    is seen on a pair, `shoetrack shoe show` has both beside its miles.

    \b
    shoetrack feel last --sore heel=2 --sore "left knee=3"
    shoetrack feel 73 --note "legs like lead"
    shoetrack feel --list --shoe pegasus --since 2026-05-01
    """
    noting = bool(sore) or note is not None or clear
    listing = only_list or as_json or as_csv or shoe_name is not None or since is not None
    if noting and listing:
        raise UsageError("note something or list what was noted: not both at once")
    if noting and run is None:
        raise UsageError("which run? Give its number, or: shoetrack feel last …")
    if noting:
        _note(app, str(run), sore, note, clear)
        return
    with app.reader() as reader:
        found: list[Observation] = []
        names: dict[int, str] = {}
        runs: dict[int, Run] = {}
        if reader is not None:
            pairs = shoe_queries.shoes(reader)
            names = shapes.names_of(pairs)
            pair_id = None if shoe_name is None else app.shoe(shoe_name, pairs).id
            run_id = None if run is None else _run_id(reader, run, app.today)
            found = newest_first(
                one
                for one in observation_queries.observations(reader, pair_id)
                if (since is None or one.noted_on >= since) and run_id in (None, one.run_id)
            )
            run_ids = {one.run_id for one in found if one.run_id is not None}
            runs = {one.id: one for one in run_queries.runs_by_id(reader, run_ids)}
    if as_json:
        render.as_json([shapes.observation(one, runs, names) for one in found])
    elif as_csv:
        _csv(found, runs, names)
    else:
        _list(found, runs, names)


def _note(app: App, run: str, sore: tuple[str, ...], note: str | None, clear: bool) -> None:
    levels = dict(_sore(text) for text in sore)
    with app.reader() as reader:
        run_id = _run_id(reader, run, app.today)
    from shoetrack import hand

    with app.store() as store:
        noted, care = hand.note_run(store, run_id, levels, note, app.now, clear=clear)
    with app.reader() as reader:
        assert reader is not None
        there = observation_queries.observations_of_run(reader, run_id)
    what = "; ".join(observations_lines(there)) or "nothing"
    say(f"Noted of run {run_id}, {noted.local_date}: {clean(what)}.")
    if care:
        say(CARE)


def _run_id(reader: Reader | None, text: str, today: date) -> int:
    """The run that a person names, which the caller or the next step looks up."""
    if text.casefold() == LAST:
        wanted = run_queries.RunFilter(until=today, limit=1)
        for run in run_queries.runs(reader, wanted) if reader else ():
            return run.id
        raise NotFoundError("there are no runs yet: `shoetrack import FOLDER` brings them in")
    if not re.fullmatch(r"[0-9]+", text):
        raise UsageError(f"{text!r} is no run: give its number in `shoetrack runs`, or `last`")
    known = reader and _NUMBER.fullmatch(text) and run_queries.run(reader, int(text))
    if not known or known.status == "undone":
        raise NotFoundError(f"there is no run {text}: `shoetrack runs` lists them")
    return known.id


def _sore(text: str) -> tuple[str, int]:
    part, equals, level = text.rpartition("=")
    if not equals or not part.strip() or not re.fullmatch(r"\s*[0-9]{1,2}\s*", level):
        raise UsageError(f"{text!r} is no part with its level: write it like heel=2")
    if int(level) not in LEVELS:
        raise UsageError(
            f"{text!r}: a level goes from {LEVELS[0]}, nothing, to {LEVELS[-1]}, as bad as can be"
        )
    return part, int(level)


def observations_lines(noted: Iterable[Observation]) -> list[str]:
    """What was noted of one run, or of a pair on one day: the parts with their levels on a line,
    then each note on its own.
    """
    noted = list(noted)
    parts = ", ".join(f"{one.part} {one.level}" for one in noted if one.part)
    return [line for line in (parts, *(one.note for one in noted)) if line]


def _list(found: Sequence[Observation], runs: Mapping[int, Run], names: Mapping[int, str]) -> None:
    if not found:
        say("Nothing was noted. To begin: shoetrack feel last --sore heel=2")
        return
    table(
        [
            Column("Date"),
            Column("Run", right=True),
            Column("Pair", flexible=True),
            Column("Part", flexible=True),
            Column("Level", right=True),
            Column("Note", flexible=True),
        ],
        [
            [
                one.noted_on.isoformat(),
                "" if one.run_id is None else str(one.run_id),
                _pair(one, runs, names),
                one.part,
                "" if one.level is None else str(one.level),
                one.note,
            ]
            for one in found
        ],
    )


def _pair(one: Observation, runs: Mapping[int, Run], names: Mapping[int, str]) -> str:
    if one.run_id is not None:
        return where(runs[one.run_id], names)
    assert one.shoe_id is not None
    return names[one.shoe_id]


def _csv(found: Sequence[Observation], runs: Mapping[int, Run], names: Mapping[int, str]) -> None:
    render.as_csv(
        ("noted_on", "run", "shoes", "part", "level", "note"),
        [
            (
                one.noted_on,
                one.run_id,
                "" if one.run_id and not runs[one.run_id].shares else _pair(one, runs, names),
                one.part,
                one.level,
                one.note,
            )
            for one in found
        ],
    )


@click.command(name="feel", cls=Command)
@click.argument("name", metavar="SHOE")
@click.option("--tread", type=_LEVEL, help="The rubber below: 0 as new, 10 gone.")
@click.option("--midsole", type=_LEVEL, help="The foam: 0 as new, 10 gone.")
@click.option("--upper", type=_LEVEL, help="The cloth above: 0 as new, 10 gone.")
@click.option("--note", metavar="TEXT", help='Anything worth keeping; "" takes it away.')
@click.option("--clear", is_flag=True, help="Take away what was noted of the pair that day before.")
@click.option("--on", type=DATE, help="The day it was seen; today unless given.")
@pass_app
def shoe_feel(
    app: App,
    /,
    name: str,
    note: str | None,
    clear: bool,
    on: date | None,
    **parts: int | None,
) -> None:
    """Note what is seen on a pair. The same part on the same day again replaces it.

    \b
    shoetrack shoe feel pegasus --tread 6 --midsole 4
    shoetrack shoe feel pegasus --note "hole at the left toe" --on 2026-05-31
    """
    levels = {part: level for part, level in parts.items() if level is not None}
    if not levels and note is None and not clear:
        raise UsageError("nothing to note was given: see `shoetrack shoe feel --help`")
    day = on or app.today
    if day > app.today:
        raise UsageError(f"{day} is yet to come")
    pair = app.shoe(name)
    from shoetrack import hand

    with app.store() as store:
        hand.note_shoe(store, pair, levels, note, day, app.now, clear=clear)
    with app.reader() as reader:
        assert reader is not None
        there = observation_queries.observations_on(reader, pair.id, day)
    what = "; ".join(observations_lines(there)) or "nothing"
    say(f"Noted of {clean(pair.name)}, {day}: {clean(what)}.")
