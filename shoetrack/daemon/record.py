"""How the jobs go: kept in the store, and in memory for as long as that cannot be written.

The third failure of a kind in a row becomes an alert; a job that goes well again ends it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from shoetrack.alerting import raising
from shoetrack.daemon.site import Site
from shoetrack.daemon.troubles import STORE, Trouble, in_the_past, over_with, trouble_of
from shoetrack.db import job_queries
from shoetrack.db.reader import Rows, open_reader
from shoetrack.db.store import Transaction
from shoetrack.errors import StoreError
from shoetrack.model import Job

# An alert that could be raised only when its trouble was over is open for so long.
LATE_FOR = timedelta(hours=1)


class Attempt(NamedTuple):
    """One try of a job; `fault` is empty where it went well, and `message` then says what a person
    should look at all the same. `quiet`: and nothing came of it.
    """

    name: str
    begun_at: datetime
    ended_at: datetime
    fault: str = ""
    message: str = ""
    quiet: bool = False


class Record:
    """The jobs' rows, for one process; any thread may ask and tell."""

    def __init__(self, site: Site) -> None:
        self.site = site  # replaced where the configuration was read again
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._unwritten: set[str] = set()
        self._unsaid: dict[str, Trouble] = {}
        self._late: dict[str, datetime] = {}  # troubles that are ended then, and not before
        self._resting: set[str] = set()

    def load(self) -> None:
        """Take up what earlier processes have kept. Raises StoreError."""
        with open_reader(self.site.location) as reader:
            if reader is not None:
                self._jobs = {job.name: job for job in job_queries.jobs(reader)}

    def of(self, name: str) -> Job:
        return self._jobs.get(name, Job(name))

    def plan(self, times: Mapping[str, datetime]) -> None:
        """When jobs are next due; written with what is written next."""
        with self._lock:
            for name, at in times.items():
                self._expect(name, None if name in self._resting else at)

    def rest(self, name: str) -> None:
        """There is nothing to do a job with: until it is done again, it is not due for anyone."""
        with self._lock:
            self._resting.add(name)
            self._expect(name, None)

    def _expect(self, name: str, at: datetime | None) -> None:
        if self.of(name).next_at != at:
            self._jobs[name] = self.of(name)._replace(next_at=at)
            self._unwritten.add(name)

    # --- what came of a job ---------------------------------------------------------------

    def settle(self, attempt: Attempt) -> Job:
        """Count a try of a job, and say or end the trouble that it makes; how the job stands now.

        What cannot be written is remembered: nothing is raised here.
        """
        with self._lock:
            self._resting.discard(attempt.name)
            before = self.of(attempt.name)
            if attempt.quiet and not before.failures:
                self._jobs[attempt.name] = after = _counted(before, attempt)
                self._unwritten.add(attempt.name)  # the next sign of life takes it along
                return after
            before, after = self._write_down(attempt)
            if after.failures:
                said = trouble_of(after.name, after.fault, after.message, after.failures)
                self._say([said] if said else [])
            elif before.failures:
                self._end(over_with(after.name, self._jobs.values()))
            return after

    def _write_down(self, attempt: Attempt) -> tuple[Job, Job]:
        """How the job stood before, and stands now."""
        name = attempt.name
        try:
            with self.site.write("job") as tx:
                # Another process may have tried meanwhile: `sync`, by hand.
                jobs = self._merged(tx)
                before = jobs.get(name, Job(name))
                jobs[name] = _counted(before, attempt)
                _put(tx, jobs, self._unwritten | {name})
        except StoreError:
            # It is what failed, or fails now: the next sign of life will tell.
            before = self.of(name)
            self._jobs[name] = _counted(before, attempt)
            self._unwritten.add(name)
        else:
            self._jobs, self._unwritten = jobs, set()
        return before, self._jobs[name]

    # --- everything else that is written --------------------------------------------------

    def write(self, more: Callable[[Transaction], None] = lambda tx: None) -> None:
        """Write what is not written yet, and what `more` writes; say what could not be said.

        Raises StoreError; then it is remembered.
        """
        with self._lock:
            with self.site.write("heartbeat") as tx:
                jobs = self._merged(tx)
                _put(tx, jobs, self._unwritten)
                more(tx)
            self._jobs, self._unwritten = jobs, set()
            self._say_late()

    def say_later(self, trouble: Trouble) -> None:
        """Remember what cannot be said while the store cannot be written."""
        with self._lock:
            self._unsaid.setdefault(trouble.name, trouble)

    def _merged(self, tx: Rows) -> dict[str, Job]:
        """The rows as they are, but for those that we know better."""
        found = {job.name: job for job in job_queries.jobs(tx)}
        return {**found, **{name: self._jobs[name] for name in self._unwritten}}

    # --- trouble --------------------------------------------------------------------------

    def _say(self, troubles: Iterable[Trouble]) -> None:
        for one in troubles:
            try:
                self._raise(one)
            except StoreError:
                self._unsaid.setdefault(one.name, one)

    def _say_late(self) -> None:
        """Say what could not be said; end in time what was over by then."""
        now = self.site.clock()
        for name, one in list(self._unsaid.items()):
            self._raise(in_the_past(one) if name == STORE else one)
            del self._unsaid[name]
            if name == STORE:
                self._late[name] = now + LATE_FOR
        over = [name for name, until in self._late.items() if until <= now]
        if over:
            self._late = {name: at for name, at in self._late.items() if name not in over}
            self._end(over)

    def _raise(self, one: Trouble) -> None:
        site = self.site
        with site.store() as store:
            raising.trouble(
                store,
                site.config,
                one.name,
                one.title,
                one.body,
                site.clock(),
                urgent=one.urgent,
            )

    def _end(self, names: Iterable[str]) -> None:
        ended = [name for name in names if name not in self._late]
        try:
            with self.site.store() as store:
                for name in ended:
                    raising.end_trouble(store, name, self.site.clock())
        except StoreError:
            # It is open for longer than it lasts: in an hour it is tried again.
            for name in ended:
                self._late[name] = self.site.clock() + LATE_FOR


def _counted(job: Job, attempt: Attempt) -> Job:
    failures = 0
    if attempt.fault:
        failures = job.failures + 1 if job.fault == attempt.fault else 1
    return job._replace(
        begun_at=attempt.begun_at,
        ended_at=attempt.ended_at,
        done_at=job.done_at if attempt.fault else attempt.ended_at,
        failures=failures,
        fault=attempt.fault,
        message=attempt.message,
    )


def _put(tx: Transaction, jobs: Mapping[str, Job], names: Iterable[str]) -> None:
    rows = job_queries.job_ids(tx)
    for name in sorted(names):
        values = jobs[name]._asdict()
        if name in rows:
            tx.note("job", rows[name], **values)
        else:
            tx.note_new("job", **values)
