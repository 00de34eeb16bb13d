"""Trouble and refused files: told once while they last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta

import pytest

from shoetrack.alerting import answers, raising
from shoetrack.config import Config
from shoetrack.config.alerts import Alerts
from shoetrack.db.location import Location
from shoetrack.db.store import Store
from shoetrack.model import Alert, AlertKind, Draft
from tests.alerting.pairs import Runner
from tests.support import NOW

CONFIG = Config(timezone=UTC, alerts=Alerts(channels=("desktop", "email")))


@pytest.fixture
def runner(store: Store, location: Location) -> Runner:
    return Runner(store, location, CONFIG)


def login_lost(runner: Runner, **options: object) -> Alert | None:
    title, body = "Strava's login is lost", "Log in again: shoetrack strava login"
    return raising.trouble(
        runner.store,
        runner.config,
        "strava",
        title,
        body,
        runner.now,
        **options,  # type: ignore[arg-type]
    )


def test_trouble_is_said_once_while_it_lasts(runner: Runner) -> None:
    alert = login_lost(runner)
    assert alert is not None
    assert (alert.draft.kind, alert.draft.subject) == (AlertKind.TROUBLE, "trouble:strava")
    assert [one.channel for one in runner.deliveries(alert)] == ["desktop", "email"]
    runner.wait(days=9)
    assert login_lost(runner) is None
    answers.acknowledge(runner.store, [alert.id], runner.now)
    assert login_lost(runner) is None
    assert runner.check() == ()


def test_the_same_trouble_again_is_said_once_a_day(runner: Runner) -> None:
    alert = login_lost(runner)
    assert alert is not None
    runner.wait(hours=1)
    assert raising.end_trouble(runner.store, "strava", runner.now)
    assert runner.states(alert) == [(0, "dropped"), (0, "dropped")]
    assert not raising.end_trouble(runner.store, "strava", runner.now)
    assert runner.open() == []
    assert login_lost(runner) is None
    runner.wait(hours=23)
    assert login_lost(runner) is not None


def test_a_channel_in_trouble_is_not_told_of_itself(runner: Runner) -> None:
    alert = login_lost(runner, but_not="email", urgent=True)
    assert alert is not None
    assert [one.channel for one in runner.deliveries(alert)] == ["desktop"]
    assert alert.draft.urgent


def test_a_snoozed_trouble_is_said_again_if_it_lasts(runner: Runner) -> None:
    alert = login_lost(runner, but_not="email")
    assert alert is not None
    with runner.store.write("test", "", runner.now) as tx:
        tx.note("delivery", runner.deliveries(alert)[0].id, status="delivered")
    answers.snooze(runner.store, alert.id, runner.now + timedelta(days=1), runner.now)
    runner.wait(days=1)
    assert runner.check() == ()
    assert runner.states(alert)[1:] == [(0, "pending"), (1, "pending")]


def test_a_digest_is_never_open(runner: Runner) -> None:
    draft = Draft(AlertKind.DIGEST, "digest:2026-06-01", "The week", "10 mi")
    with runner.store.write("test", "", NOW) as tx:
        alert = raising.raise_alert(tx, draft, ("email",))
    assert runner.open() == []
    runner.wait(days=1)
    assert runner.check() == ()
    assert runner.states(alert) == [(0, "pending")]


def test_files_are_told_once_and_with_those_that_are_open(runner: Runner) -> None:
    def tell(refused: Sequence[tuple[str, str]]) -> Alert:
        with runner.store.write("test", "", NOW) as tx:
            return raising.tell_of_files(tx, CONFIG, refused)

    one = tell([("a.gpx", "it is damaged")])
    assert (one.draft.title, one.draft.body) == (
        "1 file could not be read",
        "a.gpx: it is damaged",
    )
    more = [(f"{number}.fit", "it is empty") for number in range(150)]
    two = tell(more)
    assert two.draft.title == "151 files could not be read"
    assert two.draft.body.splitlines()[0] == "0.fit: it is empty"
    assert two.draft.body.splitlines()[5].startswith("and 146 more: ")
    assert runner.open() == [two.draft.title]
    assert {state for _, state in runner.states(one)} == {"dropped"}
    again = tell([("0.fit", "it is cut off")])
    assert again.draft.title == "151 files could not be read"
    answers.acknowledge(runner.store, None, NOW)
    three = tell([("b.gpx", "it is damaged")])
    assert three.draft.title == "1 file could not be read"


def test_files_that_were_read_or_are_gone_are_over(runner: Runner) -> None:
    with runner.store.write("test", "", NOW) as tx:
        ids = [
            tx.note_new(
                "watched_file",
                place=place,
                size=1,
                mtime_ns=1,
                read_by="1",
                reason="it is damaged",
                seen_at=NOW,
            )
            for place in ("a.gpx", "b.zip")
        ]
        refused = [("a.gpx", "it is damaged"), ("b.zip/c.gpx", "it is damaged")]
        raising.tell_of_files(tx, CONFIG, refused)
    for row in ids:
        assert runner.check() == ()
        assert len(runner.open()) == 1
        with runner.store.write("test", "", NOW) as tx:
            tx.forget("watched_file", [row])
    assert runner.check() == ()
    assert runner.open() == []
