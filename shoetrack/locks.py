"""One at a time: a file beside the store is held by the process that does something alone.

The system lets go of it where a process dies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from shoetrack.db.location import Location
from shoetrack.errors import RefusedError, StoreError

# Two syncs of one store would ask Strava for all twice, and write back twice.
STRAVA = ("strava", "at Strava for this store")
# Two daemons would do everything twice, and two deliveries would say it twice.
DAEMON = ("daemon", "the daemon of this store")
DELIVERY = ("delivery", "sending this store's alerts")


@contextmanager
def one_at_a_time(
    location: Location, purpose: tuple[str, str], *, patience_s: float = 0
) -> Iterator[None]:
    """Hold the lock of a purpose, waiting so many seconds for it.

    Raises RefusedError where another process holds it, StoreError where it cannot be made.
    """
    name, what = purpose
    path = location.path.with_name(f"{location.path.name}.{name}.lock")
    # Held by a thread, too: two of one process are two at a time.
    lock = FileLock(path, timeout=patience_s, mode=0o600, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise RefusedError(
            f"another process is {what} already: let it finish, and try again"
        ) from error
    except OSError as error:
        raise StoreError(f"the lock {path} cannot be made: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


def is_held(location: Location, purpose: tuple[str, str]) -> bool:
    """Whether a process holds the lock of a purpose at this moment. Raises StoreError."""
    path = location.path.with_name(f"{location.path.name}.{purpose[0]}.lock")
    if not path.exists():
        return False
    try:
        with one_at_a_time(location, purpose):
            return False
    except RefusedError:
        return True
