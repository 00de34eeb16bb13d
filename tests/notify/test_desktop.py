"""Notifications on a real desktop: a session bus, dunst, and an X server that nobody looks at."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from shoetrack.config.alerts import NO_ALERTS
from shoetrack.notify import Message, NotifyError, Part, Sent, desktop, open_channel
from shoetrack.notify.desktop import Desktop
from tests.desktop import (
    Bus,
    NotificationDaemon,
    Shown,
    needs_desktop,
    notification_daemon,
    private_bus,
    screen,
    wait_until,
    write_bus_config,
    write_dunst_config,
)

if TYPE_CHECKING:
    from dbus_fast import Message as Call

pytestmark = needs_desktop

ADDRESS = "DBUS_SESSION_BUS_ADDRESS"


def message(*parts: Part, subject: str = "", urgency: int = 1) -> Message:
    subject = subject or parts[0].title
    return Message("k1", subject, parts, datetime(2026, 6, 1, 12, tzinfo=UTC), urgency)


WORN = Part("Pegasus 41 is worn out", "502 of 300–500 mi\nNext: Ghost 16")


class Eyes:
    """Who looks at the screen from now on."""

    def __init__(self, daemon: NotificationDaemon) -> None:
        self._daemon = daemon
        self._seen = len(daemon.shown())

    def see(self, count: int = 1) -> list[Shown]:
        """So many new notifications, and no more."""
        new = self._daemon.wait_for(self._seen + count)[self._seen :]
        assert len(new) == count
        self._seen += count
        return new


@pytest.fixture(scope="module")
def bus() -> Iterator[Bus]:
    with private_bus() as found:
        yield found


@pytest.fixture(scope="module")
def daemon(bus: Bus) -> Iterator[NotificationDaemon]:
    with notification_daemon(bus) as found:
        yield found


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is logged in, whoever runs the tests."""
    monkeypatch.delenv(ADDRESS, raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def eyes(bus: Bus, daemon: NotificationDaemon, monkeypatch: pytest.MonkeyPatch) -> Eyes:
    """A desktop that we are logged in to."""
    monkeypatch.setenv(ADDRESS, bus.address)
    return Eyes(daemon)


@pytest.fixture
def no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no notify-send."""
    monkeypatch.setattr("shoetrack.notify.desktop.shutil.which", lambda _name: None)


def failure(patience_s: float = 10) -> str:
    with pytest.raises(NotifyError) as caught:
        Desktop(patience_s).send(message(WORN))
    assert caught.value.kind == "desktop"
    return str(caught.value)


# --- it arrives -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("urgency", "named", "stays"), [(0, "LOW", 10), (1, "NORMAL", 30), (2, "CRITICAL", 0)]
)
@pytest.mark.usefixtures("no_command")
def test_a_notification_arrives(eyes: Eyes, urgency: int, named: str, stays: int) -> None:
    channel = open_channel("desktop", NO_ALERTS, lambda _name: "")
    assert channel.send(message(WORN, urgency=urgency), only=["nobody"]) == Sent()
    (shown,) = eyes.see()
    assert (shown.app, shown.title) == ("shoetrack", "Pegasus 41 is worn out")
    assert shown.body == "502 of 300–500 mi\nNext: Ghost 16"
    assert shown.urgency == named
    assert shown.stays_s == stays  # the 10 s of what is low are dunst's own


def test_markup_and_controls_are_shown_as_they_are_written(eyes: Eyes) -> None:
    name = "<b>Peg</b> & 'Co' \"1\"\t\x1b[31m\n\u202e\0 \\n %s"
    Desktop().send(message(Part("It", f"{name}\n \n&amp; <3"), subject=name))
    (shown,) = eyes.see()
    assert shown.title == "<b>Peg</b> & 'Co' \"1\" [31m \\n %s"
    assert shown.body.splitlines() == [
        "<b>It</b>",
        "&lt;b&gt;Peg&lt;/b&gt; &amp; 'Co' \"1\" [31m",
        "\\n %s",
        "&amp;amp; &lt;3",
    ]


@pytest.mark.usefixtures("no_command")
def test_where_markup_is_not_taken_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with private_bus() as bus, notification_daemon(bus, markup="no") as daemon:
        monkeypatch.setenv(ADDRESS, bus.address)
        Desktop().send(message(Part("A & B", "<3"), WORN, subject="Two things"))
        (shown,) = daemon.wait_for(1)
    assert shown.body.splitlines()[:2] == ["A & B", "<3"]


def test_from_two_threads_at_once_both_arrive(eyes: Eyes) -> None:
    before = threading.active_count()
    threads = [
        threading.Thread(target=Desktop().send, args=(message(Part(name, "")),))
        for name in ("one", "other")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {shown.title for shown in eyes.see(2)} == {"one", "other"}
    assert threading.active_count() == before


@pytest.mark.usefixtures("no_command")
def test_the_bus_is_found_without_its_address(
    bus: Bus, daemon: NotificationDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    eyes = Eyes(daemon)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(bus.runtime))
    Desktop().send(message(WORN))
    eyes.see()
    assert ADDRESS not in os.environ
    monkeypatch.setenv(ADDRESS, "")
    Desktop().send(message(WORN))
    eyes.see()
    assert os.environ[ADDRESS] == ""


SEND = """
import sys
from datetime import UTC, datetime
from shoetrack.notify import Message, NotifyError, Part
from shoetrack.notify.desktop import Desktop

part = Part("Said by a process", "of its own")
try:
    Desktop().send(Message("k1", part.title, [part], datetime.now(UTC)))
except NotifyError as error:
    print(error)
"""


def said(environment: dict[str, str], *before: str) -> str:
    """What a process says that sends a message. Of what Python warns of, there is nothing."""
    done = subprocess.run(
        [*before, sys.executable, "-X", "dev", "-W", "error", "-c", SEND],
        env={"PATH": os.environ["PATH"], "HOME": "/", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert not re.search("Warning:|Traceback|retrieved", done.stderr), done.stderr
    return done.stdout


def test_from_a_process_as_of_cron(bus: Bus, daemon: NotificationDaemon) -> None:
    eyes = Eyes(daemon)
    assert said({"XDG_RUNTIME_DIR": str(bus.runtime)}) == ""
    assert eyes.see()[0].title == "Said by a process"
    assert "no desktop session was found" in said({"XDG_RUNTIME_DIR": "/nowhere"})


def test_in_a_session_that_starts_its_notification_service(tmp_path: Path) -> None:
    """As on most desktops: the first message starts it."""
    bus = write_bus_config(tmp_path)
    (tmp_path / "services" / "dunst.service").write_text(
        "[D-BUS Service]\nName=org.freedesktop.Notifications\n"
        f"Exec=/usr/bin/env dunst -conf {write_dunst_config(tmp_path)}\n",
        encoding="utf-8",
    )
    with screen() as display:
        run = ("dbus-run-session", f"--config-file={bus}", "--")
        assert said({"DISPLAY": display}, *run) == ""
        desk = NotificationDaemon(display, tmp_path / "shown")
        assert desk.wait_for(1)[0].title == "Said by a process"


# --- by the command ---------------------------------------------------------------------------


@pytest.fixture
def strange_address(bus: Bus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An address that desktop-notifier cannot read; others can."""
    link = tmp_path / "a*"
    link.symlink_to(bus.socket)
    monkeypatch.setenv(ADDRESS, f"unix:path={link}")


@pytest.mark.usefixtures("strange_address", "no_command")
def test_that_address_is_one_that_desktop_notifier_cannot_read(daemon: NotificationDaemon) -> None:
    eyes = Eyes(daemon)
    assert "no desktop session was found" in failure()
    eyes.see(0)


@pytest.mark.usefixtures("strange_address")
@pytest.mark.parametrize(
    ("urgency", "named", "stays"), [(0, "LOW", 10), (1, "NORMAL", 30), (2, "CRITICAL", 0)]
)
def test_notify_send_says_it_where_desktop_notifier_cannot(
    daemon: NotificationDaemon, urgency: int, named: str, stays: int
) -> None:
    eyes = Eyes(daemon)
    body = "--C:\\new\\tracks & <i>\n-x $(id) `id`"
    Desktop().send(message(Part("--help; \\n <b>", body), urgency=urgency))
    (shown,) = eyes.see()
    assert (shown.app, shown.title) == ("shoetrack", "--help; \\n <b>")
    assert shown.body == "--C:\\new\\tracks &amp; &lt;i&gt;\n-x $(id) `id`"
    assert (shown.urgency, shown.stays_s) == (named, stays)


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system for which desktop-notifier has nothing: there it says that all has arrived."""
    monkeypatch.setattr(platform, "system", lambda: "SunOS")
    monkeypatch.setattr(desktop, "sys", SimpleNamespace(platform="sunos5"))


@pytest.mark.usefixtures("no_command")
def test_where_desktop_notifier_does_nothing_it_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere(monkeypatch)
    assert failure() == "notifications are not supported on this system: use another channel"


def test_where_desktop_notifier_does_nothing_the_command_may(
    eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere(monkeypatch)
    monkeypatch.setattr("shoetrack.notify.desktop.os.getuid", lambda: -1)
    Desktop().send(message(WORN))
    assert eyes.see()[0].title == WORN.title


# --- it does not arrive -----------------------------------------------------------------------


def test_without_a_session_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bus").write_text("a file is no bus", encoding="utf-8")
    says = (
        "no desktop session was found: notifications are shown while you are logged in to a desktop"
        " on this machine"
    )
    assert failure() == says
    for address in ("unix:path=/nowhere/bus", "nonsense", "unix:", "tcp:host=127.0.0.1,port=1"):
        monkeypatch.setenv(ADDRESS, address)
        assert failure() == says


def test_a_session_that_has_ended_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with private_bus() as bus:
        monkeypatch.setenv(ADDRESS, bus.address)
    assert "no desktop session was found" in failure()


@pytest.mark.usefixtures("no_command")
def test_anothers_bus_is_not_taken_for_ours(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with sudo, which may keep XDG_RUNTIME_DIR."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(bus.runtime))
    nobody = os.getuid() + 1
    monkeypatch.setattr("shoetrack.notify.desktop.os.getuid", lambda: nobody)
    assert "no desktop session was found" in failure()


def test_a_session_without_a_notification_service_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with private_bus() as bus:
        monkeypatch.setenv(ADDRESS, bus.address)
        assert failure() == (
            "nothing shows notifications on this desktop: start its notification service, or"
            " install one, such as dunst or mako"
        )


# --- services that misbehave ------------------------------------------------------------------

_INTERFACE = """<node><interface name="org.freedesktop.Notifications">
<method name="GetCapabilities"><arg direction="out" type="as"/></method>
<method name="GetServerInformation">
<arg direction="out" type="s"/><arg direction="out" type="s"/>
<arg direction="out" type="s"/><arg direction="out" type="s"/></method>
<method name="Notify">{arguments}<arg direction="out" type="u"/></method>
</interface></node>"""
_USUAL = ("s", "u", "s", "s", "s", "as", "a{sv}", "i")


class Service:
    """A notification service that shows nothing, and does with Notify as it is told."""

    def __init__(self, bus: Bus, notify: str, arguments: Sequence[str] = _USUAL) -> None:
        self._address = bus.address
        self._notify = notify
        inner = "".join(f'<arg direction="in" type="{kind}"/>' for kind in arguments)
        self._interface = _INTERFACE.format(arguments=inner)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.notified = 0

    def __enter__(self) -> Service:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self) -> None:
        from dbus_fast.aio import MessageBus

        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        bus = await MessageBus(self._address).connect()
        bus.add_message_handler(self._answer)
        await bus.request_name("org.freedesktop.Notifications")
        self._ready.set()
        await self._end.wait()
        bus.disconnect()

    def _answer(self, asked: Call) -> Call | bool | None:
        from dbus_fast import Message as Call

        if asked.member == "Introspect":
            return Call.new_method_return(asked, "s", [self._interface])
        if asked.member == "GetCapabilities":
            return Call.new_method_return(asked, "as", [["body"]])
        if asked.member == "GetServerInformation":
            return Call.new_method_return(asked, "ssss", ["it", "us", "1", "1.2"])
        if asked.member == "Notify":
            self.notified += 1
            if self._notify == "refuses":
                return Call.new_error(asked, "org.example.No", "no")
            return True  # taken, and never answered
        return None


def test_what_may_be_shown_yet_is_not_said_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with private_bus() as bus, Service(bus, "sleeps") as service:
        monkeypatch.setenv(ADDRESS, bus.address)
        assert failure(patience_s=1) == "the desktop's notification service does not answer"
        assert service.notified == 1


def test_what_is_refused_is_tried_by_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    with private_bus() as bus, Service(bus, "refuses") as service:
        monkeypatch.setenv(ADDRESS, bus.address)
        assert failure() == "the desktop's notification service has refused the message"
        wait_until(lambda: service.notified == 2, "both tries")


@pytest.mark.usefixtures("no_command")
def test_a_service_that_is_too_old_has_shown_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """desktop-notifier then logs that it is not supported, and calls back all the same."""
    with private_bus() as bus, Service(bus, "sleeps", _USUAL[:5]) as service:
        monkeypatch.setenv(ADDRESS, bus.address)
        assert failure() == "the desktop's notification service has refused the message"
        assert service.notified == 0
