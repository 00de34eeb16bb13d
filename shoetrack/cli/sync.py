"""`sync`: everything once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shoetrack.cli import render
from shoetrack.cli.app import App, Command, json_option, pass_app
from shoetrack.cli.render import say
from shoetrack.cli.strava import clock
from shoetrack.cli.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shoetrack.cli.shapes import Json
    from shoetrack.daemon.work import Result

_TITLES = {
    "strava": "From Strava",
    "folders": "From the folders",
    "check": "Alerts",
    "deliver": "Delivery",
}
_NOTHING = {
    "strava": "nothing new",
    "folders": "nothing new",
    "check": "nothing new to say",
    "deliver": "",
}


@click.command(cls=Command)
@json_option
@pass_app
def sync(app: App, as_json: bool) -> int:
    """Everything once: Strava where you are logged in, the watched folders, and alerts.

    What fails is named and stops nothing else; the exit status says so. `shoetrack strava sync` is
    Strava alone, with options of its own; `shoetrack daemon` does this by itself, again and again.

    \b
    shoetrack sync
    shoetrack sync --json
    """
    from shoetrack.daemon.once import SYNC, round_of
    from shoetrack.daemon.site import Site

    config = app.config
    site = Site(app.location, config, app.places.data, clock(app))
    results = round_of(site, _quietly if as_json else _show, chosen=SYNC)
    if as_json:
        render.as_json(_json(results))
        for result in results:
            _complain(result)
    elif not config.watch and all(_is_idle(one) for one in results if one.name == "strava"):
        say(
            "There is nothing to sync from yet: `shoetrack strava login`, or [folders] watch in"
            " config.toml."
        )
    return 1 if any(result.outcome is None or _has_problems(result) for result in results) else 0


def _quietly(_: Result) -> None:
    """All is told at the end."""


def _is_idle(result: Result) -> bool:
    return result.outcome is not None and not result.outcome.tried


def _has_problems(result: Result) -> bool:
    return result.outcome is not None and bool(result.outcome.problems)


def _show(result: Result) -> None:
    from shoetrack.daemon.site import NOT_SET_UP

    title, outcome = _TITLES[result.name], result.outcome
    if outcome is not None and outcome.tried:
        for line in outcome.lines or filter(None, [_NOTHING[result.name]]):
            say(f"{title}: {clean(line)}.")
        if not outcome.lines and outcome.counts.get("waiting"):
            say(f"{title}: {outcome.counts['waiting']:,} wait for their time.")
    elif outcome is not None and outcome.why != NOT_SET_UP:
        say(f"{title}: {clean(outcome.why)}.")
    _complain(result)


def _complain(result: Result) -> None:
    problems = (result.error,) if result.outcome is None else result.outcome.problems
    for problem in problems:
        say(f"shoetrack: {result.name}: {clean(problem)}", err=True)


def _json(results: Sequence[Result]) -> Json:
    """What came of each part: null where it was not tried, or failed."""
    parts: Json = {}
    for result in results:
        outcome = result.outcome
        tried = outcome is not None and outcome.tried
        parts[result.name] = {**outcome.counts, **outcome.details} if tried and outcome else None
    return {
        **parts,
        "failed": [
            {"part": result.name, "reason": result.error}
            for result in results
            if result.outcome is None
        ],
        "problems": [
            {"part": result.name, "reason": problem}
            for result in results
            if result.outcome is not None
            for problem in result.outcome.problems
        ],
    }
