"""The daemon end to end: a file becomes miles, the miles an alert, and that a mail that arrives."""

from __future__ import annotations

import base64
import json
import os
import resource
import shutil
import signal
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shoetrack.model import AlertKind
from tests.daemon.house import (
    PAIRS,
    PASSWORD,
    USER,
    House,
    after_a_look,
    ids_in,
    said_by_mail,
    text_of,
)
from tests.notify.test_service import TOKEN, Web
from tests.smtp_server import Answer, Received, SmtpServer, smtp_server

PEGASUS, SPEEDGOAT, ROVER = PAIRS


# --- from a file to a mail ------------------------------------------------------------------


def test_a_file_becomes_miles_and_the_mail_arrives(house: House, server: SmtpServer) -> None:
    house.configure(server)
    house.add(PEGASUS)
    with house.running() as daemon:
        house.drop(PEGASUS, 3, old=False)
        (mail,) = server.wait_for(1)
        assert mail.to == (USER,)
        assert mail.message["Subject"] == "Pegasus 41 has come into its range: 21 of 20-30 mi"
        assert "21.0 mi worn, 9.0 mi left of its range of 20-30 mi." in text_of(mail)
        html = mail.message.get_body(("html",))
        assert html is not None
        (picture,) = [one for one in mail.message.walk() if one.get_content_type() == "image/png"]
        assert f"cid:{str(picture['Content-ID']).strip(' <>')}" in html.get_content()
        assert picture.get_content().startswith(b"\x89PNG")
        daemon.until(house.all_said)
        assert "Pegasus 41 has come into its range" in house.cli("alerts", "list")
        house.cli("alerts", "ack", "1")
        house.drop(PEGASUS, 7)
        assert "Pegasus 41 is near its end: 28 of 30 mi" in subjects(server.wait_for(2))
        daemon.until(house.all_said)
        house.cli("alerts", "snooze", "2", "--until", "1w")
        assert daemon.stop()[0] == 0
    with house.running() as daemon:
        after_a_look(daemon, house)
        daemon.move(3 * 86400)
        daemon.until_said(event="clock")
        after_a_look(daemon, house)
        assert len(server.mails) == 2
        house.drop(PEGASUS, 3)
        assert "Pegasus 41 is at its end: 31 of 30 mi" in subjects(server.wait_for(3))
    house.check_miles()


def subjects(mails: Sequence[Received]) -> list[str]:
    return [str(mail.message["Subject"]) for mail in mails]


# --- a channel, the store or the disk is away for a while -------------------------------------


def test_a_mail_is_due_while_the_server_is_gone_and_the_machine_sleeps(
    house: House, tmp_path: Path, phone: Web
) -> None:
    """What failed is tried again after the sleep, once; the other channels did not wait for it."""
    with smtp_server(tmp_path, user=USER, password=PASSWORD) as server:
        house.configure(server, phone)
    house.configure(
        server, phone, of_alerts='channels = ["desktop", "email", "phone"]\ndigest = "never"'
    )
    house.env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={tmp_path / 'none'}"
    house.add(PEGASUS)
    with house.running() as daemon:
        house.drop(PEGASUS, 3)
        daemon.until(lambda: phone.told)
        assert phone.told[0]["title"] == "Pegasus 41 has come into its range: 21 of 20-30 mi"
        daemon.until(lambda: len(daemon.said(job="deliver", event="problem")) == 2)
        faults = {one.channel: one.fault for one in house.deliveries()}
        assert {name: bool(fault) for name, fault in faults.items()} == {
            "desktop": True,
            "email": True,
            "phone": False,
        }
        with smtp_server(tmp_path, user=USER, password=PASSWORD, port=server.port) as server:
            house.configure(server, phone)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.until_said(event="reloaded")
            daemon.move(3 * 900)
            (mail,) = server.wait_for(1)
            daemon.until(house.all_said)
            daemon.move(3 * 900)
            again = datetime.now(UTC) + timedelta(seconds=5.5 * 900)
            daemon.until(lambda: (at := daemon.job("deliver").done_at) and at > again)
            assert (len(server.mails), len(phone.told)) == (1, 1)
            assert ids_in(text_of(mail)) == [1]


def test_told_to_stop_while_a_server_hangs(house: House, server: SmtpServer) -> None:
    server.answers.append(Answer("DATA", hang=True))
    house.configure(server)
    house.add(PEGASUS)
    house.drop(PEGASUS, 3)
    with house.running(patience=3.5) as daemon:
        daemon.until(lambda: server.count("DATA"))
        status, took = daemon.stop()
        assert (status, took < 5, server.mails) == (0, True, [])
    with house.running() as daemon:
        (mail,) = server.wait_for(1)
        daemon.until(house.all_said)
    assert subjects([mail]) == ["Pegasus 41 has come into its range: 21 of 20-30 mi"]


def test_a_store_that_another_holds_for_ten_seconds(house: House, server: SmtpServer) -> None:
    house.configure(server)
    house.add(PEGASUS)
    with house.running() as daemon:
        with closing(sqlite3.connect(house.location.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            house.drop(PEGASUS, 3)
            time.sleep(5)
            house.drop(PEGASUS, 7)
            time.sleep(5)
            assert server.mails == []
            other.execute("COMMIT")
        server.wait_for(1)
        daemon.until(house.is_all_in)
        after_a_look(daemon, house)
        assert daemon.said(level="error") == []
        assert daemon.stop()[0] == 0
    assert subjects(server.mails)[-1] == "Pegasus 41 is near its end: 28 of 30 mi"
    house.check_miles()


def test_a_full_disk_while_files_arrive(house: House, server: SmtpServer) -> None:
    if not hasattr(resource, "prlimit"):
        pytest.skip("no file can be kept from growing here")
    house.configure(server)
    house.add(*PAIRS)
    with house.running(soon=600) as daemon:  # a backup that finds no room says so too
        server.wait_for(1)  # of what a pair was worn before
        daemon.until(house.all_said)
        pid = daemon.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (3000, before[1]))
        for pair in PAIRS:
            house.drop(pair, 20)
        daemon.until_said(event="failed", job="folders")
        assert len(server.mails) == 1
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        daemon.until(house.is_all_in)
        daemon.until(lambda: house.alerts(AlertKind.TROUBLE))
        after_a_look(daemon, house)
        assert daemon.stop()[0] == 0
    (trouble,) = house.alerts(AlertKind.TROUBLE)
    assert (trouble.draft.subject, trouble.draft.urgent) == ("trouble:store", True)
    assert set(said_by_mail(server.mails)) == {one.id for one in house.alerts()} | {trouble.id}
    assert len(house.alerts()) == 2 + 1
    house.check_miles()


# --- by cron, and what it says meanwhile ----------------------------------------------------


def test_rounds_of_cron_say_what_the_daemon_says(
    house: House, server: SmtpServer, tmp_path: Path, empty_store: Path
) -> None:
    """Every quarter of an hour `daemon --once`: the same alerts, each once on its channel."""
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    shutil.copy(empty_store, other)
    by_cron = House(other, tmp_path / "inbox of cron")
    runs = [(PEGASUS, 3), (ROVER, 12), (PEGASUS, 7), (ROVER, 50)]
    house.configure(server)
    house.add(PEGASUS, ROVER)
    with house.running() as daemon:
        for count in range(len(runs) + 1):  # the first is of what a pair was worn before
            server.wait_for(count + 1)
            daemon.until(house.all_said)
            if count < len(runs):
                house.drop(*runs[count])
        assert daemon.stop()[0] == 0
    by_daemon = said_by_mail(server.mails)
    assert by_daemon == dict.fromkeys(range(1, len(runs) + 2), 1)
    server.mails.clear()
    by_cron.configure(server)
    by_cron.add(PEGASUS, ROVER)
    now = datetime.now(UTC)
    for run in [None, *runs, None]:
        if run is not None:
            by_cron.drop(*run)
        now += timedelta(minutes=15)
        by_cron.cli("daemon", "--once", now=now)
    assert said_by_mail(server.mails) == by_daemon
    assert [one.draft.title for one in by_cron.alerts()] == [
        one.draft.title for one in house.alerts()
    ]
    by_cron.check_miles()


def test_the_log_has_a_line_for_each_thing_and_no_secret(
    house: House, server: SmtpServer, phone: Web
) -> None:
    odd = "läufe\n\x1b[31m ☃ 走 \u202e.gpx"
    server.answers += [
        Answer("AUTH", f"535 5.7.8 {USER} is not {PASSWORD}"),
        Answer("RCPT", f"450 4.2.1 {USER} is busy", times=9),
    ]
    house.configure(server, phone)
    phone.status = 500
    house.add(PEGASUS)
    house.drop(PEGASUS, 3, name=odd)
    (house.inbox / f"bad {odd}").write_text("<gpx><trk>")
    os.utime(house.inbox / f"bad {odd}", (time.time() - 3600,) * 2)
    with house.running() as daemon:
        daemon.until(lambda: len(daemon.said(job="deliver", event="problem")) == 2)
        daemon.move(120)
        daemon.until(lambda: server.count("RCPT"))
        daemon.until(lambda: len(daemon.said(job="deliver", event="problem")) > 2)
        assert daemon.stop()[0] == 0
        lines = daemon.lines
    text = json.dumps(lines, ensure_ascii=False)
    for secret in (PASSWORD, TOKEN, USER, base64.b64encode(PASSWORD.encode()).decode()):
        assert secret not in text
    for line in lines:
        assert line["message"].isprintable()
        assert set(line) == {"time", "level", "job", "event", "message", "counts"}
    problems = [line["message"] for line in lines if line["event"] == "problem"]
    (of_file,) = [one for one in problems if "gpx" in one]
    assert "bad läufe\\n\\x1b[31m ☃ 走 \\u202e.gpx: " in of_file
