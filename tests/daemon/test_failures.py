"""The daemon as a real process: what fails, what follows, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from tests.daemon.running import OFTEN, SELDOM, Running, at, tell
from tests.support import run_cli


def test_a_task_that_fails_and_the_others(home: Path) -> None:
    """Others go on; it is tried again after longer and longer; the third failure is an alert, and
    ends with the first success.
    """
    tell(home, "seldom", "fail cold")
    with Running(home, SELDOM, OFTEN) as daemon:
        daemon.until(lambda: len(daemon.done("seldom")) >= 5)
        tries = daemon.done("seldom")[:5]
        waits = [(b - a).total_seconds() for a, b in pairwise(tries)]
        for n, wait in enumerate(waits):
            assert 0.1 * 2**n <= wait < 0.1 * 2**n + 5
        assert len(daemon.done("often")) >= 5
        counts = [line["counts"]["failures"] for line in daemon.said(job="seldom")]
        assert counts[:4] == [1, 2, 3, 4]
        (trouble,) = daemon.troubles()
        assert (trouble.draft.subject, trouble.is_open) == ("trouble:seldom", True)
        assert "It is cold" in trouble.draft.body
        row = daemon.job("seldom")
        assert (row.fault, row.message, row.done_at) == ("ColdError", "it is cold", None)
        daemon.tell("seldom", "nothing")
        daemon.until(lambda: not daemon.troubles()[0].is_open)
        row = daemon.job("seldom")
        assert (row.failures, row.fault) == (0, "")
        assert row.done_at is not None
        assert len(daemon.troubles()) == 1


def test_two_kinds_of_failure_by_turns_are_no_third_of_a_kind(home: Path) -> None:
    with Running(home, {"name": "moody", "every": 0.2}) as daemon:
        for kind in ("cold", "warm", "cold", "bug"):
            before = len(daemon.done("moody"))
            daemon.tell("moody", f"fail {kind}")
            daemon.until(lambda before=before: len(daemon.done("moody")) > before)  # type: ignore[misc]
        # At most two of a kind: the file is told anew as soon as it was read once.
        daemon.tell("moody", "nothing")
        daemon.until(lambda: daemon.job("moody").failures == 0)
        most = max(line["counts"]["failures"] for line in daemon.said(event="failed"))
        assert bool(daemon.troubles()) == (most >= 3)
        bugs = [line for line in daemon.said(event="failed") if "bug" in line["message"]]
        assert all("ZeroDivisionError" in line["message"] for line in bugs)
        assert bugs


def test_a_chore_that_knows_when_to_go_on_is_done_then(home: Path) -> None:
    tell(home, "strava", "limit 1.0")
    with Running(home, {"name": "strava", "every": 600}) as daemon:
        daemon.until(lambda: len(daemon.done("strava")) == 2)
        first, second = daemon.done("strava")
        assert 1.0 <= (second - first).total_seconds() < 20
        assert daemon.job("strava").failures == 0


def test_what_follows_a_change_is_done_at_once(home: Path) -> None:
    tell(home, "seldom", "say one came")
    after = {"name": "after", "at": at(datetime.now(UTC) - timedelta(hours=1))}
    with Running(home, {**SELDOM, "then": ["after"]}, after) as daemon:
        daemon.until(lambda: daemon.done("after"))
        (line,) = daemon.until_said(job="seldom")
        assert (line["message"], line["counts"], line["level"]) == ("one came", {"said": 1}, "info")


def test_what_is_due_before_the_thread_of_its_last_time_has_ended(home: Path) -> None:
    tell(home, "strava", "limit 0")
    with Running(home, {"name": "strava", "every": 600}, late_end=0.5) as daemon:
        daemon.until(lambda: len(daemon.done("strava")) > 3)


def test_a_task_that_is_woken_while_it_is_under_way_is_done_once_more(home: Path) -> None:
    tell(home, "slow", "rest 0.6")
    tell(home, "often", "say more")
    often = {**OFTEN, "every": 0.4, "then": ["slow"]}
    with Running(home, often, {"name": "slow", "every": 600}, late_end=0.3) as daemon:
        done = daemon.until(lambda: daemon.done("slow")[3:] and daemon.done("slow"))
        assert all(after - before >= timedelta(seconds=0.6) for before, after in pairwise(done))


def test_what_fails_is_not_hurried_by_what_it_follows(home: Path) -> None:
    tell(home, "often", "say more")
    tell(home, "sick", "fail cold")
    sick = {"name": "sick", "every": 600}
    with Running(home, {**OFTEN, "then": ["sick"]}, sick, pace={"first_retry": 60}) as daemon:
        daemon.until(lambda: len(daemon.done("often")) > 6)
        assert len(daemon.done("sick")) == 1


def test_a_change_by_another_process_is_looked_at_when_it_is_over(home: Path) -> None:
    check = {"name": "check", "at": at(datetime.now(UTC) - timedelta(hours=1))}
    with Running(home, check, OFTEN) as daemon:
        daemon.until(lambda: len(daemon.done("check")) == 1)  # of what came while it was off
        assert run_cli("shoe", "add", "Pegasus", home=home).returncode == 0
        daemon.until(lambda: len(daemon.done("check")) == 2)
        often = len(daemon.done("often"))
        daemon.until(lambda: len(daemon.done("often")) > often + 5)
        assert len(daemon.done("check")) == 2


def test_nothing_happens_and_nothing_is_said(home: Path) -> None:
    with Running(home, real=True, pace={"soon": 600}) as daemon:
        daemon.until_begun()
        signed = datetime.min.replace(tzinfo=UTC)
        for _ in range(4):
            last = signed
            signed = daemon.until(lambda last=last: _later(daemon, last))  # type: ignore[misc]
        assert daemon.stop()[0] == 0
        assert [line["event"] for line in daemon.lines] == ["started", "stopping", "stopped"]


def _later(daemon: Running, before: datetime) -> datetime | None:
    found = daemon.heartbeat().beat_at
    return found if found > before else None
