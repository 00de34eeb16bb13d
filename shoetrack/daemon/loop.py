"""The daemon: all tasks, again and again, until it is told to stop. Read `Daemon.run` first."""

from __future__ import annotations

import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any, NamedTuple

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

import shoetrack
from shoetrack.config import Config
from shoetrack.daemon import tasks as usual
from shoetrack.daemon import work
from shoetrack.daemon.alone import alone
from shoetrack.daemon.apart import make_ready
from shoetrack.daemon.folders import Folders
from shoetrack.daemon.log import ERROR, WARNING, Log
from shoetrack.daemon.memory import give_back
from shoetrack.daemon.pulse import Pulse
from shoetrack.daemon.record import Record
from shoetrack.daemon.site import Chore, Site
from shoetrack.daemon.tasks import Pace, Task
from shoetrack.errors import ShoetrackError, StoreError
from shoetrack.schedule import Every, Timing, next_due

DAEMON = "daemon"
INTERRUPTED = 130
_PULSE = "pulse"
_SIGN_OFF_S = 0.9
# What the main thread is told, by signals and by threads.
_TERMINATE, _INTERRUPT, _RELOAD, _IDLE, _BROKEN = (
    "terminate",
    "interrupt",
    "reload",
    "idle",
    "broken",
)
_STATUS = {_TERMINATE: 0, _INTERRUPT: INTERRUPTED, _BROKEN: 1}
# When a task is due is worth keeping only where that is not all the time.
_WORTH_TELLING = timedelta(minutes=5)


class Ending(NamedTuple):
    """How it came to its end. Not `clean`: a thread is still at something that does not end."""

    status: int
    clean: bool


class _NotBegunError(BaseException):
    """A signal said stop; not an Exception, as KeyboardInterrupt is none."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(word)


class Daemon:
    """The daemon of one store."""

    def __init__(
        self,
        site: Site,
        read_config: Callable[[], Config],
        log: Log,
        pace: Pace | None = None,
        make_tasks: Callable[[Chore], Sequence[Task]] = usual.tasks,
    ) -> None:
        """`read_config` is asked again when it is to be read again; it raises ConfigError."""
        self._site = site
        self._read_config = read_config
        self._log = log
        self._pace = pace or Pace()
        self._words: queue.SimpleQueue[str] = queue.SimpleQueue()  # a signal may put into it
        self._folders = Folders(lambda: self.wake("folders"))
        self._tasks = {task.name: task for task in make_tasks(self._folders)}
        self._record = Record(site)
        self._pulse = Pulse(site, self._record, log, self._pace, self.wake, self._next_times)
        self._lock = threading.Lock()  # of the three:
        self._running: set[str] = set()
        self._again: set[str] = set()
        self._has_begun = False
        self._looked = site.clock(), time.monotonic()  # at both clocks, at the same time
        self._scheduler = BackgroundScheduler(
            timezone=UTC,  # what is local time, `schedule` knows
            executors={"default": ThreadPoolExecutor(len(self._tasks) + 1)},
            # `_alone` sees to it that none is done twice at once. Left to APScheduler, what is due
            # while the thread of the last time has yet to come to its end would be left out.
            job_defaults={
                "misfire_grace_time": None,
                "coalesce": True,
                "max_instances": sys.maxsize,
            },
        )

    def run(self) -> Ending:
        """Do what is due until a signal says stop. Raises RefusedError where there is a daemon
        already, StoreError where the store cannot be opened.
        """
        with self._listening():
            try:
                with alone(self._site.location):
                    return self._run()
            except _NotBegunError as told:
                self._say("stopped before it had begun", event="stopped")
                return Ending(_STATUS[told.word], clean=True)

    def _run(self) -> Ending:
        # Another process may hold the store, and bringing it up to date takes as long as it takes.
        make_ready(self._site.location, self._site.stop)
        self._record.load()
        self._has_begun = True
        self._looked = self._now(), time.monotonic()
        self._begin()
        try:
            while (word := self._next_word()) not in _STATUS:
                if word == _RELOAD:
                    self._reload()
        except BaseException:
            self._let_go()
            raise
        return self._end(word)

    # --- beginning ------------------------------------------------------------------------

    def _begin(self) -> None:
        where, version = self._site.location, shoetrack.__version__
        self._say(f"shoetrack {version} runs for {where}", event="started")
        look = Every(self._pace.look)
        self._scheduler.add_job(
            partial(self._alone, _PULSE, self._beat),
            _Turn(look, None),
            id=_PULSE,
            next_run_time=self._now(),
        )
        self._plan_all()
        # Whoever looked last was another process: from here on this one is to be told of changes.
        self._put_off("folders", self._now())
        self._scheduler.start()

    def _plan_all(self) -> None:
        """Plan each task by the configuration, and by how it went before."""
        for task in self._tasks.values():
            timing = task.timing(self._site.config, self._pace)
            if timing is None:
                with suppress(JobLookupError):
                    self._scheduler.remove_job(task.name)
                continue
            self._scheduler.add_job(
                partial(self._alone, task.name, partial(self._do, task)),
                _Turn(timing, self._site.config.timezone),
                id=task.name,
                next_run_time=self._planned(task, timing),
                replace_existing=True,
            )

    def _reload(self) -> None:
        """Read the configuration again; one that cannot be read changes nothing."""
        try:
            config = self._read_config()
        except ShoetrackError as error:
            message = f"{error}; the configuration as it was goes on"
            self._say(message, event="reload-refused", level=ERROR)
            return
        self._site = replace(self._site, config=config)
        self._record.site = self._pulse.site = self._site
        self._plan_all()
        self.wake("folders")
        self._say("the configuration was read again", event="reloaded")

    # --- doing ----------------------------------------------------------------------------

    def wake(self, name: str) -> None:
        """Have a task done now; once more where it is under way. What fails waits for its time."""
        with self._lock:
            if name in self._running:
                self._again.add(name)
                return
        job = self._scheduler.get_job(name)
        now = self._now()
        if job is None or self._record.of(name).failures or job.next_run_time <= now:
            return
        self._put_off(name, now)

    def _alone(self, name: str, step: Callable[[], datetime | None]) -> None:
        """Do a step, in a thread of the pool, unless it is under way; it may give when it is to be
        done next.
        """
        with self._lock:
            if name in self._running:
                return
            self._running.add(name)
            self._again.discard(name)
        next_at = None
        try:
            next_at = step()
        finally:
            with self._lock:
                self._running.discard(name)
                if name in self._again and not self._record.of(name).failures:
                    next_at = self._now()
                # Before the next one can begin: that one knows better.
                if next_at is not None:
                    self._put_off(name, next_at)
            self._words.put(_IDLE)

    def _beat(self) -> None:
        if not self._site.stop.is_set():
            self._pulse.beat()

    def _do(self, task: Task) -> datetime | None:
        """Do a task; gives when it is due again, if sooner or later than usual."""
        site, name = self._site, task.name
        timing = task.timing(site.config, self._pace)
        if (
            timing is None
            or site.stop.is_set()
            or task.is_stale(site, timing)
            or not work.is_worth_trying(site, self._record, name)
        ):
            return None
        result = work.attempt(site, self._record, name, task.chore)
        work.tell(self._log, result)
        give_back()
        outcome = result.outcome
        if outcome is None:
            timing = task.timing(self._site.config, self._pace)  # it may have been read again
            return None if timing is None else self._planned(task, timing)
        if outcome.changed:
            for follower in task.then:
                self.wake(follower)
        if outcome.next_at is None:
            return None
        # What says "now" again and again must not keep the machine busy.
        return max(outcome.next_at, self._now() + self._pace.look)

    def _planned(self, task: Task, timing: Timing) -> datetime:
        return task.planned(self._record.of(task.name), self._site, self._pace, timing)

    def _put_off(self, name: str, at: datetime) -> None:
        with suppress(JobLookupError):  # it was taken out of the configuration, or all is over
            self._scheduler.modify_job(name, next_run_time=at)

    def _next_times(self) -> Mapping[str, datetime]:
        times = {}
        for name, task in self._tasks.items():
            timing = task.timing(self._site.config, self._pace)
            job = self._scheduler.get_job(name)
            if isinstance(timing, Every) and timing.interval < _WORTH_TELLING:
                continue
            if job is not None and getattr(job, "next_run_time", None) is not None:
                times[name] = job.next_run_time
        return times

    # --- waiting --------------------------------------------------------------------------

    def _next_word(self) -> str:
        """Wait for a word, for one tick; then see whether the clock was moved meanwhile."""
        try:
            word = self._words.get(timeout=self._pace.tick)
        except queue.Empty:
            word = ""
        before, begun = self._looked
        self._looked = self._now(), time.monotonic()
        waited = self._looked[1] - begun
        moved = (self._looked[0] - before).total_seconds() - waited
        if abs(moved) > self._pace.jump or waited > self._pace.tick + self._pace.jump:
            self._on_jump(timedelta(seconds=round(moved)))
        return word

    def _on_jump(self, moved: timedelta) -> None:
        """The machine slept, or its clock was set: what is late is done once, and nothing waits for
        a time that a wrong clock had put far off.
        """
        if abs(moved.total_seconds()) > self._pace.jump:
            way = "on" if moved > timedelta(0) else "back"
            self._say(
                f"the clock went {way} by {abs(moved)}: the machine slept, or it was set",
                event="clock",
            )
        now = self._now()
        for job in self._scheduler.get_jobs():
            usually = job.trigger.get_next_fire_time(None, now)
            if job.next_run_time > usually:
                self._put_off(job.id, usually)
        self._scheduler.wakeup()

    def _now(self) -> datetime:
        return self._site.clock()

    # --- ending ---------------------------------------------------------------------------

    def _end(self, word: str) -> Ending:
        """Let each task finish its step; but not for longer than a person waits."""
        self._say("it comes to an end", event="stopping")
        self._let_go()
        deadline = time.monotonic() + self._pace.patience
        while self._running and (left := deadline - time.monotonic()) > 0:
            with suppress(queue.Empty):
                if self._words.get(timeout=left) in (_TERMINATE, _INTERRUPT):
                    break  # asked twice
        left_over = sorted(self._running)
        if left_over:
            self._say(f"it was not waited for: {', '.join(left_over)}", level=WARNING)
        # Another program may hold the store, and a network drive its watch.
        signing = threading.Thread(target=self._sign_off, daemon=True)
        signing.start()
        signing.join(_SIGN_OFF_S)
        self._say("stopped", event="stopped")
        return Ending(_STATUS[word], not left_over and not signing.is_alive())

    def _let_go(self) -> None:
        self._site.stop.set()
        self._scheduler.shutdown(wait=False)

    def _sign_off(self) -> None:
        try:
            self._pulse.sign(stopped=True)
        except StoreError as error:
            self._say(str(error), event="failed", level=ERROR)
        if "folders" not in self._running:
            self._folders.stop()

    # --- signals --------------------------------------------------------------------------

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Take signals, and exceptions of threads, as words for the main thread."""
        words: dict[int, str] = {signal.SIGTERM: _TERMINATE, signal.SIGINT: _INTERRUPT}
        for name, word in (("SIGHUP", _RELOAD), ("SIGBREAK", _TERMINATE)):  # of some systems
            if hasattr(signal, name):
                words[getattr(signal, name)] = word
        before = {number: signal.getsignal(number) for number in words}
        hook = threading.excepthook
        threading.excepthook = self._on_broken_thread
        for number in words:
            signal.signal(number, lambda given, _frame: self._hear(words[given]))
        try:
            yield
        finally:
            threading.excepthook = hook
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, word: str) -> None:
        """A signal came. What goes on before it has begun is not waited for: it is left as by a
        kill.
        """
        self._words.put(word)
        if word in _STATUS and not self._has_begun:
            raise _NotBegunError(word)

    def _on_broken_thread(self, args: Any) -> None:
        """A thread has died of a bug: say so. Without the scheduler's own nothing would go on."""
        name = args.thread.name if args.thread else "?"
        self._say(f"the thread {name} died: {args.exc_value!r}", event="broken", level=ERROR)
        if name == "APScheduler":
            self._words.put(_BROKEN)

    def _say(self, message: str, *, event: str = "done", level: str = "info") -> None:
        self._log.say(DAEMON, message, event=event, level=level)


class _Turn(BaseTrigger):  # type: ignore[misc]
    """When a task is next due, for APScheduler: what `schedule` says."""

    def __init__(self, timing: Timing, zone: tzinfo | None) -> None:
        self._timing = timing
        self._zone = zone

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next time after `now`, however many went by: it is done once for all of them."""
        return next_due(self._timing, now, self._zone)
