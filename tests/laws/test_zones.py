"""The same files give the same totals wherever and in whatever language a machine thinks it is, and
each run has the day that it had for its runner.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import ask_json, make_run, run_cli

# Start, and the day by UTC, in India and in New York, where the clock went forward on 2026-03-08
# at 07:00Z and back on 2025-11-02 at 06:00Z. By the other season's offset, some days would differ.
STARTS = {
    "2026-03-08T04:30:00Z": ("2026-03-08", "2026-03-08", "2026-03-07"),
    "2026-03-08T05:30:00Z": ("2026-03-08", "2026-03-08", "2026-03-08"),
    "2026-03-08T06:40:00Z": ("2026-03-08", "2026-03-08", "2026-03-08"),  # into the missing hour
    "2026-03-09T03:30:00Z": ("2026-03-09", "2026-03-09", "2026-03-08"),
    "2026-03-09T04:30:00Z": ("2026-03-09", "2026-03-09", "2026-03-09"),
    "2025-11-02T03:30:00Z": ("2025-11-02", "2025-11-02", "2025-11-01"),
    "2025-11-02T04:30:00Z": ("2025-11-02", "2025-11-02", "2025-11-02"),
    "2025-11-02T05:30:00Z": ("2025-11-02", "2025-11-02", "2025-11-02"),  # 01:30, the first time
    "2025-11-02T06:30:00Z": ("2025-11-02", "2025-11-02", "2025-11-02"),  # 01:30 again
    "2025-11-03T04:30:00Z": ("2025-11-03", "2025-11-03", "2025-11-02"),
    "2025-11-03T05:30:00Z": ("2025-11-03", "2025-11-03", "2025-11-03"),
    "2026-05-10T18:15:00Z": ("2026-05-10", "2026-05-10", "2026-05-10"),
    "2026-05-11T18:45:00Z": ("2026-05-11", "2026-05-12", "2026-05-11"),
    # These files say their own zone, which is where the runner was.
    "2026-05-20T23:50:00+12:45": ("2026-05-20", "2026-05-20", "2026-05-20"),
    "2026-05-22T00:10:00+12:45": ("2026-05-22", "2026-05-22", "2026-05-22"),
    "2026-05-23T23:50:00-09:30": ("2026-05-23", "2026-05-23", "2026-05-23"),
}
UTC, KOLKATA, NEW_YORK = range(3)

Env = dict[str, str | None]

TURKISH: Env = {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"}
# Python makes UTF-8 of a plain C locale unless it is told not to.
PLAIN_C: Env = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}

PLACES: dict[str, tuple[Env, int]] = {
    "LC_ALL=C": ({"LC_ALL": "C"}, UTC),
    "C without UTF-8": (PLAIN_C, UTC),
    "Turkish": (TURKISH, UTC),
    "Turkish in India": ({**TURKISH, "TZ": "Asia/Kolkata"}, KOLKATA),
    "India": ({"TZ": "Asia/Kolkata"}, KOLKATA),
    "New York": ({"TZ": "America/New_York"}, NEW_YORK),
    "New York, by rule": ({"TZ": "EST5EDT,M3.2.0,M11.1.0"}, NEW_YORK),
    # What the C library cannot read is UTC to it.
    "a path to nothing": ({"TZ": ":/nonsense"}, UTC),
    "no such place": ({"TZ": "Mars/Olympus_Mons"}, UTC),
    "no rule": ({"TZ": "%%25:99"}, UTC),
    "empty": ({"TZ": ""}, UTC),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs, with names and a sport that a Turkish or a plain ASCII machine could stumble at."""
    folder = tmp_path_factory.mktemp("Läufe in İstanbul")
    for number, start in enumerate(STARTS):
        text = make_run(
            5000 + 400 * number,
            datetime.fromisoformat(start),
            1500 + 100 * number,
            sport="HIKING" if number % 3 else "TRAIL RUNNING",
            name=f"Iğdır für {number}: ılık",
        )
        (folder / f"koşu {number:02}.gpx").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def paired(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two pairs."""
    home = tmp_path_factory.mktemp("paired")
    for name, sport in (("Speedgoat", "hike"), ("Pegasus", "trail-run")):
        added = run_cli("shoe", "add", name, "--default-for", sport, home=home)
        assert added.returncode == 0, added.stderr
    return home / "shoetrack.db"


def account(folder: Path, paired: Path, home: Path, env: Env) -> tuple[Any, dict[str, str]]:
    """What each account holds after an import in that place, and the day of each run."""
    home.mkdir(exist_ok=True)
    shutil.copy(paired, home)
    summary = ask_json("import", folder, home=home, env=env)
    assert (summary["new"], summary["failed"], summary["doubtful"]) == (len(STARTS), [], 0)
    shoes = ask_json("status", home=home, env=env)["shoes"]
    runs = ask_json("runs", home=home, env=env)
    assert all(run["name"].startswith("Iğdır für ") for run in runs)
    totals = {s["name"]: (s["distance_m"], s["duration_s"], s["runs"]) for s in shoes}
    return totals, {run["started_at"]: run["local_date"] for run in runs}


def expected_days(where: int) -> dict[str, str]:
    found = {}
    for start, days in STARTS.items():
        instant = datetime.fromisoformat(start)
        utc = (instant - (instant.utcoffset() or timedelta(0))).replace(tzinfo=None)
        found[f"{utc.isoformat()}Z"] = days[where]
    return found


@pytest.fixture(scope="module")
def totals(folder: Path, paired: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    found, days = account(folder, paired, tmp_path_factory.mktemp("home"), {})
    assert days == expected_days(UTC)
    return found


@pytest.mark.parametrize("place", PLACES)
def test_totals_and_days_by_the_machine(
    folder: Path, paired: Path, home: Path, totals: Any, place: str
) -> None:
    env, where = PLACES[place]
    assert account(folder, paired, home, env) == (totals, expected_days(where))


def test_the_configured_zone_is_home(folder: Path, paired: Path, home: Path, totals: Any) -> None:
    home.mkdir()
    (home / "config.toml").write_text('timezone = "America/New_York"\n', encoding="utf-8")
    env: Env = {"TZ": "Asia/Kolkata"}
    assert account(folder, paired, home, env) == (totals, expected_days(NEW_YORK))


def test_a_run_keeps_its_day_when_its_runner_moves(
    folder: Path, paired: Path, home: Path, totals: Any
) -> None:
    account(folder, paired, home, {"TZ": "America/New_York"})
    moved: Env = {"TZ": "Asia/Kolkata"}
    assert ask_json("import", folder, home=home, env=moved)["known"] == len(STARTS)
    days = {r["started_at"]: r["local_date"] for r in ask_json("runs", home=home, env=moved)}
    assert days == expected_days(NEW_YORK)


@pytest.mark.parametrize(
    ("zone", "now", "day"),
    [
        ("America/New_York", "2026-03-09T03:59:00+00:00", "2026-03-08"),
        ("America/New_York", "2026-03-09T04:00:00+00:00", "2026-03-09"),
        ("Asia/Kolkata", "2026-05-10T18:30:00+00:00", "2026-05-11"),
    ],
)
def test_today_is_the_day_at_home(home: Path, zone: str, now: str, day: str) -> None:
    instant = datetime.fromisoformat(now)
    added = run_cli("run", "add", "5km", home=home, env={"TZ": zone}, now=instant)
    assert added.returncode == 0, added.stderr
    (run,) = ask_json("runs", home=home, env={"TZ": zone})
    assert run["local_date"] == day


@pytest.mark.parametrize("place", ["LC_ALL=C", "Turkish"])
def test_a_pair_is_found_in_small_and_capital_letters(home: Path, place: str) -> None:
    """In Turkish, the small letter of I is another one; a pair's name has no language."""
    env, _ = PLACES[place]
    added = run_cli("shoe", "add", "TITIZ Işık", "--default-for", "HIKE", home=home, env=env)
    assert added.returncode == 0, added.stderr
    assert ask_json("shoe", "show", "titiz", home=home, env=env)["name"] == "TITIZ Işık"
