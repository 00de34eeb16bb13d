"""The chore that reads Strava: a real child process against a real server."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shoetrack.config import load
from shoetrack.daemon import chores, strava, work
from shoetrack.daemon.record import Record
from shoetrack.daemon.site import NOT_SET_UP, Outcome, Site
from shoetrack.daemon.troubles import ChoreError
from shoetrack.db.location import Location
from shoetrack.locks import STRAVA, one_at_a_time
from tests.daemon.running import job, troubles
from tests.strava_server import StravaServer
from tests.support import NOW

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOETRACK_KEYRING", "off")


@pytest.fixture
def server() -> Iterator[StravaServer]:
    with StravaServer() as server:
        server.world.add_shoe("g1", "Pegasus 41", "Nike", "Pegasus 41")
        server.world.add(NOW - 30 * HOUR, 8000, gear="g1")
        yield server


@pytest.fixture
def site(server: StravaServer, home: Path) -> Site:
    """A store that is connected to the server."""
    server.connect(home)
    config = load(home / "config.toml")
    return Site(Location(home / "shoetrack.db"), config, home, lambda: NOW)


def attempt(site: Site) -> work.Result:
    """One try, as a process of its own would count it."""
    record = Record(site)
    record.load()
    return work.attempt(site, record, "strava", chores.strava)


def test_what_came_is_told_and_nothing_where_nothing_came(server: StravaServer, site: Site) -> None:
    first = chores.strava(site)
    assert first.lines == ("1 new run, 1 pair added: Pegasus 41",)
    assert (first.counts["new"], first.changed, first.problems) == (1, True, ())
    again = chores.strava(site)
    assert (again.lines, again.changed, again.tried) == ((), False, True)
    server.world.add(NOW - 2 * HOUR, 5000, gear="g1")
    assert chores.strava(site).lines == ("1 new run",)


def test_nobody_is_logged_in(home: Path) -> None:
    site = Site(Location(home / "shoetrack.db"), load(home / "none.toml"), home, lambda: NOW)
    assert chores.strava(site) == Outcome(tried=False, why=NOT_SET_UP)
    result = attempt(site)
    assert result.job.done_at is None
    assert job(site.location, "strava").ended_at is None


def test_a_limit_of_calls_is_no_failure(server: StravaServer, site: Site) -> None:
    chores.strava(site)
    server.use_up(99)
    found = chores.strava(site)
    assert found.next_at == NOW + timedelta(minutes=15)
    assert (found.lines, found.problems) == ((), ())
    assert attempt(site).job.failures == 0


def test_another_process_that_syncs_is_no_failure(site: Site) -> None:
    with one_at_a_time(site.location, STRAVA):
        found = chores.strava(site)
    assert not found.tried
    assert "another process" in found.why
    assert attempt(site).job.done_at == NOW


def test_another_account_is_one(server: StravaServer, site: Site) -> None:
    chores.strava(site)
    server.world.athlete_id += 1
    result = attempt(site)
    assert (result.outcome, result.job.fault) == (None, "RefusedError")


def test_a_lost_login_is_said_at_once_and_over_with_the_next_sync(
    server: StravaServer, site: Site
) -> None:
    server.revoke()
    result = attempt(site)
    assert (result.job.fault, result.job.failures) == ("LoginLost", 1)
    assert "shoetrack strava login" in result.error
    (said,) = troubles(site.location)
    assert (said.draft.subject, said.is_open) == ("trouble:strava-login", True)
    attempt(site)
    assert len(troubles(site.location)) == 1
    server.connect(site.data)
    assert attempt(site).job.failures == 0
    assert not troubles(site.location)[0].is_open


def test_an_app_without_a_subscription(server: StravaServer, site: Site) -> None:
    server.inactive = True
    assert attempt(site).job.fault == "AppInactive"
    assert [one.draft.subject for one in troubles(site.location)] == ["trouble:strava-subscription"]
    server.inactive = False
    attempt(site)
    assert not troubles(site.location)[0].is_open


def test_logged_out_on_purpose_there_is_no_trouble(server: StravaServer, site: Site) -> None:
    server.revoke()
    attempt(site)
    (site.data / "secrets" / "vault.json").unlink()
    assert attempt(site).job.failures == 0
    assert not troubles(site.location)[0].is_open


@pytest.mark.parametrize("fault", ["LoginLost", "ScopeMissing", "AppInactive"])
def test_what_only_a_person_can_mend_is_tried_seldom(fault: str) -> None:
    def worth(after: timedelta, vault_changed_at: datetime | None = None) -> bool:
        return strava.is_worth_trying(fault, NOW, vault_changed_at, NOW + after)

    assert not worth(timedelta(minutes=15))
    assert not worth(timedelta(minutes=15), NOW - HOUR)
    assert worth(timedelta(minutes=15), NOW + timedelta(minutes=5))  # a new login
    assert worth(3 * HOUR)
    assert worth(-HOUR)  # the clock was wrong
    assert strava.is_worth_trying("StravaDown", NOW, None, NOW)


def test_a_child_that_hangs_is_stopped(server: StravaServer, site: Site) -> None:
    held = server.hold("/athlete")

    told: list[float] = []

    def stop() -> None:
        assert held.arrived.wait(30)
        told.append(time.monotonic())
        site.stop.set()

    stopping = threading.Thread(target=stop)
    stopping.start()
    found = chores.strava(site)
    ended = time.monotonic()
    stopping.join()
    assert (found.tried, found.why) == (False, "it was stopped")
    assert ended - told[0] < 5
    with one_at_a_time(site.location, STRAVA):
        pass  # nobody holds it any more


def test_a_child_that_dies(server: StravaServer, site: Site) -> None:
    held = server.hold("/athlete")

    def kill() -> None:
        assert held.arrived.wait(30)
        for child in _children():
            os.kill(child, signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    with pytest.raises(ChoreError, match="ended by itself"):
        chores.strava(site)
    killing.join()


def _children() -> list[int]:
    tasks = Path("/proc/self/task")
    if not tasks.exists():
        pytest.skip("nobody tells here which processes are ours")
    found = [(task / "children").read_text().split() for task in tasks.iterdir()]
    return [int(pid) for some in found for pid in some]
