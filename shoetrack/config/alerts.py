"""What the user has set of alerts and their channels."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import NamedTuple

DESKTOP = "desktop"
EMAIL = "email"


class WeekTime(NamedTuple):
    """A time of the week, in the home zone; Monday is day 0."""

    day: int
    at: time


class Email(NamedTuple):
    """How e-mail is sent. `port` None is the usual one of `security`: "starttls" 587, "tls" 465,
    "none" (on loopback only) 25.
    """

    host: str
    sender: str
    to: tuple[str, ...]
    port: int | None = None
    security: str = "starttls"
    user: str = ""
    password_file: Path | None = None

    @property
    def port_used(self) -> int:
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.security]


class Service(NamedTuple):
    """A channel by a URL, in the config or in a file of its own: it often holds a secret."""

    url: str = ""
    url_file: Path | None = None

    def __repr__(self) -> str:
        return f"Service(url_file={self.url_file})"


class Alerts(NamedTuple):
    """Where alerts go, and when. `quiet` are the hours, from and to, in which only what is urgent
    is said; `digest` None: there is none.
    """

    channels: tuple[str, ...] = ()
    quiet: tuple[time, time] | None = None
    digest: WeekTime | None = WeekTime(6, time(18))
    morning: time = time(7, 30)
    load: bool = False
    email: Email | None = None
    services: tuple[tuple[str, Service], ...] = ()  # by the channel's name


NO_ALERTS = Alerts()
