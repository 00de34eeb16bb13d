"""What takes memory with the store, and is done once or seldom: in a process of its own.

`python -m shoetrack.daemon.apart ready PATH` makes the store ready, `… verify PATH` proves it
sound; it answers in JSON.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from shoetrack.audit import Proof
from shoetrack.daemon import child
from shoetrack.daemon.troubles import ChoreError, fault_of
from shoetrack.db import version
from shoetrack.db.location import Location
from shoetrack.db.reader import exists, schema_version
from shoetrack.errors import ShoetrackError, StoreError

READY, VERIFY = "ready", "verify"
_LONGEST_S = 3600.0


def make_ready(location: Location, stop: threading.Event) -> None:
    """Make the store where there is none, bring it up to date where it is old.

    Raises StoreError.
    """
    if exists(location) and schema_version(location) == version.HEAD:
        return
    try:
        _ask(READY, location, stop)
    except ChoreError as error:
        raise StoreError(str(error)) from error


def prove(location: Location, stop: threading.Event) -> Proof | None:
    """Whether the store is sound; None where all was to stop before that was known. Raises
    ChoreError.
    """
    found = _ask(VERIFY, location, stop)
    if found is None:
        return None
    return Proof(found["runs"], found["entries"], tuple(found["problems"]))


def _ask(what: str, location: Location, stop: threading.Event) -> dict[str, Any] | None:
    answer = child.run(
        "shoetrack.daemon.apart", what, os.fspath(location.path), stop=stop, longest_s=_LONGEST_S
    )
    if answer.status and stop.is_set():
        return None
    if answer.status:
        raise ChoreError("ChildDied", f"`{what}` ended by itself{answer.last_words}")
    found: dict[str, Any] = json.loads(answer.out)
    if "fault" in found:
        raise ChoreError(found["fault"], found["message"])
    return found


def main() -> None:
    what, path = sys.argv[1:]
    location = Location(Path(path))
    try:
        found = _ready(location) if what == READY else _proof(location)
    except ShoetrackError as error:
        found = {"fault": fault_of(error), "message": str(error)}
    json.dump(found, sys.stdout)


def _ready(location: Location) -> dict[str, Any]:
    from shoetrack.db.store import Store

    Store(location).close()
    return {}


def _proof(location: Location) -> dict[str, Any]:
    from shoetrack.audit import verify
    from shoetrack.db.reader import open_reader

    with open_reader(location) as reader:
        proof = verify(reader)
    return {"runs": proof.runs, "entries": proof.entries, "problems": proof.problems}


if __name__ == "__main__":
    main()
