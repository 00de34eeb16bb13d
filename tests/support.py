"""What tests share: small GPX files, the command line as a process, and stores."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import pi
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from shoetrack.db.location import Location
from shoetrack.db.store import Store
from shoetrack.importers import find_sources
from shoetrack.pipeline import ImportSettings, Summary, import_runs

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
START = datetime(2026, 5, 1, 7, tzinfo=UTC)

# One degree along a meridian, on the sphere that the importer measures on (IUGG's mean radius).
METRES_PER_DEGREE = 6_371_008.8 * pi / 180

# latitude, longitude, and a time as the file is to write it, or None
Point = tuple[float, float, "datetime | str | None"]


# --- GPX ------------------------------------------------------------------------------------


def gpx_text(
    points: Iterable[Point] = (),
    *,
    sport: str = "running",
    name: str = "",
    creator: str = "shoetrack tests",
    file_time: datetime | str | None = None,
    total_m: float | None = None,
) -> str:
    """A GPX 1.1 document with one track of one segment.

    `file_time` is metadata/time; `total_m` the device's own total. Without points the track is an
    empty one, as a treadmill's.
    """
    metadata = f"<metadata><time>{_stamp(file_time)}</time></metadata>" if file_time else ""
    head = (f"<name>{escape(name)}</name>" if name else "") + (
        f"<type>{escape(sport)}</type>" if sport else ""
    )
    body = "".join(
        f'<trkpt lat="{lat:.9f}" lon="{lon:.9f}">'
        + (f"<time>{_stamp(time)}</time>" if time else "")
        + "</trkpt>\n"
        for lat, lon, time in points
    )
    total = "" if total_m is None else f"<extensions><distance>{total_m}</distance></extensions>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<gpx version="1.1" creator={quoteattr(creator)}'
        ' xmlns="http://www.topografix.com/GPX/1/1">\n'
        f"{metadata}<trk>{head}<trkseg>\n{body}</trkseg></trk>{total}\n</gpx>\n"
    )


def _stamp(time: datetime | str) -> str:
    if isinstance(time, str):
        return time
    return time.isoformat().replace("+00:00", "Z")


def straight(
    metres: float,
    start: datetime | None = START,
    duration_s: float = 1800,
    *,
    count: int = 11,
    lat: float = 52.0,
    lon: float = 13.4,
) -> list[Point]:
    """`count` points northwards along a meridian at an even pace; `start` None: without times."""
    return [
        (
            lat + metres / METRES_PER_DEGREE * i / (count - 1),
            lon,
            start and start + timedelta(seconds=round(duration_s * i / (count - 1), 3)),
        )
        for i in range(count)
    ]


def make_run(
    metres: float = 5000,
    start: datetime | None = START,
    duration_s: float = 1800,
    *,
    sport: str = "running",
    name: str = "",
    creator: str = "shoetrack tests",
    count: int = 11,
    total_m: float | None = None,
) -> str:
    """The GPX of a straight run; its times are written in the zone of `start`.

    The importer measures it to a millimetre or two of `metres`.
    """
    points = straight(metres, start, duration_s, count=count)
    return gpx_text(points, sport=sport, name=name, creator=creator, total_m=total_m)


def write_season(folder: Path, runs: int, *, days_apart: int = 1) -> list[int]:
    """So many runs, one a file, going back from `NOW`; gives their distances in whole metres."""
    folder.mkdir(parents=True, exist_ok=True)
    distances = []
    for i in range(runs):
        metres = 3000 + 37 * i % 9000
        start = NOW - timedelta(days=days_apart * (i + 1), minutes=i % 600)
        text = make_run(metres, start, metres / 3, count=5, name=f"run {i}")
        (folder / f"{i:04}.gpx").write_text(text, encoding="utf-8")
        distances.append(metres)
    return distances


# --- the command line as a process ----------------------------------------------------------


def cli_command(*args: str | Path) -> list[str]:
    """The words that start `shoetrack` with the Python of the tests."""
    return [sys.executable, "-m", "shoetrack", *(str(arg) for arg in args)]


def cli_env(
    home: Path, env: Mapping[str, str | None] | None = None, now: datetime | None = NOW
) -> dict[str, str]:
    """A bare environment with the store in `home`, in UTC and UTF-8.

    `env` adds to it, or with None takes away; `now` None leaves the clock to the machine.
    """
    kept = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "PYTHONPATH", "COVERAGE_PROCESS_START")
    found: dict[str, str] = {key: os.environ[key] for key in kept if key in os.environ}
    found |= {"HOME": str(home), "SHOETRACK_HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    if now is not None:
        found["SHOETRACK_NOW"] = now.isoformat()
    for key, value in (env or {}).items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = value
    return found


def run_cli(
    *args: str | Path,
    home: Path,
    env: Mapping[str, str | None] | None = None,
    now: datetime | None = NOW,
    stdin: str = "",
    cwd: Path | None = None,
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run `shoetrack ARGS` to its end, with the store and configuration in `home`."""
    return subprocess.run(
        cli_command(*args),
        env=cli_env(home, env, now),
        input=stdin,
        cwd=cwd,
        timeout=timeout,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def start_cli(
    *args: str | Path,
    home: Path,
    env: Mapping[str, str | None] | None = None,
    now: datetime | None = NOW,
) -> subprocess.Popen[str]:
    """Start `shoetrack ARGS` and come back at once; `finish` waits for it."""
    return subprocess.Popen(
        cli_command(*args),
        env=cli_env(home, env, now),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def run_in_terminal(
    args: Sequence[str],
    home: Path,
    env: Mapping[str, str],
    now: datetime | None = NOW,
    width: int = 80,
) -> str:
    """What a terminal of `width` columns gets to show."""
    import pty  # not on Windows

    parent, child = pty.openpty()
    full = {**cli_env(home, now=now), "TERM": "xterm-256color", "COLUMNS": str(width), **env}
    process = subprocess.Popen(
        cli_command(*args), env=full, stdin=child, stdout=child, stderr=child
    )
    os.close(child)
    shown = b""
    try:
        while chunk := os.read(parent, 65536):
            shown += chunk
    except OSError:
        pass  # on Linux this is how the end of a terminal reads
    process.wait(60)
    os.close(parent)
    return shown.decode()


def finish(
    process: subprocess.Popen[str], timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Wait for a process of `start_cli`."""
    with process:
        out, err = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def ask_json(*args: str | Path, home: Path, env: Mapping[str, str | None] | None = None) -> Any:
    """What `shoetrack ARGS --json` answers; it must succeed and say nothing else."""
    done = run_cli(*args, "--json", home=home, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


# --- stores ---------------------------------------------------------------------------------


def import_paths(
    store: Store,
    location: Location,
    paths: Sequence[Path],
    now: datetime = NOW,
    settings: ImportSettings | None = None,
) -> Summary:
    """Import files through the real reader and flow; undated ones are refused. UTC is home."""
    summary = Summary()
    settings = settings or ImportSettings(zone=UTC)
    import_runs(store, location, list(find_sources(paths)), settings, now, summary)
    return summary


# --- the machine ----------------------------------------------------------------------------


@contextmanager
def disk_of(size: str, folder: Path) -> Iterator[Path]:
    """A file system of its own of so many bytes, as 400k; the test is skipped where none can be
    mounted.
    """
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    options = ["-t", "tmpfs", "-o", f"size={size}"]
    made = subprocess.run(
        [mount, *options, "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
