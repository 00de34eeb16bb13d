"""One try of a job: it is done, counted, and told of; whatever fails stays within it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from shoetrack.daemon import strava
from shoetrack.daemon.log import ERROR, WARNING, Log
from shoetrack.daemon.record import Attempt, Record
from shoetrack.daemon.site import NOT_SET_UP, Chore, Outcome, Site
from shoetrack.daemon.troubles import fault_of, sentence_of
from shoetrack.model import Job
from shoetrack.vault import Vault


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a try: `outcome` None where it failed, by `error`."""

    name: str
    job: Job
    outcome: Outcome | None = None
    error: str = ""
    told: tuple[str, ...] = ()  # the problems that it had the last time too

    @property
    def news(self) -> tuple[str, ...]:
        """The problems that are new."""
        problems = self.outcome.problems if self.outcome else ()
        return tuple(problem for problem in problems if problem not in self.told)


def attempt(site: Site, record: Record, name: str, chore: Chore) -> Result:
    """Do a chore, and count how it went. Raises nothing that the chore raises."""
    begun_at = site.clock()
    last = record.of(name)
    told = () if last.failures else tuple(last.message.splitlines())
    try:
        outcome = chore(site)
    except Exception as error:
        message = sentence_of(error)
        tried = Attempt(name, begun_at, site.clock(), fault_of(error), message)
        return Result(name, record.settle(tried), None, message)
    is_set_up = outcome.why != NOT_SET_UP
    # What is given up with all there was to do it with has not failed any more.
    if outcome.tried or (record.of(name).failures and not is_set_up):
        quiet = not (outcome.lines or outcome.changed)
        message = "\n".join(outcome.problems)  # kept, so that nothing is told again and again
        record.settle(Attempt(name, begun_at, site.clock(), message=message, quiet=quiet))
    if not is_set_up:
        record.rest(name)
    return Result(name, record.of(name), outcome, told=told)


def is_worth_trying(site: Site, record: Record, name: str) -> bool:
    """Whether a job that is due may go otherwise than it last did."""
    if name != "strava":
        return True
    job = record.of(name)
    return strava.is_worth_trying(job.fault, job.ended_at, _login_changed_at(site), site.clock())


def _login_changed_at(site: Site) -> datetime | None:
    try:
        return datetime.fromtimestamp(Vault(site.data).file.stat().st_mtime, UTC)
    except OSError:
        return None


def tell(log: Log, result: Result) -> None:
    """Log what came of a try; problems that were told before are not told again."""
    if result.outcome is None:
        again = f" (failure {result.job.failures} in a row)" if result.job.failures > 1 else ""
        counts = {"failures": result.job.failures}
        log.say(result.name, f"{result.error}{again}", event="failed", level=ERROR, counts=counts)
        return
    for line in result.outcome.lines:
        log.say(result.name, line, counts=result.outcome.counts)
    for problem in result.news:
        log.say(result.name, problem, event="problem", level=WARNING)
