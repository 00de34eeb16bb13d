"""strava-gear and strava-offline, in an environment of their own, on stores of their own making."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from measure import NOW
from platformdirs import user_cache_path

WANTED = ("strava-gear==1.2", "strava-offline==1.1")

# Run by the peers' Python: their own code writes their own database, from answers of Strava's
# interface as they would get them.
MAKE = r"""
import json, random, sys
from datetime import datetime, timedelta
from pathlib import Path
from strava_offline import sqlite, sync

path, runs, pairs, now = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
chance = random.Random(20)
each = min(timedelta(hours=12), timedelta(days=50 * 365) / runs)  # strava-gear begins in 1970
first = datetime.fromisoformat(now) - each * runs
signs = [chr(code) for code in range(63, 127)]


def activity(number):
    begun = (first + each * number).strftime("%Y-%m-%dT%H:%M:%SZ")
    seconds = chance.randint(1500, 5400)
    speed = chance.randint(2500, 3500) / 1000
    line = "".join(chance.choices(signs, k=400))
    return {
        "resource_state": 2, "athlete": {"id": 1, "resource_state": 1}, "name": "Morning Run",
        "distance": round(seconds * speed, 1), "moving_time": seconds, "elapsed_time": seconds,
        "total_elevation_gain": 40.0, "type": "Run", "sport_type": "Run", "workout_type": 0,
        "id": 1_000_000 + number, "start_date": begun, "start_date_local": begun,
        "timezone": "(GMT+01:00) Europe/Berlin", "utc_offset": 7200.0, "location_city": None,
        "location_state": None, "location_country": "Germany", "achievement_count": 0,
        "kudos_count": 3, "comment_count": 0, "athlete_count": 1, "photo_count": 0,
        "map": {"id": f"a{number}", "summary_polyline": line, "resource_state": 2},
        "trainer": False, "commute": False, "manual": False, "private": False,
        "visibility": "everyone", "flagged": False, "gear_id": f"g{number * pairs // runs}",
        "start_latlng": [52.5, 13.4], "end_latlng": [52.5, 13.4], "average_speed": speed,
        "max_speed": speed * 1.3, "average_cadence": 86.1, "has_heartrate": True,
        "average_heartrate": 150.2, "max_heartrate": 171.0, "heartrate_opt_out": False,
        "display_hide_heartrate_option": True, "elev_high": 60.1, "elev_low": 34.0,
        "upload_id": 2_000_000 + number, "upload_id_str": str(2_000_000 + number),
        "external_id": f"garmin_ping_{number}", "from_accepted_tag": False, "pr_count": 0,
        "total_photo_count": 0, "has_kudoed": False,
    }


gear = [
    {"id": f"g{number}", "primary": False, "name": f"Pair {number + 1:02}", "resource_state": 2,
     "retired": False, "distance": 0, "converted_distance": 0.0}
    for number in range(pairs)
]
with sqlite.database(path, sync.schema) as db:
    sync.table_bike.upsert(db, gear)
    sync.table_activity.upsert(db, map(activity, range(runs)))
"""


class UnavailableError(Exception):
    """They cannot be had; the message is for the table."""


def environment() -> Path:
    """The folder of their commands, installed where they are not yet. Raises UnavailableError."""
    home = os.environ.get("SHOETRACK_BENCH_PEERS") or user_cache_path("shoetrack-bench") / "peers"
    home = Path(home)
    python, stamp = home / "bin" / "python", home / "installed"
    if not stamp.exists() or stamp.read_text() != " ".join(WANTED):
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for words in ([sys.executable, "-m", "venv", str(home)], [*pip, *WANTED]):
            try:
                done = subprocess.run(words, capture_output=True, timeout=300, check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise UnavailableError("cannot be installed here") from error
            if done.returncode:
                raise UnavailableError("cannot be installed here")
        stamp.write_text(" ".join(WANTED))
    return python.parent


def make(commands: Path, place: Path, runs: int, pairs: int) -> dict[str, list[str]]:
    """Their stores with so many runs; gives the command that reports, by its name."""
    place.mkdir(parents=True)
    database, rules = place / "strava.sqlite", place / "rules.yaml"
    words = [str(commands / "python"), "-c", MAKE, str(database), str(runs), str(pairs)]
    done = subprocess.run(
        [*words, NOW.isoformat()], capture_output=True, check=False, cwd=place, text=True
    )
    if done.returncode:
        raise UnavailableError("its store cannot be made")
    worn = {f"g{number}": {"shoe": f"pair{number}"} for number in range(pairs)}
    rules.write_text(json.dumps({"rules": [worn]}))  # JSON is YAML
    return {
        "strava-offline report-bikes": [
            *(str(commands / "strava-offline"), "report-bikes", "--database", str(database))
        ],
        "strava-gear": [
            *(str(commands / "strava-gear"), "--rules", str(rules)),
            *("--strava-database", str(database)),
        ],
    }


def ask(words: list[str], place: Path) -> None:
    """One report as a process, its output being a pipe."""
    kept = {key: os.environ[key] for key in ("PATH", "TMPDIR") if key in os.environ}
    env = {**kept, "HOME": str(place), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(words, env=env, capture_output=True, check=False, text=True)
    if done.returncode or "Pair 01" not in done.stdout:
        raise UnavailableError(f"fails: {done.stderr.strip()[-200:]}")
