"""Apple Health's export: workouts on foot, in any year's form, and past gigabytes of records."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from shoetrack.errors import UnreadableError
from shoetrack.importers import BadRow, find_sources, read_source
from shoetrack.importers.exports import apple_health, health_xml
from shoetrack.model import DistanceSource, RunRecord, Skip
from shoetrack.sport import Sport

from .make import document, line, segment
from .make_exports import (
    DOCTYPE,
    all_results,
    all_runs,
    health,
    metadata,
    refusal,
    sources,
    statistic,
    utc,
    workout,
    write_folder,
    zipped,
)


def results(text: str | bytes) -> list[RunRecord | Skip]:
    data = text.encode() if isinstance(text, str) else text
    return apple_health.read(io.BytesIO(data), "export.xml", "")


def run(text: str | bytes) -> RunRecord:
    (record,) = results(text)
    assert isinstance(record, RunRecord), record
    return record


def test_a_run() -> None:
    record = run(health())
    assert len(record.digest) == 64
    assert record == RunRecord(
        kind="apple-health",
        digest=record.digest,
        index=0,
        source="export.xml",
        sport=Sport.RUN,
        started_at=utc(2023, 5, 1, 5, 0, 12),
        ended_at=utc(2023, 5, 1, 5, 31, 12),
        utc_offset_s=7200,
        local_date=date(2023, 5, 1),
        distance_mm=5_250_000,
        distance_from=DistanceSource.DEVICE,
        duration_s=1830,
        creator="Ada’s Apple Watch",
        device="Apple Watch",
    )


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [("5.25301", "km", 5_253_010), ("3.1", "mi", 4_988_966), ("5000", "m", 5_000_000),
     ("16404.2", "ft", 5_000_000), ("5,5", "km", 5_500_000), ("0", "km", None),
     ("nan", "km", None), ("-1", "km", None), ("5", "parsec", None), ("", "", None)],
)  # fmt: skip
@pytest.mark.parametrize("newer", [False, True])
def test_the_distance_in_either_form(
    amount: str, unit: str, expected: int | None, newer: bool
) -> None:
    if newer:
        text = workout(statistic(amount=amount, unit=unit))
    else:
        text = workout(changes={"totalDistance": amount, "totalDistanceUnit": unit})
    record = run(health(text))
    assert record.distance_mm == (pytest.approx(expected, abs=200) if expected else None)
    assert record.distance_from is (DistanceSource.DEVICE if expected else None)


def test_the_old_form_where_there_are_both_and_no_other_statistic() -> None:
    old = {"totalDistance": "6", "totalDistanceUnit": "km"}
    text = statistic("DistanceCycling", 20) + statistic() + statistic("StepCount", 6000, "count")
    assert run(health(workout(text, changes=old))).distance_mm == 6_000_000
    assert run(health(workout(statistic("DistanceCycling", 20)))).distance_mm is None


def test_the_parts_of_a_workout_count_once() -> None:
    part = (
        '<WorkoutActivity uuid="1" startDate="2023-05-01 07:00:12 +0200" duration="9">'
        f"{statistic(amount=2)}{metadata(HKIndoorWorkout='1')}</WorkoutActivity>"
    )
    record = run(health(workout(part + statistic() + part)))
    assert (record.distance_mm, record.sport) == (5_250_000, Sport.RUN)


@pytest.mark.parametrize(
    ("kind", "indoor", "expected"),
    [("Running", "0", Sport.RUN), ("Running", "1", Sport.TREADMILL), ("Walking", "1", Sport.WALK),
     ("Hiking", "0", Sport.HIKE)],
)  # fmt: skip
def test_sports(kind: str, indoor: str, expected: Sport) -> None:
    text = workout(metadata(HKIndoorWorkout=indoor) + statistic(), kind)
    assert run(health(text)).sport is expected


def test_what_is_not_on_foot_is_skipped_one_by_one() -> None:
    kinds = ["Cycling", "Cycling", "Swimming", "Yoga", "WheelchairRunPace", "SwimBikeRun", ""]
    found = results(health("".join(workout(kind=kind) for kind in kinds) + workout(statistic())))
    assert [one.reason for one in found if isinstance(one, Skip)] == [
        "a ride", "a ride", "a swim", "another sport: Yoga", "another sport: WheelchairRunPace",
        "a multisport workout without a run in it", "another sport: unnamed",
    ]  # fmt: skip
    assert isinstance(found[-1], RunRecord)
    assert results(health("")) == [Skip("export.xml", "a Health export without any workout")]


def test_the_run_of_a_triathlon() -> None:
    text = statistic("DistanceSwimming", 1500, "m") + statistic(
        amount=10, start="2023-05-01 08:30:00 +0200", end="2023-05-01 09:20:00 +0200"
    )
    changes: dict[str, str | None] = {"endDate": "2023-05-01 09:20:00 +0200", "duration": "140"}
    record = run(health(workout(text, "SwimBikeRun", changes)))
    assert (record.sport, record.distance_mm, record.duration_s) == (Sport.RUN, 10_000_000, 3000)
    assert record.started_at == utc(2023, 5, 1, 6, 30, 0)
    assert record.ended_at == utc(2023, 5, 1, 7, 20, 0)
    assert record.remarks == ("the running part of a multisport workout",)


class TestTimes:
    def test_the_zone_is_where_the_workout_was(self) -> None:
        text = metadata(HKTimeZone="America/New_York") + statistic()
        record = run(health(workout(text, changes={"startDate": "2023-05-01 05:00:12 +0200"})))
        assert (record.utc_offset_s, record.local_date) == (-14400, date(2023, 4, 30))

    @pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "/etc/passwd", "Europe", ""])
    def test_an_unknown_zone_is_that_of_the_export(self, zone: str) -> None:
        text = workout(metadata(HKTimeZone=zone) + statistic())
        assert run(health(text)).utc_offset_s == 7200

    @pytest.mark.parametrize(
        ("duration", "unit", "expected"),
        [("1830", "s", 1830), ("0.5", "hr", 1800), ("30.5", "", 1830), ("0", "min", 1860),
         ("nan", "min", 1860), ("", "", 1860), ("1e9", "min", 1860)],
    )  # fmt: skip
    def test_durations(self, duration: str, unit: str, expected: int) -> None:
        text = workout(changes={"duration": duration, "durationUnit": unit})
        assert run(health(text)).duration_s == expected

    def test_an_end_that_is_missing_or_before_the_start(self) -> None:
        for end in (None, "", "2023-05-01 06:00:00 +0200"):
            record = run(health(workout(changes={"endDate": end, "duration": None})))
            assert (record.ended_at, record.duration_s) == (None, None)

    def test_a_start_that_cannot_be_read_is_that_rows_fault_alone(self) -> None:
        bad = workout(changes={"startDate": "yesterday"})
        first, second = results(health(bad + workout(statistic())))
        assert isinstance(first, BadRow)
        assert "'yesterday'" in first.reason
        assert isinstance(second, RunRecord)


class TestIdentity:
    def test_a_workout_keeps_its_digest_in_every_export(self) -> None:
        """Exported elsewhere, by a newer phone, beside other workouts, and with a distance."""
        moved = {
            "startDate": "2023-04-30 22:00:12 -0700",
            "endDate": "2023-04-30 22:31:12 -0700",
            "device": "&lt;&lt;HKDevice: 0x99&gt;, name:Apple Watch&gt;",
            "creationDate": None,
        }
        other = workout(changes={"startDate": "2023-04-01 07:00:00 +0200"})
        again = results(health(other + workout(statistic(amount=6), changes=moved)))[1]
        assert isinstance(again, RunRecord)
        assert again.digest == run(health()).digest

    @pytest.mark.parametrize(
        ("kind", "changes"),
        [
            ("Walking", {}),
            ("Running", {"sourceName": "Strava"}),
            ("Running", {"startDate": "2023-05-01 07:00:13 +0200"}),
            ("Running", {"endDate": "2023-05-01 07:31:13 +0200"}),
        ],
    )
    def test_another_workout_has_another(self, kind: str, changes: dict[str, str | None]) -> None:
        assert run(health(workout(statistic(), kind, changes))).digest != run(health()).digest

    def test_the_same_twice_is_one(self) -> None:
        first, second = results(health(workout(statistic()) * 2))
        assert isinstance(first, RunRecord)
        assert second == Skip("export.xml", "the same workout twice in one export")

    def test_read_source_leaves_the_digests_alone(self, tmp_path: Path) -> None:
        write_folder(tmp_path, {"a.xml": health().encode(), "b.xml": health().encode() + b"\n"})
        first, second = all_runs(tmp_path)
        assert first.digest == second.digest == run(health()).digest


class TestFinding:
    ROUTE = document(f"<trk><name>Route</name>{segment(line())}</trk>", "Apple Health Export")

    def members(self, folder: str = "apple_health_export", name: str = "export.xml") -> dict[
        str, bytes
    ]:  # fmt: skip
        route = '<WorkoutRoute><FileReference path="/workout-routes/route_1.gpx"/></WorkoutRoute>'
        ride = workout(route.replace("_1", "_2"), "Cycling")
        return {
            f"{folder}/{name}": health(workout(route) + ride).encode(),
            f"{folder}/export_cda.xml": b"<ClinicalDocument/>",
            f"{folder}/workout-routes/route_1.gpx": self.ROUTE.encode(),
            f"{folder}/workout-routes/route_2.gpx": self.ROUTE.encode(),
            f"{folder}/workout-routes/route_3.gpx": b"broken",
            "other.gpx": document().encode(),
        }

    @pytest.mark.parametrize("name", ["export.xml", "exportar.xml", "Exportación.xml"])
    def test_in_a_zip_and_unpacked_whatever_its_name(self, name: str, tmp_path: Path) -> None:
        members = self.members(name=name)
        write_folder(tmp_path / "folder", members)
        (tmp_path / "Exportação.zip").write_bytes(zipped(members))
        for path in (tmp_path / "folder", tmp_path / "Exportação.zip"):
            names = [source.name.rpartition("/")[2] for source in sources(path)]
            assert sorted(names) == sorted([name, "export_cda.xml", "other.gpx"])
            record, ride, *_ = sorted(all_results(path), key=lambda one: isinstance(one, Skip))
            assert isinstance(record, RunRecord)
            assert isinstance(ride, RunRecord)
            first = next(one for one in (record, ride) if one.kind == "apple-health")
            assert first.distance_mm == pytest.approx(1_111_951, abs=5)
            assert first.distance_from is DistanceSource.COMPUTED
            assert first.remarks == ("states no distance: its route was measured",)

    def test_named_by_itself_it_finds_its_routes(self, tmp_path: Path) -> None:
        write_folder(tmp_path, self.members())
        (record,) = all_runs(tmp_path / "apple_health_export" / "export.xml")
        assert record.distance_mm

    def test_a_broken_route_is_remarked(self, tmp_path: Path) -> None:
        members = self.members()
        members["apple_health_export/workout-routes/route_1.gpx"] = b"<gpx><trk>"
        (tmp_path / "x.zip").write_bytes(zipped(members))
        record = next(one for one in all_runs(tmp_path) if one.kind == "apple-health")
        assert record.distance_mm is None
        assert "its route is cut off" in record.remarks[0]

    def test_routes_beside_another_xml_are_files_of_their_own(self, tmp_path: Path) -> None:
        members = self.members()
        members["apple_health_export/export.xml"] = b"<kml/>"
        write_folder(tmp_path, members)
        names = [found.name.rpartition("/")[2] for found in find_sources([tmp_path])]
        assert "route_2.gpx" in names


class TestHostile:
    def test_the_doctype_apple_writes_is_allowed(self) -> None:
        assert run(health()) == run(health(doctype=""))

    @pytest.mark.parametrize(
        "doctype",
        [
            "<!DOCTYPE HealthData>",
            "<!DOCTYPE HealthData SYSTEM 'x'>",
            "<!DOCTYPE HealthData PUBLIC 'x' 'y'>",
            "<!DOCTYPE HealthData SYSTEM 'x' [<!ELEMENT a ANY>]>",
            "<!DOCTYPE HealthData [<!ENTITY a 'aaa'>]>",
            "<!DOCTYPE HealthData [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
            "<!DOCTYPE HealthData [<!ENTITY % a SYSTEM 'http://localhost/'> %a;]>",
            "<!DOCTYPE HealthData [<!ELEMENT a ANY><!NOTATION n SYSTEM 'x'>]>",
            "<!DOCTYPE other [<!ELEMENT a ANY>]>",
            f"<!DOCTYPE HealthData [{'<!ELEMENT a ANY>' * 40_000}]>",
            DOCTYPE + DOCTYPE,
        ],
    )
    def test_any_other_is_refused(self, doctype: str, tmp_path: Path) -> None:
        (tmp_path / "export.xml").write_text(health(doctype=doctype))
        reason = refusal(tmp_path / "export.xml")
        assert "DOCTYPE" in reason or "its first element is <other>" in reason

    def test_an_entity_that_nothing_declares(self, tmp_path: Path) -> None:
        (tmp_path / "x.xml").write_text(health(workout(changes={"sourceName": "&a;"})))
        assert "undefined entity" in refusal(tmp_path / "x.xml")

    def test_control_characters_are_blanks(self) -> None:
        text = health(workout(statistic(), changes={"sourceName": "Ada\x0bs\x01 Watch"}))
        assert run(text).creator == "Ada s Watch"

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
    def test_encodings(self, encoding: str) -> None:
        assert run(health().encode(encoding)) == run(health())

    def test_every_cut_is_found(self, tmp_path: Path) -> None:
        whole = health().rstrip().encode()
        for end in range(whole.index(b"<HealthData ") + 12, len(whole), 7):
            (tmp_path / "export.xml").write_bytes(whole[:end])
            assert "cut off" in refusal(tmp_path / "export.xml")

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("<a>" * 5000 + "</a>" * 5000, "nested too deeply"),
            ("".join(f"<n{i}/>" for i in range(20_000)), "names of elements"),
            ("".join(f'<n a{i}="1"/>' for i in range(20_000)), "names of elements"),
            (f"<Record value='{'x' * 3_000_000}'/>", "more than 1 MiB"),
            ("</HealthData><HealthData>", "more than one document"),
        ],
    )
    def test_memory_is_bounded(self, body: str, words: str, tmp_path: Path) -> None:
        (tmp_path / "export.xml").write_text(health(body))
        assert words in refusal(tmp_path / "export.xml")

    def test_workouts_are_counted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health_xml, "MAX_WORKOUTS", 2)
        (tmp_path / "export.xml").write_text(health(workout() * 3))
        assert "more than 2 workouts" in refusal(tmp_path / "export.xml")

    def test_a_doctype_without_an_end_takes_no_time(self) -> None:
        began = time.perf_counter()
        for filling in ("]> ", "]>\n<!-- ]> -->", "<!DOCTYPE HealthData [", "]" * 9):
            with contextlib.suppress(UnreadableError):
                results("<!DOCTYPE HealthData [" + filling * 20_000 + "<HealthData/>")
        assert time.perf_counter() - began < 5


# The stream is made while it is read, so that nothing but the reader can hold it.
SCRIPT = """
import io, resource, sys
sys.path[:0] = sys.argv.pop().split("\\n")
from shoetrack.importers.exports import apple_health

MEGABYTES = 200
RECORD = ' <Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Ada\u2019s Apple Watch" ' \\
    'sourceVersion="10.1" device="&lt;&lt;HKDevice: 0x2837&gt;, name:Apple Watch, ' \\
    'manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:10.1&gt;" ' \\
    'unit="count/min" creationDate="2023-05-01 07:10:12 +0200" ' \\
    'startDate="2023-05-01 07:10:08 +0200" endDate="2023-05-01 07:10:08 +0200" value="61"/>\\n'
WORKOUT = ' <Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="30" ' \\
    'durationUnit="min" totalDistance="5" totalDistanceUnit="km" sourceName="Watch" ' \\
    'startDate="{0}-05-01 07:00:08 +0200" endDate="{0}-05-01 07:30:08 +0200"/>\\n'

class Endless(io.RawIOBase):
    def __init__(self):
        self.parts = self.make()
        self.left = b""
    def make(self):
        yield b'<?xml version="1.0"?><!DOCTYPE HealthData [<!ELEMENT a ANY>]><HealthData>'
        block = (RECORD * 2000).encode()
        for i in range(MEGABYTES * 10**6 // len(block)):
            yield block
            if i % 20 == 0:
                yield WORKOUT.format(2000 + i // 20).encode()
        yield b"</HealthData>"
    def read(self, size=-1):
        if not self.left:
            self.left = next(self.parts, b"")
        data, self.left = self.left[:size], self.left[size:]
        return data

found = apple_health.read(Endless(), "export.xml", "")
assert len(found) > 10 and all(one.distance_mm == 5_000_000 for one in found), found
try:
    status = open("/proc/self/status").read()
    print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
except OSError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs the resource module")
def test_two_hundred_megabytes_in_constant_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "\n".join(filter(None, sys.path))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) < 60 * 1024**2


def test_from_an_archive_of_far_more_than_it_takes(tmp_path: Path) -> None:
    """Records pack well, and are no bomb."""
    record = "<Record" + health().partition("<Record")[2].partition("</Record>")[0] + "</Record>\n"
    records = "".join(record.replace('value="9"', f'value="{i * i}"') for i in range(100_000))
    text = health(records + workout(statistic()))
    (tmp_path / "export.zip").write_bytes(zipped({"apple_health_export/export.xml": text.encode()}))
    (source,) = sources(tmp_path)
    assert [one for one in read_source(source) if isinstance(one, RunRecord)]
