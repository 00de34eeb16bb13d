"""Garmin's and Strava's exports through the command line: their runs, and their pairs."""

from __future__ import annotations

import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.importers import make_strava_export as strava
from tests.importers.make_exports import activities_json, gear_json, zipped
from tests.support import START, make_run

ACTIVITIES = (START, START + timedelta(days=1), START + timedelta(days=2))


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Three runs of 5 km; two on a pair in use, one on a retired one with a limit of 700 km."""
    uploads = {
        f"me_{i}.gpx": make_run(5000, start, name=f"run {i}").encode()
        for i, start in enumerate(ACTIVITIES)
    }
    gears = (
        {
            "gearPk": 11,
            "gearTypeName": "Shoes",
            "displayName": "Old Ghost",
            "customMakeModel": "Brooks Ghost 14",
            "dateBegin": "2024-01-05T00:00:00.0",
            "dateEnd": "2026-05-02T00:00:00.0",
            "maximumMeters": 700_000,
        },
        {"gearPk": 12, "gearTypeName": "Shoes", "customMakeModel": "Pegasus 41"},
        {"gearPk": 13, "gearTypeName": "Bike", "customMakeModel": "A bike"},
    )
    activities = [
        {
            "activityId": 100 + i,
            "activityType": "running",
            "beginTimestamp": _milliseconds(start),
            "duration": 1_800_000,
            "distance": 500_000,
        }
        for i, start in enumerate(ACTIVITIES)
    ]
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        uploaded = "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip"
        archive.writestr(uploaded, zipped(uploads))
        fitness = "DI_CONNECT/DI-Connect-Fitness/me"
        archive.writestr(
            f"{fitness}_gear.json", gear_json(gears, {"11": [100], "12": [101, 102, 999]})
        )
        archive.writestr(f"{fitness}_0_summarizedActivities.json", activities_json(*activities))
    return path


def test_runs_go_to_the_pairs_that_garmin_had_them_on(cli: Cli, export: Path) -> None:
    cli("shoe", "add", "pegasus 41", "--default-for", "run")
    answer = cli("import", export)
    assert answer.status == 0, answer.err
    assert "1 pair of the export added" in answer.out
    assert "3 runs moved" in answer.out

    shoes = {shoe["name"]: shoe for shoe in cli("status", "--json").json["shoes"]}
    assert set(shoes) == {"pegasus 41", "Old Ghost"}
    assert {name: shoe["runs"] for name, shoe in shoes.items()} == {"pegasus 41": 2, "Old Ghost": 1}
    assert shoes["Old Ghost"]["range_m"] == [420_000, 700_000]
    assert shoes["Old Ghost"]["retired_on"] == "2026-05-02"
    assert {run["assigned_by"] for run in cli("runs", "--json").json} == {"garmin"}
    assert cli("verify").status == 0

    before = cli("export").json
    cli("import", export)
    assert cli("export").json == before


def test_a_hand_has_the_last_word_and_undo_takes_it_all_back(cli: Cli, export: Path) -> None:
    cli("shoe", "add", "Mine")
    cli("import", export)
    cli("assign", "1", "mine")
    cli("import", export)
    on = {run["id"]: run["shoes"][0]["name"] for run in cli("runs", "--json").json}
    assert on[1] == "Mine"
    for _ in range(3):  # the assignment, the placing, the import
        cli("undo")
    assert cli("runs", "--json").json == []
    cli("undo")
    assert [shoe["name"] for shoe in cli("status", "--json").json["shoes"]] == ["Mine"]


def test_a_broken_list_of_shoes_is_named_and_the_runs_are_kept(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "me_gear.json").write_text('[{"gearDTOS": [')
    (folder / "a.gpx").write_text(make_run())
    answer = cli("import", folder)
    assert answer.status == 1
    assert "me_gear.json" in answer.err
    assert len(cli("runs", "--json").json) == 1


def _strava_row(id_: int, day: int, gear: str, gear_id: str) -> str:
    return strava.LONG.row(
        id=str(id_),
        date=f"May {day}, 2022, 3:53:35 PM",
        gear=gear,
        gear_id=gear_id,
        metres=f"{5000 + day}.0",
        file=f"activities/{id_}.fit.gz",
    )


def test_stravas_runs_go_to_their_pairs_and_a_newer_export_adds_what_is_new(
    cli: Cli, tmp_path: Path
) -> None:
    rows = [_strava_row(day, day, "Peg", "11.0" if day < 3 else "12.0") for day in (1, 2, 3)]
    shoes = "Peg,Nike,Pegasus,Run\nPeg,Nike,Pegasus,Run\n"
    files = {f"{day}.fit.gz": b"not read, for the table says enough" for day in (1, 2, 3, 4)}
    old = tmp_path / "export_1.zip"
    old.write_bytes(zipped(strava.export(*rows, shoes=shoes, files=files)))
    answer = cli("import", old)
    assert answer.status in (0, 1), answer.err
    pairs = {s["name"]: (s["runs"], s["strava_id"]) for s in cli("--json").json["shoes"]}
    assert pairs == {"Peg": (2, "g11"), "Peg (2)": (1, "g12")}
    assert len(cli("ledger", "--json").json) == 3  # at once, without a reversal

    cli("shoe", "edit", "peg (2)", "--name", "Blue ones")
    rows.append(_strava_row(4, 4, "Peg", "12.0"))
    newer = tmp_path / "export_2.zip"
    newer.write_bytes(zipped(strava.export(*rows, shoes=shoes, files=files)))
    answer = cli("import", newer, "--json")
    assert (answer.json["new"], answer.json["known"]) == (1, 3)
    pairs = {s["name"]: (s["runs"], s["strava_id"]) for s in cli("--json").json["shoes"]}
    assert pairs == {"Peg": (2, "g11"), "Blue ones": (2, "g12")}


def test_a_later_file_of_another_sport_leaves_a_run_on_the_exports_pair(
    cli: Cli, tmp_path: Path
) -> None:
    export = strava.export(_strava_row(1, 1, "Peg", "11.0"), shoes="Peg,Nike,Pegasus,Run\n")
    (tmp_path / "export.zip").write_bytes(zipped(export))
    cli("import", tmp_path / "export.zip")
    cli("shoe", "add", "Hikers", "--default-for", "hike")
    cli("run", "edit", "1", "--sport", "hike")
    (run,) = cli("runs", "--json").json
    assert (run["sport"], run["assigned_by"]) == ("hike", "strava")
    assert run["shoes"][0]["name"] == "Peg"
