"""Starting the daemon as a process, telling it things, and seeing what it does."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shoetrack.db import alert_queries, job_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.model import Alert, Heartbeat, Job
from tests.support import cli_env

PATIENCE_S = 20.0
# A task that is done all the time, and one that is not due again for long.
OFTEN = {"name": "often", "every": 0.15}
SELDOM = {"name": "seldom", "every": 600}


class Running:
    """A daemon in a process of its own; left, it is stopped."""

    def __init__(
        self,
        home: Path,
        *tasks: Mapping[str, Any],
        real: bool = False,
        pace: Mapping[str, float] | None = None,
        env: Mapping[str, str | None] | None = None,
        settle: float | None = None,
        now: datetime | None = None,
        late_end: float = 0.0,
    ) -> None:
        """`tasks` as `process` reads them; `real`: the daemon's own. `settle` is for how many
        seconds a file must not grow; `now` is what its clock shows at first, in UTC. Threads
        come to their end `late_end` seconds after what they do.
        """
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.location = Location(home / "shoetrack.db")
        order = {
            "home": str(home),
            "pace": dict(pace or {}),
            "tasks": None if real else list(tasks),
            "late_end": late_end,
            **({} if settle is None else {"settle": settle}),
            **({} if now is None else {"now": now.isoformat()}),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.daemon.process", json.dumps(order)],
            env=cli_env(home, env, now=None),
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self.lines: list[dict[str, Any]] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reading.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            said = stream.read()
        assert "Traceback" not in said, said

    # --- telling it ---

    def tell(self, name: str, words: str) -> None:
        """What the task of that name does from now on."""
        tell(self.home, name, words)

    def move(self, seconds: float) -> None:
        """Move its clock."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"move {seconds}\n")
        self.process.stdin.flush()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Have it end; its status, and how long that took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE_S)
        return status, time.monotonic() - begun

    # --- seeing what it does ---

    def until(self, condition: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
        """Wait until it is so; gives what the condition gives."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, self.lines
            assert self.process.poll() is None, (self.process.returncode, self.lines)
            time.sleep(0.02)
        return found

    def said(self, **wanted: Any) -> list[dict[str, Any]]:
        """The lines of the log that have these values."""
        return [line for line in self.lines if wanted.items() <= line.items()]

    def until_said(self, **wanted: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.until(lambda: self.said(**wanted))
        return found

    def until_begun(self) -> None:
        """Until it has given its first sign of life."""
        self.until_said(event="started")
        self.until(lambda: heartbeat(self.location).pid == self.process.pid)

    def done(self, name: str) -> list[datetime]:
        return done(self.home, name)

    def job(self, name: str) -> Job:
        return job(self.location, name)

    def heartbeat(self) -> Heartbeat:
        return heartbeat(self.location)

    def troubles(self) -> list[Alert]:
        return troubles(self.location)


def at(moment: datetime) -> str:
    """The time of day, for a task."""
    return f"{moment:%H:%M}"


def tell(home: Path, name: str, words: str) -> None:
    """What a task does: `nothing`, `say WORDS`, `fail KIND`, `hang`, `heed`, `limit SECONDS`."""
    home.mkdir(parents=True, exist_ok=True)
    part = home / f"{name}.part"
    part.write_text(words)
    part.replace(home / f"{name}.told")


def done(home: Path, name: str) -> list[datetime]:
    """When a task was done, by the daemon's clock."""
    path = home / f"{name}.done"
    lines = path.read_text().splitlines() if path.exists() else []
    return [datetime.fromisoformat(line) for line in lines]


def job(location: Location, name: str) -> Job:
    """How a task went, as the store has it."""
    with open_reader(location) as reader:
        jobs = job_queries.jobs(reader) if reader else []
    return next((one for one in jobs if one.name == name), Job(name))


NO_LIFE = Heartbeat(0, "", "", *(datetime.min.replace(tzinfo=UTC),) * 2)


def heartbeat(location: Location) -> Heartbeat:
    """The last sign of life; one of process 0 where there is none."""
    with open_reader(location) as reader:
        return (job_queries.heartbeat(reader) if reader else None) or NO_LIFE


def troubles(location: Location) -> list[Alert]:
    """All alerts, open or over, in the order they were raised."""
    with open_reader(location) as reader:
        assert reader is not None
        return sorted(alert_queries.alerts(reader, 100), key=lambda one: one.id)
