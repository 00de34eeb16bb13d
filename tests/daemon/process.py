"""The daemon as a real process whose time can be moved, and whose tasks may be a test's own.

`python -m tests.daemon.process ORDER` runs the daemon of the store in `ORDER["home"]`. What it
reads on its standard input is done to its clock: `move 3600`. `running` starts it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from apscheduler.executors.base import BaseExecutor

from shoetrack.config import load
from shoetrack.daemon import tasks as usual
from shoetrack.daemon.log import Log, listen_to_libraries
from shoetrack.daemon.loop import Daemon
from shoetrack.daemon.site import Chore, Outcome, Site
from shoetrack.daemon.tasks import Pace, Task
from shoetrack.db.location import Location
from shoetrack.errors import ShoetrackError, StoreError
from shoetrack.schedule import Daily, Every, Timing, Weekly
from shoetrack.watching.folders import Watcher

FAST = {"beat": 0.3, "look": 0.1, "first_retry": 0.1, "soon": 0.1, "tick": 0.05, "patience": 1.5}


class ColdError(ShoetrackError):
    """What a test's own chore fails by."""


class WarmError(ShoetrackError):
    """And another kind."""


FAULTS = {"cold": ColdError, "warm": WarmError, "store": StoreError, "bug": ZeroDivisionError}


def main() -> None:
    order = json.loads(sys.argv[1])
    home = Path(order["home"])
    begins = datetime.fromisoformat(order["now"]) if "now" in order else datetime.now(UTC)
    # As a number: a time in UTC would make that the machine's zone.
    clock = time_machine.travel(begins.timestamp(), tick=True).start()
    threading.Thread(target=_obey, args=(clock,), daemon=True).start()
    log = Log(sys.stdout, as_json=True)
    listen_to_libraries(log)
    config = home / "config.toml"
    location = Location(home / "shoetrack.db", own_folder=True)
    site = Site(location, load(config), home, lambda: datetime.now(UTC))
    own = order.get("tasks")
    if "settle" in order:
        defaults = Watcher.__init__.__kwdefaults__
        assert defaults is not None
        defaults["settle"] = timedelta(seconds=order["settle"])

    _end_late(order.get("late_end", 0.0))

    def make(folders: Chore) -> Sequence[Task]:
        return usual.tasks(folders) if own is None else [_task(home, one) for one in own]

    daemon = Daemon(site, lambda: load(config), log, _pace(order.get("pace", {})), make)
    ending = daemon.run()
    sys.stdout.flush()
    os._exit(ending.status) if not ending.clean else sys.exit(ending.status)


def _obey(clock: Any) -> None:
    for line in sys.stdin:
        word, _, number = line.partition(" ")
        assert word == "move"
        clock.shift(float(number))


def _end_late(seconds: float) -> None:
    """Have threads come to their end so much later than what they do, as on a busy machine."""
    at_once = BaseExecutor._run_job_success

    def late(self: BaseExecutor, *of_job: Any) -> None:
        time.sleep(seconds)
        at_once(self, *of_job)

    BaseExecutor._run_job_success = late


def _pace(given: dict[str, float]) -> Pace:
    values: dict[str, Any] = {}
    for field in fields(Pace):
        if field.name in (wanted := {**FAST, **given}):
            number = wanted[field.name]
            values[field.name] = number if field.type == "float" else timedelta(seconds=number)
    return Pace(**values)


def _task(home: Path, order: dict[str, Any]) -> Task:
    name = order["name"]
    timing = _timing(order)
    return Task(
        name,
        lambda site: _chore(site, home, name),
        lambda _config, _pace: timing,
        late=timedelta(days=order.get("late", 10_000)),
        soon=order.get("soon", False),
        then=tuple(order.get("then", ())),
    )


def _timing(order: dict[str, Any]) -> Timing:
    if "every" in order:
        return Every(timedelta(seconds=order["every"]))
    at = datetime.fromisoformat(f"2026-01-01T{order['at']}").time()
    return Weekly(order["day"], at) if "day" in order else Daily(at)


def _chore(site: Site, home: Path, name: str) -> Outcome:
    """Do what the test says in a file: nothing, fail, hang, or say something."""
    told = home / f"{name}.told"
    words = told.read_text().split() if told.exists() else ["nothing"]
    with (home / f"{name}.done").open("a") as done:
        done.write(f"{datetime.now(UTC).isoformat()}\n")
    match words:
        case ["fail", kind]:
            raise FAULTS[kind](f"it is {kind}")
        case ["hang"]:
            time.sleep(600)
        case ["rest", seconds]:
            time.sleep(float(seconds))
        case ["heed"]:
            site.stop.wait(600)
        case ["say", *rest]:
            return Outcome((" ".join(rest),), {"said": 1}, changed=True)
        case ["limit", seconds]:
            return Outcome(next_at=site.clock() + timedelta(seconds=float(seconds)))
    return Outcome()


if __name__ == "__main__":
    main()
