"""Rules and defaults applied backwards, to the runs that are here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from shoetrack.db import entry_queries
from shoetrack.db.store import Store
from shoetrack.errors import RefusedError
from shoetrack.placing import place_all
from shoetrack.questions.automatic import Plan

# So many at once between two steps of a bar.
AT_ONCE = 1000


def assign_auto(
    store: Store,
    plan: Plan,
    now: datetime,
    summary: str,
    on_placed: Callable[[int], None] = lambda _: None,
) -> None:
    """Carry out a plan, as one change; `on_placed` hears of so many runs at a time.

    Raises RefusedError where something was changed since the plan was made.
    """
    if not plan.moves:
        return
    with store.write("assign", summary, now) as tx:
        if entry_queries.newest_change(tx) != plan.as_of:
            raise RefusedError("something else was changed meanwhile: do it again")
        for begin in range(0, len(plan.moves), AT_ONCE):
            some = plan.moves[begin : begin + AT_ONCE]
            place_all(tx, [(move.run, move.decision) for move in some], "assign --auto")
            on_placed(len(some))
