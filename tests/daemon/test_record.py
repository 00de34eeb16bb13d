"""How failures are counted and told, in the store and where that cannot be written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shoetrack.config import Config
from shoetrack.config.alerts import Alerts
from shoetrack.daemon.record import LATE_FOR, Attempt, Record
from shoetrack.daemon.site import Site
from shoetrack.daemon.troubles import fault_of, over_with, trouble_of
from shoetrack.db.location import Location
from shoetrack.db.store import Store
from shoetrack.errors import ShoetrackError, StoreError
from shoetrack.model import Job
from tests.daemon.running import job, troubles
from tests.support import NOW

MINUTE = timedelta(minutes=1)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def record(home: Path, clock: Clock) -> Record:
    config = replace(Config(), alerts=Alerts(channels=("desktop",)))
    return Record(Site(Location(home / "shoetrack.db"), config, home, clock))


def settle(record: Record, name: str, fault: str = "", *, quiet: bool = False) -> None:
    now = record.site.clock()
    message = f"it failed by {fault}" if fault else ""
    record.settle(Attempt(name, now, now, fault, message, quiet))


@contextmanager
def away(record: Record) -> Iterator[None]:
    """The store cannot be used meanwhile."""
    path = record.site.location.path
    hidden = path.rename(path.with_name("hidden.db"))
    yield
    hidden.rename(path)


def test_the_third_of_a_kind_in_a_row_is_an_alert_that_a_success_ends(record: Record) -> None:
    location = record.site.location
    for fault in ("A", "A", "B", "A", "A"):
        settle(record, "check", fault)
    assert troubles(location) == []
    settle(record, "check", "A")
    (one,) = troubles(location)
    assert one.draft.subject == "trouble:check"
    assert "It failed by A. It failed 3 times in a row" in one.draft.body
    settle(record, "check", "A")
    assert len(troubles(location)) == 1
    settle(record, "check")
    assert not troubles(location)[0].is_open
    assert job(location, "check").done_at == NOW


def test_another_process_counts_on(record: Record) -> None:
    """As `sync` by hand beside the daemon."""
    other = Record(record.site)
    settle(record, "folders", "A")
    settle(other, "folders", "A")
    settle(record, "folders", "A")
    assert job(record.site.location, "folders").failures == 3
    settle(other, "folders")
    settle(record, "folders", "A")
    assert job(record.site.location, "folders").failures == 1


def test_what_goes_well_all_the_time_is_written_with_the_next_sign_of_life(record: Record) -> None:
    location = record.site.location
    settle(record, "folders", quiet=True)
    assert job(location, "folders").done_at is None
    record.plan({"strava": NOW + MINUTE})
    record.write()
    assert job(location, "folders").done_at == NOW
    assert job(location, "strava").next_at == NOW + MINUTE


def test_what_rests_is_not_due_until_it_is_done_again(record: Record) -> None:
    location = record.site.location
    record.plan({"strava": NOW})
    record.rest("strava")
    record.plan({"strava": NOW + MINUTE})
    record.write()
    assert job(location, "strava") == Job("strava")
    settle(record, "strava", quiet=True)
    record.plan({"strava": NOW + MINUTE})
    record.write()
    assert job(location, "strava").next_at == NOW + MINUTE


def test_what_cannot_be_written_is_remembered_and_said_later(record: Record, clock: Clock) -> None:
    location = record.site.location
    with away(record):
        for _ in range(4):
            settle(record, "backup", "Cold")
        with pytest.raises(StoreError):
            record.write()
        assert record.of("backup").failures == 4
    record.write()
    assert job(location, "backup").failures == 4
    (one,) = troubles(location)
    assert (one.draft.subject, one.is_open) == ("trouble:backup", True)
    settle(record, "backup")
    assert not troubles(location)[0].is_open


def test_a_disk_that_was_full_is_said_when_it_is_not_and_stays_for_a_while(
    record: Record, clock: Clock
) -> None:
    location = record.site.location
    with away(record):
        settle(record, "folders", "SQLITE_FULL")
    settle(record, "folders")
    assert job(location, "folders").failures == 0
    record.write()
    (one,) = troubles(location)
    assert (one.draft.subject, one.draft.urgent) == ("trouble:store", True)
    assert one.is_open
    clock.now += LATE_FOR / 2
    settle(record, "check", "Cold")
    settle(record, "check")
    record.write()
    assert troubles(location)[0].is_open
    clock.now += LATE_FOR
    record.write()
    assert not troubles(location)[0].is_open


# --- kinds ----------------------------------------------------------------------------------


def overfill(store: Store, pages: int) -> None:
    """Write more than fits into so many pages."""
    with store.write("test", "", NOW) as tx:
        tx.rows(f"PRAGMA max_page_count = {pages}")
        for n in range(1000):
            tx.note_new("job", name=f"{n}" * 100)


def test_kinds_of_failures(home: Path) -> None:
    with closing(sqlite3.connect(home / "shoetrack.db")) as other:
        pages = other.execute("PRAGMA page_count").fetchone()[0]
    store = Store(Location(home / "shoetrack.db"))
    with closing(store), pytest.raises(StoreError) as full:
        overfill(store, pages)
    assert fault_of(full.value) == "SQLITE_FULL"
    assert fault_of(StoreError("gone")) == "StoreError"
    assert fault_of(OSError(28, "No space left on device", "/x")) == "NoSpace"
    assert fault_of(KeyError("x")) == "KeyError"


@pytest.mark.parametrize(
    ("job_name", "fault", "failures", "name", "urgent"),
    [
        ("strava", "LoginLost", 1, "strava-login", False),
        ("strava", "ScopeMissing", 1, "strava-login", False),
        ("strava", "AppInactive", 1, "strava-subscription", False),
        ("strava", "StravaDown", 2, None, False),
        ("strava", "StravaDown", 3, "strava", False),
        ("verify", "Unsound", 1, "verify", True),
        ("check", "SQLITE_FULL", 1, "store", True),
        ("backup", "NoSpace", 1, "backup", True),
        ("backup", "StoreError", 3, "backup", False),
        ("check", "SQLITE_BUSY", 2, None, False),
        ("check", "SQLITE_BUSY", 3, "store", False),
    ],
)
def test_what_is_worth_an_alert(
    job_name: str, fault: str, failures: int, name: str | None, urgent: bool
) -> None:
    found = trouble_of(job_name, fault, "it is so", failures)
    assert (found and (found.name, found.urgent)) == (name and (name, urgent))
    assert found is None or found.body.startswith("It is so.")


def test_what_is_over_when_a_job_goes_well() -> None:
    failing = Job("check", failures=3, fault="SQLITE_BUSY")
    assert over_with("folders", [failing]) == ("folders",)
    assert over_with("check", [failing]) == ("check", "store")
    assert over_with("folders", [Job("check"), Job("backup", failures=3, fault="StoreError")]) == (
        "folders",
        "store",
    )


def test_a_bug_is_told_as_one() -> None:
    from shoetrack.daemon.troubles import sentence_of

    assert sentence_of(ShoetrackError("do this")) == "do this"
    assert "bug" in sentence_of(KeyError("x"))
    assert (
        sentence_of(OSError(28, "No space left on device", "/x")) == "/x: No space left on device"
    )
