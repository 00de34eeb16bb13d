"""What a look found, imported: once, quietly, and nothing of it touched."""

from __future__ import annotations

import io
import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shoetrack import reading
from shoetrack.config import Config
from shoetrack.db import engine, shoe_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Transaction
from shoetrack.errors import StoreError
from shoetrack.importers import content, sources
from shoetrack.sport import Sport
from shoetrack.watching import intake
from tests.importers import make_exports, make_fit, make_strava_export
from tests.importers.make_exports import write_folder, zipped
from tests.support import NOW, START, ask_json, finish, make_run, run_cli, start_cli, write_season
from tests.watching.desk import Desk, aged, snapshot, write

BROKEN = "<gpx><trk>"


def age_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            aged(path)


def test_a_file_becomes_a_run_and_what_is_foreign_is_passed_over(desk: Desk, folder: Path) -> None:
    write(folder / "a.gpx", make_run(5000))
    write(folder / "holiday.jpg", b"\xff\xd8\xff\xe0 a picture")
    write(folder / "tickets.pdf", b"%PDF-1.7")
    write(folder / "empty.txt", "")
    write(folder / "table.csv", "a,b\n1,2\n")
    write(folder / "pictures.zip", zipped({"1.jpg": b"\xff\xd8", "empty": b""}))
    imported = desk.round()
    assert (imported.summary.new, imported.refused) == (1, ())
    assert imported.summary.failed == []
    assert desk.distances() == [5000]
    assert desk.look(after=600).sources == ()
    desk.restart()
    assert desk.round().summary.known == 0
    assert desk.refused() == []


def test_the_settings_of_import_are_used(location: Location, folder: Path) -> None:
    desk = Desk(location, folder, config=Config(timezone=UTC, sport=Sport.HIKE))
    write(folder / "a.gpx", make_run(sport=""))
    desk.round()
    with desk.store.write("test", "", NOW) as tx:
        assert [row["sport"] for row in tx.rows("SELECT sport FROM run")] == ["hike"]
    desk.close()


def test_a_changed_file_is_read_again(desk: Desk, folder: Path) -> None:
    path = write(folder / "a.gpx", make_run(5000))
    desk.round()
    write(path, make_run(6000, START + timedelta(days=1)), age=1800)
    assert desk.round(after=1).summary.new == 1
    assert desk.distances() == [5000, 6000]


def test_nothing_in_the_folder_is_touched(desk: Desk, folder: Path) -> None:
    write(folder / "a.gpx", make_run(5000))
    write(folder / "bad.gpx", BROKEN)
    write(
        folder / "deep" / "b.zip", zipped({"b.gpx": make_run(7000, START - timedelta(1)).encode()})
    )
    before = snapshot(folder)
    folder.chmod(0o555)
    (folder / "deep").chmod(0o555)
    locked = snapshot(folder)
    imported = desk.round()
    desk.round(after=100)
    assert imported.summary.new == 2
    assert len(imported.refused) == 1
    assert snapshot(folder) == locked
    folder.chmod(0o755)
    (folder / "deep").chmod(0o755)
    assert snapshot(folder) == before


# --- what fails is told of once --------------------------------------------------------------


def test_a_file_that_fails_is_told_of_once(desk: Desk, folder: Path) -> None:
    path = write(folder / "bad.gpx", BROKEN)
    ((name, reason),) = desk.round().refused
    assert name == str(path)
    assert reason
    for _ in range(3):
        assert desk.round(after=60).refused == ()
    desk.restart()  # as the daemon's next start, and as cron's next round
    imported = desk.round(after=60)
    assert imported.refused == ()
    assert imported.summary.failed == []
    (row,) = desk.refused()
    assert (row.place, row.reason) == (str(path), reason)


def test_it_is_tried_again_when_it_changes(desk: Desk, folder: Path) -> None:
    path = write(folder / "a.gpx", BROKEN)
    assert len(desk.round().refused) == 1
    write(path, make_run(), age=1800)
    imported = desk.round(after=60)
    assert (imported.summary.new, imported.refused) == (1, ())
    assert desk.refused() == []


def test_one_that_keeps_changing_and_failing_is_told_of_once_a_day(
    desk: Desk, folder: Path
) -> None:
    path = write(folder / "a.gpx", BROKEN)
    told = len(desk.round().refused)
    for i in range(1, 50):
        write(path, BROKEN + " " * i, age=1800 - i)
        told += len(desk.round(after=3600).refused)
    assert told == 2


def test_it_is_tried_again_by_another_version(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "bad.gpx", BROKEN)
    write(folder / "other.txt", "another kind of file")
    write(folder / "good.gpx", make_run())
    assert len(desk.round().refused) == 1
    tried: list[str] = []
    real = sources.sources_in

    def counted(path: str, *, explicit: bool) -> Any:
        tried.append(path)
        return real(path, explicit=explicit)

    monkeypatch.setattr(intake, "__version__", "99")
    monkeypatch.setattr(reading, "__version__", "99")
    monkeypatch.setattr(intake, "sources_in", counted)
    desk.restart()
    assert desk.round().refused == ()  # a person knows
    assert [Path(path).name for path in tried] == ["bad.gpx", "other.txt"]
    desk.restart()
    desk.round()
    assert len(tried) == 2


def test_import_by_hand_tries_it_and_names_it_and_what_comes_in_is_forgotten(
    home: Path, folder: Path
) -> None:
    damaged = make_fit.body().file()[:-3]
    path = write(folder / "a.fit", damaged)
    desk = Desk(Location(home / "shoetrack.db", own_folder=True), folder)
    assert len(desk.round().refused) == 1
    by_hand = run_cli("import", path, home=home)
    assert by_hand.returncode == 1
    assert "a.fit" in by_hand.stderr
    assert len(desk.refused()) == 1
    lenient = run_cli("import", "--lenient", path, home=home)
    assert lenient.returncode == 0, lenient.stderr
    assert desk.refused() == []
    desk.restart()
    assert desk.round().refused == ()
    with desk.store.write("test", "", NOW) as tx:
        assert [row["reason"] for row in tx.rows("SELECT reason FROM watched_file")] == [""]
    desk.close()


def test_a_refused_file_that_is_gone_is_forgotten(desk: Desk, folder: Path) -> None:
    path = write(folder / "bad.gpx", BROKEN)
    desk.round()
    path.unlink()
    desk.round()
    assert desk.refused() == []
    write(path, BROKEN)
    desk.look()
    assert len(desk.round(after=3).refused) == 1


def test_one_on_a_watch_that_is_away_is_not_forgotten(location: Location, tmp_path: Path) -> None:
    mount = tmp_path / "GARMIN"
    write(mount / "notes.bin", b"no fit")
    desk = Desk(location, mount)
    assert len(desk.round().refused) == 0  # of a foreign content there is nothing to say
    write(mount / "bad.gpx", BROKEN)
    desk.round()
    assert len(desk.round(after=3).refused) == 1
    mount.rename(tmp_path / "away")
    desk.round()
    assert len(desk.refused()) == 1
    (tmp_path / "away").rename(mount)
    assert desk.round().refused == ()
    desk.close()


def test_a_young_file_that_fails_gets_a_minute(desk: Desk, folder: Path) -> None:
    path = folder / "a.gpx"
    text = make_run()
    path.write_text(text[:300])
    desk.look()
    imported = desk.round(after=3)  # written in bursts, with a pause
    assert (imported.refused, imported.summary.failed) == ((), [])
    assert desk.look(after=20).sources == ()
    path.write_text(text)
    desk.look(after=1)
    assert desk.round(after=3).summary.new == 1
    assert desk.refused() == []


def test_a_young_file_that_fails_for_a_minute_is_told_of(desk: Desk, folder: Path) -> None:
    (folder / "a.gpx").write_text(BROKEN)
    desk.look()
    assert desk.round(after=3).refused == ()
    assert desk.round(after=56).refused == ()
    assert len(desk.round(after=1).refused) == 1
    assert desk.round(after=60).refused == ()


def test_each_bad_file_of_an_archive_is_named_and_the_others_come_in(
    desk: Desk, folder: Path
) -> None:
    members = {"good.gpx": make_run().encode(), **{f"{i}.gpx": b"<gpx>" for i in range(7)}}
    write(folder / "all.zip", zipped(members))
    imported = desk.round()
    assert imported.summary.new == 1
    assert len(imported.refused) == 7
    (row,) = desk.refused()
    assert row.place == str(folder / "all.zip")
    assert row.reason.startswith("0.gpx: ")
    assert row.reason.endswith("; and 2 more")
    desk.restart()
    assert desk.round().refused == ()


def test_a_growing_archive_is_read_when_it_is_whole(desk: Desk, folder: Path) -> None:
    data = zipped({"a.gpx": make_run().encode()})
    path = folder / "all.zip"
    path.write_bytes(data[:100])
    assert desk.look().growing == (path,)
    path.write_bytes(data)
    assert desk.round(after=3).summary.new == 0
    assert desk.round(after=3).summary.new == 1


# --- what goes while it is read --------------------------------------------------------------


def test_a_file_that_went_since_the_look(desk: Desk, folder: Path) -> None:
    path = write(folder / "a.gpx", make_run())
    look = desk.look()
    path.unlink()
    imported = desk.bring_in(look)
    assert (imported.refused, imported.summary.failed) == ((), [])
    desk.look()
    write(path, make_run())
    assert desk.round(after=1).summary.new == 0  # it arrived
    assert desk.round(after=3).summary.new == 1


def test_a_watch_that_is_pulled_while_it_is_read(
    location: Location, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount, away = tmp_path / "GARMIN", tmp_path / "away"
    write(mount / "a.gpx", make_run(5000))
    write(mount / "b.gpx", make_run(6000, START + timedelta(days=1), count=5000))
    write(mount / "c.gpx", make_run(7000, START + timedelta(days=2)))
    desk = Desk(location, mount)
    look = desk.look()
    real: Any = sources._open_regular

    class Pulled(io.FileIO):
        def readinto(self, buffer: Any, /) -> int:
            if self.tell() > 100_000:
                if mount.exists():
                    mount.rename(away)
                raise OSError(5, "Input/output error")
            return super().readinto(buffer) or 0

    def opened(path: Path) -> Any:
        raw, found = real(path)
        if path.name != "b.gpx":
            return raw, found
        raw.close()
        return Pulled(path), found

    with monkeypatch.context() as patch:
        patch.setattr(sources, "_open_regular", opened)
        imported = desk.bring_in(look)
    assert (imported.refused, imported.summary.failed) == ((), [])
    assert desk.distances() == [5000]
    assert desk.look().sources == ()
    away.rename(mount)
    assert desk.round().summary.new == 2
    assert desk.distances() == [5000, 6000, 7000]
    desk.close()


def test_a_drive_that_does_not_answer_is_told_of_once_and_tried_when_it_comes_anew(
    location: Location, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount = tmp_path / "GARMIN"
    write(mount / "a.gpx", make_run())
    desk = Desk(location, mount)

    def opened(path: Path) -> Any:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(sources, "_open_regular", opened)
        assert desk.round().refused == (
            (str(mount / "a.gpx"), "cannot be read (Input/output error)"),
        )
        assert desk.look(after=60).sources == ()
        desk.restart()
        assert desk.round().refused == ()
    mount.rename(tmp_path / "away")
    desk.look()
    (tmp_path / "away").rename(mount)
    assert desk.round().summary.new == 1
    assert desk.refused() == []
    desk.close()


def test_a_file_that_is_made_readable_is_tried_again(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the edge to the system, because root may read anything."""
    path = write(folder / "a.gpx", make_run())

    def denied(path: Path) -> Any:
        raise PermissionError(13, "Permission denied", path)

    with monkeypatch.context() as patch:
        patch.setattr(sources, "_open_regular", denied)
        assert len(desk.round().refused) == 1
        assert desk.round(after=60).refused == ()
    path.chmod(0o600)  # its size and time are as before
    assert desk.round(after=3).summary.new == 1
    assert desk.refused() == []


def test_a_file_that_changes_while_it_is_read_is_never_told_of(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(folder / "a.gpx", make_run(5000))
    look = desk.look()
    real: Any = content.content_of

    def written_to(raw: Any) -> Any:
        with path.open("a") as stream:
            stream.write("\n")
        return real(raw)

    with monkeypatch.context() as patch:
        patch.setattr(sources, "content_of", written_to)
        imported = desk.bring_in(look)
    assert (imported.refused, imported.summary.new) == ((), 0)
    assert desk.round(after=1).summary.new == 0
    assert desk.round(after=3).summary.new == 1


# --- the store -------------------------------------------------------------------------------


def test_a_store_that_is_locked_has_the_files_tried_again(
    location: Location, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "a.gpx", make_run())
    desk = Desk(location, folder)
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 0.05)
    holder = sqlite3.connect(location.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError):
        desk.round()
    holder.execute("ROLLBACK")
    holder.close()
    assert desk.round().summary.new == 1
    desk.close()


def test_what_was_undone_does_not_come_back_by_itself(home: Path, folder: Path) -> None:
    path = write(folder / "a.gpx", make_run())
    desk = Desk(Location(home / "shoetrack.db", own_folder=True), folder)
    desk.round()
    assert run_cli("undo", home=home).returncode == 0
    desk.restart()
    assert desk.round().summary.new == 0
    assert desk.distances() == []
    assert ask_json("import", path, home=home)["new"] == 1
    desk.close()


@pytest.mark.parametrize("packed", [False, True])
def test_what_was_undone_does_not_come_back_with_another_time(
    home: Path, folder: Path, packed: bool
) -> None:
    def content_of(day: datetime) -> bytes:
        text = make_run(5000, day).encode()
        return zipped({"a.gpx": text}) if packed else text

    name = "a.zip" if packed else "a.gpx"
    path = write(folder / name, content_of(START))
    desk = Desk(Location(home / "shoetrack.db", own_folder=True), folder)
    desk.round()
    assert run_cli("undo", home=home).returncode == 0
    aged(path, 1800)  # as a sync that writes it anew, and a watch whose clock is an hour off
    assert desk.round(after=1).summary.new == 0
    desk.restart()
    assert desk.names() == [name]
    assert desk.round().summary.new == 0
    assert desk.distances() == []
    # Another content is another run, or this one put right, though it be of that length.
    size = path.stat().st_size
    write(path, content_of(START - timedelta(days=1)), age=900)
    assert packed or path.stat().st_size == size
    assert desk.round(after=1).summary.new == 1
    desk.close()


def test_what_was_only_written_anew_is_not_read_again(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(folder / "a.gpx", make_run())
    desk.round()
    aged(path, 1800)
    desk.round(after=1)

    def read(_: object) -> str:
        raise AssertionError("it was read again")

    monkeypatch.setattr(intake, "_digest", read)
    desk.restart()
    assert desk.round().summary.known == 0


def test_a_clock_that_is_put_right_lets_in_what_was_yet_to_come(desk: Desk, folder: Path) -> None:
    path = write(folder / "a.gpx", make_run(5000, START + timedelta(days=30)))
    at = desk.now
    desk.now = START  # a machine without a battery begins with an old day
    ((name, reason),) = desk.round().refused
    assert (name, reason.endswith("yet to come")) == (str(path), True)
    desk.restart()
    assert desk.round(after=60).refused == ()
    desk.now = at + timedelta(days=60)
    desk.restart()
    assert desk.round().summary.new == 1
    assert desk.refused() == []


def test_an_import_by_hand_at_the_same_time_counts_nothing_twice(home: Path, folder: Path) -> None:
    distances = write_season(folder, 60)
    age_all(folder)
    desk = Desk(Location(home / "shoetrack.db", own_folder=True), folder)
    other = start_cli("import", "--jobs", "1", folder, "--json", home=home)
    imported = desk.round()
    done = finish(other)
    assert done.returncode == 0, done.stderr
    assert desk.distances() == sorted(distances)
    assert imported.refused == ()
    assert ask_json("verify", home=home)["ok"]
    assert desk.look(after=60).sources == ()
    desk.close()


def test_two_watchers_of_one_store_tell_of_a_file_once(desk: Desk, folder: Path) -> None:
    write(folder / "bad.gpx", BROKEN)
    other = Desk(desk.location, folder)
    looks = desk.look(), other.look()
    told = [*desk.bring_in(looks[0]).refused, *other.bring_in(looks[1]).refused]
    assert len(told) == 1
    other.close()


def test_a_person_is_told_in_the_step_that_remembers_it(desk: Desk, folder: Path) -> None:
    write(folder / "bad.gpx", BROKEN)
    write(folder / "good.gpx", make_run())
    told: list[str] = []

    def tell(tx: Transaction, refused: Sequence[tuple[str, str]]) -> None:
        if not told:
            told.append("killed")
            raise KeyboardInterrupt
        told.extend(Path(name).name for name, _ in refused)
        tx.note_new("heartbeat", pid=1, host="", version="", started_at=tx.now, beat_at=tx.now)

    def bring_in() -> intake.Imported:
        look = desk.look()
        return intake.bring_in(desk.store, desk.location, desk.config, look, desk.now, tell=tell)

    with pytest.raises(KeyboardInterrupt):
        bring_in()
    desk.restart()
    assert len(bring_in().refused) == 1
    desk.restart()
    assert bring_in().refused == ()
    assert told == ["killed", "bad.gpx"]


def test_it_stops_when_told_and_the_next_look_goes_on(desk: Desk, folder: Path) -> None:
    distances = write_season(folder, 20)
    age_all(folder)
    stop = threading.Event()
    stop.set()
    look = desk.look()
    intake.bring_in(desk.store, desk.location, desk.config, look, desk.now, stop=stop)
    assert len(desk.distances()) < 20
    assert desk.round().summary.new + desk.round().summary.known <= 20
    assert desk.distances() == sorted(distances)


# --- exports ---------------------------------------------------------------------------------


def _strava(day: int, gear: str, gear_id: str) -> str:
    return make_strava_export.LONG.row(
        id=str(day),
        date=f"May {day}, 2022, 3:53:35 PM",
        gear=gear,
        gear_id=gear_id,
        metres=f"{5000 + day}.0",
        file=f"activities/{day}.gpx",
    )


def _pairs(location: Location) -> list[str]:
    with open_reader(location) as reader:
        assert reader is not None
        return sorted(shoe.name for shoe in shoe_queries.shoes(reader))


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "unpacked"])
def test_stravas_export_with_its_pairs(desk: Desk, folder: Path, packed: bool) -> None:
    files = {f"{day}.gpx": make_run(4000).encode() for day in (1, 2)}
    rows = [_strava(1, "Peg", "11.0"), _strava(2, "Ghost", "12.0")]
    export = make_strava_export.export(
        *rows, shoes="Peg,Nike,Pegasus,Run\nGhost,Brooks,Ghost,Run\n", files=files
    )
    if packed:
        write(folder / "export.zip", zipped(export))
    else:
        write_folder(folder / "export", export)
        age_all(folder)
    imported = desk.round()
    assert (imported.summary.new, imported.pairs_added, imported.refused) == (2, 2, ())
    assert desk.distances() == [5001, 5002]
    assert _pairs(desk.location) == ["Ghost", "Peg"]
    desk.restart()
    again = desk.round()
    assert (again.summary.known, again.pairs_added, again.moved) == (0, 0, 0)


def test_an_export_that_is_being_unpacked_is_read_as_one(desk: Desk, folder: Path) -> None:
    """Apple's rides are told by its table, which comes last: by themselves they would be runs."""
    desk.look()
    top = folder / "apple_health_export"
    for i in range(5):
        route = make_run(9000, START + timedelta(days=i), sport="")
        write(top / "workout-routes" / f"route_{i}.gpx", route)
        assert desk.round(after=2).summary.new == 0
    ride = make_exports.workout(make_exports.statistic("DistanceCycling"), kind="Cycling")
    write(top / "export.xml", make_exports.health(ride))
    desk.round(after=2)
    desk.round(after=3)
    assert desk.distances() == []
    assert desk.refused() == []


def test_garmins_export_with_its_pairs(desk: Desk, folder: Path) -> None:
    gears = ({"gearPk": 11, "gearTypeName": "Shoes", "displayName": "Old Ghost"},)
    activity = {
        "activityId": 100,
        "activityType": "running",
        "beginTimestamp": round(START.timestamp() * 1000),
        "duration": 1_800_000,
        "distance": 500_000,
    }
    fitness = "DI_CONNECT/DI-Connect-Fitness/me"
    write_folder(
        folder,
        {
            f"{fitness}_gear.json": make_exports.gear_json(gears, {"11": [100]}),
            f"{fitness}_0_summarizedActivities.json": make_exports.activities_json(activity),
            "DI_CONNECT/DI-Connect-Uploaded-Files/me_0.gpx": make_run(5000).encode(),
        },
    )
    age_all(folder)
    imported = desk.round()
    assert (imported.summary.new, imported.pairs_added, imported.moved) == (1, 1, 1)
    assert _pairs(desk.location) == ["Old Ghost"]


def test_a_broken_list_of_pairs_is_told_of_once(desk: Desk, folder: Path) -> None:
    write(folder / "me_gear.json", '[{"gearDTOS": [')
    write(folder / "a.gpx", make_run())
    imported = desk.round()
    assert [Path(name).name for name, _ in imported.refused] == ["me_gear.json"]
    assert imported.summary.new == 1
    desk.restart()
    assert desk.round().refused == ()
