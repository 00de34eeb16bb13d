"""`strava diff` and `push`, and what `logout --purge` takes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click

from shoetrack.cli import render
from shoetrack.cli.app import DATE, App, Command, ask, json_option, pass_app, yes_option
from shoetrack.cli.render import Column, say, table
from shoetrack.cli.run import MANY
from shoetrack.cli.shapes import Json, instant, names_of
from shoetrack.cli.strava import local_time, open_account
from shoetrack.cli.text import clean, plural
from shoetrack.errors import ShoetrackError
from shoetrack.model import UNASSIGNED
from shoetrack.units import MM_PER_METRE, Unit, metres, show_distance

if TYPE_CHECKING:
    from shoetrack.model import Shoe
    from shoetrack.syncing.purge import Preview
    from shoetrack.syncing.push import Plan, Pushed
    from shoetrack.syncing.reconcile import Comparison

# A terminal shows so many of a kind; all are in --json.
_SHOWN = 10


# --- diff -----------------------------------------------------------------------------------


@click.command(cls=Command)
@json_option
@pass_app
def diff(app: App, as_json: bool) -> None:
    """Each pair's total at Strava and here, and what makes the difference.

    Compares with what the last sync has seen of the runs: sync first.

    \b
    shoetrack strava sync && shoetrack strava diff
    """
    from shoetrack.syncing.reconcile import compare, linked_gears

    linked = [shoe for shoe in app.shoes() if shoe.strava_id is not None]
    gears = linked_gears(open_account(app), linked) if linked else {}
    with app.reader() as reader:
        found = compare(reader, gears) if reader else []
    if as_json:
        render.as_json([_comparison_json(one) for one in found])
    elif not found:
        say("No pair here is linked to one at Strava: `shoetrack strava sync` links them.")
    else:
        _show_comparisons(found, app.unit)


def _show_comparisons(found: list[Comparison], unit: Unit) -> None:
    table(
        [
            Column("Pair", flexible=True),
            Column("Strava", right=True),
            Column("Here", right=True),
            Column("Difference", right=True),
        ],
        [
            [
                one.shoe.name,
                show_distance(one.there_mm, unit, 2),
                show_distance(one.here_mm, unit, 2),
                "none" if one.agrees else _signed(one.there_mm - one.here_mm, unit),
            ]
            for one in found
        ],
    )
    for one in found:
        if not one.agrees:
            _show_differences(one, unit)


def _show_differences(one: Comparison, unit: Unit) -> None:
    say("")
    say(f"{clean(one.shoe.name)}: Strava has {_signed(one.there_mm - one.here_mm, unit)}", "bold")
    for difference in one.differences[:_SHOWN]:
        run = difference.run
        say(
            f"  {_signed(difference.there_mm - difference.here_mm, unit):>12}  run {run.id} of"
            f" {run.local_date}, {clean(run.name) or run.sport}: {difference.why}"
        )
    rest = one.differences[_SHOWN:]
    if rest:
        more = sum(d.there_mm - d.here_mm for d in rest)
        say(f"  {_signed(more, unit):>12}  {plural(len(rest), 'other run')} (all with --json)")
    if one.beside_mm:
        say(f"  {_signed(-one.beside_mm, unit):>12}  opening miles and adjustments here")
    if abs(one.unexplained_mm) >= MM_PER_METRE:
        say(
            f"  {_signed(one.unexplained_mm, unit):>12}  unexplained: rides and the like on this"
            " pair, miles typed in at Strava, or not synced yet"
        )


def _signed(distance: int, unit: Unit) -> str:
    return f"{'+' if distance > 0 else ''}{show_distance(distance, unit, 2)}"


def _comparison_json(one: Comparison) -> Json:
    return {
        "name": one.shoe.name,
        "strava_id": one.shoe.strava_id,
        "strava_m": metres(one.there_mm),
        "distance_m": metres(one.here_mm),
        "beside_m": metres(one.beside_mm),
        "unexplained_m": metres(one.unexplained_mm),
        "runs": [
            {
                "id": difference.run.id,
                "local_date": difference.run.local_date.isoformat(),
                "name": difference.run.name,
                "why": str(difference.why),
                "strava_m": metres(difference.there_mm),
                "distance_m": metres(difference.here_mm),
            }
            for difference in one.differences
        ],
    }


# --- push -----------------------------------------------------------------------------------


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
@click.option("--since", type=DATE, help="Runs from this day on.")
@yes_option
@json_option
@pass_app
def push(app: App, dry_run: bool, since: date | None, yes: bool, as_json: bool) -> int:
    """Write the pairs decided here to the runs at Strava, where they differ.

    Strava has one pair a run: of a run that is split, the larger part's. Only pairs that are linked
    to one at Strava are written, and a run on no pair here is left alone there.

    \b
    shoetrack strava push --dry-run
    shoetrack strava push --since 2026-01-01
    """
    from shoetrack.syncing import push as writing

    strava = open_account(app)  # without one, what there is to write is not known
    with app.reader() as reader:
        found = writing.plan(reader, since) if reader else writing.Plan()
    pushed = writing.Pushed()
    if not as_json:
        _say_plan(found, app.shoes(), dry_run=dry_run)
    if found.writes and not dry_run:
        if len(found.writes) > MANY:
            ask(f"Write {plural(len(found.writes), 'run')} at Strava?", yes)
        try:
            with app.store() as store:
                writing.push(store, app.location, strava, found.writes, app.now, pushed)
        except (ShoetrackError, KeyboardInterrupt):
            if pushed.written:
                say(f"{plural(pushed.written, 'run')} written; the same command goes on.", err=True)
            raise
    if as_json:
        render.as_json(_push_json(found, pushed))
    elif found.writes and not dry_run:
        _show_pushed(pushed, len(found.writes))
    for run_id in pushed.not_there:
        say(f"shoetrack: run {run_id} is not at Strava any more: sync", err=True)
    return 1 if pushed.not_there else 0


def _push_json(found: Plan, pushed: Pushed) -> Json:
    return {
        "planned": [
            {"run": one.run.id, "strava_id": one.strava_id, "from": one.had, "to": one.shoe.name}
            for one in found.writes
        ],
        "unlinked": found.unlinked,
        "written": pushed.written,
        "not_there": list(pushed.not_there),
        "goes_on": instant(pushed.goes_on),
    }


def _say_plan(found: Plan, shoes: Sequence[Shoe], *, dry_run: bool) -> None:
    if found.writes:
        _show_plan(found, shoes)
    else:
        say("Strava has every run on the pair that it is on here: there is nothing to write.")
    _say_unlinked(found)
    if found.writes and dry_run:
        say("Nothing was written.")


def _show_plan(found: Plan, shoes: Sequence[Shoe]) -> None:
    names = {shoe.strava_id: shoe.name for shoe in shoes if shoe.strava_id}
    names_there = Counter(
        (names.get(one.had, f"{one.had} at Strava") if one.had else UNASSIGNED, one.shoe.name)
        for one in found.writes
    )
    table(
        [Column("At Strava", flexible=True), Column("To", flexible=True), Column("Runs", True)],
        [[had, to, f"{count:,}"] for (had, to), count in names_there.most_common()],
    )


def _say_unlinked(found: Plan) -> None:
    if found.unlinked:
        say(
            f"{plural(found.unlinked, 'run')} on pairs that Strava does not have:"
            " `shoetrack shoe edit PAIR --strava-id` links one.",
            "dim",
        )


def _show_pushed(pushed: Pushed, planned: int) -> None:
    say(f"Wrote {pushed.written:,} of {plural(planned, 'run')}.", "bold")
    if pushed.goes_on is not None:
        say(
            "Strava's limit of calls is reached: it goes on at"
            f" {local_time(pushed.goes_on)}: run the same command then."
        )


# --- purge ----------------------------------------------------------------------------------


def purge_after_asking(app: App, yes: bool) -> None:
    """Show what only Strava told, ask, and take it out. Raises RefusedError."""
    from shoetrack.syncing import purge as forgetting

    with app.reader() as reader:
        found = forgetting.preview(reader) if reader else None
    if found is None or found.is_empty:
        say("There is nothing here that only Strava told.")
    else:
        _show_preview(found, app.shoes(), app.unit)
        ask("Take it out? This cannot be undone.", yes)
    if found is not None:
        with app.store() as store:
            forgetting.purge(store, app.location, app.now, app.config.order, app.config.guide)
        if not found.is_empty:
            say("Taken out. Copies of the store that you made are yours to delete.")


def _show_preview(found: Preview, shoes: Sequence[Shoe], unit: Unit) -> None:
    names = names_of(shoes)
    say(
        f"Only Strava told {plural(found.runs, 'run')}: they go out of the totals, with their"
        " names, times and places. The ledger keeps the day and length of each, taken back by a"
        " reversal."
    )
    if found.lost_mm:
        table(
            [Column("Pair", flexible=True), Column("Loses", right=True)],
            [
                [UNASSIGNED if id_ is None else names[id_], show_distance(lost, unit)]
                for id_, lost in sorted(found.lost_mm.items(), key=lambda item: -item[1])
            ],
        )
    if found.kept:
        say(f"{plural(found.kept, 'run')} that files or exports tell too stay, as those tell them.")
    if found.pairs:
        say(f"{plural(found.pairs, 'pair')} stay, without the link to Strava.")
    if found.changes:
        say(f"The {plural(found.changes, 'change')} made until now cannot be undone after this.")
