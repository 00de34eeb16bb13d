"""Whether the daemon is alive, by its lock and its last sign of life."""

from __future__ import annotations

import platform
from datetime import timedelta
from typing import Any

import pytest

from shoetrack import locks
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.model import Heartbeat
from shoetrack.service.standing import Life, Standing, judge, standing
from tests.support import NOW

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def beat(ago: timedelta, *, stopped: bool = False) -> Heartbeat:
    at = NOW - ago
    return Heartbeat(42, "here", "0.1.0", NOW - timedelta(days=2), at, at if stopped else None)


@pytest.mark.parametrize(
    ("heartbeat", "is_held", "is_ours", "life"),
    [
        (None, False, True, Life.NEVER),
        (None, True, True, Life.STARTING),
        (beat(MINUTE), True, True, Life.RUNNING),
        (beat(5 * MINUTE), True, True, Life.RUNNING),
        (beat(5 * MINUTE + SECOND), True, True, Life.SILENT),
        (beat(-MINUTE), True, True, Life.RUNNING),
        (beat(MINUTE), False, True, Life.DIED),
        (beat(MINUTE, stopped=True), False, True, Life.STOPPED),
        (beat(MINUTE, stopped=True), True, True, Life.STARTING),
        (beat(MINUTE), False, False, Life.RUNNING),
        (beat(6 * MINUTE), False, False, Life.DIED),
        (beat(MINUTE, stopped=True), False, False, Life.STOPPED),
    ],
)
def test_it_is_judged(
    heartbeat: Heartbeat | None, is_held: bool, is_ours: bool, life: Life
) -> None:
    assert judge(heartbeat, is_held, NOW, is_ours=is_ours) is life


def note(store: Store, table: str, **values: Any) -> None:
    with store.write("daemon", "the daemon's own rows", NOW) as tx:
        tx.note_new(table, **values)


def ask(location: Location) -> Standing:
    with open_reader(location) as reader:
        return standing(reader, location, NOW)


def test_it_is_read_from_the_store(store: Store, location: Location) -> None:
    started = NOW - timedelta(hours=3)
    note(
        store,
        "heartbeat",
        pid=42,
        host=platform.node(),
        version="0.1.0",
        started_at=started,
        beat_at=NOW - MINUTE,
    )
    note(store, "job", name="strava", done_at=NOW - MINUTE, next_at=NOW + 14 * MINUTE)
    note(store, "job", name="check", next_at=NOW + 2 * MINUTE)
    note(store, "job", name="backup", failures=2, fault="disk", message="the disk is full")
    with locks.one_at_a_time(location, locks.DAEMON):
        found = ask(location)
        assert (found.life, found.is_running) == (Life.RUNNING, True)
        assert found.heartbeat is not None
        assert (found.heartbeat.pid, found.heartbeat.started_at) == (42, started)
        assert found.coming == (NOW + 2 * MINUTE, "check")
        assert [job.name for job in found.failing] == ["backup"]
    found = ask(location)
    assert (found.life, found.is_running, found.coming) == (Life.DIED, False, None)


def test_without_a_store_there_never_was_one(location: Location) -> None:
    assert ask(location).life is Life.NEVER
    assert not location.path.parent.exists()


@pytest.mark.parametrize("name", ["backup", "verify"])
def test_rounds_by_cron_are_seen(store: Store, location: Location, name: str) -> None:
    note(store, "job", name="check", ended_at=NOW - MINUTE)
    assert ask(location).round_at is None  # that may have been a person's `sync`
    note(store, "job", name=name, ended_at=NOW - 9 * MINUTE)
    assert ask(location).round_at == NOW - MINUTE
    with locks.one_at_a_time(location, locks.DAEMON):
        assert ask(location).round_at is None


def test_what_the_daemon_did_is_no_round(store: Store, location: Location) -> None:
    note(store, "job", name="verify", ended_at=NOW - 20 * MINUTE)
    ended = {"beat_at": NOW - 20 * MINUTE, "stopped_at": NOW - 10 * MINUTE}
    host = platform.node()
    note(store, "heartbeat", pid=1, host=host, version="0", started_at=NOW - 60 * MINUTE, **ended)
    assert ask(location).round_at is None
    note(store, "job", name="check", ended_at=NOW - MINUTE)
    assert ask(location).round_at is None
