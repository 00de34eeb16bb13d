"""The daemon killed at any moment, and told to stop when it cannot know yet what it is at."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command

from shoetrack.db import migrate, version
from shoetrack.db.location import Location
from shoetrack.db.reader import schema_version
from shoetrack.locks import DAEMON, one_at_a_time
from tests.daemon.house import PAIRS, QUICK, House, after_a_look, ids_in, text_of
from tests.daemon.running import Running
from tests.notify.test_service import Web
from tests.smtp_server import Received, SmtpServer
from tests.support import finish, start_cli, write_season


class Reaper:
    """Kills a daemon at a moment of choice: the server has its mail, and has not said so yet."""

    def __init__(self, server: SmtpServer) -> None:
        self.daemon: Running | None = None
        self._keep = server.keep

    def __call__(self, mail: Received) -> None:
        self._keep(mail)
        if self.daemon is not None:
            self.daemon.process.kill()
            self.daemon = None


def live_dangerously(
    house: House, server: SmtpServer, phone: Web, reaper: Reaper, seed: int, rounds: int
) -> Counter[str]:
    """Let files arrive one after the other, and kill the daemon in each round; gives how often a
    channel had a message on its way then.
    """
    chance = random.Random(seed)
    flying: Counter[str] = Counter()
    for _ in range(rounds):
        begun = datetime.now(UTC)
        for _ in range(chance.randint(0, 2)):
            house.drop(chance.choice(PAIRS), chance.uniform(5, 40))
        with Running(house.home, real=True, pace=QUICK, env=house.env, settle=0.1) as daemon:
            moment = chance.choice(["any", "mail", "phone", "talk", "check"])
            if chance.random() < 0.5:
                house.drop(chance.choice(PAIRS), chance.uniform(5, 40))
            if moment == "mail":
                reaper.daemon = daemon
            told, talks = len(phone.told), server.count("CONNECT")
            end = time.monotonic() + chance.uniform(0.4, 2.5) + (moment != "any")
            while time.monotonic() < end and daemon.process.poll() is None:
                if (
                    (moment == "phone" and len(phone.told) > told)
                    or (moment == "talk" and server.count("CONNECT") > talks)
                    or daemon.said(job=moment)
                ):
                    break
                time.sleep(0.005)
            reaper.daemon = None
            daemon.process.kill()
        tries = {
            (delivery.channel, delivery.tried_at)
            for delivery in house.deliveries()
            if delivery.tried_at is not None
            and delivery.tried_at > begun
            and (delivery.status, delivery.fault) == ("pending", "")
        }
        flying.update(channel for channel, _ in tries)
        assert len(tries) == len({channel for channel, _ in tries})  # one message at a time
    return flying


def repeats(messages: list[list[int]]) -> int:
    """How many messages speak of an alert that was spoken of before."""
    seen: set[int] = set()
    count = 0
    for ids in messages:
        count += not seen.isdisjoint(ids)
        seen |= set(ids)
    return count


def check_all_was_said(house: House, server: SmtpServer, phone: Web, flying: Counter[str]) -> None:
    """Every alert at least once on each channel, and again only what was on its way at a kill."""
    alerts = house.alerts()
    stages = Counter((one.draft.subject, one.draft.stage, one.draft.step) for one in alerts)
    assert set(stages.values()) == {1}
    last = {one.draft.subject: one.id for one in alerts}
    by_mail = [ids_in(text_of(mail)) for mail in server.mails]
    by_phone = [ids_in(str(told["message"])) for told in phone.told]
    for channel, messages in (("email", by_mail), ("phone", by_phone)):
        said = {number for ids in messages for number in ids}
        told = {d.alert_id: d.status for d in house.deliveries() if d.channel == channel}
        for one in alerts:
            if told[one.id] == "dropped":  # a later stage says more
                assert one.id < last[one.draft.subject]
            else:
                assert told[one.id] == "delivered"
                assert one.id in said
        assert repeats(messages) <= flying[channel]
    by_id: dict[str, set[str]] = {}
    for mail in server.mails:
        by_id.setdefault(str(mail.message["Message-ID"]), set()).add(text_of(mail))
    assert all(len(texts) == 1 for texts in by_id.values())
    house.check_miles()


def test_killed_again_and_again(
    house: House, server: SmtpServer, phone: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.configure(server, phone)
    house.add(*PAIRS)
    reaper = Reaper(server)
    monkeypatch.setattr(server, "keep", reaper)
    flying = live_dangerously(house, server, phone, reaper, seed=7, rounds=6)
    with house.running() as daemon:
        daemon.until(lambda: house.is_all_in())
        after_a_look(daemon, house)
        assert daemon.stop()[0] == 0
    assert len(house.alerts()) > 2
    check_all_was_said(house, server, phone, flying)


# --- told to stop ---------------------------------------------------------------------------


def stop_early(home: Path) -> tuple[int, str]:
    """Start it, and have it end as soon as it takes signals; that takes less than 5 seconds."""
    process = start_cli("daemon", home=home, now=None)
    end = time.monotonic() + 20
    while not takes_signals(process.pid):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    for _ in range(20):
        process.send_signal(signal.SIGHUP)
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    ended = finish(process)
    assert time.monotonic() - begun < 5
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def takes_signals(pid: int) -> bool:
    """Whether a process has said what it does at a SIGTERM."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        time.sleep(2)
        return True
    caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_told_to_stop_while_another_is_the_daemon_for_a_moment(home: Path) -> None:
    with one_at_a_time(Location(home / "shoetrack.db"), DAEMON):
        status, said = stop_early(home)
    assert status == 0
    assert said.endswith("daemon: stopped before it had begun\n")


def test_told_to_stop_while_an_older_store_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which takes long here, as another holds it: it stays as it was, until the next time."""
    home = tmp_path / "older"
    location = Location(home / "shoetrack.db")
    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _head: upgrade(config, "0004"))
    migrate.create(location)
    monkeypatch.undo()
    with closing(sqlite3.connect(location.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, said = stop_early(home)
        other.execute("COMMIT")
    assert status == 0
    assert said.endswith("daemon: stopped before it had begun\n")
    assert schema_version(location) == "0004"
    with Running(home, real=True) as daemon:
        daemon.until_begun()
        assert schema_version(location) == version.HEAD
        assert daemon.stop()[0] == 0


def test_told_to_stop_in_the_middle_of_a_long_import(house: House) -> None:
    """What was read is kept, and the next time goes on."""
    runs = 600
    write_season(house.inbox, runs)
    house.configure()
    with house.running(patience=3.5) as daemon:
        daemon.until(lambda: house.count_runs() > 0)
        status, took = daemon.stop()
        assert (status, took < 5) == (0, True)
    before = house.count_runs()
    assert 0 < before < runs
    with house.running() as daemon:
        (imported,) = daemon.until_said(job="folders", event="done")
        assert imported["counts"]["new"] == runs - before
        assert daemon.stop()[0] == 0
    assert house.count_runs() == runs
