"""Where runs come from: Strava's login, and the watched folders. Strava itself is not asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from shoetrack.db import file_queries, strava_queries
from shoetrack.doctor.findings import Finding, Patient, fault, note, ok
from shoetrack.importers.strava import tokens
from shoetrack.vault import Vault
from shoetrack.watching import places

# What a sync needs; writing pairs back is asked for apart.
_NEEDED = ("read", "activity:read_all", "profile:read_all")
_LATE = timedelta(days=2)
# A folder may hold ten thousand files: enough of them to tell that it is the right one.
_LOOKED_AT = 5000
_SHOWN = 3


def strava(patient: Patient) -> Iterator[Finding]:
    account = tokens.account(Vault(patient.places.data))
    if account is None:
        yield ok("not connected: runs come from files")
        return
    who = account.athlete or f"athlete {account.athlete_id}"
    again = "`shoetrack strava login`"
    if account.is_lost:
        yield fault(f"Strava does not accept the login of {who} any more", f"log in anew: {again}")
        return
    missing = [scope for scope in _NEEDED if scope not in account.scopes]
    if missing:
        yield note(f"not granted: {', '.join(missing)}", f"grant it: {again}")
    with patient.asked() as reader:
        state = strava_queries.state(reader) if reader else None
    synced_at = state.synced_at if state else None
    if synced_at is None:
        yield note(f"connected as {who}, never synced", "`shoetrack strava sync`")
    elif patient.now - synced_at > _LATE:
        yield note(
            f"connected as {who}, last synced on {patient.show(synced_at)}",
            "`shoetrack strava sync`, or let the daemon do it: `shoetrack service install`",
        )
    else:
        yield ok(f"connected as {who}, last synced on {patient.show(synced_at)}")


def folders(patient: Patient) -> Iterator[Finding]:
    if not patient.config.watch:
        yield ok("none are watched")
    for folder in patient.config.watch:
        yield _folder(patient, folder)
    with patient.asked() as reader:
        refused = file_queries.refused(reader) if reader else []
    for file in refused[:_SHOWN]:
        yield note(
            f"{file.place} could not be read: {file.reason}", "`shoetrack import` tries again"
        )
    if len(refused) > _SHOWN:
        yield note(f"{len(refused) - _SHOWN:,} more files could not be read")


def _folder(patient: Patient, folder: Path) -> Finding:
    try:
        with os.scandir(folder) as entries:
            times = [
                entry.stat(follow_symlinks=False).st_mtime
                for entry in islice(entries, _LOOKED_AT)
                if not entry.name.startswith(".")
            ]
    except FileNotFoundError:
        if places.is_removable(folder):
            return note(f"{folder} is not there", "fine, as long as it is not plugged in")
        return fault(f"{folder} is not there", "make it, or mend [folders] watch in config.toml")
    except NotADirectoryError:
        return fault(f"{folder} is not a folder", "mend [folders] watch in config.toml")
    except PermissionError:
        return fault(f"{folder} cannot be read", "make it yours to read")
    except OSError as error:  # links in a circle, a drive that fails; the other folders go on
        return fault(
            f"{folder} cannot be read: {error.strerror}",
            "mend it, or [folders] watch in config.toml",
        )
    how = "" if places.tells_changes(folder) else "; looked at now and then, as on network drives"
    if not times:
        return ok(f"{folder}, which is empty{how}")
    newest = patient.show(datetime.fromtimestamp(max(times), UTC))
    return ok(f"{folder}, its newest file of {newest}{how}")
