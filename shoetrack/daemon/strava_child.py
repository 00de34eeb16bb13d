"""One sync with Strava, in a process of its own: what reads Strava takes much memory, and a request
that hangs cannot be stopped otherwise.

`python -m shoetrack.daemon.strava_child` reads an `Order` from its standard input, and writes what
came of it to its standard output, as JSON.
"""

from __future__ import annotations

import json
import pickle
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from shoetrack.daemon.strava import BUSY, STOPPED, Order
from shoetrack.daemon.troubles import fault_of
from shoetrack.errors import RefusedError, ShoetrackError

# A clock that is further off was set so, and Strava's is not to be compared with it.
_START_UP = timedelta(seconds=30)


def main() -> None:
    if sys.platform != "win32":
        # A service's end is sent to all its processes: ours comes from who started us, once, and
        # once only is a token that is under way seen to be kept.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    order = pickle.load(sys.stdin.buffer)  # noqa: S301 - by our own pipe, from our own process
    json.dump(sync(order), sys.stdout)


def sync(order: Order) -> dict[str, Any]:
    """Bring the store in step; what came of it, and what went wrong."""
    from shoetrack.syncing.summary import SyncSummary

    summary = SyncSummary()
    fault: dict[str, str] = {}
    try:
        _sync(order, summary)
    except RefusedError as error:
        from filelock import Timeout

        is_busy = isinstance(error.__cause__, Timeout)
        fault = {"fault": BUSY if is_busy else fault_of(error), "message": str(error)}
    except ShoetrackError as error:
        fault = {"fault": fault_of(error), "message": str(error)}
    except KeyboardInterrupt:
        fault = {"fault": STOPPED, "message": "it was stopped"}
    return {**fault, "summary": _as_json(summary)}


def _sync(order: Order, summary: Any) -> None:
    from shoetrack.db.store import Store
    from shoetrack.importers.strava.api import open_strava
    from shoetrack.importers.strava.session import Bases
    from shoetrack.syncing.sync import SyncSettings, sync

    config = order.config
    ahead = order.now - datetime.now(UTC)
    is_set = abs(ahead) > _START_UP

    def clock() -> datetime:
        return datetime.now(UTC) + (ahead if is_set else timedelta(0))

    bases = Bases(config.strava_api, config.strava_oauth)
    strava = open_strava(order.data, bases, clock, checks_clock=not is_set)
    settings = SyncSettings(
        window=config.strava_window, sport=config.sport, order=config.order, guide=config.guide
    )
    store = Store(order.location)
    try:
        sync(store, order.location, strava, settings, clock(), summary)
    finally:
        store.close()


def _as_json(summary: Any) -> dict[str, Any]:
    runs = summary.runs
    return {
        "did_anything": summary.did_anything,
        "counts": {
            "new": runs.new,
            "known": runs.known,
            "further": runs.further,
            "doubtful": runs.doubtful,
            "unmeasured": runs.unmeasured,
            "changed": summary.changed,
            "moved": summary.moved,
            "deleted": summary.deleted,
            "held_back": summary.held_back,
        },
        "failed": runs.failed,
        "pairs": {
            "added": summary.pairs_added,
            "linked": summary.pairs_linked,
            "retired": summary.pairs_retired,
        },
        "goes_on": None if summary.goes_on is None else summary.goes_on.isoformat(),
    }


if __name__ == "__main__":
    main()
