"""Alerts as a message: subject, parts with their bars, and how to acknowledge them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from shoetrack.alerts.sending import Bundle
from shoetrack.config.alerts import DESKTOP, EMAIL
from shoetrack.model.alerts import Alert, AlertKind
from shoetrack.notify import Bar, Message, Part
from shoetrack.units import Unit, show_distance
from shoetrack.wear import State

LOW, NORMAL, CRITICAL = 0, 1, 2
# So many alerts are acknowledged by their numbers; of more, people want to type less.
_NAMED = 9
# What is good to know, and nothing to do today.
_QUIET_KINDS = frozenset({AlertKind.DIGEST, AlertKind.LOAD})


def of_bundle(bundle: Bundle, names: Mapping[int, str], unit: Unit, made_at: datetime) -> Message:
    """What a bundle says; `names` are the pairs' by their ids."""
    alerts = list({item.alert.id: item.alert for item in bundle.items}.values())
    parts = [part for alert in alerts for part in _parts(alert, names, unit)]
    open_ones = [alert for alert in alerts if alert.is_open]
    if open_ones:
        last = parts[-1]
        parts[-1] = last._replace(body=f"{last.body}\n\n{_what_to_do(open_ones)}".lstrip())
    return Message(
        key=_key(bundle),
        subject=_subject(alerts),
        parts=parts,
        made_at=made_at,
        urgency=max(map(_urgency, alerts)),
    )


def _key(bundle: Bundle) -> str:
    """The same for the same deliveries, and another in each store: their numbers begin at 1."""
    words = sorted(f"{one.id} {one.created_at.isoformat()}" for one, _ in bundle.items)
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:40]


def _subject(alerts: Sequence[Alert]) -> str:
    """The most urgent one's title, and how many there are beside it."""
    first, *others = alerts
    return f"{first.draft.title} (and {len(others)} more)" if others else first.draft.title


def _urgency(alert: Alert) -> int:
    draft = alert.draft
    if draft.urgent:
        return CRITICAL
    in_range = draft.kind is AlertKind.WEAR and draft.stage == State.IN_RANGE
    return LOW if in_range or draft.kind in _QUIET_KINDS else NORMAL


def _parts(alert: Alert, names: Mapping[int, str], unit: Unit) -> list[Part]:
    draft = alert.draft
    if draft.kind is AlertKind.DIGEST:
        return parts_of(draft.facts)
    bar = None
    name = None if draft.shoe_id is None else names.get(draft.shoe_id)
    if name is not None and draft.distance_mm is not None and draft.range_mm is not None:
        bar = bar_of(name, draft.distance_mm, draft.range_mm, unit)
    return [Part(draft.title, draft.body, bar)]


def bar_of(name: str, distance_mm: int, range_mm: tuple[int, int], unit: Unit) -> Bar:
    """A pair's place in its range, "412.4 of 300-500 mi"."""
    worn = show_distance(distance_mm, unit).removesuffix(f" {unit}")
    low, high = (show_distance(end, unit, 0).removesuffix(f" {unit}") for end in range_mm)
    return Bar(name, distance_mm, range_mm, f"{worn} of {low}-{high} {unit}")


def _what_to_do(alerts: Sequence[Alert]) -> str:
    ids = [str(alert.id) for alert in alerts]
    one = ids[0] if len(ids) == 1 else "ID"
    seen = " ".join(ids) if len(ids) <= _NAMED else "--all"
    return f"Seen:  shoetrack alerts ack {seen}\nLater: shoetrack alerts snooze {one} --until 1w"


# --- a digest's parts, as its alert keeps them ----------------------------------------------


def as_facts(parts: Iterable[Part]) -> dict[str, Any]:
    """Parts as JSON can keep them."""
    return {
        "parts": [
            {"title": part.title, "body": part.body, "bar": part.bar and part.bar._asdict()}
            for part in parts
        ]
    }


def parts_of(facts: Mapping[str, Any]) -> list[Part]:
    """The reverse of `as_facts`."""
    return [
        Part(
            one["title"],
            one["body"],
            one["bar"] and Bar(**{**one["bar"], "range_mm": tuple(one["bar"]["range_mm"])}),
        )
        for one in facts["parts"]
    ]


def as_text(parts: Iterable[Part]) -> str:
    """Parts as plain text."""
    return "\n\n".join("\n".join(lines(part)) for part in parts)


def lines(part: Part) -> list[str]:
    """The lines of a part as plain text; the first is its title."""
    return [part.title, *part.body.splitlines()]


# --- a channel in trouble -------------------------------------------------------------------


def channel_name(channel: str) -> str:
    """A channel at the beginning of a sentence."""
    return {EMAIL: "E-mail", DESKTOP: "The desktop"}.get(channel, channel)


def trouble_body(channel: str, count: int, fault: str) -> str:
    """What is said by the others of a channel that was given up."""
    alerts = "1 alert" if count == 1 else f"{count} alerts"
    return (
        f"{alerts} could not be said by {channel}, which was tried again and again for three"
        f" days: {fault.rstrip('.')}.\n"
        f"See them with `shoetrack alerts list`, and try it with `shoetrack alerts test {channel}`."
    )
