"""The daemon's own chores over a real store, and a daemon that does them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shoetrack.config import load
from shoetrack.daemon import apart, chores, work
from shoetrack.daemon.folders import Folders
from shoetrack.daemon.record import Record
from shoetrack.daemon.site import NOT_SET_UP, Chore, Site
from shoetrack.db.location import Location
from shoetrack.db.reader import schema_version
from shoetrack.db.version import HEAD
from shoetrack.errors import StoreError
from tests.daemon.running import Running, troubles
from tests.support import NOW, ask_json, make_run, run_cli


def site(home: Path) -> Site:
    return Site(Location(home / "shoetrack.db"), load(home / "config.toml"), home, lambda: NOW)


def attempt(site: Site, name: str, chore: Chore) -> work.Result:
    record = Record(site)
    record.load()
    return work.attempt(site, record, name, chore)


def test_a_store_that_is_sound_and_one_that_is_not(home: Path) -> None:
    assert run_cli("shoe", "add", "Pegasus", "--start", "10km", home=home).returncode == 0
    assert chores.verify(site(home)).lines == ("all is well: 0 runs, 1 entry",)
    with closing(sqlite3.connect(home / "shoetrack.db")) as db:
        triggers = db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute("UPDATE entry SET distance_mm = distance_mm + 1, run_id = 77")
        db.commit()
    result = attempt(site(home), "verify", chores.verify)
    assert (result.outcome, result.job.fault) == (None, "Unsound")
    (trouble,) = troubles(Location(home / "shoetrack.db"))
    assert (trouble.draft.subject, trouble.draft.urgent) == ("trouble:verify", True)
    assert "restore" in trouble.draft.body


def test_a_store_that_is_away_gets_no_empty_one_in_its_place(home: Path) -> None:
    here = site(home)
    here.location.path.unlink(missing_ok=True)
    with pytest.raises(StoreError, match="is not there any more: is a drive missing"):
        chores.check(here)
    assert not here.location.path.exists()


def test_a_week_s_backup(home: Path) -> None:
    (line,) = chores.backup(site(home)).lines
    path = Path(line.rpartition(" ")[2])
    assert path.parent == home / "backups"
    assert schema_version(Location(path)) == HEAD


def test_a_digest_without_channels_or_pairs_is_none(home: Path) -> None:
    assert chores.digest(site(home)).lines == ()


def test_a_store_is_made_ready_in_a_process_of_its_own(tmp_path: Path, home: Path) -> None:
    made = Location(tmp_path / "other" / "shoetrack.db")
    apart.make_ready(made, site(home).stop)
    assert schema_version(made) == HEAD
    (tmp_path / "text.db").write_text("no database at all, but long enough to be read as one" * 9)
    with pytest.raises(StoreError, match="is not a shoetrack store"):
        apart.make_ready(Location(tmp_path / "text.db"), site(home).stop)


def test_a_folder_that_goes_and_comes_back(home: Path, tmp_path: Path) -> None:
    inbox, away = tmp_path / "inbox", tmp_path / "away"
    inbox.mkdir()
    (home / "config.toml").write_text(f'[folders]\nwatch = ["{inbox}"]\n')
    location = Location(home / "shoetrack.db")
    folders = Folders()
    assert attempt(site(home), "folders", folders).outcome is not None
    assert troubles(location) == []
    inbox.rename(away)
    attempt(site(home), "folders", folders)
    (said,) = troubles(location)
    assert (said.draft.subject, said.is_open) == (f"trouble:folder:{inbox}", True)
    attempt(site(home), "folders", Folders())  # another process, as cron's next round
    assert len(troubles(location)) == 1
    away.rename(inbox)
    attempt(site(home), "folders", Folders())
    assert not troubles(location)[0].is_open


def test_a_gone_folder_that_is_watched_no_more_is_no_trouble(home: Path, tmp_path: Path) -> None:
    config = home / "config.toml"
    config.write_text(f'[folders]\nwatch = ["{tmp_path / "none"}"]\n')
    attempt(site(home), "folders", Folders())
    assert troubles(site(home).location)[0].is_open
    config.write_text("")
    result = attempt(site(home), "folders", Folders())
    assert result.outcome is not None
    assert result.outcome.why == NOT_SET_UP
    assert not troubles(site(home).location)[0].is_open


def test_a_file_dropped_becomes_miles_and_an_alert(home: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (home / "config.toml").write_text(f'[folders]\nwatch = ["{inbox}"]\n')
    pair = ("shoe", "add", "Pegasus 41", "--start", "299mi", "--default-for", "run")
    assert run_cli(*pair, home=home, now=None).returncode == 0
    with Running(home, real=True, env={"SHOETRACK_KEYRING": "off"}) as daemon:
        daemon.until_begun()
        part = inbox / "one.gpx.part"
        part.write_text(make_run(8000, datetime.now(UTC) - timedelta(hours=2)))
        part.rename(inbox / "one.gpx")
        (imported,) = daemon.until_said(job="folders", event="done")
        assert imported["counts"]["new"] == 1
        (raised,) = daemon.until_said(job="check", event="done")
        assert "Pegasus 41" in raised["message"]
        assert daemon.stop()[0] == 0
    (shoe,) = ask_json("status", home=home)["shoes"]
    assert 488_000 < shoe["distance_m"] < 490_000
    (alert,) = troubles(daemon.location)
    assert (alert.draft.subject, alert.draft.stage) == ("shoe:1", "in-range")
