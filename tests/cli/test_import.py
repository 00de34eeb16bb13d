"""Import: every file accounted for, the summary, identity within a batch and across several."""

from __future__ import annotations

import gzip
import os
import zipfile
from datetime import timedelta
from pathlib import Path

from tests.cli.conftest import Cli
from tests.support import NOW, START, gpx_text, make_run, straight


def _write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.gpx").write_text(text, encoding="utf-8")
    return folder


def test_a_folder_twice_adds_nothing_the_second_time(cli: Cli, tmp_path: Path) -> None:
    runs = _write(tmp_path / "runs", a=make_run(5000), b=make_run(7000, START + timedelta(days=1)))
    first = cli("import", runs, "--json").json
    assert (first["new"], first["known"], first["failed"]) == (2, 0, [])
    before = cli("export").json
    second = cli("import", runs, "--json").json
    assert (second["new"], second["known"], second["further"]) == (0, 2, 0)
    assert cli("export").json == before


def test_one_run_in_three_wrappings_is_one(cli: Cli, tmp_path: Path) -> None:
    text = make_run(5000)
    (tmp_path / "a.gpx").write_text(text)
    (tmp_path / "named-otherwise.bin").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("deep/down/run.gpx.gz", gzip.compress(text.encode(), mtime=1))
    answer = cli("import", tmp_path, "--json").json
    assert (answer["new"], answer["known"], answer["failed"]) == (1, 2, [])


def test_another_file_of_the_same_run_adds_no_miles(cli: Cli, tmp_path: Path) -> None:
    runs = _write(
        tmp_path / "runs",
        watch=make_run(5000),
        exported=make_run(5004, START + timedelta(seconds=3), 1795, count=40, creator="other"),
    )
    answer = cli("import", runs, "--json").json
    assert (answer["new"], answer["known"], answer["further"]) == (1, 1, 1)
    (run,) = cli("runs", "--json").json
    assert len(run["sources"]) == 2
    first = min(run["sources"])
    assert first.endswith("exported.gpx")
    assert abs(run["distance_m"] - 5004) < 0.01  # the first in the folder's order


def test_a_device_total_that_comes_later_corrects_the_miles(cli: Cli, tmp_path: Path) -> None:
    cli("shoe", "add", "Ghost", "--default-for", "run")
    cli("import", _write(tmp_path / "one", a=make_run(5000)))
    cli("import", _write(tmp_path / "two", a=make_run(5000, count=30, total_m=5100.5)))
    (run,) = cli("runs", "--json").json
    assert run["distance_m"] == 5100.5
    kinds = [entry["kind"] for entry in cli("ledger", "ghost", "--json").json]
    assert kinds == ["run", "reversal", "run"]


def test_a_part_recorded_by_a_phone_gives_way_to_the_whole(cli: Cli, tmp_path: Path) -> None:
    part = make_run(2000, START + timedelta(minutes=10), 600)
    cli("import", _write(tmp_path / "one", a=part))
    cli("import", _write(tmp_path / "two", a=make_run(6000, START, 1800)))
    (run,) = cli("runs", "--json").json
    assert abs(run["distance_m"] - 6000) < 0.01


def test_what_overlaps_a_little_is_kept_in_doubt_on_no_pair(cli: Cli, tmp_path: Path) -> None:
    cli("shoe", "add", "Ghost", "--default-for", "run")
    runs = _write(
        tmp_path / "runs",
        a=make_run(5000, START, 1800),
        b=make_run(5000, START + timedelta(seconds=1700), 1800),
    )
    answer = cli("import", runs, "--json").json
    assert (answer["new"], answer["doubtful"]) == (1, 1)
    (doubtful,) = cli("runs", "--doubtful", "--json").json
    assert doubtful["doubtful_twin"] is not None
    assert doubtful["shoes"] == []
    status = cli("status", "--json").json
    assert status["unassigned"]["runs"] == 1
    assert status["doubtful"] == 1

    assert cli("run", "keep", str(doubtful["id"])).status == 0
    assert cli("runs", "--doubtful", "--json").json == []
    assert cli("status", "--json").json["shoes"][0]["runs"] == 2
    cli("undo")
    merged = cli("run", "merge", str(doubtful["doubtful_twin"]), str(doubtful["id"]))
    assert merged.status == 0, merged.err
    (run,) = cli("runs", "--json").json
    assert len(run["sources"]) == 2
    assert cli("status", "--json").json["shoes"][0]["runs"] == 1


def test_the_same_run_by_a_clock_in_another_zone_is_in_doubt(cli: Cli, tmp_path: Path) -> None:
    start = START + timedelta(seconds=41)
    runs = _write(
        tmp_path / "runs",
        utc=make_run(5000, start),
        local_time_as_utc=make_run(5001, start + timedelta(hours=2), count=20),
    )
    answer = cli("import", runs, "--json").json
    assert (answer["new"], answer["doubtful"]) == (1, 1)


def test_files_that_differ_by_more_than_3_percent_are_shown(cli: Cli, tmp_path: Path) -> None:
    runs = _write(tmp_path / "runs", a=make_run(5000), b=make_run(5200, count=30))
    answer = cli("import", runs, "--json").json
    assert (answer["further"], answer["differing"]) == (1, 1)
    (run,) = cli("runs", "--doubtful", "--json").json
    assert "3.11 mi of 3.11–3.23" in cli("runs", "--doubtful").out
    assert cli("run", "keep", str(run["id"])).status == 0
    assert cli("runs", "--doubtful", "--json").json == []
    assert cli("run", "keep", str(run["id"])).status == 1
    cli("undo")
    cli("run", "edit", str(run["id"]), "--distance", "5.1km")
    assert cli("runs", "--doubtful", "--json").json == []


def test_whose_distance_is_believed_can_be_configured(cli: Cli, home: Path, tmp_path: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text(
        '[distance]\norder = ["computed", "session", "device", "strava"]\n'
    )
    runs = _write(tmp_path / "runs", a=make_run(5000), b=make_run(5000, count=30, total_m=5100))
    cli("import", runs)
    (run,) = cli("runs", "--json").json
    assert abs(run["distance_m"] - 5000) < 0.01
    (home / "config.toml").write_text('[distance]\norder = ["gps"]\n')
    assert "distance.order" in cli("import", runs).err


def test_the_way_out_and_the_way_back_are_two_runs(cli: Cli, tmp_path: Path) -> None:
    runs = _write(
        tmp_path / "runs", out=make_run(5000), back=make_run(5000, START + timedelta(hours=9))
    )
    answer = cli("import", runs, "--json").json
    assert (answer["new"], answer["doubtful"]) == (2, 0)


def test_a_run_without_points_waits_for_its_distance(cli: Cli, tmp_path: Path) -> None:
    cli("shoe", "add", "Ghost", "--default-for", "run")
    runs = _write(tmp_path / "runs", treadmill=gpx_text(file_time=START, name="indoors"))
    answer = cli("import", runs, "--json").json
    assert (answer["new"], answer["unmeasured"]) == (1, 1)
    (run,) = cli("runs", "--unmeasured", "--json").json
    assert run["distance_m"] is None
    assert cli("run", "edit", str(run["id"]), "--distance", "8km").status == 0
    assert cli("runs", "--unmeasured", "--json").json == []
    assert cli("status", "--json").json["shoes"][0]["distance_m"] == 8000


def test_a_file_without_times_is_dated_or_refused(cli: Cli, tmp_path: Path) -> None:
    undated = gpx_text(straight(5000, None))
    (tmp_path / "lunch.gpx").write_text(undated)
    answer = cli("import", tmp_path / "lunch.gpx")
    assert answer.status == 1
    assert answer.err.startswith("shoetrack: ")
    assert "--date" in answer.err
    assert cli("runs", "--json").json == []

    assert cli("import", tmp_path / "lunch.gpx", "--date", "2026-04-05").status == 0
    (tmp_path / "2026-04-07 lunch.gpx").write_text(gpx_text(straight(5001, None)))
    assert cli("import", tmp_path / "2026-04-07 lunch.gpx").status == 0
    assert [run["local_date"] for run in cli("runs", "--json").json] == ["2026-04-07", "2026-04-05"]
    assert [run["started_at"] for run in cli("runs", "--json").json] == [None, None]


def test_a_day_yet_to_come_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "lunch.gpx").write_text(gpx_text(straight(5000, None)))
    for path in (tmp_path / "lunch.gpx", tmp_path):
        answer = cli("import", path, "--date", "2030-01-01")
        assert answer.status == 1
        assert answer.err.endswith("lunch.gpx: is dated 2030-01-01, which is yet to come\n")
    assert cli("runs", "--json").json == []


def test_what_is_not_on_foot_is_skipped_and_counted(cli: Cli, tmp_path: Path) -> None:
    runs = _write(
        tmp_path / "runs",
        ride=make_run(30000, START, 3600, sport="cycling"),
        swim=make_run(1000, START + timedelta(days=1), sport="lap_swimming"),
        car=make_run(60000, START + timedelta(days=2), 1800, sport=""),
        run=make_run(5000, START + timedelta(days=3)),
    )
    answer = cli("import", runs, "--json").json
    assert (answer["new"], answer["skipped"], answer["failed"]) == (1, 3, [])
    assert {Path(s["path"]).stem for s in answer["skips"]} == {"ride", "swim", "car"}


def test_what_cannot_be_true_is_refused(cli: Cli, tmp_path: Path) -> None:
    runs = _write(
        tmp_path / "runs",
        fast=make_run(60000, START, 1800),
        future=make_run(5000, NOW + timedelta(days=3)),
        far=make_run(1_100_000, START, 400_000),
    )
    answer = cli("import", runs, "--json")
    assert answer.status == 1
    reasons = {Path(f["path"]).stem: f["reason"] for f in answer.json["failed"]}
    assert "km/h" in reasons["fast"]
    assert "yet to come" in reasons["future"]
    assert "too far" in reasons["far"]
    assert cli("runs", "--json").json == []


def test_one_bad_file_never_stops_the_others(cli: Cli, tmp_path: Path) -> None:
    runs = _write(
        tmp_path / "runs", a=make_run(5000)[:-40], b=make_run(5000), c="<html><p>404</p></html>"
    )
    answer = cli("import", runs, tmp_path / "missing.gpx", "--json")
    assert answer.status == 1
    assert answer.json["new"] == 1
    assert len(answer.json["failed"]) == 3
    assert answer.err.count("\n") == 3
    assert all(line.startswith("shoetrack: ") for line in answer.err.splitlines())


def test_an_import_may_name_its_pair_and_sport(cli: Cli, tmp_path: Path) -> None:
    cli("shoe", "add", "Ghost", "--default-for", "run")
    cli("shoe", "add", "Trail")
    runs = _write(tmp_path / "runs", a=make_run(5000, sport=""))
    cli("import", runs, "--shoe", "trail", "--sport", "trail-run")
    (run,) = cli("runs", "--json").json
    assert (run["sport"], run["assigned_by"]) == ("trail-run", "manual")
    assert run["shoes"][0]["name"] == "Trail"


def test_an_empty_folder_says_so(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = cli("import", tmp_path / "empty")
    assert answer.status == 0
    assert "no file" in answer.out


def test_names_with_control_characters_and_strange_bytes_are_shown_as_escapes(
    cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "a\x1b[31mred\n.gpx").write_text("no gpx")
    answer = cli("import", tmp_path)
    assert "\x1b" not in answer.err + answer.out
    assert answer.err.count("\n") == 1


def test_what_was_skipped_for_its_speed_is_skipped_again(cli: Cli, tmp_path: Path) -> None:
    runs = _write(tmp_path / "runs", car=make_run(60000, START, 1800, sport=""), run=make_run(5000))
    first = cli("import", runs, "--json").json
    assert (first["new"], first["known"], first["skipped"]) == (1, 0, 1)
    again = cli("import", runs, "--json").json
    assert (again["new"], again["known"], again["skipped"]) == (0, 1, 1)
    assert again["skips"] == first["skips"]


def test_a_file_that_was_read_is_not_opened_again(cli: Cli, tmp_path: Path) -> None:
    path = _write(tmp_path / "runs", a=make_run(5000)) / "a.gpx"
    cli("import", path)
    stat = path.stat()
    path.write_bytes(b"x" * stat.st_size)  # nobody does this; the time is put back on purpose
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert cli("import", path, "--json").json["known"] == 1
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert cli("import", path).status == 1
