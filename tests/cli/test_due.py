"""`due`: which pairs to replace, when to buy, and what they cost."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support import NOW, make_run

TODAY = NOW.date()


@pytest.fixture
def worn(cli: Cli, tmp_path: Path) -> Cli:
    """A pair worn out, one near its end, one that waits, and one worn every other day."""
    cli("shoe", "add", "Done", "--start", "500mi", "--price", "$100")
    cli("shoe", "add", "Near", "--start", "460mi")
    cli("shoe", "add", "Fresh", "--default-for", "run", "--rotation", "daily")
    cli("shoe", "add", "Idle", "--rotation", "daily")
    folder = tmp_path / "runs"
    folder.mkdir()
    for i in range(28):
        text = make_run(10000, NOW - timedelta(days=2 * i + 1), 3600)
        (folder / f"{i}.gpx").write_text(text)
    cli("import", folder)
    return cli


def test_pairs_are_listed_by_date(worn: Cli) -> None:
    assert [shoe["name"] for shoe in worn("due", "--json").json] == ["Done", "Near"]
    within = worn("due", "--within", "20w", "--json").json
    assert [shoe["name"] for shoe in within] == ["Done", "Fresh", "Near"]
    assert worn("due", "--within", "soon").status == 2


def test_the_exit_status_says_whether_a_pair_is_due(worn: Cli) -> None:
    assert worn("due", "--exit-code").status == 3
    assert worn("due").status == 0


def test_nothing_due_is_status_0(cli: Cli) -> None:
    cli("shoe", "add", "Fresh")
    assert cli("due", "--exit-code").status == 0
    answer = cli("due")
    assert "No pair is due." in answer.out
    assert "Fresh: not enough runs yet." in answer.out


def test_the_forecast_is_an_interval_around_the_pace(worn: Cli) -> None:
    """280 km in 56 days, and 524.672 km to go."""
    fresh = worn("due", "--within", "20w", "--json").json[1]
    on, earliest, latest = (
        (date.fromisoformat(fresh["forecast"][key]) - TODAY).days
        for key in ("on", "earliest", "latest")
    )
    assert on == pytest.approx(105, abs=10)
    assert 60 < earliest < on - 5
    assert on + 5 < latest < 250
    assert fresh["left_m"] == 524672
    assert fresh["buy_by"] == (TODAY + timedelta(days=on - 14)).isoformat()


def test_a_pair_that_is_due_is_bought_now(worn: Cli) -> None:
    done, near = worn("due", "--json").json
    assert done["buy_by"] == near["buy_by"] == TODAY.isoformat()
    out = worn("due").out
    assert "Done: Buy the next pair now." in out
    assert "Near: Buy the next pair now (its last day is not known: not enough runs yet)." in out


def test_the_next_ones_are_said_with_the_day_to_buy_by(worn: Cli) -> None:
    out = worn("due").out
    fresh = worn("due", "--within", "20w", "--json").json[1]
    assert f"Next: Fresh, 326.0 mi left, about {fresh['forecast']['on']} (in " in out
    assert f"Buy the next pair by {fresh['buy_by']}." in out
    assert "Idle: not enough runs yet." in out


def test_the_cost_is_said_where_a_price_is_known(worn: Cli) -> None:
    done, near = worn("due", "--json").json
    assert (done["price"], done["cost"]) == ("$100", "$0.20/mi")
    assert (near["price"], near["cost"]) == (None, None)
    assert "$0.20/mi" in worn("due").out
    assert worn("due", "--unit", "km", "--json").json[0]["cost"] == "$0.12/km"
    worn("shoe", "edit", "Done", "--price", "a gift")
    assert "Cost" not in worn("due").out


def test_the_table_as_csv_has_what_the_json_has(worn: Cli) -> None:
    worn("shoe", "edit", "Fresh", "--price", "140 EUR")
    args = ("due", "--within", "20w")
    rows = list(csv.DictReader(io.StringIO(worn(*args, "--csv").out)))
    for row, shoe in zip(rows, worn(*args, "--json").json, strict=True):
        said = shoe["forecast"] or dict.fromkeys(("on", "earliest", "latest"))
        expected = (said["on"], said["earliest"], said["latest"], shoe["buy_by"], shoe["cost"])
        heads = ("forecast_on", "forecast_earliest", "forecast_latest", "buy_by", "cost")
        assert tuple(row[head] or None for head in heads) == expected
        assert float(row["left_m"]) == shoe["left_m"]
    assert rows[1]["price"] == "140 EUR"


def test_a_pair_that_waits_says_since_when(worn: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOETRACK_NOW", (NOW + timedelta(days=100)).isoformat())
    assert f"Fresh: not worn since {TODAY - timedelta(days=1)}." in worn("due").out


def test_the_page_of_a_pair_says_when_it_comes_into_its_range(worn: Cli) -> None:
    shown = worn("shoe", "show", "fresh", "--json").json
    assert TODAY.isoformat() < shown["in_range_on"] < shown["forecast"]["on"]
    assert f"  In range    about {shown['in_range_on']}\n" in worn("shoe", "show", "fresh").out
    assert worn("shoe", "show", "near", "--json").json["in_range_on"] is None
    assert "In range" not in worn("shoe", "show", "near").out


def test_the_page_is_no_wider_than_a_terminal(worn: Cli) -> None:
    worn("shoe", "edit", "Done", "--price", "129.95 EUR")
    lines = worn("due", "--within", "20w").out.splitlines()
    assert max(map(len, lines)) <= 80
