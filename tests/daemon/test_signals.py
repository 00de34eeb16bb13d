"""The daemon as a real process: signals, and one at a time."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from tests.daemon.running import OFTEN, SELDOM, Running, heartbeat, tell
from tests.support import finish, make_run, run_cli, start_cli


def test_it_beats_until_it_is_told_to_stop(home: Path) -> None:
    with Running(home, OFTEN) as daemon:
        daemon.until(lambda: len(daemon.done("often")) > 3)
        first = daemon.heartbeat()
        assert (first.pid, first.stopped_at) == (daemon.process.pid, None)
        daemon.until(lambda: daemon.heartbeat().beat_at > first.beat_at)
        status, took = daemon.stop()
        assert (status, took < 5) == (0, True)
        last = daemon.heartbeat()
        assert last.started_at == first.started_at
        assert last.stopped_at == last.beat_at > first.beat_at
        assert [line["event"] for line in daemon.lines] == ["started", "stopping", "stopped"]


def test_ctrl_c(home: Path) -> None:
    with Running(home, OFTEN) as daemon:
        daemon.until(lambda: daemon.done("often"))
        status, took = daemon.stop(signal.SIGINT)
        assert (status, took < 5) == (130, True)
        assert daemon.heartbeat().stopped_at is not None


@pytest.mark.parametrize("words", ["hang", "heed"])
def test_it_stops_in_time_whatever_a_task_is_at(home: Path, words: str) -> None:
    tell(home, "seldom", words)
    with Running(home, SELDOM, OFTEN) as daemon:
        daemon.until(lambda: daemon.done("seldom") and len(daemon.done("often")) > 2)
        status, took = daemon.stop()
        assert (status, took < 5) == (0, True)
        assert daemon.heartbeat().stopped_at is not None
        waited_for = not daemon.said(level="warning")
        assert waited_for == (words == "heed")


def test_asked_twice_it_waits_for_nothing(home: Path) -> None:
    tell(home, "seldom", "hang")
    with Running(home, SELDOM, pace={"patience": 60}) as daemon:
        daemon.until(lambda: daemon.done("seldom"))
        daemon.process.send_signal(signal.SIGINT)
        daemon.until_said(event="stopping")
        status, took = daemon.stop(signal.SIGINT)
        assert (status, took < 10) == (130, True)


def test_two_daemons(home: Path) -> None:
    with Running(home, OFTEN) as daemon:
        daemon.until(lambda: daemon.heartbeat() if daemon.done("often") else None)
        second = run_cli("daemon", home=home)
        assert second.returncode == 1
        assert second.stdout == ""
        (line,) = second.stderr.splitlines()
        assert f"process {daemon.process.pid} " in line
        round_ = run_cli("daemon", "--once", home=home)
        assert (round_.returncode, round_.stderr) == (0, "")
        assert f"process {daemon.process.pid} " in round_.stdout
        assert daemon.stop()[0] == 0
    third = run_cli("daemon", "--once", home=home)
    assert (third.returncode, third.stderr) == (0, "")


def test_killed_and_started_again(home: Path) -> None:
    with Running(home, OFTEN) as daemon:
        daemon.until(lambda: daemon.done("often"))
        daemon.process.kill()
        daemon.process.wait()
        before = daemon.heartbeat()
        assert before.stopped_at is None
    with Running(home, OFTEN) as daemon:
        daemon.until(lambda: daemon.heartbeat().pid == daemon.process.pid)
        assert daemon.heartbeat().started_at > before.started_at
        assert daemon.stop()[0] == 0


def test_the_configuration_is_read_again_and_a_broken_one_is_not(
    home: Path, tmp_path: Path
) -> None:

    inbox = tmp_path / "inbox"
    inbox.mkdir()
    config = home / "config.toml"
    config.write_text('unit = "mi"\n')
    with Running(home, real=True) as daemon:
        daemon.until_begun()
        config.write_text('unit = "miles"\n')
        daemon.process.send_signal(signal.SIGHUP)
        (refused,) = daemon.until_said(event="reload-refused")
        assert f"{config}, line 1" in refused["message"]
        config.write_text(f'[folders]\nwatch = ["{inbox}"]\n')
        (inbox / "one.gpx").write_text(make_run(start=datetime.now(UTC) - timedelta(hours=2)))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until_said(event="reloaded")
        (imported,) = daemon.until_said(job="folders", event="done")
        assert imported["counts"]["new"] == 1
        assert daemon.stop()[0] == 0


def test_the_command_itself(home: Path) -> None:
    process = start_cli("daemon", home=home, env={"TZ": ":no/such/zone"}, now=None)
    try:
        location = Location(home / "shoetrack.db")
        end = time.monotonic() + 20
        while not location.path.exists() or not _has_begun(location):
            assert time.monotonic() < end
            time.sleep(0.02)
        assert heartbeat(location).pid == process.pid
    finally:
        process.send_signal(signal.SIGINT)
        ended = finish(process, 20)
    assert (ended.returncode, ended.stderr) == (130, "")
    first, *_, last = ended.stdout.splitlines()
    assert f"runs for {home / 'shoetrack.db'}" in first
    assert last.endswith("daemon: stopped")


def _has_begun(location: Location) -> bool:
    with open_reader(location) as reader:
        return reader is not None and bool(reader.rows("SELECT 1 FROM heartbeat"))
