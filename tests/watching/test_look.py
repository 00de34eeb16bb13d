"""Looks at real folders: what is ready, what is not, what is not there."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shoetrack.db.location import Location
from shoetrack.importers import Problem, Source
from shoetrack.watching import walking
from tests.importers import make_exports, make_strava_export
from tests.support import START, make_run
from tests.watching.desk import Desk, aged, write


def test_what_was_there_before_is_ready_at_once(desk: Desk, folder: Path) -> None:
    write(folder / "b.gpx", make_run())
    write(folder / "2025" / "a.gpx", make_run())
    look = desk.look()
    assert [Path(one.path).name for one in look.ready] == ["a.gpx", "b.gpx"]
    assert look.here == (folder,)
    assert (look.growing, look.gone, look.denied, look.again) == ((), (), (), None)
    source = look.sources[1]
    assert isinstance(source, Source)
    assert (source.name, source.explicit) == (str(folder / "b.gpx"), False)


def test_a_growing_file_waits_until_it_has_stopped(desk: Desk, folder: Path) -> None:
    path = folder / "run.gpx"
    text = make_run(count=200)
    with path.open("w") as stream:
        for start in range(0, len(text), 4000):
            stream.write(text[start : start + 4000])
            stream.flush()
            look = desk.look(after=2)
            assert (look.ready, look.growing) == ((), (path,))
    assert desk.names(after=2.9) == []
    assert desk.names(after=0.1) == ["run.gpx"]


def test_a_browsers_download_is_seen_when_it_has_its_name(desk: Desk, folder: Path) -> None:
    desk.look()
    partial = folder / "run.gpx.crdownload"
    partial.write_text(make_run()[:50])
    assert desk.look(after=1).growing == ()
    partial.write_text(make_run())
    partial.rename(folder / "run.gpx")
    assert desk.look(after=9).growing == (folder / "run.gpx",)
    assert desk.names(after=3) == ["run.gpx"]


def test_firefoxes_empty_file_waits_for_its_part(desk: Desk, folder: Path) -> None:
    write(folder / "run.gpx", "")
    write(folder / "run.x1.gpx.part", make_run()[:99])
    look = desk.look(after=500)
    assert (look.ready, look.growing, look.again) == ((), (), None)
    (folder / "run.x1.gpx.part").replace(folder / "run.gpx")
    aged(folder / "run.gpx")
    assert desk.names(after=3) == []  # it arrived
    assert desk.names(after=3) == ["run.gpx"]


def test_what_syncthing_is_at_is_left_alone(desk: Desk, folder: Path) -> None:
    write(folder / ".syncthing.run.gpx.tmp", make_run())
    write(folder / ".stversions" / "run~20260501-070000.gpx", make_run())
    assert desk.look(after=100).sources == ()
    (folder / ".syncthing.run.gpx.tmp").rename(folder / "run.gpx")  # keeps the sender's time
    desk.look()
    assert desk.names(after=3) == ["run.gpx"]


def test_links_are_followed_and_loops_end(desk: Desk, folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "deep" / "a.gpx", make_run())
    write(folder / "b.gpx", make_run())
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "deep" / "back").symlink_to(folder)
    (tmp_path / "elsewhere" / "self").symlink_to(tmp_path / "elsewhere" / "self")
    (folder / "again").symlink_to(tmp_path / "elsewhere" / "deep")
    (folder / "dangling.gpx").symlink_to(tmp_path / "nowhere")
    assert sorted(desk.names()) == ["a.gpx", "b.gpx"]


def test_one_folder_named_twice_and_one_within_another(location: Location, tmp_path: Path) -> None:
    inner = tmp_path / "runs" / "2026"
    write(inner / "a.gpx", make_run())
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "runs")
    folders = (tmp_path / "runs", inner, link, tmp_path / "runs")
    for order in (folders, folders[::-1]):
        desk = Desk(location, *order)
        assert desk.names() == ["a.gpx"]
        assert set(desk.look().here) == set(order)
        desk.close()


def test_a_hidden_folder_is_watched_where_it_was_named(location: Location, tmp_path: Path) -> None:
    write(tmp_path / ".runs" / "a.gpx", make_run())
    desk = Desk(location, tmp_path, tmp_path / ".runs")
    assert desk.names() == ["a.gpx"]
    desk.close()


def test_what_is_no_file_is_passed_over(desk: Desk, folder: Path) -> None:
    os.mkfifo(folder / "pipe.gpx")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(folder / "socket.gpx"))
        assert desk.look(after=100).sources == ()


def test_odd_names(desk: Desk, folder: Path) -> None:
    names = ["two\nlines.gpx", "løb 🏃.gpx", "tab\there.gpx", " .gpx", "-rf.gpx", "%s.gpx"]
    for name in names:
        write(folder / name, make_run())
    bad = os.path.join(os.fsencode(folder), b"bad\xff\xfe.gpx")  # noqa: PTH118
    with open(bad, "wb") as stream:  # noqa: PTH123
        stream.write(make_run().encode())
    os.utime(bad, (1, 1))
    look = desk.look()
    assert {Path(one.path).name for one in look.ready} == {*names, "bad\udcff\udcfe.gpx"}
    assert all(source.name.isprintable() for source in look.sources)
    imported = desk.bring_in(look)
    assert imported.refused == ()
    assert imported.summary.new == 1
    desk.restart()
    assert desk.round().summary.known == 0  # not even opened


# --- folders that come and go ----------------------------------------------------------------


def test_a_watch_that_comes_and_goes(location: Location, tmp_path: Path) -> None:
    mount = tmp_path / "GARMIN"
    activity = mount / "Activity"
    write(activity / "a.gpx", make_run())
    away = tmp_path / "away"
    desk = Desk(location, activity)
    assert desk.round().summary.new == 1
    mount.rename(away)
    look = desk.look(after=10)
    assert (look.here, look.gone, look.sources) == ((), (), ())  # nothing is wrong
    write(away / "Activity" / "b.gpx", make_run(7000))
    away.rename(mount)
    assert desk.names(after=10) == ["b.gpx"]  # at once, and nothing but what is new
    desk.close()


def test_a_mount_that_a_link_leads_to(location: Location, tmp_path: Path) -> None:
    link = tmp_path / "watch"
    mount = tmp_path / "media" / "GARMIN"
    link.symlink_to(mount)
    desk = Desk(location, link)
    look = desk.look()
    assert (look.here, look.gone) == ((), ())
    write(mount / "a.gpx", make_run())
    assert desk.names() == ["a.gpx"]
    desk.close()


def test_a_folder_that_should_be_there(location: Location, tmp_path: Path) -> None:
    never, there, file = tmp_path / "never", tmp_path / "there", tmp_path / "file"
    there.mkdir()
    file.write_text("")
    desk = Desk(location, never, there, file)
    look = desk.look()
    assert look.here == (there,)
    assert look.gone == (never,)
    assert look.denied == ((file, "is not a folder"),)
    there.rmdir()
    assert desk.look().gone == (never, there)
    never.mkdir()
    assert desk.look().gone == (there,)
    desk.close()


def test_a_folder_that_may_not_be_looked_into(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the edge to the system, because root may look anywhere."""
    inner = folder / "inner"
    write(inner / "a.gpx", make_run())
    write(folder / "b.gpx", make_run(7000, START + timedelta(days=1)))
    aged(inner)
    closed: set[str] = {str(inner)}
    real: Any = os.scandir

    def scandir(path: str) -> Any:
        if str(path) in closed:
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    denied = "permission denied: make it readable for your user first"
    assert desk.look().sources[1] == Problem(str(inner), denied)
    imported = desk.round()
    assert imported.refused == ((str(inner), denied),)
    assert imported.summary.new == 1
    assert desk.round(after=600).refused == ()
    desk.restart()
    assert desk.round(after=600).refused == ()
    assert len(desk.refused()) == 1
    closed.clear()
    desk.round()
    assert desk.refused() == []
    assert desk.round(after=3).summary.new == 1
    closed.add(str(folder))
    assert desk.look().denied == ((folder, denied),)
    assert desk.look().gone == ()


# --- exports ---------------------------------------------------------------------------------


def test_what_an_exports_table_speaks_for_is_not_read_by_itself(desk: Desk, folder: Path) -> None:
    export = {
        "apple_health_export/export.xml": make_exports.health().encode(),
        "apple_health_export/workout-routes/route_1.gpx": make_run().encode(),
    }
    make_exports.write_folder(folder, export)
    for path in folder.rglob("*.*"):
        aged(path)
    assert desk.names() == ["export.xml"]
    (folder / "apple_health_export/export.xml").unlink()
    desk.look()
    assert desk.names(after=3) == ["route_1.gpx"]


def test_a_table_is_read_once_and_again_when_it_changes(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make_strava_export.LONG.row(id="1", file="activities/1.gpx")
    make_exports.write_folder(
        folder,
        {
            "activities.csv": make_strava_export.LONG.table(row).encode(),
            "activities/1.gpx": make_run().encode(),
            "notes.csv": b"a,b\n1,2\n",
        },
    )
    for path in folder.rglob("*.*"):
        aged(path)
    opened = count_opens(monkeypatch)
    assert desk.names() == ["activities.csv", "notes.csv"]
    assert len(opened) == 3  # one is an export's, and is read to its end
    desk.look()
    assert len(opened) == 3
    write(folder / "notes.csv", "a,b\n1,2\n3,4\n")
    desk.look()
    assert len(opened) == 4


# --- what it costs ---------------------------------------------------------------------------


def count_opens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that are opened from now on."""
    opened: list[str] = []
    real: Any = os.open

    def counted(path: str, *args: Any, **kwargs: Any) -> int:
        opened.append(os.fspath(path))
        return int(real(path, *args, **kwargs))

    monkeypatch.setattr(os, "open", counted)
    return opened


def test_known_files_cost_a_stat_each(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(20):
        inner = folder / f"{i:03}"
        inner.mkdir()
        for j in range(50):
            os.mknod(inner / f"{j:03}.gpx", 0o644)
    desk.look()
    ready = desk.look(after=3).ready
    assert len(ready) == 1_000
    for one in ready:
        desk.watcher._memory.deal(one.path, one.stamp, one.folder)
    opened = count_opens(monkeypatch)
    stats: list[str] = []
    real: Any = walking._stat

    def counted(entry: Any) -> Any:
        stats.append(entry.path)
        return real(entry)

    monkeypatch.setattr(walking, "_stat", counted)
    look = desk.look(after=1)
    assert (look.ready, look.growing) == ((), ())
    assert opened == []
    assert len(stats) == 1_020
