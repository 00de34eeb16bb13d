"""Export: everything as JSON, and runs as GPX that comes back as the same runs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import gpxpy

from tests.cli.conftest import Cli
from tests.support import START, gpx_text, make_run, straight, write_season


def test_everything_as_json(cli: Cli, tmp_path: Path) -> None:
    cli("shoe", "add", "Ghost", "--start", "5km", "--default-for", "run")
    write_season(tmp_path / "runs", 3)
    cli("import", tmp_path / "runs")
    exported = cli("export").json
    assert set(exported) == {"unit", "shoes", "runs", "entries", "observations"}
    assert len(exported["runs"]) == 3
    assert len(exported["entries"]) == 4
    since = exported["runs"][1]["local_date"]
    assert len(cli("export", "--since", since).json["runs"]) == 2


def test_runs_as_gpx_come_back_as_the_same_runs(cli: Cli, tmp_path: Path) -> None:
    text = make_run(5000, name="morning / run", total_m=5100.25)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a/run.gpx", text)
    (tmp_path / "indoors.gpx").write_text(gpx_text(file_time="2026-05-03T10:00:00Z"))
    cli("import", tmp_path / "all.zip", tmp_path / "indoors.gpx")
    cli("run", "edit", "2", "--distance", "8km")

    answer = cli("export", "--gpx", tmp_path / "out")
    assert answer.status == 0, answer.err
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["2026-05-01-run-1-morning-run.gpx", "2026-05-03-run-2.gpx"]

    with (tmp_path / "out" / names[0]).open() as file:
        written = gpxpy.parse(file)
    assert written.tracks[0].name == "morning / run"
    assert len(written.tracks[0].segments[0].points) == 11

    again = cli("import", tmp_path / "out", "--json").json
    assert (again["new"], again["known"], again["further"]) == (0, 2, 2)

    cli("undo")
    cli("undo", "--yes")
    cli("undo", "--yes")
    fresh = cli("import", tmp_path / "out", "--json").json
    assert fresh["new"] == 2
    distances = sorted(run["distance_m"] for run in cli("runs", "--json").json)
    assert distances == [5100.25, 8000]


def test_a_run_whose_file_is_gone_keeps_its_facts(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.gpx").write_text(make_run(5000, name="gone"))
    cli("import", tmp_path / "a.gpx")
    (tmp_path / "a.gpx").write_text(gpx_text(straight(9000, START)))
    answer = cli("export", "--gpx", tmp_path / "out")
    assert "1 run without a track" in answer.out
    (path,) = (tmp_path / "out").iterdir()
    text = path.read_text()
    assert "<trkpt" not in text
    (run,) = cli("runs", "--json").json
    assert f"<distance>{run['distance_m']:.3f}</distance>" in text


def test_a_folder_that_cannot_be_written_is_said(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.gpx").write_text(make_run(5000))
    cli("import", tmp_path / "a.gpx")
    (tmp_path / "taken").write_text("a file")
    assert cli("export", "--gpx", tmp_path / "taken").status == 2
    assert cli("export", "--gpx", tmp_path / "taken" / "below").status == 1
    assert cli("export", "--gpx", tmp_path / "x", "--json").status == 2
