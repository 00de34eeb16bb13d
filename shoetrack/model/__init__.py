"""The frozen values that the rooms hand each other. Distances are millimetres, times seconds.

They lie in one module a subject, which is loaded when one of its names is first asked for: making
a frozen class takes Python half a millisecond, and a prompt needs but a few of them. Those that
every prompt needs are named tuples, which take a fifth of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shoetrack.model.alerts import (
        Alert,
        AlertKind,
        Delivery,
        DeliveryStatus,
        Draft,
        Heartbeat,
        Job,
    )
    from shoetrack.model.entries import Change, Entry, Kind, Posting
    from shoetrack.model.notes import Observation
    from shoetrack.model.pairs import Day, DefaultShoe, Shoe, Total
    from shoetrack.model.runs import (
        Decision,
        DistanceSource,
        FileSeen,
        Place,
        Run,
        RunRecord,
        Share,
        Sighting,
        Skip,
        Status,
    )
    from shoetrack.model.wearings import Wearing

UNASSIGNED = "unassigned"
# Who decides: a hand, the default pair of a sport, or a rule, whose name follows.
MANUAL = "manual"
DEFAULT = "default"
# The kind of change that takes out for good, and no undo goes behind.
PURGE = "purge"
RULE = "rule:"

_HOMES = {
    "alerts": (
        "Alert",
        "AlertKind",
        "Delivery",
        "DeliveryStatus",
        "Draft",
        "Heartbeat",
        "Job",
    ),
    "notes": ("Observation",),
    "entries": ("Change", "Entry", "Kind", "Posting"),
    "pairs": ("Day", "DefaultShoe", "Shoe", "Total"),
    "runs": (
        "Decision",
        "DistanceSource",
        "FileSeen",
        "Place",
        "Run",
        "RunRecord",
        "Share",
        "Sighting",
        "Skip",
        "Status",
    ),
    "wearings": ("Wearing",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DEFAULT",
    "MANUAL",
    "PURGE",
    "RULE",
    "UNASSIGNED",
    "Alert",
    "AlertKind",
    "Change",
    "Day",
    "Decision",
    "DefaultShoe",
    "Delivery",
    "DeliveryStatus",
    "DistanceSource",
    "Draft",
    "Entry",
    "FileSeen",
    "Heartbeat",
    "Job",
    "Kind",
    "Observation",
    "Place",
    "Posting",
    "Run",
    "RunRecord",
    "Share",
    "Shoe",
    "Sighting",
    "Skip",
    "Status",
    "Total",
    "Wearing",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
