"""Checks of all that has to be right, each with what to do where it is not. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from shoetrack.doctor.findings import Finding, Patient, Status, fault, note, ok
from shoetrack.errors import ShoetrackError

__all__ = ["Finding", "Patient", "Status", "examine", "fault", "note", "ok"]

Check = Callable[[Patient], Iterator[Finding]]

# By its name, the module in shoetrack.doctor and the function; in the order they are told.
CHECKS = {
    "version": ("machine", "version"),
    "config": ("files", "config"),
    "secrets": ("files", "secrets"),
    "store": ("store", "store"),
    "ledger": ("store", "ledger"),
    "backups": ("store", "backed_up"),
    "clock": ("machine", "clock"),
    "zone": ("machine", "zone"),
    "strava": ("sources", "strava"),
    "folders": ("sources", "folders"),
    "channels": ("channels", "channels"),
    "deliveries": ("channels", "deliveries"),
    "trouble": ("channels", "trouble"),
    "daemon": ("background", "daemon"),
}


def examine(patient: Patient) -> Iterator[tuple[str, Finding]]:
    """What each check finds, by its name. One that fails is a fault itself, and stops no other;
    what several of them fail at is told once.
    """
    told = set()
    for name, (module, function) in CHECKS.items():
        check: Check = getattr(import_module(f"shoetrack.doctor.{module}"), function)
        try:
            for finding in check(patient):
                told.add(finding.message)
                yield name, finding
        except (ShoetrackError, OSError) as error:
            sentence = _sentence(error)
            if sentence not in told:
                told.add(sentence)
                yield name, fault(sentence)


def _sentence(error: ShoetrackError | OSError) -> str:
    if isinstance(error, ShoetrackError):
        return str(error)
    return f"{error.filename or 'the system'}: {error.strerror or error}"
