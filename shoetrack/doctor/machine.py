"""The machine: versions, its clock and its zone."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shoetrack import __version__
from shoetrack.db import content_queries, soundness
from shoetrack.doctor.findings import Finding, Patient, fault, note, ok
from shoetrack.errors import ConfigError

# Before there was a shoetrack: a machine without a battery begins in 1970 or when it was built.
_FIRST_YEAR = 2025
# Clocks of machines that share a store differ.
_SLACK = timedelta(minutes=5)
_LOCALTIME = Path("/etc/localtime")
# What the system reads without a file of zones: "CET-1CEST,M3.5.0,M10.5.0/3".
_POSIX_ZONE = re.compile(r"(<[A-Za-z0-9+-]{3,}>|[A-Za-z]{3,})[+-]?\d.*")


def version(_: Patient) -> Iterator[Finding]:
    yield ok(
        f"shoetrack {__version__}, Python {platform.python_version()},"
        f" SQLite {soundness.sqlite_version()},"
        f" {platform.system()} {platform.release()} {platform.machine()}"
    )


def clock(patient: Patient) -> Iterator[Finding]:
    now = patient.now
    shown = f"{now:%Y-%m-%d %H:%M} UTC"
    if now.year < _FIRST_YEAR:
        yield fault(f"the clock says {shown}", "set the machine's clock")
        return
    newest = _newest_change(patient)
    if newest is not None and newest > now + _SLACK:
        yield fault(
            f"the clock says {shown}, but the store was last changed on"
            f" {newest:%Y-%m-%d %H:%M} UTC: one of both is wrong",
            "set the machine's clock",
        )
    else:
        yield ok(shown)
    if patient.environ.get("SHOETRACK_NOW"):
        yield note("SHOETRACK_NOW sets the time of every command", "unset it, unless for a try")


def _newest_change(patient: Patient) -> datetime | None:
    with patient.asked() as reader:
        return content_queries.content(reader).changed_at if reader else None


def zone(patient: Patient) -> Iterator[Finding]:
    try:
        home = patient.config.timezone
    except ConfigError:
        home = None
    offset = f"{patient.now.astimezone(home):%z}"
    shown = f"UTC{offset[:3]}:{offset[3:5]} now"
    if home is not None:
        yield ok(f"{home}, by config.toml; {shown}")
        return
    named = patient.environ.get("TZ", "").removeprefix(":")
    advice = 'write timezone = "Europe/Copenhagen", or where you live, into config.toml'
    if named and not _is_zone(named):
        yield fault(f"TZ is {named!r}, which is no zone, so days are cut as in UTC", advice)
    elif named:
        yield note(
            f"TZ is {named}; {shown}: a daemon that the system starts does not see it", advice
        )
    else:
        yield ok(f"{_of_machine()}, the machine's; {shown}")


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    if name.startswith("/"):
        return Path(name).is_file()
    try:
        ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        return _POSIX_ZONE.fullmatch(name) is not None
    return True


def _of_machine() -> str:
    """The name of the machine's zone, as far as it has one."""
    _, found, name = str(_LOCALTIME.resolve()).partition("/zoneinfo/")
    return name if found else str(datetime.now(UTC).astimezone().tzname())
