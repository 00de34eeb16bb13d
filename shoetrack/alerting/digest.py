"""The week's account: what each pair ran, how it stands, what is due, all in one message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from shoetrack.alerting import words
from shoetrack.alerting.messages import as_facts, as_text, bar_of
from shoetrack.config import Config
from shoetrack.db import alert_queries, shoe_queries
from shoetrack.db.reader import Rows, open_reader
from shoetrack.model.alerts import Alert, AlertKind, Draft
from shoetrack.names import listed
from shoetrack.notify import Part
from shoetrack.questions import load, standing, turns
from shoetrack.questions.standing import Overview
from shoetrack.rotation.words import findings
from shoetrack.schedule import Weekly, last_due
from shoetrack.units import Unit, local_day, show_distance
from shoetrack.wear import State, Wear, buying, due_within, urgency, why_unknown

if TYPE_CHECKING:
    from shoetrack.db.location import Location
    from shoetrack.db.store import Store
    from shoetrack.load import Load
    from shoetrack.rotation.judge import Rotation

WEEK = timedelta(days=7)
# A pair that was not worn for so long is named, and no more.
FORGOTTEN = timedelta(days=182)


@dataclass(frozen=True, slots=True)
class Digest:
    """How all stands on a day. `ran_mm` is what each pair ran since `since`, by its id; `wears` are
    the pairs in use, the most urgent first, `idle` those that are none any more.
    """

    since: date
    until: date
    ran_mm: Mapping[int, int]
    wears: tuple[Wear, ...]
    idle: tuple[Wear, ...]
    overview: Overview
    rotations: tuple[Rotation, ...]
    load: Load | None
    alerts: tuple[Alert, ...]

    @property
    def distance_mm(self) -> int:
        return sum(self.ran_mm.values())


def compose(store: Rows | None, config: Config, now: datetime) -> Digest | None:
    """The account of the seven days up to today; None where there is no pair in use."""
    if store is None:
        return None
    today = local_day(now, config.timezone)
    since = today - WEEK + timedelta(days=1)
    overview = standing.overview(store, config, today)
    in_use = sorted((w for w in overview.wears if w.state is not State.RETIRED), key=urgency)
    if not in_use:
        return None
    found, _ = turns.rotations(store, config, today)
    idle = tuple(wear for wear in in_use if _is_idle(wear, today))
    return Digest(
        since=since,
        until=today,
        ran_mm={
            shoe_id: sum(day.distance_mm for day in days if day.on <= today)
            for shoe_id, days in shoe_queries.days_since(store, since).items()
        },
        wears=tuple(wear for wear in in_use if wear not in idle),
        idle=idle,
        overview=overview,
        rotations=tuple(found),
        load=load.of_week(store, today),
        alerts=tuple(one for one in alert_queries.open_alerts(store) if not one.is_snoozed(now)),
    )


def _is_idle(wear: Wear, today: date) -> bool:
    last = wear.total.last_worn
    return last is not None and today - last > FORGOTTEN


# --- in words -------------------------------------------------------------------------------


def title(digest: Digest, unit: Unit) -> str:
    """`Your week in shoes: 31.1 mi`."""
    return f"Your week in shoes: {show_distance(digest.distance_mm, unit)}"


def parts(digest: Digest, unit: Unit) -> list[Part]:
    """What is said: the week and what is due, each pair, the rotations, what waits."""
    return [
        Part(
            f"{digest.since} to {digest.until}: {show_distance(digest.distance_mm, unit)}",
            "\n".join([*_of_load(digest.load), *_due(digest)]),
        ),
        *(_pair(wear, digest, unit) for wear in digest.wears),
        *_others(digest, unit),
        *(
            Part(f"Rotation {one.name}: {one.verdict}", "\n".join(findings(one, unit)))
            for one in digest.rotations
        ),
        *_waiting(digest.overview, unit),
        *_open(digest.alerts),
    ]


def _of_load(week: Load | None) -> Iterator[str]:
    if week is not None and week.percent is not None:
        side = "above" if week.percent >= 0 else "below"
        yield f"{abs(week.percent)} % {side} the mean of the four weeks before."


def _due(digest: Digest) -> list[str]:
    """Which pairs to replace, and the next that will be due."""
    due = [w for w in digest.wears if due_within(w, None, digest.until)]
    said = [f"{wear.shoe.name}: {buying(wear, digest.until)}." for wear in due]
    later = [wear for wear in digest.wears if wear.forecast and wear not in due]
    if later:
        said.append(
            f"{'Next: ' if due else ''}{later[0].shoe.name}: {buying(later[0], digest.until)}."
        )
    return said if due else ["No pair is due.", *said]


def _pair(wear: Wear, digest: Digest, unit: Unit) -> Part:
    ran = show_distance(digest.ran_mm.get(wear.shoe.id, 0), unit)
    left = show_distance(abs(wear.left_mm), unit)
    if wear.state is State.WORN_OUT:
        stands = f"{left} beyond its range" if wear.left_mm else "just at the end of its range"
    else:
        stands = f"{left} left, {_done(wear, digest.until)}"
    bar = bar_of(wear.shoe.name, wear.total.distance_mm, wear.range_mm, unit)
    body = f"{bar.label}\n{wear.state.capitalize()}: {stands}."
    return Part(f"{wear.shoe.name}: {ran} this week", body, bar)


def _done(wear: Wear, today: date) -> str:
    """When it will be done, in a few words."""
    if wear.forecast is None:
        return f"no forecast ({why_unknown(wear, today)})"
    return f"done about {words.when(wear.forecast)}"


def _others(digest: Digest, unit: Unit) -> list[Part]:
    """The pairs that were retired this week, and those that stand about."""
    shown = {wear.shoe.id for wear in digest.wears}
    said = [
        f"{wear.shoe.name} ({wear.state}): {show_distance(ran, unit)} this week."
        for wear in digest.overview.wears
        if (ran := digest.ran_mm.get(wear.shoe.id, 0)) and wear.shoe.id not in shown
    ]
    if digest.idle:
        names = listed([wear.shoe for wear in digest.idle])
        said.append(f"Not worn for half a year: {names}.")
    return [Part("Other pairs", "\n".join(said))] if said else []


def _waiting(overview: Overview, unit: Unit) -> list[Part]:
    """The runs that wait for a person."""
    loose, waiting = overview.unassigned, overview.waiting
    said = []
    if loose.runs:
        said.append(
            f"{_runs(loose.runs)} ({show_distance(loose.distance_mm, unit)}) on no pair:"
            " shoetrack assign"
        )
    if waiting.unmeasured:
        said.append(f"{_runs(waiting.unmeasured)} without a distance: shoetrack runs --unmeasured")
    if waiting.doubtful:
        said.append(
            f"{_runs(waiting.doubtful)} that may be counted already: shoetrack runs --doubtful"
        )
    return [Part("Runs that wait", "\n".join(said))] if said else []


def _runs(count: int) -> str:
    return f"{count:,} {'run' if count == 1 else 'runs'}"


def _open(alerts: Sequence[Alert]) -> list[Part]:
    said = [f"{alert.id}  {alert.draft.title}" for alert in alerts]
    return (
        [Part("Open alerts", "\n".join([*said, "Seen: shoetrack alerts ack ID"]))] if said else []
    )


# --- as an alert ----------------------------------------------------------------------------


def day_of(config: Config, now: datetime) -> date:
    """The day of the digest that was last due; today where there is none every week."""
    zone = config.timezone
    if config.alerts.digest is None:
        return local_day(now, zone)
    return local_day(last_due(Weekly(*config.alerts.digest), now, zone), zone)


def raise_digest(
    store: Store,
    location: Location,
    config: Config,
    now: datetime,
    *,
    day: date | None = None,
    again: bool = False,
) -> Alert | None:
    """Raise the digest of a day, by default the one that was last due, on its way by every channel.

    None where it was raised already (unless `again`), there is no pair in use, or no channel to
    send it by. Raises StoreError.
    """
    from shoetrack.alerting import raising

    subject = f"digest:{day or day_of(config, now)}"
    channels = config.alerts.channels
    with open_reader(location) as reader:
        if reader is None or not channels or (_is_raised(reader, subject) and not again):
            return None
        digest = compose(reader, config, now)
    if digest is None:
        return None
    said = parts(digest, config.unit)
    draft = Draft(
        kind=AlertKind.DIGEST,
        subject=subject,
        title=title(digest, config.unit),
        body=as_text(said),
        facts=as_facts(said),
    )
    with store.write("digest", "", now) as tx:
        if _is_raised(tx, subject) and not again:
            return None  # another process was faster
        return raising.raise_alert(tx, draft, channels)


def _is_raised(store: Rows, subject: str) -> bool:
    return bool(alert_queries.alerts_of(store, subject))
