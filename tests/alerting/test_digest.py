"""The week's account: what is in it, and that it is raised once."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shoetrack.alerting import digest as composing
from shoetrack.alerting.digest import Digest, compose, day_of, raise_digest
from shoetrack.alerting.messages import as_facts, parts_of
from shoetrack.cli.main import run
from shoetrack.config import Config
from shoetrack.config.alerts import Alerts, WeekTime
from shoetrack.db import delivery_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.model import AlertKind
from shoetrack.units import Unit
from tests.alerting.channels import World
from tests.support import NOW, make_run

CONFIG = Config(timezone=UTC, alerts=Alerts(channels=("email", "desktop")))
TODAY = NOW.date()


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a pair worn out, one worn every other day, one new, and one long forgotten."""
    home = tmp_path_factory.mktemp("digest") / "home"
    runs = home.parent / "runs"
    runs.mkdir()
    for i in range(28):
        text = make_run(10000, NOW - timedelta(days=2 * i + 1), 3600)
        (runs / f"{i}.gpx").write_text(text)
    (runs / "old.gpx").write_text(make_run(8000, NOW - timedelta(days=400)))
    for args in (
        ["shoe", "add", "Done", "--start", "500mi"],
        ["shoe", "add", "Daily", "--default-for", "run", "--rotation", "daily"],
        ["shoe", "add", "New", "--rotation", "daily", "--start", "60mi", "--bought", "2026-01-01"],
        ["shoe", "add", "Old", "--range", "200-300mi"],
        ["import", str(runs)],
        ["run", "add", "3mi", "--date", "2026-05-30", "--sport", "walk"],
        ["assign", "--until", "2025-12-31", "Old", "--yes"],
    ):
        call(home, *args)
    return home


def call(home: Path, *args: str) -> None:
    """Call shoetrack in this process, at `NOW`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOETRACK_HOME", str(home))
        patch.setenv("SHOETRACK_NOW", NOW.isoformat())
        patch.setenv("TZ", "UTC")
        assert run(args) == 0, args


@pytest.fixture
def location(season: Path, tmp_path: Path) -> Location:
    """A copy of that store."""
    import sqlite3

    copy = tmp_path / "shoetrack.db"
    with (
        closing(sqlite3.connect(season / "shoetrack.db")) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    return Location(copy)


@pytest.fixture
def found(location: Location) -> Digest:
    with open_reader(location) as reader:
        digest = compose(reader, CONFIG, NOW)
    assert digest is not None
    return digest


def texts(digest: Digest, unit: Unit = Unit.MI) -> dict[str, str]:
    return {part.title: part.body for part in composing.parts(digest, unit)}


def test_the_week_is_the_last_seven_days(found: Digest) -> None:
    assert (found.since, found.until) == (TODAY - timedelta(days=6), TODAY)
    ran = {wear.shoe.name: found.ran_mm.get(wear.shoe.id, 0) for wear in found.wears}
    assert ran["Daily"] == pytest.approx(30_000_000, abs=20)  # every other day, from yesterday on
    assert (ran["Done"], ran["New"]) == (0, 0)
    assert composing.title(found, Unit.KM) == "Your week in shoes: 30.0 km"


def test_what_is_due_comes_first(found: Digest) -> None:
    first = composing.parts(found, Unit.MI)[0]
    assert first.title == "2026-05-26 to 2026-06-01: 18.6 mi"
    due = [line for line in first.body.splitlines() if "Buy" in line]
    assert due[0] == "Done: Buy the next pair now."
    assert due[1].startswith("Next: Daily: Buy the next pair by 2026-")


def test_each_pair_has_its_part_and_its_bar(found: Digest) -> None:
    parts = {part.title: part for part in composing.parts(found, Unit.MI)}
    daily = parts["Daily: 18.6 mi this week"]
    assert daily.bar is not None
    assert (daily.bar.label, daily.bar.name) == ("174.0 of 300-500 mi", "Daily")
    assert daily.bar.distance_mm == pytest.approx(280_000_000, abs=100)
    assert daily.body.startswith("174.0 of 300-500 mi\nFresh: 326.0 mi left, done about 2026-")
    done = parts["Done: 0.0 mi this week"]
    assert done.body == "500.0 of 300-500 mi\nWorn-out: just at the end of its range."
    assert "no forecast (not enough runs yet)" in parts["New: 0.0 mi this week"].body


def test_what_stands_about_is_only_named(found: Digest) -> None:
    assert [wear.shoe.name for wear in found.idle] == ["Old"]
    assert texts(found)["Other pairs"] == "Not worn for half a year: Old."


def test_rotations_runs_that_wait_and_open_alerts(location: Location) -> None:
    alert = World(location).alert("Done is at its end")
    with open_reader(location) as reader:
        digest = compose(reader, CONFIG, NOW)
    assert digest is not None
    said = texts(digest)
    assert "Daily is" in said["Rotation daily: uneven"]
    assert said["Runs that wait"] == "1 run (3.0 mi) on no pair: shoetrack assign"
    assert f"{alert.id}  Done is at its end" in said["Open alerts"]


def test_a_pair_that_was_retired_this_week_has_its_miles(season: Path, tmp_path: Path) -> None:
    import shutil

    home = tmp_path / "home"
    shutil.copytree(season, home)
    call(home, "shoe", "retire", "Daily")
    with open_reader(Location(home / "shoetrack.db")) as reader:
        digest = compose(reader, CONFIG, NOW)
    assert digest is not None
    assert "Daily (retired): 18.6 mi this week." in texts(digest)["Other pairs"]
    assert composing.title(digest, Unit.MI) == "Your week in shoes: 18.6 mi"


def test_without_a_pair_in_use_there_is_none(tmp_path: Path) -> None:
    assert compose(None, CONFIG, NOW) is None
    empty = Location(tmp_path / "empty" / "shoetrack.db")
    with closing(Store(empty)) as store:
        with open_reader(empty) as reader:
            assert compose(reader, CONFIG, NOW) is None
        assert raise_digest(store, empty, CONFIG, NOW) is None


def test_parts_survive_being_kept(found: Digest) -> None:
    import json

    parts = composing.parts(found, Unit.MI)
    assert parts_of(json.loads(json.dumps(as_facts(parts)))) == parts


# --- raised once ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-06-06T12:00:00+00:00", date(2026, 5, 31)),  # a Saturday
        ("2026-06-07T15:59:00+00:00", date(2026, 5, 31)),  # 17:59 in Berlin
        ("2026-06-07T16:00:00+00:00", date(2026, 6, 7)),
        ("2026-06-07T23:00:00+00:00", date(2026, 6, 7)),  # Monday there
    ],
)
def test_it_is_for_the_day_that_it_was_last_due_on(now: str, day: date) -> None:
    weekly = Config(timezone=ZoneInfo("Europe/Berlin"))
    assert weekly.alerts.digest == WeekTime(6, time(18))
    assert day_of(weekly, datetime.fromisoformat(now)) == day


def test_where_there_is_none_every_week_it_is_for_today() -> None:
    never = Config(timezone=ZoneInfo("Asia/Tokyo"), alerts=Alerts(digest=None))
    assert day_of(never, datetime(2026, 6, 7, 16, tzinfo=UTC)) == date(2026, 6, 8)


def test_it_is_raised_once_a_week(location: Location) -> None:
    with closing(Store(location)) as store:
        alert = raise_digest(store, location, CONFIG, NOW)
        assert alert is not None
        assert alert.draft.kind is AlertKind.DIGEST
        assert alert.draft.subject == "digest:2026-05-31"
        assert not alert.is_open
        for later in (NOW, NOW + timedelta(hours=5), NOW + timedelta(days=6)):
            assert raise_digest(store, location, CONFIG, later) is None
        assert raise_digest(store, location, CONFIG, NOW + timedelta(days=7)) is not None
        with open_reader(location) as reader:
            assert reader is not None
            sent = delivery_queries.deliveries_of(reader, alert.id)
        assert {one.channel for one in sent} == {"email", "desktop"}


def test_by_hand_it_is_of_today_and_may_be_sent_again(location: Location) -> None:
    with closing(Store(location)) as store:
        first = raise_digest(store, location, CONFIG, NOW, day=TODAY)
        assert first is not None
        assert raise_digest(store, location, CONFIG, NOW, day=TODAY) is None
        second = raise_digest(store, location, CONFIG, NOW, day=TODAY, again=True)
        assert second is not None
        assert second.id != first.id


def test_without_a_channel_nobody_would_see_it(location: Location) -> None:
    with closing(Store(location)) as store:
        assert raise_digest(store, location, Config(timezone=UTC), NOW) is None


def test_it_arrives_with_a_bar_for_each_pair(location: Location) -> None:
    world = World(location)
    with closing(Store(location)) as store:
        alert = raise_digest(store, location, CONFIG, NOW)
    assert alert is not None
    assert world.deliver().delivered == 2
    ((message, _),) = world.channels["email"].came
    assert message.subject == "Your week in shoes: 18.6 mi"
    assert [part.bar.name for part in message.parts if part.bar] == ["Done", "Daily", "New"]
    assert "shoetrack alerts ack" not in message.parts[-1].body
