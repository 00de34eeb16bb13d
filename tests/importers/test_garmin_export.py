"""Garmin's account export: files in a zip in a zip, and the pairs beside them."""

from __future__ import annotations

import io
import json
import os
import tempfile
import tracemalloc
import zipfile
from datetime import date
from pathlib import Path

import pytest

from shoetrack.errors import UnreadableError
from shoetrack.importers import Problem, Source, archive, find_sources, nested
from shoetrack.importers.exports.garmin import (
    GarminActivity,
    GearRecord,
    garmin_files,
    read_garmin_activities,
    read_garmin_gear,
)
from shoetrack.sport import OffFoot, Sport

from . import make_tcx
from .make import document, encrypt_first, line, outcomes, segment, write_zip
from .make_exports import activities_json, all_runs, gear_json, utc, write_folder, zipped

RUN = document().encode()
SHOE = {
    "gearPk": 44700764,
    "uuid": "f5292a2743d14d7b9f5b30174191566c",
    "gearTypeName": "Shoes",
    "gearStatusName": "active",
    "customMakeModel": "Brooks Ghost 15",
    "dateBegin": "2025-07-25",
    "maximumMeters": 643737.6,
}
ACTIVITY = {
    "activityId": 111,
    "name": "Morning Run",
    "activityType": "running",
    "sportType": "RUNNING",
    "beginTimestamp": 1700000000000,
    "duration": 1800400.5,
    "distance": 500012.3,
}
FITNESS = "DI_CONNECT/DI-Connect-Fitness"
UPLOADS = "DI_CONNECT/DI-Connect-Uploaded-Files"


def export() -> dict[str, bytes]:
    parts = [
        {"ada@example.org_1.gpx": RUN, "ada@example.org_2.txt": b"monitoring"},
        {"UploadedFiles/3.tcx": make_tcx.document().encode(), "UploadedFiles/4.gpx": b"<gpx>"},
    ]
    return {
        f"{FITNESS}/ada@example.org_gear.json": gear_json([SHOE], {"44700764": [111, 112]}),
        f"{FITNESS}/ada@example.org_0_summarizedActivities.json": activities_json(ACTIVITY),
        "customer_data/customer.json": b"{}",
        **{
            f"{UPLOADS}/UploadedFiles_0-_Part{number}.zip": zipped(part)
            for number, part in enumerate(parts, 1)
        },
    }


class TestFiles:
    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_in_a_zip_in_the_zip_and_in_its_folder(self, method: int, tmp_path: Path) -> None:
        (tmp_path / "garmin.zip").write_bytes(zipped(export(), method))
        write_folder(tmp_path / "folder", export())
        for path in (tmp_path / "garmin.zip", tmp_path / "folder"):
            found = {name.removeprefix(f"{path}/"): what for name, what in outcomes(path).items()}
            assert found[f"{UPLOADS}/UploadedFiles_0-_Part1.zip/ada@example.org_1.gpx"] == "run"
            assert found[f"{UPLOADS}/UploadedFiles_0-_Part2.zip/UploadedFiles/3.tcx"] == "run"
            assert "cut off" in found.pop(
                f"{UPLOADS}/UploadedFiles_0-_Part2.zip/UploadedFiles/4.gpx"
            )
            assert len(found) == 6
            assert sum(what == "run" for what in found.values()) == 2

    def test_its_pairs_and_activities_are_found(self, tmp_path: Path) -> None:
        (tmp_path / "garmin.zip").write_bytes(zipped(export()))
        gear, activities = garmin_files(find_sources([tmp_path]))
        with gear[0].open() as stream:
            (record,) = read_garmin_gear(stream)
        with activities[0].open() as stream:
            (activity,) = read_garmin_activities(stream)
        assert activity.source_id in record.activity_ids

    def test_places_and_digests(self, tmp_path: Path) -> None:
        (tmp_path / "o.zip").write_bytes(zipped({"i.zip": zipped({"a/b.gpx": RUN})}))
        (source,) = find_sources([tmp_path / "o.zip"])
        assert isinstance(source, Source)
        assert source.place == f"{tmp_path}/o.zip/i.zip/a/b.gpx"
        (tmp_path / "b.gpx").write_bytes(RUN)
        (plain,) = find_sources([tmp_path / "b.gpx"])
        assert isinstance(plain, Source)
        assert source.digest() == plain.digest()

    def test_two_at_a_time_do_not_disturb_each_other(self, tmp_path: Path) -> None:
        runs = {
            f"{i}.gpx": document(f"<trk>{segment(line(3000 + i))}</trk>").encode() for i in (1, 2)
        }
        (tmp_path / "o.zip").write_bytes(zipped({"i.zip": zipped(runs), "j.zip": zipped(runs)}))
        opened = [one for one in find_sources([tmp_path]) if isinstance(one, Source)]
        expected = [one.digest() for one in opened]
        with opened[0].open() as a, opened[1].open() as b, opened[2].open() as c:
            parts = [b"", b"", b""]
            for _ in range(200):
                parts = [
                    part + stream.read(5000) for part, stream in zip(parts, (a, b, c), strict=True)
                ]
        assert parts[0] == runs["1.gpx"]
        assert parts[1] == runs["2.gpx"]
        assert parts[2] == runs["1.gpx"]
        assert expected[0] == expected[2] != expected[1]

    def test_a_forked_process_reads_its_own(self, tmp_path: Path) -> None:
        if not hasattr(os, "fork"):
            pytest.skip("no fork here")
        (tmp_path / "o.zip").write_bytes(zipped({"i.zip": zipped({"a.gpx": RUN})}))
        (source,) = find_sources([tmp_path])
        assert isinstance(source, Source)
        assert nested._last is not None
        mine = nested._last
        child = os.fork()
        if not child:
            digest = source.digest()
            os._exit(0 if digest and nested._last is not mine else 1)
        assert os.waitpid(child, 0)[1] == 0

    def test_nothing_stays_on_the_disk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "tmp").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
        monkeypatch.setattr(nested, "_IN_MEMORY", 10)
        (tmp_path / "o.zip").write_bytes(zipped({"i.zip": zipped({"a.gpx": RUN})}))
        assert outcomes(tmp_path / "o.zip") == {f"{tmp_path}/o.zip/i.zip/a.gpx": "run"}
        assert list((tmp_path / "tmp").iterdir()) == []

    def test_an_archive_of_many_in_constant_memory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(nested, "_IN_MEMORY", 1024)
        noise = {f"{i}.bin": os.urandom(1_000_000) for i in range(20)}
        (tmp_path / "o.zip").write_bytes(zipped({"i.zip": zipped({**noise, "a.gpx": RUN})}))
        tracemalloc.start()
        assert len(all_runs(tmp_path)) == 1
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8_000_000


class TestHostile:
    def test_two_levels_are_one_too_many(self, tmp_path: Path) -> None:
        deepest = zipped({"c.zip": zipped({"a.gpx": RUN}), "b.gpx": RUN})
        (tmp_path / "o.zip").write_bytes(zipped({"i.zip": deepest}))
        found = outcomes(tmp_path)
        assert "two archives deep" in found.pop(f"{tmp_path}/o.zip/i.zip/c.zip")
        assert found == {f"{tmp_path}/o.zip/i.zip/b.gpx": "run"}

    def test_names_that_point_outside_and_other_members(self, tmp_path: Path) -> None:
        inner = write_zip(tmp_path / "i", [("../x.gpx", RUN), ("good.gpx", RUN)]).read_bytes()
        locked = encrypt_first(write_zip(tmp_path / "j", [("a.gpx", RUN)])).read_bytes()
        whole = zipped({"i.zip": inner, "j.zip": locked, "../k.zip": inner, "n.zip": RUN})
        (tmp_path / "o.zip").write_bytes(whole)
        found = outcomes(tmp_path / "o.zip")
        assert found.pop(f"{tmp_path}/o.zip/i.zip/good.gpx") == "run"
        assert found.pop(f"{tmp_path}/o.zip/n.zip") == "run"  # told by its content
        assert "encrypted" in found.pop(f"{tmp_path}/o.zip/j.zip/a.gpx")
        assert all("outside its archive" in reason for reason in found.values())
        assert len(found) == 2

    @pytest.mark.parametrize("damage", ["cut", "crc", "empty", "rubbish"])
    def test_a_damaged_one_stops_no_other(self, damage: str, tmp_path: Path) -> None:
        inner = zipped({"a.gpx": RUN})
        bad = {"cut": inner[:-30], "crc": inner, "empty": b"", "rubbish": b"PK\x03\x04" * 99}
        whole = bytearray(zipped({"bad.zip": bad[damage], "good.zip": inner}, zipfile.ZIP_STORED))
        if damage == "crc":
            whole[whole.index(inner) + len(inner) // 2] ^= 1
        (tmp_path / "o.zip").write_bytes(whole)
        found = outcomes(tmp_path)
        assert found.pop(f"{tmp_path}/o.zip/good.zip/a.gpx") == "run"
        ((_, reason),) = found.items()
        assert "damaged" in reason or reason == "is empty"

    def test_bombs(self, tmp_path: Path) -> None:
        bomb = zipped({"a.gpx": bytes(40_000_000)})
        (tmp_path / "o.zip").write_bytes(zipped({"i.zip": bomb, "a.gpx": RUN}))
        found = outcomes(tmp_path)
        assert found.pop(f"{tmp_path}/o.zip/a.gpx") == "run"
        assert all("decompression bomb" in reason for reason in found.values())
        assert found

    def test_a_bomb_that_is_small_only_outside(self, tmp_path: Path) -> None:
        """Its members are stored as they are, and the whole packs a thousand to one."""
        (tmp_path / "o.zip").write_bytes(zipped({"i.zip": _stored_zeros(40)}))
        assert any("bomb" in reason for reason in outcomes(tmp_path).values())

    def test_many_small_ones_are_held_to_the_limits_together(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        each = zipped({"a.gpx": bytes(15_000_000)})
        many = zipped({f"{i:03}.zip": each for i in range(60)})
        (tmp_path / "o.zip").write_bytes(many)
        found = list(find_sources([tmp_path]))
        assert isinstance(found[-1], Problem)
        assert "decompression bomb" in found[-1].reason
        assert len(found) < 60
        (tmp_path / "o.zip").write_bytes(
            zipped({f"{i}.zip": zipped({"a.gpx": RUN, "b.gpx": RUN}) for i in range(9)})
        )
        monkeypatch.setattr("shoetrack.importers.sources.MAX_MEMBERS", 10)
        assert len(list(find_sources([tmp_path]))) == 11
        monkeypatch.setattr(archive, "MAX_MEMBERS", 1)
        assert "more than 1 files" in next(iter(outcomes(tmp_path).values()))

    def test_the_size_of_one_is_bounded(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(nested, "MAX_NESTED", 100)
        (tmp_path / "o.zip").write_bytes(zipped({"i.zip": zipped({"a.gpx": RUN})}))
        assert "4 GiB" in next(iter(outcomes(tmp_path).values()))

    def test_a_full_disk_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        (tmp_path / "o.zip").write_bytes(zipped({"i.zip": zipped({"a.gpx": RUN})}))
        monkeypatch.setattr(tempfile.SpooledTemporaryFile, "write", full)
        nested._last = None
        assert "No space left" in next(iter(outcomes(tmp_path).values()))


def _stored_zeros(megabytes: int) -> bytes:
    """A zip that stores zeros as they are, and so packs a thousand to one when it is packed."""
    zeros = bytes(1_000_000)
    return zipped({f"{i}.gpx": zeros for i in range(megabytes)}, zipfile.ZIP_STORED)


class TestGear:
    def read(self, *gears: dict[str, object], **links: list[int]) -> list[GearRecord]:
        return read_garmin_gear(io.BytesIO(gear_json(gears, links)))

    def test_a_pair(self) -> None:
        data = gear_json([SHOE], {"44700764": [111, 112, 111], "5": [9]})
        assert read_garmin_gear(io.BytesIO(data)) == [
            GearRecord(
                source_id="44700764",
                name="Brooks Ghost 15",
                model="Brooks Ghost 15",
                begun=date(2025, 7, 25),
                limit_mm=643_737_600,
                activity_ids=("111", "112"),
            )
        ]

    def test_a_retired_one_with_a_name_of_its_own(self) -> None:
        changes = {"displayName": " The  blue ones ", "gearStatusName": "retired",
                   "dateEnd": "2026-01-02T00:00:00.0", "gearMakeName": "Brooks",
                   "gearModelName": "Ghost 15", "totalDistance": 500000.4}  # fmt: skip
        (record,) = self.read({**SHOE, **changes})
        assert (record.name, record.brand, record.model) == ("The blue ones", "Brooks", "Ghost 15")
        assert (record.retired_on, record.total_mm) == (date(2026, 1, 2), 500_000_400)

    def test_bikes_are_left_out(self) -> None:
        assert self.read({**SHOE, "gearTypeName": "Bike"}, {**SHOE, "gearTypeName": "Other"}) == []

    def test_what_is_missing_or_absurd_is_unknown(self) -> None:
        odd: dict[str, object] = {"dateBegin": 12, "dateEnd": "soon", "customMakeModel": None}
        (record,) = self.read({"gearPk": 7, "maximumMeters": -1, "totalDistance": True, **odd})
        assert record == GearRecord("7", "7")
        assert self.read({"customMakeModel": "x"}, {"gearPk": True}, {"gearPk": [1]}) == []
        for absurd in (1e300, float("nan"), float("inf"), 10**400, "5"):
            (record,) = self.read({**SHOE, "maximumMeters": absurd})
            assert record.limit_mm is None

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"[",
            b"null",
            b"[]",
            b"{}",
            b'[{"gearDTOS": [',
            b"[" * 100_000,
            b"\xff\xfe\0",
            b"1" * 5000,
        ],
    )
    def test_what_is_none(self, data: bytes) -> None:
        with pytest.raises(UnreadableError):
            read_garmin_gear(io.BytesIO(data))

    @pytest.mark.parametrize(
        "table",
        [{"gearDTOS": None}, {"gearDTOS": [1, None, []], "gearActivityDTOs": 5},
         {"gearDTOS": [SHOE], "gearActivityDTOs": {"44700764": None}},
         {"gearDTOS": [SHOE], "gearActivityDTOs": {"44700764": [1, {}, {"activityId": None}]}}],
    )  # fmt: skip
    def test_odd_tables(self, table: dict[str, object]) -> None:
        for whole in (table, [table]):
            found = read_garmin_gear(io.BytesIO(json.dumps(whole).encode()))
            assert all(record.activity_ids == () for record in found)

    def test_its_size_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shoetrack.importers.exports.garmin._MAX_GEAR", 10)
        with pytest.raises(UnreadableError, match="64 MiB"):
            self.read(SHOE)


class TestActivities:
    def read(self, *activities: dict[str, object]) -> list[GarminActivity]:
        return list(read_garmin_activities(io.BytesIO(activities_json(*activities))))

    def test_one(self) -> None:
        assert self.read(ACTIVITY) == [
            GarminActivity(
                "111", utc(2023, 11, 14, 22, 13, 20), Sport.RUN, 5_000_123, 1800, "Morning Run"
            )
        ]

    def test_other_sports_and_starts(self) -> None:
        ride: dict[str, object] = {
            "activityId": 5,
            "startTimeGmt": 1.7e12,
            "activityType": "cycling",
        }
        (found,) = self.read(ride)
        assert (found.sport, found.distance_mm) == (OffFoot.RIDE, None)
        for start in (None, "x", True, 1e300, float("nan"), -1, 5):
            assert self.read({**ACTIVITY, "beginTimestamp": start}) == []
        assert self.read({"beginTimestamp": 1.7e12}) == []

    def test_pieces_of_any_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        many: list[dict[str, object]] = [
            {**ACTIVITY, "activityId": i, "name": "Früh ] , { " * (i % 7)} for i in range(50)
        ]
        expected = self.read(*many)
        assert len(expected) == 50
        for size in (7, 64, 1000):
            monkeypatch.setattr("shoetrack.importers.exports.garmin._PIECE", size)
            assert self.read(*many) == expected

    @pytest.mark.parametrize("end", [1, 10, 40, 100, 200])
    def test_every_cut_is_found(self, end: int) -> None:
        data = activities_json(ACTIVITY)
        with pytest.raises(UnreadableError):
            list(read_garmin_activities(io.BytesIO(data[: -end - 2])))

    def test_no_list_at_all(self) -> None:
        for data in (b"", b"[]", b"\0" * 99, b'"summarizedActivitiesExport"'):
            with pytest.raises(UnreadableError, match="is no list"):
                list(read_garmin_activities(io.BytesIO(data)))

    def test_one_that_never_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shoetrack.importers.exports.garmin._MAX_ACTIVITY", 1000)
        with pytest.raises(UnreadableError, match="16 MiB"):
            self.read({**ACTIVITY, "name": "x" * 3_000_000})
