"""Whether pairs take turns."""

from __future__ import annotations

from datetime import date

from shoetrack import rotation
from shoetrack.config import Config
from shoetrack.db import shoe_queries
from shoetrack.db.reader import Rows
from shoetrack.rotation import Rotation


def rotations(store: Rows | None, config: Config, today: date) -> list[Rotation]:
    """Whether the pairs of each rotation take turns."""
    if store is None:
        return []
    return rotation.evaluate(
        shoe_queries.shoes(store),
        shoe_queries.days_since(store, today - config.window),
        window=config.window,
        tolerance=config.tolerance,
        today=today,
    )
