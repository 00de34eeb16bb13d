"""A single round: what is due is done, what fails is counted from one round to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from shoetrack.config import Config
from shoetrack.config.alerts import Alerts, WeekTime
from shoetrack.daemon.once import round_of
from shoetrack.daemon.site import NOT_SET_UP, Outcome, Site
from shoetrack.daemon.tasks import Pace, Task
from shoetrack.daemon.work import Result
from shoetrack.db.location import Location
from shoetrack.errors import ShoetrackError
from shoetrack.model import Job
from shoetrack.schedule import Daily, Every, Timing
from tests.daemon.running import job, troubles
from tests.support import NOW, make_run, run_cli

MINUTE = timedelta(minutes=1)
QUARTER = Every(15 * MINUTE)
AT_NOON = Daily(time(12))


class NoLuckError(ShoetrackError):
    """What a task fails by here."""


class Round:
    """Rounds over one store, each as a process of its own would do it."""

    def __init__(self, home: Path) -> None:
        self.location = Location(home / "shoetrack.db")
        self.now = NOW
        self.did: list[str] = []
        self.told: list[Result] = []
        self.fails: set[str] = set()
        self.outcomes: dict[str, Outcome] = {}
        self.home = home
        self.config = Config(timezone=UTC)

    def task(self, name: str, timing: Timing, *, soon: bool = False) -> Task:
        def chore(_: Site) -> Outcome:
            self.did.append(name)
            if name in self.fails:
                raise NoLuckError(f"{name} has no luck")
            return self.outcomes.get(name, Outcome())

        return Task(name, chore, lambda _config, _pace: timing, soon=soon)

    def go(self, *tasks: Task, after: timedelta = timedelta(0)) -> list[str]:
        """One round; which tasks it did."""
        self.now += after
        self.did, self.told = [], []
        site = Site(self.location, self.config, self.home, lambda: self.now)
        round_of(site, self.told.append, all_tasks=tasks)
        return self.did


@pytest.fixture
def rounds(home: Path) -> Round:
    return Round(home)


def test_what_is_due_is_done_in_its_order(rounds: Round) -> None:
    tasks = (
        rounds.task("strava", QUARTER),
        rounds.task("check", AT_NOON),
        rounds.task("deliver", QUARTER),
        rounds.task("verify", Daily(time(3, 40))),
        rounds.task("backup", Daily(time(4)), soon=True),
    )
    assert rounds.go(*tasks) == ["strava", "check", "deliver", "backup"]
    assert rounds.go(*tasks, after=5 * MINUTE) == ["check", "deliver"]
    # cron comes a little early at times.
    assert rounds.go(*tasks, after=timedelta(minutes=9, seconds=30)) == [
        "strava",
        "check",
        "deliver",
    ]
    assert rounds.go(*tasks, after=timedelta(hours=23)) == [
        *("strava", "check", "deliver", "verify", "backup")
    ]
    assert job(rounds.location, "verify").next_at == datetime(2026, 6, 3, 3, 40, tzinfo=UTC)


def test_failures_count_from_round_to_round(rounds: Round) -> None:
    task = rounds.task("strava", QUARTER)
    other = rounds.task("other", QUARTER)
    rounds.fails = {"strava"}
    for failures in (1, 2, 3, 4):
        assert troubles(rounds.location) == [] if failures < 4 else troubles(rounds.location)
        assert rounds.go(task, other, after=16 * MINUTE) == ["strava", "other"]
        assert job(rounds.location, "strava").failures == failures
        assert rounds.told[0].error == "strava has no luck"
    (trouble,) = troubles(rounds.location)
    assert trouble.raised_at == NOW + 3 * 16 * MINUTE
    rounds.fails = set()
    rounds.go(task, other, after=16 * MINUTE)
    assert not troubles(rounds.location)[0].is_open


def test_what_failed_is_tried_again_before_its_time(rounds: Round) -> None:
    task = rounds.task("verify", AT_NOON)
    rounds.go(task)
    rounds.fails = {"verify"}
    assert rounds.go(task, after=timedelta(hours=24)) == ["verify"]
    assert rounds.go(task, after=MINUTE) == ["verify"]
    assert rounds.go(task) == []
    assert rounds.go(task, after=2 * MINUTE) == ["verify"]


def test_what_waits_for_a_limit_is_left_until_then(rounds: Round) -> None:
    task = rounds.task("strava", QUARTER)
    rounds.outcomes["strava"] = Outcome(next_at=NOW + timedelta(hours=5))
    assert rounds.go(task) == ["strava"]
    assert job(rounds.location, "strava").next_at == NOW + timedelta(hours=5)


def test_what_is_not_set_up_leaves_no_trace(rounds: Round) -> None:
    rounds.outcomes["strava"] = Outcome(tried=False, why=NOT_SET_UP)
    task = rounds.task("strava", QUARTER)
    assert rounds.go(task) == ["strava"]
    assert job(rounds.location, "strava") == Job("strava")


def test_a_digest_that_is_switched_off_is_not_done(home: Path) -> None:
    def names(digest: WeekTime | None) -> set[str]:
        from shoetrack.daemon.folders import Folders
        from shoetrack.daemon.tasks import tasks

        config = replace(Config(), alerts=Alerts(digest=digest))
        return {one.name for one in tasks(Folders()) if one.timing(config, Pace())}

    assert names(None) == names(WeekTime(6, time(18))) - {"digest"}
    assert names(None) >= {"strava", "folders", "check", "deliver", "verify", "backup"}


# --- the command ----------------------------------------------------------------------------


def test_the_command_is_quiet_where_nothing_happens(home: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (home / "config.toml").write_text(f'[folders]\nwatch = ["{inbox}"]\n')
    first = run_cli("daemon", "--once", home=home)
    assert (first.returncode, first.stderr) == (0, "")
    (line,) = first.stdout.splitlines()
    assert line.startswith("backup: the store was backed up to ")
    again = run_cli("daemon", "--once", home=home)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    (inbox / "one.gpx").write_text(make_run())
    (inbox / "bad.gpx").write_text("<gpx><trk>")
    third = run_cli("daemon", "--once", "--json-log", home=home)
    assert third.returncode == 0
    assert '"job": "folders"' in third.stdout


def test_a_folder_that_stays_away_is_told_once(home: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    (home / "config.toml").write_text(f'[folders]\nwatch = ["{inbox}"]\n')
    told = [run_cli("daemon", "--once", home=home).stderr for _ in range(3)]
    assert told == [f"shoetrack: folders: the folder {inbox} is not there\n", "", ""]
    assert "is not there" in run_cli("sync", home=home).stderr  # who asks is told again
    inbox.mkdir()
    assert run_cli("daemon", "--once", home=home).stderr == ""
    inbox.rmdir()
    assert "is not there" in run_cli("daemon", "--once", home=home).stderr


def test_the_command_fails_where_a_part_did(home: Path) -> None:
    (home / "secrets").mkdir()
    (home / "secrets" / "vault.json").write_text("no json")
    done = run_cli("daemon", "--once", home=home)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("shoetrack: strava: ")
    assert "vault.json is damaged" in line
    assert "backup: " in done.stdout
