"""`strava status`, and the words in which a login is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from shoetrack.cli import render
from shoetrack.cli.app import App, Command, json_option, pass_app
from shoetrack.cli.render import say
from shoetrack.cli.text import clean
from shoetrack.vault import Vault

if TYPE_CHECKING:
    from shoetrack.importers.strava.limits import Budget, Limits
    from shoetrack.importers.strava.tokens import Account

WRITE = "activity:write"
WITHOUT = {
    "read": "not even your name is told",
    "activity:read_all": "runs cannot be read, or only those that everyone may see",
    "profile:read_all": "your pairs are not listed: only those that runs are on are found",
    WRITE: "`strava push` cannot write pairs back (ask for it with `strava login --write`)",
}


@click.command(cls=Command)
@json_option
@pass_app
def status(app: App, as_json: bool) -> None:
    """Who is connected, what was granted, the last sync, and what is left of Strava's limits.

    Strava is not asked: the limits are those of its last answer.

    \b
    shoetrack strava status
    shoetrack strava status --json
    """
    from shoetrack.importers.strava import tokens
    from shoetrack.importers.strava.meter import Meter

    vault = Vault(app.places.data)
    account = tokens.account(vault)
    meter = Meter(app.places.data, lambda: app.now)
    limits = meter.limits().at(app.now) if meter.is_known else None
    synced_at = _last_sync(app)
    if as_json:
        render.as_json(_shape(app, vault, account, limits, synced_at))
        return
    if account is None:
        say("Not connected to Strava. Connect with `shoetrack strava login`, or import files.")
        return
    if account.is_lost:
        say(
            f"Connected as {named(account)} once, but Strava does not accept this login any more:"
            " run `shoetrack strava login` again.",
            "yellow",
        )
    else:
        say(f"Connected as {named(account)}, by API app {clean(account.client_id)}.")
    say(f"Granted: {listed(account.scopes)}.")
    for scope in _missing(account):
        say(f"Not granted: {scope}. Without it {WITHOUT[scope]}.")
    say(f"Last sync: {_when(synced_at) if synced_at else 'never'}.")
    say(_limits_line(limits, app.now))
    say(f"The tokens are kept in {kept_in(vault)}.")


def _last_sync(app: App) -> datetime | None:
    from shoetrack.db import strava_queries

    with app.reader() as reader:
        state = strava_queries.state(reader) if reader else None
    return state.synced_at if state else None


def _missing(account: Account) -> list[str]:
    return [scope for scope in WITHOUT if scope not in account.scopes]


def listed(scopes: Iterable[str]) -> str:
    """Scopes in a row."""
    return ", ".join(sorted(map(clean, scopes))) or "nothing"


def named(account: Account) -> str:
    """Who is connected."""
    return clean(account.athlete) or f"athlete {account.athlete_id}"


def kept_in(vault: Vault) -> str:
    """Where the tokens are."""
    from shoetrack.importers.strava import tokens

    place = clean(vault.place())
    if tokens.from_environment(tokens.CLIENT_SECRET):
        place += "; the client secret comes from the environment"
    return place


def _when(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _limits_line(limits: Limits | None, now: datetime) -> str:
    if limits is None:
        return "Strava's limits: not known before the first call."

    def left(budget: Budget) -> str:
        quarter = max(0, budget.quarter - budget.used_quarter)
        day = max(0, budget.day - budget.used_day)
        return f"{quarter:,} of {budget.quarter:,} in 15 min, {day:,} of {budget.day:,} today"

    line = f"Left of Strava's limits: {left(limits.reads)} to read;"
    line += f"\n  {left(limits.overall)} in all"
    goes_on = limits.goes_on(now)
    return f"{line}. It goes on at {_when(goes_on)}." if goes_on else f"{line}."


def _shape(
    app: App,
    vault: Vault,
    account: Account | None,
    limits: Limits | None,
    synced_at: datetime | None,
) -> dict[str, Any]:
    def budget(one: Budget) -> dict[str, dict[str, int]]:
        return {
            "quarter": {"used": one.used_quarter, "limit": one.quarter},
            "day": {"used": one.used_day, "limit": one.day},
        }

    goes_on = limits.goes_on(app.now) if limits else None
    return {
        "connected": account is not None and not account.is_lost,
        "athlete": {"id": account.athlete_id, "name": account.athlete} if account else None,
        "client_id": account.client_id if account else None,
        "scopes": sorted(account.scopes) if account else [],
        "missing": _missing(account) if account else [],
        "last_sync": synced_at.isoformat() if synced_at else None,
        "limits": {"reads": budget(limits.reads), "all": budget(limits.overall)}
        if limits
        else None,
        "goes_on": goes_on.isoformat() if goes_on else None,
        "kept_in": vault.facts().home if account else None,
    }
