"""Messages, settings and passwords as the tests of e-mail need them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shoetrack.config.alerts import Email
from shoetrack.notify import Bar, Message, Part
from shoetrack.notify.email import Mail
from shoetrack.units import MM_PER_MILE

from ..smtp_server import HOST

MADE_AT = datetime(2026, 11, 22, 18, 0, 5, tzinfo=UTC)
RANGE = (300 * MM_PER_MILE, 500 * MM_PER_MILE)
WORN_OUT = Part(
    "Pegasus 41 is worn out",
    "It has 512.4 mi; its range is 300-500 mi.\nWear the Cumulus instead.",
    Bar("Pegasus 41", 512 * MM_PER_MILE, RANGE, "512 of 300-500 mi"),
)
NEAR = Part(
    "Cumulus is near its end",
    "It has 460.0 mi.",
    Bar("Cumulus", 460 * MM_PER_MILE, RANGE, "460 of 300-500 mi"),
)
WAITING = Part("2 runs wait for a pair", "20 November, 5.0 mi\n21 November, 3.1 mi")


def message(*parts: Part, key: str = "alert-12-0", subject: str = "Worn out") -> Message:
    return Message(key, subject, parts or (WAITING,), MADE_AT)


@dataclass
class Passwords:
    """Where secrets are asked for; an error is raised instead of answering."""

    answer: str | Exception = ""
    asked: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> str:
        self.asked.append(name)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def mail(
    port: int,
    *to: str,
    host: str = HOST,
    sender: str = "shoes@example.org",
    security: str = "starttls",
    user: str = "",
    password: str | Exception = "",
    password_file: Path | None = None,
    step_s: float = 10.0,
    total_s: float = 20.0,
) -> Mail:
    """The channel as it is set up for a server of the tests."""
    settings = Email(host, sender, to or ("ada@example.org",), port, security, user, password_file)
    return Mail(settings, Passwords(password), step_s=step_s, total_s=total_s)
