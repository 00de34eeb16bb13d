"""The daemon as a real process over a store that cannot be used for a while."""

from __future__ import annotations

import resource
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from shoetrack.audit import verify
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from tests.daemon.running import OFTEN, Running


def test_a_store_that_another_holds_is_waited_for(home: Path) -> None:
    with Running(home, OFTEN) as daemon:
        daemon.until(lambda: daemon.done("often"))
        with closing(sqlite3.connect(daemon.location.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            signed = daemon.heartbeat().beat_at
            time.sleep(2)
            assert daemon.heartbeat().beat_at - signed < timedelta(seconds=1)
            other.execute("COMMIT")
        daemon.until(lambda: daemon.heartbeat().beat_at > signed + timedelta(seconds=1.5))
        assert daemon.said(level="error") == []
        assert daemon.stop()[0] == 0


def test_it_stops_in_time_though_another_holds_the_store(home: Path) -> None:
    with Running(home, OFTEN) as daemon:
        daemon.until(lambda: daemon.done("often"))
        with closing(sqlite3.connect(daemon.location.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            status, took = daemon.stop()
            other.execute("COMMIT")
        assert (status, took < 5) == (0, True)


def test_a_full_disk(home: Path) -> None:
    """It lives on, says so as soon as it can, once, and all goes on."""
    if not hasattr(resource, "prlimit"):
        pytest.skip("no file can be kept from growing here")

    (home / "config.toml").write_text('[alerts]\nchannels = ["desktop"]\n')
    with Running(home, OFTEN, pace={"deliver": 900}) as daemon:
        daemon.until(lambda: daemon.done("often"))
        pid = daemon.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (3000, before[1]))
        (failed,) = daemon.until_said(event="failed", job="store")
        assert "full" in failed["message"]
        often = len(daemon.done("often"))
        daemon.until(lambda: len(daemon.done("often")) > often + 3)
        assert daemon.troubles() == []
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        daemon.until_said(event="recovered")
        (trouble,) = daemon.until(daemon.troubles)
        assert trouble.draft.subject == "trouble:store"
        assert trouble.draft.urgent
        assert "could not be written" in trouble.draft.title
        assert len(daemon.said(event="failed", job="store")) == 1
        assert daemon.stop()[0] == 0
    with open_reader(Location(home / "shoetrack.db")) as reader:
        assert verify(reader).problems == ()


def test_a_store_that_goes_away_gets_no_empty_one_in_its_place(home: Path) -> None:
    with Running(home, OFTEN) as daemon:
        daemon.until(lambda: daemon.done("often"))
        path = daemon.location.path
        away = path.with_name("away.db")
        path.rename(away)
        failed = daemon.until_said(event="failed", job="store")[0]
        assert str(path) in failed["message"]  # in other words where it went within a step
        assert not path.exists()
        away.rename(path)
        daemon.until_said(event="recovered")
        assert daemon.stop()[0] == 0
