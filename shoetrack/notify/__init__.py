"""Saying a message by one channel. What is said, and when, others decide.

A channel is a module with a class that has `send`; `open_channel` finds the one of a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from shoetrack.errors import ShoetrackError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shoetrack.config.alerts import Alerts


class Bar(NamedTuple):
    """A pair's place in its range, to be drawn. Distances are in mm; the label says it in words, to
    those who cannot see it.
    """

    name: str
    distance_mm: int
    range_mm: tuple[int, int]
    label: str  # "412 of 300-500 mi"


class Part(NamedTuple):
    """One thing that a message says: a title of one line, and lines; plain text, not escaped."""

    title: str
    body: str
    bar: Bar | None = None


class Message(NamedTuple):
    """What is said at once. `key` is the same each time that it is tried, and no other's: a mail's
    Message-ID comes from it. `urgency` is 0 for low, 1 for normal, 2 for critical.
    """

    key: str
    subject: str
    parts: Sequence[Part]
    made_at: datetime
    urgency: int = 1


class Sent(NamedTuple):
    """What came of sending. `left_to`: the recipients who have not got it, where others have;
    `fault` why.
    """

    left_to: Sequence[str] = ()
    fault: str = ""


class NotifyError(ShoetrackError):
    """A message could not be said, to anyone. The sentence says why and what to do; it holds no
    secret. `kind` is the same for the same cause: "auth", "refused", "certificate", "unreachable",
    "setup", …
    """

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


class Channel(Protocol):
    """A way to say something."""

    def send(self, message: Message, only: Sequence[str] = ()) -> Sent:
        """Say it, to these recipients only where some are named. It has arrived when this ends
        without NotifyError, which is the only thing that it raises.
        """


class Passwords(Protocol):
    """Where a channel's secret is asked for when it is needed."""

    def __call__(self, name: str) -> str:
        """The secret of a name ("smtp", "ntfy"); empty where there is none. Raises VaultError."""


def open_channel(name: str, settings: Alerts, passwords: Passwords) -> Channel:
    """The channel of a name, of those that the configuration knows. Raises NotifyError where it is
    not set up, or what it needs is not installed.
    """
    if name == "desktop":
        from shoetrack.notify.desktop import Desktop

        return Desktop()
    if name == "email":
        from shoetrack.notify.email import Mail

        if settings.email is None:
            raise NotifyError("setup", "e-mail is not set up: add [alerts.email] to config.toml")
        return Mail(settings.email, passwords)
    from shoetrack.notify.service import open_service

    service = dict(settings.services).get(name)
    if service is None:
        raise NotifyError("setup", f"it is not set up: add [alerts.{name}]")
    return open_service(name, service)
