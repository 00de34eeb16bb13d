"""When something that fails is worth an alert, and what that says."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import NamedTuple

from shoetrack.errors import ShoetrackError, StoreError
from shoetrack.model import Job

# The third failure of one kind in a row is no accident.
ENOUGH = 3
STORE = "store"
BACKUP = "backup"
STRAVA_LOGIN = "strava-login"
STRAVA_SUBSCRIPTION = "strava-subscription"
# What only a person can put right. It is tried seldom, as each try is a call that is refused.
LOGIN_FAULTS = frozenset({"LoginLost", "ScopeMissing"})
PERSONS_FAULTS = LOGIN_FAULTS | {"AppInactive"}
# Of these, waiting loses what should have been kept.
_FULL = frozenset({"SQLITE_FULL", "SQLITE_IOERR", "NoSpace"})

_TITLES = {
    "strava": "Strava cannot be read",
    "folders": "The watched folders cannot be read",
    "check": "Alerts cannot be worked out",
    "deliver": "Alerts cannot be sent",
    "digest": "The week's digest cannot be made",
    "verify": "The store is not sound",
    BACKUP: "No backup could be made",
}


class Trouble(NamedTuple):
    """An alert about what should run by itself; `name` is the same for the same trouble."""

    name: str
    title: str
    body: str
    urgent: bool = False


def fault_of(error: Exception) -> str:
    """The kind of a failure: the same word for the same cause."""
    if isinstance(error, ChoreError):
        return error.fault
    cause: object = error.__cause__ if isinstance(error, StoreError) else error
    cause = getattr(cause, "orig", None) or cause
    if code := getattr(cause, "sqlite_errorname", None):
        # SQLITE_IOERR_WRITE and its like are one kind.
        return "_".join(str(code).split("_")[:2])
    if isinstance(cause, OSError) and cause.errno == errno.ENOSPC:
        return "NoSpace"
    return type(error).__name__


def sentence_of(error: Exception) -> str:
    """What to tell a person of it."""
    if isinstance(error, ShoetrackError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"this is a bug in shoetrack: {type(error).__name__}: {error}"


class ChoreError(ShoetrackError):
    """A failure whose kind was told by another process, or is more than its class says."""

    def __init__(self, fault: str, message: str) -> None:
        self.fault = fault
        super().__init__(message)


def trouble_of(job: str, fault: str, message: str, failures: int) -> Trouble | None:
    """The alert that so many failures in a row of a job are; None where they are none (yet)."""
    body = f"{message[:1].upper()}{message[1:].rstrip('.')}."
    if fault in LOGIN_FAULTS:
        return Trouble(STRAVA_LOGIN, "Strava does not know this login any more", body)
    if fault == "AppInactive":
        return Trouble(STRAVA_SUBSCRIPTION, "Strava has switched your API app off", body)
    if fault == "Unsound":
        return Trouble("verify", _TITLES["verify"], body, urgent=True)
    if fault in _FULL:
        where = BACKUP if job == BACKUP else STORE  # they may be on two disks
        return Trouble(where, "The disk is full", body, urgent=True)
    if failures < ENOUGH:
        return None
    again = f"{body} It failed {failures} times in a row, and is tried again by itself."
    if is_of_the_store(job, fault):
        return Trouble(STORE, "The store cannot be used", again)
    return Trouble(job, _TITLES.get(job, f"{job} fails"), again)


def in_the_past(trouble: Trouble) -> Trouble:
    """The trouble of a store that could not be written: by the time that is said, it is over."""
    body = f"{trouble.body} It can be written again."
    return trouble._replace(title="The store could not be written", body=body)


def over_with(job: str, jobs: Iterable[Job]) -> tuple[str, ...]:
    """The troubles that are over when a job goes well that had failed; `jobs` are all of them."""
    logins = (STRAVA_LOGIN, STRAVA_SUBSCRIPTION) if job == "strava" else ()
    others = (one for one in jobs if one.name != job and one.failures)
    lasts = any(is_of_the_store(one.name, one.fault) for one in others)
    return (job, *logins) if lasts else (job, STORE, *logins)


def is_of_the_store(job: str, fault: str) -> bool:
    """Whether a job failed because of the store. A backup may do so because of its own folder."""
    is_one = fault in ("StoreError", "NoSpace") or fault.startswith("SQLITE_")
    return is_one and job != BACKUP
