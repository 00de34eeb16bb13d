"""One at a time: two syncs of one store would ask Strava for all twice, and write back twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from shoetrack.db.location import Location
from shoetrack.errors import RefusedError, StoreError


@contextmanager
def one_at_a_time(location: Location) -> Iterator[None]:
    """Hold the lock beside the store; the system lets go of it where a process dies.

    Raises RefusedError where another process holds it.
    """
    path = location.path.with_name(f"{location.path.name}.strava.lock")
    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise RefusedError(
            "another process is at Strava for this store already: let it finish, and try again"
        ) from error
    except OSError as error:
        raise StoreError(f"the lock {path} cannot be made: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()
