"""The pairs of Strava's export: by number where there is one, else by a name of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from shoetrack.importers import find_sources
from shoetrack.importers.exports.garmin import GearRecord
from shoetrack.importers.exports.rows import row_digest
from shoetrack.importers.exports.strava_pairs import strava_pairs

from .make_exports import write_folder, zipped
from .make_strava_export import FORMS, LONG, export

Pairs = dict[str, tuple[GearRecord, tuple[str, ...]]]


def digests(*ids: int) -> tuple[str, ...]:
    return tuple(row_digest("strava", str(one)) for one in ids)


def row(id_: int, gear: str = "Peg", gear_id: str = "", kind: str = "Run") -> str:
    return LONG.row(id=str(id_), gear=gear, gear_id=gear_id, kind=kind)


def pairs(path: Path, remarks: list[str] | None = None) -> Pairs:
    found = strava_pairs(find_sources([path]), remarks)
    by_name = {record.name: (record, runs) for record, runs in found}
    assert len(by_name) == len(found)
    return by_name


def test_named_and_unnamed_pairs(tmp_path: Path) -> None:
    shoes = "Peg 🐎 ,Nike,Pegasus 40,Run\n,HOKA,Clifton 9 ,\nUnworn,,,\n"
    rows = row(1, "Peg 🐎", "20828548.0"), row(2, "HOKA Clifton 9"), row(3, ""), row(4, "Gone")
    write_folder(tmp_path, export(*rows, shoes=shoes))
    assert list(pairs(tmp_path).values()) == [
        (GearRecord("g20828548", "Peg 🐎", "Nike", "Pegasus 40"), digests(1)),
        (GearRecord("", "HOKA Clifton 9", "HOKA", "Clifton 9"), digests(2)),
        (GearRecord("", "Unworn"), ()),
        (GearRecord("", "Gone"), digests(4)),
    ]


@pytest.mark.parametrize("form", ["2018", "2019", "German", "French", "Dutch", "Czech", "html"])
def test_in_other_forms(form: str, tmp_path: Path) -> None:
    held = FORMS[form]
    files = export(held.row(gear="Peg", gear_id="5"), form=held, shoes="Peg,Nike,Pegasus,\n")
    files["shoes.csv"] = files["shoes.csv"].replace(b"Shoe Name", b"Name des Schuhs")
    (tmp_path / "export_1.zip").write_bytes(zipped(files))
    expected = GearRecord("g5" if "gear_id" in held.at else "", "Peg", "Nike", "Pegasus")
    assert strava_pairs(find_sources([tmp_path])) == [(expected, digests(7))]


class TestTheSameName:
    SHOES = "Peg,Nike,Pegasus 40,\nPeg,Nike,Pegasus 41,\n"

    def test_the_number_tells(self, tmp_path: Path) -> None:
        remarks: list[str] = []
        rows = row(1, gear_id="9.0"), row(2, gear_id="10.0"), row(3, gear_id="9.0")
        write_folder(tmp_path, export(*rows, shoes=self.SHOES + "Peg (2),,,\n"))
        found = pairs(tmp_path, remarks)
        assert found == {
            "Peg": (GearRecord("g9", "Peg"), digests(1, 3)),
            "Peg (3)": (GearRecord("g10", "Peg (3)"), digests(2)),
            "Peg (2)": (GearRecord("", "Peg (2)"), ()),
        }
        assert remarks == []

    def test_without_it_nobody_tells(self, tmp_path: Path) -> None:
        remarks: list[str] = []
        rows = row(1), row(2), row(3, gear_id="9.0")
        write_folder(tmp_path, export(*rows, shoes=self.SHOES))
        found = pairs(tmp_path, remarks)
        assert [runs for _, runs in found.values()] == [digests(3), ()]
        assert remarks == [
            "2 runs in 'Peg' are left without a pair: 2 pairs are called that, and the export does "
            "not say which it was"
        ]

    def test_a_row_without_a_number_is_of_the_only_one(self, tmp_path: Path) -> None:
        write_folder(tmp_path, export(row(1), row(2, gear_id="9.0"), shoes="Peg,,,\n"))
        assert pairs(tmp_path) == {"Peg": (GearRecord("g9", "Peg"), digests(2, 1))}


def test_bikes_are_no_shoes(tmp_path: Path) -> None:
    rows = (row(1, "Canyon", "5.0", "Ride"), row(2, "Canyon", "", "Run"), row(3, "Tank", "", "Zz"),
            row(4, "Peg", "", "Zz"), row(5, "Peg", "", ""))  # fmt: skip
    write_folder(tmp_path, export(*rows, shoes="Peg,,,\n", bikes="Canyon,Canyon,Aeroad,\n"))
    assert pairs(tmp_path) == {"Peg": (GearRecord("", "Peg"), digests(4, 5))}


def test_a_number_without_a_name(tmp_path: Path) -> None:
    rows = row(1, "", "5.0"), row(2, "", "0.0"), row(3, "", "x")
    write_folder(tmp_path, export(*rows))
    assert pairs(tmp_path) == {"Strava shoe 5": (GearRecord("g5", "Strava shoe 5"), digests(1))}


def test_two_exports_of_one_account(tmp_path: Path) -> None:
    old = FORMS["2019"]
    first = export(old.row(id="1", gear="Peg"), form=old, shoes="Peg,Nike,Pegasus,\n")
    second = export(row(1, gear_id="9"), row(2, gear_id="9"), shoes="Peg,Nike,Pegasus,\nB,,,\n")
    (tmp_path / "1.zip").write_bytes(zipped(first))
    (tmp_path / "2.zip").write_bytes(zipped(second))
    assert pairs(tmp_path) == {
        "Peg": (GearRecord("g9", "Peg", "Nike", "Pegasus"), digests(1, 2)),
        "B": (GearRecord("", "B"), ()),
    }


def test_from_the_table_alone(tmp_path: Path) -> None:
    write_folder(tmp_path, export(row(1), shoes="Peg,Nike,,\n"))
    assert pairs(tmp_path / "activities.csv") == {
        "Peg": (GearRecord("", "Peg", "Nike"), digests(1))
    }


def test_what_cannot_be_read_is_no_fault_of_the_rest(tmp_path: Path) -> None:
    remarks: list[str] = []
    held = export(row(1))
    write_folder(tmp_path / "a", held | {"shoes.csv": b'"Peg\n', "bikes.csv": b"x" * 2_000_000})
    write_folder(tmp_path / "b", {"activities.csv": LONG.table('"').encode(), "other.csv": b""})
    assert list(pairs(tmp_path, remarks)) == ["Peg"]
    assert ["malformed" in remarks[1], "more than 1 MiB" in remarks[0]] == [True, True]
    assert all(remark.endswith("its names of pairs are not known") for remark in remarks)


def test_no_export(tmp_path: Path) -> None:
    write_folder(tmp_path, {"shoes.csv": b"Shoe Name,Shoe Brand,Shoe Model\nPeg,,\n"})
    assert strava_pairs(find_sources([tmp_path, tmp_path / "none"])) == []
