"""Notifications on the desktop, by desktop-notifier, and by notify-send where that fails.

desktop-notifier's `send` never fails: a message has arrived when its `on_dispatched` was called and
nothing was complained of meanwhile. For it is called too where what went wrong is only logged (an
old interface on Linux, a refusal on macOS), and where there is no way to show anything at all.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISSOCK
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import quote, unquote

from shoetrack.notify import Message, NotifyError, Sent
from shoetrack.notify.bubble import APP, Bubble, bubble

if TYPE_CHECKING:
    from desktop_notifier import Notification
    from desktop_notifier.backends.base import DesktopNotifierBackend

T = TypeVar("T")

# So long may finding the service take, and so long its answer. Both are there in milliseconds, but
# for a service that is started by the first message.
_PATIENCE_S = 10.0

_BUS = "DBUS_SESSION_BUS_ADDRESS"
_URGENCIES = ("low", "normal", "critical")
# Who is at the desk has the time to read it, and what is critical stays until it is closed. In s;
# -1 leaves it to the desktop, 0 is for ever.
_STAYS_S = (-1, 30, 0)
_ICONS = ("dialog-information", "dialog-information", "dialog-warning")
_NOBODY = (
    "no desktop session was found: notifications are shown while you are logged in to a desktop on"
    " this machine"
)
_NO_SERVICE = (
    "nothing shows notifications on this desktop: start its notification service, or install one,"
    " such as dunst or mako"
)
_SILENT = "the desktop's notification service does not answer"
_REFUSED = "the desktop's notification service has refused the message"
_FORBIDDEN = "the system does not let shoetrack show notifications: allow it in its settings"
_UNSUPPORTED = "notifications are not supported on this system: use another channel"


class _Outcome(NamedTuple):
    """What came of a try; `why` where it failed. `in_doubt`: it was handed over, and may be shown
    yet. `markup`: whether the service takes markup, as far as is known.
    """

    why: str = ""
    in_doubt: bool = False
    markup: bool = True


class Desktop:
    """The desktop of the user whose process this is."""

    def __init__(self, patience_s: float = _PATIENCE_S) -> None:
        self._patience_s = patience_s

    def send(self, message: Message, only: Sequence[str] = ()) -> Sent:
        """Show it, in one notification. Raises NotifyError."""
        with _session_bus(), _complaints() as complaints:
            outcome = asyncio.run(_dispatch(message, self._patience_s, complaints))
            # What may be shown yet is not said by the command as well: that would say it twice,
            # and the next try comes by itself.
            if outcome.why and (
                outcome.in_doubt or not _notify_send(message, outcome.markup, self._patience_s)
            ):
                raise NotifyError("desktop", outcome.why)
        return Sent()


# --- desktop-notifier -------------------------------------------------------------------------


async def _dispatch(message: Message, patience_s: float, complaints: list[str]) -> _Outcome:
    opening = await _ended(_open(), patience_s)
    if opening.cancelled() or opening.exception():
        return _Outcome(_UNSUPPORTED)
    backend = opening.result()
    try:
        asking = await _ended(_takes_markup(backend), patience_s)
        if asking.cancelled():
            return _Outcome(_SILENT)
        if error := asking.exception():
            return _Outcome(_reason(backend, error))
        markup = asking.result()
        dispatched: list[bool] = []
        notification = _notification(bubble(message, markup=markup), message.urgency, dispatched)
        complaints.clear()
        sending = await _ended(backend.send(notification), patience_s)
        if dispatched and not complaints:
            return _Outcome()
        if sending.cancelled():
            return _Outcome(_SILENT, in_doubt=True)
        return _Outcome(_REFUSED, markup=markup)
    finally:
        await _leave(backend)


async def _open() -> DesktopNotifierBackend:
    from desktop_notifier.main import get_backend_class

    if sys.platform != "linux":
        return get_backend_class()(APP, None)
    from desktop_notifier import Capability
    from desktop_notifier.backends.dbus import DBusDesktopNotifier

    class Unclicked(DBusDesktopNotifier):
        """Offers no click: nobody would be there to take it, and dunst marks it with an (A)."""

        async def get_capabilities(self) -> frozenset[Capability]:
            return await super().get_capabilities() - {Capability.ON_CLICKED}

    return Unclicked(APP, None)


async def _takes_markup(backend: DesktopNotifierBackend) -> bool:
    """Whether what shows notifications here takes markup. Raises where there is nothing."""
    from desktop_notifier import Capability

    # Asking it something is how to know that it is there.
    if Capability.ON_DISPATCHED not in await backend.get_capabilities():
        raise NotifyError("desktop", _UNSUPPORTED)
    if not await backend.request_authorisation():
        raise NotifyError("desktop", _FORBIDDEN)
    # On Linux alone; desktop-notifier's own list of capabilities leaves markup out.
    interface = getattr(backend, "interface", None)
    return interface is not None and "body-markup" in await interface.call_get_capabilities()


def _notification(text: Bubble, urgency: int, dispatched: list[bool]) -> Notification:
    from desktop_notifier import Icon, Notification, Urgency

    return Notification(
        text.title,
        text.body,
        urgency=Urgency(_URGENCIES[urgency]),
        icon=Icon(name=_ICONS[urgency]),
        timeout=_STAYS_S[urgency],
        on_dispatched=lambda: dispatched.append(True),
    )


async def _ended(work: Coroutine[Any, Any, T], patience_s: float) -> asyncio.Task[T]:
    """The task that does this, when it is done; cancelled where it takes longer."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=patience_s)
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    return task


def _reason(backend: DesktopNotifierBackend, error: BaseException) -> str:
    """Why there is nothing that shows notifications."""
    if isinstance(error, NotifyError):
        return str(error)
    if not hasattr(backend, "interface"):
        return _UNSUPPORTED
    # It has a bus from when it is connected.
    return _NO_SERVICE if hasattr(backend, "bus") else _NOBODY


async def _leave(backend: DesktopNotifierBackend) -> None:
    """Close the connection: desktop-notifier keeps it, for clicks."""
    bus = getattr(backend, "bus", None)
    if bus is None:
        return
    bus.disconnect()
    leaving = await _ended(bus.wait_for_disconnect(), 1)
    if not leaving.cancelled():
        leaving.exception()  # it was lost before: that is as good


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What desktop-notifier logs of its failures, which goes nowhere else meanwhile."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    logger = logging.getLogger("desktop_notifier")
    ear, passed_on = Ear(logging.WARNING), logger.propagate
    logger.addHandler(ear)
    logger.propagate = False
    try:
        yield heard
    finally:
        logger.propagate = passed_on
        logger.removeHandler(ear)


# --- the session --------------------------------------------------------------------------------

_ENVIRONMENT = threading.Lock()


@contextmanager
def _session_bus() -> Iterator[None]:
    """The address of the session's bus in the environment, where it is looked for.

    cron, ssh and some services do not have it there, though the bus is at its usual place. One
    thread at a time: another would find the address and lose it again.
    """
    with _ENVIRONMENT:
        before, address = os.environ.get(_BUS), _session_address()
        if address is None or address == before:
            yield
            return
        os.environ[_BUS] = address
        try:
            yield
        finally:
            if before is None:
                del os.environ[_BUS]
            else:
                os.environ[_BUS] = before


def has_session() -> bool:
    """Whether there is a desktop session of ours, which may yet have nothing to show messages."""
    address = _session_address()
    return address is not None and _answers(address)


def _session_address() -> str | None:
    """The address of our session's bus: what the environment says, unless nobody answers there and
    there is one at its usual place. An old terminal, as of tmux, may be of a session that is over.
    """
    given, usual = os.environ.get(_BUS), _usual_bus()
    return given if given and (usual is None or _answers(given)) else usual


def _answers(addresses: str) -> bool:
    """Whether somebody listens at one of these, or nobody can tell: they are of many kinds."""
    for address in addresses.split(";"):
        match = re.fullmatch(r"unix:(path|abstract)=([^,]*)(,.*)?", address)
        if match is None:
            return True
        path = unquote(match[2])
        with socket.socket(socket.AF_UNIX) as bus:
            bus.settimeout(_PATIENCE_S)
            with suppress(OSError):
                bus.connect(path if match[1] == "path" else f"\0{path}")
                return True
    return False


def _usual_bus() -> str | None:
    """The address of our own session's bus, where there is one at its usual place."""
    if sys.platform == "win32":
        return None
    user = os.getuid()
    bus = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{user}") / "bus"
    try:
        found = bus.stat()
    except OSError:
        return None
    if not S_ISSOCK(found.st_mode) or found.st_uid != user:
        return None  # another's, as with sudo: what is said there, they read
    return f"unix:path={quote(str(bus)).replace('~', '%7E')}"


# --- notify-send --------------------------------------------------------------------------------


def _notify_send(message: Message, markup: bool, patience_s: float) -> bool:
    """Whether the command has shown it."""
    command = shutil.which("notify-send")
    if command is None:
        return False
    urgency = message.urgency
    stays_ms = _STAYS_S[urgency] * 1000 if _STAYS_S[urgency] >= 0 else -1
    options = [f"--app-name={APP}", f"--urgency={_URGENCIES[urgency]}"]
    options += [f"--icon={_ICONS[urgency]}", f"--expire-time={stays_ms}"]
    text = bubble(message, markup=markup)
    # It takes backslashes in the body for escapes.
    words = [text.title, text.body.replace("\\", "\\\\")]
    try:
        done = subprocess.run(  # noqa: S603 - an argument list; no shell reads the words
            [command, *options, "--", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
