"""A desktop for tests: a D-Bus of its own, and dunst on an X server that nobody looks at.

with private_bus() as bus, notification_daemon(bus) as desktop:
    ...                         # with bus.environment, or bus.address
    desktop.wait_for(1)         # a list of what was shown
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from select import select
from typing import NamedTuple

import pytest

MISSING = [
    name
    for name in ("dbus-daemon", "dbus-run-session", "dbus-send", "dunst", "notify-send", "Xvfb")
    if shutil.which(name) is None
]
needs_desktop = pytest.mark.skipif(
    bool(MISSING),
    reason=f"not installed: {', '.join(MISSING)} (packages dbus, dunst, libnotify-bin, xvfb)",
)
PATIENCE_S = 20.0

# What is not in the folder of services is not started because somebody asks for it.
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
_DUNST = """[global]
    markup = {markup}
    format = "<b>%s</b>\\n%b"
    font = Sans 11
    width = 360
    height = 400
    origin = top-right
    offset = 10x10
    separator_height = 2
    padding = 10
    horizontal_padding = 12
    frame_width = 1
    sort = no
    stack_duplicates = no
[urgency_low]
    background = "#222222"
    foreground = "#aaaaaa"
[urgency_normal]
    background = "#285577"
    foreground = "#ffffff"
[urgency_critical]
    background = "#900000"
    foreground = "#ffffff"
[told]
    script = {script}
"""
# What dunst shows it tells a program of; zero bytes are in no field.
_TOLD = """#!/bin/sh
printf '%s\\0%s\\0%s\\0%s\\0%s\\0%s\\0' "$DUNST_APP_NAME" "$DUNST_SUMMARY" "$DUNST_BODY" \
    "$DUNST_URGENCY" "$DUNST_TIMEOUT" "$DUNST_ICON_PATH" >>'{shown}'
"""


class Shown(NamedTuple):
    """A notification on the screen, in dunst's words; the body is as it came, with its markup."""

    app: str
    title: str
    body: str
    urgency: str  # LOW, NORMAL, CRITICAL
    stays_s: int  # 0 is for ever
    icon: str


class Bus(NamedTuple):
    """A session bus. Its socket is where $XDG_RUNTIME_DIR would have it."""

    runtime: Path

    @property
    def socket(self) -> Path:
        return self.runtime / "bus"

    @property
    def address(self) -> str:
        return f"unix:path={self.socket}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process of the session has."""
        return {"DBUS_SESSION_BUS_ADDRESS": self.address, "XDG_RUNTIME_DIR": str(self.runtime)}

    def has(self, name: str) -> bool:
        """Whether somebody answers to a name."""
        asked = ["--print-reply=literal", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"]
        done = subprocess.run(
            [
                "dbus-send",
                f"--bus={self.address}",
                *asked,
                "org.freedesktop.DBus.NameHasOwner",
                f"string:{name}",
            ],
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )
        return "true" in done.stdout


class NotificationDaemon(NamedTuple):
    """dunst, and the screen that it draws on."""

    display: str
    told: Path

    def shown(self) -> list[Shown]:
        """What was put on the screen, the first first."""
        if not self.told.exists():
            return []
        fields = self.told.read_text(encoding="utf-8").split("\0")[:-1]
        size = len(Shown._fields)
        whole = len(fields) - len(fields) % size
        return [_shown(fields[at : at + size]) for at in range(0, whole, size)]

    def wait_for(self, count: int) -> list[Shown]:
        """What was put on the screen, when there is so much of it."""
        wait_until(lambda: len(self.shown()) >= count, f"{count} notifications")
        return self.shown()

    def screenshot(self, path: Path) -> None:
        """The screen as a PNG, to be looked at. Needs ImageMagick."""
        subprocess.run(
            ["import", "-display", self.display, "-window", "root", str(path)],
            timeout=PATIENCE_S,
            check=True,
        )


def _shown(fields: Sequence[str]) -> Shown:
    app, title, body, urgency, stays_ms, icon = fields
    return Shown(app, title, body, urgency, int(stays_ms) // 1000, icon)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait until it holds, looking often; fails where it does not come about."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)


@contextmanager
def private_bus() -> Iterator[Bus]:
    """A session bus that only knows who comes to it. Its folder's name is short: a socket's path
    may have 107 bytes.
    """
    with tempfile.TemporaryDirectory(prefix="bus") as folder:
        bus = Bus(Path(folder))
        config = write_bus_config(bus.runtime)
        with _running(["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile"]) as one:
            wait_until(lambda: bus.socket.exists() or one.poll() is not None, "the bus")
            assert one.poll() is None
            yield bus


@contextmanager
def screen(size: str = "800x600") -> Iterator[str]:
    """An X server, by the name that goes into DISPLAY."""
    reading, writing = os.pipe()
    with ExitStack() as closing:
        ours = closing.enter_context(open(reading, encoding="ascii"))  # noqa: PTH123
        # It takes the first number that is free, and tells.
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24"]
        try:
            server = _running([*command, "-nolisten", "tcp"], pass_fds=(writing,))
            closing.enter_context(server)
        finally:
            os.close(writing)
        assert select([ours], [], [], PATIENCE_S)[0], "the X server does not start"
        yield f":{ours.readline().strip()}"


@contextmanager
def notification_daemon(
    bus: Bus, *, markup: str = "full", size: str = "800x600"
) -> Iterator[NotificationDaemon]:
    """dunst on a screen of its own. `markup`: "full", or "no" for a daemon that takes none."""
    with tempfile.TemporaryDirectory(prefix="dunst") as name, screen(size) as display:
        folder = Path(name)
        config = write_dunst_config(folder, markup)
        environment = bus.environment | {"DISPLAY": display, "HOME": name, "LC_ALL": "C.UTF-8"}
        with _running(["dunst", "-conf", str(config)], environment) as one:
            wait_until(
                lambda: bus.has("org.freedesktop.Notifications") or one.poll() is not None, "dunst"
            )
            assert one.poll() is None
            yield NotificationDaemon(display, folder / "shown")


def write_bus_config(folder: Path) -> Path:
    """A configuration of a session bus whose socket and folder of services are in a folder."""
    services = folder / "services"
    services.mkdir()
    config = folder / "bus.conf"
    config.write_text(_BUS.format(socket=folder / "bus", services=services), encoding="utf-8")
    return config


def write_dunst_config(folder: Path, markup: str = "full") -> Path:
    """A configuration of dunst by which what it shows is told to the file `shown` in a folder."""
    script = folder / "told"
    script.write_text(_TOLD.format(shown=folder / "shown"), encoding="utf-8")
    script.chmod(0o700)
    config = folder / "dunstrc"
    config.write_text(_DUNST.format(markup=markup, script=script), encoding="utf-8")
    return config


@contextmanager
def _running(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with the block; it says nothing to us."""
    with subprocess.Popen(
        command,
        env={"PATH": os.environ["PATH"], **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=pass_fds,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
