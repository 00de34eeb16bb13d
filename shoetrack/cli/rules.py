"""`rules`: what each rule catches, and why a run is where it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

import click

from shoetrack.cli import render, shapes
from shoetrack.cli.app import DATE, RUN, App, Group, json_option, pass_app, table_options
from shoetrack.cli.auto import show_moves, warn_of_rules, ways
from shoetrack.cli.render import Cell, Column, say, table
from shoetrack.cli.shapes import Json
from shoetrack.cli.text import clean, plural
from shoetrack.config.rules import CONDITIONS
from shoetrack.db import run_queries, shoe_queries
from shoetrack.errors import NotFoundError
from shoetrack.model import RULE, Status
from shoetrack.model.rules import Rule
from shoetrack.questions import automatic
from shoetrack.questions.automatic import Caught, Count, History
from shoetrack.units import Unit, metres, show_distance


class _Rules(Group):
    """Bare, it lists; its help has every condition, as it is declared."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = 0
        while at < len(args) and args[at].startswith(("--db", "--unit")):
            at += 1 if "=" in args[at] else 2
        if at >= len(args) or args[at] in ("--json", "--csv"):
            args.insert(min(at, len(args)), "list")
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Conditions"):
            formatter.write_dl([(one.key, f"{one.doc}: {one.example}") for one in CONDITIONS])


@click.group(cls=_Rules)
def rules() -> None:
    """Rules put runs on pairs by themselves. They stand in config.toml, and are tried in order:

    \b
    [[rules]]
    name = "trails"
    shoe = "Speedgoat"         # or split = "Speedgoat=60%, Pegasus=40%"
    sport = "trail-run"
    distance = ">= 10 km"

    All conditions of a rule must hold; the first rule that fits decides. What a hand has decided
    comes first, then the pair that a run has at Strava or Garmin, then the rules, then the default
    pair of its sport. Case and accents make no difference; a text with * or ? is a glob, else all
    its words must occur. Rules decide on new runs; `shoetrack assign --auto` applies them to
    those that are here.

    \b
    shoetrack rules check
    shoetrack rules explain 12
    """


# --- list -----------------------------------------------------------------------------------


@rules.command(name="list")
@table_options
@pass_app
def list_(app: App, as_json: bool, as_csv: bool) -> None:
    """Each rule, and the runs that it has decided."""
    warn_of_rules(app, of_all=True)
    with app.reader() as reader:
        by = run_queries.decided(reader) if reader else {}
    found = [(rule, Count(*by.get(f"{RULE}{rule.name}", (0, 0)))) for rule in app.config.rules]
    if as_json:
        render.as_json([{**_rule(rule), **_count(count)} for rule, count in found])
    elif as_csv:
        render.as_csv(
            ("name", "shoe", "conditions", "runs", "distance_m"),
            [
                (rule.name, rule.target, "; ".join(_conditions(rule)), *_count(count).values())
                for rule, count in found
            ],
        )
    elif not found:
        _show_first(app)
    else:
        for number, (rule, count) in enumerate(found, 1):
            decided = "no run yet"
            if count.runs:
                far = show_distance(count.distance_mm, app.unit)
                decided = f"{plural(count.runs, 'run')}, {far}"
            say(f"{number}. {clean(rule.name)}: {clean(rule.target)} ({decided})", "bold")
            for line in _conditions(rule):
                say(f"     {clean(line)}")


def _conditions(rule: Rule) -> list[str]:
    return [f"{one.key} = {one.written}" for one in rule.conditions]


def _show_first(app: App) -> None:
    """How to write the first rule, for a pair that is here."""
    pairs = [shoe for shoe in app.shoes() if shoe.retired_on is None]
    with app.reader() as reader:
        taken = {one.shoe_id for one in shoe_queries.defaults(reader)} if reader else set()
    free = [shoe.name for shoe in pairs if shoe.id not in taken] + [shoe.name for shoe in pairs]
    name = free[0] if free else "Pegasus 41"
    say(f"No rules yet. The first could stand in {clean(str(app.places.config_file))} as:")
    say("")
    say("[[rules]]")
    say('name = "fast ones"')
    say(f"shoe = {clean(json.dumps(name, ensure_ascii=False))}")
    say('title = ["intervals", "tempo", "#race"]')
    say("")
    if not pairs:
        say(f'There is no pair yet: shoetrack shoe add "{name}"')
    say("What else it may ask for: shoetrack rules --help")
    say("What it would catch, and move: shoetrack rules check")


# --- check ----------------------------------------------------------------------------------


@rules.command()
@click.option("--until", type=DATE, help="Runs up to this day.")
@click.option("--since", type=DATE, help="Runs from this day on.")
@table_options
@pass_app
def check(app: App, since: date | None, until: date | None, as_json: bool, as_csv: bool) -> None:
    """What each rule catches, and would move.

    A run is caught by the first rule that fits it; "Earlier" are those that fit a rule too, and
    are caught by one before it. "Settled" are caught, and stay where a hand or a service has put
    them, or on no pair while they are in doubt. Nothing is changed: that is for
    `shoetrack assign --auto`.

    \b
    shoetrack rules check
    shoetrack rules check --since 2026-01-01
    """
    warn_of_rules(app, of_all=True)
    with app.reader() as reader:
        names = shapes.names_of(shoe_queries.shoes(reader)) if reader else {}
        found = automatic.history(reader, app.config.guide, since, until) if reader else None
    if found is None:
        found = History(tuple(Caught(rule) for rule in app.config.rules), automatic.NOTHING, 0)
    if as_json:
        render.as_json(_history(found, names))
    elif as_csv:
        headings = ("name", "shoe", "runs", "distance_m", "earlier", "settled")
        render.as_csv(
            headings,
            [
                (
                    one.rule.name,
                    one.rule.target,
                    one.first.runs,
                    metres(one.first.distance_mm),
                    one.later.runs,
                    one.settled.runs,
                )
                for one in found.caught
            ],
        )
    elif not found.caught:
        _show_first(app)
    else:
        _show_history(found, names, app.unit)


def _show_history(found: History, names: Mapping[int, str], unit: Unit) -> None:
    table(
        [
            Column("Rule", flexible=True),
            Column("Pair", flexible=True),
            Column("Caught", right=True),
            Column("Distance", right=True),
            Column("Earlier", right=True),
            Column("Settled", right=True),
        ],
        [
            [
                one.rule.name,
                one.rule.target,
                Cell(f"{one.first.runs:,}", "" if one.first.runs else "yellow"),
                show_distance(one.first.distance_mm, unit),
                f"{one.later.runs:,}",
                f"{one.settled.runs:,}",
            ]
            for one in found.caught
        ],
    )
    if any(one.later.runs for one in found.caught):
        say("Earlier: runs that fit too, which a rule before takes.", "dim")
    if any(one.settled.runs for one in found.caught):
        say("Settled: of those caught, these stay by hand, by service, or in doubt.", "dim")
    for one in found.caught:
        if note := _note(one):
            say(clean(note), "yellow")
    say("")
    if not found.plan.moves:
        say(f"Of {plural(found.runs, 'run')}, none would move.")
        return
    show_moves(found.plan, names, unit)
    if found.plan.moved:
        what = plural(len(found.plan.moved), "run")
        say(f"{what} of {found.runs:,} would move: shoetrack assign --auto")


def _note(one: Caught) -> str:
    """Why a rule has no effect."""
    if one.fault or one.first.runs:
        return ""
    if not one.later.runs:
        return f"Rule {one.rule.name!r} fits no run."
    runs = "the run that it fits" if one.later.runs == 1 else f"the {one.later.runs:,} that it fits"
    if len(one.taken_by) == 1:
        return f"Rule {one.rule.name!r} never comes first: {one.shadow!r} takes {runs}."
    return f"Rule {one.rule.name!r} never comes first: rules before it take {runs}."


def _history(found: History, names: Mapping[int, str]) -> Json:
    return {
        "runs": found.runs,
        "rules": [
            {
                **_rule(one.rule),
                "fault": one.fault or None,
                "caught": _count(one.first),
                "earlier": _count(one.later),
                "settled": _count(one.settled),
                "shadowed_by": one.shadow or None,
            }
            for one in found.caught
        ],
        "moves": [
            {"from": before, "to": after, **_count(count)}
            for before, after, count in ways(found.plan.moved, names)
        ],
    }


def _rule(rule: Rule) -> Json:
    whole = sum(weight for _, weight in rule.pairs)
    return {
        "name": rule.name,
        "shoes": [
            {"name": name, "percent": round(100 * weight / whole, 2)} for name, weight in rule.pairs
        ],
        "conditions": _conditions(rule),
    }


def _count(count: Count) -> Json:
    return {"runs": count.runs, "distance_m": metres(count.distance_mm)}


# --- explain --------------------------------------------------------------------------------


@rules.command()
@click.argument("run_id", metavar="RUN", type=RUN)
@json_option
@pass_app
def explain(app: App, run_id: int, as_json: bool) -> None:
    """Why a run is where it is.

    In the order of decision: a hand, the service that it came from, each rule with its conditions
    and what was found, the default pair of its sport.

    \b
    shoetrack rules explain 12
    """
    from shoetrack.cli import explain as pages

    warn_of_rules(app, of_all=True)
    with app.reader() as reader:
        run = run_queries.run(reader, run_id) if reader else None
        if reader is None or run is None or run.status is Status.UNDONE:
            raise NotFoundError(f"there is no run {run_id}: `shoetrack runs` lists them")
        names = shapes.names_of(shoe_queries.shoes(reader))
        found = automatic.reasons(reader, app.config.guide, run, app.unit)
    if as_json:
        render.as_json(pages.as_json(found, names))
    else:
        pages.show(found, names, app.unit)
