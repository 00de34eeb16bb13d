"""`strava`: the group, and what its commands share. Each command's file is loaded when called."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from shoetrack.cli.app import NOW, App, Commands, LazyGroup

if TYPE_CHECKING:
    from shoetrack.importers.strava.api import StravaApi
    from shoetrack.importers.strava.session import Bases

_COMMANDS: Commands = {
    "login": ("strava_login", "login", "Connect to Strava by an API app of your own."),
    "sync": ("strava_sync", "sync", "Bring runs and pairs in step with Strava."),
    "diff": ("strava_write", "diff", "Each pair's total at Strava and here."),
    "push": ("strava_write", "push", "Write the pairs decided here to Strava's runs."),
    "status": ("strava_status", "status", "Who is connected, what was granted, what is left."),
    "logout": ("strava_login", "logout", "Take the access back at Strava, and forget it here."),
}


@click.group(cls=LazyGroup, table=_COMMANDS)
def strava() -> None:
    """Strava, by its API.

    It takes an API app of your own, whose owner has a Strava subscription. Files, folders and
    Strava's bulk export need none of that: `shoetrack import`.

    \b
    shoetrack strava login
    shoetrack strava sync
    shoetrack strava status
    """


def clock(app: App) -> Callable[[], datetime]:
    """What tells the time while a command runs on; it stands still where `SHOETRACK_NOW` is set."""
    if is_clock_set():
        return lambda: app.now
    return lambda: datetime.now(UTC)


def is_clock_set() -> bool:
    """Whether the time is set by `SHOETRACK_NOW`: then it differs from Strava's on purpose."""
    return bool(os.environ.get(NOW))


def bases(app: App) -> Bases:
    """Where Strava is."""
    from shoetrack.importers.strava.session import Bases

    return Bases(app.config.strava_api, app.config.strava_oauth)


def open_account(app: App) -> StravaApi:
    """The account that is connected. Raises NotConnected, VaultError."""
    from shoetrack.importers.strava.api import open_strava

    return open_strava(app.places.data, bases(app), clock(app), checks_clock=not is_clock_set())


def local_time(moment: datetime) -> str:
    """When Strava can be asked again: `14:15 (2026-06-01 12:15 UTC)`."""
    return f"{moment.astimezone():%H:%M} ({moment:%Y-%m-%d %H:%M} UTC)"
