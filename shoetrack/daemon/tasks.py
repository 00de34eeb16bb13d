"""What is done by itself, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from shoetrack.config import Config
from shoetrack.daemon import chores
from shoetrack.daemon.site import Chore, Site
from shoetrack.model import Job
from shoetrack.schedule import Daily, Every, Past, Timing, Weekly, last_due, plan

FOREVER = timedelta.max


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast all of it goes."""

    beat: timedelta = timedelta(minutes=1)  # a sign of life
    look: timedelta = timedelta(seconds=20)  # whether something has changed in the store
    folders: timedelta = timedelta(minutes=15)  # and whenever there is something to see
    deliver: timedelta = timedelta(minutes=15)  # and at once when there is something to say
    verify: time = time(3, 40)
    backup: tuple[int, time] = (6, time(4, 10))  # on Sundays
    soon: timedelta = timedelta(minutes=2)  # the first backup
    first_retry: timedelta = timedelta(minutes=1)
    tick: float = 5.0  # seconds between two looks at the clock
    jump: float = 90.0  # seconds by which clocks may differ before one was set, or slept
    patience: float = 3.5  # seconds that a job gets to come to its end


@dataclass(frozen=True, slots=True)
class Task:
    """Something that is done again and again. `timing` gives None where it is not done at all.

    `late`: missed by more, it waits for its next time. `soon`: the first one is not waited for.
    `then` are the tasks that follow at once where this one has changed something. `patience`: how
    many times as long as usual it waits before it is tried again.
    """

    name: str
    chore: Chore
    timing: Callable[[Config, Pace], Timing | None]
    late: timedelta = FOREVER
    soon: bool = False
    then: tuple[str, ...] = ()
    patience: int = 1

    def planned(self, job: Job, site: Site, pace: Pace, timing: Timing) -> datetime:
        """When it is to be done next; now, or before, means at once."""
        now = site.clock()
        if self.soon and job.next_at is None and job.done_at is None and not job.failures:
            return now + pace.soon
        past = Past(job.begun_at, job.ended_at, job.done_at, job.next_at, job.failures)
        first_retry = self.patience * pace.first_retry
        return plan(
            timing, past, now, site.config.timezone, late=self.late, first_retry=first_retry
        )

    def is_stale(self, site: Site, timing: Timing) -> bool:
        """Whether its last time is so long ago, as after a sleep, that it waits for the next."""
        now, zone = site.clock(), site.config.timezone
        return not isinstance(timing, Every) and now - last_due(timing, now, zone) > self.late


def _digest_time(config: Config, _: Pace) -> Timing | None:
    at = config.alerts.digest
    return None if at is None else Weekly(at.day, at.at)


def tasks(folders: Chore) -> tuple[Task, ...]:
    """All of them, in the order in which a single round does them. `folders` holds its watch."""
    return (
        Task(
            "strava",
            chores.strava,
            lambda config, _: Every(config.strava_every),
            then=("check",),
            patience=5,  # a machine that wakes up has no network for a while: that is no news
        ),
        Task("folders", folders, lambda _, pace: Every(pace.folders), then=("check",)),
        Task(
            "check", chores.check, lambda config, _: Daily(config.alerts.morning), then=("deliver",)
        ),
        # A week's account that is older is of no use, and the next one is near.
        Task("digest", chores.digest, _digest_time, late=timedelta(days=3), then=("deliver",)),
        Task("deliver", chores.deliver, lambda _, pace: Every(pace.deliver)),
        Task("verify", chores.verify, lambda _, pace: Daily(pace.verify)),
        Task("backup", chores.backup, lambda _, pace: Weekly(*pace.backup), soon=True),
    )
