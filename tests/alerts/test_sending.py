"""When an alert goes to a channel, with which others, and until when that is tried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.alerts import sending
from shoetrack.alerts.sending import FEWEST_TRIES, LONGEST_WAIT, MOST_TRIES, PATIENCE, Item
from shoetrack.model import Alert, AlertKind, Delivery, DeliveryStatus, Draft
from tests.support import NOW

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = (time(22), time(7))


def make_item(
    number: int = 1,
    channel: str = "email",
    *,
    kind: AlertKind = AlertKind.WAITING,
    urgent: bool = False,
    tries: int = 0,
    created_at: datetime = NOW,
    next_at: datetime = NOW,
    tried_at: datetime | None = None,
    fault: str = "",
    left_to: tuple[str, ...] = (),
    acked_at: datetime | None = None,
    ended_at: datetime | None = None,
    snoozed_until: datetime | None = None,
) -> Item:
    draft = Draft(kind, f"subject:{number}", f"title {number}", "body", urgent=urgent)
    alert = Alert(number, draft, 1, created_at, acked_at, snoozed_until, ended_at)
    delivery = Delivery(
        id=number,
        alert_id=number,
        channel=channel,
        round=0,
        status=DeliveryStatus.PENDING,
        tries=tries,
        created_at=created_at,
        next_at=next_at,
        tried_at=tried_at,
        fault=fault,
        left_to=left_to,
    )
    return Item(delivery, alert)


def numbers(items: Sequence[Item], now: datetime = NOW, quiet: bool = False) -> list[list[int]]:
    """The deliveries of each message to the one channel, in order."""
    found = sending.bundles(items, now, quiet=quiet)
    assert found.keys() <= {"email"}
    return [[item.delivery.id for item in one.items] for one in found.get("email", [])]


# --- again ----------------------------------------------------------------------------------


def test_the_waits_double_from_a_minute_to_six_hours() -> None:
    waits = [sending.next_try(tries, NOW) - NOW for tries in range(1, 13)]
    minutes = [wait / MINUTE for wait in waits]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]
    assert sending.next_try(10**6, NOW) - NOW == LONGEST_WAIT


def test_what_always_fails_is_given_up_after_three_days() -> None:
    now, tries = NOW, 0
    while True:
        tries += 1
        again = sending.next_try(tries, now)
        if sending.is_given_up(NOW, tries, again):
            break
        now = again
    assert PATIENCE - LONGEST_WAIT < now - NOW <= PATIENCE
    assert tries == MOST_TRIES


def test_a_machine_that_slept_for_a_week_tries_for_a_while_yet() -> None:
    woken = NOW + timedelta(days=7)
    assert not sending.is_given_up(NOW, 1, woken)
    assert not sending.is_given_up(NOW, FEWEST_TRIES - 1, woken)
    assert sending.is_given_up(NOW, FEWEST_TRIES, woken)


def test_a_clock_that_was_set_back_does_not_make_it_try_for_years() -> None:
    made_in_2040 = NOW.replace(year=2040)
    assert not sending.is_given_up(made_in_2040, MOST_TRIES - 1, NOW)
    assert sending.is_given_up(made_in_2040, MOST_TRIES, NOW)


# --- quiet hours ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-06-01T21:59:59+02:00", None),
        ("2026-06-01T22:00:00+02:00", "2026-06-02T07:00:00+02:00"),
        ("2026-06-02T00:00:00+02:00", "2026-06-02T07:00:00+02:00"),
        ("2026-06-02T06:59:59.999999+02:00", "2026-06-02T07:00:00+02:00"),
        ("2026-06-02T07:00:00+02:00", None),
        # The night in which summer begins is an hour shorter, and that in which it ends longer.
        ("2026-03-28T22:30:00+01:00", "2026-03-29T07:00:00+02:00"),
        ("2026-10-24T22:30:00+02:00", "2026-10-25T07:00:00+01:00"),
    ],
)
def test_quiet_hours_over_midnight(now: str, until: str | None) -> None:
    found = sending.quiet_until(datetime.fromisoformat(now), NIGHT, BERLIN)
    assert found == (until and datetime.fromisoformat(until))


def test_quiet_hours_are_those_of_the_home_zone() -> None:
    evening = datetime(2026, 6, 1, 20, 30, tzinfo=UTC)
    assert sending.quiet_until(evening, NIGHT, BERLIN) == evening + timedelta(hours=8.5)
    assert sending.quiet_until(evening, NIGHT, UTC) is None
    assert sending.quiet_until(evening, None, BERLIN) is None


def test_an_end_in_the_hour_that_is_left_out_is_when_it_is_left_out() -> None:
    found = sending.quiet_until(
        datetime(2026, 3, 29, 0, 30, tzinfo=UTC), (time(22), time(2, 30)), BERLIN
    )
    assert found == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 02:00, which is 03:00


zones = st.sampled_from(
    [UTC, BERLIN, *map(ZoneInfo, ("America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"))]
)
clock_times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
quiet_hours = st.tuples(clock_times, clock_times).filter(lambda hours: hours[0] != hours[1])


def days_from(first: datetime, days: int) -> st.SearchStrategy[datetime]:
    return st.integers(0, days * 86_400).map(lambda seconds: first + timedelta(seconds=seconds))


instants = st.one_of(
    days_from(datetime(2026, 1, 1, tzinfo=UTC), 365),
    # Around the changes of clocks.
    days_from(datetime(2026, 3, 28, tzinfo=UTC), 2),
    days_from(datetime(2026, 10, 24, tzinfo=UTC), 2),
)


@given(now=instants, quiet=quiet_hours, zone=zones, part=st.floats(0, 0.999))
def test_quiet_lasts_until_it_ends_and_not_longer(
    now: datetime, quiet: tuple[time, time], zone: tzinfo, part: float
) -> None:
    until = sending.quiet_until(now, quiet, zone)
    if until is None:
        assert not sending.is_quiet(now, quiet, zone)
        return
    assert now < until <= now + 48 * HOUR
    assert not sending.is_quiet(until, quiet, zone)
    assert sending.is_quiet(now + (until - now) * part, quiet, zone)


# --- what goes, and together with what ------------------------------------------------------


def test_all_that_is_due_at_once_is_one_message_the_urgent_first() -> None:
    items = [
        make_item(1),
        make_item(2, next_at=NOW + MINUTE),
        make_item(3, urgent=True),
        make_item(4, "desktop"),
    ]
    found = sending.bundles(items, NOW, quiet=False)
    assert [[item.delivery.id for item in one.items] for one in found["email"]] == [[3, 1]]
    assert [[item.delivery.id for item in one.items] for one in found["desktop"]] == [[4]]
    assert found["email"][0].urgent
    assert not found["desktop"][0].urgent


def test_each_digest_is_a_message_of_its_own() -> None:
    digests = [make_item(number, kind=AlertKind.DIGEST) for number in (2, 3)]
    assert numbers([make_item(1), *digests, make_item(4)]) == [[1, 4], [2], [3]]


def test_what_was_tried_together_is_tried_again_together_and_alone() -> None:
    before = NOW - HOUR
    tried = [make_item(n, tries=1, tried_at=before, fault="down") for n in (1, 2)]
    at_another_time = make_item(3, tries=1, tried_at=before + MINUTE, fault="down")
    in_part = make_item(4, tries=1, tried_at=before, fault="down", left_to=("eve@example.org",))
    found = sending.bundles([*tried, at_another_time, in_part, make_item(5)], NOW, quiet=False)
    members = [[item.delivery.id for item in one.items] for one in found["email"]]
    assert members == [[5], [1, 2], [3], [4]]
    assert [one.left_to for one in found["email"]] == [(), (), (), ("eve@example.org",)]


def test_what_was_tried_least_goes_first() -> None:
    stuck = make_item(1, tries=4, tried_at=NOW - HOUR, fault="refused", urgent=True)
    assert numbers([stuck, make_item(2)]) == [[2], [1]]


def test_quiet_hours_hold_back_what_is_not_urgent() -> None:
    items = [make_item(1), make_item(2, urgent=True), make_item(3, kind=AlertKind.DIGEST)]
    assert numbers(items, quiet=True) == [[2]]
    assert numbers(items) == [[2, 1], [3]]


def test_a_message_that_was_tried_stays_whole_in_quiet_hours() -> None:
    before = NOW - HOUR
    items = [
        make_item(1, urgent=True, tries=1, tried_at=before, fault="down"),
        make_item(2, tries=1, tried_at=before, fault="down"),
        make_item(3, tries=1, tried_at=before - HOUR, fault="down"),
    ]
    assert numbers(items, quiet=True) == [[1, 2]]


def test_what_is_snoozed_waits() -> None:
    later = NOW + timedelta(days=9)
    snoozed = make_item(snoozed_until=later)
    assert numbers([snoozed]) == []
    assert sending.due_at(snoozed, NOW) == later
    assert numbers([snoozed], later) == [[1]]


def test_what_was_on_its_way_when_its_process_died_is_due_at_once() -> None:
    cut_off = make_item(tries=1, tried_at=NOW - MINUTE, next_at=NOW + HOUR)
    assert numbers([cut_off]) == [[1]]
    failed = make_item(tries=1, tried_at=NOW - MINUTE, next_at=NOW + HOUR, fault="no network")
    assert numbers([failed]) == []


def test_a_clock_that_was_years_ahead_does_not_make_it_wait_for_years() -> None:
    then = NOW + timedelta(days=5000)
    assert numbers([make_item(created_at=then, next_at=then)]) == [[1]]
    tried_then = make_item(tries=1, tried_at=then, next_at=then + MINUTE, fault="down")
    assert numbers([tried_then]) == [[1]]
    assert numbers([make_item(created_at=NOW + HOUR, next_at=NOW + HOUR)]) == [[1]]
    # An hour back, as when a wrong zone is put right, costs an hour at most.
    tried_soon = make_item(tries=1, tried_at=NOW + HOUR, next_at=NOW + HOUR + MINUTE, fault="down")
    assert numbers([tried_soon]) == []


def test_what_need_not_be_said_any_more() -> None:
    channels = ("email",)
    assert not sending.is_pointless(make_item(), channels)
    assert sending.is_pointless(make_item(channel="desktop"), channels)
    assert sending.is_pointless(make_item(acked_at=NOW + HOUR), channels)
    assert sending.is_pointless(make_item(ended_at=NOW + HOUR), channels)
    # A digest is over as soon as it is made, and is said.
    assert not sending.is_pointless(make_item(kind=AlertKind.DIGEST, ended_at=NOW), channels)


@given(
    st.lists(
        st.builds(
            make_item,
            st.integers(1, 10**6),
            st.sampled_from(["email", "desktop", "ntfy"]),
            kind=st.sampled_from(AlertKind),
            urgent=st.booleans(),
            tries=st.integers(0, 3),
            next_at=st.integers(-500, 500).map(lambda n: NOW + n * MINUTE),
            tried_at=st.sampled_from([NOW - HOUR, NOW - MINUTE]),
            fault=st.sampled_from(["", "down"]),
            left_to=st.sampled_from([(), ("eve@example.org",)]),
        ),
        max_size=12,
        unique_by=lambda item: item.delivery.id,
    ),
    st.booleans(),
)
def test_each_that_is_due_is_in_one_message_of_its_channel(items: list[Item], quiet: bool) -> None:
    found = sending.bundles(items, NOW, quiet=quiet)
    said = [
        (channel, item.delivery.id)
        for channel, some in found.items()
        for one in some
        for item in one.items
    ]
    assert len(said) == len(set(said))
    due = [item for item in items if sending.due_at(item, NOW) <= NOW]
    assert set(said) <= {(item.delivery.channel, item.delivery.id) for item in due}
    urgent = [item for item in due if item.alert.draft.urgent]
    expected = urgent if quiet else due
    assert {(item.delivery.channel, item.delivery.id) for item in expected} <= set(said)
    for some in found.values():
        for one in some:
            assert one.urgent or not quiet
            assert {item.delivery.left_to for item in one.items} == {one.left_to}
            # Sorted out anew in any order it is the same message.
    again = sending.bundles(list(reversed(items)), NOW, quiet=quiet)
    assert again == found
