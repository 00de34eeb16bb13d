"""One round of what is due, and then an end: for cron, and for a person who wants all of it now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from shoetrack.daemon import work
from shoetrack.daemon.folders import Folders
from shoetrack.daemon.record import Record
from shoetrack.daemon.site import Site
from shoetrack.daemon.tasks import Pace, Task, tasks
from shoetrack.daemon.work import Result
from shoetrack.db.store import Store
from shoetrack.schedule import next_due

# cron is never quite on time: what is due within this is due.
EARLY = timedelta(minutes=1)
# Cheap, and what may be new they see by themselves.
_EACH_ROUND = frozenset({"folders", "check", "deliver"})
# What a person means by "everything once".
SYNC = ("strava", "folders", "check", "deliver")


def round_of(
    site: Site,
    tell: Callable[[Result], None],
    *,
    pace: Pace | None = None,
    chosen: Sequence[str] | None = None,
    all_tasks: Sequence[Task] | None = None,
) -> list[Result]:
    """Do each task that is due, or those that are `chosen`, whatever fails among them; `tell` is
    told of each at once. Raises StoreError where the store cannot be opened at all.
    """
    pace = pace or Pace()
    Store(site.location).close()
    record = Record(site)
    record.load()
    results = []
    for task in all_tasks if all_tasks is not None else tasks(Folders()):
        if site.stop.is_set() or not (
            task.name in chosen if chosen is not None else _is_due(task, site, record, pace)
        ):
            continue
        result = work.attempt(site, record, task.name, task.chore)
        tell(result)
        results.append(result)
        _plan(task, result, site, record, pace)
    record.write()
    return results


def _is_due(task: Task, site: Site, record: Record, pace: Pace) -> bool:
    timing = task.timing(site.config, pace)
    if timing is None or not work.is_worth_trying(site, record, task.name):
        return False
    job = record.of(task.name)
    if task.name in _EACH_ROUND:
        return True
    if task.soon and job.done_at is None and not job.failures:
        return True
    planned = task.planned(job, site, pace, timing)
    record.plan({task.name: planned})
    return planned <= site.clock() + EARLY


def _plan(task: Task, result: Result, site: Site, record: Record, pace: Pace) -> None:
    timing = task.timing(site.config, pace)
    if timing is None:
        return
    if result.outcome is not None and result.outcome.next_at is not None:
        at = result.outcome.next_at
    elif result.outcome is not None and not result.outcome.tried:
        at = next_due(timing, site.clock(), site.config.timezone)
    else:
        at = task.planned(record.of(task.name), site, pace, timing)
    record.plan({task.name: at})
