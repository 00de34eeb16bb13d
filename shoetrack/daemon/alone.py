"""One daemon a store: two would do everything twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

from shoetrack.db import job_queries, version
from shoetrack.db.engine import make_folder
from shoetrack.db.location import Location
from shoetrack.db.reader import exists, open_reader, schema_version
from shoetrack.errors import RefusedError
from shoetrack.locks import DAEMON, one_at_a_time
from shoetrack.model import Heartbeat

# A single round of cron's holds the lock for as long as it takes.
_ROUND_S = 10.0
_DEAD_AFTER = timedelta(minutes=5)


@contextmanager
def alone(location: Location, *, patient: bool = True) -> Iterator[None]:
    """Be the daemon. `patient`: a single round that is under way is waited for.

    Raises RefusedError where there is a daemon already, and says which; StoreError.
    """
    make_folder(location)
    patience = _ROUND_S if patient and running(location) is None else 0.0
    with ExitStack() as held:
        try:
            held.enter_context(one_at_a_time(location, DAEMON, patience_s=patience))
        except RefusedError as error:
            raise RefusedError(f"{in_words(running(location))}: this one ends") from error
        yield


def running(location: Location) -> Heartbeat | None:
    """The sign of life of the daemon that runs, as far as one can tell: it gives one a minute.

    A store of an older version is not asked: to open it would bring it up to date here and now.
    """
    if exists(location) and schema_version(location) != version.HEAD:
        return None
    with open_reader(location) as reader:
        life = job_queries.heartbeat(reader) if reader else None
    if life is None or life.stopped_at is not None:
        return None
    return life if abs(datetime.now(UTC) - life.beat_at) < _DEAD_AFTER else None


def in_words(life: Heartbeat | None) -> str:
    """`a daemon of this store runs already (process 4711 on ada, since 2026-06-01 08:00)`."""
    if life is None:
        return "another process is the daemon of this store already"
    return (
        f"a daemon of this store runs already (process {life.pid} on {life.host},"
        f" since {life.started_at.astimezone():%Y-%m-%d %H:%M})"
    )
