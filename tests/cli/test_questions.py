"""The questions: status, due, rotation, ledger, verify; in text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support import NOW, make_run

STATUS_KEYS = {"unit", "shoes", "unassigned", "alerts", "unmeasured", "doubtful", "load"}
SHOE_KEYS = {
    "id",
    "name",
    "state",
    "distance_m",
    "duration_s",
    "runs",
    "range_m",
    "wear",
    "first_worn",
    "last_worn",
    "retired_on",
    "rotation",
    "strava_id",
    "forecast",
}
DUE_KEYS = {"left_m", "buy_by", "price", "cost"}
RUN_KEYS = {
    "id",
    "started_at",
    "local_date",
    "sport",
    "name",
    "distance_m",
    "duration_s",
    "sources",
    "shoes",
    "assigned_by",
    "doubtful_twin",
}
ENTRY_KEYS = {
    "id",
    "shoe",
    "run",
    "distance_m",
    "duration_s",
    "effective_on",
    "kind",
    "by",
    "note",
    "posted_at",
    "balance_m",
}


@pytest.fixture
def worn(cli: Cli, tmp_path: Path) -> Cli:
    """A pair worn out, one near its end, one in its range, one fresh and worn every other day."""
    cli("shoe", "add", "Done", "--start", "500mi")
    cli("shoe", "add", "Near", "--start", "450mi")
    cli("shoe", "add", "Within", "--start", "300mi")
    cli("shoe", "add", "Fresh", "--default-for", "run", "--rotation", "daily")
    idle = ("shoe", "add", "Idle", "--rotation", "daily", "--bought", "2026-01-01")
    cli(*idle, "--share", "60%")
    folder = tmp_path / "runs"
    folder.mkdir()
    for i in range(28):
        text = make_run(10000, NOW - timedelta(days=2 * i + 1), 3600)
        (folder / f"{i}.gpx").write_text(text)
    cli("import", folder)
    return cli


def test_the_json_has_what_the_contract_says(worn: Cli) -> None:
    status = worn("status", "--json").json
    assert set(status) == STATUS_KEYS
    assert all(set(shoe) == SHOE_KEYS for shoe in status["shoes"])
    assert all(set(run) == RUN_KEYS for run in worn("runs", "--json").json)
    assert all(set(entry) == ENTRY_KEYS for entry in worn("ledger", "--json").json)
    assert set(worn("verify", "--json").json) == {"ok", "runs", "entries", "problems"}
    assert all(set(shoe) == SHOE_KEYS | DUE_KEYS for shoe in worn("due", "--json").json)


def test_states_and_order(worn: Cli) -> None:
    shoes = worn("status", "--json").json["shoes"]
    assert [(shoe["name"], shoe["state"]) for shoe in shoes] == [
        ("Done", "worn-out"),
        ("Near", "near-end"),
        ("Within", "in-range"),
        ("Fresh", "fresh"),
        ("Idle", "fresh"),
    ]


def test_an_uneven_rotation_is_named(worn: Cli) -> None:
    (found,) = worn("rotation", "--json").json
    assert (found["name"], found["verdict"]) == ("daily", "uneven")
    assert {s["name"]: s["share"] for s in found["shoes"]} == {"Fresh": 1.0, "Idle": 0.0}
    assert "daily: uneven" in worn("rotation").out


def test_the_unit_is_configured_or_given(worn: Cli, home: Path) -> None:
    assert "500.0 mi" in worn("status").out
    assert "804.7 km" in worn("status", "--unit", "km").out
    assert "804.7 km" in worn("--unit", "km").out
    (home / "config.toml").write_text('unit = "km"\n')
    assert "804.7 km" in worn().out
    assert "500.0 mi" in worn("--unit", "mi").out
    assert worn("--json").json["unit"] == "km"
    worn("shoe", "adjust", "idle", "100")
    assert worn("shoe", "show", "idle", "--json").json["distance_m"] == 100_000


def test_the_statement_has_a_running_balance(worn: Cli) -> None:
    worn("assign", "1", "idle")
    entries = worn("ledger", "fresh", "--json").json
    balance = 0.0
    for entry in entries:
        balance += entry["distance_m"]
        assert abs(entry["balance_m"] - balance) < 0.001
    assert entries[-1]["kind"] == "reversal"
    assert worn("ledger", "unassigned").out == "No entries.\n"
    everything = worn("ledger", "--json").json
    assert [entry["id"] for entry in everything] == list(range(1, len(everything) + 1))
    rows = list(csv.DictReader(io.StringIO(worn("ledger", "--csv").out)))
    assert len(rows) == len(everything)


def test_csv_has_one_row_a_pair(worn: Cli) -> None:
    rows = list(csv.DictReader(io.StringIO(worn("status", "--csv").out)))
    assert [row["name"] for row in rows] == ["Done", "Near", "Within", "Fresh", "Idle"]
    assert rows[0]["distance_m"] == "804672"
    assert len(list(csv.DictReader(io.StringIO(worn("due", "--csv").out)))) == 2
    turns = list(csv.DictReader(io.StringIO(worn("rotation", "--csv").out)))
    assert [(turn["name"], turn["share"]) for turn in turns] == [("Fresh", "1.0"), ("Idle", "0.0")]
    changes = list(csv.DictReader(io.StringIO(worn("undo", "--list", "--csv").out)))
    assert changes[0]["summary"] == "import of 28 new runs"


def test_a_new_user_is_told_where_to_begin(cli: Cli, home: Path) -> None:
    for command in ((), ("due",), ("runs",), ("ledger",), ("rotation",), ("shoe", "list")):
        answer = cli(*command)
        assert (answer.status, answer.err) == (0, "")
        assert answer.out
    assert cli("verify", "--json").json == {"ok": True, "runs": 0, "entries": 0, "problems": []}
    assert cli("undo").status == 1
    assert not home.exists()  # asking makes nothing


def test_verify_finds_what_was_done_behind_its_back(worn: Cli, home: Path) -> None:
    assert worn("verify").status == 0
    with sqlite3.connect(home / "shoetrack.db") as store:
        store.execute("DROP TRIGGER entry_no_update")
        store.execute("UPDATE entry SET distance_mm = distance_mm + 1 WHERE id = 10")
    store.close()
    answer = worn("verify", "--json")
    assert answer.status == 1
    problems = " ".join(answer.json["problems"])
    assert "entry_no_update" in problems
    assert "sum to" in problems
