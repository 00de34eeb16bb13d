"""What is worth saying, how it is said, and what is done while nobody looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class AlertKind(StrEnum):
    """What an alert is about."""

    WEAR = "wear"  # a pair comes to its end
    ROTATION = "rotation"  # its pairs do not take turns
    WAITING = "waiting"  # runs without a pair or a distance
    LOAD = "load"  # more running than in the weeks before
    FILES = "files"  # files of a watched folder that could not be read
    TROUBLE = "trouble"  # something that should run by itself does not
    DIGEST = "digest"  # the week's account


class Draft(NamedTuple):
    """Something worth saying that is not recorded yet.

    `subject` is what it is about, the same each time: "shoe:3", "rotation:daily", "waiting",
    "load", "files", "trouble:strava", "digest:2026-11-22". Of a pair, `stage` is how far it has
    come, `step` how many times fifty miles beyond its end, and the distances, in mm, are what it
    had and its range. `title` is one line, `body` are sentences with a line each; both are plain
    text in the user's unit, not escaped for anything.
    """

    kind: AlertKind
    subject: str
    title: str
    body: str
    urgent: bool = False
    shoe_id: int | None = None
    stage: str = ""
    step: int = 0
    distance_mm: int | None = None
    range_mm: tuple[int, int] | None = None
    facts: Mapping[str, Any] = {}


class Alert(NamedTuple):
    """An alert as it is recorded. `after_change` is the store's last change when it was raised.

    It is open until it was acknowledged (`acked_at`), or was so no longer (`ended_at`).
    """

    id: int
    draft: Draft
    after_change: int
    raised_at: datetime
    acked_at: datetime | None = None
    snoozed_until: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.acked_at is None and self.ended_at is None

    def is_snoozed(self, now: datetime) -> bool:
        return self.snoozed_until is not None and now < self.snoozed_until


class DeliveryStatus(StrEnum):
    """What became of saying an alert on a channel."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"
    DROPPED = "dropped"  # there was no need any more: acknowledged, or the channel was taken out


class Delivery(NamedTuple):
    """An alert on its way by one channel; `round` counts from 0 how often it is said there.

    `left_to` are the recipients who have not got it where others have; empty means all.
    """

    id: int
    alert_id: int
    channel: str
    round: int
    status: DeliveryStatus
    tries: int
    created_at: datetime
    next_at: datetime
    tried_at: datetime | None = None
    delivered_at: datetime | None = None
    fault: str = ""
    left_to: tuple[str, ...] = ()


class Job(NamedTuple):
    """How something that is done again and again goes. `done_at`: when it last went well;
    `failures`: how many times in a row it did not, by the same `fault`.
    """

    name: str
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    done_at: datetime | None = None
    next_at: datetime | None = None
    failures: int = 0
    fault: str = ""
    message: str = ""


class Heartbeat(NamedTuple):
    """The daemon's last sign of life."""

    pid: int
    host: str
    version: str
    started_at: datetime
    beat_at: datetime
    stopped_at: datetime | None = None
