"""When an alert goes to a channel, with which others, and until when that is tried."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime, time, timedelta, tzinfo
from typing import NamedTuple

from shoetrack.model.alerts import Alert, AlertKind, Delivery, DeliveryStatus

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
PATIENCE = timedelta(days=3)
# A machine that was off for most of the three days has not tried for three days: it is not given up
# before it was tried so often, which takes a machine that is on eight hours and a half.
FEWEST_TRIES = 10
# As many as the three days hold, for clocks that were moved meanwhile.
MOST_TRIES = 20
_MINUTE = timedelta(minutes=1)


class Item(NamedTuple):
    """A delivery with the alert that it is of."""

    delivery: Delivery
    alert: Alert


class Bundle(NamedTuple):
    """What goes as one message to a channel: to `left_to` only, where that is not empty."""

    items: tuple[Item, ...]
    left_to: tuple[str, ...] = ()

    @property
    def urgent(self) -> bool:
        return any(item.alert.draft.urgent for item in self.items)

    @property
    def tries(self) -> int:
        return max(item.delivery.tries for item in self.items)


# --- again ----------------------------------------------------------------------------------


def next_try(tries: int, now: datetime) -> datetime:
    """When to try again what has failed so often, last now: after 1 minute, 2, 4 up to 6 hours."""
    return now + min(LONGEST_WAIT, FIRST_WAIT * (1 << min(max(tries, 1) - 1, 16)))


def is_given_up(created_at: datetime, tries: int, again: datetime) -> bool:
    """Whether so many tries are enough, where the next would be at `again`."""
    return tries >= MOST_TRIES or (again - created_at > PATIENCE and tries >= FEWEST_TRIES)


# --- quiet hours ----------------------------------------------------------------------------


def is_quiet(now: datetime, quiet: tuple[time, time] | None, zone: tzinfo | None) -> bool:
    """Whether a clock on the wall in `zone` (None: the machine's) shows one of the quiet hours."""
    if quiet is None:
        return False
    begin, end = quiet
    shown = now.astimezone(zone).time()
    if begin < end:
        return begin <= shown < end
    return shown >= begin or shown < end  # over midnight


def quiet_until(
    now: datetime, quiet: tuple[time, time] | None, zone: tzinfo | None
) -> datetime | None:
    """When the quiet hours end that `now` is in; None where it is in none.

    Looked for minute by minute: where clocks are changed, the hour that they end at may come twice,
    or not at all.
    """
    if not is_quiet(now, quiet, zone):
        return None
    moment = now.replace(second=0, microsecond=0)
    while is_quiet(moment, quiet, zone):
        moment += _MINUTE
    return moment


# --- what goes, and together with what ------------------------------------------------------


def is_pointless(item: Item, channels: Container[str]) -> bool:
    """Whether there is no need to say it there any more: it was seen, or is so no longer (a later
    stage says more), or the channel was taken out.

    What was over as soon as it was raised, as a digest, is said all the same.
    """
    alert = item.alert
    is_over = alert.ended_at is not None and alert.ended_at > alert.raised_at
    return item.delivery.channel not in channels or alert.acked_at is not None or is_over


def due_at(item: Item, now: datetime) -> datetime:
    """When a delivery may be tried, quiet hours aside; `now` or before where it is due.

    What was on its way when its process died is due at once. So is what was made, or is to be tried
    again, in a future so far off that a clock must have been wrong.
    """
    delivery, alert = item
    if alert.is_snoozed(now):
        assert alert.snoozed_until is not None
        return max(alert.snoozed_until, delivery.next_at)
    if _was_cut_off(delivery) or delivery.created_at > now:
        return now
    return now if delivery.next_at - now > LONGEST_WAIT else delivery.next_at


def _was_cut_off(delivery: Delivery) -> bool:
    """Whether nobody knows what became of its last try: whatever fails says why."""
    return delivery.tries > 0 and not delivery.fault


def bundles(items: Iterable[Item], now: datetime, *, quiet: bool) -> dict[str, list[Bundle]]:
    """What is to be said now, by channel; what was tried least goes first, so that nothing that
    always fails stands in the way of the rest.

    All that is due at once on a channel is one message, except for digests, each of which is one.
    What was tried together stays together, alone, so that the message is the same one each time.
    In quiet hours only what is urgent goes.
    """
    together: dict[tuple[object, ...], list[Item]] = {}
    for item in items:
        delivery = item.delivery
        if delivery.status is not DeliveryStatus.PENDING or due_at(item, now) > now:
            continue
        if quiet and not delivery.tries and not item.alert.draft.urgent:
            continue
        alone = delivery.id if item.alert.draft.kind is AlertKind.DIGEST else None
        key = (delivery.channel, delivery.tried_at, delivery.tries, delivery.left_to, alone)
        together.setdefault(key, []).append(item)
    found: dict[str, list[Bundle]] = {}
    for members in together.values():
        members.sort(key=lambda item: (not item.alert.draft.urgent, item.delivery.id))
        bundle = Bundle(tuple(members), members[0].delivery.left_to)
        if not quiet or bundle.urgent:
            found.setdefault(members[0].delivery.channel, []).append(bundle)
    for some in found.values():
        some.sort(key=lambda one: (one.tries, not one.urgent, one.items[0].delivery.id))
    return found
