"""Having a child process sync with Strava."""

from __future__ import annotations

import json
import pickle
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shoetrack.config import Config
from shoetrack.daemon import child
from shoetrack.daemon.troubles import PERSONS_FAULTS, ChoreError
from shoetrack.db.location import Location

# How a sync ends that neither went well nor failed: it was stopped, or another was at it.
STOPPED, BUSY = "Stopped", "Busy"
# How often what only a person can put right is tried.
SELDOM = timedelta(hours=3)
# A first sync of many years takes minutes, and all that it asks has limits of its own.
_LONGEST_S = 2 * 3600.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a child is to sync, and the time by our clock."""

    location: Location
    data: Path
    config: Config
    now: datetime


def run_child(order: Order, stop: threading.Event) -> dict[str, Any]:
    """What came of a sync: see `strava_child`. `stop` ends it soon. Raises ChoreError where it says
    nothing at all.
    """
    answer = child.run(
        "shoetrack.daemon.strava_child",
        given=pickle.dumps(order),
        stop=stop,
        longest_s=_LONGEST_S,
    )
    if answer.status == 0:
        found: dict[str, Any] = json.loads(answer.out)
        return found
    if stop.is_set():
        return {"fault": STOPPED, "message": "it was stopped", "summary": None}
    raise ChoreError(
        "ChildDied", f"the process that reads Strava ended by itself{answer.last_words}"
    )


def is_worth_trying(
    fault: str, failed_at: datetime | None, vault_changed_at: datetime | None, now: datetime
) -> bool:
    """Whether Strava may say something else than it last did. What only a person can put right is
    tried seldom, and at once when the login has changed.
    """
    if fault not in PERSONS_FAULTS or failed_at is None or failed_at > now:
        return True
    if vault_changed_at is not None and vault_changed_at > failed_at:
        return True
    return now - failed_at >= SELDOM
