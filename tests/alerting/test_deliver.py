"""Every alert arrives on every channel, once, whatever fails meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import pytest

from shoetrack.alerting import deliver as delivering
from shoetrack.alerting.deliver import Delivered
from shoetrack.alerting.raising import raise_alert
from shoetrack.alerting.secrets import passwords
from shoetrack.config import Config
from shoetrack.config.alerts import Alerts, Email
from shoetrack.db import alert_queries, delivery_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.errors import StoreError
from shoetrack.locks import DELIVERY, is_held, one_at_a_time
from shoetrack.model import AlertKind, Draft
from shoetrack.notify import Bar, NotifyError, Sent, open_channel
from shoetrack.vault import VaultError
from tests.alerting.channels import DOWN, World
from tests.smtp_server import Answer, smtp_server
from tests.support import NOW

MINUTE = timedelta(minutes=1)
ALL_DELIVERED = {"email": "delivered", "desktop": "delivered"}


@pytest.fixture
def world(location: Location, store: Store) -> World:
    return World(location)


# --- what arrives ---------------------------------------------------------------------------


def test_what_is_due_is_one_message_a_channel_and_comes_once(world: World) -> None:
    alerts = [world.alert("one"), world.alert("two", urgent=True), world.alert("three", "email")]
    assert world.deliver() == Delivered((("email", 3), ("desktop", 2)))
    assert world.channels["email"].titles == [["two", "one", "three"]]
    assert world.channels["desktop"].titles == [["two", "one"]]
    assert [world.status(alert) for alert in alerts] == [
        ALL_DELIVERED,
        ALL_DELIVERED,
        {"email": "delivered"},
    ]
    assert world.deliver() == Delivered()
    assert [channel.tries for channel in world.channels.values()] == [1, 1]


def test_without_a_store_there_is_nothing_to_say(tmp_path: Path) -> None:
    location = Location(tmp_path / "none" / "shoetrack.db")
    assert World(location).deliver() == Delivered()
    assert not location.path.parent.exists()


def test_the_message_says_the_most_urgent_first_and_how_to_acknowledge(world: World) -> None:
    world.alert("Pegasus waits")
    world.alert("Ghost is worn out", urgent=True)
    world.deliver()
    ((message, _),) = world.channels["email"].came
    assert message.subject == "Ghost is worn out (and 1 more)"
    assert message.urgency == 2
    assert message.made_at == NOW
    assert "shoetrack alerts ack 2 1" in message.parts[-1].body
    assert "shoetrack alerts snooze ID --until 1w" in message.parts[-1].body


def test_a_pair_s_place_in_its_range_goes_with_it(world: World, store: Store) -> None:
    with store.write("test", "", NOW) as tx:
        shoe_id = tx.add("shoe", name="Pegasus 41", name_key="pegasus 41")
        draft = Draft(
            AlertKind.WEAR,
            f"shoe:{shoe_id}",
            "Pegasus 41 is near its end",
            "Buy the next pair now.",
            shoe_id=shoe_id,
            stage="near-end",
            distance_mm=724_204_800,
            range_mm=(482_803_200, 804_672_000),
        )
        raise_alert(tx, draft, ["email"])
    world.deliver()
    ((message, _),) = world.channels["email"].came
    bar = Bar("Pegasus 41", 724_204_800, (482_803_200, 804_672_000), "450.0 of 300-500 mi")
    assert message.parts[0].bar == bar
    assert message.urgency == 1


def test_a_digest_is_a_message_of_its_own_and_asks_for_nothing(world: World) -> None:
    world.alert("one")
    facts = {"parts": [{"title": "The week", "body": "31 mi", "bar": None}]}
    alert = world.alert("digest", kind=AlertKind.DIGEST)
    world.note("alert", alert.id, facts=json.dumps(facts))
    world.deliver()
    assert world.channels["email"].titles == [["one"], ["The week"]]
    message = world.channels["email"].came[1][0]
    assert (message.subject, message.parts[0].body, message.urgency) == ("digest", "31 mi", 0)


# --- again ----------------------------------------------------------------------------------


def test_a_channel_that_is_down_is_tried_again_and_holds_back_no_other(world: World) -> None:
    world.channels["email"].fault = DOWN
    alert = world.alert("one")
    done = world.deliver()
    assert done == Delivered((("desktop", 1),), (("email", str(DOWN)),), 0, 1, NOW + MINUTE)
    found = world.deliveries(alert)["email"]
    assert (found.tries, found.tried_at, found.fault) == (1, NOW, str(DOWN))
    assert world.channels["desktop"].titles == [["one"]]
    # Not before its time, and then it waits twice as long.
    assert world.deliver() == Delivered(waiting=1, next_at=NOW + MINUTE)
    world.wait(minutes=1)
    assert world.deliver().next_at == NOW + 3 * MINUTE
    assert world.channels["email"].tries == 2
    world.channels["email"].fault = None
    world.wait(minutes=2)
    assert world.deliver() == Delivered((("email", 1),))
    assert world.status(alert) == ALL_DELIVERED
    assert world.deliveries(alert)["email"].fault == ""


def test_what_was_tried_together_is_the_same_message_again(world: World) -> None:
    keys = []

    def opener(name: str, settings: Alerts, secrets: object) -> Any:
        class Listening:
            def send(self, message: Any, only: object = ()) -> Sent:
                keys.append((message.key, [part.title for part in message.parts]))
                if len(keys) == 1:
                    raise DOWN
                return Sent()

        return Listening()

    world.alert("one", "email")
    world.alert("two", "email")
    world.deliver(opener=opener)
    world.alert("three", "email")
    world.wait(minutes=1)
    world.deliver(opener=opener)
    first, fresh, again = keys
    assert first == again
    assert first[1] == ["one", "two"]
    assert fresh[1] == ["three"]
    assert fresh[0] != first[0]


def test_two_stores_do_not_say_the_same_message(tmp_path: Path) -> None:
    keys = set()
    for number in range(2):
        world = World(Location(tmp_path / f"{number}" / "shoetrack.db"))
        world.wait(seconds=number)
        world.alert("one", "email")
        world.deliver()
        keys.add(world.channels["email"].came[0][0].key)
    assert len(keys) == 2


def test_a_refusal_of_one_message_does_not_stop_the_next(world: World) -> None:
    world.channels["email"].answers = [NotifyError("refused", "it holds a word we do not like")]
    world.alert("one", "email")
    digest = world.alert("digest", "email", kind=AlertKind.DIGEST)
    world.note("alert", digest.id, facts='{"parts": []}')
    assert world.deliver().delivered == 1
    assert world.channels["email"].tries == 2


def test_a_channel_that_is_down_is_not_asked_for_each_message(world: World) -> None:
    world.channels["email"].fault = DOWN
    world.alert("one", "email")
    world.alert("digest", "email", kind=AlertKind.DIGEST)
    done = world.deliver()
    assert world.channels["email"].tries == 1
    assert (len(done.failed), done.waiting, done.next_at) == (1, 2, NOW + MINUTE)


def test_an_alert_that_is_due_twice_is_said_once(world: World, store: Store) -> None:
    """Held back in quiet hours, and once more after a snooze."""
    alert = world.alert("one", "email")
    with store.write("test", "", NOW) as tx:
        values = {"alert_id": alert.id, "channel": "email", "created_at": NOW, "next_at": NOW}
        tx.note_new("delivery", round=1, **values)
    assert world.deliver().delivered == 2
    assert world.channels["email"].titles == [["one"]]


def test_only_those_who_have_not_got_it_get_it_again(world: World) -> None:
    email = world.channels["email"]
    email.answers = [Sent(["bob@example.org"], "not taken for bob@example.org: try later")]
    alert = world.alert("one", "email")
    done = world.deliver()
    assert done.failed == (("email", "not taken for bob@example.org: try later"),)
    assert done.waiting == 1
    assert world.deliveries(alert)["email"].left_to == ("bob@example.org",)
    # A failure in between forgets nobody.
    email.answers = [DOWN]
    world.wait(minutes=1)
    world.deliver()
    world.wait(minutes=2)
    assert world.deliver().delivered == 1
    assert [only for _, only in email.came] == [(), ("bob@example.org",)]
    assert len({message.key for message, _ in email.came}) == 1
    assert world.deliveries(alert)["email"].left_to == ()


def test_secrets_that_cannot_be_read_are_a_fault_of_the_channel(world: World) -> None:
    world.channels["email"].fault = VaultError("unlock the keyring and try again")
    world.alert("one")
    done = world.deliver()
    assert done.failed == (("email", "unlock the keyring and try again"),)
    assert done.delivered == 1


def test_what_never_comes_through_is_given_up_and_the_others_say_so(world: World) -> None:
    world.channels["email"].fault = DOWN
    alert = world.alert("one")
    found = world.deliver()
    while not found.given_up:
        assert found.next_at is not None
        world.now = found.next_at
        found = world.deliver()
    assert timedelta(days=2.7) < world.now - NOW <= timedelta(days=3)
    assert found == Delivered((("desktop", 1),), (("email", str(DOWN)),), 1, 0)
    assert world.status(alert) == {"email": "given-up", "desktop": "delivered"}
    assert world.channels["desktop"].titles == [["one"], ["E-mail does not come through"]]
    said = world.channels["desktop"].came[1][0].parts[0].body
    assert str(DOWN) in said
    with open_reader(world.location) as reader:
        assert reader is not None
        assert [one.alert_id for one in delivery_queries.given_up(reader)] == [alert.id]
        trouble = alert_queries.open_alerts(reader)[-1]
    assert trouble.draft.subject == "trouble:delivery:email"
    # It works again: that is over, and what was lost stays known until it is acknowledged.
    world.channels["email"].fault = None
    world.alert("two")
    world.deliver()
    assert world.channels["email"].titles == [["two"]]
    with open_reader(world.location) as reader:
        assert reader is not None
        titles = [one.draft.title for one in alert_queries.open_alerts(reader)]
        assert titles == ["one", "two"]
        assert len(delivery_queries.given_up(reader)) == 1
    world.note("alert", alert.id, acked_at=world.now)
    with open_reader(world.location) as reader:
        assert reader is not None
        assert delivery_queries.given_up(reader) == []


# --- what waits, and what is dropped --------------------------------------------------------


def test_quiet_hours_hold_back_what_is_not_urgent(world: World) -> None:
    night = world.config.alerts._replace(quiet=(clock_time(11), clock_time(14)))
    world.config = Config(timezone=UTC, alerts=night)
    world.alert("one", "email")
    world.alert("worn out", "email", urgent=True)
    done = world.deliver()
    assert world.channels["email"].titles == [["worn out"]]
    assert done == Delivered((("email", 1),), waiting=1, next_at=NOW + timedelta(hours=2))
    world.alert("two", "email")
    assert world.deliver().delivered == 0
    world.wait(hours=2)
    assert world.deliver().delivered == 2
    assert world.channels["email"].titles[1:] == [["one", "two"]]


def test_what_is_snoozed_waits(world: World) -> None:
    alert = world.alert("one", "email")
    world.note("alert", alert.id, snoozed_until=NOW + timedelta(days=7))
    assert world.deliver() == Delivered(waiting=1, next_at=NOW + timedelta(days=7))
    world.wait(days=7)
    assert world.deliver().delivered == 1


def test_what_need_not_be_said_is_dropped(world: World) -> None:
    seen, over, said = (world.alert(title, "email") for title in ("seen", "over", "said"))
    gone = world.alert("gone", "ntfy")
    world.note("alert", seen.id, acked_at=NOW)
    world.note("alert", over.id, ended_at=NOW + MINUTE)
    assert world.deliver() == Delivered((("email", 1),))
    assert world.channels["email"].titles == [["said"]]
    assert [world.status(one) for one in (seen, over, gone)] == [
        {"email": "dropped"},
        {"email": "dropped"},
        {"ntfy": "dropped"},
    ]
    assert world.status(said) == {"email": "delivered"}


def test_clocks_that_were_years_ahead(world: World) -> None:
    world.now = NOW.replace(year=2040)
    world.channels["email"].answers = [DOWN]
    alert = world.alert("one")
    world.deliver()
    world.now = NOW
    assert world.deliver() == Delivered((("email", 1),))
    assert world.status(alert) == ALL_DELIVERED


# --- one at a time --------------------------------------------------------------------------


def test_while_another_delivers_nothing_is_done(world: World) -> None:
    world.alert("one")
    with one_at_a_time(world.location, DELIVERY):
        assert world.deliver() == Delivered(waiting=2)
    assert world.channels["email"].tries == 0
    assert world.deliver().delivered == 2
    assert not is_held(world.location, DELIVERY)


CHILD = """
import os, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from shoetrack.alerting.deliver import deliver
from shoetrack.config import Config
from shoetrack.config.alerts import Alerts
from shoetrack.db.location import Location
from shoetrack.notify import Sent

store, out, deed = sys.argv[1:]

class ToFile:
    def send(self, message, only=()):
        with open(out, "a") as stream:
            for part in message.parts:
                stream.write(f"{message.key} {part.title}\\n")
        if deed == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.2)
        return Sent()

config = Config(timezone=UTC, alerts=Alerts(channels=("email",)))
now = lambda: datetime.now(UTC)
print(deliver(Location(Path(store)), config, str, now, opener=lambda *_: ToFile()).delivered)
"""


def child(world: World, out: Path, deed: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", CHILD, str(world.location.path), str(out), deed]
    return subprocess.Popen(words, stdout=subprocess.PIPE, encoding="utf-8")


def test_two_processes_at_once_say_it_once(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    titles = [f"alert {number}" for number in range(5)]
    for title in titles:
        world.alert(title, "email")
    both = [child(world, out, "live") for _ in range(2)]
    delivered = [int(process.communicate(timeout=60)[0]) for process in both]
    assert sorted(delivered) == [0, 5]
    said = [line.partition(" ")[2] for line in out.read_text().splitlines()]
    assert said == titles


def test_a_kill_between_sending_and_marking_repeats_that_one(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = world.alert("one", "email")
    with child(world, out, "die") as process:
        assert process.wait(60) == -signal.SIGKILL
    assert world.status(first) == {"email": "pending"}
    world.alert("two", "email")
    with child(world, out, "live") as process:
        assert process.communicate(timeout=60)[0] == "2\n"
    with child(world, out, "live") as process:
        assert process.communicate(timeout=60)[0] == "0\n"
    killed, *after = (line.split(" ", 1) for line in out.read_text().splitlines())
    assert killed[1] == "one"
    assert sorted(title for _, title in after) == ["one", "two"]
    # The very same mail, so that a server or a reader can tell.
    assert killed in after


# --- what hangs, breaks, or cannot be noted -------------------------------------------------


@contextmanager
def hanging(world: World, name: str) -> Iterator[threading.Event]:
    """A channel that hangs until the event is set; its thread has ended after that."""
    before = set(threading.enumerate())
    let_go = world.channels[name].hangs = threading.Event()
    try:
        yield let_go
    finally:
        let_go.set()
        for thread in set(threading.enumerate()) - before:
            thread.join(30)


def test_a_channel_that_hangs_is_left_behind(world: World) -> None:
    alert = world.alert("one")
    with hanging(world, "email") as let_go:
        done = world.deliver(patience_s=0.3)
        fault = "it had not answered after 0 seconds"
        assert (done.delivered, done.waiting) == (1, 1)
        assert [channel for channel, _ in done.failed] == ["email"]
        assert world.channels["desktop"].titles == [["one"]]
        assert world.deliveries(alert)["email"].fault == fault
        # As long as it hangs no second thread joins it.
        world.wait(minutes=1)
        assert "earlier message" in world.deliver(patience_s=0.3).failed[0][1]
        assert world.channels["email"].tries == 1
        let_go.set()
        deadline = time.monotonic() + 20
        while world.status(alert) != ALL_DELIVERED and time.monotonic() < deadline:
            time.sleep(0.01)
    # It came after all, and is not sent again.
    assert world.status(alert) == ALL_DELIVERED
    assert world.deliver() == Delivered()


def test_a_late_failure_does_not_undo_what_was_noted_since(world: World) -> None:
    alert = world.alert("one", "email")
    world.channels["email"].answers = [DOWN]
    with hanging(world, "email"):
        world.deliver(patience_s=0.2)
        delivery = world.deliveries(alert)["email"]
        world.note("delivery", delivery.id, status="delivered")
    assert world.status(alert) == {"email": "delivered"}


def test_stopping_waits_for_nobody(world: World) -> None:
    alert = world.alert("one")
    stop = threading.Event()
    with hanging(world, "email"):
        threading.Timer(0.2, stop.set).start()
        begun = time.monotonic()
        done = world.deliver(stop=stop)
        assert time.monotonic() - begun < 4
        assert (done.delivered, done.waiting) == (1, 1)
    # What was on its way when all stopped has come after all: it is not said again.
    assert world.status(alert) == ALL_DELIVERED
    assert world.deliver() == Delivered()


def test_what_was_cut_off_by_a_stop_is_due_again_at_once(world: World) -> None:
    alert = world.alert("one", "email")
    stop = threading.Event()
    world.channels["email"].answers = [DOWN]
    with hanging(world, "email"):
        threading.Timer(0.1, stop.set).start()
        world.deliver(stop=stop)
        assert world.deliveries(alert)["email"].fault == ""
        begun = world.deliver()  # its thread is still there
        assert begun.next_at == NOW + MINUTE  # and not at once, over and over
    world.channels["email"].hangs = None
    world.note("delivery", world.deliveries(alert)["email"].id, fault="")
    assert world.deliver().delivered == 1


def test_when_all_stops_nothing_is_begun(world: World) -> None:
    world.alert("one")
    stop = threading.Event()
    stop.set()
    assert world.deliver(stop=stop) == Delivered(waiting=2, next_at=NOW)


def test_what_comes_due_within_a_round_is_due_at_once(world: World) -> None:
    """As where the clock is set on while it goes."""
    world.channels["email"].answers = [DOWN]
    world.alert("one", "email")
    world.deliver()
    times = iter([NOW + MINUTE / 2])
    found = delivering.deliver(
        world.location,
        world.config,
        lambda name: "",
        lambda: next(times, NOW + 2 * MINUTE),
        opener=lambda name, _settings, _passwords: world.channels[name],
    )
    assert (found.failed, found.next_at) == ((), NOW + MINUTE)


def test_a_bug_in_one_channel_is_raised_after_the_others_are_done(world: World) -> None:
    world.channels["email"].fault = ZeroDivisionError("a bug")
    alert = world.alert("one")
    with pytest.raises(ZeroDivisionError, match="a bug"):
        world.deliver()
    assert world.status(alert) == {"email": "pending", "desktop": "delivered"}
    assert world.deliveries(alert)["email"].fault == "a bug in shoetrack: ZeroDivisionError: a bug"
    assert world.deliver() == Delivered(waiting=1, next_at=NOW + MINUTE)


class FullDisk(Store):
    """A store that takes so many writes and then no more."""

    room = 0

    @contextmanager
    def write(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        if type(self).room <= 0:
            raise StoreError("the disk with the store is full")
        type(self).room -= 1
        with super().write(*args, **kwargs) as tx:
            yield tx


@pytest.mark.parametrize("room", [0, 1])
def test_a_full_disk_is_no_reason_to_say_it_again_and_again(
    world: World, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    alert = world.alert("one", "email")
    monkeypatch.setattr(delivering, "PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(delivering, "Store", FullDisk)
    monkeypatch.setattr(FullDisk, "room", room)
    for _ in range(4):
        done = world.deliver()
        ((channel, fault),) = done.failed
        assert channel == "email"
        assert "the disk with the store is full" in fault
        world.wait(minutes=5)
    # With room to note that it is being tried it was sent; then nothing was that cannot be noted.
    assert world.channels["email"].tries == room
    monkeypatch.setattr(FullDisk, "room", 1000)
    assert world.deliver().delivered == 1
    assert world.channels["email"].tries == room + 1
    assert world.status(alert) == {"email": "delivered"}


def test_a_store_that_is_busy_for_a_moment_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.alert("one", "email")
    monkeypatch.setattr(delivering, "PAUSES_S", (0.0, 0.05))

    class Busy(Store):
        writes = 0

        @contextmanager
        def write(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
            Busy.writes += 1
            if Busy.writes in (2, 3):
                raise StoreError("the store is in use by another program")
            with super().write(*args, **kwargs) as tx:
                yield tx

    monkeypatch.setattr(delivering, "Store", Busy)
    assert world.deliver() == Delivered((("email", 1),))
    assert world.channels["email"].tries == 1


# --- by a real mail server ------------------------------------------------------------------


def test_a_mail_from_the_store_to_the_inbox(world: World, tmp_path: Path) -> None:
    """A server that is gone at first, and then takes it for one of two only."""
    with smtp_server(tmp_path, tls="none") as server:
        port = server.port
    email = Email("127.0.0.1", "shoes@example.org", ("ada@example.org", "bob@example.org"), port)
    settings = Alerts(channels=("email",), email=email._replace(security="none"))
    world.config = Config(timezone=UTC, alerts=settings)
    alert = world.alert("Pegasus 41 is worn out", urgent=True)
    opener = open_channel
    done = world.deliver(opener=opener)
    assert done.waiting == 1
    assert "127.0.0.1" in done.failed[0][1]
    with smtp_server(tmp_path, tls="none") as server:
        world.config = Config(
            timezone=UTC,
            alerts=settings._replace(email=email._replace(security="none", port=server.port)),
        )
        server.answers.append(Answer("RCPT", "450 4.2.1 try later", about="bob@"))
        world.wait(minutes=1)
        done = world.deliver(opener=opener)
        assert world.deliveries(alert)["email"].left_to == ("bob@example.org",)
        assert "bob@example.org" in done.failed[0][1]
        world.wait(minutes=2)
        assert world.deliver(opener=opener) == Delivered((("email", 1),))
        first, second = server.wait_for(2)
    assert (first.to, second.to) == (("ada@example.org",), ("bob@example.org",))
    assert first.message["Subject"] == "Pegasus 41 is worn out"
    assert first.message["Message-ID"] == second.message["Message-ID"]
    body = first.message.get_body(("plain",))
    assert body is not None
    assert f"shoetrack alerts ack {alert.id}" in body.get_content()


def test_passwords_are_asked_for_once_a_round(world: World) -> None:
    asked = []

    def secret(name: str) -> str:
        asked.append(name)
        return "hush"

    def opener(name: str, settings: Alerts, secrets: Any) -> Any:
        assert secrets("smtp") == "hush"
        return world.channels[name]

    world.alert("one", "email")
    digest = world.alert("digest", "email", kind=AlertKind.DIGEST)
    world.note("alert", digest.id, facts='{"parts": []}')
    done = delivering.deliver(
        world.location, world.config, secret, lambda: world.now, opener=opener
    )
    assert done.delivered == 2
    assert asked == ["smtp"]


def test_the_environment_s_password_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert passwords(tmp_path)("smtp") == ""
    monkeypatch.setenv("SHOETRACK_SMTP_PASSWORD", "hush")
    assert passwords(tmp_path)("smtp") == "hush"
    assert passwords(tmp_path)("ntfy") == ""
