"""How the daemon stands, by its lock and its heartbeat."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shoetrack import locks
from shoetrack.db import job_queries, strava_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import Rows
from shoetrack.model import Heartbeat, Job

# It beats every minute: so long without is no delay any more.
SILENT_AFTER = timedelta(minutes=5)
# What `daemon --once` does too, the one in its first round and the other every night, and a
# person's `sync` does not.
_OF_ROUNDS = ("backup", "verify")


class Life(StrEnum):
    """Whether the daemon is alive."""

    RUNNING = "running"
    STARTING = "starting"  # it holds the lock, and has not beaten yet
    SILENT = "silent"  # it holds the lock, and does not answer
    STOPPED = "stopped"
    DIED = "died"  # it did not say that it would stop
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is, and how its jobs go. `synced_at`: the last sync with Strava, whoever did it."""

    life: Life
    heartbeat: Heartbeat | None = None
    jobs: tuple[Job, ...] = ()
    synced_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        return self.life in (Life.RUNNING, Life.STARTING)

    @property
    def failing(self) -> list[Job]:
        return [job for job in self.jobs if job.failures]

    @property
    def coming(self) -> tuple[datetime, str] | None:
        """What is done next and when, while it runs."""
        times = [(job.next_at, job.name) for job in self.jobs if job.next_at is not None]
        return min(times) if self.is_running and times else None

    @property
    def round_at(self) -> datetime | None:
        """When the last single round was, as cron has them done since there is no daemon."""
        if self.life not in (Life.NEVER, Life.STOPPED, Life.DIED):
            return None
        beat = self.heartbeat
        end = (beat.stopped_at or beat.beat_at + SILENT_AFTER) if beat else None
        later = {
            job.name: job.ended_at
            for job in self.jobs
            if job.ended_at is not None and (end is None or job.ended_at > end)
        }
        return max(later.values()) if any(name in later for name in _OF_ROUNDS) else None


def standing(store: Rows | None, location: Location, now: datetime) -> Standing:
    """How the daemon of a store is at this moment. Raises StoreError."""
    is_held = locks.is_held(location, locks.DAEMON)
    if store is None:
        return Standing(judge(None, is_held, now))
    beat = job_queries.heartbeat(store)
    state = strava_queries.state(store)
    return Standing(
        life=judge(beat, is_held, now, is_ours=beat is None or is_here(beat)),
        heartbeat=beat,
        # What there was never anything to do with has a row that says nothing.
        jobs=tuple(job for job in job_queries.jobs(store) if job != Job(job.name)),
        synced_at=state.synced_at if state else None,
    )


def is_here(beat: Heartbeat) -> bool:
    """Whether the daemon was on this machine: another one's lock is not seen from here."""
    return beat.host == platform.node()


def judge(beat: Heartbeat | None, is_held: bool, now: datetime, *, is_ours: bool = True) -> Life:
    """What the lock and the last sign of life tell together."""
    if beat is None:
        return Life.STARTING if is_held else Life.NEVER
    if beat.stopped_at is not None:
        return Life.STARTING if is_held else Life.STOPPED
    is_fresh = now - beat.beat_at <= SILENT_AFTER
    if is_held or (is_fresh and not is_ours):
        return Life.RUNNING if is_fresh else Life.SILENT
    return Life.DIED
