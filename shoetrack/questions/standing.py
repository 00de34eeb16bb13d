"""How worn each pair is, and which to replace and when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from shoetrack import forecast, wear
from shoetrack.config import Config
from shoetrack.db import shoe_queries
from shoetrack.db.reader import Rows
from shoetrack.db.shoe_queries import Waiting
from shoetrack.model import Total
from shoetrack.wear import Wear

_NOTHING = Total(None)
_NONE_WAITING = Waiting(0, 0)


class Overview(NamedTuple):
    """Everything at one glance; `wears` has the most worn first, retired pairs last."""

    wears: tuple[Wear, ...] = ()
    unassigned: Total = _NOTHING
    waiting: Waiting = _NONE_WAITING


def overview(store: Rows | None, config: Config, today: date) -> Overview:
    """How every pair stands; without a store, nothing does."""
    if store is None:
        return Overview()
    totals = shoe_queries.totals(store)
    return Overview(
        wears=tuple(_wears(store, totals, config, today)),
        unassigned=totals.get(None, Total(None)),
        waiting=shoe_queries.waiting(store),
    )


def _wears(store: Rows, totals: dict[int | None, Total], config: Config, today: date) -> list[Wear]:
    shoes = shoe_queries.shoes(store)
    forecasts = forecast.forecasts(
        shoes,
        totals,
        shoe_queries.days_since(store, today - forecast.LOOK_BACK),
        default_range=config.range_mm,
        today=today,
    )
    found = [
        wear.assess(
            shoe,
            totals.get(shoe.id, Total(shoe.id)),
            forecasts.get(shoe.id),
            default_range=config.range_mm,
            near=config.near,
            today=today,
        )
        for shoe in shoes
    ]
    return sorted(found, key=lambda w: (w.shoe.retired_on is not None, -w.share))


def due(
    store: Rows | None, config: Config, today: date, within: timedelta | None
) -> tuple[list[Wear], list[Wear]]:
    """The pairs to replace, the most urgent first; and the other pairs in use, by day."""
    wears = [w for w in overview(store, config, today).wears if w.shoe.retired_on is None]
    wears.sort(key=wear.urgency)
    now = [w for w in wears if wear.due_within(w, within, today)]
    return now, [w for w in wears if w not in now]
