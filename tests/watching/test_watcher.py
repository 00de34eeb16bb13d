"""The watcher started: real events, polling where there are none, and no thread left behind."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from shoetrack.watching.folders import Watcher
from shoetrack.watching.rounds import Pace
from tests.support import make_run
from tests.watching.desk import aged, write

# No round by itself in the time of a test: only what the system tells.
EVENTS_ONLY = Pace(gap=0.01, seek=60, poll=60, whole=60)
SETTLE = timedelta(seconds=0.2)
_DEADLINE_S = 10.0


class Post:
    """What looks whenever the watcher calls, as the daemon does; `seen` are the files it got."""

    def __init__(self, *folders: Path, **settings: Any) -> None:
        self.calls = 0
        self.seen: list[str] = []
        self._called = threading.Event()
        self.watcher = Watcher(folders, self._call, **{"settle": SETTLE, **settings})

    def _call(self) -> None:
        self.calls += 1
        self._called.set()

    def look(self) -> None:
        look = self.watcher.look(datetime.now(UTC))
        for one in look.ready:
            look.memory.deal(one.path, one.stamp, one.folder)
            self.seen.append(Path(one.path).name)

    def wait_for(self, is_so: Callable[[], object]) -> None:
        """Look at each call until it is so."""
        deadline = time.monotonic() + _DEADLINE_S
        while not is_so():
            assert time.monotonic() < deadline, (self.seen, self.calls)
            if self._called.wait(0.05):
                self._called.clear()
                self.look()


@contextmanager
def posted(*folders: Path, **settings: Any) -> Iterator[Post]:
    """A post whose watcher runs and had its first look; afterwards no thread is left."""
    before = threading.active_count()
    post = Post(*folders, **{"pace": EVENTS_ONLY, **settings})
    post.watcher.start()
    try:
        post.look()
        yield post
    finally:
        post.watcher.stop()
        assert threading.active_count() == before, threading.enumerate()


def test_a_new_file_is_seen_when_it_has_stopped_growing(folder: Path) -> None:
    with posted(folder) as post:
        assert post.watcher.polled == ()
        (folder / "a.gpx").write_text(make_run())
        post.wait_for(lambda: post.seen == ["a.gpx"])
        (folder / "a.gpx").write_text(make_run(7000))
        post.wait_for(lambda: post.seen == ["a.gpx", "a.gpx"])


def test_a_file_that_is_renamed_into_place(folder: Path, tmp_path: Path) -> None:
    with posted(folder) as post:
        write(folder / "a.gpx.crdownload", make_run())
        (folder / "a.gpx.crdownload").rename(folder / "a.gpx")
        post.wait_for(lambda: post.seen == ["a.gpx"])
        write(tmp_path / "b.gpx", make_run()).rename(folder / "b.gpx")
        post.wait_for(lambda: post.seen == ["a.gpx", "b.gpx"])


def test_a_partial_file_wakes_nobody(folder: Path) -> None:
    with posted(folder) as post:
        for i in range(20):
            (folder / "a.gpx.part").write_text("x" * i)
            (folder / ".syncthing.b.gpx.tmp").write_text("x" * i)
        (folder / "c.gpx").write_text(make_run())
        # Events come in their order: those of the partial files were before this one.
        post.wait_for(lambda: post.seen == ["c.gpx"])
        few = post.calls
        (folder / "a.gpx.part").write_text("xx")
        (folder / "d.gpx").write_text(make_run())
        post.wait_for(lambda: post.seen == ["c.gpx", "d.gpx"])
        assert few <= 6


def test_reading_wakes_nobody(folder: Path) -> None:
    write(folder / "a.gpx", make_run())
    with posted(folder) as post:
        for _ in range(20):
            (folder / "a.gpx").read_text()
            list(folder.iterdir())
        write(folder / "b.gpx", make_run())
        post.wait_for(lambda: post.seen == ["a.gpx", "b.gpx"])
        assert post.calls <= 5


def test_new_folders_within_and_where_links_lead(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with posted(folder) as post:
        (folder / "2026" / "05").mkdir(parents=True)
        post.wait_for(lambda: post.calls)
        write(folder / "2026" / "05" / "a.gpx", make_run())
        post.wait_for(lambda: post.seen == ["a.gpx"])
        (folder / "link").symlink_to(elsewhere)
        post.wait_for(lambda: post.watcher._rounds and post.watcher._rounds._linked)
        post.wait_for(lambda: post.calls > 3)
        write(elsewhere / "b.gpx", make_run())
        post.wait_for(lambda: post.seen == ["a.gpx", "b.gpx"])


def test_a_folder_that_goes_and_comes(tmp_path: Path) -> None:
    mount, away = tmp_path / "GARMIN", tmp_path / "away"
    write(mount / "Activity" / "a.gpx", make_run())
    with posted(mount / "Activity", pace=Pace(gap=0.01, seek=0.02, poll=60, whole=60)) as post:
        assert post.seen == ["a.gpx"]
        mount.rename(away)
        post.wait_for(lambda: not post.watcher.look(datetime.now(UTC)).here)
        write(away / "Activity" / "b.gpx", make_run())
        away.rename(mount)
        post.wait_for(lambda: post.seen == ["a.gpx", "b.gpx"])
        write(mount / "Activity" / "c.gpx", make_run())  # events work again
        post.wait_for(lambda: post.seen == ["a.gpx", "b.gpx", "c.gpx"])


def test_another_folder_of_the_same_name(folder: Path, tmp_path: Path) -> None:
    with posted(folder, pace=Pace(gap=0.01, seek=0.02, poll=60, whole=60)) as post:
        rounds = post.watcher._rounds
        assert rounds is not None
        folder.rename(tmp_path / "old")
        folder.mkdir()
        post.wait_for(lambda: rounds._armed == rounds._state())
        write(folder / "a.gpx", make_run())
        post.wait_for(lambda: post.seen == ["a.gpx"])


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    later = tmp_path / "later"
    with posted(later, pace=Pace(gap=0.01, seek=0.02, poll=60, whole=60)) as post:
        assert post.watcher.polled == ()
        write(later / "a.gpx", make_run())
        post.wait_for(lambda: post.seen == ["a.gpx"])


# --- where the system does not tell ----------------------------------------------------------


POLLING = Pace(gap=0.01, seek=60, poll=0.05, whole=60)


def test_a_network_drive_is_polled(folder: Path) -> None:
    with posted(folder, pace=POLLING, tells=lambda _: False) as post:
        assert post.watcher.polled == (folder,)
        write(folder / "a.gpx", make_run())
        post.wait_for(lambda: post.seen == ["a.gpx"])
        assert {thread.name for thread in threading.enumerate()} >= {"watched folders"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE])
def test_no_inotify_watch_is_left(folder: Path, number: int) -> None:
    """At the edge to the system: the limit is of all of the user's processes."""

    class Full(Observer):  # type: ignore[misc,valid-type]
        def schedule(self, *args: Any, **kwargs: Any) -> ObservedWatch:
            raise OSError(number, "inotify watch limit reached")

    with posted(folder, pace=POLLING, observer=Full) as post:
        assert post.watcher.polled == (folder,)
        write(folder / "a.gpx", make_run())
        post.wait_for(lambda: post.seen == ["a.gpx"])


def test_no_inotify_watch_is_left_for_what_is_within(folder: Path) -> None:
    """Of which watchdog says nothing: the folder itself is watched, and one more cannot be."""

    class Nearly(Observer):  # type: ignore[misc,valid-type]
        def schedule(self, handler: Any, path: Any, **kwargs: Any) -> ObservedWatch:
            if str(path) != str(folder):
                raise OSError(errno.ENOSPC, "inotify watch limit reached")
            return super().schedule(handler, path, **kwargs)  # type: ignore[no-any-return]

    with posted(folder, pace=POLLING, observer=Nearly) as post:
        assert post.watcher.polled == (folder,)


def test_no_inotify_instance_is_left(folder: Path) -> None:
    def none() -> BaseObserver:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    with posted(folder, pace=POLLING, observer=none) as post:
        assert post.watcher.polled == (folder,)
        write(folder / "a.gpx", make_run())
        post.wait_for(lambda: post.seen == ["a.gpx"])


def test_all_is_looked_at_now_and_then_whatever_the_system_tells(folder: Path) -> None:
    class Deaf(Observer):  # type: ignore[misc,valid-type]
        def dispatch_events(self, event_queue: Any) -> None:
            event_queue.get()
            event_queue.task_done()

    pace = Pace(gap=0.01, seek=60, poll=60, whole=0.05)
    with posted(folder, pace=pace, observer=Deaf) as post:
        assert post.watcher.polled == ()
        write(folder / "a.gpx", make_run())
        post.wait_for(lambda: post.seen == ["a.gpx"])


def test_a_file_that_failed_is_called_for_again(folder: Path) -> None:
    pace = Pace(gap=0.01, seek=0.02, poll=60, whole=60)
    with posted(folder, pace=pace) as post:
        aged(write(folder / "a.gpx", "<gpx>"), seconds=58.5)
        found = post.watcher.look(datetime.now(UTC)).ready
        deadline = time.monotonic() + _DEADLINE_S
        while not found:
            assert time.monotonic() < deadline
            time.sleep(0.02)
            found = post.watcher.look(datetime.now(UTC)).ready
        post.watcher._memory.try_later(found[0].path)
        post.wait_for(lambda: post.seen == ["a.gpx"])


def test_without_folders_there_is_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with posted() as post:
        assert threading.active_count() == before
        assert post.watcher.look(datetime.now(UTC)).sources == ()


def test_it_starts_again_after_a_stop(folder: Path) -> None:
    with posted(folder) as post:
        post.watcher.stop()
        post.watcher.stop()
        write(folder / "a.gpx", make_run())
        post.watcher.start()
        post.watcher.start()
        post.look()
        write(folder / "b.gpx", make_run())
        post.wait_for(lambda: set(post.seen) == {"a.gpx", "b.gpx"})
